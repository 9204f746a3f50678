//! Calculations on shapes, on the host, in networks whose shapes are values (`tpu.Shape` starts them).
//!
//! Each is the operation of its name on a small tensor of integers: `tpu.ShapeReshape` is `tpu.Reshape` of a shape.
//! `tpu.ShapeArith` computes what `type` says (`Add`, `Sub`, `Mul`, `Div`, `Less`, ...), `tpu.ShapeAssign` gives a tensor the shape that
//! its second operand holds.
//!
//! Source: TPU-MLIR's operation definitions of the `tpu` dialect.

use crate::op;

op! {
    /// Arithmetic on shapes.
    pub ShapeArith = "tpu.ShapeArith", "arithmetic on shapes";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        r#type: str [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Gives a tensor a computed shape.
    pub ShapeAssign = "tpu.ShapeAssign", "gives a tensor a computed shape";
    operands: input: One, shape: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Converts a shape.
    pub ShapeCast = "tpu.ShapeCast", "converts a shape";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Limits a shape.
    pub ShapeClip = "tpu.ShapeClip", "limits a shape";
    operands: input: One;
    results: output: One;
    attrs:
        max: f64 [required],
        min: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Puts numbers together to a shape.
    pub ShapePack = "tpu.ShapePack", "puts numbers together to a shape";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        axis: si32 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Powers of a shape.
    pub ShapePow = "tpu.ShapePow", "powers of a shape";
    operands: input: One;
    results: output: One;
    attrs:
        exponent: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Reduces a shape to a number.
    pub ShapeReduce = "tpu.ShapeReduce", "reduces a shape to a number";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required],
        keepdims: bool [required],
        mode: (str "ReduceMin" "ReduceMax" "ReduceMean" "ReduceL2" "ReduceL1" "ReduceSum" "ReduceProd")
            [required],
        scale: f64 [= 1.0];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Reshapes a shape.
    pub ShapeReshape = "tpu.ShapeReshape", "reshapes a shape";
    operands: input: One;
    results: output: One;
    attrs:
        shape: i64s [= []];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Turns a shape round.
    pub ShapeReverse = "tpu.ShapeReverse", "turns a shape round";
    operands: input: One;
    results: output: One;
    attrs:
        axis: i64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Replaces elements of a shape.
    pub ShapeScatterElements = "tpu.ShapeScatterElements", "replaces elements of a shape";
    operands: input: One, indices: One, updates: One;
    results: output: One;
    attrs:
        axis: i64 [required],
        nc_can_split: bool [= false],
        reduction: i64 [= 0];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Drops dimensions of a shape.
    pub ShapeSqueeze = "tpu.ShapeSqueeze", "drops dimensions of a shape";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Repeats a shape.
    pub ShapeTile = "tpu.ShapeTile", "repeats a shape";
    operands: input: One, tileT: Optional;
    results: output: One;
    attrs:
        tile: i64s [= []];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Permutes a tensor of a shape.
    pub ShapeTranspose = "tpu.ShapeTranspose", "permutes a tensor of a shape";
    operands: input: One;
    results: output: One;
    attrs:
        order: i64s [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Adds dimensions to a shape.
    pub ShapeUnsqueeze = "tpu.ShapeUnsqueeze", "adds dimensions to a shape";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
