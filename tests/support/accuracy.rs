//! Running exact and quantised forms of a network on the pictures that are for measuring.

use anyhow::Result;
use std::path::{Path, PathBuf};
use tpuc_compiler::data::dataset::Dataset;
use tpuc_compiler::data::{Tensor, TensorMap};
use tpuc_compiler::inference::{Dump, Interpreter};
use tpuc_compiler::inputs::input_specs;
use tpuc_compiler::program::Program;
use tpuc_compiler::tools::run::BmodelRunner;

/// Pictures of a folder that calibration may see: the first ones by name.
pub const CALIBRATION: usize = 20;

/// A network in a form that can be run.
pub enum Model {
    /// A program in text form.
    Program(Interpreter),
    /// A bmodel, on the emulator.
    Bmodel(Box<BmodelRunner>),
}

impl Model {
    /// Opens a .mlir or .bmodel file.
    ///
    /// # Errors
    /// When it cannot be read or run.
    pub fn open(path: &Path) -> Result<Self> {
        if path.extension().is_some_and(|extension| extension == "bmodel") {
            return Ok(Self::Bmodel(Box::new(BmodelRunner::open(path)?)));
        }
        Ok(Self::Program(Interpreter::new(&Program::read(path)?)?))
    }

    /// The outputs in real values.
    ///
    /// # Errors
    /// When it fails on the sample.
    pub fn run(&mut self, sample: &TensorMap) -> Result<TensorMap> {
        match self {
            Self::Program(interpreter) => Ok(interpreter.run_all(sample, Dump::Outputs)?),
            Self::Bmodel(runner) => runner.run(sample),
        }
    }
}

/// Pictures of a folder, sorted by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    Ok(files)
}

/// The pictures behind the first [`CALIBRATION`], as inputs of a program.
///
/// # Errors
/// When a picture or the program cannot be read.
pub fn measuring_samples(top: &Path, folder: &Path) -> Result<Vec<TensorMap>> {
    load_samples(top, pictures(folder)?.get(CALIBRATION..).unwrap_or_default())
}

/// Pictures as inputs of a program with one input.
///
/// # Errors
/// When a picture or the program cannot be read.
pub fn load_samples(top: &Path, files: &[PathBuf]) -> Result<Vec<TensorMap>> {
    let specs = input_specs(&Program::read(top)?)?;
    let list = tempfile::NamedTempFile::new()?;
    let lines: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    std::fs::write(list.path(), lines.join("\n"))?;
    let dataset = Dataset::from_list(list.path(), 0)?;
    let batches = dataset.batches(&specs)?;
    (0..batches.len())
        .map(|index| {
            let names = specs.iter().map(|spec| spec.name.clone());
            let arrays = batches.load(index)?;
            Ok(names.zip(arrays.into_iter().map(Tensor::F32)).collect())
        })
        .collect()
}
