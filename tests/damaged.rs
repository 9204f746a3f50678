//! Damaged programs: every construct of the language, broken in several ways, and inputs that try to exhaust memory.
//!
//! The pieces of `lit/text/damaged/*.mlir` hold what is reported, and the column of the first error. `BLESS=1` writes it
//! anew; the messages and places were compared with TPU-MLIR's own.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use tpuc_dialects::ir::{Context, Diagnostic, OpView, Severity, Span, verify};
use tpuc_dialects::text::{SourceMap, parse};

const MARKER: &str = "// -----\n";

/// What is wrong with a program.
fn diagnose(text: &str) -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let file = sources.add("damaged", text);
    let mut ctx = Context::default();
    ctx.allow_unregistered = true;
    let found = match parse(&mut ctx, &sources, file) {
        Ok(module) => verify(&ctx, module.op()),
        Err(errors) => errors,
    };
    (sources, found)
}

/// A piece with a comment before each line that something is reported for.
fn annotated(piece: &str) -> (String, usize) {
    let plain: String = piece
        .split_inclusive('\n')
        .filter(|line| !line.trim_start().starts_with("// expected-"))
        .collect();
    let (sources, found) = diagnose(&plain);
    let place = |span: Option<Span>| {
        span.and_then(|span| sources.position(span))
            .map(|(_, line, column)| (line, column))
    };
    // Line, severity, message; the first error also has its column.
    let mut comments: Vec<(u32, String)> = Vec::new();
    for (index, diagnostic) in found.iter().enumerate() {
        let (line, column) = place(diagnostic.span).unwrap_or((1, 1));
        let column = if index == 0 {
            format!(" at column {column}")
        } else {
            String::new()
        };
        assert_eq!(diagnostic.severity, Severity::Error, "{plain}");
        comments.push((
            line,
            format!("expected-error@+N {{{{{}}}}}{column}", diagnostic.message),
        ));
        for note in &diagnostic.notes {
            let (line, _) = place(note.span).unwrap_or((line, 1));
            comments.push((line, format!("expected-note@+N {{{{{}}}}}", note.message)));
        }
    }
    let mut out = String::new();
    for (index, line) in plain.split_inclusive('\n').enumerate() {
        let here: Vec<&String> = comments
            .iter()
            .filter(|(number, _)| *number as usize == index + 1)
            .map(|(_, comment)| comment)
            .collect();
        for (position, comment) in here.iter().enumerate() {
            let distance = here.len() - position;
            let _ = writeln!(out, "// {}", comment.replacen("@+N", &format!("@+{distance}"), 1));
        }
        out.push_str(line);
    }
    (out, found.len())
}

#[test]
#[allow(clippy::print_stderr)]
fn each_construct_broken_in_several_ways_gives_the_expected_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lit/text/damaged");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("lit/text/damaged")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let (mut pieces, mut failures) = (0, Vec::new());
    for path in &paths {
        let text = fs::read_to_string(path).expect("a lit file");
        let mut whole = Vec::new();
        for (index, piece) in text.split(MARKER).enumerate() {
            // The first piece is the RUN line.
            if index == 0 {
                whole.push(piece.to_owned());
                continue;
            }
            pieces += 1;
            let (annotated, errors) = annotated(piece);
            if errors == 0 {
                failures.push(format!("{}: no error in\n{piece}", path.display()));
            }
            if annotated != piece {
                failures.push(format!("{}:\n- {piece}\n+ {annotated}", path.display()));
            }
            whole.push(annotated);
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(path, whole.join(MARKER)).expect("the file can be written");
        }
    }
    eprintln!("{pieces} damaged programs in {} files", paths.len());
    assert!(pieces >= 200, "only {pieces}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_broken_operation_is_one_error() {
    for (text, errors) in [
        // Uses of results that a broken operation would have defined.
        ("%0 = \"t.a\"( : () -> f32\n\"t.b\"(%0) : (f32) -> ()\n", 1),
        ("%0:2 = \"t.a\"() : () -> f32\n\"t.b\"(%0#1) : (f32) -> ()\n", 1),
        // Its regions are not read on their own.
        (
            "\"t.a\"(1) ({\n  %0 = \"t.b\"() : () -> f32\n}) : () -> ()\n\"t.c\"() : () -> ()\n",
            1,
        ),
        ("\"t.a\"() : () -> 3\nfoo.bar\n", 2),
        // The first operation of a region, and one behind it.
        (
            "func.func @f() {\n  foo\n  \"t.a\"() {a = } : () -> ()\n  return\n}\n\"t.b\"() : -> ()\n",
            3,
        ),
        // A region's operation loses its results when something inside is broken.
        (
            "%0 = \"t.a\"() ({\n  bar\n}) : () -> f32\n\"t.c\"(%0) : (f32) -> ()\n",
            1,
        ),
        // Brackets that are not closed.
        (
            "\"t.a\"() {a = [1, 2 : () -> ()\n\"t.b\"() : () -> ()\n\"t.c\"() : ()\n",
            2,
        ),
        ("module {\n  \"t.a\"(\n  \"t.b\"() : () -> ()\n}\n}\n", 1),
        // An undeclared name is still an error of its own.
        ("\"t.a\"() : ()\n\"t.b\"(%x) : (f32) -> ()\n", 2),
        ("#a = [\n\"t.a\"() {a = #b} : () -> ()\n", 2),
    ] {
        let (_, found) = diagnose(text);
        let messages: Vec<&str> = found.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(found.len(), errors, "{messages:?} in\n{text}");
    }
}

const MEBIBYTE: usize = 1 << 20;

/// Texts of about 1 MiB that ask for much more.
fn hostile_texts() -> Vec<(&'static str, String)> {
    let repeat = |piece: &str| piece.repeat(MEBIBYTE / piece.len());
    let attribute = |value: String| format!("\"t.a\"() {{a = {value}}} : () -> ()\n");
    let half = |piece: &str| piece.repeat(MEBIBYTE / 2 / piece.len());
    let numbered = |piece: fn(usize) -> String| {
        let mut text = String::new();
        let mut number = 0;
        while text.len() < MEBIBYTE {
            text.push_str(&piece(number));
            number += 1;
        }
        text
    };
    vec![
        ("open brackets", repeat("[")),
        ("open braces", repeat("{a=")),
        ("open regions", repeat("\"a\"()({\n")),
        ("nested lists", attribute(half("[") + &half("]"))),
        ("nested types", attribute(repeat("tensor<"))),
        ("nested functions", attribute(repeat("()->("))),
        (
            "nested locations",
            format!("\"t.a\"() : () -> () loc({}", repeat("\"a\"(")),
        ),
        ("nested dialect bodies", attribute(repeat("#a<("))),
        ("commas", attribute(format!("[{}]", repeat(",")))),
        ("a long list", attribute(format!("[{}1]", repeat("1,")))),
        ("a long list of lists", attribute(format!("[{}1]", repeat("[],")))),
        (
            "a long dictionary",
            attribute(format!("{{{}z}}", numbered(|number| format!("a{number},")))),
        ),
        ("a long array", attribute(format!("array<i8: {}1>", repeat("1,")))),
        (
            "long elements",
            attribute(format!("dense<[{}1]> : tensor<524289xi8>", repeat("1,"))),
        ),
        (
            "elements of a large type",
            attribute("dense<1> : tensor<99999999999x99999999999x99999999999xi8>".to_owned()),
        ),
        (
            "a splat of a large type",
            attribute("dense<1> : tensor<9999999999999xi8>".to_owned()),
        ),
        (
            "hexadecimal elements",
            attribute(format!("dense<\"0x{}\"> : tensor<524288xi8>", repeat("0A"))),
        ),
        ("long shape", attribute(format!("tensor<{}f32>", repeat("1x")))),
        ("long number", attribute(repeat("9"))),
        ("long float", attribute(format!("1.{}", repeat("9")))),
        ("long string", attribute(format!("\"{}\"", repeat("x")))),
        ("long escapes", attribute(format!("\"{}\"", repeat("\\FF")))),
        ("long name", format!("\"{}\"() : () -> ()\n", repeat("x"))),
        ("long word", repeat("x")),
        ("long symbol path", attribute(format!("@a{}", repeat("::@a")))),
        (
            "many results",
            "%0:4294967295 = \"t.a\"() : () -> f32\n".to_owned(),
        ),
        (
            "a large value number",
            "\"t.a\"(%999999999#4294967295) : (f32) -> ()\n".to_owned(),
        ),
        (
            "result types",
            format!("\"t.a\"() : () -> ({}i1)\n", repeat("i1,")),
        ),
        (
            "undeclared operands",
            numbered(|number| format!("\"t\"(%a{number}):(i1)->()\n")),
        ),
        ("broken operations", repeat("\"t\"(:\n")),
        ("broken operations on one line", repeat("\"t\"(: ")),
        ("operations", repeat("\"t\"():()->()\n")),
        (
            "results",
            numbered(|number| format!("%{number}=\"t\"():()->i1\n")),
        ),
        ("aliases", numbered(|number| format!("#a{number}={number}\n"))),
        ("broken aliases", repeat("#a=[\n")),
        ("redefined aliases", repeat("#a=1\n")),
        (
            "blocks",
            format!(
                "\"t\"() ({{\n{}}}) : () -> ()\n",
                numbered(|number| format!("^b{number}:\n"))
            ),
        ),
        (
            "block arguments",
            format!(
                "\"t\"() ({{\n^b({}%z:i1):\n}}) : () -> ()\n",
                numbered(|number| format!("%a{number}:i1,"))
            ),
        ),
        (
            "fused locations",
            format!("\"t.a\"() : () -> () loc(fused[{}unknown])\n", repeat("\"a\",")),
        ),
        (
            "scales",
            attribute(format!("!quant.uniform<i8:f32:0, {{{}1.0}}>", repeat("1.0,"))),
        ),
        ("unterminated strings", repeat("\"\n")),
        ("braces and aliases", format!("x\n{}", repeat("}\n#a=1\n"))),
        ("quotes", repeat("\"")),
        ("comment", format!("//{}", repeat("x"))),
        ("blanks", repeat("\n")),
        ("nul bytes", repeat("\0")),
    ]
}

/// The name of the variable in which a child of this test finds the file to read.
const CHILD: &str = "TPUC_HOSTILE_FILE";

/// Does nothing unless it is started by the test below.
#[test]
#[allow(clippy::print_stdout)]
fn hostile_child() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let text = fs::read_to_string(path).expect("the file of the parent");
    let (sources, found) = diagnose(&text);
    let rendered = tpuc_dialects::text::render_all(&found, &sources, tpuc_dialects::text::Colors::No);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    println!("errors {} report {} {peak}", found.len(), rendered.len());
}

#[test]
#[allow(clippy::print_stderr)]
fn no_text_of_a_mebibyte_takes_more_than_64() {
    let path = std::env::temp_dir().join(format!("tpuc-hostile-{}.mlir", std::process::id()));
    let mut failures = Vec::new();
    for (name, text) in hostile_texts() {
        fs::write(&path, &text).expect("a temporary file");
        let start = std::time::Instant::now();
        let output = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args([
                "--exact",
                "damaged::hostile_child",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(CHILD, &path)
            .output()
            .expect("this test starts");
        let seconds = start.elapsed().as_secs_f64();
        let out = String::from_utf8_lossy(&output.stdout);
        let report = out
            .lines()
            .find_map(|line| line.split_once("errors "))
            .map_or("", |(_, report)| report);
        let peak: Option<usize> = report
            .split_once("VmHWM:")
            .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
        eprintln!("{name}: {seconds:.1} s, {report}");
        if !output.status.success() {
            failures.push(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
        } else if peak.is_some_and(|peak| peak > 64 * 1024) {
            failures.push(format!("{name}: {report}"));
        } else if seconds > 20.0 {
            failures.push(format!("{name}: {seconds} s"));
        }
    }
    let _ = fs::remove_file(&path);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
