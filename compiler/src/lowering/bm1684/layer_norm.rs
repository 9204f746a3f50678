//! `top.LayerNorm` -> `tpu.GroupNorm`, then `tpu.Mul` and `tpu.Add` for weight and bias. BM1684 has no layer
//! normalisation: dimensions before the axis become groups of channels. F32.

use super::context::Lowering;
use crate::quantization::Precision;
use tpuc_dialects::ir::{Diagnostic, Op, Value};

pub(super) fn lower(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    let ty = low.ctx.value_type(low.ctx.result(op));
    let operands = low.ctx.operands(op).to_vec();
    let input = operands[0];
    let given = |index: usize| {
        operands
            .get(index)
            .copied()
            .filter(|value| !low.ctx.is_none(*value))
    };
    let (weight, bias): (Option<Value>, Option<Value>) = (given(1), given(2));
    let shape = low.ctx.shape(input).unwrap_or_default().to_vec();
    let axis = low.ctx.get_i64(op, "axis").unwrap_or(-1);
    let groups = match (axis, shape.as_slice()) {
        (1, _) => 1,
        (2, [_, c, ..]) => *c,
        (3, [_, c, h, _]) => c * h,
        _ => {
            return Err(low.error(
                op,
                format_args!(
                    "with axis {axis} of rank {} cannot be lowered for bm1684: use axis 1, 2 or 3 (of 4)",
                    shape.len()
                ),
            ));
        }
    };
    let none = low.none();
    let attrs = [
        (
            "eps",
            low.ctx
                .get_attr(op, "eps")
                .unwrap_or_else(|| low.ctx.f64_attr(1e-5)),
        ),
        ("num_groups", low.ctx.i64_attr(groups)),
    ];
    // The last step takes the name of the whole.
    let last_is_norm = weight.is_none() && bias.is_none();
    let mut value;
    if axis == 3 {
        let f32_type = low.ctx.f32_type();
        let flat_type = low.ctx.tensor_type(&[shape[0], groups, 1, shape[3]], f32_type);
        let full_type = low.ctx.tensor_type(&shape, f32_type);
        value = low.insert(op, "_reshape_1", "tpu.Reshape", flat_type, &[input, none], &[]);
        let norm_operands = [value, none, none, none, none];
        value = low.insert(
            op,
            "_convert_to_group_norm",
            "tpu.GroupNorm",
            flat_type,
            &norm_operands,
            &attrs,
        );
        if last_is_norm {
            low.replace(op, "tpu.Reshape", &[full_type], &[value, none], &[]);
            return Ok(());
        }
        value = low.insert(op, "_reshape_2", "tpu.Reshape", full_type, &[value, none], &[]);
    } else {
        let norm_operands = [input, none, none, none, none];
        if last_is_norm {
            low.replace(op, "tpu.GroupNorm", &[ty], &norm_operands, &attrs);
            return Ok(());
        }
        value = low.insert(
            op,
            "_convert_to_group_norm",
            "tpu.GroupNorm",
            ty,
            &norm_operands,
            &attrs,
        );
    }
    match (weight, bias) {
        (Some(weight), Some(bias)) => {
            value = low.insert(op, "_mul_weights", "tpu.Mul", ty, &[value, weight], &[]);
            low.replace(op, "tpu.Add", &[ty], &[value, bias], &[]);
        }
        (Some(weight), None) => {
            low.replace(op, "tpu.Mul", &[ty], &[value, weight], &[]);
        }
        (None, Some(bias)) => {
            low.replace(op, "tpu.Add", &[ty], &[value, bias], &[]);
        }
        (None, None) => {}
    }
    Ok(())
}
