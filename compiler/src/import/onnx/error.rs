//! What can be wrong with a model.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a model was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file, or an option about it, is wrong. The message names the thing and the remedy.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The model uses operators, or forms of them, that are not supported. All of them are listed.
    #[error("{}: {} of {total} nodes cannot be imported (opset {opset}):{}\n  \
             Replace these operators in the exported network, or cut the network before them with --output_names.",
            path.display(), nodes.len(), list(nodes))]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Number of nodes in the model.
        total: usize,
        /// Operator set version.
        opset: i64,
        /// The nodes.
        nodes: Vec<UnsupportedNode>,
    },
}

impl ImportError {
    /// A wrong file or option.
    pub fn invalid(path: &Path, message: impl fmt::Display) -> Self {
        Self::Invalid {
            path: path.to_owned(),
            message: message.to_string(),
        }
    }
}

/// A node that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedNode {
    /// Operator: `Conv`.
    pub op_type: String,
    /// The node's first output, which names it.
    pub name: String,
    /// Why.
    pub reason: String,
}

fn list(nodes: &[UnsupportedNode]) -> String {
    nodes
        .iter()
        .map(|node| format!("\n  {} '{}': {}", node.op_type, node.name, node.reason))
        .collect()
}
