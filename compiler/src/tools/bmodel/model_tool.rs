//! The vendor's `model_tool`: its options for what `tpuc bmodel` does.

use super::{combine_files, dump, extract, info};
use crate::tools::output::print;
use anyhow::{Context, Result, bail};
use clap::{Args, Parser};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tpuc_runtime::bmodel::Bmodel;

/// The options of `model_tool`. Exactly one action.
#[derive(Debug, Parser)]
#[command(
    name = "model_tool",
    about = "Look into bmodel files, take them apart and put them together"
)]
pub struct ModelToolArgs {
    #[command(flatten)]
    action: Action,
    /// Result of `--combine`, folder of `--extract`.
    #[arg(short, value_name = "PATH")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Action {
    /// Nets, stages, inputs, outputs and memory sizes.
    #[arg(long, value_name = "MODEL")]
    info: Option<PathBuf>,
    /// Everything, as JSON.
    #[arg(long, value_name = "MODEL")]
    print: Option<PathBuf>,
    /// The chip.
    #[arg(long, value_name = "MODEL")]
    chip: Option<PathBuf>,
    /// Whether the first net is dynamic.
    #[arg(long, visible_alias = "is_dynamic", value_name = "MODEL")]
    dynamic: Option<PathBuf>,
    /// Parts of the weights.
    #[arg(long, value_name = "MODEL")]
    weight: Option<PathBuf>,
    /// Every stage of every net as a bmodel of its own.
    #[arg(long, value_name = "MODEL")]
    extract: Option<PathBuf>,
    /// Nets of several bmodels in one.
    #[arg(long, value_name = "MODELS", num_args = 2..)]
    combine: Option<Vec<PathBuf>>,
    /// Bytes of the binary area: model, start, size, file.
    #[arg(long, num_args = 4, value_names = ["MODEL", "START", "SIZE", "FILE"])]
    dump: Option<Vec<OsString>>,
}

/// Runs `model_tool`.
///
/// # Errors
/// What is wrong with a file, or that a result cannot be written.
pub fn run_model_tool(args: &ModelToolArgs) -> Result<ExitCode> {
    let action = &args.action;
    if let Some(path) = &action.info {
        info(path, false)?;
    } else if let Some(path) = &action.print {
        info(path, true)?;
    } else if let Some(path) = &action.chip {
        print(&Bmodel::read(path)?.chip)?;
    } else if let Some(path) = &action.dynamic {
        let model = Bmodel::read(path)?;
        let dynamic = model
            .nets
            .first()
            .and_then(|net| net.stages.first())
            .is_some_and(|stage| stage.is_dynamic);
        print(if dynamic { "true" } else { "false" })?;
    } else if let Some(path) = &action.weight {
        print(&weights(&Bmodel::read(path)?))?;
    } else if let Some(path) = &action.extract {
        extract(path, args.output.as_deref().unwrap_or(Path::new(".")))?;
    } else if let Some(paths) = &action.combine {
        let output = args
            .output
            .as_deref()
            .context("--combine needs -o FILE for its result")?;
        combine_files(paths, output)?;
    } else if let Some(words) = &action.dump {
        dump_words(words)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Parts of the weights in the layout of `model_tool --weight`.
fn weights(model: &Bmodel) -> String {
    let mut text = String::new();
    for (net_idx, net) in model.nets.iter().enumerate() {
        for (stage_idx, stage) in net.stages.iter().enumerate() {
            let Some(coeff) = stage.coeff.as_ref().filter(|coeff| !coeff.locations.is_empty()) else {
                continue;
            };
            text += &format!("net {net_idx} : \"{}\", stage:{stage_idx}\n", net.name);
            text += "-------------------------------\n";
            for part in &coeff.locations {
                let end = part.offset.saturating_add(part.size);
                text += &format!("{} : [0x{:x}, 0x{end:x})\n", part.name, part.offset);
            }
            text += "==========================================\n";
        }
    }
    text
}

/// The words of `--dump`: model, start, size, file.
fn dump_words(words: &[OsString]) -> Result<()> {
    let [model, start, size, target] = words else {
        bail!("--dump needs MODEL START SIZE FILE")
    };
    dump(
        Path::new(model),
        &start.to_string_lossy(),
        &size.to_string_lossy(),
        Path::new(target),
    )
}
