//! Errors of reading and writing bmodel files.

use std::{io, path::PathBuf};

/// Why a bmodel could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The bytes are not a bmodel, or a damaged one.
    #[error("damaged or not a bmodel: {what}{}: {problem}", at(*.offset))]
    Invalid {
        /// Byte offset in the file, if known.
        offset: Option<u64>,
        /// The part of the file, e.g. `net 0, stage 0, sub-net 1, command group 0`.
        what: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// A model that was built in memory cannot be expressed in the format.
    #[error("cannot write this bmodel: {0}")]
    NotRepresentable(String),
    /// The same, with the file's name.
    #[error("{path}: {source}", path = path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: Box<Error>,
    },
}

fn at(offset: Option<u64>) -> String {
    offset
        .map(|byte| format!(" (at byte {byte})"))
        .unwrap_or_default()
}

impl Error {
    pub(crate) fn invalid(
        offset: impl Into<Option<u64>>,
        what: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self::Invalid {
            offset: offset.into(),
            what: what.into(),
            problem: problem.into(),
        }
    }

    pub(crate) fn in_file(self, path: impl Into<PathBuf>) -> Self {
        Self::InFile {
            path: path.into(),
            source: Box::new(self),
        }
    }
}
