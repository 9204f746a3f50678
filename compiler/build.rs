//! Build script: Rust types of the ONNX file format, from `src/import/onnx/onnx.proto`, without a protobuf compiler.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = "src/import/onnx/onnx.proto";
    println!("cargo:rerun-if-changed={schema}");
    let descriptors = protox::compile([schema], ["src/import/onnx"])?;
    let mut config = prost_build::Config::new();
    // Weights are slices of the file's own bytes, not copies.
    config.bytes([".onnx.TensorProto.raw_data"]);
    config.compile_fds(descriptors)?;
    Ok(())
}
