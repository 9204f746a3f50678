//! Compiled models.

use tpuc_runtime::bmodel::{Blob, Bmodel, ReadOptions};

/// One input.
pub fn run(data: &[u8]) {
    // Without the check of the codes the reader gets further.
    for verify_check_codes in [true, false] {
        let blob = Blob::from(data.to_vec());
        let _ = Bmodel::from_blob(&blob, ReadOptions { verify_check_codes });
    }
}
