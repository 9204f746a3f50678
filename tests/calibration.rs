//! Calibration tables of every method against those that the real tool made from the same pictures.

use std::path::Path;
use tpuc_compiler::quantization::calibration_table::CalibrationTable;
use tpuc_tests::{shared, succeed_in};

/// Measures a network and compares with the golden tables: minima and maxima to six digits, at least 95 % of the thresholds
/// within 1 % (all of them for the largest magnitude, to six digits).
fn check(shared: &Path, network: &str, options: &[&str], dataset: &str, methods: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = |path: &Path| path.to_str().expect("an UTF-8 path").to_owned();
    let model = path(&shared.join("models").join(format!("{network}.onnx")));
    let text = format!("{network}.mlir");
    let mut arguments = vec![
        "transform",
        "--model_name",
        network,
        "--model_def",
        &model,
        "--mlir",
        &text,
    ];
    arguments.extend(options);
    succeed_in(folder.path(), "tpuc", &arguments);
    let pictures = path(&shared.join("images").join(dataset));
    for method in methods {
        succeed_in(
            folder.path(),
            "tpuc",
            &[
                "calibrate",
                &text,
                "--dataset",
                &pictures,
                "--input_num",
                "20",
                "--cali_method",
                method,
                "-o",
                "table",
            ],
        );
        let golden = shared
            .join("golden/models")
            .join(network)
            .join("cali_tables")
            .join(method);
        let ours = CalibrationTable::read(&folder.path().join("table"))
            .unwrap()
            .thresholds;
        let golden = CalibrationTable::read(&golden).unwrap().thresholds;
        assert!(ours.keys().eq(golden.keys()), "{network} {method}: other tensors");
        let six_digits = |a: f64, b: f64| (a - b).abs() <= 1e-5 * b.abs().max(1.0);
        let mut near = 0;
        for (name, theirs) in &golden {
            let found = &ours[name];
            assert!(
                six_digits(found.min, theirs.min) && six_digits(found.max, theirs.max),
                "{network} {method} {name}: {found:?}, the real tool {theirs:?}"
            );
            if *method == "use_max" {
                assert!(six_digits(found.threshold, theirs.threshold), "{network} {name}");
            }
            near += usize::from((found.threshold - theirs.threshold).abs() <= 0.01 * theirs.threshold);
        }
        println!(
            "{network} {method}: {near} of {} thresholds within 1 %",
            golden.len()
        );
        assert!(
            near * 100 >= golden.len() * 95,
            "{network} {method}: {near} of {}",
            golden.len()
        );
    }
}

const ALL: [&str; 6] = [
    "use_max",
    "use_kl",
    "use_mse",
    "use_percentile9999",
    "aciq_gauss",
    "aciq_laplace",
];

const RFB320: [&str; 8] = [
    "--input_shapes",
    "[[1,3,240,320]]",
    "--mean",
    "127,127,127",
    "--scale",
    "0.0078125,0.0078125,0.0078125",
    "--pixel_format",
    "rgb",
];

const FASTESTDET: [&str; 8] = [
    "--input_shapes",
    "[[1,3,352,352]]",
    "--mean",
    "0,0,0",
    "--scale",
    "0.0039215686,0.0039215686,0.0039215686",
    "--pixel_format",
    "bgr",
];

#[test]
fn rfb320_is_measured_as_by_the_real_tool() {
    if let Some(shared) = shared("rfb320_is_measured_as_by_the_real_tool") {
        check(
            &shared,
            "rfb320",
            &RFB320,
            "faces",
            &["use_max", "use_kl", "use_mse"],
        );
    }
}

#[test]
fn fastestdet_is_measured_as_by_the_real_tool() {
    if let Some(shared) = shared("fastestdet_is_measured_as_by_the_real_tool") {
        check(
            &shared,
            "fastestdet",
            &FASTESTDET,
            "coco",
            &["use_percentile9999"],
        );
    }
}

/// Two minutes: `make test-golden`.
#[test]
#[ignore = "slow"]
fn every_method_measures_as_the_real_tool() {
    if let Some(shared) = shared("every_method_measures_as_the_real_tool") {
        check(&shared, "rfb320", &RFB320, "faces", &ALL);
        check(&shared, "fastestdet", &FASTESTDET, "coco", &ALL);
    }
}
