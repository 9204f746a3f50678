//! Runs passes: verifies before and between them, dumps the program, takes the time, and says which pass failed.

use super::{Changed, Options, Pass, find, parse_options, registry};
use crate::program::Program;
use std::time::{Duration, Instant};
use tpuc_dialects::ir::{Diagnostic, OpView, Severity, verify};
use tpuc_dialects::text::{PrintOptions, print};

/// A pass with its options.
pub struct Step {
    /// The pass.
    pub pass: &'static Pass,
    /// Its options, defaults filled in.
    pub options: Options,
    /// The options as they were given.
    pub text: String,
}

impl Step {
    /// Looks a pass up and reads its options.
    ///
    /// # Errors
    /// One message about the flag or the options.
    pub fn new(table: &[&'static Pass], flag: &str, text: &str) -> Result<Self, String> {
        let pass = find(table, flag)?;
        Ok(Self {
            pass,
            options: parse_options(pass, text)?,
            text: text.to_owned(),
        })
    }

    /// As on the command line: `--flag="options"`.
    pub fn command(&self) -> String {
        if self.text.is_empty() {
            format!("--{}", self.pass.flag)
        } else {
            format!("--{}=\"{}\"", self.pass.flag, self.text)
        }
    }
}

/// Where the program is dumped.
#[derive(Clone, Debug, Default)]
pub struct Dumps {
    /// Before these passes.
    pub before: Vec<String>,
    /// Before every pass.
    pub before_all: bool,
    /// After these passes.
    pub after: Vec<String>,
    /// After every pass.
    pub after_all: bool,
    /// Of the dumps after passes, only those of passes that changed something.
    pub after_change: bool,
    /// How to print.
    pub print: PrintOptions,
}

/// How to run passes.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Verify after each pass, not only before the first.
    pub verify_each: bool,
    /// What to dump.
    pub dumps: Dumps,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            verify_each: true,
            dumps: Dumps::default(),
        }
    }
}

/// What a run tells beside the program itself.
#[derive(Debug, Default)]
pub struct RunReport {
    /// Warnings, remarks and notes.
    pub diagnostics: Vec<Diagnostic>,
    /// Time of each pass, in order; `None` stands for the verifier.
    pub times: Vec<(Option<&'static str>, Duration)>,
}

/// A run that stopped.
#[derive(Debug)]
pub struct RunError {
    /// The pass that failed, or after which the program was not valid; `None` if it was not valid before the first.
    pub pass: Option<&'static str>,
    /// The command line options that repeat it, up to the failed pass.
    pub repeat: String,
    /// Everything that was found, warnings included.
    pub diagnostics: Vec<Diagnostic>,
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{diagnostic}")?;
        }
        match self.pass {
            Some(pass) => write!(f, "pass '{pass}' failed; to repeat: tpuc-opt {}", self.repeat),
            None => f.write_str("the program is not valid"),
        }
    }
}

impl std::error::Error for RunError {}

/// Runs passes of the table, given as (flag, options text), with verification in between. Gives warnings back.
///
/// # Errors
/// An unknown pass or option, an invalid program, a failed pass.
pub fn run_pipeline(program: &mut Program, passes: &[(&str, &str)]) -> Result<Vec<Diagnostic>, RunError> {
    let steps: Result<Vec<Step>, String> = passes
        .iter()
        .map(|(flag, options)| Step::new(registry::PASSES, flag, options))
        .collect();
    let steps = steps.map_err(|message| RunError {
        pass: None,
        repeat: String::new(),
        diagnostics: vec![Diagnostic::error(message)],
    })?;
    run_steps(program, &steps, &RunOptions::default(), &mut |_| {}).map(|report| report.diagnostics)
}

/// Runs passes. Dumps go to `dump` as text.
///
/// # Errors
/// An invalid program, a failed pass.
pub fn run_steps(
    program: &mut Program,
    steps: &[Step],
    options: &RunOptions,
    dump: &mut dyn FnMut(&str),
) -> Result<RunReport, RunError> {
    let mut report = RunReport::default();
    let verified = |program: &Program, times: &mut Vec<(Option<&'static str>, Duration)>| {
        let start = Instant::now();
        let found = verify(&program.ctx, program.module.op());
        times.push((None, start.elapsed()));
        found
    };
    let errors = verified(program, &mut report.times);
    if !errors.is_empty() {
        return Err(RunError {
            pass: None,
            repeat: String::new(),
            diagnostics: errors,
        });
    }
    for (index, step) in steps.iter().enumerate() {
        let flag = step.pass.flag;
        let named = |list: &[String]| list.iter().any(|name| name == flag);
        let dumps = &options.dumps;
        if dumps.before_all || named(&dumps.before) {
            dump(&dump_text(program, "Before", flag, &dumps.print));
        }
        let start = Instant::now();
        let result = (step.pass.run)(program, &step.options, &mut report.diagnostics);
        report.times.push((Some(flag), start.elapsed()));
        let fails = |diagnostics: Vec<Diagnostic>| RunError {
            pass: Some(flag),
            repeat: steps[..=index]
                .iter()
                .map(Step::command)
                .collect::<Vec<_>>()
                .join(" "),
            diagnostics,
        };
        let has_errors = report
            .diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error);
        let changed = match result {
            Ok(changed) if !has_errors => changed,
            _ => {
                let mut diagnostics = std::mem::take(&mut report.diagnostics);
                if !has_errors {
                    diagnostics.push(Diagnostic::error(format!(
                        "pass '{flag}' failed without a reason"
                    )));
                }
                return Err(fails(diagnostics));
            }
        };
        let wanted = dumps.after_all || named(&dumps.after) || (dumps.after_change && dumps.after.is_empty());
        if wanted && (!dumps.after_change || changed == Changed::Yes) {
            dump(&dump_text(program, "After", flag, &dumps.print));
        }
        if options.verify_each {
            let errors = verified(program, &mut report.times);
            if !errors.is_empty() {
                let mut diagnostics = std::mem::take(&mut report.diagnostics);
                diagnostics.push(Diagnostic::error(format!(
                    "the program is not valid after pass '{flag}': a bug of the pass"
                )));
                diagnostics.extend(errors);
                return Err(fails(diagnostics));
            }
        }
    }
    Ok(report)
}

fn dump_text(program: &Program, when: &str, flag: &str, options: &PrintOptions) -> String {
    let options = PrintOptions {
        final_blank_line: true,
        ..*options
    };
    let text = print(&program.ctx, program.module.op(), &options);
    format!("// -----// IR Dump {when} {flag} ({flag}) //----- //\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::Failed;

    const BREAK: Pass = Pass {
        flag: "break-module",
        group: "test",
        summary: "makes the program invalid",
        options: &[],
        run: |program, _, _| {
            let block = program.module.block(&program.ctx);
            program.ctx.rewriter_at_end(block).build("top.Missing").finish();
            Ok(Changed::Yes)
        },
    };
    const FAIL: Pass = Pass {
        flag: "fail",
        group: "test",
        summary: "fails",
        options: &[],
        run: |_, _, found| {
            found.push(Diagnostic::error("nothing to do"));
            Err(Failed)
        },
    };
    const RENAME: Pass = Pass {
        flag: "rename",
        group: "test",
        summary: "sets an attribute once",
        options: &[],
        run: |program, _, found| {
            found.push(Diagnostic::warning("renamed"));
            let attr = program.ctx.string_attr("other");
            let module = program.module.op();
            let mut rewriter = program.ctx.rewriter();
            rewriter.set_attr(module, "sym_name", attr);
            Ok(rewriter.changed().into())
        },
    };
    const TABLE: &[&Pass] = &[&BREAK, &FAIL, &RENAME];

    fn run(flags: &[&str], options: &RunOptions) -> (Result<RunReport, RunError>, Vec<String>) {
        let mut program = Program::new("net");
        let steps: Vec<Step> = flags
            .iter()
            .map(|flag| Step::new(TABLE, flag, "").unwrap())
            .collect();
        let mut dumps = Vec::new();
        let result = run_steps(&mut program, &steps, options, &mut |text| {
            dumps.push(text.lines().next().unwrap_or_default().to_owned());
        });
        (result, dumps)
    }

    #[test]
    fn failed_passes_are_named_with_the_command() {
        let (result, _) = run(&["rename", "fail", "rename"], &RunOptions::default());
        let error = result.unwrap_err();
        assert_eq!(error.pass, Some("fail"));
        assert_eq!(
            error.to_string(),
            "warning: renamed\nerror: nothing to do\npass 'fail' failed; to repeat: tpuc-opt --rename --fail"
        );
    }

    #[test]
    fn invalid_programs_are_the_fault_of_the_pass_before() {
        let (result, _) = run(&["rename", "break-module", "rename"], &RunOptions::default());
        let error = result.unwrap_err();
        assert_eq!(error.pass, Some("break-module"));
        assert!(error.to_string().contains("unregistered operation 'top.Missing'"));
        let options = RunOptions {
            verify_each: false,
            ..RunOptions::default()
        };
        assert!(run(&["break-module"], &options).0.is_ok());
    }

    #[test]
    fn dumps() {
        let mut options = RunOptions::default();
        options.dumps.after_change = true;
        let (result, dumps) = run(&["rename", "rename"], &options);
        assert_eq!(result.unwrap().diagnostics.len(), 2);
        assert_eq!(dumps, ["// -----// IR Dump After rename (rename) //----- //"]);
        options.dumps = Dumps {
            before_all: true,
            ..Dumps::default()
        };
        assert_eq!(run(&["rename", "rename"], &options).1.len(), 2);
    }

    #[test]
    fn unknown_passes_and_options_are_errors() {
        let mut program = Program::new("net");
        let error = run_pipeline(&mut program, &[("strip-debuginf", "")]).unwrap_err();
        assert!(
            error.to_string().contains("did you mean strip-debuginfo"),
            "{error}"
        );
        let error = run_pipeline(&mut program, &[("strip-debuginfo", "all=true")]).unwrap_err();
        assert!(error.to_string().contains("it has no options"), "{error}");
    }
}
