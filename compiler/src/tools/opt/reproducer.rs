//! Files that repeat a failed run: a program with a first line that names the passes.

use crate::pass::Step;

/// How the first line begins; what follows are options of the command line.
const CONFIGURATION: &str = "// configuration:";

/// A program as it was before these passes, and the passes, as text that `tpuc-opt --run-reproducer` takes.
pub fn write(program: &str, steps: &[Step]) -> String {
    let passes: Vec<String> = steps
        .iter()
        .map(|step| {
            if step.text.is_empty() {
                step.pass.flag.to_owned()
            } else {
                format!("{}{{{}}}", step.pass.flag, step.text)
            }
        })
        .collect();
    format!(
        "{CONFIGURATION} --pass-pipeline='builtin.module({})'\n{}",
        passes.join(","),
        program.trim_start_matches('\n')
    )
}

/// The pipeline that a reproducer names.
///
/// # Errors
/// When the text does not begin with such a line.
pub fn pipeline(text: &str) -> Result<&str, String> {
    let first = text.lines().next().unwrap_or_default();
    first
        .strip_prefix(CONFIGURATION)
        .and_then(|options| options.trim().strip_prefix("--pass-pipeline='"))
        .and_then(|rest| rest.strip_suffix('\''))
        .ok_or_else(|| {
            format!(
                "--run-reproducer: the input does not begin with '{CONFIGURATION} --pass-pipeline=...', as the files of \
                 --mlir-pass-pipeline-crash-reproducer do"
            )
        })
}
