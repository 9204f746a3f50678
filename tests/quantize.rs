//! `tpuc quantize` on the example network: what it writes, going on after an interruption, and what stops it.

use crate::whole_commands::prepared;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tpuc_tests::{digits, succeed_in};

/// Whether it succeeded, standard output, standard error.
pub fn run(folder: &Path, name: &str, arguments: &[&str]) -> (bool, String, String) {
    let ran = tpuc_tests::run_in(folder, name, arguments);
    (ran.status == 0, ran.out, ran.err)
}

/// Runs it on the prepared network with the first 16 pictures; the folder is where results go.
fn arguments<'a>(network: &'a str, images: &'a str, folder: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec![
        "quantize",
        network,
        "--dataset",
        images,
        "--input_num",
        "16",
        "-o",
        folder,
    ];
    all.extend_from_slice(more);
    all
}

fn network() -> String {
    prepared().join("digits.mlir").display().to_string()
}

fn images() -> String {
    digits().join("calibration").display().to_string()
}

#[test]
fn quantize_writes_everything_and_the_bmodel_classifies() {
    let folder = tempfile::tempdir().unwrap();
    let (network, images) = (network(), images());
    let text = succeed_in(folder.path(), "tpuc", &arguments(&network, &images, "q", &[])).out;
    assert!(
        text.contains("per-channel shifts") && text.contains("ms (estimate)"),
        "{text}"
    );
    for file in [
        "digits_cali_table",
        "digits_qtable",
        "digits_int8.bmodel",
        "digits_bm1684_int8_sym_tpu.mlir",
        "digits_bm1684_int8_sym_final.mlir",
        "quantize.json",
    ] {
        assert!(folder.path().join("q").join(file).is_file(), "{file}");
    }
    let samples = digits().join("digits_test.npz").display().to_string();
    let top1 = |model: &str| -> f64 {
        let arguments = [
            "eval",
            "--model",
            model,
            "--dataset",
            &samples,
            "--input",
            "image",
            "--label",
            "label",
        ];
        let text = succeed_in(folder.path(), "tpuc", &arguments).out;
        let percent = text.split_once("top-1: ").unwrap().1;
        percent.split_once(" %").unwrap().0.trim().parse().unwrap()
    };
    let plain = prepared().join("int8.bmodel").display().to_string();
    assert!(top1("q/digits_int8.bmodel") >= top1(&plain));
    // The lowered program can be deployed again; its tables are behind it.
    let lowered = "q/digits_bm1684_int8_sym_tpu.mlir";
    let deploy = [
        "deploy",
        "--mlir",
        lowered,
        "--quantize",
        "INT8",
        "--model",
        "again.bmodel",
    ];
    succeed_in(folder.path(), "tpuc", &deploy);
    assert_eq!(
        fs::read(folder.path().join("again.bmodel")).unwrap(),
        fs::read(folder.path().join("q/digits_int8.bmodel")).unwrap()
    );
    let table = folder.path().join("q/digits_cali_table").display().to_string();
    let (ok, _, error) = run(
        folder.path(),
        "tpuc",
        &[&deploy[..], &["--calibration_table", &table]].concat(),
    );
    assert!(!ok && error.contains("is lowered already"), "{error}");
}

#[test]
fn an_interrupted_run_goes_on_and_two_runs_exclude_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (network, images) = (network(), images());
    let whole = succeed_in(folder.path(), "tpuc", &arguments(&network, &images, "whole", &[])).out;
    // Killed as soon as it has kept a trial.
    let state = folder.path().join("part/quantize.json");
    let mut child = Command::new(tpuc_tests::program("tpuc"))
        .args(arguments(&network, &images, "part", &[]))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while !state.is_file() && begin.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(state.is_file());
    let rest = succeed_in(folder.path(), "tpuc", &arguments(&network, &images, "part", &[])).out;
    assert!(rest.contains("of an earlier run are kept"), "{rest}");
    let without_first_line = |text: &str| text.split_once('\n').unwrap().1.replace("part", "whole");
    assert_eq!(without_first_line(&rest), without_first_line(&whole));
    let read = |folder_name: &str, file: &str| fs::read(folder.path().join(folder_name).join(file)).unwrap();
    assert_eq!(
        read("part", "digits_int8.bmodel"),
        read("whole", "digits_int8.bmodel")
    );

    // Another run holds the folder.
    let lock = fs::File::create(folder.path().join("part/.quantize.lock")).unwrap();
    lock.lock().unwrap();
    let (ok, _, error) = run(folder.path(), "tpuc", &arguments(&network, &images, "part", &[]));
    assert!(
        !ok && error.contains("another 'tpuc quantize' is at work in 'part'"),
        "{error}"
    );
}

#[test]
fn a_full_disk_is_an_error_that_leaves_no_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    let (network, images) = (network(), images());
    let line = format!(
        "trap '' XFSZ; ulimit -f 16; exec '{}' quantize '{network}' --dataset '{images}' --input_num 4 --refine none --per_channel no --equalize no --cali_method max -o q",
        tpuc_tests::program("tpuc").display()
    );
    let output = Command::new("bash")
        .args(["-c", &line])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && error.starts_with("error: "),
        "{error}"
    );
    assert!(error.contains("File too large"), "{error}");
    for entry in fs::read_dir(folder.path().join("q")).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.metadata().unwrap().len() <= 16 * 1024, "{}", path.display());
        assert!(path.extension().is_none_or(|extension| extension != "bmodel"));
    }
}

#[test]
fn pictures_that_do_not_decode_are_left_out_up_to_a_tenth() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    let mut good: Vec<_> = fs::read_dir(digits().join("calibration"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    good.sort();
    for path in &good[..20] {
        fs::copy(path, pictures.join(path.file_name().unwrap())).unwrap();
    }
    fs::write(pictures.join("bad_1.png"), "no picture").unwrap();
    let network = network();
    let quick = [
        "--refine",
        "none",
        "--per_channel",
        "no",
        "--equalize",
        "no",
        "--cali_method",
        "max",
    ];
    let mut all = vec![
        "quantize",
        &network,
        "--dataset",
        "pictures",
        "--input_num",
        "0",
        "-o",
        "q",
    ];
    all.extend_from_slice(&quick);
    let (ok, text, error) = run(folder.path(), "tpuc", &all);
    assert!(
        ok && error.contains("bad_1.png") && text.contains("20 samples"),
        "{text}{error}"
    );
    for index in 2..6 {
        fs::write(pictures.join(format!("bad_{index}.png")), "no picture").unwrap();
    }
    let (ok, _, error) = run(folder.path(), "tpuc", &all);
    assert!(!ok && error.contains("bad_"), "{error}");
}

#[test]
fn budgets_and_words_of_nntc() {
    let folder = tempfile::tempdir().unwrap();
    let (network, images) = (network(), images());
    let quantize = |more: &[&str]| run(folder.path(), "tpuc", &arguments(&network, &images, "q", more));
    let (ok, text, _) = quantize(&[
        "--nntc_options",
        "-th_method=ADMM;-conv_group=true;-fpfwd_outputs=scores_Gemm;-iterations=12;-save_model",
    ]);
    assert!(ok, "{text}");
    for line in [
        "-th_method=ADMM: --cali_method admm",
        "-conv_group=true: --per_channel yes",
        "-iterations=12: --input_num 12",
        "digits: 12 samples",
        "float    1 layers",
    ] {
        assert!(text.contains(line), "no '{line}' in {text}");
    }
    let qtable = fs::read_to_string(folder.path().join("q/digits_qtable")).unwrap();
    assert!(qtable.contains("scores_Gemm F32"), "{qtable}");

    let (ok, _, error) = quantize(&["--nntc_options", "-fpfwd_outputs=scores_Gem"]);
    assert!(
        !ok && error.contains("did you mean") && error.contains("scores_Gemm"),
        "{error}"
    );
    let (ok, _, error) = quantize(&["--expected_sqnr", "90"]);
    assert!(!ok && error.contains("dB were wanted"), "{error}");
    let (ok, _, error) = quantize(&["--max_latency_ms", "0.001"]);
    assert!(!ok && error.contains("ms were allowed"), "{error}");
    let (ok, _, error) = quantize(&["--equalize", "yes", "--nntc_options", "-fp32_diff=1e-30"]);
    assert!(
        !ok && error.contains("max diff = ") && error.contains("raise it"),
        "{error}"
    );
    let (ok, text, _) = quantize(&["--max_float_layers", "2"]);
    assert!(ok && text.contains("in F32"), "{text}");
}

#[test]
fn a_failed_comparison_says_where_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let here = prepared();
    let deploy = |table: &Path, more: &[&str]| {
        let path = |name: &str| here.join(name).display().to_string();
        let (network, input, reference) = (path("digits.mlir"), path("digits_in_f32.npz"), path("top.npz"));
        let table = table.display().to_string();
        let mut all = vec![
            "deploy",
            "--mlir",
            &network,
            "--quantize",
            "INT8",
            "--calibration_table",
            &table,
            "--test_input",
            &input,
            "--test_reference",
            &reference,
            "--model",
            "m.bmodel",
        ];
        all.extend_from_slice(more);
        run(folder.path(), "tpuc", &all)
    };
    let table = fs::read_to_string(here.join("cali_table")).unwrap();
    // A layer's threshold far below its values.
    let clipped: String = table
        .lines()
        .map(
            |line| match line.strip_prefix("/stage1/stage1.2/Relu_output_0_Relu ") {
                Some(_) => "/stage1/stage1.2/Relu_output_0_Relu 0.0100000 0.0000000 0.0100000\n".to_owned(),
                None => format!("{line}\n"),
            },
        )
        .collect();
    assert_ne!(clipped, table);
    let path = folder.path().join("clipped");
    fs::write(&path, &clipped).unwrap();
    let (ok, _, error) = deploy(&path, &[]);
    assert!(!ok, "a network with a clipped layer passed");
    for part in [
        "the error jumps at '/stage1/stage1.2/Relu_output_0_Relu' (top.Conv)",
        "cause: clipping. Its threshold allows 0.0100",
        "--cali_method max",
    ] {
        assert!(error.contains(part), "no '{part}' in {error}");
    }
    // The input's range of a table that was made with another preprocessing.
    let scaled: String = clipped
        .lines()
        .map(|line| match line.strip_prefix("image ") {
            Some(_) => "image 2550.0000000 0.0000000 2550.0000000\n".to_owned(),
            None => format!("{line}\n"),
        })
        .collect();
    assert_ne!(scaled, clipped);
    let path = folder.path().join("scaled");
    fs::write(&path, scaled).unwrap();
    let (ok, _, error) = deploy(&path, &[]);
    assert!(!ok && error.contains("the preprocessing differs"), "{error}");
    // Names of another export, accepted on purpose.
    let path = folder.path().join("clipped");
    let qtable = folder.path().join("qtable");
    fs::write(&qtable, "output0_Concat F32\n").unwrap();
    let qtable = qtable.display().to_string();
    let (ok, _, error) = deploy(&path, &["--quantize_table", &qtable, "--allow_unmatched"]);
    assert!(
        !ok && error.contains("1 names of the quantisation table match nothing"),
        "{error}"
    );
}
