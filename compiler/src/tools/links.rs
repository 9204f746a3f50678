//! `tpuc install-links DIR`: TPU-MLIR's tool names as links to this program, so that old scripts run unchanged.

use super::cli::TOOL_NAMES;
use super::output::print;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make links with TPU-MLIR's tool names to this program.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tpuc install-links ~/bin; then model_transform.py, npz_tool and the others are found in ~/bin."
)]
pub struct InstallLinksArgs {
    /// Folder for the links, made if needed.
    dir: PathBuf,
    /// Replace links that are there; other files are never replaced.
    #[arg(long)]
    force: bool,
}

/// Makes the links: each name with and without `.py`.
///
/// # Errors
/// When the folder cannot be written or a name is taken.
pub fn run(args: &InstallLinksArgs) -> Result<ExitCode> {
    let program = std::env::current_exe().context("cannot find this program's own path")?;
    std::fs::create_dir_all(&args.dir).with_context(|| format!("cannot make '{}'", args.dir.display()))?;
    let mut made = 0;
    for (name, _) in TOOL_NAMES.iter().filter(|(name, _)| *name != "tpuc-opt") {
        for link in [args.dir.join(name), args.dir.join(format!("{name}.py"))] {
            made += usize::from(make(&program, &link, args.force)?);
        }
    }
    print(&format!("{made} links made in {}\n", args.dir.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes one link; false if it was there already.
fn make(program: &Path, link: &Path, force: bool) -> Result<bool> {
    match std::fs::read_link(link) {
        Ok(target) if target == program => return Ok(false),
        Ok(_) if force => std::fs::remove_file(link)?,
        Ok(target) => {
            bail!(
                "'{}' is a link to '{}'; --force replaces it",
                link.display(),
                target.display()
            )
        }
        Err(_) if link.exists() => bail!("'{}' is there and is no link; move it away first", link.display()),
        Err(_) => {}
    }
    std::os::unix::fs::symlink(program, link).with_context(|| format!("cannot make '{}'", link.display()))?;
    Ok(true)
}
