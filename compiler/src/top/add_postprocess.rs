//! `--add-postprocess`: appends the layer that makes boxes of a detector's feature maps, as `top.YoloDetection` or
//! `top.DetectionOutput`; the network then returns its rows `(image, class, score, box)`.
//!
//! Which outputs, in which order, with which anchors, and all constants are TPU-MLIR's (`--add-postprocess`, 1.30.2).

use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, Value};

/// The row.
pub const PASS: Pass = Pass {
    flag: "add-postprocess",
    group: "top",
    summary: "append the layer that makes boxes of a detector's outputs",
    options: &[OptionSpec {
        name: "type",
        kind: OptionKind::Str,
        default: "",
        help: "yolov3, yolov3_tiny, yolov4, yolov5, yolov8, yolov11, yolov26 or ssd; nothing is done when empty",
    }],
    run,
};

/// Types that can be appended.
pub const TYPES: &[&str] = &[
    "yolov3",
    "yolov3_tiny",
    "yolov4",
    "yolov5",
    "yolov8",
    "yolov11",
    "yolov26",
    "ssd",
];

/// Rows for each image, and candidates that suppression of overlaps looks at.
const TOP_K: i64 = 200;

/// Width and height in pixels of the three boxes of a cell, for strides 8, 16 and 32.
const ANCHORS: [[f64; 6]; 3] = [
    [10.0, 13.0, 16.0, 30.0, 33.0, 23.0],
    [30.0, 61.0, 62.0, 45.0, 59.0, 119.0],
    [116.0, 90.0, 156.0, 198.0, 373.0, 326.0],
];
/// For strides 16 and 32.
const TINY_ANCHORS: [[f64; 6]; 2] = [
    [10.0, 14.0, 23.0, 27.0, 37.0, 58.0],
    [81.0, 82.0, 135.0, 169.0, 344.0, 319.0],
];
const V4_ANCHORS: [[f64; 6]; 3] = [
    [12.0, 16.0, 19.0, 36.0, 40.0, 28.0],
    [36.0, 75.0, 76.0, 55.0, 72.0, 146.0],
    [142.0, 110.0, 192.0, 243.0, 459.0, 401.0],
];

fn run(
    program: &mut Program,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Changed, Failed> {
    let kind = options.str("type");
    if kind.is_empty() {
        return Ok(Changed::No);
    }
    append(program, kind).map_err(|error| {
        diagnostics.push(error);
        Failed
    })?;
    Ok(Changed::Yes)
}

fn append(program: &mut Program, kind: &str) -> Result<(), Diagnostic> {
    if !TYPES.contains(&kind) {
        return Err(Diagnostic::error(format!(
            "unknown post-processing '{kind}'; {} are supported, or leave it to the application",
            TYPES.join(", ")
        )));
    }
    let main = program.main()?;
    let ctx = &mut program.ctx;
    let image = main
        .arguments(ctx)
        .first()
        .and_then(|value| ctx.shape(*value))
        .and_then(|shape| <[i64; 4]>::try_from(shape).ok())
        .filter(|shape| shape.iter().all(|extent| *extent > 0))
        .ok_or_else(|| Diagnostic::error("post-processing needs a first input of shape [N, C, H, W]"))?;
    let ret = main
        .return_op(ctx)
        .ok_or_else(|| Diagnostic::error("the function 'main' does not return"))?
        .op();
    let outputs = ctx.operands(ret).to_vec();
    let appended = if kind == "ssd" {
        insert_ssd(ctx, ret, &outputs, image)?
    } else {
        insert_yolo(ctx, ret, &outputs, image, kind)?
    };
    let result = ctx.result(appended);
    ctx.rewriter().set_operands(ret, &[result]);
    finish(program, main, kind);
    Ok(())
}

fn finish(program: &mut Program, main: Func, kind: &str) {
    main.update_type(&mut program.ctx.rewriter());
    program.set_module_str("postprocess", kind);
}

fn shape(ctx: &Context, value: Value) -> Vec<i64> {
    ctx.shape(value).map(<[i64]>::to_vec).unwrap_or_default()
}

/// Outputs of the maps from the finest to the coarsest, and the anchors of each.
fn maps(
    ctx: &Context,
    outputs: &[Value],
    width: i64,
    kind: &str,
) -> Result<(Vec<Value>, Vec<f64>), Diagnostic> {
    let shapes: Vec<Vec<i64>> = outputs.iter().map(|value| shape(ctx, *value)).collect();
    let whole = |wanted: &str| {
        Diagnostic::error(format!(
            "{kind} expects {wanted}; the network's outputs are {shapes:?}; choose them with --output_names"
        ))
    };
    // One tensor of all candidates has boxes already: no anchors.
    if let [only] = shapes.as_slice()
        && only.len() == 3
        && matches!(kind, "yolov5" | "yolov8" | "yolov11" | "yolov26")
    {
        return Ok((outputs.to_vec(), vec![0.0]));
    }
    if matches!(kind, "yolov8" | "yolov11" | "yolov26") {
        return Err(whole("one output of shape [N, 4 + classes, candidates]"));
    }
    let is_map = |shape: &Vec<i64>| shape.len() == 4 && shape[3] > 0 && width % shape[3] == 0;
    if !(1..=3).contains(&shapes.len()) || !shapes.iter().all(is_map) {
        return Err(whole(
            "one to three outputs of shape [N, 3 * (5 + classes), H, W] whose W divides the image's",
        ));
    }
    let mut order: Vec<usize> = (0..shapes.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(shapes[*index][3]));
    let anchors: Vec<[f64; 6]> = match (kind, shapes.len()) {
        ("yolov5", _) => ANCHORS.to_vec(),
        ("yolov4", 3) => V4_ANCHORS.to_vec(),
        ("yolov3_tiny", 2) => TINY_ANCHORS.to_vec(),
        (_, count) => ANCHORS[..count].to_vec(),
    };
    let values = order.into_iter().map(|index| outputs[index]).collect();
    Ok((values, anchors.concat()))
}

/// Classes of a map with three boxes in each cell. TPU-MLIR writes 80 whatever the network has, and reads maps of other
/// networks wrongly then; where the candidates stand in one tensor, nothing reads the number, and 80 it stays.
fn class_count(first: &[i64], kind: &str) -> Result<i64, Diagnostic> {
    let &[_, channels, _, _] = first else {
        return Ok(80);
    };
    if channels % 3 != 0 || channels / 3 <= 5 {
        return Err(Diagnostic::error(format!(
            "{kind} expects maps of 3 * (5 + classes) channels, found {channels}; choose the outputs with --output_names"
        )));
    }
    Ok(channels / 3 - 5)
}

fn insert_yolo(
    ctx: &mut Context,
    ret: Op,
    outputs: &[Value],
    [batch, _, height, width]: [i64; 4],
    kind: &str,
) -> Result<Op, Diagnostic> {
    let (operands, anchors) = maps(ctx, outputs, width, kind)?;
    let classes = class_count(&shape(ctx, operands[0]), kind)?;
    let f32_type = ctx.f32_type();
    let ty = ctx.tensor_type(&[1, 1, batch.saturating_mul(TOP_K), 7], f32_type);
    let mut rewriter = ctx.rewriter_before(ret);
    Ok(rewriter
        .build("top.YoloDetection")
        .operands(&operands)
        .result(ty)
        .bool("agnostic_nms", false)
        .f64s("anchors", &anchors)
        .i64("class_num", classes)
        .i64("keep_topk", TOP_K)
        .i64("net_input_h", height)
        .i64("net_input_w", width)
        .f64("nms_threshold", 0.5)
        .f64("obj_threshold", 0.5)
        .str("version", kind)
        .named("yolo_post")
        .finish())
}

fn insert_ssd(
    ctx: &mut Context,
    ret: Op,
    outputs: &[Value],
    [batch, ..]: [i64; 4],
) -> Result<Op, Diagnostic> {
    let classes = outputs
        .get(1)
        .and_then(|scores| shape(ctx, *scores).get(1).copied());
    let Some(classes) = classes.filter(|_| (2..=3).contains(&outputs.len())) else {
        return Err(Diagnostic::error(
            "ssd expects the outputs locations, scores and prior boxes in this order; choose them with --output_names",
        ));
    };
    let f32_type = ctx.f32_type();
    let ty = ctx.tensor_type(&[1, 1, batch.saturating_mul(TOP_K), 7], f32_type);
    let mut rewriter = ctx.rewriter_before(ret);
    Ok(rewriter
        .build("top.DetectionOutput")
        .operands(outputs)
        .result(ty)
        .str("code_type", "CENTER_SIZE")
        .f64("confidence_threshold", 0.05)
        .i64("keep_top_k", TOP_K)
        .f64("nms_threshold", 0.5)
        .i64("num_classes", classes)
        .i64("top_k", TOP_K)
        .named("ssd_post")
        .finish())
}
