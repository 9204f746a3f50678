//! The files of `lit/`: each `RUN:` line is run by the shell, as LLVM's lit does, with LLVM's FileCheck.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the programs that were built with this test.
fn programs() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test.parent().and_then(Path::parent).expect("target/release/deps");
    assert!(
        folder.join("tpuc-opt").is_file(),
        "no tpuc-opt in {}: build the programs first (cargo build --release --bins)",
        folder.display()
    );
    folder.to_owned()
}

/// A folder with FileCheck and `not` from the newest LLVM on this machine.
fn llvm_tools() -> PathBuf {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("/llvm-"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|path| path.join("bin")));
    folders
        .into_iter()
        .find(|folder| folder.join("FileCheck").is_file() && folder.join("not").is_file())
        .expect("LLVM's FileCheck and not: install llvm-14-tools, or the package of a newer LLVM")
}

fn mlir_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("lit/").flatten() {
        let path = entry.path();
        if path.is_dir() {
            mlir_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mlir") {
            found.push(path);
        }
    }
    found.sort();
}

/// The commands of a file; a line that ends in a backslash goes on in the next.
fn run_lines(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        let Some(command) = line.trim_start().strip_prefix("// RUN:") else {
            continue;
        };
        match command.trim().strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => commands.push(std::mem::take(&mut open) + command.trim()),
        }
    }
    commands
}

#[test]
#[allow(clippy::print_stderr)]
fn every_lit_file_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lit");
    let root = root.canonicalize().expect("lit/ stands beside tests/");
    let (programs, llvm) = (programs(), llvm_tools());
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let paths = [programs, llvm]
        .into_iter()
        .chain(std::env::split_paths(&inherited));
    let path = std::env::join_paths(paths).expect("a search path");
    let mut files = Vec::new();
    mlir_files(&root, &mut files);
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let mut commands = 0;
    let mut failures = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let text = fs::read_to_string(file).expect("a lit file");
        let lines = run_lines(&text);
        if lines.is_empty() {
            failures.push(format!("{}: no RUN line", file.display()));
        }
        for line in lines {
            commands += 1;
            let temporary = scratch.path().join(format!("{index}.tmp"));
            let command = line
                .replace("%s", &file.display().to_string())
                .replace("%S", &file.parent().unwrap_or(&root).display().to_string())
                .replace("%t", &temporary.display().to_string());
            let output = Command::new("bash")
                .args(["-o", "pipefail", "-c", &command])
                .env("PATH", &path)
                .current_dir(scratch.path())
                .output()
                .expect("bash");
            if !output.status.success() {
                let stderr = String::from_utf8_lossy(&output.stderr);
                failures.push(format!("{}: {line}\n{stderr}", file.display()));
            }
        }
    }
    eprintln!(
        "{} lit files, {commands} commands, {} failures",
        files.len(),
        failures.len()
    );
    assert!(files.len() > 5, "only {} lit files", files.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
