//! The smallest part of a network that must be in floating point, in as many trials as its number has binary digits.
//!
//! A trial keeps the first `k` layers of an order in F32. That more float layers are not worse is taken for granted, as in
//! every bisection; the result is measured, so that a table that is written does reach what was asked for.

use super::evaluate::{EvaluateError, Evaluator};
use super::layers::{Floats, Layers};
use super::score::Score;
use crate::data::progress::Progress;

/// A trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Layers of the order that were float.
    pub count: usize,
    /// Over all samples.
    pub score: Score,
}

/// What a bisection found.
#[derive(Clone, Debug, PartialEq)]
pub struct Bisected {
    /// The layers, with the movers between them.
    pub floats: Floats,
    /// Their score.
    pub score: Score,
    /// Whether it is enough: if not even all layers are, `floats` are all of the order that were allowed.
    pub reached: bool,
    /// Every trial, in order.
    pub trials: Vec<Trial>,
}

/// Finds the least number of layers of `order` that is enough; `most` bounds the lines of the table.
///
/// # Errors
/// When a version cannot be lowered or executed.
pub fn bisect(
    evaluator: &Evaluator<'_>,
    layers: &Layers,
    fixed: &Floats,
    order: &[usize],
    most: usize,
    enough: impl Fn(Score) -> bool,
) -> Result<Bisected, EvaluateError> {
    let floats = |count: usize| {
        let chosen: Floats = fixed.iter().chain(&order[..count]).copied().collect();
        layers.with_movers(&chosen)
    };
    let mut trials = Vec::new();
    let samples = evaluator.sample_count();
    let progress = Progress::new("bisect", (order.len().max(1).ilog2() + 2) as usize);
    let mut measure = |count: usize| -> Result<Score, EvaluateError> {
        let version = evaluator.version(layers.names(&floats(count)))?;
        let score = evaluator.score(&version, samples)?;
        trials.push(Trial { count, score });
        progress.step();
        Ok(score)
    };
    let allowed = (0..=order.len())
        .rev()
        .find(|count| floats(*count).len() <= most)
        .unwrap_or(0);
    let mut score = measure(allowed)?;
    if !enough(score) {
        return Ok(Bisected {
            floats: floats(allowed),
            score,
            reached: false,
            trials,
        });
    }
    // `high` layers are enough, fewer than `low` are not.
    let (mut low, mut high) = (0, allowed);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = measure(middle)?;
        if enough(found) {
            (high, score) = (middle, found);
        } else {
            low = middle + 1;
        }
    }
    Ok(Bisected {
        floats: floats(high),
        score,
        reached: true,
        trials,
    })
}
