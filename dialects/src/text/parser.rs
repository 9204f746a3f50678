//! Drives lexer and grammar over a file: alias definitions first, then operations; several syntax errors in one run.

use super::build::{Builder, MOST_NESTING, TextError};
use super::grammar::{AliasesParser, FileParser};
use super::lexer::Token;
use super::{FileId, SourceMap};
use crate::builtin::Module;
use crate::ir::{Context, Diagnostic, LocKind, Op, OpView, Span};
use lalrpop_util::ParseError;
use logos::{Logos, SpannedIter};
use std::ops::Range;

/// After so many syntax errors the rest of a file is not read.
const MOST_ERRORS: usize = 20;

type SyntaxError<'s> = ParseError<usize, Token<'s>, TextError>;

/// Reads a file.
///
/// A file that holds anything but one module gets a module around it, as in MLIR. The context knows the result's
/// operations afterwards; nothing in it is verified yet.
///
/// # Errors
/// All errors that were found, in the order of their places: syntax (at most 20, one for each line), undeclared and
/// redefined names, undefined aliases, types that do not agree. The context may hold parts of the program then.
pub fn parse(ctx: &mut Context, sources: &SourceMap, file: FileId) -> Result<Module, Vec<Diagnostic>> {
    let text = &sources.file(file).text;
    if u32::try_from(text.len()).is_err() {
        return Err(vec![Diagnostic::error(
            "files of 4 GiB and more are not supported",
        )]);
    }
    let aliases = alias_definitions(text);
    let mut skipped: Vec<Range<usize>> = Vec::new();
    let mut errors: Vec<Diagnostic> = Vec::new();
    loop {
        let mut builder = Builder::new(ctx, sources, file);
        let alias_segments = without(&aliases, &skipped);
        let mut holes = aliases.clone();
        holes.extend(skipped.iter().cloned());
        holes.sort_by_key(|range| range.start);
        let body_segments = complement(&holes, text.len());
        let result = AliasesParser::new()
            .parse(&mut builder, Tokens::new(text, alias_segments))
            .and_then(|()| FileParser::new().parse(&mut builder, Tokens::new(text, body_segments)));
        match result {
            Ok(()) => {
                let (top, found) = builder.finish();
                if errors.is_empty() && found.is_empty() {
                    return Ok(top_module(ctx, sources, file, &top));
                }
                // Names of lines that could not be read are missing: their uses are not the user's fault.
                let complete = errors.is_empty();
                errors.extend(
                    found
                        .into_iter()
                        .filter(|error| complete || !error.message.starts_with("use of undeclared")),
                );
                errors.sort_by_key(|error| error.span.map_or(0, |span| span.start));
                return Err(errors);
            }
            Err(error) => {
                let (range, message) = describe(&error, text);
                let semantic = builder.errors;
                errors.push(Diagnostic::error(message).at(Some(Span {
                    file: file.0,
                    start: range.start as u32,
                    end: range.end as u32,
                })));
                let line = line_around(text, range.start);
                let again = errors.len() < MOST_ERRORS
                    && balance(&text[line.clone()]) == 0
                    && !skipped.contains(&line)
                    && range.start < text.len();
                if !again {
                    errors.extend(
                        semantic
                            .into_iter()
                            .filter(|error| !error.message.starts_with("use of undeclared")),
                    );
                    errors.sort_by_key(|error| error.span.map_or(0, |span| span.start));
                    return Err(errors);
                }
                skipped.push(line);
                skipped.sort_by_key(|range| range.start);
            }
        }
    }
}

/// The only module at the top, or a new one around everything.
fn top_module(ctx: &mut Context, sources: &SourceMap, file: FileId, top: &[Op]) -> Module {
    if let [op] = top
        && let Some(module) = Module::cast(ctx, *op)
        && ctx.body(*op).is_some()
    {
        return module;
    }
    let name = ctx.str(&sources.file(file).name);
    let loc = ctx.loc(LocKind::FileLineCol {
        file: name,
        line: 0,
        column: 0,
    });
    let mut rewriter = ctx.rewriter();
    let module = Module::create(&mut rewriter, None);
    rewriter.set_loc(module.op(), loc);
    let block = module.block(&rewriter);
    for op in top {
        rewriter.move_to_end(*op, block);
    }
    module
}

// ---------------------------------------------------------------------- tokens

/// Tokens of some segments of the source, with a bound on the nesting of brackets.
struct Tokens<'s> {
    source: &'s str,
    segments: std::vec::IntoIter<Range<usize>>,
    current: Option<(usize, SpannedIter<'s, Token<'s>>)>,
    depth: u32,
}

impl<'s> Tokens<'s> {
    fn new(source: &'s str, segments: Vec<Range<usize>>) -> Self {
        Self {
            source,
            segments: segments.into_iter(),
            current: None,
            depth: 0,
        }
    }
}

impl<'s> Iterator for Tokens<'s> {
    type Item = Result<(usize, Token<'s>, usize), TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((base, lexer)) = &mut self.current
                && let Some((token, span)) = lexer.next()
            {
                let (start, end) = (*base + span.start, *base + span.end);
                let error = |message: &str| {
                    Some(Err(TextError {
                        start,
                        end,
                        message: message.to_owned(),
                    }))
                };
                let token = match token {
                    Ok(token) => token,
                    Err(lexical) => return error(lexical.message()),
                };
                match token {
                    Token::ParenOpen
                    | Token::BracketOpen
                    | Token::BraceOpen
                    | Token::Less
                    | Token::Tensor(_)
                    | Token::Calibrated
                    | Token::Uniform
                    | Token::TpuEnum
                    | Token::TpuLayerGroup => {
                        self.depth += 1;
                        if self.depth > MOST_NESTING {
                            return error("nesting is too deep");
                        }
                    }
                    Token::ParenClose | Token::BracketClose | Token::BraceClose | Token::Greater => {
                        self.depth = self.depth.saturating_sub(1);
                    }
                    _ => {}
                }
                return Some(Ok((start, token, end)));
            }
            let segment = self.segments.next()?;
            self.current = Some((segment.start, Token::lexer(&self.source[segment]).spanned()));
        }
    }
}

// ---------------------------------------------------------------------- segments

/// Lines that begin with `#name =` or `!name =`, each to the end of the line on which its brackets are closed.
fn alias_definitions(text: &str) -> Vec<Range<usize>> {
    /// A definition that is not closed after so many lines is taken to end on its first.
    const MOST_LINES: usize = 200;
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let first_end = line_end(text, start);
        let mut next = first_end + 1;
        if is_alias_definition(&text[start..first_end]) {
            let mut end = first_end;
            let mut depth = balance(&text[start..end]);
            for _ in 0..MOST_LINES {
                if depth <= 0 || end >= text.len() {
                    break;
                }
                let line = end + 1;
                end = line_end(text, line);
                depth += balance(&text[line..end]);
            }
            let end = if depth == 0 { end } else { first_end };
            found.push(start..end);
            next = end + 1;
        }
        start = next;
    }
    found
}

fn is_alias_definition(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let Some(rest) = line.strip_prefix(['#', '!']) else {
        return false;
    };
    let name = |c: char| c.is_ascii_alphanumeric() || "_$-".contains(c);
    let after = rest.trim_start_matches(name);
    after.len() < rest.len() && after.trim_start_matches([' ', '\t']).starts_with('=')
}

fn line_end(text: &str, start: usize) -> usize {
    text.as_bytes()
        .get(start..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        .map_or(text.len(), |index| start + index)
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = text.as_bytes()[..at]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |index| index + 1);
    start..line_end(text, start)
}

/// Opened minus closed brackets outside of strings.
fn balance(line: &str) -> i64 {
    let mut depth = 0_i64;
    let mut bytes = line.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'"' => loop {
                match bytes.next() {
                    None | Some(b'"') => break,
                    Some(b'\\') => {
                        bytes.next();
                    }
                    Some(_) => {}
                }
            },
            _ => {}
        }
    }
    depth
}

fn without(ranges: &[Range<usize>], holes: &[Range<usize>]) -> Vec<Range<usize>> {
    let overlaps = |range: &Range<usize>| {
        holes
            .iter()
            .any(|hole| hole.start < range.end && range.start < hole.end)
    };
    ranges.iter().filter(|range| !overlaps(range)).cloned().collect()
}

/// What is left of `0..length` without the sorted holes.
fn complement(holes: &[Range<usize>], length: usize) -> Vec<Range<usize>> {
    let mut kept = Vec::new();
    let mut start = 0;
    for hole in holes {
        if start < hole.start {
            kept.push(start..hole.start);
        }
        start = start.max(hole.end);
    }
    if start < length {
        kept.push(start..length);
    }
    kept
}

// ---------------------------------------------------------------------- messages

fn describe(error: &SyntaxError<'_>, text: &str) -> (Range<usize>, String) {
    match error {
        ParseError::InvalidToken { location } => {
            (*location..*location + 1, "unexpected character".to_owned())
        }
        ParseError::UnrecognizedEof { expected, .. } => (text.len()..text.len(), expectation(expected, None)),
        ParseError::UnrecognizedToken {
            token: (start, token, end),
            expected,
        } => (*start..*end, expectation(expected, Some(token))),
        ParseError::ExtraToken {
            token: (start, _, end),
        } => (*start..*end, "expected end of file".to_owned()),
        ParseError::User { error } => (error.start..error.end, error.message.clone()),
    }
}

/// "expected ..." for what the grammar would have taken.
fn expectation(expected: &[String], found: Option<&Token<'_>>) -> String {
    let has = |name: &str| expected.iter().any(|item| item == name);
    let (operation, ty) = (
        has("\"module\"") && has("\"func.func\"") && has("STRING"),
        has("TENSOR"),
    );
    let name = has("IDENTIFIER") && has("INTEGER_TYPE");
    if operation && !name {
        return match found {
            Some(Token::Identifier(name)) => {
                format!("custom op '{name}' is unknown (tried 'func.{name}' as well)")
            }
            None if has("\"}\"") => "expected '}' at the end of a region".to_owned(),
            _ if has("\"}\"") => "expected operation name in quotes, or '}'".to_owned(),
            _ => "expected operation name in quotes".to_owned(),
        };
    }
    if ty && has("SYMBOL") && has("FLOAT") {
        return "expected attribute value".to_owned();
    }
    if ty {
        return "expected non-function type".to_owned();
    }
    if name && has("STRING") {
        return "expected attribute name".to_owned();
    }
    let spelled = |item: &String| match item.as_str() {
        "VALUE" => "SSA operand".to_owned(),
        "STRING" => "string".to_owned(),
        "SYMBOL" => "symbol name".to_owned(),
        "INTEGER" => "integer".to_owned(),
        "HEXADECIMAL" => "hexadecimal number".to_owned(),
        "FLOAT" => "floating point literal".to_owned(),
        "BLOCK" => "block name".to_owned(),
        "LOCATION_ALIAS" => "'loc'".to_owned(),
        "ATTRIBUTE_ALIAS" => "'#' alias".to_owned(),
        "TYPE_ALIAS" => "'!' alias".to_owned(),
        "IDENTIFIER" => "identifier".to_owned(),
        "\"return values\"" => "'return'".to_owned(),
        other => format!("'{}'", other.trim_matches('"')),
    };
    let mut items: Vec<String> = Vec::new();
    for item in expected.iter().map(spelled) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    match items.split_last() {
        None => "unexpected token".to_owned(),
        Some((last, [])) => format!("expected {last}"),
        Some((last, rest)) => format!("expected {} or {last}", rest.join(", ")),
    }
}
