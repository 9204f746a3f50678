//! `tpu.Slice`: a strided part of a tensor.
//!
//! `y[i] = x[offset + i * steps]` in every dimension up to `ends`. `buffer` is scratch in global memory.
//!
//! Source: TPU-MLIR's operation definition `tpu.Slice`.

use crate::op;

op! {
    /// A strided part of a tensor.
    pub Slice = "tpu.Slice", "a strided part of a tensor";
    operands: input: One, offsetT: Optional, endsT: Optional, stepsT: Optional, buffer: Optional;
    results: output: One;
    attrs:
        axes: i64s [= [1]],
        ends: i64s [required],
        hasparamConvert_axes: i64s [= []],
        offset: i64s [required],
        steps: i64s [required];
    traits: Pure, Movement, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
