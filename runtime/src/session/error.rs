//! Errors of running a bmodel.

use crate::bmodel;

/// Why a bmodel could not be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    Bmodel(#[from] bmodel::Error),
    /// The file is fine, but asks for something the emulator does not do.
    #[error("cannot run this bmodel: {0}")]
    Unsupported(String),
    /// No net of that name.
    #[error("no net `{wanted}`; the bmodel has {}", quoted(.there))]
    NoSuchNet {
        /// Asked for.
        wanted: String,
        /// Names of the nets.
        there: Vec<String>,
    },
    /// An input is not among the given tensors.
    #[error("input `{name}` is missing; the net needs {}, given were {}", quoted(.needed), quoted(.given))]
    MissingInput {
        /// The input.
        name: String,
        /// All inputs of the net.
        needed: Vec<String>,
        /// Names of the tensors given.
        given: Vec<String>,
    },
    /// An input has another shape than the net, in all of its stages.
    #[error("input `{name}` has shape {found:?}, the net was compiled for {}", either(.expected))]
    Shape {
        /// The input.
        name: String,
        /// Shape given.
        found: Vec<usize>,
        /// Shape in each stage.
        expected: Vec<Vec<u64>>,
    },
    /// An input's elements cannot become what the net needs.
    #[error("input `{name}` is {found}, the net needs {expected}: {problem}")]
    Type {
        /// The input.
        name: String,
        /// Type given.
        found: &'static str,
        /// Type of the net's tensor.
        expected: &'static str,
        /// Why not.
        problem: &'static str,
    },
    /// The model contradicts itself.
    #[error("this bmodel is not consistent: {0}")]
    Inconsistent(String),
    /// The emulator stopped.
    #[error("{place}: {problem}")]
    Execution {
        /// Net, stage, sub-net, command group.
        place: String,
        /// The emulator's message.
        problem: String,
    },
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn either(shapes: &[Vec<u64>]) -> String {
    shapes
        .iter()
        .map(|shape| format!("{shape:?}"))
        .collect::<Vec<_>>()
        .join(" or ")
}
