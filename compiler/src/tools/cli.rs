//! The program `tpuc`: its subcommands, and TPU-MLIR's names for them.

use super::{
    bmodel, calibrate, deploy, eval, fp_forward, links, npz, opt, output, qtable, quantize, report, run,
    to_onnx, transform, umodel,
};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// An open compiler for the Sophgo BM1684: ONNX to bmodel, quantisation, and an emulator that runs the result.
#[derive(Debug, Parser)]
#[command(
    name = "tpuc",
    version,
    infer_long_args = true,
    disable_help_subcommand = false
)]
#[command(
    after_help = "The usual way: transform, calibrate, deploy, run. 'tpuc help COMMAND' explains each.
Called by one of TPU-MLIR's names (model_transform, run_calibration, fp_forward, run_qtable, model_deploy, model_runner, npz_tool,
mlir2onnx, model_tool, with or without .py) the program behaves as that tool; 'tpuc install-links DIR' makes the links."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// ONNX to MLIR text (model_transform).
    Transform(transform::TransformArgs),
    /// Measure the ranges of all activations (run_calibration).
    Calibrate(calibrate::CalibrateArgs),
    /// Write a qtable that keeps parts of a network in floating point (fp_forward).
    FpForward(fp_forward::FpForwardArgs),
    /// Search the layers that must stay in floating point (run_qtable).
    Qtable(Box<qtable::QtableArgs>),
    /// Quantise, lower, generate a bmodel and check every step (model_deploy).
    Deploy(Box<deploy::DeployArgs>),
    /// Quantise a network by itself: the best table, qtable and bmodel.
    Quantize(Box<quantize::QuantizeArgs>),
    /// Run a bmodel on the emulator, or MLIR text in the reference inference (model_runner).
    Run(run::RunArgs),
    /// Compare, show and change npz files (npz_tool).
    Npz(npz::NpzArgs),
    /// Look into bmodels (model_tool, bmodel_dis).
    Bmodel(bmodel::BmodelArgs),
    /// One HTML file that shows a network, its quantisation and its bmodel.
    Report(Box<report::ReportArgs>),
    /// MLIR text to an ONNX file for Netron (mlir2onnx).
    ToOnnx(to_onnx::ToOnnxArgs),
    /// TPU-NNTC's view of a network: the prototxt for Netron.
    Umodel(umodel::UmodelArgs),
    /// Top-1 accuracy of a classifier over an npz of samples and labels.
    Eval(eval::EvalArgs),
    /// Make links with TPU-MLIR's tool names to this program.
    InstallLinks(links::InstallLinksArgs),
}

/// TPU-MLIR's tools and the subcommands that behave as they do.
pub const TOOL_NAMES: &[(&str, &str)] = &[
    ("model_transform", "transform"),
    ("run_calibration", "calibrate"),
    ("fp_forward", "fp-forward"),
    ("run_qtable", "qtable"),
    ("model_deploy", "deploy"),
    ("model_runner", "run"),
    ("npz_tool", "npz"),
    ("mlir2onnx", "to-onnx"),
    ("model_tool", "model_tool"),
    ("bmodel_dis", "bmodel_dis"),
    ("tpuc-opt", "tpuc-opt"),
];

/// Runs the program with these arguments, the first being the name it was called by. Prints errors.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    install_panic_message();
    match dispatch(arguments) {
        Ok(status) => status,
        Err(error) => output::fail(&error),
    }
}

fn dispatch(mut arguments: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let called = arguments.first().map(called_name).unwrap_or_default();
    if let Some((_, subcommand)) = TOOL_NAMES.iter().find(|(name, _)| *name == called) {
        match *subcommand {
            "model_tool" => return bmodel::run_model_tool(&bmodel::ModelToolArgs::parse_from(arguments)),
            "bmodel_dis" => {
                arguments.splice(0..1, ["tpuc", "bmodel", "dis"].map(OsString::from));
            }
            "tpuc-opt" => return Ok(opt::main(arguments)),
            subcommand => {
                arguments.splice(0..1, ["tpuc", subcommand].map(OsString::from));
            }
        }
    }
    accept_dashes_and_underscores(&mut arguments);
    match Cli::parse_from(arguments).command {
        Command::Transform(args) => transform::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::FpForward(args) => fp_forward::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Qtable(args) => qtable::run(&args),
        Command::Deploy(args) => deploy::run(&args),
        Command::Quantize(args) => quantize::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Npz(args) => npz::run(&args),
        Command::Bmodel(args) => bmodel::run(&args),
        Command::Report(args) => report::run(&args),
        Command::ToOnnx(args) => to_onnx::run(&args),
        Command::Umodel(args) => umodel::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::InstallLinks(args) => links::run(&args),
    }
}

/// TPU-MLIR writes most long options with underscores and some with dashes: both are taken for either.
fn accept_dashes_and_underscores(arguments: &mut [OsString]) {
    let root = Cli::command();
    let mut command = &root;
    for argument in arguments.iter_mut().skip(1) {
        let Some(text) = argument.to_str() else { continue };
        if text == "--" {
            return;
        }
        let Some(option) = text.strip_prefix("--") else {
            command = command.find_subcommand(text).unwrap_or(command);
            continue;
        };
        let (name, value) = option.split_at(option.find('=').unwrap_or(option.len()));
        let known = |name: &str| command.get_arguments().any(|arg| arg.get_long() == Some(name));
        let other = [name.replace('-', "_"), name.replace('_', "-")]
            .into_iter()
            .find(|other| known(other));
        if let Some(other) = other.filter(|_| !known(name)) {
            *argument = format!("--{other}{value}").into();
        }
    }
}

/// `model_deploy` of `/usr/bin/model_deploy.py`.
fn called_name(name: &OsString) -> String {
    let file = Path::new(name)
        .file_name()
        .map(|file| file.to_string_lossy().into_owned())
        .unwrap_or_default();
    file.strip_suffix(".py").map(str::to_owned).unwrap_or(file)
}

/// A panic is a mistake of ours: the message says so, with the version, and where to look.
fn install_panic_message() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|place| format!(" at {}:{}", place.file(), place.line()))
            .unwrap_or_default();
        let payload = info.payload();
        let what = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        output::error_line(&format!(
            "internal error in tpuc {}{place}: {what}\nThis is a mistake in tpuc, not in your input; please report it with the command line.",
            env!("CARGO_PKG_VERSION")
        ));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn tool_names_ignore_folder_and_ending() {
        assert_eq!(
            called_name(&OsString::from("/opt/bin/model_deploy.py")),
            "model_deploy"
        );
        assert_eq!(called_name(&OsString::from("npz_tool")), "npz_tool");
    }

    #[test]
    fn options_are_known_with_dashes_and_with_underscores() {
        let line = "tpuc deploy --allow-unmatched --test-input=a_b-c.npz --no_such-thing -- --test-input";
        let mut arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        accept_dashes_and_underscores(&mut arguments);
        assert_eq!(
            arguments.join(&OsString::from(" ")),
            "tpuc deploy --allow_unmatched --test_input=a_b-c.npz --no_such-thing -- --test-input"
        );
    }
}
