//! Calibration tables of every method against those that the real tool made from the same pictures.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tpuc_compiler::data::{Tensor, TensorMap, npz};
use tpuc_compiler::quantization::calibration_table::CalibrationTable;
use tpuc_tests::{program, shared, succeed_in};

fn text_of(path: &Path) -> String {
    path.to_str().expect("an UTF-8 path").to_owned()
}

/// Transforms a network with one test picture; the name of its text.
fn transform(folder: &Path, shared: &Path, network: &str, options: &[&str]) -> String {
    let model = text_of(&shared.join("models").join(format!("{network}.onnx")));
    let picture = text_of(&shared.join("images/parade.jpg"));
    let text = format!("{network}.mlir");
    let mut arguments = vec![
        "transform",
        "--model_name",
        network,
        "--model_def",
        &model,
        "--test_input",
        &picture,
        "--test_result",
        "top.npz",
        "--mlir",
        &text,
    ];
    arguments.extend(options);
    succeed_in(folder, "tpuc", &arguments);
    text
}

/// Cosine of each output of the INT8 network that a table gives and the float network's.
fn similarities(folder: &Path, network: &str, table: &Path) -> BTreeMap<String, f64> {
    let [text, input, model] =
        ["{}.mlir", "{}_in_f32.npz", "{}.bmodel"].map(|name| name.replace("{}", network));
    succeed_in(
        folder,
        "tpuc",
        &[
            "deploy",
            "--mlir",
            &text,
            "--quantize",
            "INT8",
            "--calibration_table",
            &text_of(table),
            "--test_input",
            &input,
            "--model",
            &model,
        ],
    );
    let read = |name: &str| npz::read(&folder.join(name)).expect("an npz");
    let (quantised, float) = (
        read(&format!("{network}_bm1684_int8_sym_tpu_outputs.npz")),
        read("top.npz"),
    );
    let found: BTreeMap<String, f64> = quantised
        .iter()
        .filter_map(|(name, tensor)| {
            let of = float.get(name.trim_end_matches("_f32"))?;
            Some((name.clone(), cosine(tensor, of)))
        })
        .collect();
    assert!(
        !found.is_empty(),
        "{network}: no output has the name of a float tensor"
    );
    found
}

fn cosine(a: &Tensor, b: &Tensor) -> f64 {
    let (a, b) = (a.to_f32(), b.to_f32());
    let dot =
        |x: &[f32], y: &[f32]| -> f64 { x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum() };
    let (a, b) = (
        a.as_slice().expect("contiguous"),
        b.as_slice().expect("contiguous"),
    );
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Bytes of a sample's activations.
fn activation_bytes(tensors: &TensorMap) -> u64 {
    tensors.values().map(|tensor| tensor.len() as u64 * 4).sum()
}

/// Peak resident memory of a process, in bytes, read again and again while it runs.
fn peak_memory(folder: &Path, arguments: &[&str]) -> u64 {
    let mut child = Command::new(program("tpuc"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("tpuc starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        if let Some(status) = child.try_wait().expect("the process is ours") {
            assert!(status.success(), "tpuc {arguments:?}");
            return peak;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Statistics are kept, not activations: many samples need no more memory than few, and less than four times what one
/// sample's activations are.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_samples() {
    let Some(shared) = shared("memory_does_not_grow_with_the_samples") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let text = transform(folder.path(), &shared, "rfb320", &RFB320);
    let sample = activation_bytes(&npz::read(&folder.path().join("top.npz")).unwrap());
    let pictures = text_of(&shared.join("images/faces"));
    let peak = |count: &str, more: &[&str]| {
        let mut arguments = vec![
            "calibrate",
            &text,
            "--dataset",
            &pictures,
            "--input_num",
            count,
            "-o",
            "table",
        ];
        arguments.extend(more);
        peak_memory(folder.path(), &arguments)
    };
    let (few, many) = (peak("5", &[]), peak("40", &[]));
    // What every method needs, and no tuning.
    let all = peak("40", &["--dump_dist", "dist", "--cali_method", "max"]);
    println!(
        "rfb320: one sample's activations {} kB, peak for 5 samples {} kB, for 40 {} kB, for all methods {} kB",
        sample / 1024,
        few / 1024,
        many / 1024,
        all / 1024
    );
    assert!(all < 4 * sample, "{all} bytes for activations of {sample}");
    assert!(many < 4 * sample, "{many} bytes for activations of {sample}");
    assert!(many < few + few / 10, "{few} bytes for 5 samples, {many} for 40");
}

/// Measures a network and compares with the golden tables: minima and maxima to six digits, at least 95 % of the thresholds
/// within 1 % (all of them for the largest magnitude, to six digits).
fn check(shared: &Path, network: &str, options: &[&str], dataset: &str, methods: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let text = transform(folder.path(), shared, network, options);
    let pictures = text_of(&shared.join("images").join(dataset));
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
        // What INT8 keeps of each output must not be less than what the real table keeps.
        let kept = [Path::new("table"), &golden].map(|table| similarities(folder.path(), network, table));
        for (name, found) in &kept[0] {
            let theirs = kept[1][name];
            println!("{network} {method} {name}: cosine {found:.5}, with the real table {theirs:.5}");
            assert!(
                *found >= theirs - 0.01,
                "{network} {method} {name}: cosine {found}, with the real table {theirs}"
            );
        }
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
