//! Reading operations, and the names that locations give them.

use super::{Context, ValueDef};
use crate::ir::{Attr, Block, Loc, LocKind, Op, OpInfo, Region, Span, Str, Value};

impl Context {
    /// The operation's full name: `top.Conv`.
    pub fn op_name(&self, op: Op) -> &str {
        self.text(self.ops[op.index()].name)
    }

    /// Whether the operation has this full name.
    pub fn is(&self, op: Op, name: &str) -> bool {
        self.op_name(op) == name
    }

    /// What is known of the operation's kind; `None` for an unregistered one.
    pub fn info(&self, op: Op) -> Option<&'static OpInfo> {
        self.infos.get(&self.ops[op.index()].name).copied()
    }

    /// What is known of an operation name.
    pub fn info_of(&self, name: &str) -> Option<&'static OpInfo> {
        self.infos.get(&self.find_str(name)?).copied()
    }

    pub(crate) fn info_of_str(&self, name: Str) -> Option<&'static OpInfo> {
        self.infos.get(&name).copied()
    }

    /// Operands.
    pub fn operands(&self, op: Op) -> &[Value] {
        &self.ops[op.index()].operands
    }

    /// The `index`-th operand. Panics when there is none: the verifier ran before any pass.
    pub fn operand(&self, op: Op, index: usize) -> Value {
        self.ops[op.index()].operands[index]
    }

    /// Results.
    pub fn results(&self, op: Op) -> &[Value] {
        &self.ops[op.index()].results
    }

    /// The only (or first) result. Panics when there is none.
    pub fn result(&self, op: Op) -> Value {
        self.ops[op.index()].results[0]
    }

    /// Attributes, sorted by name.
    pub fn attrs(&self, op: Op) -> &[(Str, Attr)] {
        &self.ops[op.index()].attrs
    }

    /// The attribute of this name.
    pub fn get_attr(&self, op: Op, name: &str) -> Option<Attr> {
        let attrs = &self.ops[op.index()].attrs;
        attrs
            .binary_search_by(|(key, _)| self.text(*key).cmp(name))
            .ok()
            .map(|index| attrs[index].1)
    }

    /// Integer attribute.
    pub fn get_i64(&self, op: Op, name: &str) -> Option<i64> {
        self.attr_as_i64(self.get_attr(op, name)?)
    }

    /// Float attribute.
    pub fn get_f64(&self, op: Op, name: &str) -> Option<f64> {
        self.attr_as_f64(self.get_attr(op, name)?)
    }

    /// Boolean attribute; a missing one is `None`.
    pub fn get_bool(&self, op: Op, name: &str) -> Option<bool> {
        self.attr_as_bool(self.get_attr(op, name)?)
    }

    /// String attribute, or the case of an enum attribute.
    pub fn get_str(&self, op: Op, name: &str) -> Option<&str> {
        self.attr_as_str(self.get_attr(op, name)?)
    }

    /// Array of integers.
    pub fn get_i64s(&self, op: Op, name: &str) -> Option<Vec<i64>> {
        self.attr_as_i64s(self.get_attr(op, name)?)
    }

    /// Array of floats.
    pub fn get_f64s(&self, op: Op, name: &str) -> Option<Vec<f64>> {
        self.attr_as_f64s(self.get_attr(op, name)?)
    }

    /// Regions.
    pub fn op_regions(&self, op: Op) -> &[Region] {
        &self.ops[op.index()].regions
    }

    /// Location.
    pub fn op_loc(&self, op: Op) -> Loc {
        self.ops[op.index()].loc
    }

    /// Where the operation stands in the text that it was read from.
    pub fn op_span(&self, op: Op) -> Option<Span> {
        self.ops[op.index()].span
    }

    /// The block that holds the operation.
    pub fn op_block(&self, op: Op) -> Option<Block> {
        self.ops[op.index()].block
    }

    /// The operation whose region holds this one.
    pub fn parent_op(&self, op: Op) -> Option<Op> {
        let region = self.blocks[self.op_block(op)?.index()].region?;
        self.regions[region.index()].parent
    }

    /// The next operation of the block.
    pub fn next_op(&self, op: Op) -> Option<Op> {
        self.ops[op.index()].next
    }

    /// The previous operation of the block.
    pub fn previous_op(&self, op: Op) -> Option<Op> {
        self.ops[op.index()].previous
    }

    /// Whether the operation was erased.
    pub fn is_erased(&self, op: Op) -> bool {
        self.ops[op.index()].erased
    }

    /// The name of an operation: the text of its name location, or of the first part of a fused one. Empty if it has none.
    pub fn name(&self, op: Op) -> &str {
        self.loc_text(self.op_loc(op))
    }

    /// The name of a value: its own part of a fused location, its operation's name, or the argument's location.
    pub fn value_name(&self, value: Value) -> &str {
        match self.values[value.index()].def {
            ValueDef::Result { op, index } => match self.loc_kind(self.op_loc(op)) {
                LocKind::Fused { parts, .. } if (index as usize) < parts.len() => {
                    self.loc_text(parts[index as usize])
                }
                _ => self.name(op),
            },
            ValueDef::Argument { .. } => self.values[value.index()]
                .loc
                .map_or("", |loc| self.loc_text(loc)),
        }
    }

    /// The name in a location; empty if it has none.
    pub fn loc_text(&self, loc: Loc) -> &str {
        match self.loc_kind(loc) {
            LocKind::Name { name, .. } => self.text(*name),
            LocKind::Fused { parts, .. } => parts.first().map_or("", |part| self.loc_text(*part)),
            _ => "",
        }
    }
}
