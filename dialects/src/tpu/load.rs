//! `tpu.Load`: global memory to local memory, inside a group.
//!
//! Only inside `tpu.Group`. `lmem_type` tells activation (0) from weight (1); `do_bcast` writes a one-channel
//! tensor to all lanes. Where and which slices: `ginfo`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Load`.

use crate::op;

op! {
    /// Global memory to local memory, inside a group.
    pub Load = "tpu.Load", "global memory to local memory, inside a group";
    operands: input: One;
    results: output: One;
    attrs:
        compress_info: (lg "do_compress") [optional],
        do_bcast: bool [= false],
        ginfo: (lg "lg") [optional],
        is_idx_weight: bool [= false],
        lmem_type: i64 [= 0],
        support_compress: bool [= true],
        use_3ic_optimize: i64 [= 0];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
