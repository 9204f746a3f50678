//! Why a quantised program is not similar enough: the first layer where the error jumps, what makes it there, and what can be done.
//!
//! The float program and the quantised one run on the same input; tensors of the same name are compared in the program's order.
//! The error jumps at a layer whose output is worse than its inputs by [`JUMP`] dB. Its cause: *clipping* if most of the noise is from
//! values beyond the range that the scale allows, *bias overflow* if 16-bit biases stand at an end of their range, otherwise
//! *rounding*: the steps are too large for what the values are.

use crate::data::TensorMap;
use crate::inference::{InferenceError, Interpreter};
use crate::program::Program;
use crate::quantization::CalibrationTable;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use tpuc_dialects::ir::{Context, Op, OpView, Value};

/// A layer loses this much against its inputs, dB.
const JUMP: f64 = 6.0;
/// A tensor that is better than this is not to blame, dB.
const GOOD: f64 = 30.0;
/// The test input's range may differ from the calibrated one by this factor.
const RANGE_FACTOR: f64 = 2.0;

/// What makes the error.
#[derive(Clone, PartialEq, Debug)]
pub enum Cause {
    /// Values lie beyond the range.
    Clipping {
        /// The largest value that the scale allows.
        limit: f64,
        /// The largest magnitude of the float tensor.
        largest: f64,
        /// Share of the values that is cut.
        share: f64,
    },
    /// Biases do not fit 16 bits.
    BiasOverflow {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
    },
    /// The steps are coarse.
    Rounding {
        /// Size of a step.
        step: f64,
        /// Typical magnitude of the float values (root of the mean square).
        typical: f64,
    },
}

/// A layer and its error.
#[derive(Clone, PartialEq, Debug)]
pub struct Culprit {
    /// The layer's name.
    pub name: String,
    /// Its operation in the top program, such as `top.Conv`.
    pub operation: String,
    /// Signal to noise of its output, dB.
    pub sqnr: f64,
    /// That of its worst input.
    pub before: f64,
    /// What makes it.
    pub cause: Cause,
}

/// An input that does not look like those of the calibration.
#[derive(Clone, PartialEq, Debug)]
pub struct StrangeInput {
    /// Its name.
    pub name: String,
    /// Range of the test input.
    pub found: (f64, f64),
    /// Range in the table.
    pub calibrated: (f64, f64),
}

/// What was found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Diagnosis {
    /// The first layer where the error jumps; `None` if none stands out.
    pub culprit: Option<Culprit>,
    /// Inputs whose range is not that of the table.
    pub inputs: Vec<StrangeInput>,
    /// Names of the quantisation table that no operation has.
    pub unmatched: Vec<String>,
}

/// Compares the programs on one input. `floats` are the names in the quantisation table.
///
/// # Errors
/// When a program fails on the input.
pub fn diagnose<'n>(
    top: &Program,
    tpu: &Program,
    sample: &TensorMap,
    table: Option<&CalibrationTable>,
    floats: impl IntoIterator<Item = &'n str>,
) -> Result<Diagnosis, InferenceError> {
    let mut exact: IndexMap<String, Vec<f32>> = IndexMap::new();
    Interpreter::new(top)?.run(sample, &mut |name, tensor| {
        exact.insert(name.to_owned(), tensor.to_f32().iter().copied().collect());
    })?;
    let interpreter = Interpreter::new(tpu)?;
    let sources = cast_sources(tpu);
    let mut found: FxHashMap<String, Compared> = FxHashMap::default();
    interpreter.run(sample, &mut |name, tensor| {
        // A cast to integers belongs to the layer whose result it rounds.
        let layer = sources.get(name).map_or(name, String::as_str);
        let (Some(exact), Some(slot)) = (exact.get(layer), interpreter.find_slot(name)) else {
            return;
        };
        let real = interpreter.real(slot, tensor);
        let real = real.to_f32();
        let values = real.as_slice().unwrap_or_default();
        if values.len() != exact.len() {
            return;
        }
        let compared = Compared::new(exact, values, interpreter.representable(slot));
        if found.get(layer).is_none_or(|other| compared.sqnr < other.sqnr) {
            found.insert(layer.to_owned(), compared);
        }
    })?;
    let names = layer_names(top);
    Ok(Diagnosis {
        culprit: culprit(top, tpu, &found),
        inputs: table.map_or_else(Vec::new, |table| strange_inputs(top, table, &exact)),
        unmatched: floats
            .into_iter()
            .filter(|name| !names.contains(name))
            .map(str::to_owned)
            .collect(),
    })
}

/// What each cast of a lowered program reads, by the cast's name.
fn cast_sources(program: &Program) -> FxHashMap<String, String> {
    let ctx = &program.ctx;
    let ops = ctx.walk(program.module.op()).into_iter();
    ops.filter(|op| ctx.is(*op, "tpu.Cast"))
        .map(|op| {
            let name = |value| ctx.value_name(value).to_owned();
            (name(ctx.result(op)), name(ctx.operand(op, 0)))
        })
        .collect()
}

fn layer_names(program: &Program) -> Vec<&str> {
    let ctx = &program.ctx;
    let ops = ctx.walk(program.module.op()).into_iter();
    ops.filter(|op| ctx.op_name(*op).starts_with("top."))
        .map(|op| ctx.name(op))
        .collect()
}

/// A tensor of both programs.
struct Compared {
    sqnr: f64,
    noise: f64,
    /// The part of the noise that is from values beyond the range.
    clipped_noise: f64,
    clipped: usize,
    count: usize,
    largest: f64,
    square: f64,
    range: Option<(f64, f64)>,
}

impl Compared {
    fn new(exact: &[f32], found: &[f32], range: Option<(f64, f64)>) -> Self {
        let mut compared = Self {
            sqnr: 0.0,
            noise: 0.0,
            clipped_noise: 0.0,
            clipped: 0,
            count: exact.len(),
            largest: 0.0,
            square: 0.0,
            range,
        };
        for (exact, found) in exact.iter().zip(found) {
            let (exact, found) = (f64::from(*exact), f64::from(*found));
            let error = (exact - found).powi(2);
            compared.noise += error;
            compared.square += exact * exact;
            compared.largest = compared.largest.max(exact.abs());
            if range.is_some_and(|(low, high)| exact < low || exact > high) {
                compared.clipped += 1;
                compared.clipped_noise += error;
            }
        }
        compared.sqnr = 10.0 * (compared.square.max(1e-30) / compared.noise.max(1e-30)).log10();
        compared
    }

    fn cause(&self, overflow: Option<(usize, usize)>) -> Cause {
        let (low, high) = self.range.unwrap_or((f64::MIN, f64::MAX));
        if self.clipped_noise * 2.0 > self.noise {
            return Cause::Clipping {
                limit: high,
                largest: self.largest,
                share: self.clipped as f64 / self.count.max(1) as f64,
            };
        }
        if let Some((count, of)) = overflow.filter(|(count, _)| *count > 0) {
            return Cause::BiasOverflow { count, of };
        }
        Cause::Rounding {
            step: (high - low) / 255.0,
            typical: (self.square / self.count.max(1) as f64).sqrt(),
        }
    }
}

/// The first layer that is worse than its inputs by [`JUMP`]; if there is none, the one that loses most.
fn culprit(top: &Program, tpu: &Program, found: &FxHashMap<String, Compared>) -> Option<Culprit> {
    let ctx = &top.ctx;
    let mut worst: Option<(f64, Op)> = None;
    let main = top.main().ok()?;
    for op in main.ops(ctx) {
        let Some(own) = ctx
            .results(op)
            .first()
            .and_then(|value| found.get(ctx.value_name(*value)))
        else {
            continue;
        };
        if own.sqnr >= GOOD || own.range.is_none() {
            continue;
        }
        let drop = before(ctx, op, found) - own.sqnr;
        if drop >= JUMP {
            worst = Some((drop, op));
            break;
        }
        if worst.is_none_or(|(most, _)| drop > most) {
            worst = Some((drop, op));
        }
    }
    let (_, op) = worst?;
    let name = ctx.value_name(ctx.results(op)[0]);
    let own = &found[name];
    Some(Culprit {
        name: name.to_owned(),
        operation: ctx.op_name(op).to_owned(),
        sqnr: own.sqnr,
        before: before(ctx, op, found),
        cause: own.cause(overflowing_biases(tpu, name)),
    })
}

/// The worst of an operation's inputs; inputs that are exact count as [`GOOD`] plus a jump.
fn before(ctx: &Context, op: Op, found: &FxHashMap<String, Compared>) -> f64 {
    ctx.operands(op)
        .iter()
        .filter_map(|value: &Value| found.get(ctx.value_name(*value)))
        .map(|compared| compared.sqnr)
        .fold(GOOD + JUMP, f64::min)
}

/// Biases of a lowered layer at an end of 16 bits, and all of them.
fn overflowing_biases(tpu: &Program, name: &str) -> Option<(usize, usize)> {
    let ctx = &tpu.ctx;
    let op = ctx
        .walk(tpu.module.op())
        .into_iter()
        .find(|op| ctx.op_name(*op).starts_with("tpu.") && ctx.name(*op) == name)?;
    let bias = *ctx.operands(op).get(2)?;
    let values = tpu.weight(bias).ok()??;
    let ends = [f32::from(i16::MIN), f32::from(i16::MAX)];
    let count = values
        .to_f32()
        .iter()
        .filter(|value| ends.contains(value))
        .count();
    Some((count, values.len()))
}

fn strange_inputs(
    top: &Program,
    table: &CalibrationTable,
    exact: &IndexMap<String, Vec<f32>>,
) -> Vec<StrangeInput> {
    let ctx = &top.ctx;
    let inputs = ctx.walk(top.module.op()).into_iter();
    inputs
        .filter(|op| ctx.is(*op, "top.Input"))
        .filter_map(|op| {
            let name = ctx.value_name(ctx.result(op));
            let entry = table.thresholds.get(name)?;
            let values = exact.get(name)?;
            let low = f64::from(values.iter().copied().fold(f32::INFINITY, f32::min));
            let high = f64::from(values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            let largest = |low: f64, high: f64| low.abs().max(high.abs());
            let (found, calibrated) = (largest(low, high), largest(entry.min, entry.max));
            let differs = found > calibrated * RANGE_FACTOR
                || found * RANGE_FACTOR < calibrated
                || (low < 0.0) != (entry.min < 0.0);
            differs.then(|| StrangeInput {
                name: name.to_owned(),
                found: (low, high),
                calibrated: (entry.min, entry.max),
            })
        })
        .collect()
}

impl Diagnosis {
    /// What was found and what to do, in sentences; `mlir` is the top program's file, for commands. Empty if nothing was.
    pub fn explain(&self, mlir: &str) -> String {
        let mut text = String::new();
        for input in &self.inputs {
            let _ = writeln!(
                text,
                "the test input '{}' lies in {:.4}..{:.4}, the calibrated ones lay in {:.4}..{:.4}: the preprocessing differs (mean, scale, \
                 order of channels)\n  try: check --mean, --scale and --pixel_format of 'tpuc transform', and that the test input is preprocessed once",
                input.name, input.found.0, input.found.1, input.calibrated.0, input.calibrated.1
            );
        }
        if !self.unmatched.is_empty() {
            let _ = writeln!(
                text,
                "{} names of the quantisation table match nothing, for example '{}': it was made for another export of the network\n  try: tpuc \
                 qtable {mlir} --dataset IMAGES --calibration_table TABLE -o QTABLE",
                self.unmatched.len(),
                self.unmatched[0]
            );
        }
        let Some(culprit) = &self.culprit else {
            return text;
        };
        let _ = writeln!(
            text,
            "the error jumps at '{}' ({}): {:.1} dB after, {:.1} dB before",
            culprit.name, culprit.operation, culprit.sqnr, culprit.before
        );
        let _ = match &culprit.cause {
            Cause::Clipping {
                limit,
                largest,
                share,
            } => writeln!(
                text,
                "  cause: clipping. Its threshold allows {limit:.4}, its largest value is {largest:.4}; {:.2} % of the values are cut\n  try: tpuc \
                 calibrate {mlir} --dataset IMAGES --cali_method max -o TABLE",
                share * 100.0
            ),
            Cause::BiasOverflow { count, of } => writeln!(
                text,
                "  cause: bias overflow. {count} of {of} biases do not fit 16 bits\n  try: tpuc fp-forward {mlir} --fpfwd_blocks '{0}:{0}' -o QTABLE, and \
                 deploy with --quantize_table QTABLE",
                culprit.name
            ),
            Cause::Rounding { step, typical } => writeln!(
                text,
                "  cause: rounding. Steps of {step:.5} for values that are typically {typical:.5}\n  try: tpuc quantize {mlir} --dataset IMAGES -o FOLDER"
            ),
        };
        text
    }
}
