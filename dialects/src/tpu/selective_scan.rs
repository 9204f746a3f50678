//! `tpu.SelectiveScan`: as `top.SelectiveScan`.
//!
//! Source: TPU-MLIR's operation definition `tpu.SelectiveScan`.

use crate::op;

op! {
    /// Scan of a state-space model.
    pub SelectiveScan = "tpu.SelectiveScan", "scan of a state-space model";
    operands: Cs: One, deltaA: One, deltaB_u: One, us: One, Ds: Optional;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
