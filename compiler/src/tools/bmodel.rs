//! `tpuc bmodel info|dis|extract|combine`, and the vendor's `model_tool` and `bmodel_dis` as other names for them.

use super::output::print;
use crate::data::file::write_bytes_atomically;
use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tpuc_runtime::bmodel::{Blob, Bmodel, CmdGroup, Header, combine, dis, info_json, info_text, split};

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
}

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DisFormat {
    /// One line per command, in execution order.
    #[value(alias = "text")]
    Mlir,
    /// Every field of every command, as JSON.
    Reg,
    /// The commands' bytes, one file per engine and group.
    Bin,
    /// The version of the bmodel.
    Version,
}

/// Runs `tpuc bmodel`.
///
/// # Errors
/// What is wrong with a file, or that a result cannot be written.
pub fn run(args: &BmodelArgs) -> Result<ExitCode> {
    match &args.command {
        Command::Info { model, json } => info(model, *json)?,
        Command::Dis(args) => return disassemble(args),
        Command::Extract { model, output } => extract(model, output)?,
        Command::Combine { models, output } => combine_files(models, output)?,
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

/// Runs `tpuc bmodel dis`, also known as `bmodel_dis`.
///
/// # Errors
/// What is wrong with a file, or that a result cannot be written.
pub fn disassemble(args: &DisArgs) -> Result<ExitCode> {
    let model = Bmodel::read(&args.bmodels[0])?;
    if let Some(other) = args.bmodels.get(1) {
        let differences = differences(&model, &Bmodel::read(other)?);
        if differences.is_empty() {
            print("the commands are the same\n")?;
            return Ok(ExitCode::SUCCESS);
        }
        print(&differences)?;
        return Ok(ExitCode::FAILURE);
    }
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

fn groups(model: &Bmodel) -> Vec<(String, &CmdGroup)> {
    let mut groups = Vec::new();
    for net in &model.nets {
        for (stage_idx, stage) in net.stages.iter().enumerate() {
            for subnet in &stage.subnets {
                for (idx, group) in subnet.cmd_groups.iter().enumerate() {
                    let place = format!(
                        "net {} stage {stage_idx} subnet {} group {idx}",
                        net.name, subnet.id
                    );
                    groups.push((place, group));
                }
            }
        }
    }
    groups
}

/// Commands that differ, group by group and position by position.
fn differences(left: &Bmodel, right: &Bmodel) -> String {
    let mut text = String::new();
    let (left, right) = (groups(left), groups(right));
    if left.len() != right.len() {
        text += &format!("{} command groups against {}\n", left.len(), right.len());
    }
    for ((place, left), (_, right)) in left.iter().zip(&right) {
        if left == right {
            continue;
        }
        text += &format!("@@ {place}\n");
        let (left, right) = (dis::execution_order(left), dis::execution_order(right));
        for idx in 0..left.len().max(right.len()) {
            let lines = [left.get(idx), right.get(idx)].map(|command| command.map(dis::Command::line));
            if lines[0] == lines[1] {
                continue;
            }
            for (sign, line) in ["-", "+"].iter().zip(lines) {
                if let Some(line) = line {
                    text += &format!("{sign} {line}\n");
                }
            }
        }
    }
    text
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
        dump(words)?;
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

fn dump(words: &[OsString]) -> Result<()> {
    let [model, start, size, target] = words else {
        bail!("--dump needs MODEL START SIZE FILE")
    };
    let number = |word: &OsString| -> Result<u64> {
        let text = word.to_string_lossy();
        let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        };
        parsed.with_context(|| format!("`{text}` is not a number"))
    };
    let (start, size) = (number(start)?, number(size)?);
    let file =
        Blob::from(fs::read(model).with_context(|| format!("cannot read {}", model.to_string_lossy()))?);
    let header = Header::read(&file).with_context(|| model.to_string_lossy().into_owned())?;
    let area = file
        .slice(header.binary_start(), header.binary_size)
        .unwrap_or_default();
    let Some(bytes) = area.slice(start, size) else {
        bail!(
            "{size} bytes at {start} are outside the binary area, which has {} bytes",
            area.len()
        );
    };
    write_bytes_atomically(Path::new(target), &bytes)?;
    Ok(())
}
