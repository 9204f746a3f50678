//! `tpuc deploy` (`model_deploy`): quantises and lowers a top module, generates the bmodel, and compares after each step:
//! the tpu module's inference with the reference of transform, the bmodel on the emulator with the tpu module's inference.

use super::groups::{ExplainTo, GroupArgs};
use super::output::{print, warn};
use super::run::run_bmodel;
use crate::codegen::bm1684::address::AddressMode;
use crate::codegen::bm1684::passes::NEURON_BOUND_ATTR;
use crate::data::TensorMap;
use crate::data::compare::{CompareOptions, CompareReport, common_names, compare};
use crate::data::npz::{self, Compression};
use crate::inference::{Dump, Interpreter};
use crate::inputs::{input_specs, load_inputs};
use crate::pass::run_pipeline;
use crate::program::Program;
use crate::ptq::diagnose::diagnose;
use crate::quantization::{CalibrationTable, QuantizeTable};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tpuc_dialects::ir::OpView;

/// Quantise, lower, generate a bmodel and check every step.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Example:
  tpuc deploy --mlir net.mlir --quantize INT8 --calibration_table net_cali_table --chip bm1684 \\
    --test_input net_in_f32.npz --test_reference net_top_outputs.npz --tolerance 0.85,0.45 --model net_int8.bmodel
  tpuc deploy --mlir net.mlir --quantize INT8 --calibration_table net_cali_table --per_channel --model net_int8.bmodel
  tpuc deploy --mlir net.mlir --quantize F32 --opt 3 --explain-groups --model net_f32.bmodel
Files of the steps are named NAME_bm1684_int8_sym_tpu.mlir, ..._final.mlir, ..._tpu_outputs.npz, ..._model_outputs.npz.")]
pub struct DeployArgs {
    /// MLIR text in the top dialect, made by 'tpuc transform', or a lowered program, made by 'tpuc quantize'.
    #[arg(long, value_name = "FILE")]
    mlir: PathBuf,
    /// F32 or INT8.
    #[arg(long, value_name = "MODE")]
    quantize: String,
    /// The chip.
    #[arg(
        long,
        visible_alias = "processor",
        value_name = "CHIP",
        default_value = "bm1684"
    )]
    chip: String,
    /// The bmodel to write.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Thresholds, made by 'tpuc calibrate'; needed for INT8.
    #[arg(long, value_name = "FILE")]
    calibration_table: Option<PathBuf>,
    /// Layers that are not to be quantised, made by 'tpuc fp-forward' or by hand.
    #[arg(long, value_name = "FILE")]
    quantize_table: Option<PathBuf>,
    /// Accept names in the tables that the network does not have.
    #[arg(long)]
    allow_unmatched: bool,
    /// Asymmetric INT8; BM1684 has none.
    #[arg(long)]
    asymmetric: bool,
    /// INT8: each output channel of a convolution has a right shift of its own, where TPU-MLIR has one for the layer. More
    /// accurate, with two more commands for each convolution.
    #[arg(long)]
    per_channel: bool,
    /// The same with at most N different shifts in one convolution.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "per_channel")]
    conv_group: u8,
    /// The bmodel takes quantised inputs.
    #[arg(long)]
    quant_input: bool,
    /// The bmodel gives quantised outputs.
    #[arg(long)]
    quant_output: bool,
    /// Where inputs and outputs lie: 'basic' (the same as 'auto') keeps inputs for the whole run, 'in_reuse' uses their memory
    /// again, 'io_alone' keeps both in a memory of their own.
    #[arg(long, value_name = "MODE")]
    addr_mode: Option<String>,
    /// Inputs to check with: an npz, or a picture or npy for each input joined by commas.
    #[arg(long, value_name = "FILES")]
    test_input: Option<String>,
    /// Tensors of the top module, made by 'tpuc transform --test_result'.
    #[arg(long, value_name = "FILE")]
    test_reference: Option<PathBuf>,
    /// Cosine and Euclidean similarity that tpu must keep to top; by default 0.90,0.80 for INT8 and 0.99,0.99 for F32.
    #[arg(long, value_name = "COS,EUC")]
    tolerance: Option<String>,
    /// Tensors that are not compared, joined by commas.
    #[arg(long, value_name = "NAMES", default_value = "")]
    excepts: String,
    /// Compare every tensor, not the outputs only; the bmodel then says where each one is.
    #[arg(long)]
    compare_all: bool,
    /// Do not compare.
    #[arg(long)]
    skip_validation: bool,
    /// Keep in the bmodel where every tensor is, so that 'tpuc run --dump_all_tensors' can show them.
    #[arg(long)]
    debug: bool,
    #[command(flatten)]
    groups: GroupArgs,
    /// Tell of each layer group its operations, slices, local memory, cycles and what bounds it, and of every other operation why it
    /// is alone: as a table, or with '=FILE' as JSON.
    #[arg(
        long = "explain-groups",
        alias = "explain_groups",
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    explain_groups: Option<String>,
}

/// Runs the tool.
///
/// # Errors
/// When an option, a file or the network is not usable, or a comparison fails.
pub fn run(args: &DeployArgs) -> Result<ExitCode> {
    let quantize = check(args)?;
    let program = Program::read(&args.mlir)?;
    let state = program.module_str("state").unwrap_or("unknown").to_owned();
    let lowered = state == "TPU_LOWERED";
    if lowered {
        check_lowered(args, &program, quantize)?;
    } else if !state.starts_with("TOP") {
        bail!(
            "'{}' is in state {state}; deploy needs a top module, as 'tpuc transform' writes it, or a lowered one",
            args.mlir.display()
        );
    } else if quantize == "INT8" && args.calibration_table.is_none() {
        bail!(
            "--quantize INT8 needs --calibration_table; make one with 'tpuc calibrate {}'",
            args.mlir.display()
        );
    }
    let name = program
        .ctx
        .get_str(program.module.op(), "sym_name")
        .unwrap_or("model")
        .to_owned();
    let prefix = format!(
        "{name}_{}_{}",
        args.chip,
        if quantize == "INT8" { "int8_sym" } else { "f32" }
    );
    let test = Test::load(args, &program, &name, quantize)?;

    let (program, tpu_mlir) = if lowered {
        (program, args.mlir.clone())
    } else {
        let program = lower(args, program, quantize, &prefix)?;
        (program, PathBuf::from(format!("{prefix}_tpu.mlir")))
    };
    let mut tpu_outputs = None;
    if let Some(test) = &test {
        let outputs = Interpreter::new(&program)?.run_all(
            &test.inputs,
            if args.compare_all {
                Dump::All
            } else {
                Dump::Outputs
            },
        )?;
        npz::write_map(
            Path::new(&format!("{prefix}_tpu_outputs.npz")),
            &outputs,
            Compression::Deflated,
        )?;
        if let Some(reference) = &test.reference {
            let options = CompareOptions::default().with_tolerance(&test.tolerance)?;
            let compared = test.compare(&outputs, reference, &options)?;
            let target = tpu_mlir.display().to_string();
            if let Err(error) = report("tpu", &target, &test.tolerance, &compared) {
                let reason = if lowered {
                    String::new()
                } else {
                    explain_failure(args, &program, &test.inputs)?
                };
                bail!("{error}\n{}", reason.trim_end());
            }
        }
        tpu_outputs = Some(outputs);
    }
    let options = GenerateOptions {
        quant_input: args.quant_input,
        quant_output: args.quant_output,
        debug: args.debug || args.compare_all,
        address_mode: args.addr_mode.as_deref().map(address_mode).transpose()?,
        groups: args.groups.clone(),
        explain: args.explain_groups.as_deref().map(ExplainTo::of),
    };
    generate(program, &prefix, &args.model, options)?;
    if let (Some(test), Some(tpu_outputs)) = (&test, &tpu_outputs) {
        let outputs = run_bmodel(&args.model, &test.inputs, args.compare_all)?;
        npz::write_map(
            Path::new(&format!("{prefix}_model_outputs.npz")),
            &outputs,
            Compression::Deflated,
        )?;
        let tolerance = if args.quantize_table.is_some() {
            "0.99,0.85"
        } else {
            "0.99,0.90"
        };
        let options = CompareOptions::default().with_tolerance(tolerance)?;
        report(
            "bmodel",
            &args.model.display().to_string(),
            tolerance,
            &test.compare(&outputs, tpu_outputs, &options)?,
        )?;
    }
    print(&format!("{} written\n", args.model.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Why the lowered program is not similar enough, and what to do.
fn explain_failure(args: &DeployArgs, tpu: &Program, inputs: &TensorMap) -> Result<String> {
    let top = Program::read(&args.mlir)?;
    let table = match &args.calibration_table {
        Some(path) => Some(CalibrationTable::read(path)?),
        None => None,
    };
    let floats = match &args.quantize_table {
        Some(path) => QuantizeTable::read(path)?,
        None => QuantizeTable::default(),
    };
    let names = floats.modes.keys().map(String::as_str);
    let diagnosis = diagnose(&top, tpu, inputs, table.as_ref(), names)?;
    Ok(diagnosis.explain(&args.mlir.display().to_string()))
}

/// Everything that can be refused before work starts. Gives the mode in capitals.
fn check(args: &DeployArgs) -> Result<&'static str> {
    if args.chip != "bm1684" {
        bail!("chip '{}' is not supported; tpuc compiles for bm1684", args.chip);
    }
    let quantize = match args.quantize.to_uppercase().as_str() {
        "F32" => "F32",
        "INT8" => "INT8",
        other => bail!(
            "--quantize {other}: bm1684 computes in F32 and INT8 only; choose one of them, or INT8 with a --quantize_table for layers that need more"
        ),
    };
    if args.asymmetric {
        bail!("--asymmetric: bm1684 has symmetric INT8 only; leave the option out");
    }
    args.addr_mode.as_deref().map(address_mode).transpose()?;
    let tables = args
        .calibration_table
        .iter()
        .chain(&args.quantize_table)
        .chain(&args.test_reference);
    for path in tables {
        std::fs::File::open(path).with_context(|| format!("cannot read '{}'", path.display()))?;
    }
    Ok(quantize)
}

fn address_mode(name: &str) -> Result<AddressMode> {
    AddressMode::parse(name).map_err(|problem| anyhow::anyhow!("--addr_mode: {problem}"))
}

/// A lowered module has its tables behind it: options that would change it are refused.
fn check_lowered(args: &DeployArgs, program: &Program, quantize: &str) -> Result<()> {
    let mode = program.module_str("mode").unwrap_or("F32");
    if mode != quantize {
        bail!(
            "'{}' is lowered to {mode} already; --quantize {quantize} does not suit",
            args.mlir.display()
        );
    }
    let given = [
        ("--calibration_table", args.calibration_table.is_some()),
        ("--quantize_table", args.quantize_table.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => bail!(
            "'{}' is lowered already, {option} has no effect on it; leave it out, or deploy the top module",
            args.mlir.display()
        ),
        None => Ok(()),
    }
}

/// What the results are checked with.
struct Test {
    inputs: TensorMap,
    reference: Option<TensorMap>,
    tolerance: String,
    excepts: Vec<String>,
}

impl Test {
    fn load(args: &DeployArgs, program: &Program, name: &str, quantize: &str) -> Result<Option<Self>> {
        let Some(files) = args.test_input.as_ref().filter(|_| !args.skip_validation) else {
            if args.test_reference.is_some() && !args.skip_validation {
                warn("--test_reference without --test_input: nothing is compared");
            }
            return Ok(None);
        };
        let inputs = load_inputs(&input_specs(program)?, files)?;
        let reference = args
            .test_reference
            .as_ref()
            .map(|path| npz::read(path))
            .transpose()?;
        npz::write_map(
            Path::new(&format!("{name}_in_f32.npz")),
            &inputs,
            Compression::Deflated,
        )?;
        let default = if quantize == "INT8" {
            "0.90,0.80"
        } else {
            "0.99,0.99"
        };
        let tolerance = args
            .tolerance
            .clone()
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| default.to_owned());
        CompareOptions::default().with_tolerance(&tolerance)?;
        let excepts = args
            .excepts
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty() && *name != "-")
            .map(str::to_owned)
            .collect();
        Ok(Some(Self {
            inputs,
            reference,
            tolerance,
            excepts,
        }))
    }

    fn compare(
        &self,
        target: &TensorMap,
        reference: &TensorMap,
        options: &CompareOptions,
    ) -> Result<CompareReport> {
        let names = common_names(target, reference, &self.excepts);
        if names.is_empty() {
            bail!("no tensor has the same name in both; is the reference of another model?");
        }
        Ok(compare(target, reference, &names, options)?)
    }
}

/// Prints a comparison's outcome; an error if it failed.
fn report(what: &str, target: &str, tolerance: &str, report: &CompareReport) -> Result<()> {
    let mut text = String::new();
    for tensor in report.failures() {
        tensor.write(&mut text, 1, None)?;
    }
    let verdict = if report.passed() { "PASSED" } else { "FAILED" };
    writeln!(text, "{}", report.min_similarity_line())?;
    writeln!(
        text,
        "{what}: {} tensors compared, tolerance {tolerance}: {verdict}",
        report.tensors.len()
    )?;
    print(&text)?;
    if !report.passed() {
        bail!(
            "{target}: {} of {} tensors are not similar enough",
            report.failures().count(),
            report.tensors.len()
        );
    }
    Ok(())
}

/// Top to tpu; the text is written as PREFIX_tpu.mlir.
fn lower(args: &DeployArgs, mut program: Program, quantize: &str, prefix: &str) -> Result<Program> {
    let assign = format!(
        "chip={} mode={quantize} num_device=1 num_core=1 addr_mode={}",
        args.chip,
        args.addr_mode.as_deref().unwrap_or("auto")
    );
    let import = args.calibration_table.as_ref().map(|table| {
        format!(
            "file={} asymmetric=false allow-unmatched={}",
            table.display(),
            args.allow_unmatched
        )
    });
    let qtable = args
        .quantize_table
        .as_ref()
        .map(|table| format!("qtable={} ", table.display()))
        .unwrap_or_default();
    let convert = format!(
        "{qtable}weightFileName={prefix}_tpu_weights.npz asymmetric=false allow-unmatched={} per_channel={} \
         conv_group={}",
        args.allow_unmatched, args.per_channel, args.conv_group
    );
    let mut passes: Vec<(&str, &str)> = vec![("processor-assign", &assign)];
    if quantize == "INT8"
        && let Some(import) = &import
    {
        passes.push(("import-calibration-table", import));
    }
    passes.extend([
        ("processor-top-optimize", ""),
        ("convert-top-to-tpu", convert.as_str()),
        ("canonicalize", ""),
        ("weight-fold", ""),
    ]);
    for diagnostic in run_pipeline(&mut program, &passes)? {
        warn(&diagnostic.to_string());
    }
    program.write(Path::new(&format!("{prefix}_tpu.mlir")))?;
    Ok(program)
}

/// What a bmodel takes, gives and knows.
#[derive(Clone, Debug, Default)]
pub(super) struct GenerateOptions {
    /// It takes quantised inputs.
    pub quant_input: bool,
    /// It gives quantised outputs.
    pub quant_output: bool,
    /// It says where every tensor is.
    pub debug: bool,
    /// Where its inputs and outputs lie; as the program says if not given.
    pub address_mode: Option<AddressMode>,
    /// How layers are grouped.
    pub groups: GroupArgs,
    /// Where the groups are explained.
    pub explain: Option<ExplainTo>,
}

/// Says how much memory the tensors take, and what no placement could undercut.
fn print_memory(program: &Program) -> Result<()> {
    let number = |name: &str| {
        let module = program.device_module().op();
        program.ctx.get_i64(module, name).unwrap_or_default()
    };
    print(&format!(
        "memory: {} bytes of weights, {} of tensors ({} are alive at one time)\n",
        number("module.coeff_size"),
        number("module.neuron_size"),
        number(NEURON_BOUND_ATTR)
    ))?;
    Ok(())
}

/// Tpu to bmodel; the addressed text is written as PREFIX_final.mlir.
pub(super) fn generate(
    mut program: Program,
    prefix: &str,
    model: &Path,
    options: GenerateOptions,
) -> Result<()> {
    if let Some(mode) = options.address_mode {
        program.set_module_str("addr_mode", mode.name());
    }
    let strip = format!(
        "quant_input={} quant_output={}",
        options.quant_input, options.quant_output
    );
    let mut passes = vec![
        ("strip-io-quant", strip.as_str()),
        ("processor-tpu-optimize", ""),
        ("dev-parallel", ""),
        ("weight-reorder", ""),
        ("subnet-divide", ""),
        // `topo-sort` follows in TPU-MLIR; what `layer-group` arranges for its groups is better without (docs/passes.md).
        ("op-reorder", ""),
    ];
    let groups = options.groups.pass_options();
    passes.extend(groups.as_deref().map(|groups| ("layer-group", groups)));
    passes.push(("address-assign", ""));
    for diagnostic in run_pipeline(&mut program, &passes)? {
        warn(&diagnostic.to_string());
    }
    print_memory(&program)?;
    if let Some(explain) = &options.explain {
        explain.show(&program)?;
    }
    let weight_file = program.default_weight_file();
    program.set_module_str("weight_file", &weight_file);
    let codegen = format!(
        "model_file={} embed_debug_info={}",
        model.display(),
        options.debug
    );
    let generated = run_pipeline(&mut program, &[("codegen", codegen.as_str())]);
    // The text is there to look at also where no code could be made of it.
    program.write(Path::new(&format!("{prefix}_final.mlir")))?;
    for diagnostic in generated? {
        warn(&diagnostic.to_string());
    }
    Ok(())
}
