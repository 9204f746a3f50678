//! The text of programs against the real toolchain's files.

use std::fs;
use std::path::{Path, PathBuf};
use tpuc_dialects::ir::{Context, OpView, verify};
use tpuc_dialects::text::{Colors, PrintOptions, SourceMap, parse, print, render, render_all};
use tpuc_tests::shared;

/// Every `.mlir` file below a folder, sorted.
fn mlir_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            mlir_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mlir") {
            found.push(path);
        }
    }
    found.sort();
}

/// Reads, verifies and prints a file; the text, or what went wrong.
fn round_trip(name: &str, text: &str) -> Result<String, String> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let mut ctx = Context::default();
    let module =
        parse(&mut ctx, &sources, file).map_err(|errors| render_all(&errors, &sources, Colors::No))?;
    if let Some(error) = verify(&ctx, module.op()).first() {
        return Err(render(error, &sources, Colors::No));
    }
    let options = PrintOptions {
        final_blank_line: text.ends_with("\n\n"),
        ..PrintOptions::default()
    };
    Ok(print(&ctx, module.op(), &options))
}

/// The first line in which two texts differ.
fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((index, (expected, found))) => format!("line {}:\n- {expected}\n+ {found}", index + 1),
        None => format!("lengths {} and {}", expected.len(), found.len()),
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn every_golden_file_round_trips_byte_for_byte() {
    let Some(shared) = shared("golden text files") else {
        return;
    };
    let mut files = Vec::new();
    mlir_files(&shared.join("golden"), &mut files);
    let mut failures = Vec::new();
    for path in &files {
        let name = path.strip_prefix(&shared).unwrap_or(path).display().to_string();
        let text = fs::read_to_string(path).expect("a golden file can be read");
        match round_trip(&name, &text) {
            Ok(printed) if printed == text => {}
            Ok(printed) => failures.push(format!("{name}: {}", first_difference(&text, &printed))),
            Err(message) => failures.push(format!("{name}: {message}")),
        }
    }
    eprintln!(
        "{} of {} golden .mlir files round trip",
        files.len() - failures.len(),
        files.len()
    );
    assert!(files.len() > 1000, "only {} files", files.len());
    assert!(
        failures.is_empty(),
        "{} files fail; the first:\n{}",
        failures.len(),
        failures[..failures.len().min(10)].join("\n")
    );
}
