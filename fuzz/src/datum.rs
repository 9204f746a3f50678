//! Records of Caffe's data sets.

use tpuc_compiler::data::image::ColorMode;
use tpuc_compiler::data::lmdb::record_of;

/// One input.
pub fn run(data: &[u8]) {
    for mode in [ColorMode::Bgr, ColorMode::Gray, ColorMode::Rgba] {
        let _ = record_of(data, mode);
    }
}
