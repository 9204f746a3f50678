//! Printing that survives a closed pipe.
#![allow(clippy::print_stdout)]

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

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

/// Prints a warning line to standard error.
pub fn warn(text: &str) {
    line("warning: ", text);
}

/// Prints an error to standard error.
pub fn error_line(text: &str) {
    line("error: ", text);
}

/// Prints an error with its causes, each once, and gives the status of a failed command. An error that carries its own
/// "error:" (rendered diagnostics) is printed as it is.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    let rendered = text
        .lines()
        .any(|line| line.starts_with("error") || line.contains(": error: "));
    line(if rendered { "" } else { "error: " }, &text);
    ExitCode::FAILURE
}

fn line(prefix: &str, text: &str) {
    print_error(&format!("{prefix}{text}\n"));
}

/// Writes text to standard error. Nobody is left to tell if that fails.
pub fn print_error(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
