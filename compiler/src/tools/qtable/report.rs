//! What `tpuc qtable` prints at its end.

use super::QtableArgs;
use crate::ptq::errors::LayerError;
use crate::ptq::layers::Layers;
use crate::ptq::search::Found;
use crate::ptq::table::{outputs_cos, reason};
use std::fmt::Write as _;
use std::time::Duration;

/// Layers in the list of the worst.
const WORST: usize = 5;

/// The summary: steps, the worst layers, and the lines of TPU-MLIR's tool.
pub fn summary(
    args: &QtableArgs,
    layers: &Layers,
    found: &Found,
    columns: &[LayerError],
    time: Duration,
) -> String {
    let mut text = String::new();
    if !columns.is_empty() {
        let mut worst: Vec<&LayerError> = columns.iter().collect();
        worst.sort_by(|a, b| a.single.sqnr.total_cmp(&b.single.sqnr));
        let _ = writeln!(
            text,
            "worst layers: only this INT8 | all up to this INT8 | type name"
        );
        for error in worst.into_iter().take(WORST) {
            let _ = writeln!(
                text,
                "  {:7.2} dB {:.6} | {:7.2} dB {:.6} | {} {}",
                error.single.sqnr,
                error.single.cosine,
                error.cumulative.sqnr,
                error.cumulative.cosine,
                error.kind,
                error.name
            );
        }
    }
    for (number, step) in found.steps.iter().enumerate() {
        let node = &layers.nodes()[step.layer];
        let movers = match step.added.len() {
            0 | 1 => String::new(),
            more => format!(" and {} movers", more - 1),
        };
        let cost = step
            .microseconds
            .map_or_else(String::new, |cost| format!(", {cost:+.1} us"));
        let metric = step
            .metric
            .map_or_else(String::new, |metric| format!(", evaluator {metric}"));
        let _ = writeln!(
            text,
            "step {}: {}{movers}: {}{cost}{metric}",
            number + 1,
            node.name,
            step.scores[1]
        );
    }
    let _ = writeln!(text, "INT8: {}; with the table: {}", found.start, found.end);
    if let Some([before, after]) = found.microseconds {
        let _ = writeln!(
            text,
            "by the cycle model: {:.3} ms; with the table: {:.3} ms",
            before / 1e3,
            after / 1e3
        );
    }
    if let Some([before, after]) = found.metrics {
        let _ = writeln!(text, "evaluator: {before}; with the table: {after}");
    }
    let _ = writeln!(
        text,
        "{} float layers, because {}",
        found.floats.len(),
        reason(found.stop)
    );
    let _ = writeln!(text, "int8 outputs_cos:{} old", outputs_cos(found.start));
    let _ = writeln!(text, "mix model outputs_cos:{}", outputs_cos(found.end));
    let _ = writeln!(text, "Output mix quantization table to {}", args.output.display());
    let _ = writeln!(text, "total time:{:.3}", time.as_secs_f64());
    text
}
