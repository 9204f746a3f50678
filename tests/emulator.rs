//! The emulator on bmodels that TPU-MLIR compiled, against what the vendor's functional simulator computed: equal to
//! the last bit.
#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};

use tpuc_compiler::data::{Tensor, TensorMap, npz};
use tpuc_runtime::bmodel::Bmodel;
use tpuc_runtime::emulator::{Emulator, Simd, check_races};
use tpuc_runtime::isa::memory_map::DDR_BASE;
use tpuc_runtime::session::{HostTensor, HostType, MemoryView, Position, RunOptions, Session, Trace};
use tpuc_tests::{golden_files, shared};

/// What became of one bmodel.
enum Outcome {
    /// All outputs are there and equal.
    Equal,
    /// It ran, but input or reference are not among the golden files.
    RanOnly,
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

/// Runs all files and returns how many were equal, and ran only.
fn run_all(files: &[PathBuf]) -> [usize; 2] {
    let mut counts = [0; 2];
    let mut failures = Vec::new();
    for path in files {
        match run(path) {
            Ok(Outcome::Equal) => counts[0] += 1,
            Ok(Outcome::RanOnly) => counts[1] += 1,
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
    let [equal, ran] = run_all(&networks);
    eprintln!("networks: {equal} bmodels equal to the vendor simulator");
    assert_eq!([equal, ran], [6, 0]);
}

#[test]
fn vendor_streams_have_no_races() {
    let Some(shared) = shared("vendor_streams_have_no_races") else {
        return;
    };
    let mut groups = 0;
    for path in golden_files(&shared, &["int8.bmodel", "f32.bmodel"]) {
        let model = Bmodel::read(&path).unwrap();
        let stages = model.nets.iter().flat_map(|net| &net.stages);
        for group in stages
            .flat_map(|stage| &stage.subnets)
            .flat_map(|subnet| &subnet.cmd_groups)
        {
            if let Err(error) = check_races(&group.tiu, &group.dma) {
                panic!("{}: {error}", path.display());
            }
            groups += 1;
        }
    }
    eprintln!("{groups} command groups of the vendor's compiler: every order of the engines gives the same");
    assert!(groups > 300);
}

/// The trace tells for every command what it changed: its check sums are those of the memory afterwards, and together
/// they lead to the outputs.
#[test]
fn a_trace_tells_what_each_command_changed() {
    let Some(shared) = shared("a_trace_tells_what_each_command_changed") else {
        return;
    };
    let folder = shared.join("golden/models/mnist");
    let model = Bmodel::read(&folder.join("int8.bmodel")).unwrap();
    let mut session = Session::new(model, Emulator::new().unwrap()).unwrap();
    let names: Vec<String> = session
        .inputs()
        .iter()
        .map(|tensor| tensor.name.clone())
        .collect();
    let inputs = golden_inputs(&npz::read(&folder.join("input.npz")).unwrap(), &names)
        .unwrap()
        .unwrap();
    session.place(&inputs).unwrap();
    let window = session.ddr_window();
    let mut trace = Trace::new(Vec::new(), window, session.device().memory()).unwrap();
    let mut observer = |position: Position, memory: &dyn MemoryView| trace.after(position, memory);
    session
        .run_with(&inputs, RunOptions::default(), Some(&mut observer))
        .unwrap();
    let text = String::from_utf8(trace.finish().unwrap()).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // 21 TIU and 12 GDMA commands, as the vendor's tools count them.
    let of = |engine: &str| lines.iter().filter(|line| line["engine"] == engine).count();
    assert_eq!([lines.len(), of("tiu"), of("gdma")], [33, 21, 12]);
    let outputs = session.outputs()[0].clone();
    let start = outputs.device_addr - DDR_BASE;
    let last = lines.last().unwrap();
    let run = &last["changed"][0];
    assert_eq!(
        (last["op"].as_str(), run["memory"].as_str()),
        (Some("copy"), Some("ddr"))
    );
    assert!(run["start"].as_u64() >= Some(start) && run["end"].as_u64() <= Some(start + outputs.size));
    for line in &lines {
        let written: Vec<&serde_json::Value> = line["operands"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|operand| operand["access"] != "read")
            .collect();
        assert_eq!(written.len(), 1, "{line}");
        for run in line["changed"].as_array().unwrap() {
            assert_eq!(run["memory"], written[0]["memory"], "{line}");
        }
    }
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
    let [equal, ran] = run_all(&ops);
    eprintln!(
        "op suite: {equal} bmodels equal to the vendor simulator, {ran} ran without golden input or reference"
    );
    assert!(equal >= 273, "only {equal} compared equal");
    assert_eq!(equal + ran, 347);
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
