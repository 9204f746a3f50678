//! The fuzz targets on stable Rust: each reads its kept corpus and damaged golden files; none may panic.

use std::fs;
use std::path::{Path, PathBuf};
use tpuc_tests::shared;

#[path = "../fuzz/src/bmodel.rs"]
mod bmodel;
#[path = "../fuzz/src/calibration_table.rs"]
mod calibration_table;
#[path = "../fuzz/src/datum.rs"]
mod datum;
#[path = "../fuzz/src/decode.rs"]
mod decode;
#[path = "../fuzz/src/execute.rs"]
mod execute;
#[path = "../fuzz/src/npz.rs"]
mod npz;
#[path = "../fuzz/src/onnx.rs"]
mod onnx;
#[path = "../fuzz/src/text.rs"]
mod text;

/// A small generator of numbers; the tests need the same ones on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Bytes lost, doubled, exchanged, replaced or cut off at a few places; small integers are made large.
fn damage(random: &mut Random, whole: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..1 + random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            2 => bytes[at] = random.below(256) as u8,
            3 => bytes[at..end].fill(0xff),
            4 => bytes.truncate(at),
            _ => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
    bytes
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

#[allow(clippy::print_stderr)]
fn run_target(name: &str, target: fn(&[u8]), golden: &[&str], rounds: usize) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(name);
    let corpus = files(&corpus);
    for path in &corpus {
        target(&fs::read(path).expect("a corpus file"));
    }
    let mut damaged = 0;
    if let Some(shared) = shared("damaged golden files") {
        for (index, file) in golden.iter().enumerate() {
            let Ok(bytes) = fs::read(shared.join("golden").join(file)) else {
                continue;
            };
            target(&bytes);
            let mut random = Random(0x9e37_79b9 + index as u64);
            for _ in 0..rounds {
                target(&damage(&mut random, &bytes));
                damaged += 1;
            }
        }
    }
    eprintln!("{name}: {} corpus files, {damaged} damaged files", corpus.len());
}

#[test]
fn text_target() {
    run_target(
        "text",
        text::run,
        &[
            "ops/Pow1/tpu_int8.mlir",
            "ops/Pow1/final_int8.mlir",
            "models/mnist/final_int8.mlir",
        ],
        150,
    );
}

#[test]
fn onnx_target() {
    run_target(
        "onnx",
        onnx::run,
        &["models/mnist/model.onnx", "ops/Pow1/model.onnx"],
        60,
    );
}

#[test]
fn npz_target() {
    run_target(
        "npz",
        npz::run,
        &["ops/Pow1/input.npz", "models/mnist/input.npz"],
        100,
    );
}

#[test]
fn calibration_table_target() {
    run_target(
        "calibration_table",
        calibration_table::run,
        &["models/mnist/cali_table", "models/rfb320/cali_table"],
        200,
    );
}

#[test]
fn datum_target() {
    run_target("datum", datum::run, &[], 0);
    // Records as they are stored in the data set of tests/golden/lmdb.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/lmdb/data.mdb");
    let bytes = fs::read(file).expect("the data set");
    let name = b".png";
    let starts: Vec<usize> = (0..bytes.len() - name.len())
        .filter(|at| bytes[*at..].starts_with(name))
        .map(|at| at + name.len())
        .collect();
    assert!(starts.len() >= 12, "{}", starts.len());
    let mut random = Random(0x2545_f491);
    for start in starts {
        let record = &bytes[start..bytes.len().min(start + 260)];
        datum::run(record);
        for _ in 0..50 {
            datum::run(&damage(&mut random, record));
        }
    }
}

#[test]
fn decode_and_execute_targets() {
    // Any bytes are streams of commands for the one, and a recipe for commands for the other.
    run_target("decode", decode::run, &["models/mnist/f32.bmodel"], 20);
    run_target("execute", execute::run, &[], 0);
    let mut random = Random(0x5851_f42d);
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..400).map(|_| random.below(256) as u8).collect();
        execute::run(&bytes);
    }
}

#[test]
fn bmodel_target() {
    run_target(
        "bmodel",
        bmodel::run,
        &["ops/Pow1/int8.bmodel", "ops/Pow1/f32.bmodel"],
        100,
    );
}
