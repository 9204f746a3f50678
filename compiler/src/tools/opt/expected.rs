//! `--verify-diagnostics`: comments say what is expected, `// expected-error@+1 {{text}}`, as for MLIR's tools.

use tpuc_dialects::ir::{Diagnostic, Severity, Span};
use tpuc_dialects::text::{FileId, SourceMap};

/// One `expected-...` comment.
struct Expectation {
    severity: Severity,
    /// From 1; 0 stands for diagnostics without a place.
    line: u32,
    text: String,
    span: Span,
    met: bool,
}

/// What was expected but not found, and found but not expected.
pub fn compare(sources: &SourceMap, file: FileId, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    let mut expected = expectations(sources, file, &mut mistakes);
    for diagnostic in found {
        let mut check = |severity: Severity, message: &str, span: Option<Span>| {
            let line = span
                .and_then(|span| sources.position(span))
                .map_or(0, |(_, line, _)| line);
            let fitting = expected.iter_mut().find(|expectation| {
                !expectation.met
                    && expectation.severity == severity
                    && expectation.line == line
                    && message.contains(&expectation.text)
            });
            match fitting {
                Some(expectation) => expectation.met = true,
                None => {
                    let name = name_of(severity);
                    mistakes.push(Diagnostic::error(format!("unexpected {name}: {message}")).at(span));
                }
            }
        };
        check(diagnostic.severity, &diagnostic.message, diagnostic.span);
        for note in &diagnostic.notes {
            check(Severity::Note, &note.message, note.span);
        }
    }
    for expectation in expected.iter().filter(|expectation| !expectation.met) {
        let (name, text) = (name_of(expectation.severity), &expectation.text);
        mistakes.push(
            Diagnostic::error(format!("expected {name} \"{text}\" was not produced"))
                .at(Some(expectation.span)),
        );
    }
    mistakes
}

fn name_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Remark => "remark",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn expectations(sources: &SourceMap, file: FileId, mistakes: &mut Vec<Diagnostic>) -> Vec<Expectation> {
    let mut found: Vec<Expectation> = Vec::new();
    // Lines with an expectation "above" or "below" wait for the nearest line that has none.
    let mut below: Vec<Expectation> = Vec::new();
    let mut last_plain_line = 0;
    let text = &sources.file(file).text;
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let number = index as u32 + 1;
        let mut rest = line;
        let mut any = false;
        while let Some(at) = rest.find("expected-") {
            any = true;
            let start = offset + (line.len() - rest.len()) + at;
            let span = Span {
                file: file.0,
                start: start as u32,
                end: (offset + line.trim_end().len()).max(start) as u32,
            };
            rest = &rest[at + "expected-".len()..];
            let Some((severity, tail)) = severity(rest) else {
                continue;
            };
            let (place, tail) = match tail.strip_prefix('@') {
                Some(tail) => tail.split_at(tail.find([' ', '{']).unwrap_or(tail.len())),
                None => ("", tail),
            };
            let body = tail
                .trim_start()
                .strip_prefix("{{")
                .and_then(|body| body.split_once("}}"));
            let Some((body, tail)) = body else {
                mistakes
                    .push(Diagnostic::error("expected '{{', the text and '}}' on one line").at(Some(span)));
                break;
            };
            rest = tail;
            let mut expectation = Expectation {
                severity,
                line: number,
                text: body.to_owned(),
                span,
                met: false,
            };
            match place {
                "" => found.push(expectation),
                "below" => below.push(expectation),
                "above" => {
                    expectation.line = last_plain_line;
                    found.push(expectation);
                }
                "unknown" => {
                    expectation.line = 0;
                    found.push(expectation);
                }
                _ => match place.parse::<i64>() {
                    Ok(distance) => {
                        expectation.line = u32::try_from(i64::from(number) + distance).unwrap_or_default();
                        found.push(expectation);
                    }
                    Err(_) => mistakes.push(
                        Diagnostic::error(format!("'@{place}' is no place: +N, -N, above, below or unknown"))
                            .at(Some(span)),
                    ),
                },
            }
        }
        if !any {
            last_plain_line = number;
            found.extend(below.drain(..).map(|expectation| Expectation {
                line: number,
                ..expectation
            }));
        }
        offset += line.len();
    }
    found.extend(below);
    found
}

fn severity(text: &str) -> Option<(Severity, &str)> {
    [
        ("error", Severity::Error),
        ("warning", Severity::Warning),
        ("remark", Severity::Remark),
        ("note", Severity::Note),
    ]
    .into_iter()
    .find_map(|(name, severity)| text.strip_prefix(name).map(|tail| (severity, tail)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str, found: &[(u32, &str)]) -> Vec<String> {
        let mut sources = SourceMap::new();
        let file = sources.add("t.mlir", text);
        let found: Vec<Diagnostic> = found
            .iter()
            .map(|(line, message)| {
                let start = sources.file(file).line_range(*line).unwrap().start as u32;
                Diagnostic::error(*message).at(Some(Span {
                    file: file.0,
                    start,
                    end: start,
                }))
            })
            .collect();
        compare(&sources, file, &found)
            .into_iter()
            .map(|mistake| mistake.message)
            .collect()
    }

    #[test]
    fn places() {
        let text = "// expected-error@+1 {{one}}\nx\n// expected-error@below {{two}}\n// expected-error@below {{three}}\ny // expected-error {{four}}\nz\n// expected-error@above {{five}}\n";
        // `y` has an expectation of its own, so "below" is `z`.
        let found = [
            (2, "has one"),
            (6, "has two"),
            (6, "three"),
            (5, "four"),
            (6, "five"),
        ];
        assert_eq!(mistakes(text, &found), [""; 0]);
        assert_eq!(
            mistakes(text, &found[1..]),
            ["expected error \"one\" was not produced"]
        );
        assert_eq!(mistakes("x\n", &[(1, "boo")]), ["unexpected error: boo"]);
        assert_eq!(mistakes("// expected-error@up {{x}}\n", &[]).len(), 1);
    }
}
