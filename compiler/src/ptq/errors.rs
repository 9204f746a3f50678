//! Both error columns of every layer: what is lost when only this layer is INT8, and what is lost when everything up to it
//! is; and what it costs to keep only this layer in F32.

use super::cost;
use super::evaluate::{EvaluateError, Evaluator, Version};
use super::layers::{Floats, Layers};
use super::score::Score;
use crate::data::progress::Progress;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// Errors of one layer. Scores are those of the compared tensors, the network's outputs as a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerError {
    /// The layer's name.
    pub name: String,
    /// `top.Conv`
    pub kind: String,
    /// Cosine of its own result when everything is INT8.
    pub own_cosine: f64,
    /// Only this layer is INT8, the rest F32.
    pub single: Score,
    /// Everything up to this layer, in the network's order, is INT8, the rest F32.
    pub cumulative: Score,
    /// What it costs in microseconds when only this layer, with the movers that join it to other float operations, is F32,
    /// casts included; `None` for movers and where no bmodel can be made.
    pub microseconds: Option<f64>,
}

/// The versions that columns are measured against.
pub struct Ends {
    /// Everything INT8.
    pub int8: Version,
    /// Everything F32.
    pub float: Version,
}

/// Names under which the tensors of the two ends are kept.
pub const INT8: &str = "int8";
const FLOAT: &str = "float";

/// Measures the columns over the first `count` samples; costs are beyond `start`, the layers that are float already.
///
/// # Errors
/// When a version cannot be lowered or executed.
pub fn columns(
    evaluator: &mut Evaluator<'_>,
    layers: &Layers,
    ends: &Ends,
    start: &Floats,
    count: usize,
) -> Result<Vec<LayerError>, EvaluateError> {
    let base = cost::microseconds(evaluator.lower(layers.names(start))?).ok();
    evaluator.remember(INT8, &ends.int8, count)?;
    evaluator.remember(FLOAT, &ends.float, count)?;
    let all: Floats = layers.layers().collect();
    let own = own_cosines(evaluator, layers, ends, count)?;
    let progress = Progress::new("errors of each layer", all.len());
    let shared: &Evaluator<'_> = evaluator;
    let columns = all
        .par_iter()
        .map(|layer| {
            let others: Floats = all.iter().copied().filter(|other| other != layer).collect();
            let single = shared.score(&shared.version(layers.names(&others))?, count)?;
            let later: Floats = all.iter().copied().filter(|other| other > layer).collect();
            let cumulative = shared.score(&shared.version(layers.names(&later))?, count)?;
            let node = &layers.nodes()[*layer];
            let microseconds = match base {
                Some(base) if !node.is_mover => {
                    let mut floats = start.clone();
                    floats.insert(*layer);
                    let program = shared.lower(layers.names(&layers.with_movers(&floats)))?;
                    cost::microseconds(program).ok().map(|found| found - base)
                }
                _ => None,
            };
            progress.step();
            Ok(LayerError {
                name: node.name.clone(),
                kind: node.kind.clone(),
                own_cosine: own.get(&node.name).copied().unwrap_or(1.0),
                single,
                cumulative,
                microseconds,
            })
        })
        .collect::<Result<_, EvaluateError>>();
    evaluator.forget(FLOAT);
    columns
}

/// Cosine of every layer's own result, everything INT8 against everything F32.
///
/// # Errors
/// When an operation fails.
pub fn own_cosines(
    evaluator: &Evaluator<'_>,
    layers: &Layers,
    ends: &Ends,
    count: usize,
) -> Result<FxHashMap<String, f64>, EvaluateError> {
    let names: Vec<String> = layers
        .layers()
        .map(|layer| layers.nodes()[layer].name.clone())
        .collect();
    evaluator.tensor_cosines(&ends.int8, &ends.float, &names, count)
}

/// What a set of float layers gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// The score with it.
    pub score: Score,
    /// What it costs beyond the version that it was tried from; `None` where no bmodel can be made.
    pub microseconds: Option<f64>,
}

/// Lowers, scores and prices a set of float layers.
///
/// # Errors
/// When it cannot be lowered or executed.
pub fn try_floats(
    evaluator: &Evaluator<'_>,
    layers: &Layers,
    floats: &Floats,
    base_microseconds: Option<f64>,
    count: usize,
) -> Result<Gain, EvaluateError> {
    let program = evaluator.lower(layers.names(floats))?;
    let version = evaluator.plan(&program)?;
    let microseconds = base_microseconds.and_then(|base| Some(cost::microseconds(program).ok()? - base));
    Ok(Gain {
        score: evaluator.score(&version, count)?,
        microseconds,
    })
}

/// The columns as a table of tab-separated values with a line of names.
pub fn to_text(errors: &[LayerError]) -> String {
    let mut text = String::from(
        "name\ttype\town_cosine\tsingle_sqnr\tsingle_cosine\tcumulative_sqnr\tcumulative_cosine\tmicroseconds\n",
    );
    for error in errors {
        let _ = writeln!(
            text,
            "{}\t{}\t{:.6}\t{:.3}\t{:.6}\t{:.3}\t{:.6}\t{}",
            error.name,
            error.kind,
            error.own_cosine,
            error.single.sqnr,
            error.single.cosine,
            error.cumulative.sqnr,
            error.cumulative.cosine,
            error
                .microseconds
                .map_or_else(|| "-".to_owned(), |cost| format!("{cost:.2}")),
        );
    }
    text
}

/// The similarity that TPU-MLIR's searches call cosine: from 0 for opposite to 1 for equal.
pub fn half_cosine(cosine: f64) -> f64 {
    0.5 + 0.5 * cosine
}

/// TPU-MLIR's loss table: the layers by the similarity of their own results, the worst first.
pub fn loss_table(own: &FxHashMap<String, f64>, layers: &Layers, time: &str, samples: usize) -> String {
    let mut rows: Vec<(&str, f64)> = layers
        .layers()
        .map(|layer| layers.nodes()[layer].name.as_str())
        .filter_map(|name| Some((name, half_cosine(*own.get(name)?))))
        .collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut text =
        format!("# genetated time: {time}\n# sample number: {samples}\n# chip: bm1684  mix_mode: F32\n###\n");
    for (index, (name, cosine)) in rows.into_iter().enumerate() {
        let _ = writeln!(text, "No.{index:<4}: Layer: {name:<50}\t\t\tCos: {cosine:.6}");
    }
    text
}
