//! Which layers to keep in floating point: greedily, by the gain that is measured on the mixed network itself.
//!
//! Errors of single layers neither add up nor rank what is won by keeping a layer in F32, so every choice is tried: lowered,
//! executed on a few samples to rank, on all samples to decide. A step stays only if the outputs really improve. The order
//! in which layers are tried is that of their last measured gain, and a step ends when the best one measured beats what the
//! next ones had at their best; so a step costs a few trials, not one for each layer. Nothing depends on the number of threads.

use super::cost;
use super::errors::{Ends, Gain, INT8, gains, half_cosine, try_floats};
use super::evaluate::{EvaluateError, Evaluator, Version};
use super::layers::{Floats, Layers};
use super::score::Score;
use crate::data::progress::Progress;
use crate::program::Program;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Candidates that are tried at once.
const BATCH: usize = 8;
/// Layers that may fail in a row before the search gives up.
const PATIENCE: usize = 5;
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
    /// Samples that layers are ranked with; all decide.
    pub few: usize,
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
    /// It was asked for.
    Fixed,
    /// The outputs gain most by it.
    Gain,
    /// It replaces another one, which gained less.
    Exchange,
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
    /// Each layer alone, over the few samples.
    pub gains: FxHashMap<usize, Gain>,
}

/// Searches. `enough`: the judge's number that is enough.
///
/// # Errors
/// When a version fails, the budget of time cannot be kept or is not known, or the judge fails.
pub fn search(
    evaluator: &mut Evaluator<'_>,
    layers: &Layers,
    ends: &Ends,
    options: &Options,
    judge: Option<(&mut Judge<'_>, Option<f64>)>,
) -> Result<Found, SearchError> {
    let mut search = Search::begin(evaluator, layers, ends, options)?;
    if options.budget.is_reached(search.all) && judge.is_none() {
        return Ok(search.finish(Stop::Reached, None));
    }
    search.rank()?;
    match judge {
        Some((judge, enough)) => search.run_judged(judge, enough),
        None => {
            let stop = search.run()?;
            search.polish(stop)?;
            Ok(search.finish(stop, None))
        }
    }
}

struct Candidate {
    layer: usize,
    /// Noise that it took away when it was last tried, over what it costs.
    priority: f64,
    /// Not tried before this number of steps.
    barred_until: usize,
}

struct Trial {
    layer: usize,
    floats: Floats,
    gain: Gain,
    priority: f64,
}

struct Search<'s, 'e> {
    evaluator: &'s mut Evaluator<'e>,
    layers: &'s Layers,
    options: &'s Options,
    queue: Vec<Candidate>,
    floats: Floats,
    steps: Vec<Step>,
    few: Score,
    all: Score,
    start: Score,
    microseconds: Option<f64>,
    start_microseconds: Option<f64>,
    gains: FxHashMap<usize, Gain>,
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
        let all = evaluator.score(&version, all_samples)?;
        let few = evaluator.score(&version, options.few)?;
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
                return Err(SearchError::Cost(format!("the time of a run is not known: {why}")));
            }
            (Err(_), None) => None,
        };
        Ok(Self {
            evaluator,
            layers,
            options,
            queue: Vec::new(),
            steps: Vec::new(),
            few,
            all,
            start: all,
            microseconds,
            start_microseconds: microseconds,
            gains: FxHashMap::default(),
            floats,
        })
    }

    /// Tries every layer alone.
    fn rank(&mut self) -> Result<(), SearchError> {
        let candidates: Vec<usize> = self
            .layers
            .candidates()
            .filter(|layer| !self.floats.contains(layer) && !self.options.barred.contains(layer))
            .collect();
        self.gains = gains(
            self.evaluator,
            self.layers,
            &self.floats,
            &candidates,
            self.microseconds,
            self.options.few,
        )?;
        self.queue = candidates
            .into_iter()
            .map(|layer| Candidate {
                layer,
                priority: self.priority(&self.with(layer), self.gains[&layer]),
                barred_until: 0,
            })
            .collect();
        Ok(())
    }

    fn with(&self, layer: usize) -> Floats {
        let mut floats = self.floats.clone();
        floats.insert(layer);
        self.layers.with_movers(&floats)
    }

    fn priority(&self, floats: &Floats, gain: Gain) -> f64 {
        let gained = noise(self.few) - noise(gain.score);
        let price = match (self.options.prefer, gain.microseconds) {
            (Prefer::Time, Some(microseconds)) => microseconds.max(LEAST_TIME),
            _ => floats.len().saturating_sub(self.floats.len()).max(1) as f64,
        };
        gained / price
    }

    fn fits(&self, floats: &Floats, added_microseconds: Option<f64>) -> bool {
        let time = match (self.options.budget.microseconds, self.microseconds, added_microseconds) {
            (None, ..) => true,
            (Some(most), Some(now), Some(added)) => now + added <= most,
            _ => false,
        };
        floats.len() <= self.options.budget.layers && time
    }

    /// The best layer to add, as far as the few samples tell.
    fn best(&mut self) -> Result<Option<Trial>, SearchError> {
        let steps = self.steps.len();
        self.queue.sort_by(|a, b| b.priority.total_cmp(&a.priority).then(a.layer.cmp(&b.layer)));
        let mut best: Option<Trial> = None;
        let mut start = 0;
        while start < self.queue.len() {
            if best.as_ref().is_some_and(|best| best.priority >= self.queue[start].priority) {
                break;
            }
            let mut batch = Vec::new();
            while start < self.queue.len() && batch.len() < BATCH {
                let candidate = &self.queue[start];
                // Gain per time is not known before it was tried; gain per layer is, at least for the budget's sake.
                if candidate.barred_until <= steps {
                    let floats = self.with(candidate.layer);
                    if floats.len() <= self.options.budget.layers {
                        batch.push((start, candidate.layer, floats));
                    }
                }
                start += 1;
            }
            let shared: &Evaluator<'_> = self.evaluator;
            let trials: Vec<Gain> = batch
                .par_iter()
                .map(|(_, _, floats)| {
                    try_floats(shared, self.layers, floats, self.microseconds, self.options.few)
                })
                .collect::<Result<_, _>>()?;
            for ((position, layer, floats), gain) in batch.into_iter().zip(trials) {
                let priority = self.priority(&floats, gain);
                self.queue[position].priority = priority;
                let better = best.as_ref().is_none_or(|best| priority > best.priority);
                if better && gain.score.sqnr > self.few.sqnr && self.fits(&floats, gain.microseconds) {
                    best = Some(Trial {
                        layer,
                        floats,
                        gain,
                        priority,
                    });
                }
            }
        }
        Ok(best)
    }

    /// The version of these float layers with its score over all samples; `few` is that over the few.
    fn decide(&self, floats: &Floats, few: Score) -> Result<(Version, Score), SearchError> {
        let version = self.evaluator.version(self.layers.names(floats))?;
        let samples = self.evaluator.sample_count();
        let score = if self.options.few >= samples {
            few
        } else {
            self.evaluator.score(&version, samples)?
        };
        Ok((version, score))
    }

    fn accept(
        &mut self,
        trial: Trial,
        version: &Version,
        score: Score,
        why: Why,
    ) -> Result<(), SearchError> {
        let added: Floats = trial.floats.difference(&self.floats).copied().collect();
        self.steps.push(Step {
            layer: trial.layer,
            added,
            why,
            scores: [self.all, score],
            microseconds: trial.gain.microseconds,
            metric: None,
        });
        self.queue.retain(|candidate| !trial.floats.contains(&candidate.layer));
        self.floats = trial.floats;
        self.few = trial.gain.score;
        self.all = score;
        self.microseconds = self
            .microseconds
            .zip(trial.gain.microseconds)
            .map(|(now, added)| now + added);
        let samples = self.evaluator.sample_count();
        self.evaluator.remember(CURRENT, version, samples)?;
        Ok(())
    }

    /// Adds one layer; why there is none otherwise.
    fn step(&mut self) -> Result<Option<Stop>, SearchError> {
        if self.floats.len() >= self.options.budget.layers {
            return Ok(Some(Stop::Layers));
        }
        for _ in 0..PATIENCE {
            let Some(trial) = self.best()? else { break };
            let (version, score) = self.decide(&trial.floats, trial.gain.score)?;
            if score.sqnr >= self.all.sqnr + LEAST_GAIN {
                self.accept(trial, &version, score, Why::Gain)?;
                return Ok(None);
            }
            let barred_until = self.steps.len() + 2;
            for candidate in &mut self.queue {
                if candidate.layer == trial.layer {
                    candidate.barred_until = barred_until;
                }
            }
        }
        Ok(Some(match self.options.budget.microseconds {
            Some(_) if self.queue.iter().any(|candidate| candidate.priority > 0.0) => Stop::Time,
            _ => Stop::NoGain,
        }))
    }

    fn run(&mut self) -> Result<Stop, SearchError> {
        let progress = Progress::new("search", self.options.budget.layers);
        loop {
            if let Some(stop) = self.step()? {
                return Ok(stop);
            }
            progress.step();
            progress.describe(&self.all.to_string());
            if self.options.budget.is_reached(self.all) {
                return Ok(Stop::Reached);
            }
        }
    }

    /// Lets the judge say after which step the number was highest.
    fn run_judged(mut self, judge: &mut Judge<'_>, enough: Option<f64>) -> Result<Found, SearchError> {
        let start = self.ask(judge)?;
        let (mut best, mut best_steps) = (start, 0);
        let is_enough = |number: f64| enough.is_some_and(|enough| number >= enough);
        let mut states = vec![(self.floats.clone(), self.all, self.microseconds)];
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
            states.push((self.floats.clone(), self.all, self.microseconds));
            if metric > best {
                (best, best_steps) = (metric, self.steps.len());
            }
        };
        self.steps.truncate(best_steps);
        (self.floats, self.all, self.microseconds) = states.swap_remove(best_steps);
        Ok(self.finish(stop, Some([start, best])))
    }

    fn ask(&mut self, judge: &mut Judge<'_>) -> Result<f64, SearchError> {
        let names: Vec<String> = self.layers.names(&self.floats).map(str::to_owned).collect();
        let program = self.evaluator.lower(names.iter().map(String::as_str))?;
        judge(program, &names).map_err(SearchError::Judge)
    }

    /// Makes the table better without making it longer, or shorter without making it worse than expected.
    fn polish(&mut self, stop: Stop) -> Result<(), SearchError> {
        match stop {
            Stop::Reached => self.drop_needless()?,
            Stop::Layers | Stop::NoGain | Stop::Time => self.exchange()?,
            Stop::Metric => {}
        }
        self.join_neighbours()
    }

    /// Drops layers that an early step added and later ones made needless.
    fn drop_needless(&mut self) -> Result<(), SearchError> {
        for index in 0..self.steps.len().saturating_sub(1) {
            let without = self.without(index);
            let (version, score) = self.decide_all(&without)?;
            if self.options.budget.is_reached(score) {
                self.put(without, &version, score)?;
                self.steps[index].added.clear();
            }
        }
        self.steps.retain(|step| !step.added.is_empty());
        Ok(())
    }

    /// The float layers without those of a step.
    fn without(&self, step: usize) -> Floats {
        let kept: Floats = self
            .floats
            .iter()
            .copied()
            .filter(|layer| !self.steps[step].added.contains(layer))
            .collect();
        self.layers.with_movers(&kept)
    }

    fn decide_all(&self, floats: &Floats) -> Result<(Version, Score), SearchError> {
        let version = self.evaluator.version(self.layers.names(floats))?;
        let score = self.evaluator.score(&version, self.evaluator.sample_count())?;
        Ok((version, score))
    }

    /// Goes over to another set of float layers.
    fn put(&mut self, floats: Floats, version: &Version, score: Score) -> Result<(), SearchError> {
        self.few = self.evaluator.score(version, self.options.few)?;
        self.microseconds = self.price(&floats)?;
        self.floats = floats;
        self.all = score;
        let samples = self.evaluator.sample_count();
        self.evaluator.remember(CURRENT, version, samples)?;
        Ok(())
    }

    fn price(&self, floats: &Floats) -> Result<Option<f64>, SearchError> {
        if self.microseconds.is_none() {
            return Ok(None);
        }
        let program = self.evaluator.lower(self.layers.names(floats))?;
        Ok(cost::microseconds(program).ok())
    }

    /// Takes each step back once, and looks for a better one in its place.
    fn exchange(&mut self) -> Result<(), SearchError> {
        for index in 0..self.steps.len() {
            let (floats, few, all, microseconds) =
                (self.floats.clone(), self.few, self.all, self.microseconds);
            let without = self.without(index);
            let (version, score) = self.decide_all(&without)?;
            self.put(without, &version, score)?;
            let old = self.steps[index].layer;
            let better = match self.best()? {
                Some(trial) => {
                    let (version, score) = self.decide(&trial.floats, trial.gain.score)?;
                    (score.sqnr >= all.sqnr + LEAST_GAIN).then_some((trial, version, score))
                }
                None => None,
            };
            match better {
                Some((trial, version, score)) => {
                    self.accept(trial, &version, score, Why::Exchange)?;
                    let step = self.steps.pop();
                    if let Some(step) = step {
                        self.steps[index] = step;
                    }
                    self.queue.push(Candidate {
                        layer: old,
                        priority: 0.0,
                        barred_until: 0,
                    });
                }
                None => {
                    let version = self.evaluator.version(self.layers.names(&floats))?;
                    (self.floats, self.few, self.all, self.microseconds) = (floats, few, all, microseconds);
                    let samples = self.evaluator.sample_count();
                    self.evaluator.remember(CURRENT, &version, samples)?;
                }
            }
        }
        Ok(())
    }

    /// Neighbours of float layers join them where that saves time, casts as a rule, and the outputs do not suffer.
    fn join_neighbours(&mut self) -> Result<(), SearchError> {
        let Some(mut now) = self.microseconds else {
            return Ok(());
        };
        for layer in self.layers.neighbours(&self.floats) {
            let floats = self.with(layer);
            if self.floats.contains(&layer)
                || self.options.barred.contains(&layer)
                || floats.len() > self.options.budget.layers
            {
                continue;
            }
            let Some(time) = self.price(&floats)? else { return Ok(()) };
            if time > now - LEAST_SAVING {
                continue;
            }
            let (version, score) = self.decide_all(&floats)?;
            if score.sqnr >= self.all.sqnr {
                let few = self.evaluator.score(&version, self.options.few)?;
                let gain = Gain {
                    score: few,
                    microseconds: Some(time - now),
                };
                let trial = Trial {
                    layer,
                    floats,
                    gain,
                    priority: 0.0,
                };
                self.accept(trial, &version, score, Why::Joined)?;
                now = time;
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
            end: self.all,
            microseconds: self.start_microseconds.zip(self.microseconds).map(<[f64; 2]>::from),
            metrics,
            stop,
            gains: self.gains,
        }
    }
}
