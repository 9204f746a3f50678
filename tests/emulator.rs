//! The emulator on bmodels that TPU-MLIR compiled, against what the vendor's functional simulator computed: equal to
//! the last bit.
#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};

use tpuc_compiler::data::{Tensor, TensorMap, npz};
use tpuc_runtime::bmodel::Bmodel;
use tpuc_runtime::emulator::{Emulator, Simd};
use tpuc_runtime::session::{HostTensor, HostType, Session};
use tpuc_tests::{golden_files, shared};

/// What became of one bmodel.
enum Outcome {
    /// All outputs are there and equal.
    Equal,
    /// It ran, but input or reference are not among the golden files.
    RanOnly,
    /// Dynamic sub-nets need the vendor's interpreter.
    Dynamic,
}

fn host_tensor(name: &str, tensor: &Tensor) -> Result<HostTensor, String> {
    let dtype = HostType::from_name(tensor.dtype().name()).ok_or_else(|| format!("type of {name}"))?;
    Ok(HostTensor {
        name: name.to_owned(),
        dtype,
        shape: tensor.shape().to_vec(),
        data: tensor.to_bytes(),
    })
}

/// The golden inputs, by the net's names; a single input is found whatever it is called. `None` when one is missing.
fn golden_inputs(map: &TensorMap, names: &[String]) -> Result<Option<Vec<HostTensor>>, String> {
    let mut tensors = Vec::new();
    for name in names {
        let only = (map.len() == 1 && names.len() == 1)
            .then(|| map.values().next())
            .flatten();
        let Some(tensor) = map.get(name).or(only) else {
            return Ok(None);
        };
        tensors.push(host_tensor(name, tensor)?);
    }
    Ok(Some(tensors))
}

fn run(path: &Path) -> Result<Outcome, String> {
    run_on(path, Emulator::new().map_err(|error| error.to_string())?)
}

fn run_on(path: &Path, emulator: Emulator) -> Result<Outcome, String> {
    let model = Bmodel::read(path).map_err(|error| error.to_string())?;
    if model
        .nets
        .iter()
        .flat_map(|net| &net.stages)
        .flat_map(|stage| &stage.subnets)
        .any(|subnet| subnet.is_dynamic)
    {
        return Ok(Outcome::Dynamic);
    }
    let mut session = Session::new(model, emulator).map_err(|error| error.to_string())?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let names: Vec<String> = session
        .inputs()
        .iter()
        .map(|tensor| tensor.name.clone())
        .collect();
    let input_file = folder.join("input.npz");
    let given = if input_file.is_file() {
        golden_inputs(
            &npz::read(&input_file).map_err(|error| error.to_string())?,
            &names,
        )?
    } else {
        None
    };
    let has_inputs = given.is_some();
    let inputs = given.unwrap_or_else(|| {
        let zeros = |tensor: &tpuc_runtime::bmodel::Tensor| {
            let shape: Vec<usize> = tensor.shapes[0].iter().map(|size| *size as usize).collect();
            HostTensor::from_f32(tensor.name.clone(), &shape, &vec![0.5; shape.iter().product()])
        };
        session.inputs().iter().map(zeros).collect()
    });
    let outputs = session.run(&inputs).map_err(|error| error.to_string())?;
    let reference_file = folder.join(format!("model_{stem}_outputs.npz"));
    if !has_inputs || !reference_file.is_file() {
        return Ok(Outcome::RanOnly);
    }
    let reference = npz::read(&reference_file).map_err(|error| error.to_string())?;
    let mut compared = 0;
    for output in &outputs {
        let Some(expected) = reference.get(&output.name) else {
            continue;
        };
        compared += 1;
        let expected = host_tensor(&output.name, expected)?;
        if expected.dtype != output.dtype {
            return Err(format!(
                "{}: type {} instead of {}",
                output.name,
                output.dtype.name(),
                expected.dtype.name()
            ));
        }
        if expected.data != output.data {
            let size = expected.dtype.bytes();
            let pairs = expected.data.chunks(size).zip(output.data.chunks(size));
            let different = pairs.filter(|(a, b)| a != b).count();
            return Err(format!(
                "{}: {different} of {} values differ",
                output.name,
                expected.data.len() / size
            ));
        }
    }
    Ok(if compared == 0 {
        Outcome::RanOnly
    } else {
        Outcome::Equal
    })
}

/// Runs all files and returns how many were equal, ran only, and were dynamic.
fn run_all(files: &[PathBuf]) -> [usize; 3] {
    let mut counts = [0; 3];
    let mut failures = Vec::new();
    for path in files {
        match run(path) {
            Ok(Outcome::Equal) => counts[0] += 1,
            Ok(Outcome::RanOnly) => counts[1] += 1,
            Ok(Outcome::Dynamic) => {
                eprintln!("unsupported (dynamic sub-net): {}", path.display());
                counts[2] += 1;
            }
            Err(error) => failures.push(format!("{}: {error}", path.display())),
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
    counts
}

#[test]
fn emulator_runs_vendor_networks_bit_for_bit() {
    let Some(shared) = shared("emulator_runs_vendor_networks_bit_for_bit") else {
        return;
    };
    let files = golden_files(&shared, &["int8.bmodel", "f32.bmodel"]);
    let networks: Vec<PathBuf> = files
        .into_iter()
        .filter(|path| path.starts_with(shared.join("golden/models")))
        .collect();
    let [equal, ran, dynamic] = run_all(&networks);
    eprintln!("networks: {equal} bmodels equal to the vendor simulator");
    assert_eq!([equal, ran, dynamic], [6, 0, 0]);
}

#[test]
fn emulator_runs_vendor_op_suite_bit_for_bit() {
    let Some(shared) = shared("emulator_runs_vendor_op_suite_bit_for_bit") else {
        return;
    };
    let files = golden_files(&shared, &["int8.bmodel", "f32.bmodel"]);
    let ops: Vec<PathBuf> = files
        .into_iter()
        .filter(|path| path.starts_with(shared.join("golden/ops")))
        .collect();
    let [equal, ran, dynamic] = run_all(&ops);
    eprintln!(
        "op suite: {equal} bmodels equal to the vendor simulator, {ran} ran without golden input or reference, \
         {dynamic} dynamic ones not supported"
    );
    assert!(equal >= 265, "only {equal} compared equal");
    assert_eq!(equal + ran, 339);
    assert_eq!(dynamic, 8);
}

#[test]
fn every_instruction_set_gives_the_vendor_simulators_bits() {
    let Some(shared) = shared("every_instruction_set_gives_the_vendor_simulators_bits") else {
        return;
    };
    let networks = ["rfb320", "fastestdet"].map(|name| shared.join("golden/models").join(name));
    for folder in networks {
        for file in ["int8.bmodel", "f32.bmodel"] {
            for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
                let mut emulator = Emulator::new().expect("an emulator");
                emulator.set_simd(simd).expect("an available instruction set");
                let path = folder.join(file);
                match run_on(&path, emulator) {
                    Ok(Outcome::Equal) => {}
                    Ok(_) => panic!("{}: nothing was compared", path.display()),
                    Err(error) => panic!("{} with {simd}: {error}", path.display()),
                }
            }
        }
    }
}
