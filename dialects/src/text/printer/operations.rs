//! Operations: the generic form, and the custom forms of `module`, `func.func`, `call` and `return`.

use super::super::strings::escape;
use super::{Base, Printer, ops};
use crate::ir::{Attr, AttrKind, Block, Op, Region, TypeKind, Value};
use std::fmt::Write;

impl Printer<'_> {
    pub(super) fn custom_form(&self, op: Op) -> bool {
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
    pub(super) fn signature_fits(&self, op: Op) -> bool {
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

    pub(super) fn operation(&mut self, op: Op, default_dialect: &str) {
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

    pub(super) fn generic(&mut self, op: Op) {
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

    pub(super) fn module(&mut self, op: Op) {
        let ctx = self.ctx;
        if let Some(name) = ctx.get_str(op, "sym_name") {
            self.out.push_str(" @");
            self.symbol(name);
        }
        self.attributes(ctx.attrs(op), &["sym_name"], " attributes ");
        self.out.push(' ');
        self.region(ctx.op_regions(op)[0], false, false, "builtin");
    }

    pub(super) fn function(&mut self, op: Op) {
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

    pub(super) fn dictionary_of(&mut self, attr: Option<&Attr>) {
        if let Some(AttrKind::Dictionary(list)) = attr.map(|attr| self.ctx.attr_kind(*attr)) {
            self.attributes(list, &[], " ");
        }
    }

    pub(super) fn call(&mut self, op: Op) {
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

    pub(super) fn return_values(&mut self, op: Op) {
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

    pub(super) fn signature(&mut self, operands: &[Value], results: &[Value]) {
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

    pub(super) fn region(
        &mut self,
        region: Region,
        entry_arguments: bool,
        empty_header: bool,
        default_dialect: &str,
    ) {
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

    pub(super) fn block(&mut self, block: Block, index: usize, header: bool, default_dialect: &str) {
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
    pub(super) fn result_names(&mut self, results: &[Value]) {
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

    pub(super) fn value(&mut self, value: Value) {
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

    pub(super) fn base(&mut self, base: Base) {
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
}
