//! `--processor-assign`: chip, mode and what belongs to them become attributes of the module.

use crate::codegen::bm1684::address::AddressMode;
use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use crate::quantization::Precision;
use tpuc_dialects::ir::{Diagnostic, OpView};

/// The pass.
pub const PASS: Pass = Pass {
    flag: "processor-assign",
    group: "lowering",
    summary: "Assign the chip and the mode that the program is compiled for",
    options: &[
        option("chip", OptionKind::Str, "bm1684", "the chip: bm1684"),
        option("mode", OptionKind::Str, "F32", "F32 or INT8"),
        option(
            "num_device",
            OptionKind::Int,
            "1",
            "number of devices; bm1684 has one",
        ),
        option(
            "num_core",
            OptionKind::Int,
            "1",
            "number of cores; bm1684 has one",
        ),
        option(
            "addr_mode",
            OptionKind::Str,
            "auto",
            "where inputs and outputs lie: auto (basic), basic, io_alone or in_reuse",
        ),
        option(
            "high_precision",
            OptionKind::Bool,
            "false",
            "recorded; unused on bm1684",
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
    let mut fail = |message: String| {
        found.push(Diagnostic::error(message));
        Failed
    };
    let chip = options.str("chip").to_lowercase();
    if chip != "bm1684" {
        return Err(fail(format!("unknown chip '{chip}': bm1684 is supported")));
    }
    let precision = Precision::parse(options.str("mode")).map_err(&mut fail)?;
    let address_mode = AddressMode::parse(options.str("addr_mode")).map_err(&mut fail)?;
    for name in ["num_device", "num_core"] {
        if options.int(name) < 1 {
            return Err(fail(format!(
                "{name} must be 1 or more, found {}",
                options.int(name)
            )));
        }
    }
    let module = program.module.op();
    let ctx = &mut program.ctx;
    // The chip has one device of one core, whatever was asked for.
    let attrs = [
        ("module.addr_mode", ctx.string_attr(address_mode.name())),
        ("module.chip", ctx.string_attr(&chip)),
        ("module.cores", ctx.i64_attr(1)),
        ("module.devices", ctx.i64_attr(1)),
        (
            "module.high_precision",
            ctx.bool_attr(options.bool("high_precision")),
        ),
        ("module.mode", ctx.string_attr(precision.name())),
    ];
    let mut rw = ctx.rewriter();
    for (name, attr) in attrs {
        rw.set_attr(module, name, attr);
    }
    Ok(rw.changed().into())
}
