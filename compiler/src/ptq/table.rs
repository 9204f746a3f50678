//! The quantisation table that a search writes: every entry with the reasons for it as comments, which TPU-MLIR's readers
//! skip and people may edit.

use super::errors::{LayerError, half_cosine};
use super::layers::Layers;
use super::score::Score;
use super::search::{Found, Step, Stop, Why};
use crate::quantization::qtable::{Notes, Precision, QuantizeTable};
use rustc_hash::FxHashMap;

/// The table of what was found.
pub fn table(layers: &Layers, found: &Found) -> QuantizeTable {
    let mut table = QuantizeTable::default();
    for name in layers.names(&found.floats) {
        table.modes.insert(name.to_owned(), Precision::F32);
    }
    table
}

/// Why each entry is there.
pub fn notes(layers: &Layers, found: &Found, errors: &FxHashMap<String, LayerError>) -> Notes {
    let mut notes = Notes::default();
    notes.head.push(format!(
        "without: {}",
        measured(found.start, found.microseconds.map(|both| both[0]))
    ));
    notes.head.push(format!(
        "with this table: {}",
        measured(found.end, found.microseconds.map(|both| both[1]))
    ));
    if let Some([before, after]) = found.metrics {
        notes
            .head
            .push(format!("evaluator: {before} without, {after} with this table"));
    }
    notes
        .head
        .push(format!("the search ended because {}", reason(found.stop)));
    for (number, step) in found.steps.iter().enumerate() {
        for layer in &step.added {
            let node = &layers.nodes()[*layer];
            let mut lines = vec![if *layer == step.layer {
                of_step(number + 1, step)
            } else {
                format!(
                    "step {}: moves numbers between float operations; saves casts",
                    number + 1
                )
            }];
            if let Some(error) = errors.get(&node.name) {
                lines.push(of_errors(error));
            }
            notes.entries.insert(node.name.clone(), lines);
        }
    }
    for name in layers.names(&found.floats) {
        if !notes.entries.contains_key(name) {
            notes.entries.insert(
                name.to_owned(),
                vec!["given, or between float operations that were given".to_owned()],
            );
        }
    }
    notes
}

fn measured(score: Score, microseconds: Option<f64>) -> String {
    let time = microseconds.map_or_else(String::new, |time| {
        format!(", {:.3} ms by the cycle model", time / 1e3)
    });
    format!("SQNR {score}{time}")
}

fn of_step(number: usize, step: &Step) -> String {
    let [before, after] = step.scores;
    let cost = step
        .microseconds
        .map_or_else(String::new, |cost| format!(", {cost:+.1} us"));
    let metric = step
        .metric
        .map_or_else(String::new, |metric| format!(", evaluator {metric}"));
    let why = match step.why {
        Why::Gain => "gains most",
        Why::Joined => "costs nothing beside a float layer",
    };
    format!(
        "step {number}, {why}: SQNR {:.2} -> {:.2} dB ({:+.2}), cosine {:.6} -> {:.6}{cost}{metric}",
        before.sqnr,
        after.sqnr,
        after.sqnr - before.sqnr,
        before.cosine,
        after.cosine
    )
}

fn of_errors(error: &LayerError) -> String {
    let alone = error
        .microseconds
        .map_or_else(String::new, |cost| format!("; only this F32: {cost:+.1} us"));
    format!(
        "{}: only this INT8: {}; all up to this INT8: {}{alone}",
        error.kind, error.single, error.cumulative
    )
}

/// The reason in words, to follow "because".
pub fn reason(stop: Stop) -> &'static str {
    match stop {
        Stop::Reached => "the outputs are as good as expected",
        Stop::Layers => "the table has as many layers as allowed",
        Stop::Time => "nothing more fits into the time allowed",
        Stop::NoGain => "no other layer improves the outputs",
        Stop::Metric => "the evaluator's number does not rise any more",
    }
}

/// A score as TPU-MLIR's `outputs_cos`.
pub fn outputs_cos(score: Score) -> String {
    format!("{:.6}", half_cosine(score.cosine))
}
