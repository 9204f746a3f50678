//! `tpuc run`, also known as `model_runner`: one inference of a bmodel on the emulator, tensors from and to npz files.

use super::output::print;
use super::runner::run_mlir;
use crate::data::file::{PendingFile, write_bytes_atomically};
use crate::data::{DType, Tensor, TensorMap, npz};
use crate::inference::{Dump, Interpreter};
use crate::inputs::{input_specs, load_inputs};
use crate::program::Program;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};
use tpuc_runtime::{
    bmodel::Bmodel,
    emulator::{DEFAULT_DDR_BYTES, Emulator},
    isa::memory_map::{L2_BYTES, LANE_BYTES, LANE_COUNT, LOCAL_BYTES},
    profile::Profile,
    session::{
        HostTensor, HostType, MemoryView, Position, RunOptions, Session, StepObserver, Trace, ddr_bytes,
    },
};

/// Run a bmodel on the emulated BM1684, or MLIR text in the reference inference.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Example: tpuc run --model net_int8.bmodel --input net_in_f32.npz --output out.npz")]
pub struct RunArgs {
    /// npz file with a tensor for each input of the model; for MLIR text also pictures.
    #[arg(long)]
    pub input: String,
    /// The bmodel, or MLIR text in the top or tpu dialect.
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
    /// Run a bmodel this often; print what the host computes with and the time of each pass but the first.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub repeat: usize,
    /// Print the estimated latency of a bmodel's commands and what they do; with a file, also write a time line that
    /// Perfetto and chrome://tracing open.
    #[arg(long, value_name = "TRACE.json", num_args = 0..=1)]
    pub profile: Option<Option<PathBuf>>,
    /// Net to run, when a bmodel has several; the shape of the inputs chooses its stage.
    #[arg(long, value_name = "NAME")]
    pub net: Option<String>,
    /// Write one JSON object for each executed command of a bmodel, a line each: fields, operands, changed memory.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Write the memory as it is after this many commands of a bmodel (see --dump_file).
    #[arg(long = "dump_after", alias = "dump-after", value_name = "N")]
    pub dump_after: Option<usize>,
    /// npz file for --dump_after: arrays local (64 lanes), l2, ddr (the part that the net uses) and ddr_address.
    #[arg(
        long = "dump_file",
        alias = "dump-file",
        default_value = "memory.npz",
        value_name = "FILE"
    )]
    pub dump_file: PathBuf,
    /// Refuse a bmodel in which a command reads or writes what a command of the other engine writes, without waiting.
    #[arg(long = "check_races", alias = "check-races")]
    pub check_races: bool,
}

/// Runs `tpuc run`.
///
/// # Errors
/// What is wrong with a file, with an input, or with the model.
pub fn run(args: &RunArgs) -> Result<ExitCode> {
    let outputs = if is_text(&args.model) {
        let program = Program::read(&args.model)?;
        let inputs = load_inputs(&input_specs(&program)?, &args.input)?;
        run_mlir(&args.model, &inputs, args.dump_all_tensors)?
    } else {
        let mut runner = BmodelRunner::open(&args.model)?;
        if let Some(net) = &args.net {
            runner.select_net(net)?;
        }
        let inputs = npz::read(Path::new(&args.input))?;
        runner.out_fixed = args.out_fixed;
        runner.dump_all = args.dump_all_tensors;
        runner.session.device_mut().set_check_races(args.check_races);
        let mut outputs = if args.trace.is_some() || args.dump_after.is_some() {
            observed_run(args, &mut runner, &inputs)?
        } else {
            runner.run(&inputs)?
        };
        if let Some(trace) = &args.profile {
            report_profile(&runner.profile()?, &args.model, trace.as_deref())?;
        }
        if args.repeat > 1 {
            print(&format!(
                "emulated with {}\n",
                runner.session.device().description()
            ))?;
        }
        for pass in 1..args.repeat {
            let start = Instant::now();
            outputs = runner.run(&inputs)?;
            print(&format!("pass {pass}: {:.3} s\n", start.elapsed().as_secs_f64()))?;
        }
        outputs
    };
    npz::write_map(&args.output, &outputs, npz::Compression::Stored)?;
    print(&format!("Result saved to:{}\n", args.output.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// One run with `--trace`, `--dump_after` or both. The trace is written also when a command fails.
fn observed_run(args: &RunArgs, runner: &mut BmodelRunner, inputs: &TensorMap) -> Result<TensorMap> {
    let given = runner.given(inputs)?;
    let path = runner.path.display().to_string();
    runner.session.place(&given).context(path)?;
    let window = runner.session.ddr_window();
    let mut file = args.trace.as_deref().map(PendingFile::create).transpose()?;
    let mut trace = match &mut file {
        None => None,
        Some(file) => Some(Trace::new(
            file.writer(),
            window.clone(),
            runner.session.device().memory(),
        )?),
    };
    let mut count = 0;
    let mut dump = None;
    let mut observer = |position: Position, memory: &dyn MemoryView| {
        if let Some(trace) = &mut trace {
            trace.after(position, memory);
        }
        count += 1;
        if args.dump_after == Some(count) {
            dump = Some(memory_arrays(&window, memory));
        }
    };
    let outputs = runner.run_given(&given, Some(&mut observer));
    trace.map(Trace::finish).transpose().context("--trace")?;
    file.map(PendingFile::commit).transpose()?;
    match (args.dump_after, dump) {
        (Some(_), Some(arrays)) => npz::write_map(&args.dump_file, &arrays?, npz::Compression::Deflated)?,
        (Some(wanted), None) if outputs.is_ok() => {
            bail!("--dump_after {wanted}: the model has {count} commands, counted from 1")
        }
        _ => {}
    }
    outputs
}

/// All memories as arrays.
fn memory_arrays(window: &Range<u64>, memory: &dyn MemoryView) -> Result<TensorMap> {
    let mut local = Vec::with_capacity(LOCAL_BYTES);
    for lane in 0..LANE_COUNT {
        local.extend_from_slice(memory.lane(lane, 0, LANE_BYTES).context("a lane is missing")?);
    }
    let l2 = memory.l2(0, L2_BYTES).context("L2 is missing")?;
    let bytes = usize::try_from(window.end - window.start)?;
    let ddr = memory.ddr(window.start, bytes).context("DDR is missing")?;
    let mut arrays = TensorMap::default();
    for (name, shape, data) in [
        ("local", vec![LANE_COUNT, LANE_BYTES], &local[..]),
        ("l2", vec![L2_BYTES], l2),
        ("ddr", vec![bytes], ddr),
    ] {
        arrays.insert(name.to_owned(), Tensor::from_bytes(DType::U8, &shape, data)?);
    }
    let address = window.start.to_le_bytes();
    arrays.insert(
        "ddr_address".to_owned(),
        Tensor::from_bytes(DType::U64, &[1], &address)?,
    );
    Ok(arrays)
}

/// Whether a model is MLIR text, by its ending.
fn is_text(model: &Path) -> bool {
    model.extension().is_some_and(|extension| extension == "mlir")
}

/// One inference of a bmodel on the emulator: inputs by name, outputs in the net's order, before them the inner
/// tensors if `dump_all`.
///
/// # Errors
/// What is wrong with the file, with an input, or with the model.
pub fn run_bmodel(model: &Path, inputs: &TensorMap, dump_all: bool) -> Result<TensorMap> {
    let mut runner = BmodelRunner::open(model)?;
    runner.dump_all = dump_all;
    runner.run(inputs)
}

/// A bmodel on the emulator, ready to run again and again.
pub struct BmodelRunner {
    path: PathBuf,
    session: Session<Emulator>,
    /// Leave 8-bit outputs as they are.
    pub out_fixed: bool,
    /// Return inner tensors too.
    pub dump_all: bool,
}

impl BmodelRunner {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(model: &Path) -> Result<Self> {
        let place = || model.display().to_string();
        let content = Bmodel::read(model).with_context(place)?;
        let emulator = Emulator::with_ddr_bytes(ddr_bytes(&content).max(DEFAULT_DDR_BYTES))?;
        let mut session = Session::new(content, emulator).with_context(place)?;
        // A debug build of the vendor's tools writes the list of tensor locations beside the bmodel, always complete.
        if let Ok(list) = std::fs::read(tensor_locations_path(model)) {
            session.set_tensor_locations(list);
        }
        Ok(Self {
            path: model.to_owned(),
            session,
            out_fixed: false,
            dump_all: false,
        })
    }

    /// Names and shapes of the inputs.
    pub fn inputs(&self) -> Vec<(String, Vec<usize>)> {
        let shape = |tensor: &tpuc_runtime::bmodel::Tensor| -> Vec<usize> {
            let dims = tensor.shapes.first().cloned().unwrap_or_default();
            dims.into_iter()
                .map(|dim| usize::try_from(dim).unwrap_or(0))
                .collect()
        };
        self.session
            .inputs()
            .iter()
            .map(|tensor| (tensor.name.clone(), shape(tensor)))
            .collect()
    }

    /// Runs the net once.
    ///
    /// # Errors
    /// When an input is missing or does not fit, or a command fails.
    pub fn run(&mut self, inputs: &TensorMap) -> Result<TensorMap> {
        let given = self.given(inputs)?;
        self.run_given(&given, None)
    }

    /// What the model needs of `inputs`, for the runtime.
    fn given(&self, inputs: &TensorMap) -> Result<Vec<HostTensor>> {
        let wanted: Vec<String> = self
            .session
            .inputs()
            .iter()
            .map(|tensor| tensor.name.clone())
            .collect();
        if let Some(missing) = wanted.iter().find(|name| !inputs.contains_key(*name)) {
            let there: Vec<&str> = inputs.keys().map(String::as_str).collect();
            bail!(
                "{}: input '{missing}' is missing; the model needs {}, the file has {}",
                self.path.display(),
                wanted.join(", "),
                if there.is_empty() {
                    "nothing".to_owned()
                } else {
                    there.join(", ")
                }
            );
        }
        // Only what the model needs is converted.
        inputs
            .iter()
            .filter(|(name, _)| wanted.contains(name))
            .map(|(name, tensor)| to_host(name, tensor))
            .collect()
    }

    fn run_given(&mut self, given: &[HostTensor], observer: Option<StepObserver<'_>>) -> Result<TensorMap> {
        let options = RunOptions {
            fixed_outputs: self.out_fixed,
            dump_tensors: self.dump_all,
        };
        let result = self
            .session
            .run_with(given, options, observer)
            .with_context(|| self.path.display().to_string())?;
        result
            .iter()
            .map(|tensor| Ok((tensor.name.clone(), from_host(tensor)?)))
            .collect()
    }

    /// Uses another net than the first one.
    ///
    /// # Errors
    /// There is none of that name, or it cannot run here.
    pub fn select_net(&mut self, name: &str) -> Result<()> {
        self.session
            .select_net(name)
            .with_context(|| self.path.display().to_string())
    }

    /// The time line of the commands that ran.
    ///
    /// # Errors
    /// They wait for each other.
    pub fn profile(&self) -> Result<Profile> {
        self.session
            .profile()
            .with_context(|| self.path.display().to_string())
    }
}

/// Prints the summary of a time line, and writes it for a viewer if wanted.
///
/// # Errors
/// The file cannot be written.
pub fn report_profile(profile: &Profile, model: &Path, trace: Option<&Path>) -> Result<()> {
    print(&profile.summary())?;
    if let Some(path) = trace {
        write_trace(profile, model, path)?;
        print(&format!("time line saved to:{}\n", path.display()))?;
    }
    Ok(())
}

/// Writes a time line in Chrome's trace event format.
///
/// # Errors
/// The file cannot be written.
pub fn write_trace(profile: &Profile, model: &Path, path: &Path) -> Result<()> {
    let text = serde_json::to_string(&profile.chrome_trace(&model.display().to_string()))?;
    write_bytes_atomically(path, text.as_bytes())?;
    Ok(())
}

/// Where the vendor's tools write the list of tensor locations of a bmodel when they are asked to debug.
pub fn tensor_locations_path(model: &Path) -> PathBuf {
    let mut beside = model.as_os_str().to_owned();
    beside.push(".json");
    beside.into()
}

/// A model of either kind, ready to run again and again.
pub enum Runner {
    /// On the emulator.
    Bmodel(Box<BmodelRunner>),
    /// In the reference inference.
    Text(Box<Interpreter>),
}

impl Runner {
    /// Opens MLIR text or a bmodel.
    ///
    /// # Errors
    /// What is wrong with the file, or which operations cannot be executed.
    pub fn open(model: &Path) -> Result<Self> {
        if is_text(model) {
            return Ok(Self::Text(Box::new(Interpreter::new(&Program::read(model)?)?)));
        }
        Ok(Self::Bmodel(Box::new(BmodelRunner::open(model)?)))
    }

    /// Names and shapes of the inputs.
    pub fn inputs(&self) -> Vec<(String, Vec<usize>)> {
        match self {
            Self::Bmodel(runner) => runner.inputs(),
            Self::Text(interpreter) => interpreter
                .inputs()
                .map(|(name, shape)| (name.to_owned(), shape.to_vec()))
                .collect(),
        }
    }

    /// Runs the network once; the last tensor is an output.
    ///
    /// # Errors
    /// When an input is missing or does not fit.
    pub fn run(&mut self, inputs: &TensorMap) -> Result<TensorMap> {
        match self {
            Self::Bmodel(runner) => runner.run(inputs),
            Self::Text(interpreter) => Ok(interpreter.run_all(inputs, Dump::Outputs)?),
        }
    }
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
