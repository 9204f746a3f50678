//! Options of passes as text: `key=value key2=value2`.

use super::{OptionKind, OptionSpec, Options, Pass};
use std::collections::BTreeMap;
use tpuc_dialects::ir::nearest;

/// Reads `key=value` pairs separated by blanks; a value may stand in quotes or braces. Options that are not given have
/// their defaults.
///
/// # Errors
/// One message: an unknown option with the pass's options, a value that does not fit its kind, an open quote.
pub fn parse_options(pass: &Pass, text: &str) -> Result<Options, String> {
    let mut values: BTreeMap<&'static str, String> = pass
        .options
        .iter()
        .map(|spec| (spec.name, spec.default.to_owned()))
        .collect();
    for (key, value) in pairs(text).map_err(|message| format!("options of --{}: {message}", pass.flag))? {
        let Some(spec) = pass.options.iter().find(|spec| spec.name == key) else {
            return Err(unknown_option(pass, &key));
        };
        let value = check(spec, value.as_deref()).map_err(|wanted| {
            let found = value.unwrap_or_default();
            format!(
                "option '{key}' of --{}: expected {wanted}, found '{found}'",
                pass.flag
            )
        })?;
        values.insert(spec.name, value);
    }
    Ok(Options::new(values))
}

fn unknown_option(pass: &Pass, key: &str) -> String {
    let names: Vec<&str> = pass.options.iter().map(|spec| spec.name).collect();
    if names.is_empty() {
        return format!("unknown option '{key}' of --{}: it has no options", pass.flag);
    }
    let near = nearest(key, names.iter().copied(), 1);
    let hint = near
        .first()
        .map_or(String::new(), |near| format!(", did you mean {near}?"));
    format!(
        "unknown option '{key}' of --{}{hint}; it has {}",
        pass.flag,
        names.join(", ")
    )
}

/// The value in the form that [`Options`] keeps, or what was wanted.
fn check(spec: &OptionSpec, value: Option<&str>) -> Result<String, String> {
    match (spec.kind, value) {
        (OptionKind::Bool, None) => Ok("true".to_owned()),
        (OptionKind::Bool, Some(value)) => match value.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok("true".to_owned()),
            "false" | "0" => Ok("false".to_owned()),
            _ => Err("true or false".to_owned()),
        },
        (OptionKind::Int, value) => value
            .and_then(|value| value.parse::<i64>().ok())
            .map(|value| value.to_string())
            .ok_or_else(|| "a whole number".to_owned()),
        (OptionKind::Str, value) => value.map(str::to_owned).ok_or_else(|| "a value".to_owned()),
        (OptionKind::Choice(choices), value) => choices
            .iter()
            .find(|choice| value.is_some_and(|value| choice.eq_ignore_ascii_case(value)))
            .map(|choice| (*choice).to_owned())
            .ok_or_else(|| format!("one of {}", choices.join(", "))),
    }
}

fn pairs(text: &str) -> Result<Vec<(String, Option<String>)>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let key = rest[..end].to_owned();
        if key.is_empty() {
            return Err(format!("expected a name before '{rest}'"));
        }
        rest = &rest[end..];
        let value = match rest.strip_prefix('=') {
            None => None,
            Some(tail) => {
                let (value, tail) = take_value(tail)?;
                rest = tail;
                Some(value)
            }
        };
        found.push((key, value));
        rest = rest.trim_start();
    }
    Ok(found)
}

/// A value and what follows it.
fn take_value(text: &str) -> Result<(String, &str), String> {
    let closing = match text.chars().next() {
        Some('\'') => '\'',
        Some('"') => '"',
        Some('{') => '}',
        _ => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            return Ok((text[..end].to_owned(), &text[end..]));
        }
    };
    match text[1..].split_once(closing) {
        Some((value, tail)) => Ok((value.to_owned(), tail)),
        None => Err(format!("'{text}' has no closing {closing}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::Changed;

    const PASS: Pass = Pass {
        flag: "test-pass",
        group: "test",
        summary: "a test",
        options: &[
            OptionSpec {
                name: "asymmetric",
                kind: OptionKind::Bool,
                default: "false",
                help: "h",
            },
            OptionSpec {
                name: "num",
                kind: OptionKind::Int,
                default: "7",
                help: "h",
            },
            OptionSpec {
                name: "file",
                kind: OptionKind::Str,
                default: "",
                help: "h",
            },
            OptionSpec {
                name: "mode",
                kind: OptionKind::Choice(&["INT8", "F32"]),
                default: "F32",
                help: "h",
            },
        ],
        run: |_, _, _| Ok(Changed::No),
    };

    #[test]
    fn values_and_defaults() {
        let options = parse_options(&PASS, " asymmetric=True file='a b.txt'  mode=int8 ").unwrap();
        assert!(options.bool("asymmetric"));
        assert_eq!(options.int("num"), 7);
        assert_eq!(options.str("file"), "a b.txt");
        assert_eq!(options.str("mode"), "INT8");
        assert_eq!(parse_options(&PASS, "num=-3 file=").unwrap().int("num"), -3);
        assert!(parse_options(&PASS, "asymmetric").unwrap().bool("asymmetric"));
    }

    #[test]
    fn errors_name_the_option() {
        for (text, message) in [
            (
                "asym=1",
                "unknown option 'asym' of --test-pass, did you mean asymmetric?; it has asymmetric, num, file, mode",
            ),
            (
                "asymmetri=1",
                "unknown option 'asymmetri' of --test-pass, did you mean asymmetric?; it has asymmetric, num, file, mode",
            ),
            (
                "num=x",
                "option 'num' of --test-pass: expected a whole number, found 'x'",
            ),
            (
                "mode=F16",
                "option 'mode' of --test-pass: expected one of INT8, F32, found 'F16'",
            ),
            ("file", "option 'file' of --test-pass: expected a value, found ''"),
            ("file='a", "options of --test-pass: ''a' has no closing '"),
            ("=3", "options of --test-pass: expected a name before '=3'"),
        ] {
            assert_eq!(parse_options(&PASS, text).unwrap_err(), message);
        }
    }
}
