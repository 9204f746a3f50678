//! `tpuc-opt`: reads a program, runs passes in the order of the command line, and writes it, like MLIR's `mlir-opt`.

mod arguments;
mod expected;
mod json;
mod reproducer;

use crate::data::file::write_bytes_atomically;
use crate::pass::{RunError, RunOptions, Step, registry, run_steps};
use crate::program::Program;
use crate::tools::output;
use crate::weights::WeightStore;
use arguments::Arguments;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tpuc_dialects::ir::{Context, Diagnostic, OpView, verify};
use tpuc_dialects::text::{Colors, FileId, PrintOptions, SourceMap, parse, print, render_all};

/// Separates programs of one file under `--split-input-file`.
const SPLIT_MARKER: &str = "// -----";

/// Runs the command.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let arguments = match arguments::parse(arguments, registry::PASSES) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = error.exit_code();
            let _ = error.print();
            return if code == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            output::print_error(&format!("error: {message}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well; an error is a message about the run itself, not about the program.
fn run(arguments: &Arguments) -> Result<bool, String> {
    if arguments.list_passes {
        return written(output::print(&list_passes()));
    }
    if arguments.show_dialects {
        return written(output::print(&show_dialects()));
    }
    let (name, text) = read_input(&arguments.input)?;
    let reproduced = if arguments.run_reproducer {
        Some(arguments::pipeline_steps(
            reproducer::pipeline(&text)?,
            registry::PASSES,
        )?)
    } else {
        None
    };
    let show = |found: &[Diagnostic], sources: &SourceMap| {
        if arguments.json {
            json::lines(found, sources)
        } else {
            render_all(found, sources, colors())
        }
    };
    let mut report = String::new();
    let mut all_text = String::new();
    let mut ok = true;
    let pieces = if arguments.split_input_file {
        split(&text)
            .into_iter()
            .map(|(line, piece)| (line, piece.to_owned()))
            .collect()
    } else {
        vec![(0, text)]
    };
    for (index, (line, piece)) in pieces.into_iter().enumerate() {
        let mut sources = SourceMap::new();
        // Empty lines before a piece keep its line numbers those of the file.
        let piece = if line == 0 {
            piece
        } else {
            "\n".repeat(line) + &piece
        };
        let file = sources.add(name.clone(), piece);
        let mut job = Job {
            arguments,
            steps: reproduced.as_deref().unwrap_or(&arguments.passes),
            sources,
            file,
            found: Vec::new(),
        };
        let result = job.process();
        if index > 0 {
            all_text.push_str(SPLIT_MARKER);
            all_text.push('\n');
        }
        let read = result.is_some();
        match result {
            Some(printed) if all_text.is_empty() => all_text = printed,
            Some(printed) => all_text.push_str(&printed),
            None => {}
        }
        if arguments.verify_diagnostics {
            let mistakes = expected::compare(&job.sources, file, &job.found);
            ok &= mistakes.is_empty();
            report.push_str(&show(&mistakes, &job.sources));
        } else {
            ok &= read;
            report.push_str(&show(&job.found, &job.sources));
        }
    }
    output::print_error(&report);
    if ok {
        write_output(&arguments.output, &all_text)?;
    }
    Ok(ok)
}

/// One program on its way through.
struct Job<'a> {
    arguments: &'a Arguments,
    steps: &'a [Step],
    sources: SourceMap,
    file: FileId,
    found: Vec<Diagnostic>,
}

impl Job<'_> {
    /// The text of the result, or nothing if there were errors.
    fn process(&mut self) -> Option<String> {
        let arguments = self.arguments;
        let mut times: Vec<(String, Duration)> = Vec::new();
        let start = Instant::now();
        let mut ctx = Context::default();
        ctx.allow_unregistered = arguments.allow_unregistered_dialect;
        let module = match parse(&mut ctx, &self.sources, self.file) {
            Ok(module) => module,
            Err(errors) => {
                self.found.extend(errors);
                return None;
            }
        };
        times.push(("Parser".to_owned(), start.elapsed()));
        let mut program = Program {
            ctx,
            module,
            weights: WeightStore::default(),
            bmodels: Vec::new(),
        };
        if !self.steps.is_empty()
            && let Err(error) = program.open_weights(&folder_of(&arguments.input))
        {
            self.found.push(Diagnostic::error(error.to_string()));
            return None;
        }
        let options = RunOptions {
            verify_each: arguments.verify_each,
            dumps: arguments.dumps.clone(),
        };
        let run = std::panic::AssertUnwindSafe(|| {
            run_steps(&mut program, self.steps, &options, &mut |text| {
                output::print_error(text)
            })
        });
        let result = std::panic::catch_unwind(run).unwrap_or_else(|panic| {
            self.write_reproducer();
            std::panic::resume_unwind(panic)
        });
        match result {
            Ok(report) => {
                self.found.extend(report.diagnostics);
                times.extend(report.times.into_iter().map(|(flag, time)| {
                    let name = flag.map_or_else(|| "Verifier".to_owned(), |flag| format!("--{flag}"));
                    (name, time)
                }));
            }
            Err(error) => {
                self.failed(error);
                return None;
            }
        }
        let start = Instant::now();
        let text = &self.sources.file(self.file).text;
        let printing = PrintOptions {
            // The real tool ends every output in an empty line; a text that only passes through keeps its own end.
            final_blank_line: !self.steps.is_empty() || text.ends_with("\n\n"),
            ..arguments.printing
        };
        let folder = weight_folder(&arguments.output).filter(|_| !self.steps.is_empty());
        let printed = program.write_files(folder.as_deref(), |program| {
            Ok(print(&program.ctx, program.module.op(), &printing))
        });
        let printed = match printed {
            Ok(printed) => printed,
            Err(error) => {
                self.found.push(Diagnostic::error(error.to_string()));
                return None;
            }
        };
        times.push(("Output".to_owned(), start.elapsed()));
        if arguments.verify_roundtrip
            && let Err(errors) = self.check_roundtrip(&printed, &printing)
        {
            self.found.extend(errors);
            return None;
        }
        if arguments.timing {
            output::print_error(&timing_report(&times));
        }
        Some(printed)
    }

    /// Writes the program as it was read, with the passes, where the user asked for that.
    fn write_reproducer(&mut self) {
        let Some(path) = &self.arguments.reproducer else {
            return;
        };
        let text = reproducer::write(&self.sources.file(self.file).text, self.steps);
        let message = match write_bytes_atomically(Path::new(path), text.as_bytes()) {
            Ok(()) => format!("to repeat: tpuc-opt --run-reproducer {path}"),
            Err(error) => format!("the reproducer was not written: {error}"),
        };
        self.found.push(Diagnostic {
            severity: tpuc_dialects::ir::Severity::Note,
            ..Diagnostic::error(message)
        });
    }

    fn failed(&mut self, error: RunError) {
        self.found.extend(error.diagnostics);
        if error.pass.is_some() {
            self.write_reproducer();
        }
        // With --verify-diagnostics a file says which messages it expects; how to repeat the run is not for it to know.
        if let Some(pass) = error.pass
            && !self.arguments.verify_diagnostics
        {
            self.found.push(Diagnostic {
                severity: tpuc_dialects::ir::Severity::Note,
                ..Diagnostic::error(format!(
                    "pass '{pass}' failed; to repeat: tpuc-opt {} {}",
                    self.arguments.input, error.repeat
                ))
            });
        }
    }

    /// Whether the printed text is read and printed the same again.
    fn check_roundtrip(&self, printed: &str, printing: &PrintOptions) -> Result<(), Vec<Diagnostic>> {
        let mut sources = SourceMap::new();
        let file = sources.add("roundtrip", printed);
        let mut ctx = Context::default();
        ctx.allow_unregistered = self.arguments.allow_unregistered_dialect;
        let module = parse(&mut ctx, &sources, file).map_err(|errors| {
            let text = render_all(&errors, &sources, Colors::No);
            vec![Diagnostic::error(format!(
                "the printed program cannot be read again:\n{text}"
            ))]
        })?;
        let mut errors = verify(&ctx, module.op());
        if errors.is_empty() && (printing.locations && print(&ctx, module.op(), printing) != printed) {
            errors.push(Diagnostic::error(
                "the printed program is printed differently after it is read again",
            ));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

// ---------------------------------------------------------------------- files

fn read_input(input: &str) -> Result<(String, String), String> {
    let mut bytes = Vec::new();
    let name = if input == "-" { "<stdin>" } else { input };
    let read = if input == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(input).map(|read| bytes = read)
    };
    read.map_err(|error| format!("cannot open input file '{name}': {error}"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("input file '{name}' is not text: it holds bytes that are not UTF-8"))?;
    Ok((name.to_owned(), text))
}

fn write_output(output: &str, text: &str) -> Result<(), String> {
    if output == "-" {
        return output::print(text).map_err(|error| format!("cannot write: {error}"));
    }
    write_bytes_atomically(Path::new(output), text.as_bytes()).map_err(|error| error.to_string())
}

fn folder_of(path: &str) -> std::path::PathBuf {
    Path::new(path).parent().unwrap_or(Path::new("")).to_owned()
}

/// Weights are written beside an output file; output to a terminal, pipe or device has no place for them.
fn weight_folder(output: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(output);
    let regular = output != "-" && std::fs::metadata(path).map_or(true, |metadata| metadata.is_file());
    regular.then(|| folder_of(output))
}

/// The pieces between marker lines, each with the number of the line it begins at.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let (mut start, mut start_line, mut offset) = (0, 0, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_end().starts_with(SPLIT_MARKER) {
            pieces.push((start_line, &text[start..offset]));
            (start, start_line) = (offset + line.len(), index + 1);
        }
        offset += line.len();
    }
    pieces.push((start_line, &text[start..]));
    pieces
}

fn colors() -> Colors {
    if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        Colors::Yes
    } else {
        Colors::No
    }
}

fn written(result: std::io::Result<()>) -> Result<bool, String> {
    result
        .map(|()| true)
        .map_err(|error| format!("cannot write: {error}"))
}

// ---------------------------------------------------------------------- reports

fn list_passes() -> String {
    let mut text = String::new();
    let mut group = "";
    let mut rows: Vec<_> = registry::PASSES.iter().collect();
    rows.sort_by_key(|pass| pass.group);
    for pass in rows {
        if pass.group != group {
            group = pass.group;
            text.push_str(&format!("{group}:\n"));
        }
        text.push_str(&format!("  --{:<34} {}\n", pass.flag, pass.summary));
    }
    text
}

fn show_dialects() -> String {
    let ctx = Context::default();
    let mut names: Vec<_> = ctx
        .registry()
        .dialects()
        .iter()
        .map(|dialect| dialect.name)
        .collect();
    names.sort_unstable();
    format!("Available Dialects: {}\n", names.join(","))
}

fn timing_report(times: &[(String, Duration)]) -> String {
    let total: f64 = times.iter().map(|(_, time)| time.as_secs_f64()).sum();
    let line = "===-------------------------------------------------------------------------===\n";
    let mut text = format!("{line}                         ... Execution time report ...\n{line}");
    text.push_str(&format!(
        "  Total Execution Time: {total:.4} seconds\n\n  ----Wall Time----  ----Name----\n"
    ));
    for (name, time) in times {
        let seconds = time.as_secs_f64();
        let percent = if total > 0.0 { 100.0 * seconds / total } else { 0.0 };
        text.push_str(&format!("  {seconds:8.4} ({percent:5.1}%)  {name}\n"));
    }
    text.push_str(&format!("  {total:8.4} (100.0%)  Total\n"));
    text
}
