//! `tpuc bmodel profile`.

use crate::tools::output::print;
use crate::tools::run::{report_profile, tensor_locations_path, write_trace};
use anyhow::{Context, Result};
use clap::Args;
use std::{fs, path::PathBuf};
use tpuc_runtime::{
    bmodel::Bmodel,
    profile::{OperationNames, Profile},
};

/// Arguments of `profile`.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The bmodel.
    model: PathBuf,
    /// Net; the first one if not given.
    #[arg(long, value_name = "NAME")]
    net: Option<String>,
    /// Number of the stage of that net.
    #[arg(long, default_value_t = 0, value_name = "N")]
    stage: usize,
    /// Time line for Perfetto and chrome://tracing.
    #[arg(short, long, value_name = "TRACE.json")]
    output: Option<PathBuf>,
    /// Print the sums as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `tpuc bmodel profile`.
///
/// # Errors
/// What is wrong with the file, or that a result cannot be written.
pub fn profile(args: &ProfileArgs) -> Result<()> {
    let model = Bmodel::read(&args.model)?;
    let place = || args.model.display().to_string();
    let net = match &args.net {
        None => model.nets.first().context("it has no net").with_context(place)?,
        Some(name) => {
            let names: Vec<&str> = model.nets.iter().map(|net| net.name.as_str()).collect();
            let found = model.nets.iter().find(|net| net.name == *name);
            found
                .with_context(|| format!("no net `{name}`; the bmodel has {}", names.join(", ")))
                .with_context(place)?
        }
    };
    let stage = net.stages.get(args.stage).with_context(|| {
        let count = net.stages.len();
        format!(
            "net `{}` has {count} stages, and none with number {}",
            net.name, args.stage
        )
    })?;
    // A debug build writes the list of tensor locations beside the bmodel, always complete.
    let beside = fs::read(tensor_locations_path(&args.model)).ok();
    let names = beside
        .as_deref()
        .or(stage.tensor_loc.as_deref())
        .map(OperationNames::from_locations)
        .unwrap_or_default();
    let profile = Profile::of_stage(stage, &names).with_context(place)?;
    if args.json {
        print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&profile.summary_json())?
        ))?;
        if let Some(path) = &args.output {
            write_trace(&profile, &args.model, path)?;
        }
        return Ok(());
    }
    report_profile(&profile, &args.model, args.output.as_deref())
}
