//! The guide that the project was born from (../shared/seed/Calibration_Guide_EN.md), followed with its own command names.

use crate::quantize::run;
use crate::whole_commands::prepared;
use std::fs;
use tpuc_tests::{digits, succeed_in};

#[test]
fn the_seed_guide_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let from = |name: &str| prepared().join(name).display().to_string();
    for name in ["digits.mlir", "digits_top_f32_all_weight.npz"] {
        fs::copy(prepared().join(name), here.join(name)).unwrap();
    }
    succeed_in(here, "tpuc", &["install-links", "bin"]);
    let tool = |name: &str, arguments: &[&str]| {
        let output = std::process::Command::new(here.join("bin").join(name))
            .args(arguments)
            .current_dir(here)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let works = |name: &str, arguments: &[&str]| {
        let (ok, text, error) = tool(name, arguments);
        assert!(ok, "{name} {arguments:?}: {text}{error}");
        text
    };

    // 1.3.1 step 1: the network for Netron.
    works("mlir2onnx.py", &["-m", "digits.mlir", "-o", "digits_view.onnx"]);
    let onnx = fs::read(here.join("digits_view.onnx")).unwrap();
    let layer = "/stage2/stage2.5/Relu_output_0_Relu";
    assert!(onnx.windows(layer.len()).any(|window| window == layer.as_bytes()));

    // Step 2: a qtable of a layer and all behind it.
    works(
        "fp_forward.py",
        &[
            "digits.mlir",
            "--fpfwd_outputs",
            layer,
            "--chip",
            "bm1684",
            "--fp_type",
            "F32",
            "-o",
            "digits_qtable",
        ],
    );
    assert!(
        fs::read_to_string(here.join("digits_qtable"))
            .unwrap()
            .contains(&format!("{layer} F32"))
    );

    // Section 2.1: other threshold methods.
    let images = digits().join("calibration").display().to_string();
    for method in ["admm", "max", "percentile9999"] {
        works(
            "run_calibration.py",
            &[
                "digits.mlir",
                "--dataset",
                &images,
                "--input_num",
                "16",
                "--cali_method",
                method,
                "-o",
                &format!("table_{method}"),
            ],
        );
    }

    // Step 3: deploy with it, and see whether it helped.
    let (input, reference) = (from("digits_in_f32.npz"), from("top.npz"));
    let deploy = |qtable: &str| {
        tool(
            "model_deploy.py",
            &[
                "--mlir",
                "digits.mlir",
                "--quantize",
                "INT8",
                "--calibration_table",
                "table_max",
                "--quantize_table",
                qtable,
                "--chip",
                "bm1684",
                "--test_input",
                &input,
                "--test_reference",
                &reference,
                "--tolerance",
                "0.8,0.5",
                "--model",
                "digits_mix.bmodel",
            ],
        )
    };
    let (ok, text, error) = deploy("digits_qtable");
    assert!(ok && text.contains("PASSED"), "{text}{error}");
    assert!(here.join("digits_mix.bmodel").is_file());

    // Section 2.2, TPU-NNTC: the names for Netron, a comparison in floating point that is too strict, and the cure.
    succeed_in(
        here,
        "tpuc",
        &["umodel", "export", "digits.mlir", "-o", "digits.prototxt"],
    );
    let prototxt = fs::read_to_string(here.join("digits.prototxt")).unwrap();
    assert!(
        prototxt.contains(&format!("name: \"{layer}\"\n  type: \"Convolution\"")),
        "{prototxt}"
    );
    let nntc = |options: &str| {
        run(
            here,
            "tpuc",
            &[
                "quantize",
                "digits.mlir",
                "--dataset",
                &images,
                "--input_num",
                "8",
                "--equalize",
                "yes",
                "--nntc_options",
                options,
                "-o",
                "nntc",
            ],
        )
    };
    let (ok, _, error) = nntc("-fp32_diff=1e-20;-th_method=MAX");
    assert!(
        !ok && error.contains("max diff = ") && error.contains("blob name: scores_Gemm"),
        "{error}"
    );
    let (ok, text, error) = nntc("-fp32_diff=0.01;-th_method=MAX");
    assert!(
        ok && text.contains("-fp32_diff=0.01: --fp32_diff 0.01"),
        "{text}{error}"
    );

    // Section 2.3: a qtable of another export.
    fs::write(
        here.join("other_qtable"),
        "/model.22/Concat_5_output_0_Concat F32\noutput0_Concat F32\n",
    )
    .unwrap();
    let (ok, _, error) = deploy("other_qtable");
    assert!(!ok, "a qtable of another network was accepted");
    for name in ["/model.22/Concat_5_output_0_Concat", "output0_Concat"] {
        assert!(error.contains(&format!("no operation '{name}'")), "{error}");
    }
}
