//! Lowering against the real toolchain's results: text byte for byte, weights bit for bit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use tpuc_compiler::data::Tensor;
use tpuc_compiler::data::npz::NpzReader;
use tpuc_compiler::lowering::{
    convert_top_to_tpu, import_calibration_table, processor_assign, processor_top_optimize,
};
use tpuc_compiler::pass::{Options, Pass};
use tpuc_compiler::program::Program;
use tpuc_compiler::tpu::{canonicalize, weight_fold};
use tpuc_compiler::weights::WeightStore;
use tpuc_dialects::ir::{Context, Diagnostic, OpView, verify};
use tpuc_dialects::text::{Colors, PrintOptions, SourceMap, parse, print, render_all};
use tpuc_tests::shared;

/// Reads a program and opens its weights.
fn load(path: &Path) -> Result<Program, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut sources = SourceMap::new();
    let file = sources.add(path.display().to_string(), text);
    let mut ctx = Context::default();
    let module =
        parse(&mut ctx, &sources, file).map_err(|errors| render_all(&errors, &sources, Colors::No))?;
    let weights = ctx
        .get_str(module.op(), "module.weight_file")
        .map(|name| path.with_file_name(name))
        .filter(|path| path.is_file())
        .map(|path| WeightStore::open(&path))
        .transpose()
        .map_err(|error| error.to_string())?
        .unwrap_or_default();
    Ok(Program { ctx, module, weights })
}

/// The options of a pass, defaults filled in.
fn options(pass: &Pass, given: &[(&'static str, &str)]) -> Options {
    let mut values: BTreeMap<&'static str, String> = pass
        .options
        .iter()
        .map(|option| (option.name, option.default.to_owned()))
        .collect();
    for (name, value) in given {
        assert!(values.contains_key(name), "{} has no option '{name}'", pass.flag);
        values.insert(name, (*value).to_owned());
    }
    Options::new(values)
}

fn run(program: &mut Program, pass: &Pass, given: &[(&'static str, &str)]) -> Result<(), Vec<Diagnostic>> {
    let mut found = Vec::new();
    match (pass.run)(program, &options(pass, given), &mut found) {
        Ok(_) => Ok(()),
        Err(_) => Err(found),
    }
}

fn messages(found: &[Diagnostic]) -> String {
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The first step of a deployment.
fn lower(
    program: &mut Program,
    mode: &str,
    table: &Path,
    weight_file: &str,
    qtable: &str,
) -> Result<(), String> {
    let text = |found: Vec<Diagnostic>| messages(&found);
    run(
        program,
        &processor_assign::PASS,
        &[("chip", "bm1684"), ("mode", mode)],
    )
    .map_err(text)?;
    if mode == "INT8" {
        let file = table.display().to_string();
        run(program, &import_calibration_table::PASS, &[("file", &file)]).map_err(text)?;
    }
    run(program, &processor_top_optimize::PASS, &[]).map_err(text)?;
    run(
        program,
        &convert_top_to_tpu::PASS,
        &[("weightFileName", weight_file), ("qtable", qtable)],
    )
    .map_err(text)?;
    let func = program.main().map_err(|error| error.to_string())?;
    canonicalize::canonicalize(&mut program.ctx, func);
    run(program, &weight_fold::PASS, &[]).map_err(text)?;
    match verify(&program.ctx, program.module.op()).first() {
        Some(error) => Err(error.to_string()),
        None => Ok(()),
    }
}

/// Lowers a golden program and compares text and weights. What differs first, or `None`.
fn difference(folder: &Path, mode: &str) -> Result<Option<String>, String> {
    let suffix = mode.to_lowercase();
    let golden =
        fs::read_to_string(folder.join(format!("tpu_{suffix}.mlir"))).map_err(|error| error.to_string())?;
    let weight_file = golden
        .split_once("module.weight_file = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .ok_or("the golden file names no weight file")?;
    let mut program = load(&folder.join("top.mlir"))?;
    lower(&mut program, mode, &folder.join("cali_table"), &weight_file, "")?;
    let options = PrintOptions {
        final_blank_line: golden.ends_with("\n\n"),
        ..PrintOptions::default()
    };
    let found = print(&program.ctx, program.module.op(), &options);
    if found != golden {
        let mut lines = golden.lines().zip(found.lines()).enumerate();
        return Ok(Some(match lines.find(|(_, (golden, found))| golden != found) {
            Some((index, (golden, found))) => format!("line {}:\n- {golden}\n+ {found}", index + 1),
            None => format!("{} and {} lines", golden.lines().count(), found.lines().count()),
        }));
    }
    compare_weights(&program, &folder.join(&weight_file))
}

fn compare_weights(program: &Program, file: &Path) -> Result<Option<String>, String> {
    if !file.is_file() {
        return Ok(None);
    }
    let Ok(reader) = NpzReader::open(file) else {
        return Ok(None);
    };
    let names = program.weight_names();
    let golden: Vec<&str> = reader.names().collect();
    if names != golden {
        return Ok(Some(format!("weights {golden:?}, found {names:?}")));
    }
    for name in &names {
        let golden = reader.load(name).map_err(|error| error.to_string())?;
        let found = program.weights.get(name).map_err(|error| error.to_string())?;
        if !same_bits(&golden, &found) {
            let count = golden
                .to_f64()
                .iter()
                .zip(found.to_f64().iter())
                .filter(|(a, b)| a != b)
                .count();
            return Ok(Some(format!(
                "weight '{name}': {} {:?}, found {} {:?}; {count} elements differ",
                golden.dtype(),
                golden.shape(),
                found.dtype(),
                found.shape()
            )));
        }
    }
    Ok(None)
}

fn same_bits(a: &Tensor, b: &Tensor) -> bool {
    a.dtype() == b.dtype() && a.shape() == b.shape() && a.to_bytes() == b.to_bytes()
}

fn folders(shared: &Path, group: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(shared.join("golden").join(group))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("top.mlir").is_file())
        .collect();
    found.sort();
    found
}

/// Cases whose result differs from the real tool's, each with the reason.
const KNOWN: &[(&str, &str, &str)] = &[];

#[test]
#[allow(clippy::print_stderr)]
fn networks_and_operators_lower_like_the_real_tool() {
    let Some(shared) = shared("lowering") else { return };
    let mut failures = String::new();
    for group in ["models", "ops"] {
        for mode in ["F32", "INT8"] {
            let (mut equal, mut total) = (0, 0);
            for folder in folders(&shared, group) {
                let name = folder
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                if !folder.join(format!("tpu_{}.mlir", mode.to_lowercase())).is_file() {
                    continue;
                }
                total += 1;
                let known = KNOWN
                    .iter()
                    .any(|(case, known_mode, _)| *case == name && *known_mode == mode);
                match difference(&folder, mode) {
                    Ok(None) => {
                        equal += 1;
                        if known {
                            let _ = writeln!(failures, "{name} {mode}: equal, but listed as different");
                        }
                    }
                    Ok(Some(_)) | Err(_) if known => {}
                    Ok(Some(difference)) => {
                        let _ = writeln!(failures, "{name} {mode}: {difference}");
                    }
                    Err(error) => {
                        let _ = writeln!(failures, "{name} {mode}: failed: {error}");
                    }
                }
            }
            eprintln!("lowering {group} {mode}: {equal} of {total} equal in text and weights");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
