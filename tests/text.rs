//! The text of programs against the real toolchain's files.

use std::fs;
use std::path::{Path, PathBuf};
use tpuc_dialects::ir::{Context, OpView, verify};
use tpuc_dialects::text::{Colors, PrintOptions, SourceMap, parse, print, render, render_all};
use tpuc_tests::shared;

/// Every `.mlir` file below a folder, sorted.
fn mlir_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            mlir_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mlir") {
            found.push(path);
        }
    }
    found.sort();
}

/// Reads, verifies and prints a file; the text, or what went wrong.
fn round_trip(name: &str, text: &str) -> Result<String, String> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let mut ctx = Context::default();
    let module =
        parse(&mut ctx, &sources, file).map_err(|errors| render_all(&errors, &sources, Colors::No))?;
    if let Some(error) = verify(&ctx, module.op()).first() {
        return Err(render(error, &sources, Colors::No));
    }
    let options = PrintOptions {
        final_blank_line: text.ends_with("\n\n"),
        ..PrintOptions::default()
    };
    Ok(print(&ctx, module.op(), &options))
}

/// The first line in which two texts differ.
fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((index, (expected, found))) => format!("line {}:\n- {expected}\n+ {found}", index + 1),
        None => format!("lengths {} and {}", expected.len(), found.len()),
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn every_golden_file_round_trips_byte_for_byte() {
    let Some(shared) = shared("golden text files") else {
        return;
    };
    let mut files = Vec::new();
    mlir_files(&shared.join("golden"), &mut files);
    let mut failures = Vec::new();
    for path in &files {
        let name = path.strip_prefix(&shared).unwrap_or(path).display().to_string();
        let text = fs::read_to_string(path).expect("a golden file can be read");
        match round_trip(&name, &text) {
            Ok(printed) if printed == text => {}
            Ok(printed) => failures.push(format!("{name}: {}", first_difference(&text, &printed))),
            Err(message) => failures.push(format!("{name}: {message}")),
        }
    }
    eprintln!(
        "{} of {} golden .mlir files round trip",
        files.len() - failures.len(),
        files.len()
    );
    assert!(files.len() > 1000, "only {} files", files.len());
    assert!(
        failures.is_empty(),
        "{} files fail; the first:\n{}",
        failures.len(),
        failures[..failures.len().min(10)].join("\n")
    );
}

#[test]
fn a_large_module_is_printed_as_it_was() {
    let text = tpuc_tests::large_module::large_module(5_000);
    assert_eq!(text.matches(" = \"top.").count() + 1, 5_000, "and a return");
    let printed = round_trip("large", &text).unwrap_or_else(|error| panic!("{error}"));
    assert!(printed == text, "{}", first_difference(&text, &printed));
}

#[test]
fn a_body_that_reads_like_a_dictionary_is_a_body() {
    let text =
        "\"t.a\"() { return } : () -> ()\nfunc.func @f() { return }\n\"t.a\"() { return } : () -> ()\n";
    let printed = parse_and_print("body", text, false).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(printed.matches("{return}").count(), 2, "{printed}");
    assert!(printed.contains("func.func @f() {\n    return"), "{printed}");
}

/// A small generator of numbers; the tests need the same ones on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn one_of<'t>(&mut self, items: &[&'t str]) -> &'t str {
        items[self.below(items.len())]
    }
}

const TYPES: &[&str] = &[
    "f32",
    "none",
    "tensor<1x3x8x8xf32>",
    "tensor<*xf32>",
    "tensor<?x2xi8, 4096 : i64>",
    "tensor<4x!quant.calibrated<f32<-1.5:2.5>>>",
    "tensor<4x!quant.uniform<i8:f32, 0.1>, 16 : i64>",
    "tensor<4x!quant.uniform<u8<0:1>:f32:0, {0.5,0.25:3}>>",
];

const ATTRIBUTES: &[&str] = &[
    "unit",
    "-3",
    "7 : i32",
    "0.1",
    "0x7FC00000 : f32",
    "true",
    "\"te\\22xt\\0A\"",
    "[1, 2.5, \"a\"]",
    "array<i32: -1, 4>",
    "dense<[1, 2]> : tensor<2xi8>",
    "@a::@\"b c\"",
    "#tpu<round_mode HalfUp>",
    "#tpu.lg<id = 0, n_idx = [0, 1], eu_align = true>",
    "{x = 1, y = [false]}",
    "tensor<2xf32>",
    "#other.x<[1]>",
];

/// Operations of a region; operands are values defined before it or in it.
fn random_ops(random: &mut Random, depth: usize, values: &mut Vec<(String, String)>, out: &mut String) {
    let outer = values.len();
    for _ in 0..1 + random.below(5) {
        let results: Vec<&str> = (0..random.below(4)).map(|_| random.one_of(TYPES)).collect();
        let name = format!("%v{}", values.len() * 7 + out.len());
        if !results.is_empty() {
            out.push_str(&format!("{name}:{} = ", results.len()));
        }
        let operands: Vec<(String, String)> = (0..random.below(3).min(values.len()))
            .map(|_| values[random.below(values.len())].clone())
            .collect();
        let list = |pick: fn(&(String, String)) -> &String| {
            operands.iter().map(pick).cloned().collect::<Vec<_>>().join(", ")
        };
        out.push_str(&format!("\"t.op{}\"({})", random.below(9), list(|pair| &pair.0)));
        if depth > 0 && random.below(3) == 0 {
            out.push_str(" ({\n");
            random_ops(random, depth - 1, values, out);
            out.push_str("})");
        }
        if random.below(2) == 0 {
            let attributes: Vec<String> = (0..random.below(4))
                .map(|index| format!("a{index} = {}", random.one_of(ATTRIBUTES)))
                .collect();
            out.push_str(&format!(" {{{}}}", attributes.join(", ")));
        }
        out.push_str(&format!(
            " : ({}) -> ({})",
            list(|pair| &pair.1),
            results.join(", ")
        ));
        if random.below(2) == 0 {
            let part = random.one_of(&["unknown", "\"n1\"", "\"n2\"", "\"f\":1:2"]);
            let other = random.one_of(&["unknown", "\"n1\"", "\"n3\""]);
            match random.below(4) {
                0 => out.push_str(&format!(" loc(fused[{part}, {other}])")),
                1 => out.push_str(&format!(" loc(\"n4\"({part}))")),
                2 => out.push_str(&format!(" loc(callsite({part} at {other}))")),
                _ => out.push_str(&format!(" loc({part})")),
            }
        }
        out.push('\n');
        for (index, ty) in results.iter().enumerate() {
            values.push((format!("{name}#{index}"), (*ty).to_owned()));
        }
    }
    values.truncate(outer);
}

fn parse_and_print(name: &str, text: &str, generic: bool) -> Result<String, String> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let mut ctx = Context::default();
    ctx.allow_unregistered = true;
    let module =
        parse(&mut ctx, &sources, file).map_err(|errors| render_all(&errors, &sources, Colors::No))?;
    let errors = verify(&ctx, module.op());
    if !errors.is_empty() {
        return Err(render_all(&errors, &sources, Colors::No));
    }
    let options = PrintOptions {
        generic,
        ..PrintOptions::default()
    };
    Ok(print(&ctx, module.op(), &options))
}

#[test]
fn random_programs_are_printed_the_same_after_they_are_read_again() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for case in 0..300 {
        let mut text = String::new();
        random_ops(&mut random, 3, &mut Vec::new(), &mut text);
        let generic = case % 3 == 0;
        let first =
            parse_and_print("random", &text, generic).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let second =
            parse_and_print("random", &first, generic).unwrap_or_else(|error| panic!("{error}\n{first}"));
        assert_eq!(first, second, "case {case}");
    }
}

/// Damages a text at a few places: bytes lost, doubled, exchanged or replaced.
fn damage(random: &mut Random, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len());
        let length = 1 + random.below(12);
        let end = (at + length).min(bytes.len());
        match random.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            2 => bytes[at] = b"{}()[]<>:,=%#@!\"^-0x9e\\ \n"[random.below(25)],
            3 => bytes.truncate(at.max(1)),
            _ => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
        }
        if bytes.is_empty() {
            bytes.push(b'{');
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
#[allow(clippy::print_stderr)]
fn damaged_files_are_errors_and_never_panic() {
    let mut random = Random(0x0dd_ba11);
    let mut texts: Vec<String> = Vec::new();
    if let Some(shared) = shared("damaged golden text files") {
        for name in ["mnist", "rfb320"] {
            for stage in ["origin", "final_int8"] {
                let path = shared.join(format!("golden/models/{name}/{stage}.mlir"));
                let text = fs::read_to_string(path).expect("a golden file can be read");
                // The beginning and the end hold every construct; the middle repeats.
                let cut = text.floor_char_boundary(12_000.min(text.len()));
                texts.push(text[..cut].to_owned());
                texts.push(text);
            }
        }
    }
    let mut small = String::new();
    random_ops(&mut random, 3, &mut Vec::new(), &mut small);
    texts.push(small);
    let (mut errors, mut cases) = (0, 0);
    for text in &texts {
        let rounds = if text.len() > 20_000 { 20 } else { 150 };
        for _ in 0..rounds {
            cases += 1;
            let damaged = damage(&mut random, text);
            errors += usize::from(parse_and_print("damaged", &damaged, false).is_err());
        }
    }
    eprintln!("{errors} of {cases} damaged texts are errors");
    assert!(errors * 2 > cases, "{errors} of {cases}");
}

#[test]
fn hostile_nesting_is_an_error() {
    for (open, close) in [
        ("[", "]"),
        ("{a = ", "}"),
        ("(", ")"),
        ("tensor<", ">"),
        ("\"t\"() ({", "})"),
    ] {
        for length in [300, 100_000] {
            for text in [
                format!(
                    "\"t.a\"() {{a = {}{}}} : () -> ()",
                    open.repeat(length),
                    close.repeat(length)
                ),
                open.repeat(length),
            ] {
                let error = parse_and_print("deep", &text, false).expect_err("too deep");
                assert!(error.contains("error"), "{error}");
            }
        }
    }
    // Aliases that refer to aliases nest as well.
    let mut text = String::from("#a0 = [1]\n");
    for index in 1..10_000 {
        text.push_str(&format!("#a{index} = [#a{}]\n", index - 1));
    }
    text.push_str("\"t.a\"() {a = #a9999} : () -> ()\n");
    let error = parse_and_print("chain", &text, false).expect_err("too deep");
    assert!(error.contains("aliases are nested too deeply"), "{error}");
}
