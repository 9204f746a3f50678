//! ONNX's own tests of single operators (the `onnx` package's `backend/test/data/node`): a model, inputs and outputs each. All
//! with float inputs are tried; each passes, is refused with a message, or fails. A refusal is honest, a wrong number is not:
//! nothing may fail.
//!
//! The folder is named by `TPUC_ONNX_NODE_TESTS`; `scripts/onnx-node-tests.sh` gets it.
#![allow(clippy::print_stderr)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tpuc_compiler::data::{Tensor, TensorMap};
use tpuc_compiler::import::onnx::constant::{Constant, read_tensor_file};
use tpuc_compiler::import::onnx::model::{self, ElementType};
use tpuc_compiler::import::onnx::{ImportOptions, import};
use tpuc_compiler::inference::{Dump, InferenceError, Interpreter};
use tpuc_compiler::pass::run_pipeline;
use tpuc_compiler::tools::transform::pipeline;

/// ONNX's own bounds for these tests.
const RELATIVE: f32 = 1e-3;
const ABSOLUTE: f32 = 1e-7;

/// Tests that are known to fail, with the reason. One that passes, or is refused, must be taken off.
const KNOWN: &[(&str, &str)] = &[];

enum Verdict {
    Pass,
    Unsupported(String),
    Fail(String),
}

fn tensors(folder: &Path, kind: &str) -> Result<Vec<Constant>, String> {
    let mut found = Vec::new();
    loop {
        let file = folder.join(format!("{kind}_{}.pb", found.len()));
        if !file.is_file() {
            return Ok(found);
        }
        found.push(read_tensor_file(&file)?);
    }
}

fn judge(case: &Path) -> Option<Verdict> {
    let file = case.join("model.onnx");
    let graph = match model::read(&file) {
        Ok(graph) => graph,
        Err(error) => return Some(Verdict::Unsupported(error.to_string())),
    };
    let real = |input: &model::Input| input.element == ElementType::Float;
    if graph.inputs.is_empty() || !graph.inputs.iter().all(real) {
        return None;
    }
    let set = case.join("test_data_set_0");
    let (inputs, wanted) = match (tensors(&set, "input"), tensors(&set, "output")) {
        (Ok(inputs), Ok(wanted)) => (inputs, wanted),
        // Sequences and optional values.
        (Err(error), _) | (_, Err(error)) => return Some(Verdict::Unsupported(error)),
    };
    if inputs.len() != graph.inputs.len() {
        return Some(Verdict::Unsupported("the inputs are not all tensors".to_owned()));
    }
    if inputs.iter().any(|input| !matches!(input, Constant::Float(_))) {
        return None;
    }
    Some(run(&file, &graph, inputs, &wanted))
}

fn run(file: &Path, graph: &model::Graph, inputs: Vec<Constant>, wanted: &[Constant]) -> Verdict {
    let shape = |constant: &Constant| -> Vec<i64> {
        match constant.shape() {
            [] => vec![1],
            dims => dims.iter().map(|dim| *dim as i64).collect(),
        }
    };
    let options = ImportOptions {
        name: "node".to_owned(),
        input_shapes: inputs.iter().map(shape).collect(),
        ..ImportOptions::default()
    };
    let mut program = match import(file, &options) {
        Ok(program) => program,
        Err(error) => return Verdict::Unsupported(error.to_string()),
    };
    if let Err(error) = run_pipeline(&mut program, &pipeline("")) {
        return Verdict::Unsupported(error.to_string());
    }
    let interpreter = match Interpreter::new(&program) {
        Ok(interpreter) => interpreter,
        Err(error) => return Verdict::Unsupported(error.to_string()),
    };
    let fed: TensorMap = graph
        .inputs
        .iter()
        .zip(&inputs)
        .map(|(input, value)| {
            let values: Vec<f32> = value.to_float().iter().copied().collect();
            let dims: Vec<usize> = shape(value).iter().map(|dim| *dim as usize).collect();
            let tensor = Tensor::from_vec(&dims, values).expect("as many values as the shape says");
            (input.name.clone(), tensor)
        })
        .collect();
    let results = match interpreter.run_all(&fed, Dump::Outputs) {
        Ok(results) => results,
        Err(error @ InferenceError::Run(_)) => return Verdict::Unsupported(error.to_string()),
        Err(error) => return Verdict::Fail(error.to_string()),
    };
    let names: Vec<&str> = interpreter.output_names().collect();
    if names.len() != wanted.len() {
        return Verdict::Fail(format!("{} outputs, not {}", names.len(), wanted.len()));
    }
    for (name, wanted) in names.iter().zip(wanted) {
        let Some(found) = results.get(*name) else {
            return Verdict::Fail(format!("output {name} is missing"));
        };
        if let Err(message) = compare(found, wanted) {
            return Verdict::Fail(format!("{name}: {message}"));
        }
    }
    Verdict::Pass
}

fn compare(found: &Tensor, wanted: &Constant) -> Result<(), String> {
    // A tensor without dimensions has one element here.
    let dims = if wanted.shape().is_empty() {
        &[1][..]
    } else {
        wanted.shape()
    };
    if found.shape() != dims {
        return Err(format!("shape {:?}, not {:?}", found.shape(), wanted.shape()));
    }
    let (found, wanted) = (found.to_f32(), wanted.to_float());
    for (index, (found, wanted)) in found.iter().zip(wanted.iter()).enumerate() {
        let same = found == wanted
            || (found.is_nan() && wanted.is_nan())
            || (found - wanted).abs() <= ABSOLUTE + RELATIVE * wanted.abs();
        if !same {
            return Err(format!("at {index}: {found}, not {wanted}"));
        }
    }
    Ok(())
}

#[test]
fn onnx_node_tests_pass_or_are_refused() {
    let Some(folder) = std::env::var_os("TPUC_ONNX_NODE_TESTS").map(PathBuf::from) else {
        eprintln!(
            "SKIPPED: onnx_node_tests_pass_or_are_refused: set TPUC_ONNX_NODE_TESTS to the folder that \
             scripts/onnx-node-tests.sh prints"
        );
        return;
    };
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("TPUC_ONNX_NODE_TESTS: {}: {error}", folder.display()))
        .flatten()
        .map(|entry| entry.path())
        .filter(|case| case.join("model.onnx").is_file())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no node tests in {}", folder.display());
    let (mut passed, mut refused, mut failures) = (Vec::new(), BTreeMap::new(), Vec::new());
    for case in &cases {
        let name = case
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let verdict = catch_unwind(AssertUnwindSafe(|| judge(case)))
            .unwrap_or_else(|_| Some(Verdict::Fail("panics".to_owned())));
        let known = KNOWN.iter().any(|(known, _)| *known == name);
        match verdict {
            None => {}
            Some(Verdict::Fail(_)) if known => {}
            Some(Verdict::Fail(message)) => failures.push(format!("{name}: {message}")),
            Some(_) if known => {
                failures.push(format!("{name}: does not fail any more, take it off the list"))
            }
            Some(Verdict::Pass) => passed.push(name),
            Some(Verdict::Unsupported(message)) => {
                refused.insert(name, message);
            }
        }
    }
    if std::env::var_os("TPUC_VERBOSE").is_some() {
        for (name, message) in &refused {
            eprintln!("refused {name}: {}", message.replace('\n', " "));
        }
    }
    eprintln!(
        "ONNX node tests with float inputs: {} pass, {} unsupported, {} fail",
        passed.len(),
        refused.len(),
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
