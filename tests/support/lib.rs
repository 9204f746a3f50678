//! Shared helpers of the test suite.
#![allow(clippy::print_stderr)]

pub mod accuracy;
pub mod browser;
pub mod detections;
pub mod large_module;
pub mod long_network;

use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use tpuc_compiler::program::Program;
use tpuc_compiler::weights::WeightStore;
use tpuc_dialects::text::{SourceMap, parse};

/// The folder of golden files and models: `$TPUC_SHARED`, or `../shared` beside the repository. `None`, with a
/// loud message that names the skipped test, when it is not there.
pub fn shared(test: &str) -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("TPUC_SHARED").map_or_else(default, PathBuf::from);
    if folder.join("golden").is_dir() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: {test}: no golden files in {} (set TPUC_SHARED)",
        folder.display()
    );
    None
}

/// Every file in the golden folders whose name is one of `names`, sorted.
pub fn golden_files(shared: &Path, names: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for group in ["models", "ops"] {
        let Ok(cases) = std::fs::read_dir(shared.join("golden").join(group)) else {
            continue;
        };
        for case in cases.flatten() {
            files.extend(
                names
                    .iter()
                    .map(|name| case.path().join(name))
                    .filter(|file| file.is_file()),
            );
        }
    }
    files.sort();
    files
}

/// Reads a golden text; equal archives of weights are kept once, the others hold the name of the one. Whether the weights are
/// there is for the caller to ask.
///
/// # Errors
/// When the text cannot be read or is wrong, or its weights are no npz.
pub fn golden_program(path: &Path) -> Result<Program> {
    let mut sources = SourceMap::new();
    let file = sources.add(path.display().to_string(), std::fs::read_to_string(path)?);
    let mut program = Program::new("empty");
    program.module = match parse(&mut program.ctx, &sources, file) {
        Ok(module) => module,
        Err(found) => bail!("{}", found[0]),
    };
    if let Some(name) = program.module_str("weight_file").map(str::to_owned) {
        let folder = path.parent().context("a file in a folder")?;
        let mut file = folder.join(name);
        for _ in 0..4 {
            match std::fs::read(&file).map(String::from_utf8) {
                Ok(Ok(link)) if link.len() < 200 => file = folder.join(link.trim()),
                _ => break,
            }
        }
        if file.exists() {
            program.weights = WeightStore::open(&file)?;
        }
    }
    Ok(program)
}

/// One of the programs that were built beside the tests: `tpuc`, `tpuc-opt`. Panics when it is missing: `make test` and
/// `cargo build --release` make it.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // target/release/deps/suite-... -> target/release
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests stand in target/PROFILE/deps");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is missing: cargo build --release first",
        program.display()
    );
    program
}

/// What a run of a program gave.
pub struct Ran {
    /// Exit status; 0 is success.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a program of ours in a folder.
pub fn run_in<S: AsRef<std::ffi::OsStr>>(folder: &Path, name: &str, arguments: &[S]) -> Ran {
    let output = std::process::Command::new(program(name))
        .args(arguments)
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the program starts");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The same, and it must succeed.
pub fn succeed_in<S: AsRef<std::ffi::OsStr> + std::fmt::Debug>(
    folder: &Path,
    name: &str,
    arguments: &[S],
) -> Ran {
    let ran = run_in(folder, name, arguments);
    assert_eq!(ran.status, 0, "{name} {arguments:?}\n{}\n{}", ran.out, ran.err);
    ran
}

/// `examples/digits` of this repository.
pub fn digits() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/digits")
        .canonicalize()
        .expect("the example is there")
}
