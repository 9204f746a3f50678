//! `tpuc bmodel info|dis|diff|check|profile|extract|combine|dump`, and the vendor's `model_tool` and `bmodel_dis` as other
//! names for them.

mod check;
mod dis;
mod model_tool;
mod profile;

pub use dis::{DisArgs, disassemble};
pub use model_tool::{ModelToolArgs, run_model_tool};

use super::output::print;
use crate::data::file::write_bytes_atomically;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use profile::ProfileArgs;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tpuc_runtime::bmodel::{Blob, Bmodel, Header, combine, info_json, info_text, split};

/// Look into bmodel files, take them apart and put them together.
#[derive(Debug, Args)]
pub struct BmodelArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Nets, stages, inputs, outputs and memory sizes.
    Info {
        /// The bmodel.
        model: PathBuf,
        /// Everything as JSON, with addresses, weights and sub-nets.
        #[arg(long)]
        json: bool,
    },
    /// Commands as text, JSON or raw files; with two bmodels, their differences.
    Dis(DisArgs),
    /// What differs between two bmodels, as a unified diff of their listings.
    Diff {
        /// The bmodel before.
        left: PathBuf,
        /// The bmodel after.
        right: PathBuf,
        /// Equal lines around a difference.
        #[arg(short, long, value_name = "LINES", default_value_t = 3)]
        context: usize,
    },
    /// Whether files are whole: sections, check codes, tensors, commands and what they wait for.
    Check {
        /// The bmodels.
        #[arg(required = true)]
        models: Vec<PathBuf>,
    },
    /// Estimated latency and time line of the commands, without running them.
    Profile(ProfileArgs),
    /// Every stage of every net as a bmodel of its own.
    Extract {
        /// The bmodel.
        model: PathBuf,
        /// Folder for the results, made if needed.
        #[arg(short, long, default_value = ".")]
        output: PathBuf,
    },
    /// Nets of several bmodels in one. Nets of the same name become stages of one net.
    Combine {
        /// The bmodels, at least two.
        #[arg(required = true, num_args = 2..)]
        models: Vec<PathBuf>,
        /// The result.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Bytes of the binary area.
    Dump {
        /// The bmodel.
        model: PathBuf,
        /// First byte, decimal or with 0x.
        start: String,
        /// How many.
        size: String,
        /// The file for them.
        output: PathBuf,
    },
}

/// Runs `tpuc bmodel`.
///
/// # Errors
/// What is wrong with a file, or that a result cannot be written.
pub fn run(args: &BmodelArgs) -> Result<ExitCode> {
    match &args.command {
        Command::Info { model, json } => info(model, *json)?,
        Command::Dis(args) => return disassemble(args),
        Command::Diff { left, right, context } => return dis::diff(left, right, *context),
        Command::Check { models } => return check::check(models),
        Command::Profile(args) => profile::profile(args)?,
        Command::Extract { model, output } => extract(model, output)?,
        Command::Combine { models, output } => combine_files(models, output)?,
        Command::Dump {
            model,
            start,
            size,
            output,
        } => dump(model, start, size, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn info(path: &Path, json: bool) -> Result<()> {
    let model = Bmodel::read(path)?;
    let mut start = [0; 64];
    std::io::Read::read_exact(&mut fs::File::open(path)?, &mut start)?;
    let size = fs::metadata(path)?.len();
    let header = Header::read_start(&start, size)?;
    if json {
        print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&info_json(&model, &header))?
        ))?;
    } else {
        print(&info_text(&model, &header))?;
    }
    Ok(())
}

fn extract(path: &Path, output: &Path) -> Result<()> {
    let model = Bmodel::read(path)?;
    make_folder(output)?;
    for (name, part) in split(&model) {
        let target = output.join(format!("{name}.bmodel"));
        part.write(&target)?;
        print(&format!("{}\n", target.display()))?;
    }
    Ok(())
}

fn combine_files(paths: &[PathBuf], output: &Path) -> Result<()> {
    let models = paths
        .iter()
        .map(|path| Bmodel::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    combine(&models)?.write(output)?;
    print(&format!("{}\n", output.display()))?;
    Ok(())
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))
}

fn dump(model: &Path, start: &str, size: &str, target: &Path) -> Result<()> {
    let number = |text: &str| -> Result<u64> {
        let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        };
        parsed.with_context(|| format!("`{text}` is not a number"))
    };
    let (start, size) = (number(start)?, number(size)?);
    let place = || model.display().to_string();
    let file = Blob::from(fs::read(model).with_context(|| format!("cannot read {}", place()))?);
    let header = Header::read(&file).with_context(place)?;
    let area = file
        .slice(header.binary_start(), header.binary_size)
        .unwrap_or_default();
    let Some(bytes) = area.slice(start, size) else {
        bail!(
            "{size} bytes at {start} are outside the binary area, which has {} bytes",
            area.len()
        );
    };
    write_bytes_atomically(target, &bytes)?;
    Ok(())
}
