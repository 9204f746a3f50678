//! `tpu.Move`: moves tensors inside local memory between two time steps of a group.
//!
//! Source: TPU-MLIR's operation definition `tpu.Move`.

use crate::op;

op! {
    /// Moves tensors in local memory.
    pub Move = "tpu.Move", "moves tensors in local memory";
    operands: inputs: Variadic;
    results: outputs: Variadic;
    attrs:
        move_dest_add: i64s [required],
        move_size: i64s [required],
        move_src_add: i64s [required],
        name: str [required],
        ts_id: i64 [required];
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}
