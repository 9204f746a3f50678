//! What can go wrong with a data file. Each message names the file and, where there is one, the remedy.

use std::io;
use std::path::{Path, PathBuf};

/// An error about a data file or a tensor in it.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The operating system refused an operation on a file.
    #[error("cannot {action} {path}: {source}{}", remedy(source))]
    Io {
        /// What was attempted, as a verb: `read`, `write`, `create`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file's content is not what its kind demands.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A picture does not decode.
    #[error("{path}: {reason}")]
    Picture {
        /// The file, or the record of a data set.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An archive has no tensor of that name.
    #[error("{path} has no tensor named '{name}'; it has {available}")]
    NoSuchTensor {
        /// The archive.
        path: PathBuf,
        /// The name asked for.
        name: String,
        /// The names it has, ready to print, shortened when there are many.
        available: String,
    },
    /// A tensor does not have the type or the shape that is needed.
    #[error("{0}")]
    Tensor(String),
    /// An option or a combination of options that makes no sense.
    #[error("{0}")]
    Option(String),
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space or choose an output on another disk (nothing was left behind)"
        }
        _ => "",
    }
}

impl DataError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_path_buf(),
            reason: reason.into(),
        }
    }

    pub(crate) fn no_such_tensor<'a>(path: &Path, name: &str, names: impl Iterator<Item = &'a str>) -> Self {
        Self::NoSuchTensor {
            path: path.to_path_buf(),
            name: name.to_string(),
            available: list_names(names, 20),
        }
    }
}

/// Joins names for a message; after `limit` of them only the number of the rest is told.
pub(crate) fn list_names<'a>(names: impl Iterator<Item = &'a str>, limit: usize) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return "none".to_string();
    }
    let shown = names[..names.len().min(limit)].join(", ");
    match names.len() - names.len().min(limit) {
        0 => shown,
        rest => format!("{shown} and {rest} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_up_to_a_limit() {
        assert_eq!(list_names([].into_iter(), 2), "none");
        assert_eq!(list_names(["a", "b"].into_iter(), 2), "a, b");
        assert_eq!(list_names(["a", "b", "c"].into_iter(), 2), "a, b and 1 more");
    }

    #[test]
    fn full_disk_names_the_file_and_the_remedy() {
        let error = DataError::io(
            "write",
            Path::new("out.npz"),
            io::Error::from(io::ErrorKind::StorageFull),
        );
        let text = error.to_string();
        assert!(text.starts_with("cannot write out.npz: "), "{text}");
        assert!(text.contains("free some space"), "{text}");
    }
}
