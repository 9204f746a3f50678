//! Which layers to keep in floating point: greedily, by the gain that is measured on the mixed network itself.
//!
//! Errors of single layers neither add up nor rank what is won by keeping a layer in F32, so every choice is tried on the
//! network as it is then: lowered for real and executed on all samples. What a single sample set says of a small gain is
//! mostly chance, though, and the largest of a hundred such numbers is the luckiest one: trying all layers finds sets that
//! are worse on other samples. So a step chooses among the few layers that do most harm when only they are INT8, an
//! error that is measured without the noise of all others. It stays only if the outputs really improve. Nothing depends on
//! the number of threads.

use super::cost;
use super::errors::{Ends, Gain, INT8, LayerError, half_cosine, try_floats};
use super::evaluate::{EvaluateError, Evaluator};
use super::layers::{Floats, Layers};
use super::score::Score;
use crate::data::progress::Progress;
use crate::program::Program;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Layers among which a step chooses.
const SHORT_LIST: usize = 12;
/// So many lists are gone through when no layer of the first one helps.
const LISTS: usize = 3;
/// Steps without a better number from the judge before the search gives up.
const JUDGE_PATIENCE: usize = 3;
/// A step must win as many dB.
const LEAST_GAIN: f64 = 0.005;
/// Smallest time that a gain is divided by, in microseconds.
const LEAST_TIME: f64 = 0.1;
/// A neighbour joins if it saves as many microseconds.
const LEAST_SAVING: f64 = 0.5;
/// Under this name the tensors of the network as it is now are kept.
const CURRENT: &str = "current";

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// TPU-MLIR's similarity of the outputs (see [`half_cosine`]) that is enough.
    pub similarity: Option<f64>,
    /// SQNR of the outputs in dB that is enough.
    pub sqnr: Option<f64>,
    /// Most layers in the table.
    pub layers: usize,
    /// Longest time of a run in microseconds.
    pub microseconds: Option<f64>,
}

impl Budget {
    /// Whether a score is enough; never without an expectation.
    pub fn is_reached(&self, score: Score) -> bool {
        let similarity = self
            .similarity
            .is_none_or(|wanted| half_cosine(score.cosine) >= wanted);
        let sqnr = self.sqnr.is_none_or(|wanted| score.sqnr >= wanted);
        (self.similarity.is_some() || self.sqnr.is_some()) && similarity && sqnr
    }
}

/// What a gain is measured against when layers are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// The number of layers in the table.
    Layers,
    /// Their time on the chip.
    Time,
}

/// How to search.
#[derive(Clone, Debug)]
pub struct Options {
    /// When to stop.
    pub budget: Budget,
    /// What gains are measured against.
    pub prefer: Prefer,
    /// In floating point whatever happens.
    pub fixed: Floats,
    /// Never in floating point, and layers that are not to be tried.
    pub barred: Floats,
}

/// Judges a version by a number of its own, higher being better.
pub type Judge<'j> = dyn FnMut(Program, &[String]) -> Result<f64, String> + 'j;

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A version cannot be lowered or executed.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    /// No time for the budget of time.
    #[error("{0}")]
    Cost(String),
    /// The judge failed.
    #[error("{0}")]
    Judge(String),
}

/// Why a layer is in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The outputs gain most by it.
    Gain,
    /// Beside a float layer it costs nothing.
    Joined,
}

/// A step of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The layer that it is about.
    pub layer: usize,
    /// It and the movers that join it to other float operations.
    pub added: Floats,
    /// Its reason.
    pub why: Why,
    /// Scores over all samples without and with it.
    pub scores: [Score; 2],
    /// What it costs.
    pub microseconds: Option<f64>,
    /// What the judge says after it.
    pub metric: Option<f64>,
}

/// Why the search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The outputs are as good as expected.
    Reached,
    /// The table is full.
    Layers,
    /// Nothing more fits into the time.
    Time,
    /// No layer improves the outputs.
    NoGain,
    /// The judge's number does not rise any more.
    Metric,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The table's layers.
    pub floats: Floats,
    /// Steps in their order.
    pub steps: Vec<Step>,
    /// Everything INT8 (but for what is fixed), over all samples.
    pub start: Score,
    /// With the table, over all samples.
    pub end: Score,
    /// Estimated times of both in microseconds; `None` where no bmodel can be made.
    pub microseconds: Option<[f64; 2]>,
    /// The judge's numbers of both.
    pub metrics: Option<[f64; 2]>,
    /// Why it ended.
    pub stop: Stop,
}

/// Searches, with the error columns of the layers. The judge comes with its number that is enough.
///
/// # Errors
/// When a version fails, the budget of time cannot be kept or is not known, or the judge fails.
pub fn search(
    evaluator: &mut Evaluator<'_>,
    layers: &Layers,
    ends: &Ends,
    columns: &[LayerError],
    options: &Options,
    judge: Option<(&mut Judge<'_>, Option<f64>)>,
) -> Result<Found, SearchError> {
    let mut search = Search::begin(evaluator, layers, ends, options)?;
    if options.budget.is_reached(search.now) && judge.is_none() {
        return Ok(search.finish(Stop::Reached, None));
    }
    search.rank(columns);
    match judge {
        Some((judge, enough)) => search.run_judged(judge, enough),
        None => {
            let stop = search.run()?;
            if stop == Stop::Reached {
                search.drop_needless()?;
            }
            search.join_neighbours()?;
            Ok(search.finish(stop, None))
        }
    }
}

struct Candidate {
    layer: usize,
    /// Noise of its own error over what it costs.
    prior: f64,
    /// Whether it fitted into the time when it was last tried.
    fits: bool,
}

struct Trial {
    layer: usize,
    floats: Floats,
    gain: Gain,
}

struct Search<'s, 'e> {
    evaluator: &'s mut Evaluator<'e>,
    layers: &'s Layers,
    options: &'s Options,
    queue: Vec<Candidate>,
    floats: Floats,
    steps: Vec<Step>,
    now: Score,
    start: Score,
    microseconds: Option<f64>,
    start_microseconds: Option<f64>,
}

/// Power of the noise relative to the signal.
fn noise(score: Score) -> f64 {
    10_f64.powf(-score.sqnr / 10.0)
}

impl<'s, 'e> Search<'s, 'e> {
    fn begin(
        evaluator: &'s mut Evaluator<'e>,
        layers: &'s Layers,
        ends: &'s Ends,
        options: &'s Options,
    ) -> Result<Self, SearchError> {
        let all_samples = evaluator.sample_count();
        evaluator.remember(INT8, &ends.int8, all_samples)?;
        let floats = layers.with_movers(&options.fixed);
        let program = evaluator.lower(layers.names(&floats))?;
        let version = evaluator.plan(&program)?;
        let now = evaluator.score(&version, all_samples)?;
        if !floats.is_empty() {
            evaluator.remember(CURRENT, &version, all_samples)?;
        }
        let microseconds = match (cost::microseconds(program), options.budget.microseconds) {
            (Ok(found), Some(most)) if found > most => {
                return Err(SearchError::Cost(format!(
                    "the network without any float layer of the search takes {:.3} ms by the cycle model, more than the {:.3} ms allowed",
                    found / 1e3,
                    most / 1e3
                )));
            }
            (Ok(found), _) => Some(found),
            (Err(why), Some(_)) => {
                return Err(SearchError::Cost(format!(
                    "the time of a run is not known: {why}"
                )));
            }
            (Err(_), None) => None,
        };
        Ok(Self {
            evaluator,
            layers,
            options,
            queue: Vec::new(),
            steps: Vec::new(),
            now,
            start: now,
            microseconds,
            start_microseconds: microseconds,
            floats,
        })
    }

    /// Puts the layers into the order of their own errors.
    fn rank(&mut self, columns: &[LayerError]) {
        let columns: FxHashMap<&str, &LayerError> =
            columns.iter().map(|error| (error.name.as_str(), error)).collect();
        let free = |layer: &usize| !self.floats.contains(layer) && !self.options.barred.contains(layer);
        for layer in self.layers.candidates().filter(free) {
            let Some(error) = columns.get(self.layers.nodes()[layer].name.as_str()) else {
                continue;
            };
            let price = self.price_of(&self.with(layer), error.microseconds);
            self.queue.push(Candidate {
                layer,
                prior: noise(error.single) / price,
                fits: true,
            });
        }
        self.queue
            .sort_by(|a, b| b.prior.total_cmp(&a.prior).then(a.layer.cmp(&b.layer)));
    }

    /// With a layer and its movers. Where places in the table are dear, those that only save time come at the end, if there
    /// is room (see [`Self::join_neighbours`]).
    fn with(&self, layer: usize) -> Floats {
        let mut floats = self.floats.clone();
        floats.insert(layer);
        match self.options.prefer {
            Prefer::Layers => self.layers.with_needed_movers(&floats),
            Prefer::Time => self.layers.with_movers(&floats),
        }
    }

    /// What gains are divided by.
    fn price_of(&self, floats: &Floats, microseconds: Option<f64>) -> f64 {
        match (self.options.prefer, microseconds) {
            (Prefer::Time, Some(microseconds)) => microseconds.max(LEAST_TIME),
            _ => floats.len().saturating_sub(self.floats.len()).max(1) as f64,
        }
    }

    fn fits(&self, floats: &Floats, added_microseconds: Option<f64>) -> bool {
        let time = match (
            self.options.budget.microseconds,
            self.microseconds,
            added_microseconds,
        ) {
            (None, ..) => true,
            (Some(most), Some(now), Some(added)) => now + added <= most,
            _ => false,
        };
        floats.len() <= self.options.budget.layers && time
    }

    /// The best layer to add of the short list that begins at `start` in the queue, and where the next list begins.
    fn best(&mut self, start: usize) -> Result<(Option<Trial>, usize), SearchError> {
        let short: Vec<(usize, Floats)> = (start..self.queue.len())
            .filter(|position| self.queue[*position].fits)
            .map(|position| (position, self.with(self.queue[position].layer)))
            .filter(|(_, floats)| floats.len() <= self.options.budget.layers)
            .take(SHORT_LIST)
            .collect();
        let next = short
            .last()
            .map_or(self.queue.len(), |(position, _)| position + 1);
        let samples = self.evaluator.sample_count();
        let shared: &Evaluator<'_> = self.evaluator;
        let gains: Vec<Gain> = short
            .par_iter()
            .map(|(_, floats)| try_floats(shared, self.layers, floats, self.microseconds, samples))
            .collect::<Result<_, _>>()?;
        let mut best: Option<(f64, Trial)> = None;
        for ((position, floats), gain) in short.into_iter().zip(gains) {
            if !self.fits(&floats, gain.microseconds) {
                self.queue[position].fits = false;
                continue;
            }
            let gained = gain.score.sqnr - self.now.sqnr;
            let priority = gained / self.price_of(&floats, gain.microseconds);
            if gained >= LEAST_GAIN && best.as_ref().is_none_or(|(most, _)| priority > *most) {
                let layer = self.queue[position].layer;
                best = Some((priority, Trial { layer, floats, gain }));
            }
        }
        Ok((best.map(|(_, trial)| trial), next))
    }

    fn accept(&mut self, trial: Trial, why: Why) -> Result<(), SearchError> {
        let added: Floats = trial.floats.difference(&self.floats).copied().collect();
        self.steps.push(Step {
            layer: trial.layer,
            added,
            why,
            scores: [self.now, trial.gain.score],
            microseconds: trial.gain.microseconds,
            metric: None,
        });
        self.queue
            .retain(|candidate| !trial.floats.contains(&candidate.layer));
        self.microseconds = self
            .microseconds
            .zip(trial.gain.microseconds)
            .map(|(now, added)| now + added);
        self.put(trial.floats, trial.gain.score)
    }

    /// Goes over to another set of float layers.
    fn put(&mut self, floats: Floats, score: Score) -> Result<(), SearchError> {
        let version = self.evaluator.version(self.layers.names(&floats))?;
        self.floats = floats;
        self.now = score;
        let samples = self.evaluator.sample_count();
        self.evaluator.remember(CURRENT, &version, samples)?;
        Ok(())
    }

    /// Adds one layer; why there is none otherwise.
    fn step(&mut self) -> Result<Option<Stop>, SearchError> {
        if self.floats.len() >= self.options.budget.layers {
            return Ok(Some(Stop::Layers));
        }
        let mut start = 0;
        for _ in 0..LISTS {
            let (trial, next) = self.best(start)?;
            if let Some(trial) = trial {
                self.accept(trial, Why::Gain)?;
                return Ok(None);
            }
            start = next;
        }
        let all_fit = self.queue.iter().all(|candidate| candidate.fits);
        Ok(Some(if all_fit { Stop::NoGain } else { Stop::Time }))
    }

    fn run(&mut self) -> Result<Stop, SearchError> {
        let progress = Progress::new("search", self.options.budget.layers);
        loop {
            if let Some(stop) = self.step()? {
                return Ok(stop);
            }
            progress.step();
            progress.describe(&self.now.to_string());
            if self.options.budget.is_reached(self.now) {
                return Ok(Stop::Reached);
            }
        }
    }

    /// Lets the judge say after which step the number was highest.
    fn run_judged(mut self, judge: &mut Judge<'_>, enough: Option<f64>) -> Result<Found, SearchError> {
        let start = self.ask(judge)?;
        let (mut best, mut best_steps) = (start, 0);
        let is_enough = |number: f64| enough.is_some_and(|enough| number >= enough);
        let mut states = vec![(self.floats.clone(), self.now, self.microseconds)];
        let stop = loop {
            if is_enough(best) {
                break Stop::Reached;
            }
            if self.steps.len() >= best_steps + JUDGE_PATIENCE {
                break Stop::Metric;
            }
            if let Some(stop) = self.step()? {
                break stop;
            }
            let metric = self.ask(judge)?;
            if let Some(step) = self.steps.last_mut() {
                step.metric = Some(metric);
            }
            states.push((self.floats.clone(), self.now, self.microseconds));
            if metric > best {
                (best, best_steps) = (metric, self.steps.len());
            }
        };
        self.steps.truncate(best_steps);
        (self.floats, self.now, self.microseconds) = states.swap_remove(best_steps);
        Ok(self.finish(stop, Some([start, best])))
    }

    fn ask(&mut self, judge: &mut Judge<'_>) -> Result<f64, SearchError> {
        let names: Vec<String> = self.layers.names(&self.floats).map(str::to_owned).collect();
        let program = self.evaluator.lower(names.iter().map(String::as_str))?;
        judge(program, &names).map_err(SearchError::Judge)
    }

    /// Drops layers that an early step added and later ones made needless.
    fn drop_needless(&mut self) -> Result<(), SearchError> {
        for index in 0..self.steps.len().saturating_sub(1) {
            let added = &self.steps[index].added;
            let kept: Floats = self
                .floats
                .iter()
                .copied()
                .filter(|layer| !added.contains(layer))
                .collect();
            let without = match self.options.prefer {
                Prefer::Layers => self.layers.with_needed_movers(&kept),
                Prefer::Time => self.layers.with_movers(&kept),
            };
            let gain = self.measure(&without)?;
            if self.options.budget.is_reached(gain.score) {
                self.microseconds = self
                    .microseconds
                    .zip(gain.microseconds)
                    .map(|(now, added)| now + added);
                self.put(without, gain.score)?;
                self.steps[index].added.clear();
            }
        }
        self.steps.retain(|step| !step.added.is_empty());
        Ok(())
    }

    fn measure(&self, floats: &Floats) -> Result<Gain, SearchError> {
        let samples = self.evaluator.sample_count();
        Ok(try_floats(
            self.evaluator,
            self.layers,
            floats,
            self.microseconds,
            samples,
        )?)
    }

    /// Neighbours of float layers join them where that saves time, casts as a rule, and the outputs do not suffer.
    fn join_neighbours(&mut self) -> Result<(), SearchError> {
        for layer in self.layers.neighbours(&self.floats) {
            let mut floats = self.floats.clone();
            floats.insert(layer);
            let floats = self.layers.with_movers(&floats);
            let taken = self.floats.contains(&layer) || self.options.barred.contains(&layer);
            if taken || floats.len() > self.options.budget.layers {
                continue;
            }
            let gain = self.measure(&floats)?;
            let saves = gain.microseconds.is_some_and(|added| added <= -LEAST_SAVING);
            if saves && gain.score.sqnr >= self.now.sqnr {
                self.accept(Trial { layer, floats, gain }, Why::Joined)?;
            }
        }
        Ok(())
    }

    fn finish(self, stop: Stop, metrics: Option<[f64; 2]>) -> Found {
        self.evaluator.forget(CURRENT);
        Found {
            floats: self.floats,
            steps: self.steps,
            start: self.start,
            end: self.now,
            microseconds: self
                .start_microseconds
                .zip(self.microseconds)
                .map(<[f64; 2]>::from),
            metrics,
            stop,
        }
    }
}
