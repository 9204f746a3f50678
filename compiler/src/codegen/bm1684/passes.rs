//! The passes of code generation, in the order in which they run: `weight-reorder`, `address-assign`, `codegen`.

use super::address::{self, AddressMode, AssignOptions, MemoryPlan};
use super::codegen::{BmodelOptions, generate};
use super::coefficient;
use super::error::Error;
use super::group;
use super::group::pass::Settings;
use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use crate::tpu::{dev_parallel, op_reorder, processor_tpu_optimize, subnet_divide, subnets};
use std::path::PathBuf;
use tpuc_dialects::ir::{Diagnostic, Op, OpView};
use tpuc_runtime::bmodel::Bmodel;

/// Lays weights out as the chip reads them.
pub const WEIGHT_REORDER: Pass = Pass {
    flag: "weight-reorder",
    group: "tpu",
    summary: "Lay weights out as the chip reads them",
    options: &[],
    run: weight_reorder,
};

/// Gives weights and tensors their addresses.
pub const ADDRESS_ASSIGN: Pass = Pass {
    flag: "address-assign",
    group: "tpu",
    summary: "Assign global memory addresses to weights and tensors",
    options: &[OptionSpec {
        name: "reuse_addr",
        kind: OptionKind::Bool,
        default: "true",
        help: "Tensors whose lifetimes do not meet share memory",
    }],
    run: address_assign,
};

/// Makes the bmodel, which is written with the program.
pub const CODEGEN: Pass = Pass {
    flag: "codegen",
    group: "tpu",
    summary: "Generate the commands and write the bmodel",
    options: &[
        OptionSpec {
            name: "model_file",
            kind: OptionKind::Str,
            default: "",
            help: "The bmodel to write",
        },
        OptionSpec {
            name: "embed_debug_info",
            kind: OptionKind::Bool,
            default: "false",
            help: "Add where and when every tensor can be read",
        },
        OptionSpec {
            name: "model_version",
            kind: OptionKind::Str,
            default: "latest",
            help: "Version of the bmodel format; ignored",
        },
        OptionSpec {
            name: "bmodel_only",
            kind: OptionKind::Bool,
            default: "false",
            help: "Ignored: only the bmodel is written",
        },
        OptionSpec {
            name: "gdma_check",
            kind: OptionKind::Bool,
            default: "false",
            help: "Ignored",
        },
        OptionSpec {
            name: "rvti",
            kind: OptionKind::Bool,
            default: "false",
            help: "Ignored",
        },
    ],
    run: codegen,
};

fn weight_reorder(
    program: &mut Program,
    _: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Changed, Failed> {
    let function = program.main().map_err(|error| {
        diagnostics.push(error);
        Failed
    })?;
    let ops = function.ops(&program.ctx);
    let mut failed = Vec::new();
    let mut pending = coefficient::Pending::default();
    let mut each = |program: &mut Program, step: &mut dyn FnMut(&mut Program, Op) -> Result<(), Error>| {
        for &op in &ops {
            if !program.ctx.is_erased(op)
                && let Err(error) = step(program, op)
            {
                failed.push((op, error));
            }
        }
    };
    each(program, &mut |program, op| {
        coefficient::reorder(program, op, &mut pending)
    });
    let unread = pending.finish(program);
    each(program, &mut coefficient::finish);
    failed.extend(unread);
    let ctx = &program.ctx;
    let is_good = failed.is_empty();
    diagnostics.extend(failed.into_iter().map(|(op, error)| {
        Diagnostic::error(format!("'{}' op {error}", ctx.op_name(op)))
            .at(ctx.op_span(op))
            .named(ctx.name(op))
    }));
    program.set_module_str("state", "TPU_REORDERED");
    if is_good { Ok(Changed::Yes) } else { Err(Failed) }
}

const PLAN_ATTRS: [&str; 4] = [
    "module.coeff_addr",
    "module.coeff_size",
    "module.neuron_addr",
    "module.neuron_size",
];
const IO_ATTRS: [&str; 2] = ["module.io_addr", "module.io_size"];
/// Most bytes of tensors alive at one time: what `module.neuron_size` cannot be below. Ours; TPU-MLIR has no such attribute.
pub const NEURON_BOUND_ATTR: &str = "module.neuron_bound";

/// The address mode that the module names; basic where it names none.
fn address_mode(program: &Program) -> Result<AddressMode, Diagnostic> {
    let name = program.ctx.get_str(program.module.op(), "module.addr_mode");
    AddressMode::parse(name.unwrap_or("auto")).map_err(Diagnostic::error)
}

fn address_assign(
    program: &mut Program,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Changed, Failed> {
    let reuse = options.bool("reuse_addr");
    let result = program.main().and_then(|function| {
        let mode = address_mode(program)?;
        // Sub-nets share one memory: lifetimes are those of the whole program.
        complete_weights(program)?;
        let divided = subnets::flatten(program)?;
        let plan = address::assign(program, function, AssignOptions { reuse, mode });
        if let Some(divided) = divided {
            divided.restore(program);
        }
        plan.map_err(|error| Diagnostic::error(error.to_string()))
    });
    let plan = result.map_err(|error| {
        diagnostics.push(error);
        Failed
    })?;
    let values = [
        plan.coeff_address,
        plan.coeff_bytes,
        plan.neuron_address,
        plan.neuron_bytes,
    ];
    let module = program.device_module().op();
    let io = plan.io.map(|(address, bytes)| [address, bytes]);
    let attrs = PLAN_ATTRS
        .into_iter()
        .zip(values)
        .chain([(NEURON_BOUND_ATTR, plan.neuron_bound)])
        .chain(IO_ATTRS.into_iter().zip(io.into_iter().flatten()));
    for (name, value) in attrs {
        let attr = program.ctx.i64_attr(value as i64);
        program.ctx.rewriter().set_attr(module, name, attr);
    }
    program.set_module_str("state", "TPU_ADDRESSED");
    Ok(Changed::Yes)
}

/// Lays out the weights that the real `weight-reorder` leaves as they are ([`coefficient::complete`]).
///
/// # Errors
/// When one is missing or of a type that the chip does not read.
pub fn complete_weights(program: &mut Program) -> Result<(), Diagnostic> {
    let mut pending = coefficient::Pending::default();
    let mut failed = None;
    for function in subnets::functions(program)? {
        for op in function.ops(&program.ctx) {
            if let Err(error) = coefficient::complete(program, op, &mut pending) {
                failed.get_or_insert((op, error));
            }
        }
    }
    let unread = pending.finish(program);
    match failed.into_iter().chain(unread).next() {
        Some((op, error)) => {
            let ctx = &program.ctx;
            Err(Diagnostic::error(format!("'{}' op {error}", ctx.op_name(op)))
                .at(ctx.op_span(op))
                .named(ctx.name(op)))
        }
        None => Ok(()),
    }
}

fn codegen(
    program: &mut Program,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Changed, Failed> {
    let file = options.str("model_file");
    if file.is_empty() {
        diagnostics.push(Diagnostic::error(
            "codegen needs 'model_file', the bmodel to write",
        ));
        return Err(Failed);
    }
    let bmodel = bmodel_of(program, options.bool("embed_debug_info")).map_err(|errors| {
        diagnostics.extend(errors);
        Failed
    })?;
    program.bmodels.push((PathBuf::from(file), bmodel));
    Ok(Changed::No)
}

/// The bmodel of a program that went through the passes before `codegen`.
///
/// # Errors
/// One diagnostic for every operation that cannot be compiled.
pub fn bmodel_of(program: &Program, debug_info: bool) -> Result<Bmodel, Vec<Diagnostic>> {
    let flat = subnets::flattened(program).map_err(|error| vec![error])?;
    let program = flat.as_ref().unwrap_or(program);
    let ctx = &program.ctx;
    let module = program.device_module().op();
    let [coeff_address, coeff_bytes, neuron_address, neuron_bytes] =
        PLAN_ATTRS.map(|name| ctx.get_i64(module, name).map(|value| value as u64));
    let (Some(coeff_address), Some(coeff_bytes), Some(neuron_address), Some(neuron_bytes)) =
        (coeff_address, coeff_bytes, neuron_address, neuron_bytes)
    else {
        return Err(vec![Diagnostic::error(
            "the program has no addresses yet; run --address-assign before codegen",
        )]);
    };
    let function = program.main().map_err(|error| vec![error])?;
    let mode = address_mode(program).map_err(|error| vec![error])?;
    let number = |name: &str| ctx.get_i64(module, name).map(|value| value as u64);
    let plan = MemoryPlan {
        coeff_address,
        coeff_bytes,
        neuron_address,
        neuron_bytes,
        neuron_bound: number(NEURON_BOUND_ATTR).unwrap_or_default(),
        io: number(IO_ATTRS[0]).zip(number(IO_ATTRS[1])),
    };
    let options = BmodelOptions {
        name: ctx
            .get_str(program.module.op(), "sym_name")
            .unwrap_or("main")
            .to_owned(),
        debug_info,
        address_mode: mode,
    };
    generate(program, function, &plan, &options)
}

/// Runs all passes up to the bmodel: for tools and tests that have no pass manager at hand. The program is flat afterwards.
///
/// # Errors
/// The diagnostics of the pass that failed.
pub fn compile(program: &mut Program, debug_info: bool) -> Result<Bmodel, Vec<Diagnostic>> {
    compile_with(program, debug_info, &Settings::default())
}

/// As [`compile`], with layer groups as the settings say.
///
/// # Errors
/// The diagnostics of the pass that failed.
pub fn compile_with(
    program: &mut Program,
    debug_info: bool,
    settings: &Settings,
) -> Result<Bmodel, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let options = [("reuse_addr", "true"), ("dynamic", "false")];
    let options = options.map(|(name, value)| (name, value.to_owned()));
    let options = Options::new(options.into_iter().collect());
    let before_groups = [
        &processor_tpu_optimize::PASS,
        &dev_parallel::PASS,
        &WEIGHT_REORDER,
        &subnet_divide::PASS,
        &op_reorder::PASS,
    ];
    for pass in before_groups {
        if (pass.run)(program, &options, &mut diagnostics).is_err() {
            return Err(diagnostics);
        }
    }
    let functions = subnets::functions(program).map_err(|error| vec![error])?;
    for function in functions {
        group::pass::group(program, function, settings, &mut || {});
    }
    let _never_restored = subnets::flatten(program).map_err(|error| vec![error])?;
    if (ADDRESS_ASSIGN.run)(program, &options, &mut diagnostics).is_err() {
        return Err(diagnostics);
    }
    bmodel_of(program, debug_info)
}
