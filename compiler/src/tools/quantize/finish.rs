//! The chosen recipe, fitted to all samples: files, the bmodel's check, the summary.

use super::QuantizeArgs;
use crate::data::{Tensor, TensorMap};
use crate::inference::{Dump, Interpreter};
use crate::program::Program;
use crate::ptq::recipe::{Quantised, Recipe, apply};
use crate::ptq::score::Score;
use crate::quantization::QuantizeTable;
use crate::quantization::arithmetic::max_magnitude;
use crate::quantization::calibration_table::CalibrationHeader;
use crate::quantization::qtable::QuantizeHeader;
use crate::tools::deploy::{GenerateOptions, generate};
use crate::tools::fp_forward::time_text;
use crate::tools::output::print;
use crate::tools::run::run_bmodel;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tpuc_runtime::bmodel::Bmodel;
use tpuc_runtime::profile::{OperationNames, Profile};

/// Fits the chosen recipe to all samples and writes everything.
pub(super) fn finish(
    args: &QuantizeArgs,
    name: &str,
    program: &Program,
    samples: &[&TensorMap],
    recipe: Recipe,
    floats: &QuantizeTable,
    sqnr: f64,
) -> Result<ExitCode> {
    let folder = &args.output;
    let prefix = folder
        .join(format!("{name}_bm1684_int8_sym"))
        .display()
        .to_string();
    let Quantised {
        top,
        mut table,
        mut tpu,
    } = apply(program, samples, floats, recipe)?;
    table.set_header(&CalibrationHeader {
        mlir: args.model.display().to_string(),
        method: recipe.describe(),
        samples: samples.len(),
        version: format!("tpuc {}", env!("CARGO_PKG_VERSION")),
        ..CalibrationHeader::default()
    });
    table.write(&folder.join(format!("{name}_cali_table")))?;
    let header = QuantizeHeader {
        time: time_text(),
        samples: Some(samples.len()),
        chip: "bm1684".to_owned(),
        mix_mode: "F32".to_owned(),
    };
    floats.write(&folder.join(format!("{name}_qtable")), &header)?;
    if recipe.equalize {
        check_equalised(program, &top, samples[0], args.fp32_diff)?;
        let mut top = top;
        top.set_module_str("weight_file", &format!("{name}_equalized_weight.npz"));
        top.write(&folder.join(format!("{name}_equalized.mlir")))?;
    }
    tpu.set_module_str("weight_file", &format!("{name}_bm1684_int8_sym_tpu_weights.npz"));
    let tpu_path = PathBuf::from(format!("{prefix}_tpu.mlir"));
    tpu.write(&tpu_path)?;
    let expected = Interpreter::new(&tpu)?.run_all(samples[0], Dump::Outputs)?;
    let model = folder.join(format!("{name}_int8.bmodel"));
    let options = GenerateOptions {
        groups: args.groups.clone(),
        ..GenerateOptions::default()
    };
    generate(tpu, &prefix, &model, options)?;
    let exact = Interpreter::new(program)?.run_all(samples[0], Dump::Outputs)?;
    check(&model, samples[0], &exact, &expected, !floats.modes.is_empty())?;
    summary(args, &model, &tpu_path, recipe, floats, sqnr)
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.to_f32().iter().copied().collect()
}

/// Largest magnitude of the differences; infinite where only one of two values is a number.
fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    let difference = |(a, b): (&f32, &f32)| {
        if a == b || (a.is_nan() && b.is_nan()) {
            return 0.0;
        }
        let apart = (a - b).abs();
        if apart.is_nan() { f32::INFINITY } else { apart }
    };
    a.iter().zip(b).map(difference).fold(0.0, f32::max)
}

/// Equalisation must not change what the float network computes.
fn check_equalised(before: &Program, after: &Program, sample: &TensorMap, limit: f64) -> Result<()> {
    let before = Interpreter::new(before)?.run_all(sample, Dump::Outputs)?;
    let after = Interpreter::new(after)?.run_all(sample, Dump::Outputs)?;
    for (name, exact) in &before {
        let Some(found) = after.get(name) else { continue };
        let most = f64::from(largest_difference(&values(exact), &values(found)));
        if most > limit {
            bail!(
                "max diff = {most} blob name: {name}: the equalised float network differs from the original by more than --fp32_diff {limit}; raise it, such as \
                 --fp32_diff {:.1e}, or leave equalisation out with --equalize no",
                most * 2.0
            );
        }
    }
    Ok(())
}

/// With layers in floating point the bmodel may be less accurate than the reference inference by this much, dB.
const LEAST_ACCURACY: f64 = 3.0;

/// The bmodel must give what the reference inference of its program gives. Where float layers feed INT8 ones, sums in another order
/// round a value up that the reference rounds down, and INT8 layers carry that on: then it must be as accurate.
fn check(
    model: &Path,
    sample: &TensorMap,
    exact: &TensorMap,
    expected: &TensorMap,
    has_floats: bool,
) -> Result<()> {
    let outputs = run_bmodel(model, sample, false)?;
    for ((name, output), exact) in outputs.iter().zip(exact.values()) {
        let Some(expected) = expected.get(name) else {
            continue;
        };
        let (a, b, exact) = (values(output), values(expected), values(exact));
        let largest = max_magnitude(&b);
        let apart = largest_difference(&a, &b);
        let as_accurate = has_floats
            && a.len() == exact.len()
            && Score::of(&a, &exact).sqnr >= Score::of(&b, &exact).sqnr - LEAST_ACCURACY;
        if a.len() != b.len() || (apart > largest * 1e-4 && !as_accurate) {
            bail!(
                "{}: output '{name}' on the emulator differs from the reference inference by {apart}; this is a mistake in tpuc, please report it",
                model.display()
            );
        }
    }
    Ok(())
}

fn summary(
    args: &QuantizeArgs,
    model: &Path,
    tpu: &Path,
    recipe: Recipe,
    floats: &QuantizeTable,
    sqnr: f64,
) -> Result<ExitCode> {
    let bytes = std::fs::metadata(model)?.len();
    let bmodel = Bmodel::read(model)?;
    let stage = bmodel
        .nets
        .first()
        .and_then(|net| net.stages.first())
        .context("the bmodel has no stage")?;
    let profile = Profile::of_stage(stage, &OperationNames::default())?;
    print(&format!(
        "{}\n  recipe   {}\n  outputs  {sqnr:.2} dB on samples that were held back\n  float    {} layers\n  time     {:.3} ms (estimate)\n  size     {bytes} bytes\n  program  {}\n",
        model.display(),
        recipe.describe(),
        floats.modes.len(),
        profile.totals.milliseconds(),
        tpu.display(),
    ))?;
    let milliseconds = profile.totals.milliseconds();
    if let Some(most) = args.max_latency_ms.filter(|most| milliseconds > *most) {
        bail!(
            "one run takes {milliseconds:.3} ms by the cycle model, {most:.3} ms were allowed; leave shifts for channels out with --per_channel no, or allow \
             fewer layers in floating point"
        );
    }
    match args.expected_sqnr {
        Some(wanted) if sqnr < wanted => bail!(
            "the outputs reach {sqnr:.2} dB, {wanted:.2} dB were wanted; allow more layers in floating point with --max_float_layers, or give more samples"
        ),
        _ => Ok(ExitCode::SUCCESS),
    }
}
