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
use tpuc_compiler::pass::canonicalize;
use tpuc_compiler::pass::{Options, Pass};
use tpuc_compiler::program::Program;
use tpuc_compiler::quantization::channel_shift::{bias_range, sum_units};
use tpuc_compiler::tpu::weight_fold;
use tpuc_compiler::weights::WeightStore;
use tpuc_dialects::ir::{Diagnostic, OpView, verify};
use tpuc_dialects::text::{PrintOptions, print};
use tpuc_tests::shared;

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
    run(program, &canonicalize::PASS, &[]).map_err(text)?;
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
    let mut program = read(folder)?;
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
    match weights_of(folder, &weight_file) {
        Some(file) => compare_weights(&program, &file),
        None => Ok(None),
    }
}

/// A golden weight file: itself, or the one in its folder whose name is all that it holds; `None` where it was dropped.
fn weights_of(folder: &Path, name: &str) -> Option<PathBuf> {
    let path = folder.join(name);
    let is_link = fs::metadata(&path).ok()?.len() < 100;
    let path = if is_link {
        folder.join(fs::read_to_string(&path).ok()?.trim())
    } else {
        path
    };
    path.is_file().then_some(path)
}

/// The golden top program with its weights.
fn read(folder: &Path) -> Result<Program, String> {
    let text = fs::read_to_string(folder.join("top.mlir")).map_err(|error| error.to_string())?;
    let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = copy.path().join("top.mlir");
    fs::write(&path, &text).map_err(|error| error.to_string())?;
    let mut program = Program::read(&path).map_err(|error| error.to_string())?;
    if let Some(file) = program
        .module_str("weight_file")
        .and_then(|name| weights_of(folder, name))
    {
        program.weights = WeightStore::open(&file).map_err(|error| error.to_string())?;
    }
    Ok(program)
}

/// Whether the golden folder lacks a weight file that the program needs: large ones were dropped.
fn lacks_weights(folder: &Path) -> bool {
    let needs = fs::read_to_string(folder.join("top.mlir")).is_ok_and(|text| text.contains("\"top.Weight\""));
    let name = fs::read_to_string(folder.join("top.mlir")).ok().and_then(|text| {
        let rest = text.split_once("module.weight_file = \"")?.1;
        Some(rest.split_once('"')?.0.to_owned())
    });
    needs && name.is_none_or(|name| weights_of(folder, &name).is_none())
}

fn compare_weights(program: &Program, file: &Path) -> Result<Option<String>, String> {
    let reader = NpzReader::open(file).map_err(|error| error.to_string())?;
    let names = program.weight_names();
    let golden: Vec<&str> = reader.names().collect();
    // A file that lowering did not have to change keeps tensors that nothing reads any more.
    if names.iter().any(|name| !golden.contains(&name.as_str())) {
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
const KNOWN: &[(&str, &str, &str)] = &[
    ("Max", "INT8", ASYMMETRIC_BY_MISTAKE),
    ("MinBcast_0", "INT8", ASYMMETRIC_BY_MISTAKE),
    ("MinBcast_1", "INT8", ASYMMETRIC_BY_MISTAKE),
    ("MinBcast_2", "INT8", ASYMMETRIC_BY_MISTAKE),
];

/// The integers are computed symmetrically, so an asymmetric type reads them as slightly wrong numbers.
const ASYMMETRIC_BY_MISTAKE: &str = "the real tool gives the result of Max and Min an asymmetric type";

#[test]
#[allow(clippy::print_stderr)]
fn networks_and_operators_lower_like_the_real_tool() {
    let Some(shared) = shared("lowering") else { return };
    let mut failures = String::new();
    for group in ["models", "ops"] {
        for mode in ["F32", "INT8"] {
            let (mut equal, mut total, mut dropped) = (0, 0, 0);
            for folder in folders(&shared, group) {
                let name = folder
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                if !folder.join(format!("tpu_{}.mlir", mode.to_lowercase())).is_file() {
                    continue;
                }
                if mode == "INT8" && lacks_weights(&folder) {
                    dropped += 1;
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
            eprintln!(
                "lowering {group} {mode}: {equal} of {total} equal in text and weights ({dropped} without golden weights)"
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Runs the first step on mnist with a calibration or quantisation table of this text; the messages.
fn refused(mode: &str, table: &str, qtable: &str, pass: &str) -> Option<String> {
    let shared = shared("lowering errors")?;
    let folder = shared.join("golden/models/mnist");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (table_file, qtable_file) = (dir.path().join("table"), dir.path().join("qtable"));
    let golden_table = fs::read_to_string(folder.join("cali_table")).expect("the golden table");
    fs::write(
        &table_file,
        if table.is_empty() {
            golden_table
        } else {
            table.to_owned()
        },
    )
    .expect("written");
    fs::write(&qtable_file, qtable).expect("written");
    let mut program = read(&folder).expect("the golden program");
    let before = program.to_text();
    let error = match lower(
        &mut program,
        mode,
        &table_file,
        "w.npz",
        &qtable_file.display().to_string(),
    ) {
        Ok(()) => String::new(),
        Err(error) => error,
    };
    if pass == "processor-assign" {
        assert_eq!(program.to_text(), before, "nothing is touched");
    }
    Some(error.replace(&dir.path().display().to_string(), "DIR"))
}

#[test]
fn errors_name_the_thing_and_the_remedy() {
    let names = "Input3 255 0 255\n";
    for (mode, table, qtable, pass, wanted) in [
        (
            "F16",
            "",
            "",
            "processor-assign",
            "error: bm1684 supports F32 and INT8 only, found 'F16'",
        ),
        (
            "INT8",
            "a_Conv 1 -1 1\nb_Conv 1 -1 1\n",
            "",
            "",
            "error: DIR/table is a calibration table of another model: 0 of its 2 names are values of this program; \
             --allow-unmatched (tpuc-opt: allow-unmatched=true) accepts it\n  note: for example the table has 'a_Conv', the program has 'Input3'",
        ),
        (
            "INT8",
            names,
            "",
            "",
            "error: DIR/table has no range for 'ReLU32_Output_0_Relu'; --allow-unmatched",
        ),
        (
            "INT8",
            "Input3 255\n",
            "",
            "",
            "error: DIR/table:1: expected 'name threshold min max', found 2 fields",
        ),
        (
            "INT8",
            "",
            "ReLU32_Output_0_Rel F32\n",
            "",
            "error: DIR/qtable: the program has no operation 'ReLU32_Output_0_Rel' (did you mean ReLU32_Output_0_Relu, ",
        ),
        (
            "INT8",
            "",
            "x INT4\n",
            "",
            "error: DIR/qtable:1: 'x': bm1684 supports F32 and INT8 only, found 'INT4'",
        ),
    ] {
        let Some(error) = refused(mode, table, qtable, pass) else {
            return;
        };
        assert!(error.starts_with(wanted), "wanted:\n{wanted}\nfound:\n{error}");
    }
}

#[test]
fn a_quantisation_table_makes_float_islands_with_casts() {
    let Some(shared) = shared("quantisation table") else {
        return;
    };
    let folder = shared.join("golden/models/mnist");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let qtable = dir.path().join("qtable");
    fs::write(&qtable, "# comment\nReLU114_Output_0_Relu F32\n").expect("written");
    let mut program = read(&folder).expect("the golden program");
    let file = qtable.display().to_string();
    lower(&mut program, "INT8", &folder.join("cali_table"), "w.npz", &file).expect("lowered");
    let names: Vec<String> = program
        .main()
        .expect("main")
        .ops(&program.ctx)
        .into_iter()
        .filter(|op| program.ctx.is(*op, "tpu.Cast"))
        .map(|op| program.ctx.name(op).to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "Input3ReLU32_Output_0_Relu_ui8",
            "Pooling66_Output_0_MaxPoolReLU114_Output_0_Relu_f32",
            "ReLU114_Output_0_ReluPooling160_Output_0_MaxPool_ui8",
            "Plus214_Output_0_Gemm_f32",
        ]
    );
}

#[test]
fn unmatched_names_can_be_allowed() {
    let Some(shared) = shared("unmatched names") else {
        return;
    };
    let folder = shared.join("golden/models/mnist");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (table, qtable) = (dir.path().join("table"), dir.path().join("qtable"));
    fs::write(&table, "other 1 0 1\n").expect("written");
    fs::write(&qtable, "other F32\n").expect("written");
    let mut program = read(&folder).expect("the golden program");
    let (table, qtable) = (table.display().to_string(), qtable.display().to_string());
    run(&mut program, &processor_assign::PASS, &[("mode", "INT8")]).expect("assigned");
    run(
        &mut program,
        &import_calibration_table::PASS,
        &[("file", &table), ("allow-unmatched", "true")],
    )
    .expect("imported");
    // Without ranges nothing can be quantised, which is said with the first value's name.
    let error = run(
        &mut program,
        &convert_top_to_tpu::PASS,
        &[("qtable", &qtable), ("allow-unmatched", "true")],
    )
    .expect_err("no ranges");
    assert!(
        messages(&error).contains("has no calibrated range"),
        "{}",
        messages(&error)
    );
}

/// What a unit of a channel's sums is worth, and how far its bias may go, follow from the text alone.
#[test]
fn shifts_of_channels_give_the_units_of_their_sums() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lit/lowering/convert_top_to_tpu.mlir");
    for (options, shifts) in [
        (("per_channel", "true"), [6, 6, 7, 8, 8, 7, 7, 6]),
        (("conv_group", "2"), [6, 6, 7, 7, 7, 7, 7, 6]),
        (("conv_group", "0"), [6; 8]),
    ] {
        let mut program = Program::read(&file).expect("a calibrated program");
        run(&mut program, &convert_top_to_tpu::PASS, &[options]).expect("lowered");
        let ctx = &program.ctx;
        let ops = program.main().expect("a function").ops(ctx);
        let conv = ops
            .into_iter()
            .find(|op| ctx.is(*op, "tpu.Conv2D"))
            .expect("a convolution");
        let out_scale = 6.0 / 127.0;
        let wanted = shifts.map(|shift| out_scale / f64::from(1 << shift));
        assert_eq!(sum_units(ctx, conv).expect("units"), wanted);
        // The lowered weights are what these units say, to half a unit.
        let (filter, bias) = (ctx.operand(conv, 1), ctx.operand(conv, 2));
        let weight = |name: &str| program.weights.get(name).expect("a weight").to_f64();
        let real: Vec<f64> = weight("conv.weight").iter().copied().collect();
        let lowered = weight(ctx.value_name(filter));
        for (index, (integer, real)) in lowered.iter().zip(&real).enumerate() {
            let unit = wanted[index / 4] / (4.0 / 127.0);
            assert!(
                (integer * unit - real).abs() <= 0.5001 * unit,
                "{options:?} {index}"
            );
        }
        for (index, integer) in weight(ctx.value_name(bias)).iter().enumerate() {
            let (low, high) = bias_range(shifts[index], shifts.into_iter().min().unwrap_or(0));
            assert!((low..=high).contains(&(*integer as i64)), "{options:?} {index}");
        }
    }
}
