//! The files of `lit/`: each `RUN:` line is run by the shell, as LLVM's lit does, with LLVM's FileCheck.

use crate::sources::rust_files;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tpuc_compiler::pass::registry::PASSES;
use tpuc_dialects::ir::DialectRegistry;

/// The folder of the files.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lit");
    root.canonicalize().expect("lit/ stands beside tests/")
}

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

/// Runs one command of a file; what went wrong, if it fails.
fn run(file: &Path, line: &str, path: &std::ffi::OsStr, temporary: &Path) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    let command = line
        .replace("%s", &file.display().to_string())
        .replace("%S", &folder.display().to_string())
        .replace("%t", &temporary.display().to_string());
    let output = Command::new("bash")
        .args(["-o", "pipefail", "-c", &command])
        .env("PATH", path)
        .current_dir(temporary.parent().unwrap_or(folder))
        .output()
        .expect("bash");
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {line}\n{stderr}", file.display()))
}

#[test]
#[allow(clippy::print_stderr)]
fn every_lit_file_passes() {
    let (programs, llvm) = (programs(), llvm_tools());
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let paths = [programs, llvm]
        .into_iter()
        .chain(std::env::split_paths(&inherited));
    let path = std::env::join_paths(paths).expect("a search path");
    let mut files = Vec::new();
    mlir_files(&root(), &mut files);
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let results: Vec<(usize, Vec<String>)> = files
        .par_iter()
        .enumerate()
        .map(|(index, file)| {
            let text = fs::read_to_string(file).expect("a lit file");
            let lines = run_lines(&text);
            let temporary = scratch.path().join(format!("{index}.tmp"));
            let mut failures: Vec<String> = lines
                .iter()
                .filter_map(|line| run(file, line, &path, &temporary).err())
                .collect();
            if lines.is_empty() {
                failures.push(format!("{}: no RUN line", file.display()));
            }
            (lines.len(), failures)
        })
        .collect();
    let commands: usize = results.iter().map(|(commands, _)| commands).sum();
    let failures: Vec<String> = results.into_iter().flat_map(|(_, failures)| failures).collect();
    eprintln!(
        "{} lit files, {commands} commands, {} failures",
        files.len(),
        failures.len()
    );
    assert!(files.len() > 5, "only {} lit files", files.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_program_is_read_back() {
    let mut files = Vec::new();
    mlir_files(&root(), &mut files);
    let mut missing = Vec::new();
    for file in files {
        let lines = run_lines(&fs::read_to_string(&file).expect("a lit file"));
        let succeeds = |line: &String| {
            line.contains("tpuc-opt %s")
                && !line.contains("not tpuc-opt")
                && !line.contains("--verify-diagnostics")
        };
        let read_back = lines.iter().any(|line| line.contains("--verify-roundtrip"));
        if lines.iter().any(succeeds) && !read_back {
            missing.push(file.display().to_string());
        }
    }
    assert!(
        missing.is_empty(),
        "no RUN line with --verify-roundtrip in {}",
        missing.join(", ")
    );
}

#[test]
fn every_operation_has_a_round_trip() {
    let mut missing = Vec::new();
    for dialect in ["top", "tpu"] {
        let mut files = Vec::new();
        mlir_files(&root().join(dialect), &mut files);
        let checks: Vec<String> = files
            .iter()
            .map(|file| fs::read_to_string(file).expect("a lit file"))
            .filter(|text| text.contains("--verify-roundtrip"))
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .filter(|line| line.trim_start().starts_with("// CHECK"))
            .collect();
        for info in DialectRegistry::all().ops() {
            let (prefix, quoted) = (format!("{dialect}."), format!("\"{}\"", info.name));
            if info.name.starts_with(&prefix) && !checks.iter().any(|line| line.contains(&quoted)) {
                missing.push(info.name);
            }
        }
    }
    assert!(
        missing.is_empty(),
        "operations without a round trip in lit/: {}",
        missing.join(", ")
    );
}

#[test]
fn every_pass_has_a_file() {
    let mut files = Vec::new();
    mlir_files(&root(), &mut files);
    let mut missing = Vec::new();
    for pass in PASSES {
        let stem = pass.flag.replace('-', "_");
        let runs = |file: &PathBuf| {
            let text = fs::read_to_string(file).expect("a lit file");
            let flag = format!("--{}", pass.flag);
            run_lines(&text).iter().any(|line| line.contains(&flag)) && text.contains("// CHECK")
        };
        let named = |file: &&PathBuf| file.file_stem().is_some_and(|name| name == stem.as_str());
        if !files.iter().filter(named).any(runs) {
            missing.push(format!("{stem}.mlir with --{} and a CHECK", pass.flag));
        }
    }
    assert!(missing.is_empty(), "not in lit/: {}", missing.join(", "));
}

/// The texts that follow `op_error(` and the verifier's own `self.error(` in a source, each up to its first hole.
fn messages(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for call in ["op_error(", "self.error("] {
        for (start, _) in source.match_indices(call) {
            let mut depth = 1;
            let arguments = source[start + call.len()..]
                .find(|c| {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    depth == 0
                })
                .map_or("", |end| &source[start + call.len()..][..end]);
            let Some(text) = arguments.split('"').nth(1) else {
                continue;
            };
            found.push(text.to_owned());
        }
    }
    found
}

/// Whether the parts of a format string between its holes follow one another in `text`.
fn fits(message: &str, text: &str) -> bool {
    let mut rest = text;
    let mut literal = message;
    loop {
        let (part, after) = match literal.split_once('{') {
            Some((part, after)) => (part, after.split_once('}').map(|(_, after)| after)),
            None => (literal, None),
        };
        let Some((_, tail)) = rest.split_once(part) else {
            return false;
        };
        rest = tail;
        match after {
            Some(after) => literal = after,
            None => return true,
        }
    }
}

#[test]
fn every_message_about_an_operation_is_expected_in_a_file() {
    let mut files = Vec::new();
    mlir_files(&root(), &mut files);
    let expected: Vec<String> = files
        .iter()
        .map(|file| fs::read_to_string(file).expect("a lit file"))
        .flat_map(|text| {
            text.lines()
                .filter(|line| line.contains("expected-error"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut sources = Vec::new();
    rust_files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialects/src"),
        &mut sources,
    );
    let mut missing = Vec::new();
    let mut count = 0;
    // The parser's messages are tested with damaged files.
    sources.retain(|file| !file.components().any(|part| part.as_os_str() == "text"));
    for file in sources {
        for message in messages(&fs::read_to_string(&file).expect("a source")) {
            count += 1;
            if !expected.iter().any(|line| fits(&message, line)) {
                missing.push(format!("{}: {message}", file.display()));
            }
        }
    }
    assert!(count > 50, "only {count} messages were found in the sources");
    assert!(
        missing.is_empty(),
        "no expected-error for these messages:\n{}",
        missing.join("\n")
    );
}
