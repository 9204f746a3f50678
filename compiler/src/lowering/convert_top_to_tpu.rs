//! `--convert-top-to-tpu`: from the top dialect to the tpu dialect of BM1684, in F32 or symmetric INT8.
//!
//! Steps: ranges are made consistent (INT8), every operation is replaced from the last to the first, reshapes take their
//! input's numbers, casts are inserted, what is unused is removed. Nothing is touched before all that can be known to fail
//! was checked: mode, options, quantisation table, operations without a lowering.

use super::bm1684::{self, context::Lowering};
use super::{calibration, casts, shapes};
use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use crate::quantization::scale::{is_uniform, with_plain_element};
use crate::quantization::{Precision, QuantizeTable};
use std::path::Path;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, Trait, nearest, op_error};

/// The pass.
pub const PASS: Pass = Pass {
    flag: "convert-top-to-tpu",
    group: "lowering",
    summary: "Lower top operations to tpu operations for the chip and mode of --processor-assign",
    options: &[
        option(
            "weightFileName",
            OptionKind::Str,
            "",
            "name of the weight file that belongs to the result",
        ),
        option(
            "qtable",
            OptionKind::Str,
            "",
            "quantisation table: operations that keep another precision",
        ),
        option(
            "asymmetric",
            OptionKind::Bool,
            "false",
            "asymmetric quantisation; bm1684 has symmetric only",
        ),
        option(
            "allow-unmatched",
            OptionKind::Bool,
            "false",
            "accept names in the quantisation table that the program does not have",
        ),
        option(
            "doWinograd",
            OptionKind::Bool,
            "false",
            "Winograd convolution; not supported",
        ),
        option(
            "q_group_size",
            OptionKind::Int,
            "0",
            "group size of weight quantisation; recorded, unused on bm1684",
        ),
        option(
            "q_symmetric",
            OptionKind::Bool,
            "false",
            "symmetric group quantisation; recorded, unused on bm1684",
        ),
        option(
            "matmul_perchannel",
            OptionKind::Bool,
            "false",
            "scale for each column of a matrix; unused on bm1684",
        ),
        option(
            "gelu_mode",
            OptionKind::Str,
            "normal",
            "approximation of GELU; unused on bm1684",
        ),
        option(
            "ignore_f16_overflow",
            OptionKind::Bool,
            "false",
            "for F16; unused on bm1684",
        ),
        option(
            "per_channel",
            OptionKind::Bool,
            "false",
            "a right shift of its own for each output channel of an INT8 convolution (TPU-MLIR: one for the layer)",
        ),
        option(
            "conv_group",
            OptionKind::Int,
            "0",
            "the same with at most so many different shifts in one convolution; 0 and 1: one for the layer",
        ),
    ],
    run,
};

const fn option(
    name: &'static str,
    kind: OptionKind,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        name,
        kind,
        default,
        help,
    }
}

fn run(program: &mut Program, options: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let table = match options.str("qtable") {
        "" => Ok(QuantizeTable::default()),
        file => {
            QuantizeTable::read(Path::new(file)).map_err(|error| vec![Diagnostic::error(error.to_string())])
        }
    };
    let result = table.and_then(|table| apply(program, options, table));
    result.map(|()| Changed::Yes).map_err(|errors| {
        found.extend(errors);
        Failed
    })
}

/// Lowers with the operations of `table` in their own precision; the option `qtable` is only named in messages.
///
/// # Errors
/// Everything that speaks against it; nothing was changed then unless an operation's own lowering failed.
pub fn apply(program: &mut Program, options: &Options, table: QuantizeTable) -> Result<(), Vec<Diagnostic>> {
    let plan = Plan::make(program, options, table)?;
    lower(program, &plan).map_err(|error| vec![error])?;
    finish(program, options, plan.func);
    Ok(())
}

/// What was checked before anything is changed.
struct Plan {
    func: Func,
    precision: Precision,
    table: QuantizeTable,
    shift_groups: usize,
}

impl Plan {
    fn make(program: &Program, options: &Options, table: QuantizeTable) -> Result<Self, Vec<Diagnostic>> {
        let one = |message: String| vec![Diagnostic::error(message)];
        let mode = program.module_str("mode").unwrap_or("F32");
        let precision = Precision::parse(mode).map_err(one)?;
        match program.module_str("chip") {
            Some("bm1684") => {}
            Some("ALL") | None => {
                return Err(one(
                    "no chip is assigned: run --processor-assign=\"chip=bm1684 mode=...\" first".to_owned(),
                ));
            }
            Some(chip) => {
                return Err(one(format!(
                    "cannot lower for chip '{chip}': bm1684 is supported"
                )));
            }
        }
        if options.bool("asymmetric") {
            return Err(one(
                "bm1684 supports symmetric quantisation only: use asymmetric=false".to_owned(),
            ));
        }
        if options.bool("doWinograd") {
            return Err(one(
                "Winograd convolution is not supported: use doWinograd=false".to_owned()
            ));
        }
        let shift_groups = shift_groups(options).map_err(one)?;
        let state = program.module_str("state").unwrap_or("TOP_F32");
        match (state, precision) {
            ("TOP_F32" | "TOP_CALIBRATED", Precision::F32) | ("TOP_CALIBRATED", Precision::Int8) => {}
            ("TOP_F32", Precision::Int8) => {
                return Err(one(
                    "INT8 needs ranges: run --import-calibration-table=\"file=...\" first".to_owned(),
                ));
            }
            _ => {
                return Err(one(format!(
                    "the module is in state {state}, expected TOP_F32 or TOP_CALIBRATED"
                )));
            }
        }
        let func = program.main().map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        let ops: Vec<Op> = func.ops(&program.ctx);
        if !options.bool("allow-unmatched") {
            errors.extend(unmatched(&program.ctx, &ops, &table, options.str("qtable")));
        }
        errors.extend(ops.iter().filter_map(|op| unsupported(&program.ctx, *op)));
        if errors.is_empty() {
            Ok(Self {
                func,
                precision,
                table,
                shift_groups,
            })
        } else {
            Err(errors)
        }
    }

    fn precision_of(&self, ctx: &Context, op: Op) -> Precision {
        self.table
            .modes
            .get(ctx.name(op))
            .copied()
            .unwrap_or(self.precision)
    }
}

/// How many different shifts the channels of a convolution may have.
fn shift_groups(options: &Options) -> Result<usize, String> {
    match (options.bool("per_channel"), options.int("conv_group")) {
        (true, 0) => Ok(usize::MAX),
        (true, _) => Err(
            "per_channel=true gives each channel its own shift, conv_group=N at most N different ones: use one of them"
                .to_owned(),
        ),
        (false, groups) => usize::try_from(groups)
            .map(|groups| groups.max(1))
            .map_err(|_| format!("conv_group={groups}: expected 0 or the number of groups")),
    }
}

/// Names of the table that no operation has.
fn unmatched(ctx: &Context, ops: &[Op], table: &QuantizeTable, file: &str) -> Vec<Diagnostic> {
    let names: Vec<&str> = ops
        .iter()
        .filter(|op| is_computed(ctx, **op))
        .map(|op| ctx.name(*op))
        .collect();
    table
        .modes
        .keys()
        .filter(|name| !names.contains(&name.as_str()))
        .map(|name| {
            let near = nearest(name, names.iter().copied(), 3);
            let hint = if near.is_empty() {
                let some: Vec<&str> = names.iter().copied().take(3).collect();
                format!(" (it has {}, ...)", some.join(", "))
            } else {
                format!(" (did you mean {}?)", near.join(", "))
            };
            Diagnostic::error(format!(
                "{file}: the program has no operation '{name}'{hint}; --allow-unmatched (tpuc-opt: allow-unmatched=true) ignores it"
            ))
        })
        .collect()
}

/// Whether lowering replaces the operation.
fn is_computed(ctx: &Context, op: Op) -> bool {
    !matches!(
        ctx.op_name(op),
        "top.Input" | "top.Weight" | "top.None" | "func.return"
    )
}

fn unsupported(ctx: &Context, op: Op) -> Option<Diagnostic> {
    let name = ctx.op_name(op);
    if name == "top.Shape" {
        return shapes::unsupported_uses(ctx, op);
    }
    if !is_computed(ctx, op) || bm1684::lowering(name).is_some() {
        return None;
    }
    Some(op_error(
        ctx,
        op,
        "is not supported on bm1684: replace it in the network, or end the network before it with --output_names",
    ))
}

fn lower(program: &mut Program, plan: &Plan) -> Result<(), Diagnostic> {
    let Program { ctx, weights, .. } = program;
    if plan.precision == Precision::Int8 {
        calibration::propagate_ranges(ctx, plan.func);
    }
    shapes::lower_shapes(ctx, plan.func);
    let block = plan.func.block(ctx);
    let mut low = Lowering {
        ctx,
        weights,
        block,
        shift_groups: plan.shift_groups,
    };
    for op in plan.func.ops(low.ctx).into_iter().rev() {
        let Some(lower) = bm1684::lowering(low.ctx.op_name(op)) else {
            continue;
        };
        let precision = plan.precision_of(low.ctx, op);
        // How top rounds says nothing about the chip.
        let mut rw = low.ctx.rewriter();
        rw.remove_attr(op, "round_mode");
        rw.remove_attr(op, "first_round_mode");
        lower(&mut low, op, precision)?;
    }
    forward_elements(ctx, plan.func);
    casts::insert_casts(ctx, plan.func)?;
    reset_relu_limits(ctx, plan.func);
    remove_unused(ctx, plan.func);
    Ok(())
}

/// Reshapes and tiles take the numbers of what they read.
fn forward_elements(ctx: &mut Context, func: Func) {
    for op in func.ops(ctx) {
        if ["tpu.Reshape", "tpu.Unsqueeze", "tpu.Squeeze", "tpu.Tile"]
            .iter()
            .any(|name| ctx.is(op, name))
        {
            let (input, output) = (ctx.operand(op, 0), ctx.result(op));
            let (Some(from), Some(to)) = (ctx.element(input), ctx.element(output)) else {
                continue;
            };
            if from != to {
                let ty = ctx.value_type(output);
                let ty = with_plain_element(ctx, ty, from);
                ctx.rewriter().set_type(output, ty);
            }
        }
    }
}

/// The saturation of integers is the only upper limit of a quantised relu.
fn reset_relu_limits(ctx: &mut Context, func: Func) {
    for op in func.ops(ctx) {
        let fuses = ctx.info(op).is_some_and(|info| info.has(Trait::SupportFuseRelu));
        if !ctx.op_name(op).starts_with("tpu.") || !(fuses || ctx.is(op, "tpu.Relu")) {
            continue;
        }
        let quantized = ctx
            .results(op)
            .first()
            .into_iter()
            .chain(ctx.operands(op).first())
            .any(|value| is_uniform(ctx, ctx.value_type(*value)));
        if quantized {
            let none = ctx.f64_attr(-1.0);
            ctx.rewriter().set_attr(op, "relu_limit", none);
        }
    }
}

/// Erases operations whose results nothing reads, from the last to the first; inputs and the end stay. True if one was.
pub fn remove_unused(ctx: &mut Context, func: Func) -> bool {
    let mut changed = false;
    for op in func.ops(ctx).into_iter().rev() {
        let stays = matches!(ctx.op_name(op), "top.Input" | "func.return");
        if !stays && ctx.results(op).iter().all(|value| ctx.uses(*value).is_empty()) {
            ctx.rewriter().erase_op(op);
            changed = true;
        }
    }
    changed
}

fn finish(program: &mut Program, options: &Options, func: Func) {
    func.update_type(&mut program.ctx.rewriter());
    program.set_module_str("state", "TPU_LOWERED");
    let file = match options.str("weightFileName") {
        "" => program.default_weight_file(),
        file => file.to_owned(),
    };
    program.set_module_str("weight_file", &file);
    let module = program.module.op();
    let ctx = &mut program.ctx;
    let attrs = [
        ("module.asymmetric", ctx.bool_attr(false)),
        ("module.q_group_size", ctx.i64_attr(options.int("q_group_size"))),
        ("module.q_symmetric", ctx.bool_attr(options.bool("q_symmetric"))),
    ];
    let mut rw = ctx.rewriter();
    for (name, attr) in attrs {
        rw.set_attr(module, name, attr);
    }
}
