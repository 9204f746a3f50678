//! A program of the user's that judges a version of the network by its own metric.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a running program is looked at.
const GLANCE: Duration = Duration::from_millis(20);
/// Bytes of what a program wrote that are looked at, from the end.
const TAIL: u64 = 8192;
/// Lines of a failed program's errors in the message.
const LINES: usize = 5;

/// The command and its limit.
#[derive(Clone, Debug)]
pub struct External {
    /// For the shell; the model's path and the folder are put behind it as two more arguments.
    pub command: String,
    /// It is killed, with everything that it started, when it takes longer.
    pub limit: Option<Duration>,
}

impl External {
    /// Runs the command on a model. The last line that it prints is the number.
    ///
    /// The environment has `TPUC_MODEL`, `TPUC_FOLDER` and, if there is one, `TPUC_QTABLE`.
    ///
    /// # Errors
    /// When it cannot be started, fails, takes too long, or prints no number; the message says which and quotes it.
    pub fn judge(&self, model: &Path, folder: &Path, qtable: Option<&Path>) -> Result<f64, String> {
        let about = |what: String| format!("the evaluator '{}' {what}", self.command);
        let io = |error: std::io::Error| about(format!("cannot be run: {error}"));
        let mut out = tempfile::tempfile().map_err(io)?;
        let mut err = tempfile::tempfile().map_err(io)?;
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{} \"$@\"", self.command))
            .arg("tpuc")
            .arg(model)
            .arg(folder)
            .env("TPUC_MODEL", model)
            .env("TPUC_FOLDER", folder)
            .stdin(Stdio::null())
            .stdout(out.try_clone().map_err(io)?)
            .stderr(err.try_clone().map_err(io)?)
            .process_group(0);
        if let Some(qtable) = qtable {
            command.env("TPUC_QTABLE", qtable);
        }
        let mut child = command.spawn().map_err(io)?;
        let status = self.wait(&mut child).map_err(io)?;
        let said = tail(&mut err).map_err(io)?;
        let quoted = |text: String| match last_lines(&said) {
            Some(lines) => about(format!("{text}; it said:\n{lines}")),
            None => about(text),
        };
        let Some(status) = status else {
            let seconds = self.limit.unwrap_or_default().as_secs_f64();
            return Err(quoted(format!(
                "was stopped after {seconds} seconds; --evaluator_timeout allows more"
            )));
        };
        if !status.success() {
            return Err(quoted(format!("failed ({status})")));
        }
        let printed = tail(&mut out).map_err(io)?;
        let last = printed.lines().rev().map(str::trim).find(|line| !line.is_empty());
        match last {
            None => Err(quoted(
                "printed nothing; its last line must be a number, higher being better".to_owned(),
            )),
            Some(line) => line
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .ok_or_else(|| {
                    quoted(format!(
                        "printed '{line}' as its last line, which must be a number, higher being better"
                    ))
                }),
        }
    }

    /// Waits for the end, or for the limit: then everything that it started is killed and there is no status.
    fn wait(&self, child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if self.limit.is_some_and(|limit| start.elapsed() >= limit) {
                if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                    // A group that has just ended is as good as killed.
                    let _ = kill_process_group(group, Signal::KILL);
                }
                child.wait()?;
                return Ok(None);
            }
            std::thread::sleep(GLANCE);
        }
    }
}

/// The end of a file as text.
fn tail(file: &mut File) -> std::io::Result<String> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn last_lines(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let start = lines.len().saturating_sub(LINES);
    (!lines.is_empty()).then(|| lines[start..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(command: &str, seconds: Option<f64>) -> Result<f64, String> {
        let external = External {
            command: command.to_owned(),
            limit: seconds.map(Duration::from_secs_f64),
        };
        external.judge(
            Path::new("/m/net.mlir"),
            Path::new("/m"),
            Some(Path::new("/m/qtable")),
        )
    }

    #[test]
    fn the_last_line_is_the_number() {
        assert_eq!(
            judge("echo images: 3; echo; echo ' 0.75 '; echo; #", None),
            Ok(0.75)
        );
        assert_eq!(
            judge("f() { [ \"$1 $2\" = '/m/net.mlir /m' ] && echo 1; }; f", None),
            Ok(1.0)
        );
        assert_eq!(
            judge(
                "[ \"$TPUC_MODEL $TPUC_FOLDER $TPUC_QTABLE\" = '/m/net.mlir /m /m/qtable' ] && echo -2e1 #",
                None
            ),
            Ok(-20.0)
        );
    }

    #[test]
    fn failures_say_what_happened() {
        let message = |command: &str, seconds| judge(command, seconds).unwrap_err();
        assert_eq!(
            message("echo 'no such image' >&2; exit 3 #", None),
            "the evaluator 'echo 'no such image' >&2; exit 3 #' failed (exit status: 3); it said:\nno such image"
        );
        assert!(message("true #", None).contains("printed nothing"));
        assert!(message("echo 0.5 mAP #", None).contains("printed '0.5 mAP' as its last line"));
        assert!(message("echo nan #", None).contains("printed 'nan'"));
        assert!(message("kill -9 $$ #", None).contains("failed (signal: 9"));
    }

    #[test]
    fn a_hanging_evaluator_is_stopped_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alive");
        let start = Instant::now();
        let command = format!("(sleep 1; touch {}) & sleep 60 #", file.display());
        let message = judge(&command, Some(0.2)).unwrap_err();
        assert!(message.contains("was stopped after 0.2 seconds"), "{message}");
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(1200));
        assert!(!file.exists(), "a child of the evaluator went on");
    }
}
