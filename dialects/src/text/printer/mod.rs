//! Writes programs as MLIR's printer does: names of values, aliases of locations and their order, and the custom forms of
//! `module`, `func.func`, `call` and `return`.

mod aliases;
mod attributes;
mod names;
mod operations;
mod types;

use super::strings::{escape, is_bare_symbol};
use crate::ir::{Attr, Block, Context, Loc, Op, Str, Type};
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// Above this number of elements MLIR writes `dense` as hexadecimal.
const MOST_LISTED_ELEMENTS: usize = 100;

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrintOptions {
    /// Locations; names live there.
    pub locations: bool,
    /// The generic form of every operation.
    pub generic: bool,
    /// `dense` with more elements is written as `dense_resource<__elided__>`.
    pub elide_elements_above: Option<usize>,
    /// One more newline at the end, as TPU-MLIR's `tpuc-opt` writes.
    pub final_blank_line: bool,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self {
            locations: true,
            generic: false,
            elide_elements_above: None,
            final_blank_line: false,
        }
    }
}

/// An operation (a whole program as a rule) as text.
pub fn print(ctx: &Context, op: Op, options: &PrintOptions) -> String {
    let mut printer = Printer::new(ctx, *options);
    printer.name_values(op);
    if options.locations {
        printer.collect_aliases(op);
    }
    printer.write_aliases(false);
    printer.indent = 0;
    printer.operation(op, "builtin");
    printer.out.push('\n');
    printer.write_aliases(true);
    if options.final_blank_line {
        printer.out.push('\n');
    }
    printer.out
}

/// A type as text.
pub fn type_text(ctx: &Context, ty: Type) -> String {
    let mut printer = Printer::new(ctx, PrintOptions::default());
    printer.ty(ty);
    printer.out
}

/// An attribute as text.
pub fn attr_text(ctx: &Context, attr: Attr) -> String {
    let mut printer = Printer::new(ctx, PrintOptions::default());
    printer.attribute(attr, false);
    printer.out
}

/// A location as text, without `loc(...)`.
pub fn loc_text(ctx: &Context, loc: Loc) -> String {
    let mut printer = Printer::new(ctx, PrintOptions::default());
    printer.location(loc, true);
    printer.out
}

/// How a value is called: a base, and its place in a group of results that share one.
#[derive(Clone, Copy)]
struct Name {
    base: Base,
    index: Option<u32>,
}

#[derive(Clone, Copy)]
enum Base {
    None,
    Argument(u32),
    Number(u32),
    /// An index into the printer's texts.
    Text(u32),
}

/// Counters of a region; those inside continue them, siblings start at the same.
#[derive(Clone, Copy, Default)]
struct Counters {
    value: u32,
    argument: u32,
    conflict: u32,
    /// Which texts are taken: this region's, and those of the regions around it.
    scope: u32,
}

struct Alias {
    loc: Loc,
    depth: u32,
    /// May stand behind the program.
    deferred: bool,
}

const NO_ALIAS: u32 = u32::MAX;

struct Printer<'a> {
    ctx: &'a Context,
    options: PrintOptions,
    out: String,
    indent: usize,
    names: Vec<Name>,
    texts: Vec<String>,
    /// For each text the scopes that use it.
    taken: FxHashMap<String, Vec<u32>>,
    /// The parent of each scope; scope 0 is the outermost.
    scopes: Vec<u32>,
    /// Aliases in the order of their first visit, then of their numbers.
    aliases: Vec<Alias>,
    alias_of: Vec<u32>,
    types: Vec<Option<Box<str>>>,
}

impl<'a> Printer<'a> {
    fn new(ctx: &'a Context, options: PrintOptions) -> Self {
        Self {
            ctx,
            options,
            out: String::new(),
            indent: 0,
            names: Vec::new(),
            texts: Vec::new(),
            taken: FxHashMap::default(),
            scopes: Vec::new(),
            aliases: Vec::new(),
            alias_of: Vec::new(),
            types: Vec::new(),
        }
    }

    fn list<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            print(self, item);
        }
    }

    fn spaces(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', self.indent));
    }

    fn quoted(&mut self, text: Str) {
        self.out.push('"');
        escape(&mut self.out, self.ctx.text(text));
        self.out.push('"');
    }

    fn symbol(&mut self, name: &str) {
        if is_bare_symbol(name) {
            self.out.push_str(name);
        } else {
            self.out.push('"');
            escape(&mut self.out, name);
            self.out.push('"');
        }
    }

    fn decimal(&mut self, value: i128) {
        if value < 0 {
            self.out.push('-');
        }
        let Ok(mut rest) = u64::try_from(value.unsigned_abs()) else {
            let _ = write!(self.out, "{}", value.unsigned_abs());
            return;
        };
        let mut buffer = [b'0'; 20];
        let mut start = buffer.len();
        loop {
            start -= 1;
            buffer[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out
            .push_str(std::str::from_utf8(&buffer[start..]).unwrap_or_default());
    }
}

fn ops(ctx: &Context, block: Block) -> impl Iterator<Item = Op> + '_ {
    std::iter::successors(ctx.first_op(block), |op| ctx.next_op(*op))
}
