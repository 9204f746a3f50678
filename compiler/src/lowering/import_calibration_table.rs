//! `--import-calibration-table`: gives every value the range of the calibration table, as `!quant.calibrated`.
//!
//! Symmetric ranges: `-threshold..threshold` where the smallest value seen is negative, else `0..threshold`. Exceptions:
//! magnitudes take both signs, sigmoid and softmax are 0..1, a product of one value with itself (or of sigmoids and relus)
//! is not negative, a difference is always signed; after a relu the minimum is 0.

use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use crate::quantization::scale::with_plain_element;
use crate::quantization::{CalibrationTable, Threshold};
use std::path::Path;
use tpuc_dialects::ir::{Context, Diagnostic, F64, Op, Trait, TypeKind, Value, nearest};

/// The pass.
pub const PASS: Pass = Pass {
    flag: "import-calibration-table",
    group: "lowering",
    summary: "Read the ranges of values from a calibration table",
    options: &[
        OptionSpec {
            name: "file",
            kind: OptionKind::Str,
            default: "",
            help: "the table",
        },
        OptionSpec {
            name: "asymmetric",
            kind: OptionKind::Bool,
            default: "false",
            help: "asymmetric ranges; bm1684 has symmetric only",
        },
        OptionSpec {
            name: "allow-unmatched",
            kind: OptionKind::Bool,
            default: "false",
            help: "accept names that the program does not have, and values without a range",
        },
    ],
    run,
};

/// Names listed in one message.
const LISTED: usize = 8;

fn run(program: &mut Program, options: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    import(program, options).map_err(|error| {
        found.push(error);
        Failed
    })
}

fn import(program: &mut Program, options: &Options) -> Result<Changed, Diagnostic> {
    let file = options.str("file");
    if file.is_empty() {
        return Err(Diagnostic::error("--import-calibration-table needs file=TABLE"));
    }
    if options.bool("asymmetric") {
        return Err(Diagnostic::error(
            "bm1684 supports symmetric quantisation only: use asymmetric=false",
        ));
    }
    let table =
        CalibrationTable::read(Path::new(file)).map_err(|error| Diagnostic::error(error.to_string()))?;
    apply(program, &table, file, options.bool("allow-unmatched"))?;
    Ok(Changed::Yes)
}

/// Gives every value its range. `file` is for messages; `allow_unmatched` accepts names that only one side knows.
///
/// # Errors
/// When the module is not in state `TOP_F32`, or the table is of another program.
pub fn apply(
    program: &mut Program,
    table: &CalibrationTable,
    file: &str,
    allow_unmatched: bool,
) -> Result<(), Diagnostic> {
    let state = program.module_str("state").unwrap_or("TOP_F32");
    if state != "TOP_F32" {
        return Err(Diagnostic::error(format!(
            "a calibration table belongs to a module in state TOP_F32, this one is in state {state}"
        )));
    }
    let func = program.main()?;
    let ctx = &mut program.ctx;
    let values: Vec<(Op, Value)> = func
        .ops(ctx)
        .into_iter()
        .filter(|op| has_range(ctx, *op))
        .flat_map(|op| {
            ctx.results(op)
                .iter()
                .map(|value| (op, *value))
                .collect::<Vec<_>>()
        })
        .filter(|(_, value)| is_float(ctx, *value))
        .collect();
    if !allow_unmatched {
        check_names(ctx, &values, table, file)?;
    }
    let unknown = Threshold {
        threshold: 0.0,
        min: 0.0,
        max: 0.0,
    };
    for (op, value) in values {
        let known = table.thresholds.get(ctx.value_name(value)).copied();
        let (min, max) = symmetric_range(ctx, op, known.unwrap_or(unknown));
        if min == 0.0 && max == 0.0 {
            continue;
        }
        let expressed = ctx.element(value).unwrap_or_else(|| ctx.f32_type());
        let element = ctx.ty(TypeKind::Calibrated {
            expressed,
            min: F64::from(min),
            max: F64::from(max),
        });
        let ty = ctx.value_type(value);
        let ty = with_plain_element(ctx, ty, element);
        ctx.rewriter().set_type(value, ty);
    }
    func.update_type(&mut ctx.rewriter());
    program.set_module_str("state", "TOP_CALIBRATED");
    Ok(())
}

/// Whether values of the operation have ranges: all but weights and the end.
fn has_range(ctx: &Context, op: Op) -> bool {
    let name = ctx.op_name(op);
    name.starts_with("top.")
        && !matches!(name, "top.Weight" | "top.None")
        && !ctx.info(op).is_some_and(|info| info.has(Trait::Terminator))
}

/// Whether a value is a tensor of plain floating point numbers.
fn is_float(ctx: &Context, value: Value) -> bool {
    ctx.element(value)
        .is_some_and(|element| matches!(ctx.type_kind(element), TypeKind::Float(_)))
}

/// Names that only one side knows are an error: a table of another model would give silent nonsense.
fn check_names(
    ctx: &Context,
    values: &[(Op, Value)],
    table: &CalibrationTable,
    file: &str,
) -> Result<(), Diagnostic> {
    let names: Vec<&str> = values.iter().map(|(_, value)| ctx.value_name(*value)).collect();
    // Ranges that need no entry: of a sigmoid or softmax, and of what is not quantised.
    let missing: Vec<&str> = values
        .iter()
        .filter(|(op, _)| symmetric_range(ctx, *op, ZERO) == (0.0, 0.0))
        .map(|(_, value)| ctx.value_name(*value))
        .filter(|name| !table.thresholds.contains_key(*name))
        .collect();
    let unknown: Vec<&str> = table
        .thresholds
        .keys()
        .map(String::as_str)
        .filter(|name| !names.contains(name))
        .collect();
    let known = table.thresholds.len() - unknown.len();
    let remedy = "--allow-unmatched (tpuc-opt: allow-unmatched=true) accepts it";
    if known * 2 < table.thresholds.len().max(1) || (known == 0 && !names.is_empty()) {
        let mut error = Diagnostic::error(format!(
            "{file} is a calibration table of another model: {known} of its {} names are values of this program; {remedy}",
            table.thresholds.len()
        ));
        if let (Some(theirs), Some(ours)) = (unknown.first(), names.first()) {
            error = error.note(
                format!("for example the table has '{theirs}', the program has '{ours}'"),
                None,
            );
        }
        return Err(error);
    }
    if let Some(first) = unknown.first() {
        let near = nearest(first, names.iter().copied(), 3);
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!(" (did you mean {}?)", near.join(", "))
        };
        let mut error = Diagnostic::error(format!(
            "{file}: the program has no value '{first}'{hint}; {remedy}"
        ));
        if unknown.len() > 1 {
            error = error.note(
                format!("{} unknown names: {}", unknown.len(), listed(&unknown)),
                None,
            );
        }
        return Err(error);
    }
    if let Some(first) = missing.first() {
        let near = nearest(first, table.thresholds.keys().map(String::as_str), 3);
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!(" (the nearest names are {})", near.join(", "))
        };
        let mut error = Diagnostic::error(format!("{file} has no range for '{first}'{hint}; {remedy}"));
        if missing.len() > 1 {
            error = error.note(
                format!("{} values without a range: {}", missing.len(), listed(&missing)),
                None,
            );
        }
        return Err(error);
    }
    Ok(())
}

const ZERO: Threshold = Threshold {
    threshold: 0.0,
    min: 0.0,
    max: 0.0,
};

fn listed(names: &[&str]) -> String {
    let more = if names.len() > LISTED { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(LISTED)].join(", "))
}

/// The range of a result of `op` with this entry in the table.
fn symmetric_range(ctx: &Context, op: Op, entry: Threshold) -> (f64, f64) {
    let threshold = entry.threshold;
    let signed = if entry.min < 0.0 { -threshold } else { 0.0 };
    let name = ctx.op_name(op);
    let (mut min, max) = match name {
        "top.Abs" => (-threshold, threshold),
        "top.Sigmoid" if ctx.get_bool(op, "log") != Some(true) => (0.0, 1.0),
        "top.Softmax" => (0.0, 1.0),
        "top.Mul" => {
            let operands = ctx.operands(op);
            let same = operands.iter().all(|operand| *operand == operands[0]);
            let positive = operands.iter().all(|operand| {
                ctx.defining_op(*operand)
                    .is_some_and(|op| ctx.is(op, "top.Sigmoid") || ctx.is(op, "top.Relu"))
            });
            (if same || positive { 0.0 } else { signed }, threshold)
        }
        "top.Sub" => (if entry.min < 0.0 { -threshold } else { -1e-5 }, threshold),
        _ => (signed, threshold),
    };
    if name != "top.Sub" && ctx.get_bool(op, "do_relu") == Some(true) {
        min = 0.0;
    }
    (min, max)
}
