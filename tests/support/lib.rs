//! Shared helpers of the test suite.
#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};

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
