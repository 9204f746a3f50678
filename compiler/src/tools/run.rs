//! `tpuc run`, also known as `model_runner`: one inference of a bmodel on the emulator, tensors from and to npz files.

use super::output::print;
use crate::data::{DType, Tensor, TensorMap, npz};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use tpuc_runtime::{
    emulator::Emulator,
    session::{HostTensor, HostType, RunOptions, Session},
};

/// Run a bmodel on the emulated BM1684.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// npz file with a tensor for each input of the model.
    #[arg(long)]
    pub input: PathBuf,
    /// The bmodel.
    #[arg(long)]
    pub model: PathBuf,
    /// npz file for the outputs.
    #[arg(long, default_value = "_output.npz")]
    pub output: PathBuf,
    /// Also write inner tensors, as far as the bmodel says where they are (it does when deployed with --debug).
    #[arg(long = "dump_all_tensors", alias = "dump-all-tensors")]
    pub dump_all_tensors: bool,
    /// Leave 8-bit outputs as they are instead of converting them to floats.
    #[arg(long = "out_fixed", alias = "out-fixed")]
    pub out_fixed: bool,
}

/// Runs `tpuc run`.
///
/// # Errors
/// What is wrong with a file, with an input, or with the model.
pub fn run(args: &RunArgs) -> Result<ExitCode> {
    let inputs = npz::read(&args.input)?;
    let outputs = run_bmodel(&args.model, &inputs, args.out_fixed, args.dump_all_tensors)?;
    npz::write_map(&args.output, &outputs, npz::Compression::Stored)?;
    print(&format!("Result saved to:{}\n", args.output.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// One inference of a bmodel on the emulator: inputs by name, outputs in the net's order, before them the inner
/// tensors if `dump_all`.
///
/// # Errors
/// What is wrong with the file, with an input, or with the model.
pub fn run_bmodel(model: &Path, inputs: &TensorMap, out_fixed: bool, dump_all: bool) -> Result<TensorMap> {
    let device = Emulator::new()?;
    let mut session = Session::open_on(model, device)?;
    if dump_all {
        // A debug build writes the list of tensor locations beside the bmodel, too; that one is always complete.
        let mut beside = model.as_os_str().to_owned();
        beside.push(".json");
        if let Ok(list) = std::fs::read(&beside) {
            session.set_tensor_locations(list);
        }
    }
    // Only what the model needs is converted.
    let wanted: Vec<String> = session
        .inputs()
        .iter()
        .map(|tensor| tensor.name.clone())
        .collect();
    let given: Vec<HostTensor> = inputs
        .iter()
        .filter(|(name, _)| wanted.contains(name))
        .map(|(name, tensor)| to_host(name, tensor))
        .collect::<Result<_>>()?;
    if let Some(missing) = wanted.iter().find(|name| !inputs.contains_key(*name)) {
        let there: Vec<&str> = inputs.keys().map(String::as_str).collect();
        bail!(
            "{}: input `{missing}` is missing; the model needs {}, the file has {}",
            model.display(),
            wanted.join(", "),
            if there.is_empty() {
                "nothing".to_owned()
            } else {
                there.join(", ")
            }
        );
    }
    let options = RunOptions {
        fixed_outputs: out_fixed,
        dump_tensors: dump_all,
    };
    let result = session
        .run_with(&given, options, None)
        .with_context(|| model.display().to_string())?;
    result
        .iter()
        .map(|tensor| Ok((tensor.name.clone(), from_host(tensor)?)))
        .collect()
}

/// A tensor for the runtime.
///
/// # Errors
/// The runtime does not know the type.
pub fn to_host(name: &str, tensor: &Tensor) -> Result<HostTensor> {
    let dtype = HostType::from_name(tensor.dtype().name()).with_context(|| {
        format!(
            "tensor `{name}` is {}, which cannot be an input",
            tensor.dtype().name()
        )
    })?;
    Ok(HostTensor {
        name: name.to_owned(),
        dtype,
        shape: tensor.shape().to_vec(),
        data: tensor.to_bytes(),
    })
}

/// A tensor from the runtime.
///
/// # Errors
/// Type or size are not plausible.
pub fn from_host(tensor: &HostTensor) -> Result<Tensor> {
    let dtype = DType::from_name(tensor.dtype.name())
        .with_context(|| format!("output `{}` is {}", tensor.name, tensor.dtype.name()))?;
    Ok(Tensor::from_bytes(dtype, &tensor.shape, &tensor.data)?)
}
