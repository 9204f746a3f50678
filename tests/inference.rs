//! Reference inference against tensors that TPU-MLIR's own interpreter computed.
//!
//! Integer tensors must be equal element by element, tensors of `top` close to order 4 as `npz compare` counts. Other real ones
//! may differ by the order of summation: by at most `1e-4` of the value plus `1e-5` of the tensor's largest magnitude.
#![allow(clippy::print_stderr)]

use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tpuc_compiler::data::compare::{CompareOptions, Level, compare_tensors};
use tpuc_compiler::data::{Tensor, TensorMap, npz};
use tpuc_compiler::inference::{Dump, Interpreter};
use tpuc_compiler::tools::runner::run_mlir;
use tpuc_tests::{golden_files, golden_program, shared};

/// How many elements differ from the golden ones, and the first difference.
fn differences(found: &Tensor, golden: &Tensor, exact: bool) -> (usize, String) {
    let (found, golden) = (found.to_f32(), golden.to_f32());
    if found.shape() != golden.shape() {
        return (
            usize::MAX,
            format!("shape {:?}, not {:?}", found.shape(), golden.shape()),
        );
    }
    let largest = golden
        .iter()
        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let mut count = 0;
    let mut first = String::new();
    for (index, (found, golden)) in found.iter().zip(golden.iter()).enumerate() {
        let same = if exact {
            found == golden
        } else {
            (found - golden).abs() <= 1e-4 * golden.abs() + 1e-5 * largest
                || found == golden
                || (found.is_nan() && golden.is_nan())
        };
        if !same {
            if count == 0 {
                first = format!("at {index}: {found}, not {golden}");
            }
            count += 1;
        }
    }
    (count, first)
}

/// Runs a program on the case's input and compares every tensor that the golden archive has. The number compared.
fn check(program: &Path, golden: &Path) -> Result<usize> {
    let loaded = golden_program(program)?;
    let interpreter = Interpreter::new(&loaded)?;
    let folder = program.parent().context("a file in a folder")?;
    let inputs = npz::read(&folder.join("input.npz"))?;
    let found: TensorMap = interpreter.run_all(&inputs, Dump::All)?;
    if let Some(best) = std::env::var_os("TPUC_TIMES").map(|_| {
        let times = (0..10).map(|_| {
            let start = std::time::Instant::now();
            let result = interpreter.run(&inputs, &mut |_, _| {});
            result.map(|()| start.elapsed().as_secs_f64() * 1e3)
        });
        times.filter_map(Result::ok).fold(f64::INFINITY, f64::min)
    }) {
        eprintln!("{}: {best:.2} ms, best of 10", program.display());
    }
    let golden = npz::read(golden)?;
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, golden) in &golden {
        let Some(tensor) = found.get(name) else {
            wrong.push(format!("{name} is missing"));
            continue;
        };
        let exact = interpreter.quantisation(name).is_some();
        let (count, first) = differences(tensor, golden, exact);
        if count > 0 {
            let kind = if exact { "integers" } else { "reals" };
            wrong.push(format!(
                "{name}: {count} of {} {kind} differ, {first}",
                golden.len()
            ));
        }
        compared += 1;
    }
    if wrong.is_empty() {
        return Ok(compared);
    }
    bail!(
        "{} of {} tensors are wrong\n    {}",
        wrong.len(),
        golden.len(),
        wrong.join("\n    ")
    )
}

const NETWORKS: [&str; 3] = ["mnist", "rfb320", "fastestdet"];

#[test]
fn networks_compute_what_the_real_interpreter_does() {
    let Some(shared) = shared("networks_compute_what_the_real_interpreter_does") else {
        return;
    };
    let mut failures = Vec::new();
    for network in NETWORKS {
        let folder = shared.join("golden/models").join(network);
        for (program, golden) in [
            ("top.mlir", "top_outputs.npz"),
            ("tpu_int8.mlir", "tpu_int8_outputs.npz"),
        ] {
            match check(&folder.join(program), &folder.join(golden)) {
                Ok(count) => eprintln!("{network} {program}: {count} tensors agree"),
                Err(error) => failures.push(format!("{network} {program}: {error:#}")),
            }
        }
        // The f32 program lowered for the chip gives what top gives.
        match check(&folder.join("tpu_f32.mlir"), &folder.join("top_outputs.npz")) {
            Ok(count) => eprintln!("{network} tpu_f32.mlir: {count} tensors agree"),
            Err(error) => failures.push(format!("{network} tpu_f32.mlir: {error:#}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Cases of the operator suite that are known to differ, with the reason.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "Acos",
        "tpu_f32.mlir",
        "golden tensors are the chip's own approximation",
    ),
    (
        "TorchGelu",
        "tpu_f32.mlir",
        "golden tensors are the chip's own approximation",
    ),
];

/// Runs one file name of all operator cases; the number that passed and the failures.
fn operators(shared: &Path, program: &str, golden: &str) -> (usize, Vec<String>) {
    use rayon::prelude::*;
    let files: Vec<PathBuf> = golden_files(&shared.join("."), &[program])
        .into_iter()
        .filter(|file| file.components().any(|part| part.as_os_str() == "ops"))
        .collect();
    let (passed, skipped, planned) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = files
        .par_iter()
        .filter_map(|file| {
            let folder = file.parent()?;
            let case = folder.file_name()?.to_string_lossy().into_owned();
            let weights = golden_program(file).is_ok_and(|program| {
                let names = program.weight_names();
                names.iter().all(|name| program.weights.contains(name))
            });
            let result = if weights && folder.join(golden).exists() && folder.join("input.npz").exists() {
                check(file, &folder.join(golden)).map(|_| {
                    passed.fetch_add(1, Ordering::Relaxed);
                })
            } else {
                skipped.fetch_add(1, Ordering::Relaxed);
                golden_program(file).and_then(|program| {
                    if weights {
                        Interpreter::new(&program)?;
                        planned.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            };
            let known = KNOWN
                .iter()
                .any(|(name, file, _)| *name == case && *file == program);
            match result {
                Ok(()) if known => Some(format!("{case} {program}: passes now, take it off the list")),
                Err(error) if !known => Some(format!("{case} {program}: {error:#}")),
                _ => None,
            }
        })
        .collect();
    eprintln!(
        "operators, {program}: {} of {} agree; {} lack golden tensors or weights, {} of these are planned",
        passed.load(Ordering::Relaxed),
        files.len(),
        skipped.load(Ordering::Relaxed),
        planned.load(Ordering::Relaxed)
    );
    (passed.into_inner(), failures)
}

#[test]
fn operators_compute_what_the_real_interpreter_does() {
    let Some(shared) = shared("operators_compute_what_the_real_interpreter_does") else {
        return;
    };
    let mut failures = Vec::new();
    for (program, golden) in [
        ("top.mlir", "top_outputs.npz"),
        ("tpu_int8.mlir", "tpu_int8_outputs.npz"),
        ("tpu_f32.mlir", "model_f32_outputs.npz"),
    ] {
        let (passed, found) = operators(&shared, program, golden);
        assert!(passed > 0);
        failures.extend(found);
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The library function behind the tools: all tensors, or the outputs and what they were cast from.
#[test]
fn text_files_run() {
    let Some(shared) = shared("text_files_run") else {
        return;
    };
    let folder = shared.join("golden/models/mnist");
    let inputs = npz::read(&folder.join("input.npz")).unwrap();
    let path = folder.join("tpu_int8.mlir");
    let all = run_mlir(&path, &inputs, true).unwrap();
    let golden = npz::read(&folder.join("tpu_int8_outputs.npz")).unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), golden.keys().collect::<Vec<_>>());
    let outputs = run_mlir(&path, &inputs, false).unwrap();
    let names: Vec<_> = outputs.keys().map(String::as_str).collect();
    assert_eq!(names, ["Plus214_Output_0_Gemm_f32", "Plus214_Output_0_Gemm"]);
    assert_eq!(
        outputs["Plus214_Output_0_Gemm_f32"],
        golden["Plus214_Output_0_Gemm_f32"]
    );
    // An input of another size, and an operation that nobody executes.
    let mut small = TensorMap::new();
    small.insert("Input3".into(), Tensor::from_vec(&[1], vec![0.0_f32]).unwrap());
    let error = run_mlir(&path, &small, true).unwrap_err().to_string();
    assert!(
        error.contains("input 'Input3' has shape [1], the program needs [1, 1, 28, 28]"),
        "{error}"
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.mlir");
    let text = "module @a {
  func.func @main(%arg0: tensor<2xf32>) -> tensor<2xf32> {
    %0 = \"top.Input\"(%arg0) : (tensor<2xf32>) -> tensor<2xf32> loc(\"x\")
    %1 = \"top.SwapChannel\"(%0) {channel_order = [0]} : (tensor<2xf32>) -> tensor<2xf32> loc(\"y\")
    return %1 : tensor<2xf32>
  }
}
";
    std::fs::write(&path, text).unwrap();
    let error = run_mlir(&path, &small, true).unwrap_err().to_string();
    assert!(error.contains("'top.SwapChannel' op has no kernel"), "{error}");
    assert!(error.contains("a.mlir:4"), "{error}");
}

/// What `npz compare` says of a tensor of `top` against what TPU-MLIR's interpreter computed.
struct Closeness {
    name: String,
    level: Level,
    order: Option<u32>,
}

fn closeness(case: &str, file: &Path) -> Result<Vec<Closeness>> {
    let folder = file.parent().context("a file in a folder")?;
    let program = golden_program(file)?;
    let inputs = npz::read(&folder.join("input.npz"))?;
    let found = Interpreter::new(&program)?.run_all(&inputs, Dump::All)?;
    let golden = npz::read(&folder.join("top_outputs.npz"))?;
    golden
        .iter()
        .map(|(name, golden)| {
            let found = found.get(name).with_context(|| format!("{name} is missing"))?;
            let report = compare_tensors(name, found, golden, &CompareOptions::default());
            Ok(Closeness {
                name: format!("{case} {name}"),
                level: report.level,
                order: report.close_order,
            })
        })
        .collect()
}

/// Every tensor of `top` is EQUAL or CLOSE to order 4 (a relative 10^-4).
#[test]
fn top_tensors_are_close_to_order_4() {
    use rayon::prelude::*;
    let Some(shared) = shared("top_tensors_are_close_to_order_4") else {
        return;
    };
    let files: Vec<PathBuf> = golden_files(&shared, &["top.mlir"])
        .into_iter()
        .filter(|file| {
            let folder = file.parent().unwrap_or(file);
            let weights = golden_program(file).is_ok_and(|program| {
                let names = program.weight_names();
                names.iter().all(|name| program.weights.contains(name))
            });
            weights && folder.join("top_outputs.npz").is_file() && folder.join("input.npz").is_file()
        })
        .collect();
    let tensors: Vec<Closeness> = files
        .par_iter()
        .flat_map(|file| {
            let folder = file.parent().unwrap_or(file);
            let case = folder.file_name().unwrap_or_default().to_string_lossy();
            closeness(&case, file).unwrap_or_else(|error| panic!("{case}: {error:#}"))
        })
        .collect();
    let count = |test: &dyn Fn(&&Closeness) -> bool| tensors.iter().filter(test).count();
    eprintln!(
        "top inference: {} graphs, {} tensors: {} EQUAL, {} CLOSE to order 5, {} to order 4",
        files.len(),
        tensors.len(),
        count(&|tensor| tensor.level == Level::Equal),
        count(&|tensor| tensor.order == Some(5)),
        count(&|tensor| tensor.order == Some(4)),
    );
    let failures: Vec<String> = tensors
        .iter()
        .filter(|tensor| tensor.level != Level::Equal && tensor.order.is_none_or(|order| order < 4))
        .map(|tensor| format!("{}: {}", tensor.name, tensor.level.name()))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
