//! `tpuc to-onnx`: files that are well formed, say what is known of the quantisation, and, in ONNX's operators, compute what
//! the program computes. `tests/peer/runs_in_onnxruntime.py` asks the onnx package and ONNX Runtime.
#![allow(clippy::print_stderr)]

use crate::whole_commands::prepared;
use anyhow::{Context, Result, bail, ensure};
use prost::Message;
use rayon::prelude::*;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tpuc_compiler::data::{Tensor, TensorMap, npz};
use tpuc_compiler::export::onnx::{ExportOptions, Form, NOTE_NAMES, Tables, export, supported};
use tpuc_compiler::import::onnx::schema::{AttributeProto, ModelProto};
use tpuc_compiler::import::onnx::{ImportOptions, import};
use tpuc_compiler::inference::{Dump, Interpreter};
use tpuc_compiler::pass::run_pipeline;
use tpuc_compiler::program::Program;
use tpuc_compiler::tools::transform::pipeline;
use tpuc_tests::{golden_files, golden_program, run_in, shared, succeed_in};

/// What `onnx.checker` looks at: names are there and unique, nodes stand behind what they read, domains are imported, tensors
/// have as many bytes as their shape says.
fn check(model: &ModelProto) -> Result<()> {
    let graph = model.graph.as_ref().context("no graph")?;
    ensure!(model.ir_version.is_some() && graph.name.as_deref().is_some_and(|name| !name.is_empty()));
    let domains: HashSet<&str> = model.opset_import.iter().map(|set| set.domain()).collect();
    let mut known: HashSet<&str> = HashSet::new();
    let mut define = |name| {
        ensure!(known.insert(name), "'{name}' is there twice");
        Ok(())
    };
    for input in &graph.input {
        define(input.name())?;
    }
    for tensor in &graph.initializer {
        define(tensor.name())?;
        let bytes = match tensor.data_type() {
            2 | 3 | 9 => 1,
            4 | 5 | 10 | 16 => 2,
            1 | 6 | 12 => 4,
            7 | 11 | 13 => 8,
            other => bail!("'{}' has element type {other}", tensor.name()),
        };
        let elements: i64 = tensor.dims.iter().product();
        ensure!(
            tensor.raw_data().len() as i64 == elements * bytes,
            "'{}' has {} bytes",
            tensor.name(),
            tensor.raw_data().len()
        );
    }
    for node in &graph.node {
        ensure!(
            !node.op_type().is_empty() && domains.contains(node.domain()),
            "{}",
            node.name()
        );
        for input in node.input.iter().filter(|name| !name.is_empty()) {
            ensure!(
                known.contains(input.as_str()),
                "'{}' reads '{input}', which is not there yet",
                node.name()
            );
        }
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            ensure!(known.insert(output), "'{output}' is there twice");
        }
        let mut attributes = HashSet::new();
        for attribute in &node.attribute {
            ensure!(
                attribute.r#type.is_some() && attributes.insert(attribute.name()),
                "{}",
                node.name()
            );
        }
    }
    for info in graph.input.iter().chain(&graph.output) {
        let tensor = info.r#type.as_ref().and_then(|ty| ty.tensor_type.as_ref());
        ensure!(
            tensor.is_some_and(|tensor| tensor.shape.is_some()),
            "'{}' has no shape",
            info.name()
        );
    }
    for output in &graph.output {
        ensure!(
            known.contains(output.name()),
            "the output '{}' is made by nothing",
            output.name()
        );
    }
    Ok(())
}

fn exported(program: &Program, options: ExportOptions) -> Result<(Vec<u8>, ModelProto)> {
    let bytes = export(program, options, Tables::default())?;
    let model = ModelProto::decode(&bytes[..])?;
    check(&model)?;
    Ok((bytes, model))
}

#[test]
fn every_golden_text_is_a_well_formed_view() {
    let Some(shared) = shared("every_golden_text_is_a_well_formed_view") else {
        return;
    };
    let names = [
        "origin.mlir",
        "top.mlir",
        "tpu_f32.mlir",
        "tpu_int8.mlir",
        "final_f32.mlir",
        "final_int8.mlir",
    ];
    let files = golden_files(&shared, &names);
    assert!(files.len() > 1000, "{} texts", files.len());
    let wrong: Vec<String> = files
        .par_iter()
        .filter_map(|file| {
            let view = golden_program(file).and_then(|program| exported(&program, ExportOptions::default()));
            view.err().map(|error| format!("{}: {error:#}", file.display()))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        files.len(),
        wrong.join("\n")
    );
}

/// The program in ONNX's operators, imported again and run, gives what the program itself gives.
fn comes_back(file: &Path) -> Result<bool> {
    let program = golden_program(file)?;
    if program
        .weight_names()
        .iter()
        .any(|name| !program.weights.contains(name))
    {
        return Ok(false);
    }
    let input = file.with_file_name("input.npz");
    if !input.is_file() {
        return Ok(false);
    }
    let options = ExportOptions {
        weights: true,
        form: Form::Onnx,
    };
    let (bytes, model) = exported(&program, options)?;
    let operators = model.graph.iter().flat_map(|graph| &graph.node);
    for node in operators {
        ensure!(
            !node.op_type().contains('.') && node.domain().is_empty(),
            "{}",
            node.op_type()
        );
    }
    let onnx = tempfile::NamedTempFile::new()?;
    std::fs::write(onnx.path(), bytes)?;
    let options = ImportOptions {
        name: "again".to_owned(),
        ..ImportOptions::default()
    };
    let mut again = import(onnx.path(), &options)?;
    run_pipeline(&mut again, &pipeline(""))?;
    let inputs = npz::read(&input)?;
    let (first, second) = (Interpreter::new(&program)?, Interpreter::new(&again)?);
    let wanted = first.run_all(&inputs, Dump::Outputs)?;
    let found = second.run_all(&renamed(&inputs, &first, &second)?, Dump::Outputs)?;
    for (wanted_name, found_name) in first.output_names().zip(second.output_names()) {
        near(&found[found_name], &wanted[wanted_name]).with_context(|| wanted_name.to_owned())?;
    }
    Ok(true)
}

/// Inputs under the names of another program.
fn renamed(inputs: &TensorMap, first: &Interpreter, second: &Interpreter) -> Result<TensorMap> {
    let mut renamed = TensorMap::new();
    for ((name, _), (other, _)) in first.inputs().zip(second.inputs()) {
        let tensor = inputs.get(name).or_else(|| inputs.values().next());
        renamed.insert(other.to_owned(), tensor.context("no input")?.clone());
    }
    Ok(renamed)
}

fn near(found: &Tensor, wanted: &Tensor) -> Result<()> {
    ensure!(
        found.len() == wanted.len(),
        "{:?}, not {:?}",
        found.shape(),
        wanted.shape()
    );
    let (found, wanted) = (found.to_f32(), wanted.to_f32());
    let largest = wanted
        .iter()
        .filter(|value| value.is_finite())
        .fold(1e-6_f32, |most, value| most.max(value.abs()));
    for (index, (found, wanted)) in found.iter().zip(wanted.iter()).enumerate() {
        let same = found == wanted
            || (found.is_nan() && wanted.is_nan())
            || (found - wanted).abs() <= 1e-4 * largest;
        ensure!(same, "at {index}: {found}, not {wanted}");
    }
    Ok(())
}

/// Texts of which the importer refuses what ONNX can say, with the reason.
const NOT_IMPORTED: &[(&str, &str)] = &[];

#[test]
fn golden_networks_and_operators_come_back_from_onnx() {
    let Some(shared) = shared("golden_networks_and_operators_come_back_from_onnx") else {
        return;
    };
    let files = golden_files(&shared, &["top.mlir"]);
    let results: Vec<(PathBuf, Result<bool>)> = files
        .par_iter()
        .map(|file| (file.clone(), comes_back(file)))
        .collect();
    let mut wrong = Vec::new();
    let mut same = 0;
    for (file, result) in &results {
        let case = file
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default()
            .to_string_lossy();
        let known = NOT_IMPORTED.iter().find(|(name, _)| *name == case);
        match (result, known) {
            (Ok(compared), None) => same += usize::from(*compared),
            (Ok(_), Some(_)) => wrong.push(format!("{case} comes back: take it off the list")),
            (Err(error), None) => wrong.push(format!("{case}: {error:#}")),
            (Err(error), Some((_, reason))) if format!("{error:#}").contains(reason) => {}
            (Err(error), Some((_, reason))) => wrong.push(format!("{case}: {error:#}, not {reason}")),
        }
    }
    eprintln!("{same} of {} programs came back the same", results.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same > 130, "only {same} were compared");
}

fn attribute<'a>(model: &'a ModelProto, node: &str, name: &str) -> Option<&'a AttributeProto> {
    let graph = model.graph.as_ref()?;
    let node = graph.node.iter().rfind(|found| found.name() == node)?;
    node.attribute.iter().find(|attribute| attribute.name() == name)
}

#[test]
fn nodes_say_precision_ranges_and_groups() {
    let Some(shared) = shared("nodes_say_precision_ranges_and_groups") else {
        return;
    };
    let golden = shared.join("golden/models/fastestdet");
    let (_, model) = exported(
        &golden_program(&golden.join("final_int8.mlir")).unwrap(),
        ExportOptions::default(),
    )
    .unwrap();
    let conv = "onnx::MaxPool_423_Relu";
    let word = |name: &str| String::from_utf8(attribute(&model, conv, name).unwrap().s().to_vec()).unwrap();
    assert_eq!(word("quant_precision"), "INT8");
    let number = |name: &str| attribute(&model, conv, name).unwrap().f();
    assert!((number("quant_max") / number("quant_scale") - 255.0).abs() < 1e-3);
    let graph = model.graph.as_ref().unwrap();
    let grouped = graph
        .node
        .iter()
        .filter(|node| node.attribute.iter().any(|found| found.name() == "layer_group"));
    assert!(grouped.count() > 100);
    assert!(
        graph
            .node
            .iter()
            .all(|node| node.op_type() != "tpu.Group" && node.op_type() != "func.call")
    );
    let soft = graph
        .node
        .iter()
        .find(|node| node.op_type() == "tpu.Softmax")
        .unwrap();
    assert_eq!(
        attribute(&model, soft.name(), "quant_precision").unwrap().s(),
        b"F32"
    );
}

#[test]
fn tables_are_written_beside_the_nodes() {
    let folder = prepared();
    let text = std::fs::read_to_string(folder.join("digits.mlir")).unwrap();
    let name = text
        .lines()
        .filter_map(|line| line.split("loc(\"").nth(1)?.split('"').next());
    let conv = name.filter(|name| name.ends_with("_Relu")).nth(1).unwrap();
    std::fs::write(folder.join("onnx_qtable"), format!("{conv} F32\nnobody F32\n")).unwrap();
    for form in ["mlir", "onnx"] {
        let ran = succeed_in(
            folder,
            "tpuc",
            &[
                "to-onnx",
                "-m",
                "digits.mlir",
                "--weights",
                "--form",
                form,
                "--calibration_table",
                "cali_table",
                "--quantize_table",
                "onnx_qtable",
                "-o",
                "tables.onnx",
            ],
        );
        assert!(ran.err.contains("'nobody'"), "{}", ran.err);
        let model = ModelProto::decode(&std::fs::read(folder.join("tables.onnx")).unwrap()[..]).unwrap();
        check(&model).unwrap();
        if form == "mlir" {
            assert!(attribute(&model, conv, "table_threshold").unwrap().f() > 0.0);
            assert_eq!(attribute(&model, conv, "qtable_precision").unwrap().s(), b"F32");
        } else {
            let graph = model.graph.as_ref().unwrap();
            let node = graph.node.iter().find(|node| node.name() == conv).unwrap();
            let text = node.doc_string();
            assert!(
                text.starts_with("top.") && text.contains("qtable_precision = F32"),
                "{text}"
            );
            assert!(text.contains("table_threshold = "), "{text}");
            assert!(
                node.attribute
                    .iter()
                    .all(|found| !NOTE_NAMES.contains(&found.name()))
            );
        }
    }
}

#[test]
fn forms_are_chosen_and_refused() {
    let folder = prepared();
    let first = |arguments: &[&str]| {
        let mut all = vec!["to-onnx", "-o", "form.onnx", "-m"];
        all.extend(arguments);
        succeed_in(folder, "tpuc", &all);
        let model = ModelProto::decode(&std::fs::read(folder.join("form.onnx")).unwrap()[..]).unwrap();
        let graph = model.graph.unwrap();
        graph
            .node
            .iter()
            .find(|node| node.op_type().contains("Conv"))
            .unwrap()
            .op_type()
            .to_owned()
    };
    assert_eq!(first(&["digits.mlir"]), "top.Conv");
    assert_eq!(first(&["digits.mlir", "--weights"]), "Conv");
    assert_eq!(
        first(&["digits.mlir", "-w", "digits_top_f32_all_weight.npz"]),
        "Conv"
    );
    assert_eq!(first(&["digits.mlir", "--weights", "--form", "mlir"]), "top.Conv");
    assert_eq!(
        first(&["digits_bm1684_int8_sym_tpu.mlir", "--weights"]),
        "tpu.Conv2D"
    );
    let ran = run_in(
        folder,
        "tpuc",
        &[
            "to-onnx",
            "-m",
            "digits_bm1684_int8_sym_tpu.mlir",
            "--form",
            "onnx",
            "-o",
            "refused.onnx",
        ],
    );
    assert!(ran.status != 0 && ran.err.contains("TPU_LOWERED"), "{}", ran.err);
    assert!(!folder.join("refused.onnx").exists());
    // The example, through ONNX's operators and back, still computes the same.
    succeed_in(
        folder,
        "tpuc",
        &[
            "to-onnx",
            "-m",
            "digits.mlir",
            "--weights",
            "-o",
            "digits_again.onnx",
        ],
    );
    succeed_in(
        folder,
        "tpuc",
        &[
            "transform",
            "--model_name",
            "again",
            "--model_def",
            "digits_again.onnx",
            "--mlir",
            "again.mlir",
        ],
    );
    for name in ["digits", "again"] {
        let (model, out) = (format!("{name}.mlir"), format!("{name}_again_out.npz"));
        succeed_in(
            folder,
            "tpuc",
            &[
                "run",
                "--model",
                &model,
                "--input",
                "digits_in_f32.npz",
                "--output",
                &out,
            ],
        );
    }
    let outputs = |name: &str| npz::read(&folder.join(name)).unwrap();
    let (wanted, found) = (outputs("digits_again_out.npz"), outputs("again_again_out.npz"));
    near(&found[0], &wanted[0]).unwrap();
}

#[test]
fn what_has_no_form_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ty = "tensor<1x3x4x4xf32>";
    let text = format!(
        "module @net attributes {{module.chip = \"ALL\", module.platform = \"ONNX\", module.state = \"TOP_F32\", module.top_run_mode = \"STATIC\"}} {{\n  func.func @main(%arg0: {ty} loc(unknown)) -> {ty} {{\n    %0 = \"top.Input\"(%arg0) : ({ty}) -> {ty} loc(\"in\")\n    %1 = \"top.SwapDimInner\"(%0) {{offset = [0, 0, 1, 0]}} : ({ty}) -> {ty} loc(\"swapped\")\n    return %1 : {ty} loc(unknown)\n  }} loc(unknown)\n}} loc(unknown)\n"
    );
    std::fs::write(folder.path().join("net.mlir"), text).unwrap();
    let ran = run_in(folder.path(), "tpuc", &["to-onnx", "-m", "net.mlir", "--weights"]);
    for word in ["top.SwapDimInner", "'swapped'", "--form mlir"] {
        assert!(ran.status != 0 && ran.err.contains(word), "{}", ran.err);
    }
    assert!(!folder.path().join("net.onnx").exists());
    assert!(
        supported().is_sorted() && supported().len() > 90,
        "{}",
        supported().len()
    );
}
