//! What the grammar's actions do: build the IR while the text is read, with names of values, aliases and errors.
//!
//! Errors in meaning (an undeclared name, a wrong number of types) are collected and reading goes on.

mod aliases;
mod attributes;
mod dense;
mod numbers;
mod operations;
mod regions;
mod types;
mod values;

pub use dense::DenseBody;
pub use types::Storage;
pub use values::{ResultName, UsedValue};

use super::FileId;
use super::known::Known;
use super::source_map::SourceMap;
use super::strings::unescape;
use crate::ir::{Attr, Block, Context, Diagnostic, DialectRegistry, Label, Loc, Op, Region, Span, Str, Type};
use aliases::Aliases;
use rustc_hash::{FxHashMap, FxHashSet};
use values::Names;

/// An error that stops the parser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextError {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What is wrong.
    pub message: String,
}

impl TextError {
    /// An error about these bytes.
    pub fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { start, end, message }
    }
}

/// Types of an operation.
pub struct Signature {
    /// Operand types.
    pub inputs: Vec<Type>,
    /// Result types.
    pub results: Vec<Type>,
    /// First byte.
    pub start: usize,
}

/// An argument of a block or function.
pub struct BlockArgument<'s> {
    /// With the `%`; empty where a declaration has only a type.
    pub name: &'s str,
    /// First byte of the name.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Type.
    pub ty: Type,
    /// Location, if one was written.
    pub loc: Option<Loc>,
}

/// An operation but for its results and location.
pub struct Operation<'s> {
    operands: Vec<UsedValue<'s>>,
    inputs: Vec<Type>,
    results: Vec<Type>,
    /// Where a wrong number of operand types is reported.
    signature: usize,
    attrs: Vec<(Str, Attr)>,
    regions: Vec<Region>,
}

/// Names that are visible in a region, and those outside of it unless its operation is isolated.
struct Scope<'s> {
    isolated: bool,
    /// Names to forget at the end, with what they shadowed never (redefinition is an error).
    defined: Vec<&'s str>,
    region: Region,
    block: Option<Block>,
    blocks: FxHashMap<&'s str, Span>,
    /// Where its `{` stands.
    start: usize,
    /// Where the operation that owns it begins.
    statement: usize,
    /// How many operations were begun when it was opened; the last of them owns it.
    begun: usize,
}

/// So many errors are kept.
const MOST_ERRORS: usize = 1000;

/// Deepest nesting of brackets, regions and aliases that is read; everything behind the parser recurses at most this far.
pub const MOST_NESTING: u32 = 200;

/// The state of the parser's actions.
pub struct Builder<'c, 's> {
    pub(super) ctx: &'c mut Context,
    known: &'c Known<'s>,
    sources: &'s SourceMap,
    file: FileId,
    source: &'s str,
    file_name: Str,
    errors: Vec<Diagnostic>,
    /// Names, one table for each isolated scope.
    names: Vec<Names<'s>>,
    scopes: Vec<Scope<'s>>,
    /// Names of the operations that were begun and are not complete.
    begun: Vec<Str>,
    /// First byte of the operation that is being read.
    statement: Option<usize>,
    pending_arguments: Option<Vec<BlockArgument<'s>>>,
    aliases: Aliases<'s>,
    /// Operations outside of every region.
    top: Vec<Op>,
    unknown: Loc,
    undeclared: Vec<(&'s str, Span)>,
    /// Names that operations with errors would have defined: uses of them are not the user's mistake.
    lost: FxHashSet<&'s str>,
}

impl<'c, 's> Builder<'c, 's> {
    pub(super) fn new(
        ctx: &'c mut Context,
        known: &'c Known<'s>,
        sources: &'s SourceMap,
        file: FileId,
    ) -> Self {
        let unknown = ctx.loc_unknown();
        let source = sources.file(file);
        let file_name = ctx.str(&source.name);
        Self {
            ctx,
            known,
            sources,
            file,
            source: &source.text,
            file_name,
            errors: Vec::new(),
            names: vec![Names::default()],
            scopes: Vec::new(),
            begun: Vec::new(),
            statement: None,
            pending_arguments: None,
            aliases: Aliases::default(),
            top: Vec::new(),
            unknown,
            undeclared: Vec::new(),
            lost: FxHashSet::default(),
        }
    }

    /// The operations at the top of the file, and all errors in the order of their places.
    pub(super) fn finish(mut self) -> (Vec<Op>, Vec<Diagnostic>) {
        while !self.scopes.is_empty() {
            self.abandon_region();
        }
        let outermost = self.names.pop().expect("the outermost scope");
        self.report_undeclared(outermost);
        let undeclared = self
            .undeclared
            .iter()
            .filter(|(name, _)| !self.lost.contains(name))
            .take(MOST_ERRORS);
        self.errors.extend(
            undeclared.map(|(_, span)| Diagnostic::error("use of undeclared SSA value name").at(Some(*span))),
        );
        self.errors
            .sort_by_key(|error| error.span.map_or(0, |span| span.start));
        (self.top, self.errors)
    }

    /// Whether an error was found in the operation that begins here.
    pub(super) fn has_error_since(&self, statement: usize) -> bool {
        let last = self.errors.last().and_then(|error| error.span);
        last.is_some_and(|span| span.start as usize >= statement)
    }

    /// A name that an operation with errors would have defined.
    pub(in crate::text) fn lose(&mut self, name: &'s str) {
        self.lost.insert(name);
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span {
            file: self.file.0,
            start: start as u32,
            end: end as u32,
        }
    }

    fn push_error(&mut self, error: Diagnostic) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        }
    }

    /// Adds an error.
    pub fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        let span = self.span(start, end);
        self.push_error(Diagnostic::error(message).at(Some(span)));
    }

    /// Adds a note without a place of its own to the last error.
    pub(super) fn note_of_last_error(&mut self, message: &str) {
        if let Some(error) = self.errors.last_mut() {
            let span = error.span;
            error.notes.push(Label {
                span,
                message: message.to_owned(),
            });
        }
    }

    /// The byte where the next token starts.
    fn next_token(&self, end: usize) -> usize {
        let rest = &self.source[end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if rest[blanks..].starts_with('\n') {
            end
        } else {
            end + blanks
        }
    }

    /// The operations that the context knows.
    pub(super) fn registry(&self) -> &DialectRegistry {
        self.ctx.registry()
    }

    /// A piece of the source.
    pub fn slice(&self, start: usize, end: usize) -> &'s str {
        &self.source[start..end]
    }

    /// Interns a bare name.
    pub fn str(&mut self, text: &str) -> Str {
        self.ctx.str(text)
    }

    /// Interns the text of a literal with quotes.
    pub fn string(&mut self, literal: &str) -> Str {
        let inner = &literal[1..literal.len() - 1];
        if inner.contains('\\') {
            self.ctx.str(&unescape(inner))
        } else {
            self.ctx.str(inner)
        }
    }

    /// Interns the name of `@name` or `@"name"`.
    pub fn symbol(&mut self, text: &str) -> Str {
        let name = &text[1..];
        if name.starts_with('"') {
            self.string(name)
        } else {
            self.ctx.str(name)
        }
    }
}
