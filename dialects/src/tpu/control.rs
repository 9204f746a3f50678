//! Control flow: operations with programs inside, and what they need.
//!
//! `tpu.If` runs its first region if `cond` is positive, else its second; `tpu.Loop` runs its body `M` times while `cond` holds and
//! hands values on from one round to the next; each region ends in `tpu.Yield`. `tpu.AutoIncrease` counts the rounds,
//! `tpu.Identity` and `tpu.D2D` copy values at the borders of sub-networks. Code generation for BM1684 refuses all of them.
//!
//! Source: TPU-MLIR's operation definitions of the `tpu` dialect.

use crate::op;

op! {
    /// Adds `const_val` in place.
    pub AutoIncrease = "tpu.AutoIncrease", "adds `const_val` in place";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required];
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Copies from device memory to device memory.
    pub D2D = "tpu.D2D", "copies from device memory to device memory";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required];
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Hands values on.
    pub Identity = "tpu.Identity", "hands values on";
    operands: input: Variadic;
    results: output: Variadic;
    attrs: ;
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// One of two programs.
    pub If = "tpu.If", "one of two programs";
    operands: cond: One;
    results: output: Variadic;
    attrs: ;
    regions: 2;
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// A program that is repeated.
    pub Loop = "tpu.Loop", "a program that is repeated";
    operands: M: Optional, cond: Optional, v_initial: Variadic;
    results: v_final_and_scan_outputs: Variadic;
    attrs: ;
    regions: 1;
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}
