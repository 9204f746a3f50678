//! Building operations.

use super::links::{add_uses, link_at_end, link_before};
use super::{InsertionPoint, insert_attr, new_value};
use crate::ir::context::{OpData, ValueData, ValueDef};
use crate::ir::{Attr, Context, Loc, Op, Region, Span, Str, Type, Value};
use smallvec::SmallVec;

/// An operation under construction. Attributes that its definition gives a default and that were not set are filled in.
pub struct OpBuilder<'a> {
    pub(super) ctx: &'a mut Context,
    pub(super) changed: &'a mut bool,
    pub(super) point: InsertionPoint,
    pub(super) data: OpData,
    pub(super) results: SmallVec<[Type; 2]>,
    pub(super) defaults: bool,
}

impl OpBuilder<'_> {
    /// One more operand.
    #[must_use]
    pub fn operand(mut self, value: Value) -> Self {
        self.data.operands.push(value);
        self
    }

    /// More operands.
    #[must_use]
    pub fn operands(mut self, values: &[Value]) -> Self {
        self.data.operands.extend_from_slice(values);
        self
    }

    /// One more result.
    #[must_use]
    pub fn result(mut self, ty: Type) -> Self {
        self.results.push(ty);
        self
    }

    /// More results.
    #[must_use]
    pub fn results(mut self, types: &[Type]) -> Self {
        self.results.extend_from_slice(types);
        self
    }

    /// All attributes at once, in any order; names must differ.
    #[must_use]
    pub(crate) fn attr_list(mut self, attrs: Vec<(Str, Attr)>) -> Self {
        self.data.attrs.extend(attrs);
        let ctx = &*self.ctx;
        let sorted = |pair: &[(Str, Attr)]| ctx.text(pair[0].0) <= ctx.text(pair[1].0);
        if !self.data.attrs.windows(2).all(sorted) {
            self.data
                .attrs
                .sort_by(|(a, _), (b, _)| ctx.text(*a).cmp(ctx.text(*b)));
        }
        self
    }

    /// An attribute.
    #[must_use]
    pub fn attr(mut self, name: &str, attr: Attr) -> Self {
        let name = self.ctx.str(name);
        insert_attr(self.ctx, &mut self.data.attrs, name, attr);
        self
    }

    /// `name = value : i64`
    #[must_use]
    pub fn i64(self, name: &str, value: i64) -> Self {
        let attr = self.ctx.i64_attr(value);
        self.attr(name, attr)
    }

    /// `name = value : si32`
    #[must_use]
    pub fn si32(self, name: &str, value: i32) -> Self {
        let attr = self.ctx.si32_attr(value);
        self.attr(name, attr)
    }

    /// `name = value : f64`
    #[must_use]
    pub fn f64(self, name: &str, value: f64) -> Self {
        let attr = self.ctx.f64_attr(value);
        self.attr(name, attr)
    }

    /// `name = true`
    #[must_use]
    pub fn bool(self, name: &str, value: bool) -> Self {
        let attr = self.ctx.bool_attr(value);
        self.attr(name, attr)
    }

    /// `name = "value"`
    #[must_use]
    pub fn str(self, name: &str, value: &str) -> Self {
        let attr = self.ctx.string_attr(value);
        self.attr(name, attr)
    }

    /// `name = [1, 2]`
    #[must_use]
    pub fn i64s(self, name: &str, values: &[i64]) -> Self {
        let attr = self.ctx.i64_array_attr(values);
        self.attr(name, attr)
    }

    /// `name = [1.0, 2.0]`
    #[must_use]
    pub fn f64s(self, name: &str, values: &[f64]) -> Self {
        let attr = self.ctx.f64_array_attr(values);
        self.attr(name, attr)
    }

    /// `attr = #tpu<NAME CASE>`
    #[must_use]
    pub fn tpu_enum(self, attr: &str, name: &str, case: &str) -> Self {
        let value = self.ctx.enum_attr("tpu", name, case);
        self.attr(attr, value)
    }

    /// All attributes of another operation that were not set here.
    #[must_use]
    pub fn attrs_of(mut self, op: Op) -> Self {
        for (name, attr) in self.ctx.ops[op.index()].attrs.clone() {
            if !self.data.attrs.iter().any(|(key, _)| *key == name) {
                insert_attr(self.ctx, &mut self.data.attrs, name, attr);
            }
        }
        self
    }

    /// Location.
    #[must_use]
    pub fn loc(mut self, loc: Loc) -> Self {
        self.data.loc = loc;
        self
    }

    /// `loc("name")`
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.data.loc = self.ctx.loc_name(name);
        self
    }

    /// Place in the text.
    #[must_use]
    pub fn span(mut self, span: Option<Span>) -> Self {
        self.data.span = span;
        self
    }

    /// One more region.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.data.regions.push(region);
        self
    }

    /// Does not fill in defaults: what the text says is what is there.
    #[must_use]
    pub fn verbatim(mut self) -> Self {
        self.defaults = false;
        self
    }

    /// Makes the operation and inserts it.
    pub fn finish(mut self) -> Op {
        let ctx = self.ctx;
        if self.defaults
            && let Some(info) = ctx.info_of_str(self.data.name)
        {
            for spec in info.attrs {
                if let Some(default) = &spec.default {
                    let name = ctx.str(spec.name);
                    if !self.data.attrs.iter().any(|(key, _)| *key == name) {
                        let attr = default.to_attr(ctx);
                        insert_attr(ctx, &mut self.data.attrs, name, attr);
                    }
                }
            }
        }
        let op = Op::from_index(ctx.ops.len());
        for (index, ty) in self.results.into_iter().enumerate() {
            let def = ValueDef::Result {
                op,
                index: index as u32,
            };
            let value = new_value(
                ctx,
                ValueData {
                    ty,
                    def,
                    uses: SmallVec::new(),
                    loc: None,
                },
            );
            self.data.results.push(value);
        }
        for region in &self.data.regions {
            ctx.regions[region.index()].parent = Some(op);
        }
        ctx.ops.push(self.data);
        add_uses(ctx, op);
        match self.point {
            InsertionPoint::Detached => {}
            InsertionPoint::End(block) => link_at_end(ctx, op, block),
            InsertionPoint::Before(anchor) => link_before(ctx, op, anchor),
        }
        *self.changed = true;
        op
    }
}
