//! `tpu.GatherND`: as `top.GatherND`; on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.GatherND`.

use crate::op;

op! {
    /// Takes slices by index tuples.
    pub GatherND = "tpu.GatherND", "takes slices by index tuples";
    operands: input_data: One, indices: One;
    results: output: One;
    attrs:
        batch_dims: i64 [= 0],
        indice_dims: i64 [optional];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
