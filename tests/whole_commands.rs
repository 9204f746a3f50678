//! The example network through all commands, as `make demo` does it, and the promises of the README.

use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;
use tpuc_tests::{digits, run_in, succeed_in};

/// A folder in which the example went through transform, calibrate and both deploys; made once for all tests.
pub fn prepared() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            transform(folder.path());
            let images = digits().join("calibration");
            let images = images.to_str().unwrap();
            let tpuc = |arguments: &[&str]| succeed_in(folder.path(), "tpuc", arguments);
            tpuc(&[
                "calibrate",
                "digits.mlir",
                "--dataset",
                images,
                "--input_num",
                "48",
                "-o",
                "cali_table",
            ]);
            for (mode, model) in [("INT8", "int8.bmodel"), ("F32", "f32.bmodel")] {
                tpuc(&[
                    "deploy",
                    "--mlir",
                    "digits.mlir",
                    "--quantize",
                    mode,
                    "--calibration_table",
                    "cali_table",
                    "--chip",
                    "bm1684",
                    "--test_input",
                    "digits_in_f32.npz",
                    "--test_reference",
                    "top.npz",
                    "--model",
                    model,
                    "--compare_all",
                ]);
            }
            folder
        })
        .path()
}

/// Runs transform on the example; digits.mlir, top.npz and digits_in_f32.npz are made in the folder.
pub fn transform(folder: &Path) {
    let model = digits().join("digits.onnx");
    let picture = digits().join("calibration/digit_00.png");
    succeed_in(
        folder,
        "tpuc",
        &[
            "transform",
            "--model_name",
            "digits",
            "--model_def",
            model.to_str().unwrap(),
            "--input_shapes",
            "[[1,1,8,8]]",
            "--mean",
            "0",
            "--scale",
            "0.00416666667",
            "--pixel_format",
            "gray",
            "--test_input",
            picture.to_str().unwrap(),
            "--test_result",
            "top.npz",
            "--mlir",
            "digits.mlir",
        ],
    );
}

/// Top-1 in percent that `tpuc eval` prints.
fn top1(model: &str) -> f64 {
    let data = digits().join("digits_test.npz");
    let arguments = [
        "eval",
        "--model",
        model,
        "--dataset",
        data.to_str().unwrap(),
        "--input",
        "image",
        "--label",
        "label",
    ];
    let ran = succeed_in(prepared(), "tpuc", &arguments);
    let percent = ran
        .out
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok());
    percent.unwrap_or_else(|| panic!("{}", ran.out))
}

#[test]
fn int8_on_the_emulator_loses_at_most_half_a_point() {
    let fp32 = top1("digits.mlir");
    let tpu = top1("digits_bm1684_int8_sym_tpu.mlir");
    let int8 = top1("int8.bmodel");
    let f32_bmodel = top1("f32.bmodel");
    println!("top-1: fp32 {fp32}, int8 tpu {tpu}, int8 bmodel {int8}, f32 bmodel {f32_bmodel}");
    assert!(fp32 > 95.0);
    assert!(fp32 - int8 <= 0.5, "fp32 {fp32}, int8 bmodel {int8}");
    assert_eq!(tpu, int8);
    assert_eq!(fp32, f32_bmodel);
}

#[test]
fn int8_bmodel_equals_tpu_inference() {
    let folder = prepared();
    // Every tensor of the bmodel, read from the emulator, against the tpu inference's.
    let ran = run_in(
        folder,
        "tpuc",
        &[
            "npz",
            "compare",
            "digits_bm1684_int8_sym_model_outputs.npz",
            "digits_bm1684_int8_sym_tpu_outputs.npz",
            "--tolerance",
            "0.9999,0.9999",
            "-v",
        ],
    );
    println!("{}", ran.out);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("min_similarity = (1.0, 1.0, inf)"),
        "{}",
        ran.out
    );
}

#[test]
fn commands_are_deterministic() {
    let other = tempfile::tempdir().unwrap();
    transform(other.path());
    for name in ["digits.mlir", "digits_top_f32_all_weight.npz", "top.npz"] {
        let first = std::fs::read(prepared().join(name)).unwrap();
        assert!(
            first == std::fs::read(other.path().join(name)).unwrap(),
            "{name} differs between two runs"
        );
    }
}

#[test]
fn old_names_work_through_links() {
    let folder = tempfile::tempdir().unwrap();
    succeed_in(folder.path(), "tpuc", &["install-links", "bin"]);
    for name in ["npz_tool", "model_deploy.py", "model_tool"] {
        let output = std::process::Command::new(folder.path().join("bin").join(name))
            .arg("--help")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn netron_view_is_written() {
    succeed_in(
        prepared(),
        "tpuc",
        &["to-onnx", "-m", "digits.mlir", "-o", "view.onnx"],
    );
    assert!(std::fs::metadata(prepared().join("view.onnx")).unwrap().len() > 1000);
}

#[test]
fn a_qtable_keeps_layers_in_float_with_casts_around() {
    let folder = prepared();
    let text = std::fs::read_to_string(folder.join("digits.mlir")).unwrap();
    let conv = text
        .lines()
        .filter_map(|line| line.split_once("loc(\""))
        .map(|(_, rest)| rest.split('"').next().unwrap());
    let conv = conv
        .filter(|name| name.ends_with("_Relu"))
        .nth(2)
        .expect("a convolution with relu");
    succeed_in(
        folder,
        "tpuc",
        &[
            "fp-forward",
            "digits.mlir",
            "--fpfwd_outputs",
            conv,
            "--chip",
            "bm1684",
            "--fp_type",
            "F32",
            "-o",
            "qtable",
        ],
    );
    let qtable = std::fs::read_to_string(folder.join("qtable")).unwrap();
    assert!(
        qtable.lines().any(|line| line == format!("{conv} F32")),
        "{qtable}"
    );
    let opt = |extra: &str| {
        let import = "--import-calibration-table=file=cali_table asymmetric=false";
        let convert = format!("--convert-top-to-tpu={extra}asymmetric=false");
        succeed_in(
            folder,
            "tpuc-opt",
            &[
                "digits.mlir",
                "--processor-assign=chip=bm1684 mode=INT8",
                import,
                "--processor-top-optimize",
                &convert,
                "--canonicalize",
                "-o",
                "-",
            ],
        )
        .out
    };
    let casts = |text: &str| text.matches("\"tpu.Cast\"").count();
    let (all, mixed) = (opt(""), opt("qtable=qtable "));
    assert!(casts(&mixed) >= casts(&all), "{mixed}");
    let line = mixed
        .lines()
        .find(|line| line.contains("tpu.Conv2D") && line.contains("xf32>, tensor<"))
        .is_some();
    assert!(line, "no convolution in floating point:\n{mixed}");
}

#[test]
fn run_traces_dumps_and_looks_for_races() {
    let folder = prepared();
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "run",
            "--model",
            "int8.bmodel",
            "--input",
            "digits_in_f32.npz",
            "--output",
            "traced.npz",
        ];
        arguments.extend(more);
        run_in(folder, "tpuc", &arguments)
    };
    let ran = run(&[
        "--check_races",
        "--trace",
        "trace.jsonl",
        "--dump_after",
        "2",
        "--dump_file",
        "after.npz",
    ]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let trace = std::fs::read_to_string(folder.join("trace.jsonl")).unwrap();
    let commands = trace.lines().count();
    assert!(commands > 10, "{trace}");
    let dump = tpuc_compiler::data::npz::read(&folder.join("after.npz")).unwrap();
    let names: Vec<&str> = dump.keys().map(String::as_str).collect();
    assert_eq!(names, ["local", "l2", "ddr", "ddr_address"]);
    assert_eq!(dump["local"].shape(), [64, 512 << 10]);
    let ran = run(&["--dump_after", "100000", "--dump_file", "none.npz"]);
    assert_ne!(ran.status, 0);
    let expected = format!("--dump_after 100000: the model has {commands} commands, counted from 1");
    assert!(ran.err.contains(&expected), "{}", ran.err);
    assert!(!folder.join("none.npz").exists());
}
