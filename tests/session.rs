//! `tpuc run`'s way from npz to npz, on vendor bmodels: outputs equal to the bit, and what cannot run is refused.
#![allow(clippy::print_stderr)]

use tpuc_compiler::{
    data::{DType, TensorMap, npz},
    tools::run::{BmodelRunner, run_bmodel},
};
use tpuc_tests::shared;

const RUNNING: [&str; 9] = [
    "models/mnist",
    "models/rfb320",
    "models/fastestdet",
    "ops/GatherElements",
    "ops/AddBcast_0",
    // Programs for the chip's own interpreter instead of commands.
    "ops/Flip",
    "ops/Gather3",
    "ops/Shape",
    "ops/ShapeSlice",
];

#[test]
fn bmodels_run_from_npz_to_npz() {
    let Some(shared) = shared("bmodels_run_from_npz_to_npz") else {
        return;
    };
    let mut failures = Vec::new();
    let mut compared = 0;
    for case in RUNNING {
        for quant in ["int8", "f32"] {
            let folder = shared.join("golden").join(case);
            let inputs = npz::read(&folder.join("input.npz")).unwrap();
            let expected = npz::read(&folder.join(format!("model_{quant}_outputs.npz"))).unwrap();
            match run_bmodel(&folder.join(format!("{quant}.bmodel")), &inputs, false) {
                Err(error) => failures.push(format!("{case}/{quant}: {error:#}")),
                Ok(outputs) => {
                    let same = |(name, tensor): (&String, &tpuc_compiler::data::Tensor)| {
                        outputs.get(name).is_some_and(|output| {
                            output.dtype() == tensor.dtype()
                                && output.shape() == tensor.shape()
                                && output.to_bytes() == tensor.to_bytes()
                        })
                    };
                    if outputs.len() != expected.len() || !expected.iter().all(same) {
                        failures.push(format!("{case}/{quant}: differs"));
                    }
                    compared += 1;
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    eprintln!("{compared} bmodels equal to the bit");
}

#[test]
fn outputs_can_stay_quantised() {
    let Some(shared) = shared("outputs_can_stay_quantised") else {
        return;
    };
    let folder = shared.join("golden/ops/GatherElements");
    let inputs = npz::read(&folder.join("input.npz")).unwrap();
    let units = run_bmodel(&folder.join("int8.bmodel"), &inputs, false).unwrap();
    let mut runner = BmodelRunner::open(&folder.join("int8.bmodel")).unwrap();
    runner.out_fixed = true;
    let fixed = runner.run(&inputs).unwrap();
    assert_eq!(fixed["output_Add"].dtype(), DType::U8);
    let scaled: Vec<f32> = fixed["output_Add"]
        .to_f32()
        .iter()
        .map(|q| q * 0.038_862_746)
        .collect();
    let units: Vec<f32> = units["output_Add"].to_f32().iter().copied().collect();
    assert_eq!(units, scaled);
}

#[test]
fn what_cannot_run_is_refused() {
    let Some(shared) = shared("what_cannot_run_is_refused") else {
        return;
    };
    let golden = shared.join("golden");
    let refused = |case: &str, inputs: &TensorMap| {
        format!(
            "{:#}",
            run_bmodel(&golden.join(case).join("f32.bmodel"), inputs, true).unwrap_err()
        )
    };
    let inputs = npz::read(&golden.join("models/mnist/input.npz")).unwrap();
    let message = refused("models/mnist", &inputs);
    assert!(
        message.ends_with("deploy the model with --debug to have them"),
        "{message}"
    );
    let message = refused("models/rfb320", &inputs);
    assert!(
        message.contains("input 'input' is missing; the model needs input, the file has Input3"),
        "{message}"
    );
    let other = npz::read(&golden.join("models/rfb320/input.npz")).unwrap();
    let renamed: TensorMap = other
        .into_iter()
        .map(|(_, tensor)| ("Input3".to_owned(), tensor))
        .collect();
    let message = refused("models/mnist", &renamed);
    assert!(
        message
            .contains("input `Input3` has shape [1, 3, 240, 320], the net was compiled for [1, 1, 28, 28]"),
        "{message}"
    );
}
