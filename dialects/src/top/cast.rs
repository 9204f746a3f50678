//! `top.Cast`: `x, as another type` for each element; any shape.
//!
//! Source: ONNX Cast between floating point types; `to` names the type; attributes as TPU-MLIR's `top.Cast`.

use super::shape;
use crate::op;

op! {
    /// X, as another type of each element.
    pub Cast = "top.Cast", "x, as another type of each element";
    operands: input: One;
    results: output: One;
    attrs:
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        to: str [= ""];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
