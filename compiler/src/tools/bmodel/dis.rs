//! `tpuc bmodel dis|diff`: commands as text, and what differs between two bmodels.

use super::make_folder;
use crate::data::file::write_bytes_atomically;
use crate::tools::output::print;
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use tpuc_runtime::bmodel::{Bmodel, dis};

/// A diff that takes longer is made coarser.
const DIFF_TIME: Duration = Duration::from_secs(10);

/// Arguments of `dis`.
#[derive(Debug, Args)]
pub struct DisArgs {
    /// One bmodel to list, or two to compare.
    #[arg(required = true, num_args = 1..=2)]
    bmodels: Vec<PathBuf>,
    /// Form of the listing.
    #[arg(long, value_enum, default_value = "mlir")]
    format: DisFormat,
    /// Folder for the files of `--format bin`.
    #[arg(short, long, default_value = ".")]
    output: PathBuf,
    /// Equal lines around a difference.
    #[arg(
        long = "N",
        visible_alias = "context",
        value_name = "LINES",
        default_value_t = 3
    )]
    context: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DisFormat {
    /// One line per command, in execution order.
    #[value(alias = "text")]
    Mlir,
    /// Every field of every command, as JSON.
    #[value(alias = "json")]
    Reg,
    /// The commands' bytes, one file per engine and group.
    Bin,
    /// The version of the bmodel.
    Version,
}

/// Runs `tpuc bmodel dis`, also known as `bmodel_dis`.
///
/// # Errors
/// What is wrong with a file, or that a result cannot be written.
pub fn disassemble(args: &DisArgs) -> Result<ExitCode> {
    if let [left, right] = &args.bmodels[..] {
        return diff(left, right, args.context);
    }
    let model = Bmodel::read(&args.bmodels[0])?;
    match args.format {
        DisFormat::Mlir => print(&dis::text(&model))?,
        DisFormat::Reg => print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&dis::registers_json(&model))?
        ))?,
        DisFormat::Version => print(&format!("{}\n", model.version))?,
        DisFormat::Bin => {
            let stem = args.bmodels[0]
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned());
            make_folder(&args.output)?;
            for (name, bytes) in dis::binaries(&model, stem.as_deref().unwrap_or("bmodel")) {
                let path = args.output.join(name);
                write_bytes_atomically(&path, bytes)?;
                print(&format!("{}\n", path.display()))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Two bmodels as a unified diff of their listings: nets, tensors and commands, without the compilers' versions.
/// `context`: equal lines around each difference. The status is that of a failure when they differ.
///
/// # Errors
/// What is wrong with a file.
pub fn diff(left: &Path, right: &Path, context: usize) -> Result<ExitCode> {
    let listing = |path: &Path| -> Result<String> {
        let text = dis::text(&Bmodel::read(path)?);
        Ok(text
            .split_once('\n')
            .map_or(String::new(), |(_, rest)| rest.to_owned()))
    };
    let (left_text, right_text) = (listing(left)?, listing(right)?);
    if left_text == right_text {
        print("the commands are the same\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines = similar::TextDiff::configure()
        .timeout(DIFF_TIME)
        .diff_lines(&left_text, &right_text);
    let name = |path: &Path| path.display().to_string();
    print(
        &lines
            .unified_diff()
            .context_radius(context)
            .header(&name(left), &name(right))
            .to_string(),
    )?;
    Ok(ExitCode::FAILURE)
}
