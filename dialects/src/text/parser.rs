//! Drives tokens and grammar over a file: alias definitions first, then operations. After a syntax error it goes on at the
//! next operation, so that one run reports all that is wrong, and one broken operation is one error.

use super::build::{Builder, TextError};
use super::grammar::FileParser;
use super::known::Known;
use super::lexer::Token;
use super::messages::describe;
use super::recovery::{next_statement, value_names};
use super::segments::{alias_definitions, complement, joined, name_location};
use super::tokens::{Placed, Tokens};
use super::{FileId, SourceMap};
use crate::builtin::Module;
use crate::ir::{Context, Diagnostic, LocKind, Op, OpView};
use lalrpop_util::ParseError;
use std::ops::Range;

/// After so many syntax errors the rest of a file is not read.
const MOST_ERRORS: usize = 100;

/// Reads a file.
///
/// A file that holds anything but one module gets a module around it, as in MLIR. The context knows the result's
/// operations afterwards; nothing in it is verified yet.
///
/// # Errors
/// All errors that were found, in the order of their places: syntax (at most 100, one for each operation), undeclared and
/// redefined names, undefined aliases, types that do not agree. The context may hold parts of the program then.
pub fn parse(ctx: &mut Context, sources: &SourceMap, file: FileId) -> Result<Module, Vec<Diagnostic>> {
    let text = &sources.file(file).text;
    if u32::try_from(text.len()).is_err() {
        return Err(vec![Diagnostic::error(
            "files of 4 GiB and more are not supported",
        )]);
    }
    let known = Known::default();
    let mut run = Run {
        text,
        known: &known,
        builder: Builder::new(ctx, &known, sources, file),
        parser: FileParser::new(),
        syntax_errors: 0,
    };
    run.read();
    let (top, errors) = run.builder.finish();
    if errors.is_empty() {
        Ok(top_module(ctx, sources, file, &top))
    } else {
        Err(errors)
    }
}

type SyntaxError<'s> = ParseError<usize, Token<'s>, TextError>;

struct Run<'c, 's> {
    text: &'s str,
    known: &'c Known<'s>,
    builder: Builder<'c, 's>,
    parser: FileParser,
    syntax_errors: usize,
}

impl<'s> Run<'_, 's> {
    fn read(&mut self) {
        let text = self.text;
        let aliases = alias_definitions(text);
        let mut rest = &aliases[..];
        loop {
            while let [first, others @ ..] = rest
                && let Some((name, location)) = name_location(&text[first.clone()])
            {
                self.builder.define_name_location(name, location, first.start);
                rest = others;
            }
            if rest.is_empty() {
                break;
            }
            // The grammar reads what is not as plain, up to the next that is.
            let plain = |definition: &Range<usize>| name_location(&text[definition.clone()]).is_some();
            let count = rest.iter().position(plain).unwrap_or(rest.len());
            let mut tokens = Tokens::new(text, joined(&rest[..count]), None);
            let Err(error) = self.parser.parse(&mut self.builder, &mut tokens) else {
                rest = &rest[count..];
                continue;
            };
            let at = self.report(&error, &tokens);
            self.builder.abandon_operations();
            if self.syntax_errors >= MOST_ERRORS {
                return;
            }
            let next = rest.partition_point(|definition| definition.start <= at);
            rest = &rest[next.max(1)..];
        }
        let mut tokens = Tokens::new(text, complement(&aliases, 0, text.len()), Some(self.known));
        loop {
            let next = match self.parser.parse(&mut self.builder, &mut tokens) {
                Ok(()) => match tokens.stopped() {
                    None => return,
                    // The region's operation is not read to its end: its beginning is gone.
                    Some(brace) => {
                        match self.builder.abandon_region() {
                            Some((start, open)) => self.lose(start, open),
                            // A brace too many: no news after the first error, but not without end.
                            None => self.syntax_errors += 1,
                        }
                        if self.syntax_errors >= MOST_ERRORS {
                            return;
                        }
                        next_statement(text, brace, brace + 1)
                    }
                },
                Err(error) => {
                    self.open_region(&error, &tokens);
                    let at = self.report(&error, &tokens);
                    if self.syntax_errors >= MOST_ERRORS {
                        return;
                    }
                    let statement = self.builder.statement().unwrap_or(at);
                    let next = next_statement(text, statement, at);
                    self.lose(statement, next);
                    self.builder.abandon_operations();
                    next
                }
            };
            let first = aliases.partition_point(|definition| definition.end <= next);
            let pieces = complement(&aliases[first..], next, text.len());
            tokens = Tokens::until_brace(text, pieces, self.known);
        }
    }

    /// Opens the region whose first operation is the broken one: the grammar would have done so after one more token.
    fn open_region(&mut self, error: &SyntaxError<'s>, tokens: &Tokens<'s, '_>) {
        let ParseError::UnrecognizedToken { expected, .. } = error else {
            return;
        };
        if let Some((start, Token::BraceOpen, _)) = tokens.previous()
            && expected.iter().any(|item| item == "\"func.func\"")
            && self.builder.current_operation().is_some()
        {
            self.builder.begin_region(start);
        }
    }

    /// Adds a syntax error; the byte from which on the text was not understood.
    fn report(&mut self, error: &SyntaxError<'s>, tokens: &Tokens<'s, '_>) -> usize {
        self.syntax_errors += 1;
        let at = match error {
            ParseError::UnrecognizedToken {
                token: (start, ..), ..
            }
            | ParseError::ExtraToken { token: (start, ..) } => *start,
            ParseError::User { error } => error.start,
            ParseError::InvalidToken { location } => *location,
            ParseError::UnrecognizedEof { .. } => tokens.last().map_or(0, |(_, _, end): Placed<'_>| end),
        };
        // One broken operation is one error: MLIR would have stopped at the first.
        let known = self
            .builder
            .statement()
            .is_some_and(|start| self.builder.has_error_since(start));
        if !known {
            describe(&mut self.builder, error, tokens, self.text);
        }
        at.min(self.text.len())
    }

    /// The names between these bytes will not be defined.
    fn lose(&mut self, start: usize, end: usize) {
        let text = self.text;
        for name in value_names(&text[start..end.max(start)]) {
            self.builder.lose(name);
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
