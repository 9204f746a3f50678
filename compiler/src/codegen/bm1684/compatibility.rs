//! Passes of TPU-MLIR's command lines that have nothing to do here, so that old scripts run unchanged: the program runs on one
//! core of one device, in the order of the text, in one static sub-net.

use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use tpuc_dialects::ir::Diagnostic;

const fn text(name: &'static str, default: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec {
        name,
        kind: OptionKind::Str,
        default,
        help,
    }
}

const fn row(flag: &'static str, summary: &'static str, options: &'static [OptionSpec]) -> Pass {
    Pass {
        flag,
        group: "tpu",
        summary,
        options,
        run: nothing,
    }
}

fn nothing(_: &mut Program, _: &Options, _: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    Ok(Changed::No)
}

/// `init`.
pub const INIT: Pass = Pass {
    group: "general",
    ..row(
        "init",
        "Begin a pipeline: nothing to prepare",
        &[
            text("freq", "0", "Ignored"),
            text(
                "level",
                "0",
                "Ignored: --mlir-timing and --mlir-print-ir-after-all show what passes do",
            ),
            text(
                "weight_in_mem",
                "false",
                "Ignored: weights stay in memory until the output is written",
            ),
        ],
    )
};
/// `deinit`.
pub const DEINIT: Pass = Pass {
    group: "general",
    ..row(
        "deinit",
        "End a pipeline: weights that changed are written with the output",
        &[text("no_save_weight", "false", "Ignored")],
    )
};
/// `affine-opt`.
pub const AFFINE_OPT: Pass = row("affine-opt", "Nothing on this chip", &[]);
/// `core-parallel`.
pub const CORE_PARALLEL: Pass = row("core-parallel", "Spread over cores: there is one", &[]);
/// `after-layergroup-weight-reorder`.
pub const AFTER_LAYER_GROUP: Pass = row(
    "after-layergroup-weight-reorder",
    "Lay out weights of layer groups: there are none",
    &[],
);
