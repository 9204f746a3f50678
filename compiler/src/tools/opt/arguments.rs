//! The command line of `tpuc-opt`: MLIR's options, and one flag for each row of the pass table.

use crate::pass::{Dumps, OptionKind, Pass, Step};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;
use tpuc_dialects::text::PrintOptions;

/// What the user asked for.
pub struct Arguments {
    /// A path, or `-`.
    pub input: String,
    /// A path, or `-`.
    pub output: String,
    /// Passes in the order of the command line.
    pub passes: Vec<Step>,
    pub dumps: Dumps,
    pub printing: PrintOptions,
    pub list_passes: bool,
    pub show_dialects: bool,
    pub split_input_file: bool,
    pub verify_diagnostics: bool,
    pub allow_unregistered_dialect: bool,
    pub verify_each: bool,
    pub verify_roundtrip: bool,
    pub timing: bool,
    /// One JSON object a line instead of text with carets.
    pub json: bool,
    /// Where the program and the passes are written when a pass fails.
    pub reproducer: Option<String>,
    /// Take the passes from the reproducer that the input is.
    pub run_reproducer: bool,
}

/// Reads the command line, the program's name first.
///
/// # Errors
/// What clap says: also `--help` and `--version`.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    table: &'static [&'static Pass],
) -> Result<Arguments, clap::Error> {
    let mut command = command(table);
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    accept_single_dashes(&mut arguments, &command);
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut fail = |message: String| command.error(ErrorKind::ValueValidation, message);

    // The position on the command line orders passes.
    let mut placed: Vec<(usize, Step)> = Vec::new();
    for pass in table {
        let (Some(values), Some(indices)) = (
            matches.get_many::<String>(pass.flag),
            matches.indices_of(pass.flag),
        ) else {
            continue;
        };
        for (text, index) in values.zip(indices) {
            placed.push((index, Step::new(table, pass.flag, text).map_err(&mut fail)?));
        }
    }
    if let Some(text) = matches.get_one::<String>("pass-pipeline") {
        if !placed.is_empty() {
            return Err(fail(
                "cannot use both --pass-pipeline and flags of passes".to_owned(),
            ));
        }
        let steps = pipeline_steps(text, table).map_err(&mut fail)?;
        placed.extend(steps.into_iter().enumerate());
    }
    placed.sort_by_key(|(index, _)| *index);

    let list = |name: &str| -> Vec<String> {
        matches
            .get_many::<String>(name)
            .unwrap_or_default()
            .cloned()
            .collect()
    };
    let (before, after) = (list("mlir-print-ir-before"), list("mlir-print-ir-after"));
    for flag in before.iter().chain(&after) {
        crate::pass::find(table, flag).map_err(&mut fail)?;
    }
    let printing = PrintOptions {
        locations: is_on(&matches, "mlir-print-debuginfo"),
        generic: is_on(&matches, "mlir-print-op-generic"),
        elide_elements_above: matches
            .get_one::<u64>("mlir-elide-elementsattrs-if-larger")
            .map(|most| usize::try_from(*most).unwrap_or(usize::MAX)),
        final_blank_line: false,
    };
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    Ok(Arguments {
        input: text("input"),
        output: text("output"),
        passes: placed.into_iter().map(|(_, step)| step).collect(),
        dumps: Dumps {
            before,
            before_all: is_on(&matches, "mlir-print-ir-before-all"),
            after,
            after_all: is_on(&matches, "mlir-print-ir-after-all"),
            after_change: is_on(&matches, "mlir-print-ir-after-change"),
            print: printing,
        },
        printing,
        list_passes: is_on(&matches, "list-passes"),
        show_dialects: is_on(&matches, "show-dialects"),
        split_input_file: is_on(&matches, "split-input-file"),
        verify_diagnostics: is_on(&matches, "verify-diagnostics"),
        allow_unregistered_dialect: is_on(&matches, "allow-unregistered-dialect"),
        verify_each: is_on(&matches, "verify-each"),
        verify_roundtrip: is_on(&matches, "verify-roundtrip"),
        timing: is_on(&matches, "mlir-timing"),
        json: text("diagnostics-format") == "json",
        reproducer: matches.get_one("mlir-pass-pipeline-crash-reproducer").cloned(),
        run_reproducer: is_on(&matches, "run-reproducer"),
    })
}

/// `--flag`, `--flag=true`, `--flag=false`, and what it is when it is not given.
const SWITCHES: &[(&str, bool, &str)] = &[
    ("list-passes", false, "list all passes and stop"),
    ("show-dialects", false, "list all dialects and stop"),
    (
        "split-input-file",
        false,
        "treat the parts between lines '// -----' as programs of their own",
    ),
    (
        "verify-diagnostics",
        false,
        "compare the diagnostics with 'expected-error {{...}}', '-warning' and '-note' comments",
    ),
    (
        "allow-unregistered-dialect",
        false,
        "accept operations that are not known",
    ),
    ("verify-each", true, "verify the program after each pass"),
    (
        "verify-roundtrip",
        false,
        "check that the output is read and printed the same again",
    ),
    (
        "run-reproducer",
        false,
        "run the passes that the input, a file of --mlir-pass-pipeline-crash-reproducer, names",
    ),
    (
        "mlir-timing",
        false,
        "report the time of each pass on standard error",
    ),
    ("mlir-print-debuginfo", true, "print locations; names live there"),
    (
        "mlir-print-op-generic",
        false,
        "print the generic form of every operation",
    ),
    (
        "mlir-print-ir-before-all",
        false,
        "dump the program before each pass",
    ),
    (
        "mlir-print-ir-after-all",
        false,
        "dump the program after each pass",
    ),
    (
        "mlir-print-ir-after-change",
        false,
        "dump the program after passes that changed it",
    ),
    (
        "mlir-disable-threading",
        false,
        "accepted for old scripts; passes run on one thread",
    ),
];

fn command(table: &'static [&'static Pass]) -> Command {
    let mut command = Command::new("tpuc-opt")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Read a program in MLIR's text, run passes in the order given, write it")
        .after_help(
            "Examples:\n  tpuc-opt net.mlir                        print it, checked\n  tpuc-opt net_origin.mlir --shape-infer --canonicalize -o net.mlir\n  \
             tpuc-opt net.mlir --processor-assign=\"chip=bm1684 mode=F32\" --mlir-print-ir-after-all -o -\n\n\
             Options of a pass are one argument: --pass=\"key=value key2=value2\".",
        )
        .arg(
            Arg::new("input")
                .default_value("-")
                .help("Input file; - is standard input"),
        )
        .arg(
            Arg::new("output")
                .short('o')
                .value_name("FILE")
                .default_value("-")
                .help("Output file, written only if all went well; - is standard output"),
        )
        .arg(
            Arg::new("pass-pipeline")
                .long("pass-pipeline")
                .value_name("PIPELINE")
                .help("Passes as text: builtin.module(pass{key=value},pass)"),
        )
        .arg(
            Arg::new("diagnostics-format")
                .long("diagnostics-format")
                .value_name("FORMAT")
                .value_parser(["text", "json"])
                .default_value("text")
                .help("How errors and warnings are written: as text, or as one JSON object a line"),
        )
        .arg(
            Arg::new("mlir-pass-pipeline-crash-reproducer")
                .long("mlir-pass-pipeline-crash-reproducer")
                .value_name("FILE")
                .help("When a pass fails, write the program as it was before all passes to FILE, with the passes"),
        );
    for name in ["mlir-print-ir-before", "mlir-print-ir-after"] {
        command = command.arg(
            Arg::new(name)
                .long(name)
                .value_name("PASS")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .help(format!("Dump the program {} this pass", &name[14..])),
        );
    }
    command = command.arg(
        Arg::new("mlir-elide-elementsattrs-if-larger")
            .long("mlir-elide-elementsattrs-if-larger")
            .value_name("COUNT")
            .value_parser(clap::value_parser!(u64))
            .help("Leave out the values of dense elements with more than COUNT of them"),
    );
    for (name, default, help) in SWITCHES {
        command = command.arg(
            Arg::new(*name)
                .long(*name)
                .num_args(0..=1)
                .require_equals(true)
                .value_name("BOOL")
                .default_value(if *default { "true" } else { "false" })
                .default_missing_value("true")
                .hide_default_value(true)
                .value_parser(clap::builder::BoolishValueParser::new())
                .help(format!(
                    "{help}{}",
                    if *default { " [default: true]" } else { "" }
                )),
        );
    }
    for pass in table {
        command = command.arg(
            Arg::new(pass.flag)
                .long(pass.flag)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("")
                .action(ArgAction::Append)
                .value_name("OPTIONS")
                .help_heading(pass.group)
                .help(pass_help(pass)),
        );
    }
    command
}

fn pass_help(pass: &Pass) -> String {
    let mut text = pass.summary.to_owned();
    for option in pass.options {
        let kind = match option.kind {
            OptionKind::Bool => "true or false".to_owned(),
            OptionKind::Int => "number".to_owned(),
            OptionKind::Str => "text".to_owned(),
            OptionKind::Choice(choices) => choices.join(", "),
        };
        let default = if option.default.is_empty() {
            String::new()
        } else {
            format!("; default {}", option.default)
        };
        text.push_str(&format!("\n  {}: {} ({kind}{default})", option.name, option.help));
    }
    text
}

fn is_on(matches: &ArgMatches, name: &str) -> bool {
    matches.get_one::<bool>(name).copied().unwrap_or(false)
}

/// LLVM's tools take long options with one dash.
fn accept_single_dashes(arguments: &mut [OsString], command: &Command) {
    for argument in arguments.iter_mut().skip(1) {
        let Some(text) = argument.to_str() else { continue };
        let name = text.split('=').next().unwrap_or_default();
        let known = name.len() > 2
            && !name.starts_with("--")
            && name.starts_with('-')
            && command
                .get_arguments()
                .any(|arg| arg.get_long() == Some(&name[1..]));
        if known {
            *argument = format!("-{text}").into();
        }
    }
}

/// The passes of a pipeline.
///
/// # Errors
/// One message: the text, a name or an option is wrong.
pub fn pipeline_steps(text: &str, table: &[&'static Pass]) -> Result<Vec<Step>, String> {
    let steps = pipeline(text)?.into_iter();
    steps
        .map(|(flag, options)| Step::new(table, &flag, &options))
        .collect()
}

/// `builtin.module(pass{options},pass)`, also with passes nested in `func.func(...)`, which run on the module here.
fn pipeline(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = text.trim();
    let inner = text
        .strip_prefix("builtin.module(")
        .or_else(|| text.strip_prefix("module("))
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(|| format!("expected 'builtin.module(...)' around the passes, found '{text}'"))?;
    let mut steps = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let end = rest.find(['{', ',', '(', ')']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        let stop = rest[end..].chars().next();
        rest = rest[end..].trim_start_matches([' ', '\t']);
        match stop {
            Some('(') if matches!(name, "func.func" | "builtin.module" | "any") => rest = &rest[1..],
            Some('{') => {
                let close = rest
                    .find('}')
                    .ok_or_else(|| format!("missing closing '}}' of the options of '{name}'"))?;
                steps.push((name.to_owned(), rest[1..close].to_owned()));
                rest = rest[close + 1..].trim_start_matches([' ', ',', ')']);
            }
            Some('(') => return Err(format!("cannot nest passes in '{name}'")),
            _ => {
                if !name.is_empty() {
                    steps.push((name.to_owned(), String::new()));
                }
                rest = rest.trim_start_matches([' ', ',', ')']);
            }
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::{Changed, OptionSpec};

    const FIRST: Pass = Pass {
        flag: "first",
        group: "test",
        summary: "one",
        options: &[OptionSpec {
            name: "mode",
            kind: OptionKind::Str,
            default: "a",
            help: "the mode",
        }],
        run: |_, _, _| Ok(Changed::No),
    };
    const SECOND: Pass = Pass {
        flag: "second",
        options: &[],
        ..FIRST
    };
    static TABLE: &[&Pass] = &[&FIRST, &SECOND];

    fn commands(arguments: &[&str]) -> Result<Vec<String>, String> {
        let arguments = std::iter::once("tpuc-opt").chain(arguments.iter().copied());
        parse(arguments.map(OsString::from), TABLE)
            .map(|arguments| arguments.passes.iter().map(Step::command).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn passes_keep_the_order_of_the_command_line() {
        let found = commands(&[
            "in.mlir",
            "--second",
            "--first=mode=x",
            "-second",
            "--first",
            "-o",
            "out",
        ]);
        assert_eq!(
            found.unwrap(),
            ["--second", "--first=\"mode=x\"", "--second", "--first"]
        );
        let found = commands(&["--pass-pipeline=builtin.module(first{mode=x}, func.func(second),second)"]);
        assert_eq!(found.unwrap(), ["--first=\"mode=x\"", "--second", "--second"]);
    }

    #[test]
    fn switches() {
        let parse = |arguments: &[&str]| {
            let arguments = std::iter::once("tpuc-opt").chain(arguments.iter().copied());
            parse(arguments.map(OsString::from), TABLE).unwrap()
        };
        assert!(parse(&[]).printing.locations);
        assert!(!parse(&["--mlir-print-debuginfo=false"]).printing.locations);
        assert!(parse(&["-mlir-print-debuginfo", "x.mlir"]).printing.locations);
        assert_eq!(parse(&["-split-input-file", "x.mlir"]).input, "x.mlir");
        assert_eq!(parse(&["-"]).input, "-");
    }

    #[test]
    fn mistakes_are_named() {
        for (arguments, message) in [
            (&["--frist"][..], "a similar argument exists: '--first'"),
            (&["--first=mod=1"][..], "unknown option 'mod' of --first"),
            (&["--pass-pipeline=first"][..], "expected 'builtin.module(...)'"),
            (&["--mlir-print-ir-after=thrid"][..], "unknown pass 'thrid'"),
            (&["a.mlir", "b.mlir"][..], "unexpected argument 'b.mlir'"),
        ] {
            let error = commands(arguments).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
