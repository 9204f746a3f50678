//! ONNX models.

use tpuc_compiler::import::onnx::{ImportOptions, import};

/// One input.
pub fn run(data: &[u8]) {
    let path = std::env::temp_dir().join(format!(
        "tpuc-fuzz-{}-{:?}.onnx",
        std::process::id(),
        std::thread::current().id()
    ));
    if std::fs::write(&path, data).is_ok() {
        let options = ImportOptions {
            name: "fuzz".to_owned(),
            ..ImportOptions::default()
        };
        let _ = import(&path, &options);
        let _ = std::fs::remove_file(&path);
    }
}
