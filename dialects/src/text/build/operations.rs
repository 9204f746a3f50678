//! The parser's actions for operations.

use super::{BlockArgument, Builder, Operation, ResultName, Signature, UsedValue};
use crate::ir::Loc;
use crate::ir::{Attr, AttrKind, Block, LocKind, Op, Region, Str, Type, Value};
use smallvec::SmallVec;

impl<'s> Builder<'_, 's> {
    /// An operation of this name begins; its regions come before its end.
    pub fn begin(&mut self, name: &str, start: usize) {
        self.statement.get_or_insert(start);
        let name = self.ctx.str(name);
        self.begun.push(name);
    }

    /// An operation in generic form begins.
    pub fn begin_generic(&mut self, name: &'s str, start: usize, end: usize) -> Str {
        self.statement.get_or_insert(start);
        let name = self.string(name);
        if self.ctx.text(name).is_empty() {
            self.error(start, end, "empty operation name is invalid");
        }
        self.begun.push(name);
        name
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
            signature: signature.start,
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
            signature: 0,
            attrs,
            regions: vec![region],
        })
    }

    /// The arguments of a function wait for its body.
    pub fn function_arguments(
        &mut self,
        arguments: Vec<(BlockArgument<'s>, Option<Vec<(Str, Attr)>>)>,
    ) -> Vec<(Type, Option<Vec<(Str, Attr)>>)> {
        // As in MLIR, the first argument tells whether all have names.
        let named = arguments
            .first()
            .is_some_and(|(argument, _)| !argument.name.is_empty());
        for (argument, _) in &arguments {
            if argument.name.is_empty() == named {
                let message = if named {
                    "custom op 'func.func' expected SSA identifier"
                } else {
                    "expected non-function type"
                };
                self.error(argument.start, argument.end, message);
            }
        }
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
            signature: 0,
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
            signature: signature.start,
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
            signature: 0,
            attrs: attrs.unwrap_or_default(),
            regions: Vec::new(),
        })
    }

    /// The operation is complete: it is made and its results get their names. `start` is the first byte, `at` the first
    /// of the name.
    // The parser's stack keeps it boxed.
    #[allow(clippy::boxed_local)]
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
        self.statement = None;
        let name = self.begun.pop().expect("every operation was begun");
        if op.operands.len() != op.inputs.len() {
            self.wrong_operand_types(name, &op, at);
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

    fn wrong_operand_types(&mut self, name: Str, op: &Operation<'s>, at: usize) {
        let (values, types) = (op.operands.len(), op.inputs.len());
        let name = self.ctx.text(name);
        let (place, message) = if matches!(name, "func.call" | "func.return") {
            let place = op.operands.first().map_or(at, |used| used.span.start as usize);
            (
                place,
                format!("custom op '{name}' {values} operands present, but expected {types}"),
            )
        } else {
            let plural = if values == 1 { " " } else { "s" };
            (
                op.signature,
                format!("expected {values} operand type{plural} but had {types}"),
            )
        };
        self.error(place, place, message);
    }

    fn define_results(&mut self, start: usize, at: usize, op: Op, names: &[ResultName<'s>], count: usize) {
        if names.is_empty() {
            return;
        }
        let named: usize = names.iter().map(|result| result.count as usize).sum();
        if count == 0 {
            self.error(start, at, "cannot name an operation with no results");
            names.iter().for_each(|result| self.lose(result.name));
            return;
        }
        if named != count {
            names.iter().for_each(|result| self.lose(result.name));
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
}
