//! ONNX models, operator sets 7 to 21, become programs of the `top` dialect.
//!
//! The steps, each in a file: [`model`] reads the untrusted file; [`fold`] evaluates what is constant; [`simplify`] and
//! [`patterns`] rewrite the graph as TPU-MLIR's front end does; [`convert`] emits `top` operations, so that names, order,
//! attributes and weights are the same as TPU-MLIR's.

pub mod constant;
pub mod convert;
mod error;
mod evaluate;
mod fold;
pub mod model;
mod patterns;
pub mod schema;
mod simplify;
#[cfg(test)]
mod tests;

pub use error::{ImportError, UnsupportedNode};

use crate::program::Program;
use convert::{Converter, Problem};
use model::Graph;
use std::path::Path;
use tpuc_dialects::ir::{AttrKind, OpBuilder, OpView, Type};

/// What a picture goes through before the network; stored on `top.Input`.
#[derive(Clone, Debug, PartialEq)]
pub struct InputPreprocess {
    /// `nchw` or `nhwc`.
    pub channel_format: String,
    /// Resize without distortion.
    pub keep_aspect_ratio: bool,
    /// `letterbox` or `short_side_scale`.
    pub keep_ratio_mode: String,
    /// One for each channel, exact in f64.
    pub mean: Vec<f64>,
    /// `normal` or `center`.
    pub pad_type: String,
    /// Fill of a letterbox.
    pub pad_value: i64,
    /// `rgb`, `bgr`, `gray`, ...
    pub pixel_format: String,
    /// Rows and columns to resize to.
    pub resize_dims: Option<Vec<i64>>,
    /// One for each channel, exact in f64.
    pub scale: Vec<f64>,
    /// Arrangement of a yuv file, or empty.
    pub yuv_type: String,
    /// Numbers, from 1, of the inputs that are pictures; all if `None`.
    pub inputs: Option<Vec<usize>>,
}

/// Options of an import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The network's name.
    pub name: String,
    /// Shapes of the inputs, one for each in order; empty to take the file's.
    pub input_shapes: Vec<Vec<i64>>,
    /// Tensors that become the outputs; empty to take the file's.
    pub output_names: Vec<String>,
    /// Preprocessing of picture inputs; `None` if the inputs are tensors.
    pub preprocess: Option<InputPreprocess>,
    /// Keep batch normalisations that follow convolutions.
    pub keep_batch_norm: bool,
}

/// Operator sets that import knows.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=21;

/// Newest file format whose graphs are simplified. TPU-MLIR's simplifier refuses newer ones, so that the passes of the `top`
/// dialect do what they can; results, names and weights are to be the same.
const NEWEST_SIMPLIFIED: i64 = 8;

/// Reads an ONNX file into a program of state `TOP_F32`.
///
/// # Errors
/// When the file is not a complete ONNX model, the options do not fit it, or it has nodes that are not supported; the
/// last names all of them.
pub fn import(path: &Path, options: &ImportOptions) -> Result<Program, ImportError> {
    let mut graph = model::read(path)?;
    if !OPSETS.contains(&graph.opset) {
        return Err(ImportError::invalid(
            path,
            format_args!(
                "has operator set {}; {} to {} are supported: export it again with one of these",
                graph.opset,
                OPSETS.start(),
                OPSETS.end()
            ),
        ));
    }
    cut(&mut graph, &options.output_names).map_err(|message| ImportError::invalid(path, message))?;
    let shapes =
        input_shapes(&graph, &options.input_shapes).map_err(|message| ImportError::invalid(path, message))?;
    let total = graph.nodes.len();
    let history = simplify::History::new(&graph);
    let known = fold::fold(&mut graph, &shapes);
    if graph.ir_version <= NEWEST_SIMPLIFIED {
        simplify::simplify(&mut graph, &known, &history, !options.keep_batch_norm);
        fold::fold(&mut graph, &shapes);
    }
    patterns::rewrite(&mut graph);
    let known = fold::fold(&mut graph, &shapes);
    generate(graph, known, &shapes, options).map_err(|(opset, nodes)| ImportError::Unsupported {
        path: path.to_owned(),
        total,
        opset,
        nodes,
    })
}

/// Makes `names` the outputs and drops what they do not need.
fn cut(graph: &mut Graph, names: &[String]) -> Result<(), String> {
    if names.is_empty() {
        return Ok(());
    }
    let known: Vec<&str> = graph
        .nodes
        .iter()
        .flat_map(|node| &node.outputs)
        .map(String::as_str)
        .collect();
    for name in names {
        if !known.contains(&name.as_str()) {
            let near = tpuc_dialects::ir::nearest(name, known.iter().copied(), 3);
            let near = if near.is_empty() {
                graph.outputs.iter().map(String::as_str).collect()
            } else {
                near
            };
            let near: Vec<String> = near.into_iter().map(|name| format!("'{name}'")).collect();
            return Err(format!(
                "--output_names: no node makes '{name}'; did you mean {}?",
                near.join(", ")
            ));
        }
    }
    graph.outputs = names.to_vec();
    fold::remove_unused(graph);
    Ok(())
}

fn input_shapes(graph: &Graph, wanted: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, String> {
    let text = |dims: &[Result<i64, String>]| {
        let dims: Vec<String> = dims
            .iter()
            .map(|dim| dim.as_ref().map_or_else(Clone::clone, i64::to_string))
            .collect();
        format!("[{}]", dims.join(","))
    };
    let all = || {
        let inputs: Vec<String> = graph
            .inputs
            .iter()
            .map(|input| format!("'{}' {}", input.name, text(&input.dims)))
            .collect();
        inputs.join(", ")
    };
    if !wanted.is_empty() && wanted.len() != graph.inputs.len() {
        return Err(format!(
            "--input_shapes gives {} shapes, but the network has {} inputs: {}",
            wanted.len(),
            graph.inputs.len(),
            all()
        ));
    }
    let mut shapes = Vec::with_capacity(graph.inputs.len());
    for (index, input) in graph.inputs.iter().enumerate() {
        // An input without dimensions is a tensor of one element here.
        let dims = if input.dims.is_empty() {
            vec![Ok(1)]
        } else {
            input.dims.clone()
        };
        let shape = match wanted.get(index) {
            Some(shape) if shape.len() != dims.len() => {
                return Err(format!(
                    "--input_shapes: input '{}' has {} dimensions {}, found {shape:?}",
                    input.name,
                    dims.len(),
                    text(&input.dims)
                ));
            }
            Some(shape) => shape.clone(),
            None => dims
                .iter()
                .map(|dim| dim.clone().ok())
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| {
                    format!(
                        "input '{}' has open dimensions {}; give all shapes with --input_shapes, for example \
                     --input_shapes '[[1,3,224,224]]'",
                        input.name,
                        text(&input.dims)
                    )
                })?,
        };
        let elements = shape.iter().try_fold(1_i64, |total, dim| total.checked_mul(*dim));
        if shape.iter().any(|dim| *dim < 1) || elements.is_none_or(|elements| elements > 1 << 32) {
            return Err(format!(
                "--input_shapes: {shape:?} of input '{}' is no shape that can be computed",
                input.name
            ));
        }
        shapes.push(shape);
    }
    Ok(shapes)
}

type Failure = (i64, Vec<UnsupportedNode>);

fn generate(
    graph: Graph,
    known: fold::Known,
    shapes: &[Vec<i64>],
    options: &ImportOptions,
) -> Result<Program, Failure> {
    let (mut program, func, none) = fold::skeleton(&options.name, &graph, shapes, 0);
    for (name, value) in [
        ("chip", "ALL"),
        ("platform", "ONNX"),
        ("state", "TOP_F32"),
        ("top_run_mode", "STATIC"),
    ] {
        program.set_module_str(name, value);
    }
    program.set_module_str(
        "weight_file",
        &format!("{}_top_f32_all_origin_weight.npz", options.name.to_lowercase()),
    );
    let block = func.block(&program.ctx);
    let arguments = func.arguments(&program.ctx).to_vec();
    let mut converter = Converter::new(program, block, none, &graph);
    converter.elements = known.elements;
    converter.scalars = known.scalars;
    converter.shapes = known.shapes;
    for (index, (input, argument)) in graph.inputs.iter().zip(arguments).enumerate() {
        let shape = &shapes[index];
        let value = converter.emit("top.Input", &[argument], &input.name, |builder| {
            describe_input(builder, options.preprocess.as_ref(), index, shape)
        });
        let ctx = &mut converter.program.ctx;
        let element = ctx.f32_type();
        let ty = ctx.tensor_type(shape, element);
        ctx.rewriter().set_type(value, ty);
        converter.bind(&input.name, value);
    }
    let mut unsupported = Vec::new();
    for node in &graph.nodes {
        let converted = match convert::find(&node.op_type) {
            Some(convert) => convert(&mut converter, node),
            None => Err(Problem::Unsupported(
                "no such operator is known to import".to_owned(),
            )),
        };
        match converted {
            Ok(()) => {}
            Err(problem) => {
                converter.poison(node);
                if let Problem::Unsupported(reason) = problem {
                    unsupported.push(UnsupportedNode {
                        op_type: node.op_type.clone(),
                        name: node.name().to_owned(),
                        reason,
                    });
                }
            }
        }
    }
    if !unsupported.is_empty() {
        return Err((graph.opset, unsupported));
    }
    let mut results = Vec::new();
    for name in &graph.outputs {
        match converter.bound(name) {
            Some(value) => results.push(value),
            // Outputs that do not depend on the input are left out, unless nothing else is there to give back.
            None if converter.constant(name).is_some() && graph.outputs.len() == 1 => {
                results.push(converter.weight(name));
            }
            None => {}
        }
    }
    let mut program = converter.program;
    let ctx = &mut program.ctx;
    ctx.rewriter_at_end(block)
        .build("func.return")
        .operands(&results)
        .finish();
    // The declared results have no rank, whatever is known already.
    let element = ctx.f32_type();
    let unranked = ctx.unranked_type(element);
    let inputs: Vec<Type> = func
        .arguments(ctx)
        .iter()
        .map(|value| ctx.value_type(*value))
        .collect();
    let ty = ctx.function_type(&inputs, &vec![unranked; results.len()]);
    let attr = ctx.attr(AttrKind::Type(ty));
    ctx.rewriter().set_attr(func.op(), "function_type", attr);
    Ok(program)
}

fn describe_input<'a>(
    builder: OpBuilder<'a>,
    preprocess: Option<&InputPreprocess>,
    index: usize,
    shape: &[i64],
) -> OpBuilder<'a> {
    let Some(preprocess) = preprocess else {
        return builder;
    };
    let channels_last = preprocess.channel_format == "nhwc";
    let channels = if channels_last { shape.last() } else { shape.get(1) };
    let picture = (shape.len() == 4 && channels.is_some_and(|channels| *channels <= 4)) || shape.len() == 3;
    let mut builder = builder;
    if picture {
        builder = builder
            .str("channel_format", &preprocess.channel_format)
            .bool("keep_aspect_ratio", preprocess.keep_aspect_ratio)
            .str("keep_ratio_mode", &preprocess.keep_ratio_mode)
            .f64s("mean", &preprocess.mean)
            .str("pad_type", &preprocess.pad_type)
            .i64("pad_value", preprocess.pad_value)
            .str("pixel_format", &preprocess.pixel_format)
            .f64s("scale", &preprocess.scale)
            .str("yuv_type", &preprocess.yuv_type);
        if let Some(dims) = &preprocess.resize_dims {
            builder = builder.i64s("resize_dims", dims);
        }
    }
    let chosen = preprocess
        .inputs
        .as_ref()
        .is_none_or(|inputs| inputs.contains(&(index + 1)));
    if chosen {
        builder.bool("do_preprocess", true)
    } else {
        builder
    }
}
