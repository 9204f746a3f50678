//! The two forms of a lowered program. Flat: all operations stand in `main`. Divided (`--subnet-divide`): `main` calls functions
//! `subfunc_N`, each of which is a sub-net. What looks at the whole program (addresses, code, inference) looks at the flat form:
//! [`flatten`] moves the operations of called functions to where they are called, [`Divided::restore`] moves them back.

use crate::pass::{Changed, Failed};
use crate::program::Program;
use std::collections::HashSet;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{AttrKind, Context, Diagnostic, Op, OpView, Value};

/// A function's attribute that says how its operations run (`#tpu<run_mode TPU_STATIC>`).
pub const MODE: &str = "mode";

/// A call whose function's operations are in `main` for now.
struct Called {
    call: Op,
    /// What stands behind the call.
    next: Op,
    function: Func,
    ops: Vec<Op>,
}

/// What [`flatten`] has moved.
#[must_use]
pub struct Divided {
    main: Func,
    calls: Vec<Called>,
    /// Operands of every operation before.
    operands: Vec<(Op, Vec<Value>)>,
}

/// Whether `main` calls functions.
pub fn is_divided(program: &Program) -> bool {
    let ctx = &program.ctx;
    program
        .main()
        .is_ok_and(|main| main.ops(ctx).iter().any(|op| ctx.is(*op, "func.call")))
}

/// The functions whose operations are compiled: `main` of a flat program, the called ones of a divided one, in the order of calls.
///
/// # Errors
/// When there is no `main`, or a call that does not fit.
pub fn functions(program: &Program) -> Result<Vec<Func>, Diagnostic> {
    let main = program.main()?;
    let calls = calls(program, main)?;
    if calls.is_empty() {
        return Ok(vec![main]);
    }
    Ok(calls.into_iter().map(|(_, function)| function).collect())
}

/// The functions that `main` calls; none in a flat program.
///
/// # Errors
/// As [`functions`].
fn called(program: &Program) -> Result<Vec<Func>, Diagnostic> {
    let main = program.main()?;
    let calls = calls(program, main)?;
    Ok(calls.into_iter().map(|(_, function)| function).collect())
}

/// Runs a pass on each function that `main` calls: whether it changed one.
///
/// # Errors
/// As [`functions`]; the error is added to `found`.
pub fn each_called(
    program: &mut Program,
    found: &mut Vec<Diagnostic>,
    pass: impl Fn(&mut Context, Func) -> bool,
) -> Result<Changed, Failed> {
    let functions = called(program).map_err(|error| {
        found.push(error);
        Failed
    })?;
    let mut changed = false;
    for function in functions {
        changed |= pass(&mut program.ctx, function);
    }
    Ok(changed.into())
}

/// Whether a function's operations run as commands that are known beforehand.
pub fn is_static(ctx: &Context, function: Func) -> bool {
    match ctx.get_attr(function.op(), MODE).map(|attr| ctx.attr_kind(attr)) {
        Some(AttrKind::Enum { case, .. }) => ctx.text(*case) == "TPU_STATIC",
        _ => true,
    }
}

/// The calls of `main` with what they call.
fn calls(program: &Program, main: Func) -> Result<Vec<(Op, Func)>, Diagnostic> {
    let ctx = &program.ctx;
    let mut found: Vec<(Op, Func)> = Vec::new();
    for call in main.ops(ctx).into_iter().filter(|op| ctx.is(*op, "func.call")) {
        let problem = |what: String| Err(Diagnostic::error(what).at(ctx.op_span(call)));
        let name = match ctx.get_attr(call, "callee").map(|attr| ctx.attr_kind(attr)) {
            Some(AttrKind::SymbolRef(path)) => path.last().map_or("", |name| ctx.text(*name)),
            _ => "",
        };
        let function = program.device_module().function(ctx, name);
        let Some(function) = function.filter(|function| ctx.body(function.op()).is_some()) else {
            return problem(format!(
                "'func.call' op calls '{name}', which is no function beside 'main'"
            ));
        };
        if function == main || found.iter().any(|(_, known)| *known == function) {
            return problem(format!(
                "'func.call' op calls '{name}' once more; a sub-net is called once"
            ));
        }
        let Some(ret) = function.return_op(ctx) else {
            return problem(format!("'func.call' op calls '{name}', which returns nothing"));
        };
        let given = (function.arguments(ctx).len(), ret.values(ctx).len());
        let wanted = (ctx.operands(call).len(), ctx.results(call).len());
        if given != wanted {
            return problem(format!(
                "'func.call' op gives '{name}' {} values for {} results; it takes {} for {}",
                wanted.0, wanted.1, given.0, given.1
            ));
        }
        if function.ops(ctx).iter().any(|op| ctx.is(*op, "func.call")) {
            return problem(format!(
                "'func.call' op calls '{name}', which calls a function itself"
            ));
        }
        found.push((call, function));
    }
    Ok(found)
}

/// Moves the operations of called functions into `main`; `None` if it calls none.
///
/// # Errors
/// When a call does not fit its function.
pub fn flatten(program: &mut Program) -> Result<Option<Divided>, Diagnostic> {
    let main = program.main()?;
    let calls = calls(program, main)?;
    if calls.is_empty() {
        return Ok(None);
    }
    let ctx = &mut program.ctx;
    let mut roots = main.ops(ctx);
    roots.extend(calls.iter().flat_map(|(_, function)| function.ops(ctx)));
    let operands = roots.iter().flat_map(|op| ctx.walk(*op));
    let operands = operands.map(|op| (op, ctx.operands(op).to_vec())).collect();
    let mut divided = Divided {
        main,
        calls: Vec::new(),
        operands,
    };
    for (call, function) in calls {
        let Some(next) = ctx.next_op(call) else {
            return Err(Diagnostic::error("'func.call' op ends 'main'; a return must"));
        };
        let mut ops = function.ops(ctx);
        let Some(ret) = ops.pop() else { continue };
        let given = ctx.operands(call).to_vec();
        for (argument, value) in function.arguments(ctx).to_vec().into_iter().zip(given) {
            ctx.rewriter().replace_all_uses(argument, value);
        }
        let mut rewriter = ctx.rewriter();
        for &op in &ops {
            rewriter.move_before(op, call);
        }
        let returned = ctx.operands(ret).to_vec();
        for (result, value) in ctx.results(call).to_vec().into_iter().zip(returned) {
            ctx.rewriter().replace_all_uses(result, value);
        }
        // The call waits in its function.
        ctx.rewriter().move_before(call, ret);
        divided.calls.push(Called {
            call,
            next,
            function,
            ops,
        });
    }
    Ok(Some(divided))
}

impl Divided {
    /// Moves operations back into their functions, where they stand in the order that they have now; arguments and results get the types
    /// of what they stand for.
    pub fn restore(self, program: &mut Program) {
        let ctx = &mut program.ctx;
        let order = self.main.ops(ctx);
        for called in self.calls.iter().rev() {
            let own: HashSet<Op> = called.ops.iter().copied().collect();
            let mut rewriter = ctx.rewriter();
            for &op in order.iter().filter(|op| own.contains(op)) {
                rewriter.move_before(op, called.call);
            }
            rewriter.move_before(called.call, called.next);
        }
        // Types first, while values are at hand.
        for called in &self.calls {
            let pairs = [
                (
                    called.function.arguments(ctx).to_vec(),
                    ctx.operands(called.call).to_vec(),
                ),
                (
                    ctx.results(called.call).to_vec(),
                    match called.function.return_op(ctx) {
                        Some(ret) => ctx.operands(ret.op()).to_vec(),
                        None => Vec::new(),
                    },
                ),
            ];
            for (own, value) in pairs
                .into_iter()
                .flat_map(|(own, values)| own.into_iter().zip(values))
            {
                let ty = ctx.value_type(value);
                ctx.rewriter().set_type(own, ty);
            }
        }
        for (op, operands) in self.operands {
            if !ctx.is_erased(op) && ctx.operands(op) != operands {
                ctx.rewriter().set_operands(op, &operands);
            }
        }
        for called in &self.calls {
            called.function.update_type(&mut ctx.rewriter());
        }
        self.main.update_type(&mut ctx.rewriter());
    }
}

/// A flat copy of a divided program; `None` if it is flat.
///
/// # Errors
/// As [`flatten`], and when a weight is missing.
pub fn flattened(program: &Program) -> Result<Option<Program>, Diagnostic> {
    if !is_divided(program) {
        return Ok(None);
    }
    let mut copy = program
        .fork()
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    let _never_restored = flatten(&mut copy)?;
    Ok(Some(copy))
}
