//! What a new user gets wrong: each ends in one clear message that names the thing and the remedy, a status that is not 0,
//! and no output file.

use super::whole_commands::prepared;
use std::path::Path;
use tpuc_tests::{digits, run_in};

/// Runs `tpuc` in a fresh folder that holds copies of `files`; it must fail, say all of `words`, make no file, and not panic.
fn refuses(arguments: &[&str], words: &[&str], files: &[(&str, &[u8])]) {
    refuses_program("tpuc", arguments, words, files);
}

fn refuses_program(program: &str, arguments: &[&str], words: &[&str], files: &[(&str, &[u8])]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let ran = run_in(folder.path(), program, arguments);
    let said = format!(
        "{program} {arguments:?}\nstatus {}\n{}{}",
        ran.status, ran.out, ran.err
    );
    assert!(ran.status != 0, "{said}");
    assert!(
        !ran.err.contains("panicked") && !ran.err.contains("internal error"),
        "{said}"
    );
    for word in words {
        assert!(ran.err.contains(word), "'{word}' is missing in\n{said}");
    }
    let mut left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.retain(|name| !files.iter().any(|(given, _)| given == name));
    assert!(left.is_empty(), "left behind: {left:?}\n{said}");
}

fn onnx() -> String {
    digits().join("digits.onnx").to_str().unwrap().to_owned()
}

fn made(name: &str) -> Vec<u8> {
    std::fs::read(prepared().join(name)).unwrap()
}

/// digits.mlir with its weights and a calibration table.
fn network() -> Vec<(&'static str, Vec<u8>)> {
    ["digits.mlir", "digits_top_f32_all_weight.npz", "cali_table"]
        .map(|name| (name, made(name)))
        .into()
}

fn borrowed<'a>(files: &'a [(&'a str, Vec<u8>)]) -> Vec<(&'a str, &'a [u8])> {
    files
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect()
}

#[test]
fn missing_files() {
    refuses(
        &[
            "transform",
            "--model_name",
            "x",
            "--model_def",
            "no.onnx",
            "--mlir",
            "x.mlir",
        ],
        &["no.onnx"],
        &[],
    );
    refuses(
        &["calibrate", "no.mlir", "--dataset", ".", "-o", "table"],
        &["no.mlir"],
        &[],
    );
    refuses(
        &[
            "deploy",
            "--mlir",
            "no.mlir",
            "--quantize",
            "F32",
            "--model",
            "x.bmodel",
        ],
        &["no.mlir"],
        &[],
    );
    refuses(
        &[
            "run",
            "--model",
            "no.bmodel",
            "--input",
            "in.npz",
            "--output",
            "out.npz",
        ],
        &["no.bmodel"],
        &[],
    );
    refuses(&["npz", "compare", "a.npz", "b.npz"], &["a.npz"], &[]);
    refuses(&["bmodel", "info", "no.bmodel"], &["no.bmodel"], &[]);
    refuses_program("tpuc-opt", &["no.mlir"], &["no.mlir"], &[]);
}

#[test]
fn not_an_onnx_file() {
    let picture = std::fs::read(digits().join("calibration/digit_00.png")).unwrap();
    let arguments = [
        "transform",
        "--model_name",
        "x",
        "--model_def",
        "x.onnx",
        "--input_shapes",
        "[[1,1,8,8]]",
        "--mlir",
        "x.mlir",
    ];
    refuses(&arguments, &["x.onnx", "ONNX"], &[("x.onnx", &picture)]);
    refuses(&arguments, &["x.onnx"], &[("x.onnx", b"")]);
    let whole = std::fs::read(onnx()).unwrap();
    refuses(&arguments, &["x.onnx"], &[("x.onnx", &whole[..whole.len() / 2])]);
}

#[test]
fn wrong_input_shapes() {
    let model = onnx();
    let with = |shapes: &str, words: &[&str]| {
        let arguments = [
            "transform",
            "--model_name",
            "x",
            "--model_def",
            &model,
            "--input_shapes",
            shapes,
            "--mlir",
            "x.mlir",
        ];
        refuses(&arguments, words, &[]);
    };
    with(
        "[[1,3,8,8]]",
        &["/stem/stem.0/Conv_output_0_Conv", "expects 1 input channels"],
    );
    with("[[1,1,8,8],[1,1]]", &["input_shapes"]);
    with("[[1,1,8,", &["input_shapes"]);
}

#[test]
fn number_formats_that_the_chip_lacks() {
    let files = network();
    for mode in ["F16", "BF16", "INT4", "W8F16", "x"] {
        let arguments = [
            "deploy",
            "--mlir",
            "digits.mlir",
            "--quantize",
            mode,
            "--chip",
            "bm1684",
            "--model",
            "x.bmodel",
        ];
        refuses(
            &arguments,
            &[&mode.to_uppercase(), "F32", "INT8"],
            &borrowed(&files),
        );
    }
    let arguments = [
        "deploy",
        "--mlir",
        "digits.mlir",
        "--quantize",
        "INT8",
        "--chip",
        "bm1684x",
        "--calibration_table",
        "cali_table",
        "--model",
        "x.bmodel",
    ];
    refuses(&arguments, &["bm1684x", "bm1684"], &borrowed(&files));
    let arguments = [
        "deploy",
        "--mlir",
        "digits.mlir",
        "--quantize",
        "INT8",
        "--model",
        "x.bmodel",
    ];
    refuses(
        &arguments,
        &["calibration_table", "tpuc calibrate"],
        &borrowed(&files),
    );
}

#[test]
fn tables_of_another_model() {
    let mut files = network();
    let table = "# op_name    threshold    min    max\nimage 1.0 0.0 1.0\n435_Conv 2.0 -1.0 2.0\n";
    files[2].1 = table.as_bytes().to_vec();
    let deploy = [
        "deploy",
        "--mlir",
        "digits.mlir",
        "--quantize",
        "INT8",
        "--calibration_table",
        "cali_table",
        "--model",
        "x.bmodel",
    ];
    refuses(&deploy, &["435_Conv", "allow-unmatched"], &borrowed(&files));
    files[2].1 = b"image one two three\n".to_vec();
    refuses(&deploy, &["cali_table:1"], &borrowed(&files));
    let mut files = network();
    files.push(("qtable", b"/stem/stem.2/Relu_output_0_Rel F32\n".to_vec()));
    let mut arguments = deploy.to_vec();
    arguments.extend(["--quantize_table", "qtable"]);
    refuses(
        &arguments,
        &[
            "/stem/stem.2/Relu_output_0_Rel",
            "/stem/stem.2/Relu_output_0_Relu",
        ],
        &borrowed(&files),
    );
}

#[test]
fn damaged_bmodels() {
    let model = made("int8.bmodel");
    let input = made("digits_in_f32.npz");
    let arguments = [
        "run", "--model", "x.bmodel", "--input", "in.npz", "--output", "out.npz",
    ];
    for length in [0, 10, 64, 200, model.len() / 2, model.len() - 1] {
        refuses(
            &arguments,
            &["x.bmodel"],
            &[("x.bmodel", &model[..length]), ("in.npz", &input)],
        );
    }
    refuses(
        &["bmodel", "info", "x.bmodel"],
        &["x.bmodel"],
        &[("x.bmodel", &model[..100])],
    );
}

#[test]
fn inputs_that_do_not_fit() {
    let model = made("int8.bmodel");
    let other = made("cali_table");
    let top = made("top.npz");
    let arguments = [
        "run", "--model", "x.bmodel", "--input", "in.npz", "--output", "out.npz",
    ];
    refuses(
        &arguments,
        &["in.npz"],
        &[("x.bmodel", &model), ("in.npz", &other)],
    );
    // The outputs of top have the input's name too: take a network whose input has another name.
    let text = String::from_utf8(made("digits.mlir"))
        .unwrap()
        .replace("loc(\"image\")", "loc(\"picture\")");
    let weights = made("digits_top_f32_all_weight.npz");
    let files: [(&str, &[u8]); 3] = [
        ("x.mlir", text.as_bytes()),
        ("digits_top_f32_all_weight.npz", &weights),
        ("in.npz", &top),
    ];
    refuses(
        &[
            "run", "--model", "x.mlir", "--input", "in.npz", "--output", "out.npz",
        ],
        &["picture", "image"],
        &files,
    );
}

#[test]
fn no_space_for_outputs() {
    // Every write to this device fails for lack of space; a folder that does not exist fails as well.
    if Path::new("/dev/full").exists() {
        let files = network();
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in &files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let ran = run_in(
            folder.path(),
            "tpuc",
            &["to-onnx", "-m", "digits.mlir", "-o", "no/such/folder/x.onnx"],
        );
        assert!(
            ran.status != 0 && ran.err.contains("no/such/folder"),
            "{}",
            ran.err
        );
        let ran = run_in(folder.path(), "tpuc-opt", &["digits.mlir", "-o", "/dev/full"]);
        assert!(ran.status != 0 && ran.err.contains("/dev/full"), "{}", ran.err);
    }
}

#[test]
fn unknown_passes_and_options() {
    let files = network();
    refuses_program(
        "tpuc-opt",
        &["digits.mlir", "--canonicalise"],
        &["canonicalize"],
        &borrowed(&files),
    );
    refuses_program(
        "tpuc-opt",
        &["digits.mlir", "--processor-assign=chips=bm1684"],
        &["chips", "chip"],
        &borrowed(&files),
    );
    refuses_program(
        "tpuc-opt",
        &["digits.mlir", "--processor-assign=chip=bm1684 mode=F16"],
        &["F16"],
        &borrowed(&files),
    );
}
