//! The only way to change the graph. A rewriter keeps use lists and block links consistent and an insertion point;
//! everything that a [`Context`] can be asked it can be asked too (it dereferences to the context).

mod links;
mod op_builder;

pub use op_builder::OpBuilder;

use super::context::{AttrMap, BlockData, OpData, RegionData, Use, ValueData, ValueDef};
use super::{Attr, Block, Context, Loc, Op, Region, Type, Value};
use links::{add_uses, drop_operands, link_at_end, link_before, remove_use, unlink};
use smallvec::SmallVec;
use std::ops::{Deref, DerefMut};

/// Where new operations go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum InsertionPoint {
    Detached,
    End(Block),
    Before(Op),
}

/// Changes a context's graph. Make one with [`Context::rewriter`]; it is as cheap as a reference.
pub struct Rewriter<'a> {
    ctx: &'a mut Context,
    point: InsertionPoint,
    changed: bool,
}

impl Deref for Rewriter<'_> {
    type Target = Context;
    fn deref(&self) -> &Context {
        self.ctx
    }
}

impl DerefMut for Rewriter<'_> {
    fn deref_mut(&mut self) -> &mut Context {
        self.ctx
    }
}

impl Context {
    /// A rewriter without an insertion point: operations built with it are detached until inserted.
    pub fn rewriter(&mut self) -> Rewriter<'_> {
        Rewriter {
            ctx: self,
            point: InsertionPoint::Detached,
            changed: false,
        }
    }

    /// A rewriter that inserts before `op`.
    pub fn rewriter_before(&mut self, op: Op) -> Rewriter<'_> {
        Rewriter {
            ctx: self,
            point: InsertionPoint::Before(op),
            changed: false,
        }
    }

    /// A rewriter that appends to `block`.
    pub fn rewriter_at_end(&mut self, block: Block) -> Rewriter<'_> {
        Rewriter {
            ctx: self,
            point: InsertionPoint::End(block),
            changed: false,
        }
    }
}

impl Rewriter<'_> {
    /// Whether anything was changed through this rewriter.
    pub fn changed(&self) -> bool {
        self.changed
    }

    // ------------------------------------------------------------------ insertion point

    /// New operations go before `op`.
    pub fn set_before(&mut self, op: Op) {
        self.point = InsertionPoint::Before(op);
    }

    /// New operations go after `op`, which must be in a block.
    pub fn set_after(&mut self, op: Op) {
        let block = self.ctx.op_block(op).expect("an operation in a block");
        self.point = self
            .ctx
            .next_op(op)
            .map_or(InsertionPoint::End(block), InsertionPoint::Before);
    }

    /// New operations go to the end of `block`.
    pub fn set_at_end(&mut self, block: Block) {
        self.point = InsertionPoint::End(block);
    }

    /// New operations go to the start of `block`.
    pub fn set_at_start(&mut self, block: Block) {
        self.point = self
            .ctx
            .first_op(block)
            .map_or(InsertionPoint::End(block), InsertionPoint::Before);
    }

    // ------------------------------------------------------------------ building

    /// Starts building an operation of this full name at the insertion point.
    pub fn build<'r>(&'r mut self, name: &str) -> OpBuilder<'r> {
        let name = self.ctx.str(name);
        self.build_str(name)
    }

    /// [`build`](Self::build) with an interned name.
    pub(crate) fn build_str(&mut self, name: super::Str) -> OpBuilder<'_> {
        let loc = self.ctx.loc_unknown();
        let data = OpData {
            name,
            operands: SmallVec::new(),
            results: SmallVec::new(),
            attrs: AttrMap::new(),
            regions: SmallVec::new(),
            loc,
            span: None,
            block: None,
            previous: None,
            next: None,
            erased: false,
        };
        OpBuilder {
            ctx: self.ctx,
            changed: &mut self.changed,
            point: self.point,
            data,
            results: SmallVec::new(),
            defaults: true,
        }
    }

    /// A new empty region, owned by no operation yet.
    pub fn create_region(&mut self) -> Region {
        self.ctx.regions.push(RegionData::default());
        Region::from_index(self.ctx.regions.len() - 1)
    }

    /// A new block at the end of `region`.
    pub fn create_block(&mut self, region: Region) -> Block {
        self.ctx.blocks.push(BlockData {
            region: Some(region),
            ..BlockData::default()
        });
        let block = Block::from_index(self.ctx.blocks.len() - 1);
        self.ctx.regions[region.index()].blocks.push(block);
        self.changed = true;
        block
    }

    /// A new argument at the end of `block`'s list.
    pub fn add_argument(&mut self, block: Block, ty: Type, loc: Option<Loc>) -> Value {
        let index = self.ctx.blocks[block.index()].arguments.len() as u32;
        let def = ValueDef::Argument { block, index };
        let value = new_value(
            self.ctx,
            ValueData {
                ty,
                def,
                uses: SmallVec::new(),
                loc,
            },
        );
        self.ctx.blocks[block.index()].arguments.push(value);
        self.changed = true;
        value
    }

    // ------------------------------------------------------------------ changing

    /// Gives a value another type.
    pub fn set_type(&mut self, value: Value, ty: Type) {
        self.changed |= self.ctx.values[value.index()].ty != ty;
        self.ctx.values[value.index()].ty = ty;
    }

    /// Gives an operation another location.
    pub fn set_loc(&mut self, op: Op, loc: Loc) {
        self.changed |= self.ctx.ops[op.index()].loc != loc;
        self.ctx.ops[op.index()].loc = loc;
    }

    /// Sets or replaces an attribute.
    pub fn set_attr(&mut self, op: Op, name: &str, attr: Attr) {
        let name = self.ctx.str(name);
        let mut attrs = std::mem::take(&mut self.ctx.ops[op.index()].attrs);
        self.changed |= insert_attr(self.ctx, &mut attrs, name, attr);
        self.ctx.ops[op.index()].attrs = attrs;
    }

    /// Removes an attribute; true if it was there.
    pub fn remove_attr(&mut self, op: Op, name: &str) -> bool {
        let Some(name) = self.ctx.find_str(name) else {
            return false;
        };
        let attrs = &mut self.ctx.ops[op.index()].attrs;
        let before = attrs.len();
        attrs.retain(|(key, _)| *key != name);
        let removed = attrs.len() != before;
        self.changed |= removed;
        removed
    }

    /// Makes operand `index` of `op` refer to `value`.
    pub fn set_operand(&mut self, op: Op, index: usize, value: Value) {
        let old = self.ctx.ops[op.index()].operands[index];
        if old == value {
            return;
        }
        let used = Use {
            op,
            index: index as u32,
        };
        remove_use(self.ctx, old, used);
        self.ctx.values[value.index()].uses.push(used);
        self.ctx.ops[op.index()].operands[index] = value;
        self.changed = true;
    }

    /// Replaces the whole operand list.
    pub fn set_operands(&mut self, op: Op, operands: &[Value]) {
        drop_operands(self.ctx, op);
        self.ctx.ops[op.index()].operands = operands.into();
        add_uses(self.ctx, op);
        self.changed = true;
    }

    /// Every use of `old` becomes a use of `new`.
    pub fn replace_all_uses(&mut self, old: Value, new: Value) {
        if old == new {
            return;
        }
        let uses = std::mem::take(&mut self.ctx.values[old.index()].uses);
        self.changed |= !uses.is_empty();
        for used in &uses {
            self.ctx.ops[used.op.index()].operands[used.index as usize] = new;
        }
        self.ctx.values[new.index()].uses.extend(uses);
    }

    /// Replaces the results of `op` by `values` (one for each result) and erases it.
    pub fn replace_op(&mut self, op: Op, values: &[Value]) {
        let results: SmallVec<[Value; 2]> = self.ctx.results(op).into();
        assert_eq!(results.len(), values.len(), "one replacement for each result");
        for (old, new) in results.into_iter().zip(values) {
            self.replace_all_uses(old, *new);
        }
        self.erase_op(op);
    }

    /// Removes an operation whose results have no uses, with everything inside it.
    pub fn erase_op(&mut self, op: Op) {
        for result in self.ctx.results(op) {
            assert!(
                self.ctx.uses(*result).is_empty(),
                "erased '{}' is still used",
                self.ctx.op_name(op)
            );
        }
        for inner in self.ctx.walk(op).into_iter().rev() {
            drop_operands(self.ctx, inner);
            if inner != op {
                self.ctx.ops[inner.index()].erased = true;
            }
        }
        unlink(self.ctx, op);
        self.ctx.ops[op.index()].erased = true;
        self.changed = true;
    }

    /// Moves an operation before another one.
    pub fn move_before(&mut self, op: Op, anchor: Op) {
        if op != anchor {
            unlink(self.ctx, op);
            link_before(self.ctx, op, anchor);
            self.changed = true;
        }
    }

    /// Moves an operation to the end of a block.
    pub fn move_to_end(&mut self, op: Op, block: Block) {
        unlink(self.ctx, op);
        link_at_end(self.ctx, op, block);
        self.changed = true;
    }
}

fn new_value(ctx: &mut Context, data: ValueData) -> Value {
    ctx.values.push(data);
    Value::from_index(ctx.values.len() - 1)
}

/// Keeps `attrs` sorted by the names' text. True if something changed.
fn insert_attr(ctx: &Context, attrs: &mut AttrMap, name: super::Str, attr: Attr) -> bool {
    let text = ctx.text(name);
    match attrs.binary_search_by(|(key, _)| ctx.text(*key).cmp(text)) {
        Ok(index) => {
            let changed = attrs[index].1 != attr;
            attrs[index].1 = attr;
            changed
        }
        Err(index) => {
            attrs.insert(index, (name, attr));
            true
        }
    }
}
