//! Writes programs as MLIR's printer does: names of values, aliases of locations and their order, and the custom forms of
//! `module`, `func.func`, `call` and `return`.

use super::float::{encode, float_bits, write_float};
use super::strings::{escape, is_bare_identifier, is_bare_symbol};
use crate::ir::{
    Arity, Attr, AttrKind, Block, Context, DYNAMIC, F64, FloatKind, Loc, LocKind, Op, QuantStorage, Region,
    Signedness, Str, Type, TypeKind, Value,
};
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

    // ------------------------------------------------------------------ names of values

    /// Values of a region are numbered before those of the regions inside it; sibling regions start at the same number.
    fn name_values(&mut self, root: Op) {
        let none = Name {
            base: Base::None,
            index: None,
        };
        self.names = vec![none; self.ctx.values.len()];
        self.scopes = vec![0];
        let mut counters = Counters::default();
        self.name_results(root, &mut counters);
        let mut waiting: Vec<(Region, Counters)> = Vec::new();
        let ctx = self.ctx;
        waiting.extend(ctx.op_regions(root).iter().map(|region| (*region, counters)));
        while let Some((region, mut counters)) = waiting.pop() {
            self.scopes.push(counters.scope);
            counters.scope = self.scopes.len() as u32 - 1;
            for (index, block) in ctx.region_blocks(region).iter().enumerate() {
                for value in ctx.block_arguments(*block) {
                    let counter = if index == 0 {
                        &mut counters.argument
                    } else {
                        &mut counters.value
                    };
                    let base = if index == 0 {
                        Base::Argument(*counter)
                    } else {
                        Base::Number(*counter)
                    };
                    *counter += 1;
                    self.names[value.index()] = Name { base, index: None };
                }
                for op in ops(ctx, *block) {
                    self.name_results(op, &mut counters);
                }
            }
            for block in ctx.region_blocks(region) {
                for op in ops(ctx, *block) {
                    waiting.extend(ctx.op_regions(op).iter().map(|inner| (*inner, counters)));
                }
            }
        }
    }

    /// Operations that declare several results have them called by their names, others by a number.
    fn name_results(&mut self, op: Op, counters: &mut Counters) {
        let results = self.ctx.results(op);
        if results.is_empty() {
            return;
        }
        match self.ctx.info(op) {
            Some(info) if info.results.len() > 1 && !self.options.generic => {
                let mut next = 0;
                for (position, spec) in info.results.iter().enumerate() {
                    let after = info.results.len() - position - 1;
                    let count = match spec.arity {
                        Arity::Variadic => (results.len() - next).saturating_sub(after),
                        _ => 1,
                    };
                    let group = &results[next..(next + count).min(results.len())];
                    if !group.is_empty() {
                        let base = self.unique_text(spec.name, counters);
                        self.name_group(group, base);
                    }
                    next += group.len();
                }
            }
            _ => {
                self.name_group(results, Base::Number(counters.value));
                counters.value += 1;
            }
        }
    }

    fn name_group(&mut self, group: &[Value], base: Base) {
        for (index, value) in group.iter().enumerate() {
            let index = (group.len() > 1).then_some(index as u32);
            self.names[value.index()] = Name { base, index };
        }
    }

    fn unique_text(&mut self, name: &str, counters: &mut Counters) -> Base {
        let mut text = name.to_owned();
        while self.is_taken(&text, counters.scope) {
            text = format!("{name}_{}", counters.conflict);
            counters.conflict += 1;
        }
        self.taken.entry(text.clone()).or_default().push(counters.scope);
        self.texts.push(text);
        Base::Text(self.texts.len() as u32 - 1)
    }

    fn is_taken(&self, text: &str, mut scope: u32) -> bool {
        let Some(scopes) = self.taken.get(text) else {
            return false;
        };
        loop {
            if scopes.contains(&scope) {
                return true;
            }
            if scope == 0 {
                return false;
            }
            scope = self.scopes[scope as usize];
        }
    }

    // ------------------------------------------------------------------ aliases

    /// Visits locations in the order in which printing meets them, operations before what is inside them.
    fn collect_aliases(&mut self, root: Op) {
        self.visit_operation(root);
        self.aliases.sort_by_key(|alias| alias.depth);
        for (index, alias) in self.aliases.iter().enumerate() {
            self.alias_of[alias.loc.index()] = index as u32;
        }
    }

    fn visit_operation(&mut self, op: Op) {
        let ctx = self.ctx;
        self.visit_location(ctx.op_loc(op), true);
        let custom = self.custom_form(op);
        if custom {
            self.visit_attributes(op);
        }
        for region in ctx.op_regions(op) {
            for block in ctx.region_blocks(*region) {
                for value in ctx.block_arguments(*block) {
                    if let Some(loc) = ctx.argument_loc(*value) {
                        self.visit_location(loc, false);
                    } else if let Some(unknown) = ctx.find_loc(&LocKind::Unknown) {
                        self.visit_location(unknown, false);
                    }
                }
                for inner in ops(ctx, *block) {
                    self.visit_operation(inner);
                }
            }
        }
        if !custom {
            self.visit_attributes(op);
        }
    }

    fn visit_attributes(&mut self, op: Op) {
        for (_, attr) in self.ctx.attrs(op) {
            self.visit_attribute(*attr);
        }
    }

    fn visit_attribute(&mut self, attr: Attr) {
        match self.ctx.attr_kind(attr) {
            AttrKind::Location(loc) => {
                self.visit_location(*loc, false);
            }
            AttrKind::Array(list) => list.iter().for_each(|item| self.visit_attribute(*item)),
            AttrKind::Dictionary(list) => list.iter().for_each(|(_, item)| self.visit_attribute(*item)),
            _ => {}
        }
    }

    /// Gives a location an alias and returns its depth: one more than the deepest of those that it is made of.
    fn visit_location(&mut self, loc: Loc, deferred: bool) -> u32 {
        let ctx = self.ctx;
        if self.alias_of.len() <= loc.index() {
            self.alias_of.resize(loc.index() + 1, NO_ALIAS);
        }
        let known = self.alias_of[loc.index()];
        if known != NO_ALIAS {
            if !deferred {
                self.must_stand_first(loc);
            }
            return self.aliases[known as usize].depth;
        }
        let index = self.aliases.len();
        self.alias_of[loc.index()] = index as u32;
        self.aliases.push(Alias {
            loc,
            depth: 1,
            deferred,
        });
        let deepest = match ctx.loc_kind(loc) {
            LocKind::Unknown | LocKind::FileLineCol { .. } | LocKind::Name { child: None, .. } => 0,
            LocKind::Name {
                child: Some(child), ..
            } => self.visit_location(*child, deferred),
            LocKind::Fused { parts, metadata } => {
                if let Some(metadata) = metadata {
                    self.visit_attribute(*metadata);
                }
                let depths = parts.iter().map(|part| self.visit_location(*part, deferred));
                depths.max().unwrap_or(0)
            }
            LocKind::CallSite { callee, caller } => {
                let callee = self.visit_location(*callee, deferred);
                callee.max(self.visit_location(*caller, deferred))
            }
        };
        self.aliases[index].depth = deepest + 1;
        deepest + 1
    }

    /// A location that is needed before the program ends, and all that it is made of.
    fn must_stand_first(&mut self, loc: Loc) {
        let index = self.alias_of[loc.index()] as usize;
        if !std::mem::replace(&mut self.aliases[index].deferred, false) {
            return;
        }
        let ctx = self.ctx;
        match ctx.loc_kind(loc) {
            LocKind::Name {
                child: Some(child), ..
            } => self.must_stand_first(*child),
            LocKind::Fused { parts, .. } => parts.iter().for_each(|part| self.must_stand_first(*part)),
            LocKind::CallSite { callee, caller } => {
                self.must_stand_first(*callee);
                self.must_stand_first(*caller);
            }
            _ => {}
        }
    }

    fn write_aliases(&mut self, deferred: bool) {
        for index in 0..self.aliases.len() {
            if self.aliases[index].deferred == deferred {
                self.alias_name(index as u32);
                self.out.push_str(" = loc(");
                self.location(self.aliases[index].loc, true);
                self.out.push_str(")\n");
            }
        }
    }

    fn alias_name(&mut self, index: u32) {
        self.out.push_str("#loc");
        if index > 0 {
            self.decimal(index.into());
        }
    }

    // ------------------------------------------------------------------ locations

    /// ` loc(...)` behind an operation.
    fn trailing_location(&mut self, loc: Loc) {
        if self.options.locations {
            self.out.push_str(" loc(");
            self.location(loc, false);
            self.out.push(')');
        }
    }

    /// ` loc(...)` behind a block argument: written out, as MLIR does.
    fn argument_location(&mut self, value: Value) {
        if self.options.locations {
            self.out.push_str(" loc(");
            match self.ctx.argument_loc(value) {
                Some(loc) => self.location(loc, true),
                None => self.out.push_str("unknown"),
            }
            self.out.push(')');
        }
    }

    fn location(&mut self, loc: Loc, written_out: bool) {
        let ctx = self.ctx;
        if !written_out
            && let Some(index) = self.alias_of.get(loc.index()).copied()
            && index != NO_ALIAS
        {
            self.alias_name(index);
            return;
        }
        match ctx.loc_kind(loc) {
            LocKind::Unknown => self.out.push_str("unknown"),
            LocKind::Name { name, child } => {
                self.quoted(*name);
                if let Some(child) = child {
                    self.out.push('(');
                    self.location(*child, false);
                    self.out.push(')');
                }
            }
            LocKind::FileLineCol { file, line, column } => {
                self.quoted(*file);
                self.out.push(':');
                self.decimal((*line).into());
                self.out.push(':');
                self.decimal((*column).into());
            }
            LocKind::Fused { parts, metadata } => {
                self.out.push_str("fused");
                if let Some(metadata) = metadata {
                    self.out.push('<');
                    self.attribute(*metadata, false);
                    self.out.push('>');
                }
                self.out.push('[');
                self.list(parts, |printer, part| printer.location(*part, false));
                self.out.push(']');
            }
            LocKind::CallSite { callee, caller } => {
                self.out.push_str("callsite(");
                self.location(*callee, false);
                self.out.push_str(" at ");
                self.location(*caller, false);
                self.out.push(')');
            }
        }
    }

    // ------------------------------------------------------------------ operations

    fn custom_form(&self, op: Op) -> bool {
        let ctx = self.ctx;
        let is_type = |name: &str| {
            ctx.get_attr(op, name)
                .is_some_and(|attr| matches!(ctx.attr_kind(attr), AttrKind::Type(_)))
        };
        let is_string = |name: &str| {
            ctx.get_attr(op, name)
                .is_some_and(|attr| matches!(ctx.attr_kind(attr), AttrKind::String(_)))
        };
        let one_region = || matches!(ctx.op_regions(op), [region] if ctx.region_blocks(*region).len() <= 1);
        let plain = |regions: usize| ctx.op_regions(op).len() == regions;
        !self.options.generic
            && match ctx.op_name(op) {
                "builtin.module" => {
                    ctx.operands(op).is_empty()
                        && ctx.results(op).is_empty()
                        && one_region()
                        && ctx
                            .body(op)
                            .is_none_or(|block| ctx.block_arguments(block).is_empty())
                        && (ctx.get_attr(op, "sym_name").is_none() || is_string("sym_name"))
                }
                "func.func" => {
                    ctx.operands(op).is_empty()
                        && ctx.results(op).is_empty()
                        && plain(1)
                        && is_type("function_type")
                        && is_string("sym_name")
                        && self.signature_fits(op)
                }
                "func.call" => {
                    plain(0)
                        && ctx
                            .get_attr(op, "callee")
                            .is_some_and(|attr| matches!(ctx.attr_kind(attr), AttrKind::SymbolRef(_)))
                }
                "func.return" => plain(0) && ctx.results(op).is_empty(),
                _ => false,
            }
    }

    /// Whether a function's type and its body's arguments agree, so that the custom form shows both.
    fn signature_fits(&self, op: Op) -> bool {
        let ctx = self.ctx;
        let Some(AttrKind::Type(ty)) = ctx.get_attr(op, "function_type").map(|attr| ctx.attr_kind(attr))
        else {
            return false;
        };
        let TypeKind::Function { inputs, .. } = ctx.type_kind(*ty) else {
            return false;
        };
        ctx.body(op).is_none_or(|block| {
            let arguments = ctx.block_arguments(block);
            arguments.len() == inputs.len()
                && arguments
                    .iter()
                    .zip(inputs)
                    .all(|(value, ty)| ctx.value_type(*value) == *ty)
        })
    }

    fn operation(&mut self, op: Op, default_dialect: &str) {
        let ctx = self.ctx;
        self.spaces();
        if !ctx.results(op).is_empty() {
            self.result_names(ctx.results(op));
            self.out.push_str(" = ");
        }
        if self.custom_form(op) {
            let name = ctx.op_name(op);
            let short = name
                .strip_prefix(default_dialect)
                .and_then(|rest| rest.strip_prefix('.'))
                .unwrap_or(name);
            self.out.push_str(short);
            match name {
                "builtin.module" => self.module(op),
                "func.func" => self.function(op),
                "func.call" => self.call(op),
                _ => self.return_values(op),
            }
        } else {
            self.generic(op);
        }
        self.trailing_location(ctx.op_loc(op));
    }

    fn generic(&mut self, op: Op) {
        let ctx = self.ctx;
        self.out.push('"');
        escape(&mut self.out, ctx.op_name(op));
        self.out.push_str("\"(");
        self.list(ctx.operands(op), |printer, value| printer.value(*value));
        self.out.push(')');
        if !ctx.op_regions(op).is_empty() {
            self.out.push_str(" (");
            self.list(ctx.op_regions(op), |printer, region| {
                printer.region(*region, true, true, "");
            });
            self.out.push(')');
        }
        self.attributes(ctx.attrs(op), &[], " ");
        self.out.push_str(" : ");
        self.signature(ctx.operands(op), ctx.results(op));
    }

    fn module(&mut self, op: Op) {
        let ctx = self.ctx;
        if let Some(name) = ctx.get_str(op, "sym_name") {
            self.out.push_str(" @");
            self.symbol(name);
        }
        self.attributes(ctx.attrs(op), &["sym_name"], " attributes ");
        self.out.push(' ');
        self.region(ctx.op_regions(op)[0], false, false, "builtin");
    }

    fn function(&mut self, op: Op) {
        let ctx = self.ctx;
        let visibility = ctx
            .get_attr(op, "sym_visibility")
            .and_then(|attr| match ctx.attr_kind(attr) {
                AttrKind::String(text) => Some(ctx.text(*text)),
                _ => None,
            });
        if let Some(visibility) = visibility {
            self.out.push(' ');
            self.out.push_str(visibility);
        }
        self.out.push_str(" @");
        self.symbol(ctx.get_str(op, "sym_name").unwrap_or_default());
        let Some(AttrKind::Type(ty)) = ctx.get_attr(op, "function_type").map(|attr| ctx.attr_kind(attr))
        else {
            return;
        };
        let TypeKind::Function { inputs, results } = ctx.type_kind(*ty) else {
            return;
        };
        let of_each = |name: &str| match ctx.get_attr(op, name).map(|attr| ctx.attr_kind(attr)) {
            Some(AttrKind::Array(list)) => list.clone(),
            _ => Vec::new(),
        };
        let (argument_attrs, result_attrs) = (of_each("arg_attrs"), of_each("res_attrs"));
        let body = ctx.body(op);
        self.out.push('(');
        for (index, input) in inputs.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            let argument = body.map(|block| ctx.block_arguments(block)[index]);
            if let Some(argument) = argument {
                self.value(argument);
                self.out.push_str(": ");
            }
            self.ty(*input);
            self.dictionary_of(argument_attrs.get(index));
            if let Some(argument) = argument {
                self.argument_location(argument);
            }
        }
        self.out.push(')');
        if !results.is_empty() {
            self.out.push_str(" -> ");
            let parentheses = results.len() > 1
                || matches!(ctx.type_kind(results[0]), TypeKind::Function { .. })
                || !result_attrs.is_empty();
            if parentheses {
                self.out.push('(');
            }
            for (index, result) in results.iter().enumerate() {
                if index > 0 {
                    self.out.push_str(", ");
                }
                self.ty(*result);
                self.dictionary_of(result_attrs.get(index));
            }
            if parentheses {
                self.out.push(')');
            }
        }
        let shown = [
            "sym_name",
            "function_type",
            "sym_visibility",
            "arg_attrs",
            "res_attrs",
        ];
        self.attributes(ctx.attrs(op), &shown, " attributes ");
        let region = ctx.op_regions(op)[0];
        if !ctx.region_blocks(region).is_empty() {
            self.out.push(' ');
            self.region(region, false, false, "func");
        }
    }

    fn dictionary_of(&mut self, attr: Option<&Attr>) {
        if let Some(AttrKind::Dictionary(list)) = attr.map(|attr| self.ctx.attr_kind(*attr)) {
            self.attributes(list, &[], " ");
        }
    }

    fn call(&mut self, op: Op) {
        let ctx = self.ctx;
        self.out.push(' ');
        if let Some(callee) = ctx.get_attr(op, "callee") {
            self.attribute(callee, false);
        }
        self.out.push('(');
        self.list(ctx.operands(op), |printer, value| printer.value(*value));
        self.out.push(')');
        self.attributes(ctx.attrs(op), &["callee"], " ");
        self.out.push_str(" : ");
        self.signature(ctx.operands(op), ctx.results(op));
    }

    fn return_values(&mut self, op: Op) {
        let ctx = self.ctx;
        self.attributes(ctx.attrs(op), &[], " ");
        if !ctx.operands(op).is_empty() {
            self.out.push(' ');
            self.list(ctx.operands(op), |printer, value| printer.value(*value));
            self.out.push_str(" : ");
            self.list(ctx.operands(op), |printer, value| {
                printer.ty(printer.ctx.value_type(*value));
            });
        }
    }

    fn signature(&mut self, operands: &[Value], results: &[Value]) {
        self.out.push('(');
        self.list(operands, |printer, value| {
            printer.ty(printer.ctx.value_type(*value))
        });
        self.out.push_str(") -> ");
        if let [result] = results {
            let ty = self.ctx.value_type(*result);
            if !matches!(self.ctx.type_kind(ty), TypeKind::Function { .. }) {
                self.ty(ty);
                return;
            }
        }
        self.out.push('(');
        self.list(results, |printer, value| {
            printer.ty(printer.ctx.value_type(*value))
        });
        self.out.push(')');
    }

    fn region(&mut self, region: Region, entry_arguments: bool, empty_header: bool, default_dialect: &str) {
        let ctx = self.ctx;
        self.out.push_str("{\n");
        for (index, block) in ctx.region_blocks(region).iter().enumerate() {
            let header = index > 0
                || (entry_arguments && !ctx.block_arguments(*block).is_empty())
                || (empty_header && ctx.first_op(*block).is_none());
            self.block(*block, index, header, default_dialect);
        }
        self.spaces();
        self.out.push('}');
    }

    fn block(&mut self, block: Block, index: usize, header: bool, default_dialect: &str) {
        let ctx = self.ctx;
        if header {
            self.spaces();
            let _ = write!(self.out, "^bb{index}");
            if !ctx.block_arguments(block).is_empty() {
                self.out.push('(');
                self.list(ctx.block_arguments(block), |printer, value| {
                    printer.value(*value);
                    printer.out.push_str(": ");
                    printer.ty(printer.ctx.value_type(*value));
                    printer.argument_location(*value);
                });
                self.out.push(')');
            }
            self.out.push(':');
            if index > 0 {
                self.out.push_str("  // no predecessors");
            }
            self.out.push('\n');
        }
        self.indent += 2;
        for op in ops(ctx, block) {
            self.operation(op, default_dialect);
            self.out.push('\n');
        }
        self.indent -= 2;
    }

    /// `%0`, `%0:2`, `%indices, %values`
    fn result_names(&mut self, results: &[Value]) {
        let mut rest = results;
        while let Some(first) = rest.first() {
            // A group goes on as long as the indices do.
            let count = match self.names[first.index()].index {
                None => 1,
                Some(_) => {
                    let ends = |value: &Value| matches!(self.names[value.index()].index, None | Some(0));
                    1 + rest[1..].iter().position(ends).unwrap_or(rest.len() - 1)
                }
            };
            if rest.len() < results.len() {
                self.out.push_str(", ");
            }
            self.base(self.names[first.index()].base);
            if count > 1 {
                self.out.push(':');
                self.decimal(count as i128);
            }
            rest = &rest[count..];
        }
    }

    fn value(&mut self, value: Value) {
        let Some(name) = self.names.get(value.index()).copied() else {
            self.base(Base::None);
            return;
        };
        self.base(name.base);
        if let Some(index) = name.index {
            self.out.push('#');
            self.decimal(index.into());
        }
    }

    fn base(&mut self, base: Base) {
        match base {
            Base::Number(number) => {
                self.out.push('%');
                self.decimal(number.into());
            }
            Base::Argument(number) => {
                self.out.push_str("%arg");
                self.decimal(number.into());
            }
            Base::Text(index) => {
                self.out.push('%');
                self.out.push_str(&self.texts[index as usize]);
            }
            Base::None => self.out.push_str("<<UNKNOWN SSA VALUE>>"),
        }
    }

    // ------------------------------------------------------------------ attributes

    /// `{...}` after `before`, without the attributes that are shown elsewhere; nothing if none is left.
    fn attributes(&mut self, attrs: &[(Str, Attr)], shown: &[&str], before: &str) {
        let ctx = self.ctx;
        let mut first = true;
        for (name, attr) in attrs {
            let name = ctx.text(*name);
            if shown.contains(&name) {
                continue;
            }
            self.out.push_str(if first { before } else { ", " });
            if first {
                self.out.push('{');
            }
            first = false;
            self.named_attribute(name, *attr);
        }
        if !first {
            self.out.push('}');
        }
    }

    fn named_attribute(&mut self, name: &str, attr: Attr) {
        if is_bare_identifier(name) {
            self.out.push_str(name);
        } else {
            self.out.push('"');
            escape(&mut self.out, name);
            self.out.push('"');
        }
        if !matches!(self.ctx.attr_kind(attr), AttrKind::Unit) {
            self.out.push_str(" = ");
            self.attribute(attr, false);
        }
    }

    /// In lists the types `i64` and `f64` may be left out.
    fn attribute(&mut self, attr: Attr, in_list: bool) {
        let ctx = self.ctx;
        match ctx.attr_kind(attr) {
            AttrKind::Unit => self.out.push_str("unit"),
            AttrKind::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            AttrKind::Integer { value, ty } => {
                self.decimal(*value);
                let default = TypeKind::Integer {
                    width: 64,
                    signedness: Signedness::Signless,
                };
                if !(in_list && *ctx.type_kind(*ty) == default) {
                    self.out.push_str(" : ");
                    self.ty(*ty);
                }
            }
            AttrKind::Float { value, ty } => {
                let as_bits = self.float(*value, *ty);
                if as_bits || !(in_list && *ctx.type_kind(*ty) == TypeKind::Float(FloatKind::F64)) {
                    self.out.push_str(" : ");
                    self.ty(*ty);
                }
            }
            AttrKind::String(text) => self.quoted(*text),
            AttrKind::Array(list) => {
                self.out.push('[');
                self.list(list, |printer, item| printer.attribute(*item, true));
                self.out.push(']');
            }
            AttrKind::DenseArray { element, values } => {
                self.out.push_str("array<");
                self.ty(*element);
                if !values.is_empty() {
                    self.out.push_str(": ");
                    self.list(values, |printer, item| printer.scalar(*item));
                }
                self.out.push('>');
            }
            AttrKind::DenseElements { ty, values } => self.dense_elements(*ty, values),
            AttrKind::Dictionary(list) => {
                self.out.push('{');
                self.list(list, |printer, (name, item)| {
                    printer.named_attribute(printer.ctx.text(*name), *item);
                });
                self.out.push('}');
            }
            AttrKind::SymbolRef(path) => {
                for (index, name) in path.iter().enumerate() {
                    self.out.push_str(if index > 0 { "::@" } else { "@" });
                    self.symbol(ctx.text(*name));
                }
            }
            AttrKind::Type(ty) => self.ty(*ty),
            AttrKind::Location(loc) => {
                if let Some(index) = self.alias_of.get(loc.index()).copied()
                    && index != NO_ALIAS
                {
                    self.alias_name(index);
                } else {
                    self.out.push_str("loc(");
                    self.location(*loc, true);
                    self.out.push(')');
                }
            }
            AttrKind::Enum { dialect, name, case } => {
                let (dialect, name, case) = (ctx.text(*dialect), ctx.text(*name), ctx.text(*case));
                let _ = write!(self.out, "#{dialect}<{name} {case}>");
            }
            AttrKind::Struct {
                dialect,
                name,
                fields,
            } => {
                let (dialect, name) = (ctx.text(*dialect), ctx.text(*name));
                let _ = write!(self.out, "#{dialect}.{name}<");
                self.list(fields, |printer, (name, item)| {
                    printer.out.push_str(printer.ctx.text(*name));
                    printer.out.push_str(" = ");
                    printer.field(*item);
                });
                self.out.push('>');
            }
            AttrKind::Opaque { text } => {
                self.out.push('#');
                self.out.push_str(ctx.text(*text));
            }
        }
    }

    /// A parameter of a structured attribute: integers without type.
    fn field(&mut self, attr: Attr) {
        match self.ctx.attr_kind(attr) {
            AttrKind::Array(list) | AttrKind::DenseArray { values: list, .. } => {
                self.out.push('[');
                self.list(list, |printer, item| printer.field(*item));
                self.out.push(']');
            }
            _ => self.scalar(attr),
        }
    }

    /// A number without its type.
    fn scalar(&mut self, attr: Attr) {
        match self.ctx.attr_kind(attr) {
            AttrKind::Integer { value, .. } => self.decimal(*value),
            AttrKind::Float { value, ty } => {
                self.float(*value, *ty);
            }
            _ => self.attribute(attr, true),
        }
    }

    fn dense_elements(&mut self, ty: Type, values: &[Attr]) {
        let ctx = self.ctx;
        let shape = ctx.type_shape(ty).unwrap_or_default();
        if self
            .options
            .elide_elements_above
            .is_some_and(|most| values.len() > most)
        {
            self.out.push_str("dense_resource<__elided__> : ");
            self.ty(ty);
            return;
        }
        self.out.push_str("dense<");
        let bits = ctx
            .element_type(ty)
            .map_or(0, |element| match ctx.type_kind(element) {
                TypeKind::Float(kind) => float_bits(*kind),
                TypeKind::Integer { width, .. } if width.is_multiple_of(8) && *width <= 64 => *width,
                TypeKind::Index => 64,
                _ => 0,
            });
        if values.len() > MOST_LISTED_ELEMENTS && bits > 0 {
            self.out.push_str("\"0x");
            for value in values {
                let word = match ctx.attr_kind(*value) {
                    AttrKind::Integer { value, .. } => *value as u64,
                    AttrKind::Float { value, ty } => match ctx.type_kind(*ty) {
                        TypeKind::Float(kind) => encode(*kind, value.get()),
                        _ => 0,
                    },
                    _ => 0,
                };
                for byte in &word.to_le_bytes()[..bits as usize / 8] {
                    let _ = write!(self.out, "{byte:02X}");
                }
            }
            self.out.push('"');
        } else if values.len() == 1 {
            self.scalar(values[0]);
        } else if !values.is_empty() {
            self.nested_list(shape, values);
        }
        self.out.push_str("> : ");
        self.ty(ty);
    }

    fn nested_list(&mut self, shape: &[i64], values: &[Attr]) {
        let Some((first, rest)) = shape.split_first() else {
            values.iter().for_each(|value| self.scalar(*value));
            return;
        };
        let step = values.len() / (*first).max(1) as usize;
        self.out.push('[');
        for index in 0..*first as usize {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.nested_list(rest, &values[index * step..(index + 1) * step]);
        }
        self.out.push(']');
    }

    /// Returns whether the number was written as bits.
    fn float(&mut self, value: F64, ty: Type) -> bool {
        let kind = match self.ctx.type_kind(ty) {
            TypeKind::Float(kind) => *kind,
            _ => FloatKind::F64,
        };
        write_float(&mut self.out, value.get(), kind)
    }

    // ------------------------------------------------------------------ types

    fn ty(&mut self, ty: Type) {
        if self.types.len() <= ty.index() {
            self.types.resize(ty.index() + 1, None);
        }
        if let Some(text) = &self.types[ty.index()] {
            self.out.push_str(text);
            return;
        }
        let start = self.out.len();
        self.type_kind(self.ctx.type_kind(ty));
        self.types[ty.index()] = Some(self.out[start..].into());
    }

    fn type_kind(&mut self, kind: &TypeKind) {
        let ctx = self.ctx;
        match kind {
            TypeKind::None => self.out.push_str("none"),
            TypeKind::Index => self.out.push_str("index"),
            TypeKind::Integer { width, signedness } => {
                self.out.push_str(match signedness {
                    Signedness::Signless => "i",
                    Signedness::Signed => "si",
                    Signedness::Unsigned => "ui",
                });
                self.decimal((*width).into());
            }
            TypeKind::Float(kind) => self.out.push_str(match kind {
                FloatKind::F16 => "f16",
                FloatKind::BF16 => "bf16",
                FloatKind::F32 => "f32",
                FloatKind::F64 => "f64",
                FloatKind::F8E4M3FN => "f8E4M3FN",
                FloatKind::F8E5M2 => "f8E5M2",
            }),
            TypeKind::Tensor {
                shape,
                element,
                encoding,
            } => {
                self.out.push_str("tensor<");
                for dim in shape {
                    if *dim == DYNAMIC {
                        self.out.push('?');
                    } else {
                        self.decimal((*dim).into());
                    }
                    self.out.push('x');
                }
                self.ty(*element);
                if let Some(encoding) = encoding {
                    self.out.push_str(", ");
                    self.attribute(*encoding, false);
                }
                self.out.push('>');
            }
            TypeKind::UnrankedTensor { element } => {
                self.out.push_str("tensor<*x");
                self.ty(*element);
                self.out.push('>');
            }
            TypeKind::Function { inputs, results } => {
                self.out.push('(');
                self.list(inputs, |printer, ty| printer.ty(*ty));
                self.out.push_str(") -> ");
                match &results[..] {
                    [result] if !matches!(ctx.type_kind(*result), TypeKind::Function { .. }) => {
                        self.ty(*result)
                    }
                    results => {
                        self.out.push('(');
                        self.list(results, |printer, ty| printer.ty(*ty));
                        self.out.push(')');
                    }
                }
            }
            TypeKind::Calibrated { expressed, min, max } => {
                self.out.push_str("!quant.calibrated<");
                self.ty(*expressed);
                self.out.push('<');
                write_float(&mut self.out, min.get(), FloatKind::F64);
                self.out.push(':');
                write_float(&mut self.out, max.get(), FloatKind::F64);
                self.out.push_str(">>");
            }
            TypeKind::Uniform {
                storage,
                scale,
                zero_point,
            } => {
                self.storage(storage);
                self.out.push_str(", ");
                self.quant_parameters(*scale, *zero_point);
                self.out.push('>');
            }
            TypeKind::UniformPerAxis {
                storage,
                axis,
                scales,
                zero_points,
            } => {
                self.storage(storage);
                let _ = write!(self.out, ":{axis}, {{");
                for (index, (scale, zero_point)) in scales.iter().zip(zero_points).enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.quant_parameters(*scale, *zero_point);
                }
                self.out.push_str("}>");
            }
            TypeKind::Opaque { text } => {
                self.out.push('!');
                self.out.push_str(ctx.text(*text));
            }
        }
    }

    /// `!quant.uniform<i8<-127:127>:f32`
    fn storage(&mut self, storage: &QuantStorage) {
        self.out.push_str("!quant.uniform<");
        self.out.push(if storage.signed { 'i' } else { 'u' });
        self.decimal(storage.bits.into());
        if (storage.min, storage.max) != QuantStorage::range(storage.signed, storage.bits) {
            let _ = write!(self.out, "<{}:{}>", storage.min, storage.max);
        }
        self.out.push(':');
        self.ty(storage.expressed);
    }

    fn quant_parameters(&mut self, scale: F64, zero_point: i64) {
        write_float(&mut self.out, scale.get(), FloatKind::F64);
        if zero_point != 0 {
            self.out.push(':');
            self.decimal(zero_point.into());
        }
    }

    // ------------------------------------------------------------------ pieces

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
