//! Build script: Rust types of the ONNX file format, from `src/import/onnx/onnx.proto`, without a protobuf compiler; and a hash of
//! the sources that decide which layer groups are found (`TPUC_CODEGEN_SOURCES`).

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

/// Sources that the search for layer groups depends on.
const CODEGEN: [&str; 3] = ["src/codegen", "../runtime/src/isa", "../runtime/src/profile"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn codegen_sources() -> std::io::Result<u64> {
    let mut found = Vec::new();
    for folder in CODEGEN {
        println!("cargo:rerun-if-changed={folder}");
        files(Path::new(folder), &mut found)?;
    }
    found.sort();
    let mut hash = DefaultHasher::new();
    for path in found {
        hash.write(&std::fs::read(path)?);
    }
    Ok(hash.finish())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = "src/import/onnx/onnx.proto";
    println!("cargo:rerun-if-changed={schema}");
    let descriptors = protox::compile([schema], ["src/import/onnx"])?;
    let mut config = prost_build::Config::new();
    // Weights are slices of the file's own bytes, not copies.
    config.bytes([".onnx.TensorProto.raw_data"]);
    config.compile_fds(descriptors)?;
    println!("cargo:rustc-env=TPUC_CODEGEN_SOURCES={:016x}", codegen_sources()?);
    Ok(())
}
