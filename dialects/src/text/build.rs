//! What the grammar's actions do: build the IR while the text is read, with names of values, aliases and errors.
//!
//! Errors in meaning (an undeclared name, a wrong number of types) are collected and reading goes on.

use super::FileId;
use super::source_map::SourceMap;
use crate::ir::{
    Attr, AttrKind, Block, Context, Diagnostic, Loc, LocKind, Op, Region, Span, Str, Trait, Type, TypeKind,
    Value,
};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

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

/// Types of an operation.
pub struct Signature {
    /// Operand types.
    pub inputs: Vec<Type>,
    /// Result types.
    pub results: Vec<Type>,
}

/// `%name:count` before the `=`.
#[derive(Clone, Copy)]
pub struct ResultName<'s> {
    name: &'s str,
    count: u32,
    span: Span,
}

/// A value as an operand.
#[derive(Clone, Copy)]
pub struct UsedValue<'s> {
    name: &'s str,
    number: u32,
    span: Span,
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
    attrs: Vec<(Str, Attr)>,
    regions: Vec<Region>,
}

/// A value under its name.
struct Named {
    values: SmallVec<[Value; 1]>,
    /// Where it was defined, or first used while it is still undefined.
    span: Span,
    /// One detached placeholder for each result number that was used before the definition.
    forward: SmallVec<[(u32, Value, Span); 1]>,
}

/// Names that are visible in a region, and those outside of it unless its operation is isolated.
struct Scope<'s> {
    isolated: bool,
    /// Names to forget at the end, with what they shadowed never (redefinition is an error).
    defined: Vec<&'s str>,
    region: Region,
    block: Option<Block>,
    blocks: FxHashMap<&'s str, Span>,
    start: usize,
}

struct AliasDefinition<T> {
    value: T,
    depth: u32,
}

/// Deepest nesting of brackets, regions and aliases that is read; everything behind the parser recurses at most this far.
pub const MOST_NESTING: u32 = 200;

/// The state of the parser's actions.
pub struct Builder<'c, 's> {
    pub(super) ctx: &'c mut Context,
    sources: &'s SourceMap,
    file: FileId,
    source: &'s str,
    file_name: Str,
    pub(super) errors: Vec<Diagnostic>,
    /// Names, one map for each isolated scope.
    names: Vec<FxHashMap<&'s str, Named>>,
    scopes: Vec<Scope<'s>>,
    /// Operations that were begun: name and whether their regions are isolated.
    begun: Vec<Str>,
    pending_arguments: Option<Vec<BlockArgument<'s>>>,
    attribute_aliases: FxHashMap<&'s str, AliasDefinition<Attr>>,
    type_aliases: FxHashMap<&'s str, AliasDefinition<Type>>,
    alias_depth: u32,
    /// Operations outside of every region.
    top: Vec<Op>,
    unknown: Loc,
}

impl<'c, 's> Builder<'c, 's> {
    pub(super) fn new(ctx: &'c mut Context, sources: &'s SourceMap, file: FileId) -> Self {
        let unknown = ctx.loc_unknown();
        let source = sources.file(file);
        let file_name = ctx.str(&source.name);
        Self {
            ctx,
            sources,
            file,
            source: &source.text,
            file_name,
            errors: Vec::new(),
            names: vec![FxHashMap::default()],
            scopes: Vec::new(),
            begun: Vec::new(),
            pending_arguments: None,
            attribute_aliases: FxHashMap::default(),
            type_aliases: FxHashMap::default(),
            alias_depth: 0,
            top: Vec::new(),
            unknown,
        }
    }

    /// The operations at the top of the file.
    pub(super) fn finish(mut self) -> (Vec<Op>, Vec<Diagnostic>) {
        let outermost = self.names.pop().expect("the outermost scope");
        self.report_undeclared(outermost);
        (self.top, self.errors)
    }

    // ------------------------------------------------------------------ errors and places

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span {
            file: self.file.0,
            start: start as u32,
            end: end as u32,
        }
    }

    /// Adds an error.
    pub fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        let span = self.span(start, end);
        self.errors.push(Diagnostic::error(message).at(Some(span)));
    }

    /// A piece of the source.
    pub fn slice(&self, start: usize, end: usize) -> &'s str {
        &self.source[start..end]
    }

    // ------------------------------------------------------------------ operations

    /// An operation of this name begins; its regions come before its end.
    pub fn begin(&mut self, name: &str) {
        let name = self.ctx.str(name);
        self.begun.push(name);
    }

    /// An operation in generic form begins.
    pub fn begin_generic(&mut self, name: &'s str, start: usize, end: usize) -> Str {
        let name = self.string(name);
        if self.ctx.text(name).is_empty() {
            self.error(start, end, "empty operation name is invalid");
        }
        self.begun.push(name);
        name
    }

    /// `%name:count`
    pub fn result_name(
        &mut self,
        name: &'s str,
        count: Option<&'s str>,
        start: usize,
        end: usize,
    ) -> ResultName<'s> {
        let span = self.span(start, end);
        if name.contains('#') {
            self.error(start, end, "expected SSA value name without a result number");
        }
        let count = match count.map(str::parse::<u32>) {
            None => 1,
            Some(Ok(count)) if count > 0 => count,
            Some(_) => {
                self.error(start, end, "expected named operation to have at least 1 result");
                1
            }
        };
        ResultName { name, count, span }
    }

    /// `%name#number`
    pub fn used_value(&mut self, text: &'s str, start: usize, end: usize) -> UsedValue<'s> {
        let (name, number) = text.split_once('#').unwrap_or((text, "0"));
        let number = number.parse().unwrap_or_else(|_| {
            self.error(start, end, "invalid SSA value result number");
            0
        });
        let span = self.span(start, end);
        UsedValue { name, number, span }
    }

    /// The generic form.
    pub fn generic(
        &mut self,
        _name: Str,
        operands: Vec<UsedValue<'s>>,
        properties: Option<Vec<(Str, Attr)>>,
        regions: Option<Vec<Region>>,
        attrs: Option<Vec<(Str, Attr)>>,
        signature: Signature,
    ) -> Box<Operation<'s>> {
        let mut attrs = attrs.unwrap_or_default();
        attrs.extend(properties.unwrap_or_default());
        Box::new(Operation {
            operands,
            inputs: signature.inputs,
            results: signature.results,
            attrs,
            regions: regions.unwrap_or_default(),
        })
    }

    /// `module @name attributes {...} {...}`
    pub fn module(
        &mut self,
        name: Option<&'s str>,
        attrs: Option<Vec<(Str, Attr)>>,
        region: Region,
    ) -> Box<Operation<'s>> {
        let mut attrs = attrs.unwrap_or_default();
        if let Some(name) = name {
            let text = self.symbol(name);
            attrs.push((self.ctx.str("sym_name"), self.ctx.attr(AttrKind::String(text))));
        }
        if self.ctx.region_blocks(region).is_empty() {
            self.ctx.rewriter().create_block(region);
        }
        Box::new(Operation {
            operands: Vec::new(),
            inputs: Vec::new(),
            results: Vec::new(),
            attrs,
            regions: vec![region],
        })
    }

    /// The arguments of a function wait for its body.
    pub fn function_arguments(
        &mut self,
        arguments: Vec<(BlockArgument<'s>, Option<Vec<(Str, Attr)>>)>,
    ) -> Vec<(Type, Option<Vec<(Str, Attr)>>)> {
        let (arguments, types) = arguments
            .into_iter()
            .map(|(argument, attrs)| {
                let ty = argument.ty;
                (argument, (ty, attrs))
            })
            .unzip();
        self.pending_arguments = Some(arguments);
        types
    }

    /// `func.func @name(...) -> ... {...}`
    pub fn function(
        &mut self,
        visibility: Option<&'static str>,
        name: &'s str,
        arguments: Vec<(Type, Option<Vec<(Str, Attr)>>)>,
        results: Vec<(Type, Option<Vec<(Str, Attr)>>)>,
        attrs: Option<Vec<(Str, Attr)>>,
        region: Option<Region>,
    ) -> Box<Operation<'s>> {
        self.pending_arguments = None;
        let mut attrs = attrs.unwrap_or_default();
        let (inputs, argument_attrs): (Vec<_>, Vec<_>) = arguments.into_iter().unzip();
        let (outputs, result_attrs): (Vec<_>, Vec<_>) = results.into_iter().unzip();
        let text = self.symbol(name);
        let ty = self.ctx.function_type(&inputs, &outputs);
        attrs.push((self.ctx.str("sym_name"), self.ctx.attr(AttrKind::String(text))));
        attrs.push((self.ctx.str("function_type"), self.ctx.attr(AttrKind::Type(ty))));
        if let Some(visibility) = visibility
            && visibility != "public"
        {
            attrs.push((self.ctx.str("sym_visibility"), self.ctx.string_attr(visibility)));
        }
        for (key, lists) in [("arg_attrs", argument_attrs), ("res_attrs", result_attrs)] {
            if lists.iter().any(Option::is_some) {
                let lists = lists
                    .into_iter()
                    .map(|list| self.ctx.attr(AttrKind::Dictionary(list.unwrap_or_default())))
                    .collect();
                attrs.push((self.ctx.str(key), self.ctx.attr(AttrKind::Array(lists))));
            }
        }
        let region = region.unwrap_or_else(|| self.ctx.rewriter().create_region());
        Box::new(Operation {
            operands: Vec::new(),
            inputs: Vec::new(),
            results: Vec::new(),
            attrs,
            regions: vec![region],
        })
    }

    /// `call @f(...) : ...`
    pub fn call(
        &mut self,
        callee: Attr,
        operands: Vec<UsedValue<'s>>,
        attrs: Option<Vec<(Str, Attr)>>,
        signature: Signature,
    ) -> Box<Operation<'s>> {
        let mut attrs = attrs.unwrap_or_default();
        attrs.push((self.ctx.str("callee"), callee));
        Box::new(Operation {
            operands,
            inputs: signature.inputs,
            results: signature.results,
            attrs,
            regions: Vec::new(),
        })
    }

    /// `return ... : ...`
    pub fn return_values(
        &mut self,
        attrs: Option<Vec<(Str, Attr)>>,
        operands: Vec<UsedValue<'s>>,
        inputs: Vec<Type>,
    ) -> Box<Operation<'s>> {
        Box::new(Operation {
            operands,
            inputs,
            results: Vec::new(),
            attrs: attrs.unwrap_or_default(),
            regions: Vec::new(),
        })
    }

    /// The operation is complete: it is made and its results get their names. `start` is the first byte, `at` the first
    /// of the name.
    pub fn finish_operation(
        &mut self,
        start: usize,
        at: usize,
        end: usize,
        results: Vec<ResultName<'s>>,
        op: Box<Operation<'s>>,
        loc: Option<Loc>,
    ) {
        let op = *op;
        let name = self.begun.pop().expect("every operation was begun");
        if op.operands.len() != op.inputs.len() {
            self.error(
                at,
                end,
                format!(
                    "expected {} operand types but had {}",
                    op.operands.len(),
                    op.inputs.len()
                ),
            );
        }
        let mut operands: SmallVec<[Value; 8]> = SmallVec::new();
        if op.operands.len() == op.inputs.len() {
            for (used, ty) in op.operands.iter().zip(&op.inputs) {
                operands.push(self.resolve(*used, *ty));
            }
        }
        let loc = loc.unwrap_or_else(|| {
            let (line, column) = self.sources.file(self.file).line_column(at as u32);
            let file = self.file_name;
            self.ctx.loc(LocKind::FileLineCol { file, line, column })
        });
        // The place that messages point at: from the name to the end of its line at most.
        let line_end = self.source[at..end].find('\n').map_or(end, |index| at + index);
        let span = self.span(at, line_end);
        let block = self.current_block();
        let mut rewriter = match block {
            Some(block) => self.ctx.rewriter_at_end(block),
            None => self.ctx.rewriter(),
        };
        let mut builder = rewriter
            .build_str(name)
            .verbatim()
            .operands(&operands)
            .results(&op.results)
            .attr_list(op.attrs)
            .loc(loc)
            .span(Some(span));
        for region in op.regions {
            builder = builder.region(region);
        }
        let made = builder.finish();
        if block.is_none() {
            self.top.push(made);
        }
        self.define_results(start, at, made, &results, op.results.len());
    }

    fn define_results(&mut self, start: usize, at: usize, op: Op, names: &[ResultName<'s>], count: usize) {
        if names.is_empty() {
            return;
        }
        let named: usize = names.iter().map(|result| result.count as usize).sum();
        if count == 0 {
            self.error(start, at, "cannot name an operation with no results");
            return;
        }
        if named != count {
            self.error(
                start,
                at,
                format!("operation defines {count} results but was provided {named} to bind"),
            );
            return;
        }
        let values: SmallVec<[Value; 4]> = self.ctx.results(op).into();
        let mut next = 0;
        for result in names {
            let end = next + result.count as usize;
            self.define(result.name, &values[next..end], result.span);
            next = end;
        }
    }

    fn current_block(&mut self) -> Option<Block> {
        let scope = self.scopes.last_mut()?;
        if scope.block.is_none() {
            scope.block = Some(self.ctx.rewriter().create_block(scope.region));
        }
        scope.block
    }

    // ------------------------------------------------------------------ values

    fn names(&mut self) -> &mut FxHashMap<&'s str, Named> {
        self.names.last_mut().expect("the outermost scope")
    }

    /// Gives values a name and resolves the uses that came before.
    fn define(&mut self, name: &'s str, values: &[Value], span: Span) {
        let mut forward = SmallVec::new();
        if let Some(known) = self.names().get_mut(name) {
            if !known.values.is_empty() {
                let previous = known.span;
                self.errors.push(
                    Diagnostic::error(format!("redefinition of SSA value '{name}'"))
                        .at(Some(span))
                        .note("previously defined here", Some(previous)),
                );
                return;
            }
            forward = std::mem::take(&mut known.forward);
        }
        for (number, placeholder, used) in forward {
            match values.get(number as usize) {
                Some(value) if self.ctx.value_type(*value) == self.ctx.value_type(placeholder) => {
                    let mut rewriter = self.ctx.rewriter();
                    rewriter.replace_all_uses(placeholder, *value);
                    let op = rewriter.defining_op(placeholder).expect("a placeholder");
                    rewriter.erase_op(op);
                }
                Some(value) => {
                    let (defined, wanted) = (self.ctx.value_type(*value), self.ctx.value_type(placeholder));
                    self.type_mismatch(name, used, wanted, defined, span);
                }
                None => self.errors.push(
                    Diagnostic::error("reference to invalid result number")
                        .at(Some(used))
                        .note("defined here", Some(span)),
                ),
            }
        }
        self.names().insert(
            name,
            Named {
                values: values.into(),
                span,
                forward: SmallVec::new(),
            },
        );
        if let Some(scope) = self.scopes.last_mut() {
            scope.defined.push(name);
        }
    }

    fn type_mismatch(&mut self, name: &str, used: Span, wanted: Type, found: Type, definition: Span) {
        let (wanted, found) = (
            super::printer::type_text(self.ctx, wanted),
            super::printer::type_text(self.ctx, found),
        );
        self.errors.push(
            Diagnostic::error(format!(
                "use of value '{name}' expects different type than prior uses: '{wanted}' vs '{found}'"
            ))
            .at(Some(used))
            .note("prior use here", Some(definition)),
        );
    }

    /// The value of this name and type; a placeholder while it is not defined.
    fn resolve(&mut self, used: UsedValue<'s>, ty: Type) -> Value {
        if let Some(known) = self.names().get(used.name) {
            if !known.values.is_empty() {
                let span = known.span;
                let Some(value) = known.values.get(used.number as usize).copied() else {
                    self.errors.push(
                        Diagnostic::error("reference to invalid result number")
                            .at(Some(used.span))
                            .note("defined here", Some(span)),
                    );
                    return self.placeholder(ty, used.span);
                };
                let found = self.ctx.value_type(value);
                if found != ty {
                    self.type_mismatch(used.name, used.span, ty, found, span);
                }
                return value;
            }
            if let Some((_, value, span)) = known
                .forward
                .iter()
                .copied()
                .find(|(number, ..)| *number == used.number)
            {
                let found = self.ctx.value_type(value);
                if found != ty {
                    self.type_mismatch(used.name, used.span, ty, found, span);
                }
                return value;
            }
        }
        let value = self.placeholder(ty, used.span);
        self.names()
            .entry(used.name)
            .or_insert_with(|| Named {
                values: SmallVec::new(),
                span: used.span,
                forward: SmallVec::new(),
            })
            .forward
            .push((used.number, value, used.span));
        value
    }

    fn placeholder(&mut self, ty: Type, span: Span) -> Value {
        let op = self
            .ctx
            .rewriter()
            .build("builtin.unrealized_conversion_cast")
            .result(ty)
            .span(Some(span))
            .finish();
        self.ctx.result(op)
    }

    fn report_undeclared(&mut self, names: FxHashMap<&'s str, Named>) {
        let mut undeclared: Vec<Span> = names
            .values()
            .flat_map(|named| named.forward.iter().map(|(_, _, span)| *span))
            .collect();
        undeclared.sort_by_key(|span| span.start);
        for span in undeclared {
            self.errors
                .push(Diagnostic::error("use of undeclared SSA value name").at(Some(span)));
        }
    }

    // ------------------------------------------------------------------ regions

    /// `{`
    pub fn begin_region(&mut self, start: usize) {
        let region = self.ctx.rewriter().create_region();
        let isolated = self
            .begun
            .last()
            .and_then(|name| self.ctx.info_of_str(*name))
            .is_some_and(|info| info.has(Trait::IsolatedFromAbove));
        if isolated {
            self.names.push(FxHashMap::default());
        }
        self.scopes.push(Scope {
            isolated,
            defined: Vec::new(),
            region,
            block: None,
            blocks: FxHashMap::default(),
            start,
        });
        if let Some(arguments) = self.pending_arguments.take() {
            let block = self.ctx.rewriter().create_block(region);
            self.scopes.last_mut().expect("just pushed").block = Some(block);
            self.add_arguments(block, arguments);
        }
    }

    /// `^name(arguments):`
    pub fn begin_block(
        &mut self,
        name: &'s str,
        start: usize,
        end: usize,
        arguments: Vec<BlockArgument<'s>>,
    ) {
        let span = self.span(start, end);
        let scope = self.scopes.last_mut().expect("blocks stand in regions");
        if let Some(previous) = scope.blocks.insert(name, span) {
            self.errors.push(
                Diagnostic::error(format!("redefinition of block '{name}'"))
                    .at(Some(span))
                    .note("previously defined here", Some(previous)),
            );
        }
        let block = self.ctx.rewriter().create_block(scope.region);
        scope.block = Some(block);
        self.add_arguments(block, arguments);
    }

    fn add_arguments(&mut self, block: Block, arguments: Vec<BlockArgument<'s>>) {
        for argument in arguments {
            let loc = argument.loc.unwrap_or(self.unknown);
            let value = self.ctx.rewriter().add_argument(block, argument.ty, Some(loc));
            let span = self.span(argument.start, argument.end);
            if argument.name.is_empty() {
                self.error(
                    argument.start,
                    argument.end,
                    "entry block arguments of a function with a body need names",
                );
            } else {
                self.define(argument.name, &[value], span);
            }
        }
    }

    /// `}`
    pub fn end_region(&mut self, start: usize, end: usize) -> Region {
        let scope = self.scopes.pop().expect("every region was begun");
        if scope.isolated {
            let names = self.names.pop().expect("one map for each isolated scope");
            self.report_undeclared(names);
        } else {
            for name in scope.defined {
                self.names().remove(name);
            }
        }
        debug_assert!(scope.start <= start && start < end);
        scope.region
    }

    // ------------------------------------------------------------------ aliases

    /// `#name = attribute`
    pub fn define_attribute_alias(
        &mut self,
        name: &'s str,
        value: Attr,
        start: usize,
        end: usize,
        stop: usize,
    ) {
        let depth = self.finish_alias(start, end, stop);
        if self
            .attribute_aliases
            .insert(name, AliasDefinition { value, depth })
            .is_some()
        {
            self.error(
                start,
                end,
                format!("redefinition of attribute alias id '{}'", &name[1..]),
            );
        }
    }

    /// `!name = type`
    pub fn define_type_alias(&mut self, name: &'s str, value: Type, start: usize, end: usize, stop: usize) {
        let depth = self.finish_alias(start, end, stop);
        if self
            .type_aliases
            .insert(name, AliasDefinition { value, depth })
            .is_some()
        {
            self.error(
                start,
                end,
                format!("redefinition of type alias id '{}'", &name[1..]),
            );
        }
    }

    /// Aliases may refer to aliases; the chain is bounded, with the brackets on its way, since everything behind the parser
    /// recurses along it.
    fn finish_alias(&mut self, start: usize, end: usize, stop: usize) -> u32 {
        let (mut open, mut deepest) = (0_u32, 0);
        for byte in self.source[end..stop].bytes() {
            match byte {
                b'(' | b'[' | b'{' | b'<' => open += 1,
                b')' | b']' | b'}' | b'>' => open = open.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(open);
        }
        let depth = std::mem::take(&mut self.alias_depth) + deepest.min(MOST_NESTING) + 1;
        if depth > MOST_NESTING {
            self.error(start, end, "aliases are nested too deeply");
            return 0;
        }
        depth
    }

    /// `#name`
    pub fn attribute_alias(&mut self, name: &'s str, start: usize, end: usize) -> Attr {
        if let Some(alias) = self.attribute_aliases.get(name) {
            self.alias_depth = self.alias_depth.max(alias.depth);
            return alias.value;
        }
        self.error(start, end, format!("undefined symbol alias id '{}'", &name[1..]));
        self.ctx.attr(AttrKind::Unit)
    }

    /// `!name`
    pub fn type_alias(&mut self, name: &'s str, start: usize, end: usize) -> Type {
        if let Some(alias) = self.type_aliases.get(name) {
            self.alias_depth = self.alias_depth.max(alias.depth);
            return alias.value;
        }
        self.error(start, end, format!("undefined symbol alias id '{}'", &name[1..]));
        self.ctx.none_type()
    }

    /// `#name` as a location.
    pub fn location_alias(&mut self, name: &'s str, start: usize, end: usize) -> Loc {
        let message = match self.attribute_aliases.get(name) {
            Some(alias) => match self.ctx.attr_kind(alias.value) {
                AttrKind::Location(loc) => {
                    self.alias_depth = self.alias_depth.max(alias.depth);
                    return *loc;
                }
                _ => format!("expected location, but found '{name}'"),
            },
            None => "operation location alias was never defined".to_owned(),
        };
        self.error(start, end, message);
        self.unknown
    }

    // ------------------------------------------------------------------ types that the grammar names

    /// `(A) -> B`
    pub fn function_type(&mut self, signature: Signature) -> Type {
        self.ctx.function_type(&signature.inputs, &signature.results)
    }

    /// `none`
    pub fn none_type(&mut self) -> Type {
        self.ctx.none_type()
    }

    /// `index`
    pub fn index_type(&mut self) -> Type {
        self.ctx.ty(TypeKind::Index)
    }
}
