//! `tpu.Store`: local memory to global memory, inside a group.
//!
//! Only inside `tpu.Group`. The result is the tensor in global memory; where and which slices: `ginfo`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Store`.

use crate::op;

op! {
    /// Local memory to global memory, inside a group.
    pub Store = "tpu.Store", "local memory to global memory, inside a group";
    operands: input: One, buffer: Optional;
    results: output: One;
    attrs:
        compress_info: (lg "do_compress") [optional],
        ginfo: (lg "lg") [optional],
        l2m_addr: i64 [optional],
        pad_const_val: f64 [optional],
        paddings: i64s [optional],
        support_compress: bool [= true];
    traits: LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
