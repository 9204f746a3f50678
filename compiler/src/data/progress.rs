//! A progress bar on a terminal, silence elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Progress through a known number of steps, drawn on standard error when that is a terminal.
///
/// It may be advanced from several threads. Dropping it removes the bar.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Begins `steps` steps of something, named by a verb: `calibrate`, `compare`.
    #[must_use]
    pub fn new(task: &str, steps: usize) -> Self {
        let target = if stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
        let template = "{prefix} {wide_bar} {pos}/{len} {elapsed}, {eta} left {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(task.to_string());
        Self { bar }
    }

    /// One step is done.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// Shows what is being worked on.
    pub fn describe(&self, what: &str) {
        if !self.bar.is_hidden() {
            self.bar.set_message(what.to_string());
        }
    }

    /// Prints a line to standard error without tearing the bar.
    pub fn warn(&self, line: &str) {
        self.bar.suspend(|| {
            use std::io::Write;
            // Nothing useful can be done when standard error is closed.
            let _ = writeln!(stderr(), "{line}");
        });
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
