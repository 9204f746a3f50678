//! Calibration tables and quantisation tables.

use tpuc_compiler::quantization::calibration_table::CalibrationTable;

/// One input.
pub fn run(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = CalibrationTable::parse(text, "fuzz");
    }
}
