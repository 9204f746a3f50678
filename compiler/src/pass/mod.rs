//! Passes: functions over a [`Program`](crate::program::Program), described by rows of one table.

pub mod canonicalize;
mod manager;
mod options;
pub mod registry;
pub mod strip_debuginfo;

pub use manager::{Dumps, RunError, RunOptions, RunReport, Step, run_pipeline, run_steps};
pub use options::parse_options;
pub use registry::find;

use std::collections::BTreeMap;

/// Whether a pass changed the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changed {
    /// It did.
    Yes,
    /// It did not.
    No,
}

impl From<bool> for Changed {
    fn from(changed: bool) -> Self {
        if changed { Self::Yes } else { Self::No }
    }
}

/// A pass stopped; why is in the diagnostics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failed;

/// One option of a pass.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// TPU-MLIR's name.
    pub name: &'static str,
    /// What kind of value: shown in the help and checked.
    pub kind: OptionKind,
    /// The value when it is not given.
    pub default: &'static str,
    /// One sentence.
    pub help: &'static str,
}

/// Kinds of option values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptionKind {
    /// `true`/`false`, `True`/`False`, `1`/`0`.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    Str,
    /// One of these, compared without regard to case.
    Choice(&'static [&'static str]),
}

/// The options given to one run of a pass, defaults filled in and kinds checked.
#[derive(Clone, Debug, Default)]
pub struct Options(BTreeMap<&'static str, String>);

impl Options {
    /// Checked options from a pass's specification; the manager makes them.
    pub fn new(values: BTreeMap<&'static str, String>) -> Self {
        Self(values)
    }

    /// Text of an option. Panics if the pass did not declare it.
    pub fn str(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("option '{name}' is declared"))
    }

    /// A boolean option.
    pub fn bool(&self, name: &str) -> bool {
        matches!(self.str(name), "true" | "True" | "1")
    }

    /// A whole-number option.
    pub fn int(&self, name: &str) -> i64 {
        self.str(name).parse().expect("checked by the manager")
    }
}

/// A row of the pass table.
pub struct Pass {
    /// Flag without the dashes, TPU-MLIR's name: `convert-top-to-tpu`.
    pub flag: &'static str,
    /// Dialect or stage under which the help lists it.
    pub group: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Options.
    pub options: &'static [OptionSpec],
    /// The pass itself. Diagnostics (also warnings) are pushed to the list.
    pub run: RunFn,
}

/// What a pass is.
pub type RunFn = fn(
    &mut crate::program::Program,
    &Options,
    &mut Vec<tpuc_dialects::ir::Diagnostic>,
) -> Result<Changed, Failed>;
