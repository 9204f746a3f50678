//! A float network as the text of a Caffe network (`.prototxt`), which is how TPU-NNTC shows its umodels: users open it in
//! Netron to read the layers' names. Names are those that quantisation tables and `--fpfwd_outputs` take. It is for reading: the
//! weights stay in the npz.

use crate::program::Program;
use std::fmt::Write as _;
use tpuc_dialects::ir::{AttrKind, Context, Diagnostic, Op, OpView, Value};
use tpuc_dialects::text::attr_text;

/// A list of attributes longer than this is left out.
const LONGEST_LIST: usize = 64;

/// The text for a program of the `top` dialect.
///
/// # Errors
/// When the module has no function `main`.
pub fn export(program: &Program) -> Result<String, Diagnostic> {
    let ctx = &program.ctx;
    let main = program.main()?;
    let mut writer = Writer {
        text: String::new(),
        depth: 0,
    };
    let name = ctx.get_str(program.module.op(), "sym_name").unwrap_or("network");
    writer.string("name", name);
    for op in main.ops(ctx) {
        if !matches!(ctx.op_name(op), "top.Weight" | "top.None" | "func.return") {
            layer(&mut writer, ctx, op);
        }
    }
    Ok(writer.text)
}

/// Lines of the text format of protocol buffers.
struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{:1$}{line}", "", 2 * self.depth);
    }

    fn string(&mut self, name: &str, value: &str) {
        let mut quoted = String::new();
        for c in value.chars() {
            match c {
                '"' | '\\' => {
                    quoted.push('\\');
                    quoted.push(c);
                }
                c if c.is_control() => {
                    let mut bytes = [0; 4];
                    for byte in c.encode_utf8(&mut bytes).bytes() {
                        let _ = write!(quoted, "\\{byte:03o}");
                    }
                }
                c => quoted.push(c),
            }
        }
        self.line(format_args!("{name}: \"{quoted}\""));
    }

    fn number(&mut self, name: &str, value: impl std::fmt::Display) {
        self.line(format_args!("{name}: {value}"));
    }

    fn message(&mut self, name: &str, body: impl FnOnce(&mut Self)) {
        self.line(format_args!("{name} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(format_args!("}}"));
    }

    fn shape(&mut self, name: &str, shape: &[i64]) {
        self.message(name, |writer| {
            for size in shape {
                writer.number("dim", size);
            }
        });
    }
}

/// Caffe's name for the type of a layer, where there is one.
fn layer_type(ctx: &Context, op: Op) -> &str {
    match ctx.op_name(op) {
        "top.Input" => "Input",
        "top.Conv" => "Convolution",
        "top.Deconv" => "Deconvolution",
        "top.MatMul" => "InnerProduct",
        "top.MaxPool" | "top.AvgPool" => "Pooling",
        "top.Relu" | "top.LeakyRelu" => "ReLU",
        "top.PRelu" => "PReLU",
        "top.Add" | "top.Mul" | "top.Sub" | "top.Max" => "Eltwise",
        "top.Concat" => "Concat",
        "top.Softmax" => "Softmax",
        "top.Sigmoid" => "Sigmoid",
        "top.Tanh" => "TanH",
        "top.Permute" => "Permute",
        "top.Reshape" => "Reshape",
        "top.BatchNorm" => "BatchNorm",
        "top.Scale" => "Scale",
        "top.Slice" => "Slice",
        "top.Upsample" => "Upsample",
        "top.ShuffleChannel" => "ShuffleChannel",
        name => name.strip_prefix("top.").unwrap_or(name),
    }
}

fn layer(writer: &mut Writer, ctx: &Context, op: Op) {
    writer.message("layer", |writer| {
        writer.string("name", ctx.name(op));
        writer.string("type", layer_type(ctx, op));
        for operand in ctx.operands(op) {
            if is_activation(ctx, op, *operand) {
                writer.string("bottom", ctx.value_name(*operand));
            }
        }
        for result in ctx.results(op) {
            if !ctx.is_none(*result) {
                writer.string("top", ctx.value_name(*result));
            }
        }
        for result in ctx.results(op) {
            if let Some(shape) = ctx.shape(*result) {
                writer.shape("top_shape", shape);
            }
        }
        parameters(writer, ctx, op);
    });
    // Caffe has no fused relu: a layer that works in place, as NNTC writes it.
    if ctx.get_bool(op, "do_relu") == Some(true) {
        let name = ctx.value_name(ctx.results(op)[0]).to_owned();
        writer.message("layer", |writer| {
            writer.string("name", &format!("{name}_relu"));
            writer.string("type", "ReLU");
            writer.string("bottom", &name);
            writer.string("top", &name);
            if let Some(limit) = ctx.get_f64(op, "relu_limit").filter(|limit| *limit > 0.0) {
                writer.message("relu_param", |writer| writer.number("upper_limit", limit));
            }
        });
    }
}

fn is_activation(ctx: &Context, op: Op, value: Value) -> bool {
    let constant = ctx
        .defining_op(value)
        .is_some_and(|producer| ctx.is(producer, "top.Weight"));
    !ctx.is_none(value) && !constant && !ctx.is(op, "top.Input")
}

fn parameters(writer: &mut Writer, ctx: &Context, op: Op) {
    let list = |name: &str| ctx.get_i64s(op, name).unwrap_or_default();
    let pair = |writer: &mut Writer, name: &str, values: &[i64]| match values {
        [rows, columns] if rows == columns => writer.number(name, rows),
        [rows, columns] => {
            let stem = name.strip_suffix("_size").unwrap_or(name);
            writer.number(&format!("{stem}_h"), rows);
            writer.number(&format!("{stem}_w"), columns);
        }
        values => values.iter().for_each(|value| writer.number(name, value)),
    };
    match ctx.op_name(op) {
        "top.Input" => writer.message("input_param", |writer| {
            writer.shape("shape", ctx.shape(ctx.results(op)[0]).unwrap_or_default());
        }),
        "top.Conv" | "top.Deconv" => writer.message("convolution_param", |writer| {
            let outputs = ctx
                .shape(ctx.results(op)[0])
                .and_then(|shape| shape.get(1).copied());
            writer.number("num_output", outputs.unwrap_or(0));
            let biased = ctx.operands(op).get(2).is_some_and(|bias| !ctx.is_none(*bias));
            writer.number("bias_term", biased);
            let pads = list("pads");
            pair(writer, "pad", &pads[..pads.len() / 2]);
            pair(writer, "kernel_size", &list("kernel_shape"));
            pair(writer, "stride", &list("strides"));
            pair(writer, "dilation", &list("dilations"));
            writer.number("group", ctx.get_i64(op, "group").unwrap_or(1));
        }),
        "top.MaxPool" | "top.AvgPool" => writer.message("pooling_param", |writer| {
            let way = if ctx.is(op, "top.MaxPool") { "MAX" } else { "AVE" };
            writer.number("pool", way);
            pair(writer, "kernel_size", &list("kernel_shape"));
            pair(writer, "stride", &list("strides"));
            let pads = list("pads");
            pair(writer, "pad", &pads[..pads.len() / 2]);
        }),
        "top.Add" | "top.Mul" | "top.Sub" | "top.Max" => writer.message("eltwise_param", |writer| {
            let operation = match ctx.op_name(op) {
                "top.Mul" => "PROD",
                "top.Max" => "MAX",
                _ => "SUM",
            };
            writer.number("operation", operation);
            if ctx.is(op, "top.Sub") {
                writer.number("coeff", 1);
                writer.number("coeff", -1);
            }
        }),
        "top.Concat" => writer.message("concat_param", |writer| {
            writer.number("axis", ctx.get_i64(op, "axis").unwrap_or(1));
        }),
        "top.Softmax" => writer.message("softmax_param", |writer| {
            writer.number("axis", ctx.get_i64(op, "axis").unwrap_or(1));
        }),
        "top.MatMul" => writer.message("inner_product_param", |writer| {
            let outputs = ctx
                .shape(ctx.results(op)[0])
                .and_then(|shape| shape.last().copied());
            writer.number("num_output", outputs.unwrap_or(0));
        }),
        "top.Permute" => writer.message("permute_param", |writer| {
            list("order").iter().for_each(|axis| writer.number("order", axis));
        }),
        "top.Reshape" => writer.message("reshape_param", |writer| {
            writer.shape("shape", ctx.shape(ctx.results(op)[0]).unwrap_or_default());
        }),
        _ => other_parameters(writer, ctx, op),
    }
}

/// The attributes as they stand in MLIR.
fn other_parameters(writer: &mut Writer, ctx: &Context, op: Op) {
    let shown: Vec<(String, String)> = ctx
        .attrs(op)
        .iter()
        .filter(
            |(_, attr)| !matches!(ctx.attr_kind(*attr), AttrKind::Array(items) if items.len() > LONGEST_LIST),
        )
        .map(|(name, attr)| (ctx.text(*name).to_owned(), attr_text(ctx, *attr)))
        .collect();
    if shown.is_empty() {
        return;
    }
    writer.message("mlir_param", |writer| {
        for (name, value) in &shown {
            writer.string(name, value);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted() {
        let mut writer = Writer {
            text: String::new(),
            depth: 1,
        };
        writer.string("name", "a\"b\\c\nd");
        assert_eq!(writer.text, "  name: \"a\\\"b\\\\c\\012d\"\n");
    }
}
