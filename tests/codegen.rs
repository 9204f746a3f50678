//! Programs of the `tpu` dialect, compiled and run on the emulator, against the reference inference: integers equal,
//! floats within a relative bound.

use rayon::prelude::*;
use std::collections::HashSet;
use std::path::Path;
use tpuc_compiler::codegen::bm1684::group::pass::Settings;
use tpuc_compiler::codegen::bm1684::group::search::Effort;
use tpuc_compiler::codegen::bm1684::group::seen::Kind;
use tpuc_compiler::codegen::bm1684::passes::{compile, compile_with};
use tpuc_compiler::codegen::bm1684::strip_io_quant;
use tpuc_compiler::data::npz;
use tpuc_compiler::data::{Tensor, TensorMap};
use tpuc_compiler::inference::{Dump, Interpreter};
use tpuc_compiler::pass::parse_options;
use tpuc_compiler::program::Program;
use tpuc_dialects::ir::{Diagnostic, OpView};
use tpuc_runtime::bmodel::Bmodel;
use tpuc_runtime::emulator::Emulator;
use tpuc_runtime::session::{HostTensor, HostType, RunOptions, Session};
use tpuc_tests::shared;

/// Floats: largest difference allowed, relative to the tensor's largest absolute value.
const FLOAT_TOLERANCE: f64 = 1e-4;

/// Runs a golden program both ways and describes every tensor that differs.
pub fn differences(mlir: &Path, input: &Path) -> Result<Vec<String>, String> {
    differences_with(mlir, input, Effort::Normal)
}

/// The same, with layer groups as `effort` says.
pub fn differences_with(mlir: &Path, input: &Path, effort: Effort) -> Result<Vec<String>, String> {
    let program = Program::read(mlir)
        .or_else(|_| read_with_linked_weights(mlir))
        .map_err(|error| error.to_string())?;
    let inputs = if input.is_file() {
        npz::read(input).map_err(|error| error.to_string())?
    } else {
        made_up_inputs(&Interpreter::new(&program).map_err(|error| error.to_string())?)
    };
    let case = mlir
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default()
        .to_string_lossy();
    let stem = mlir.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{case}_{stem}");
    compare_with(program, &inputs, false, &name, &[Settings::of(effort)])
}

/// Runs a program of the `tpu` dialect both ways and describes every tensor that differs. `bytes_outside`: the bmodel's
/// inputs and outputs are 8-bit integers; then only integers are compared. The bmodel and its inputs are kept as `name` in
/// the folder that `TPUC_KEEP_BMODELS` says.
///
/// The program is compiled in several ways: tensors of the first one are compared with the reference, those of the others must
/// have the same bits as the first one's, otherwise it is an error.
pub fn compare_with(
    mut program: Program,
    inputs: &TensorMap,
    bytes_outside: bool,
    name: &str,
    ways: &[Settings],
) -> Result<Vec<String>, String> {
    let interpreter = Interpreter::new(&program).map_err(|error| error.to_string())?;
    let expected = interpreter
        .run_stored(inputs, Dump::All)
        .map_err(|error| error.to_string())?;
    let lines = |errors: Vec<Diagnostic>| {
        errors
            .iter()
            .map(|error| format!("{error}\n"))
            .collect::<String>()
    };
    if bytes_outside {
        let options = parse_options(&strip_io_quant::PASS, "quant_input=true quant_output=true")?;
        let mut diagnostics = Vec::new();
        (strip_io_quant::PASS.run)(&mut program, &options, &mut diagnostics)
            .map_err(|_| lines(diagnostics))?;
    }
    let run = |settings: &Settings, name: &str| -> Result<_, String> {
        let mut program = program.fork().map_err(|error| error.to_string())?;
        let bmodel = compile_with(&mut program, true, settings).map_err(lines)?;
        keep(&bmodel, inputs, name)?;
        let ctx = &program.ctx;
        let ops = ctx.walk(program.module.op());
        let names: HashSet<String> = ops.iter().map(|op| ctx.name(*op).to_owned()).collect();
        Ok((run_bmodel(bmodel, inputs, true)?, names))
    };
    let Some((first, others)) = ways.split_first() else {
        return Err("nothing to compile".into());
    };
    let (found, compiled) = run(first, name)?;
    for settings in others {
        let what = format!(
            "{name}_opt{}_rows{}{}",
            settings.effort.level(),
            settings.row_slices,
            settings.prefer.map_or("", Kind::name)
        );
        let (other, _): (Vec<HostTensor>, _) = run(settings, &what)?;
        same_bits(&found, &other).map_err(|problem| format!("{what}: {problem}"))?;
    }
    let mut problems = Vec::new();
    let mut compared = 0;
    for (name, tensor) in &expected {
        if bytes_outside && matches!(tensor, Tensor::F32(_)) {
            continue;
        }
        let Some(actual) = found.iter().find(|actual| actual.name == *name) else {
            // The casts at the borders are gone, and what simplifications took out.
            if !bytes_outside && compiled.contains(name) {
                problems.push(format!("{name}: not in the bmodel's tensors"));
            }
            continue;
        };
        compared += 1;
        problems.extend(compare(name, tensor, actual));
    }
    if compared == 0 {
        problems.push("no tensor was compared".into());
    }
    Ok(problems)
}

/// Keeps a bmodel and its inputs, if that is wanted.
fn keep(bmodel: &Bmodel, inputs: &TensorMap, name: &str) -> Result<(), String> {
    let Some(folder) = std::env::var_os("TPUC_KEEP_BMODELS") else {
        return Ok(());
    };
    let path = Path::new(&folder).join(format!("{name}.bmodel"));
    bmodel.write(&path).map_err(|error| error.to_string())?;
    npz::write_map(&path.with_extension("npz"), inputs, npz::Compression::Stored)
        .map_err(|error| error.to_string())
}

/// Outputs of a bmodel; with `dump_tensors` all of its tensors.
pub fn run_bmodel(bmodel: Bmodel, inputs: &TensorMap, dump_tensors: bool) -> Result<Vec<HostTensor>, String> {
    let emulator = Emulator::new().map_err(|error| error.to_string())?;
    let mut session = Session::new(bmodel, emulator).map_err(|error| error.to_string())?;
    let host: Vec<HostTensor> = inputs
        .iter()
        .map(|(name, tensor)| {
            let values: Vec<f32> = tensor.to_f32().iter().copied().collect();
            HostTensor::from_f32(name, tensor.shape(), &values)
        })
        .collect();
    let options = RunOptions {
        fixed_outputs: true,
        dump_tensors,
    };
    session
        .run_with(&host, options, None)
        .map_err(|error| error.to_string())
}

/// Whether tensors that two bmodels of a program have are equal to the bit.
pub fn same_bits(one: &[HostTensor], other: &[HostTensor]) -> Result<(), String> {
    let mut compared = 0;
    for tensor in one {
        let Some(found) = other.iter().find(|found| found.name == tensor.name) else {
            return Err(format!("{}: not in the other bmodel's tensors", tensor.name));
        };
        compared += 1;
        if tensor.data != found.data {
            let differ = tensor
                .data
                .iter()
                .zip(&found.data)
                .filter(|(a, b)| a != b)
                .count();
            return Err(format!(
                "{}: {differ} of {} bytes differ",
                tensor.name,
                tensor.data.len()
            ));
        }
    }
    if compared == 0 {
        return Err("no tensor was compared".into());
    }
    Ok(())
}

/// Inputs for a program whose own are not among the golden files: numbers between -3 and 3, the same in every run.
fn made_up_inputs(interpreter: &Interpreter) -> TensorMap {
    let mut state = 1684_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 * 6.0 - 3.0
    };
    let tensor = |(name, shape): (&str, &[usize])| {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| next()).collect();
        let tensor = Tensor::from_vec(shape, values).expect("as many values as the shape says");
        (name.to_owned(), tensor)
    };
    interpreter.inputs().map(tensor).collect()
}

/// Reads a program whose weight file is a link that was checked out as a text with the target's name.
fn read_with_linked_weights(mlir: &Path) -> Result<Program, Box<dyn std::error::Error>> {
    let folder = mlir.parent().ok_or("a file in a folder")?;
    let copy = tempfile::tempdir()?;
    for entry in std::fs::read_dir(folder)?.flatten() {
        let mut source = entry.path();
        if source.extension().is_none_or(|extension| extension != "npz") {
            continue;
        }
        if entry.metadata()?.len() < 100 {
            source = folder.join(std::fs::read_to_string(&source)?.trim());
        }
        if source.is_file() {
            std::fs::copy(source, copy.path().join(entry.file_name()))?;
        }
    }
    let target = copy.path().join("program.mlir");
    std::fs::copy(mlir, &target)?;
    Ok(Program::read(&target)?)
}

fn numbers(tensor: &HostTensor) -> Vec<f64> {
    match tensor.dtype {
        HostType::F32 => tensor
            .data
            .chunks_exact(4)
            .map(|bytes| f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])))
            .collect(),
        HostType::I8 => tensor.data.iter().map(|byte| f64::from(*byte as i8)).collect(),
        HostType::I32 => tensor
            .data
            .chunks_exact(4)
            .map(|bytes| f64::from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])))
            .collect(),
        _ => tensor.data.iter().map(|byte| f64::from(*byte)).collect(),
    }
}

fn compare(name: &str, expected: &Tensor, actual: &HostTensor) -> Option<String> {
    let is_float = matches!(expected, Tensor::F32(_));
    let expected: Vec<f64> = expected.to_f64().iter().copied().collect();
    let actual = numbers(actual);
    if expected.len() != actual.len() {
        return Some(format!(
            "{name}: {} elements instead of {}",
            actual.len(),
            expected.len()
        ));
    }
    let largest = expected
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let bound = if is_float { largest * FLOAT_TOLERANCE } else { 0.0 };
    let wrong: Vec<usize> = (0..expected.len())
        .filter(|&index| (expected[index] - actual[index]).abs() > bound || actual[index].is_nan())
        .collect();
    let first = *wrong.first()?;
    Some(format!(
        "{name}: {} of {} differ, first at {first}: {} instead of {}",
        wrong.len(),
        expected.len(),
        actual[first],
        expected[first]
    ))
}

/// Checks one golden program; panics with all differences.
fn check(folder: &Path, file: &str) {
    let problems = differences(&folder.join(file), &folder.join("input.npz"))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    assert!(
        problems.is_empty(),
        "{}/{file}:\n{}",
        folder.display(),
        problems.join("\n")
    );
}

fn check_network(name: &str) {
    let Some(shared) = shared("codegen of golden networks") else {
        return;
    };
    let folder = shared.join("golden/models").join(name);
    check(&folder, "tpu_f32.mlir");
    check(&folder, "tpu_int8.mlir");
}

#[test]
fn mnist_runs_as_the_reference_says() {
    check_network("mnist");
}

#[test]
fn rfb320_runs_as_the_reference_says() {
    check_network("rfb320");
}

#[test]
fn fastestdet_runs_as_the_reference_says() {
    check_network("fastestdet");
}

/// Operators of the peer's suite that are not compiled or compared yet, and why. Every other one is; one that is listed
/// and works is an error, so that the list stays true.
const KNOWN: &[(&str, &str)] = &[
    ("Conv1dbigd", "its weights are not among the golden files"),
    ("Gather", "its weights are not among the golden files"),
    ("ReshapeFuse", "its weights are not among the golden files"),
    (
        "TorchLayerNorm2",
        "1 of 80 000 normalised floats lies on the border of two integers and is rounded to the other one",
    ),
];

/// Names of the operators to try: all, or those of `TPUC_OPS`.
fn operators(shared: &Path) -> Vec<String> {
    let wanted = std::env::var("TPUC_OPS").unwrap_or_else(|_| "all".to_owned());
    let mut names: Vec<String> = std::fs::read_dir(shared.join("golden/ops"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| wanted == "all" || wanted.split(',').any(|one| one == name))
        .collect();
    names.sort();
    names
}

/// What differs in both precisions of an operator.
fn operator_problems(folder: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for file in ["tpu_f32.mlir", "tpu_int8.mlir"] {
        let mlir = folder.join(file);
        if !mlir.is_file() {
            continue;
        }
        match differences(&mlir, &folder.join("input.npz")) {
            Ok(found) if found.is_empty() => {}
            Ok(found) => problems.push(format!("{file}: {}", found.join("; "))),
            Err(error) => problems.push(format!("{file}: {error}")),
        }
    }
    problems
}

#[test]
fn operators_run_as_the_reference_says() {
    let Some(shared) = shared("codegen of golden operators") else {
        return;
    };
    let names = operators(&shared);
    let results: Vec<(String, Vec<String>)> = names
        .into_par_iter()
        .map(|name| {
            let problems = operator_problems(&shared.join("golden/ops").join(&name));
            (name, problems)
        })
        .collect();
    let is_known = |name: &str| KNOWN.iter().any(|(known, _)| *known == name);
    let failed: Vec<String> = results
        .iter()
        .filter_map(|(name, problems)| match (problems.is_empty(), is_known(name)) {
            (true, true) => Some(format!("{name}: works now; take it off the list of exceptions")),
            (false, false) => Some(format!("{name}: {}", problems.join("; "))),
            _ => None,
        })
        .collect();
    println!(
        "{} operators compiled and equal to the reference, {} exceptions",
        results.iter().filter(|(_, problems)| problems.is_empty()).count(),
        KNOWN.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// With 8-bit inputs and outputs, dense at any batch, the results are the same in units.
#[test]
fn eight_bit_inputs_and_outputs_give_the_same_results() {
    let Some(shared) = shared("codegen with quantised inputs and outputs") else {
        return;
    };
    let options =
        parse_options(&strip_io_quant::PASS, "quant_input=true quant_output=true").expect("its options");
    let mut tried = 0;
    for name in [
        "Concat",
        "Deconv",
        "MulBcast_1",
        "PadAvgPool2d",
        "Permute5dSplit_0",
        "SubBcast2",
    ] {
        let folder = shared.join("golden/ops").join(name);
        let (mlir, input) = (folder.join("tpu_int8.mlir"), folder.join("input.npz"));
        if !mlir.is_file() || !input.is_file() {
            continue;
        }
        tried += 1;
        let mut program = Program::read(&mlir)
            .or_else(|_| read_with_linked_weights(&mlir).map_err(|error| error.to_string()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let inputs = npz::read(&input).expect("inputs");
        let interpreter = Interpreter::new(&program).expect("a program");
        let names: Vec<String> = interpreter.output_names().map(str::to_owned).collect();
        let expected = interpreter.run_all(&inputs, Dump::All).expect("reference");
        let mut diagnostics = Vec::new();
        (strip_io_quant::PASS.run)(&mut program, &options, &mut diagnostics).expect("strip-io-quant");
        let bmodel = compile(&mut program, false).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        if let Some(folder) = std::env::var_os("TPUC_KEEP_BMODELS") {
            bmodel
                .write(&Path::new(&folder).join(format!("{name}_io8.bmodel")))
                .expect("written");
        }
        let is_dense = |tensor: &tpuc_runtime::bmodel::Tensor| {
            tensor.dtype.bytes() == 1 && tensor.store_mode == tpuc_runtime::bmodel::StoreMode::N1
        };
        let stage = &bmodel.nets[0].stages[0];
        assert!(stage.inputs.iter().chain(&stage.outputs).all(is_dense), "{name}");
        let host: Vec<HostTensor> = inputs
            .iter()
            .map(|(name, tensor)| {
                let values: Vec<f32> = tensor.to_f32().iter().copied().collect();
                HostTensor::from_f32(name, tensor.shape(), &values)
            })
            .collect();
        let mut session = Session::new(bmodel, Emulator::new().expect("memory")).expect("a session");
        let found = session
            .run(&host)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for (wanted, actual) in names.iter().zip(&found) {
            let problem = compare(wanted, &expected[wanted.as_str()], actual);
            assert_eq!(problem, None, "{name}");
        }
    }
    assert!(tried > 0, "no operator was tried");
}
