//! Printing that survives a closed pipe.
#![allow(clippy::print_stdout)]

use std::io::{self, ErrorKind, Write};

/// Writes text to standard output. A reader that has closed the pipe, like `head`, is not an error.
///
/// # Errors
/// Any other failure of writing.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
