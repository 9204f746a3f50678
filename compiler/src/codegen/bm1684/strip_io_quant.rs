//! `strip-io-quant`: casts at the network's borders go, so that its inputs or outputs are 8-bit integers themselves.

use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, TypeKind, Value};

const fn flag(name: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec {
        name,
        kind: OptionKind::Bool,
        default: "false",
        help,
    }
}

const fn list(name: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec {
        name,
        kind: OptionKind::Str,
        default: "",
        help,
    }
}

/// The pass.
pub const PASS: Pass = Pass {
    flag: "strip-io-quant",
    group: "tpu",
    summary: "Remove the casts at inputs and outputs: they become 8-bit integers",
    options: &[
        flag("quant_input", "Inputs are quantised"),
        flag("quant_output", "Outputs are quantised"),
        list(
            "quant_input_list",
            "Positions of the inputs meant, from 1, with commas; all when empty",
        ),
        list(
            "quant_output_list",
            "Positions of the outputs meant, from 1, with commas; all when empty",
        ),
        flag("quant_output_bf16", "Not on this chip"),
        flag("quant_input_int8", "Inputs are quantised"),
        flag("quant_output_int8", "Outputs are quantised"),
    ],
    run,
};

fn run(
    program: &mut Program,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Changed, Failed> {
    let function = program.main().map_err(|error| {
        diagnostics.push(error);
        Failed
    })?;
    if options.bool("quant_output_bf16") {
        diagnostics.push(Diagnostic::error(
            "quant_output_bf16: this chip has no bf16; use quant_output",
        ));
        return Err(Failed);
    }
    let mut changed = false;
    let wanted = |list: &str| -> Result<Vec<usize>, Failed> {
        let parts = options.str(list).split(',').map(str::trim);
        let parts = parts.filter(|part| !part.is_empty() && *part != "all");
        parts.map(|part| part.parse().map_err(|_| Failed)).collect()
    };
    let (Ok(input_list), Ok(output_list)) = (wanted("quant_input_list"), wanted("quant_output_list")) else {
        diagnostics.push(Diagnostic::error(
            "quant_input_list and quant_output_list hold positions such as 1,3",
        ));
        return Err(Failed);
    };
    let meant = |list: &[usize], index: usize| list.is_empty() || list.contains(&(index + 1));
    let ctx = &mut program.ctx;
    if options.bool("quant_input") || options.bool("quant_input_int8") {
        let inputs: Vec<Op> = function
            .ops(ctx)
            .into_iter()
            .filter(|op| ctx.is(*op, "top.Input"))
            .collect();
        for (index, input) in inputs.into_iter().enumerate() {
            changed |= meant(&input_list, index) && strip_input(ctx, input);
        }
    }
    let quant_output = options.bool("quant_output") || options.bool("quant_output_int8");
    if quant_output && let Some(ret) = function.return_op(ctx) {
        for (index, value) in ret.values(ctx).to_vec().into_iter().enumerate() {
            changed |= meant(&output_list, index) && strip_output(ctx, ret.op(), index, value);
        }
    }
    if changed {
        function.update_type(&mut ctx.rewriter());
    }
    Ok(changed.into())
}

fn is_quantised(ctx: &Context, value: Value) -> bool {
    let element = ctx.element(value).map(|ty| ctx.type_kind(ty));
    matches!(element, Some(TypeKind::Uniform { .. }))
}

/// All users of the input are casts to one quantised type: they go, and the input takes that type.
fn strip_input(ctx: &mut Context, input: Op) -> bool {
    let value = ctx.result(input);
    let users = ctx.users(value);
    let Some(&first) = users.first() else { return false };
    let casts = users
        .iter()
        .all(|user| ctx.is(*user, "tpu.Cast") && is_quantised(ctx, ctx.result(*user)));
    if !casts {
        return false;
    }
    let ty = ctx.value_type(ctx.result(first));
    if users.iter().any(|user| ctx.value_type(ctx.result(*user)) != ty) {
        return false;
    }
    let mut rewriter = ctx.rewriter();
    for user in users {
        rewriter.replace_op(user, &[value]);
    }
    rewriter.set_type(value, ty);
    true
}

/// The output is a cast from a quantised tensor that is used here only: the quantised tensor is returned instead.
fn strip_output(ctx: &mut Context, ret: Op, index: usize, value: Value) -> bool {
    let Some(cast) = ctx.defining_op(value).filter(|op| ctx.is(*op, "tpu.Cast")) else {
        return false;
    };
    let source = ctx.operand(cast, 0);
    if !is_quantised(ctx, source) {
        return false;
    }
    let mut rewriter = ctx.rewriter();
    rewriter.set_operand(ret, index, source);
    if rewriter.uses(value).is_empty() {
        rewriter.erase_op(cast);
    }
    true
}
