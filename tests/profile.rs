//! The cycle model: golden bmodels against the vendor's static estimate, and the time line as a file.
#![allow(clippy::print_stderr)]

use crate::whole_commands::prepared;
use serde_json::Value;
use std::path::Path;
use tpuc_runtime::{
    bmodel::Bmodel,
    isa::cost::ISSUE_CYCLES,
    profile::{OperationNames, Profile, ProfileError},
};
use tpuc_tests::{golden_files, run_in, shared, succeed_in};

fn profile(path: &Path) -> Result<Profile, ProfileError> {
    let model = Bmodel::read(path).unwrap();
    Profile::of_stage(&model.nets[0].stages[0], &OperationNames::default())
}

/// Work of the engines in cycles as TPU-MLIR 1.30.2 estimates it when it compiles these networks (`docs/cycle-model.md`). The
/// TIU's formulas are those of the estimate; for DDR it assumes 53.4 bytes in a cycle, ours are 50.
#[test]
fn work_is_that_of_the_vendors_static_estimate() {
    let Some(shared) = shared("work_is_that_of_the_vendors_static_estimate") else {
        return;
    };
    let rows = [
        ("rfb320/int8", 277_531, 204_531, 2.05),
        ("rfb320/f32", 262_995, 101_556, 1.86),
        ("fastestdet/int8", 382_853, 991_052, 3.95),
        ("fastestdet/f32", 275_008, 512_109, 2.11),
        ("mnist/int8", 12_850, 1725, 0.44),
    ];
    let mut wrong = Vec::new();
    for (name, tiu, dma, milliseconds) in rows {
        let path = shared.join("golden/models").join(format!("{name}.bmodel"));
        let totals = profile(&path).unwrap().totals;
        let ratios = [
            (totals.tiu_cycles as f64 / f64::from(tiu), 0.99..=1.01, "TIU"),
            (totals.dma_cycles as f64 / f64::from(dma), 0.98..=1.09, "GDMA"),
            (totals.milliseconds() / milliseconds, 0.98..=1.02, "latency"),
        ];
        for (ratio, range, what) in ratios {
            if !range.contains(&ratio) {
                wrong.push(format!(
                    "{name}: {what} {ratio:.3}, {totals:?} {:.3} ms",
                    totals.milliseconds()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The engines overlap: the whole is not shorter than the busier one, and not longer than both in turn. Files that hold no
/// static commands say so.
#[test]
fn every_golden_file_has_a_time_line() {
    let Some(shared) = shared("every_golden_file_has_a_time_line") else {
        return;
    };
    let (mut profiled, mut dynamic) = (0, 0);
    for path in golden_files(&shared, &["int8.bmodel", "f32.bmodel"]) {
        let profile = match profile(&path) {
            Ok(profile) => profile,
            Err(ProfileError::Dynamic(_)) => {
                dynamic += 1;
                continue;
            }
            Err(error) => panic!("{}: {error}", path.display()),
        };
        profiled += 1;
        let totals = profile.totals;
        let tiu = totals.tiu_cycles + ISSUE_CYCLES * totals.tiu_commands;
        let dma = totals.dma_cycles + ISSUE_CYCLES * totals.dma_commands;
        assert!(totals.cycles >= tiu.max(dma), "{}: {totals:?}", path.display());
        assert!(totals.cycles <= tiu + dma, "{}: {totals:?}", path.display());
        assert!(totals.mac_utilisation() <= 1.0, "{}: {totals:?}", path.display());
        // A copy inside DDR counts twice.
        assert!(totals.ddr_utilisation() <= 2.0, "{}: {totals:?}", path.display());
    }
    eprintln!("{profiled} bmodels profiled, {dynamic} without static commands");
    assert!(profiled > 300 && dynamic == 8, "{profiled} {dynamic}");
}

/// Checks a file in Chrome's trace event format: a row for each engine, complete events that do not overlap in a row.
fn check_trace(path: &Path) -> Vec<Value> {
    let trace: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let named = |event: &&Value| event["ph"] == "M" && event["name"] == "thread_name";
    let rows: Vec<&str> = events
        .iter()
        .filter(named)
        .map(|event| event["args"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(rows, ["TIU", "GDMA"]);
    let slices: Vec<Value> = events
        .iter()
        .filter(|event| event["ph"] == "X")
        .cloned()
        .collect();
    for row in [1, 2] {
        let mut end = 0.0;
        for slice in slices.iter().filter(|slice| slice["tid"] == row) {
            let (start, duration) = (slice["ts"].as_f64().unwrap(), slice["dur"].as_f64().unwrap());
            assert!(start >= end && duration >= 0.0, "{slice}");
            assert!(slice["args"]["cycles"].as_u64().is_some(), "{slice}");
            assert!(!slice["name"].as_str().unwrap().is_empty(), "{slice}");
            end = start + duration;
        }
        assert!(end > 0.0, "row {row} is empty");
    }
    slices
}

#[test]
fn the_time_line_is_written_with_and_without_a_run() {
    let folder = prepared();
    let still = ["bmodel", "profile", "int8.bmodel", "-o", "still.json"];
    let printed = succeed_in(folder, "tpuc", &still).out;
    for part in [
        "estimated latency: ",
        "TIU: ",
        "GDMA: ",
        "multiply-adds",
        "of 32 GiB/s",
        "conv",
    ] {
        assert!(printed.contains(part), "'{part}' is missing in\n{printed}");
    }
    let run = [
        "run",
        "--model",
        "int8.bmodel",
        "--input",
        "digits_in_f32.npz",
        "--output",
        "profiled.npz",
        "--profile",
        "run.json",
    ];
    let ran = succeed_in(folder, "tpuc", &run).out;
    assert!(
        ran.contains("estimated latency: ") && ran.contains("time line saved to:run.json"),
        "{ran}"
    );
    let slices = check_trace(&folder.join("still.json"));
    assert_eq!(slices, check_trace(&folder.join("run.json")));
    let sums: Value = serde_json::from_str(
        &succeed_in(folder, "tpuc", &["bmodel", "profile", "int8.bmodel", "--json"]).out,
    )
    .unwrap();
    let commands = sums["tiu"]["commands"].as_u64().unwrap() + sums["gdma"]["commands"].as_u64().unwrap();
    assert_eq!(commands, slices.len() as u64);
    assert!(sums["mac_utilisation"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_cannot_be_profiled_is_said() {
    let folder = prepared();
    for (arguments, message) in [
        (
            vec!["int8.bmodel", "--net", "nothing"],
            "no net `nothing`; the bmodel has digits",
        ),
        (
            vec!["int8.bmodel", "--stage", "7"],
            "net `digits` has 1 stages, and none with number 7",
        ),
        (vec!["digits.mlir"], "digits.mlir"),
        (
            vec!["int8.bmodel", "-o", "nowhere/trace.json"],
            "nowhere/trace.json",
        ),
    ] {
        let ran = run_in(folder, "tpuc", &[vec!["bmodel", "profile"], arguments].concat());
        assert!(
            ran.status != 0 && ran.err.contains(message) && !ran.err.contains("panicked"),
            "{}",
            ran.err
        );
    }
}
