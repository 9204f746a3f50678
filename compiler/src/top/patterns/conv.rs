//! Rewrites that start at `top.Conv`.

use super::{insert_after, insert_before, new_weight, reshape_weight, shape_of, vector, weight_values};
use crate::program::Program;
use ndarray::{ArrayD, IxDyn};
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Conv;

/// A convolution over one dimension is one over two, the second of which has size 1.
pub fn two_dims_for_one(program: &mut Program, op: Op) -> bool {
    let conv = Conv::new_unchecked(op);
    let ctx = &program.ctx;
    let (kernel, strides, pads) = (conv.kernel_shape(ctx), conv.strides(ctx), conv.pads(ctx));
    let ([kernel], [stride], [before, after]) = (&kernel[..], &strides[..], &pads[..]) else {
        return false;
    };
    let dilation = conv
        .dilations(ctx)
        .and_then(|dilations| dilations.first().copied())
        .unwrap_or(1);
    let filter = conv.filter(ctx);
    let Some(mut shape) = shape_of(ctx, filter) else {
        return false;
    };
    shape.push(1);
    let rows = [
        ("kernel_shape", vec![*kernel, 1]),
        ("strides", vec![*stride, 1]),
        ("pads", vec![*before, 0, *after, 0]),
        ("dilations", vec![dilation, 1]),
    ];
    if !reshape_weight(program, filter, &shape) {
        return false;
    }
    let mut rewriter = program.ctx.rewriter();
    for (name, values) in rows {
        let attr = rewriter.i64_array_attr(&values);
        rewriter.set_attr(op, name, attr);
    }
    true
}

/// A convolution over three dimensions whose kernel spans the whole first one is one over the other two.
pub fn two_dims_for_three(program: &mut Program, op: Op) -> bool {
    let conv = Conv::new_unchecked(op);
    let ctx = &program.ctx;
    let (input, filter, output) = (conv.input(ctx), conv.filter(ctx), conv.output(ctx));
    let (Some(&[n, c, d, h, w]), Some(&[channels, per_group, depth, kernel_h, kernel_w]), Some(wanted)) =
        (ctx.shape(input), ctx.shape(filter), shape_of(ctx, output))
    else {
        return false;
    };
    let (pads, group) = (conv.pads(ctx), conv.group(ctx));
    let (&[stride_d, stride_h, stride_w], &[front, top, left, back, bottom, right]) =
        (&conv.strides(ctx)[..], &pads[..])
    else {
        return false;
    };
    let dilations = conv.dilations(ctx).unwrap_or_else(|| vec![1; 3]);
    // The joined channels of a group would not stand side by side if there were several groups.
    let whole = d == depth && wanted.get(2) == Some(&1) && front == 0 && back == 0;
    if !whole || dilations.len() != 3 || dilations[0] != 1 || group != 1 || stride_d < 1 {
        return false;
    }
    if !reshape_weight(
        program,
        filter,
        &[channels, per_group * depth, kernel_h, kernel_w],
    ) {
        return false;
    }
    let count = joined_before(program);
    let (input_name, name) = (
        program.ctx.value_name(input).to_owned(),
        program.ctx.name(op).to_owned(),
    );
    let flat = insert_before(
        program,
        op,
        "top.Reshape",
        &format!("{input_name}_r_To4Dim{count}"),
        &[input],
        &[n, c * d, h, w],
        |builder| builder,
    );
    let (flat_output, uses) = (
        vec![wanted[0], wanted[1], wanted[3], wanted[4]],
        program.ctx.uses(output).to_vec(),
    );
    let Some(deep) = insert_after(
        program,
        output,
        "top.Reshape",
        &format!("{name}_r_To5Dim{count}"),
        &[output],
        &wanted,
        |builder| builder,
    ) else {
        return false;
    };
    super::set_shape(program, output, &flat_output);
    let mut rewriter = program.ctx.rewriter();
    for used in uses {
        rewriter.set_operand(used.op, used.index as usize, deep);
    }
    rewriter.set_operand(op, 0, flat);
    let rows = [
        ("kernel_shape", vec![kernel_h, kernel_w]),
        ("strides", vec![stride_h, stride_w]),
        ("dilations", dilations[1..].to_vec()),
        ("pads", vec![top, left, bottom, right]),
    ];
    for (name, values) in rows {
        let attr = rewriter.i64_array_attr(&values);
        rewriter.set_attr(op, name, attr);
    }
    true
}

/// How much larger the joined filter may be than the two together.
const MOST_GROWTH: f32 = 20.0;

/// A convolution by one pixel with nothing but its sum between it and the next convolution is part of that one.
/// Both sums run in f32 in ascending order of channels, as TPU-MLIR's do.
pub fn join_pointwise(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let conv = Conv::new_unchecked(op);
    let Some(first) = super::used_once::<Conv>(ctx, conv.input(ctx)) else {
        return false;
    };
    let plain =
        |conv: Conv| conv.group(ctx) == 1 && !conv.do_relu(ctx) && conv.pads(ctx).iter().all(|pad| *pad == 0);
    let fits = conv.kernel_shape(ctx).len() == 2
        && first.kernel_shape(ctx) == [1, 1]
        && first.strides(ctx) == [1, 1]
        && plain(conv)
        && plain(first);
    let (Some(filter), Some(before), true) = (
        weight_values(program, conv.filter(ctx)),
        weight_values(program, first.filter(ctx)),
        fits,
    ) else {
        return false;
    };
    let (&[outputs, inner, rows, columns], &[middle, inputs, 1, 1]) = (filter.shape(), before.shape()) else {
        return false;
    };
    let area = rows * columns;
    let joined_size = outputs * inputs * area;
    if middle != inner || joined_size as f32 / (outputs * inner * area + inputs * inner) as f32 > MOST_GROWTH
    {
        return false;
    }
    let values = |bias| match bias {
        None => Some(None),
        Some(bias) => weight_values(program, bias).map(Some),
    };
    let (Some(bias), Some(first_bias)) = (values(conv.bias(ctx)), values(first.bias(ctx))) else {
        return false;
    };
    let filter = filter.as_standard_layout();
    let flat = filter.as_slice().unwrap_or_default();
    let mut joined = vec![0.0_f32; joined_size];
    for output in 0..outputs {
        let target = &mut joined[output * inputs * area..][..inputs * area];
        for channel in 0..inner {
            let source = &flat[(output * inner + channel) * area..][..area];
            for input in 0..inputs {
                let factor = before[[channel, input, 0, 0]];
                for (sum, value) in target[input * area..][..area].iter_mut().zip(source) {
                    *sum += value * factor;
                }
            }
        }
    }
    let joined_bias = (bias.is_some() || first_bias.is_some()).then(|| {
        let mut sums: Vec<f32> = bias
            .as_ref()
            .map_or_else(|| vec![0.0; outputs], |bias| bias.iter().copied().collect());
        if let Some(first_bias) = &first_bias {
            for (output, sum) in sums.iter_mut().enumerate() {
                let mut part = 0.0_f32;
                for (channel, value) in first_bias.iter().enumerate() {
                    for weight in &flat[(output * inner + channel) * area..][..area] {
                        part += value * weight;
                    }
                }
                *sum += part;
            }
        }
        sums
    });
    let source = first.input(ctx);
    let joined = ArrayD::from_shape_vec(IxDyn(&[outputs, inputs, rows, columns]), joined)
        .expect("as many values as the shape says");
    let filter = new_weight(program, op, "merge_filter_weight", joined);
    let bias = joined_bias.map(|bias| new_weight(program, op, "merge_bias_weight", vector(bias)));
    let mut rewriter = program.ctx.rewriter();
    rewriter.set_operand(op, 0, source);
    rewriter.set_operand(op, 1, filter);
    if let Some(bias) = bias {
        if rewriter.operands(op).len() < 3 {
            rewriter.set_operands(op, &[source, filter, bias]);
        } else {
            rewriter.set_operand(op, 2, bias);
        }
    }
    rewriter.erase_op(first.op());
    true
}

/// How many convolutions of this program were made two-dimensional already: part of the names of the reshapes.
fn joined_before(program: &Program) -> usize {
    let ctx = &program.ctx;
    let ops = ctx.walk(program.module.op());
    ops.into_iter()
        .filter(|op| ctx.is(*op, "top.Reshape") && ctx.name(*op).contains("_r_To5Dim"))
        .count()
}
