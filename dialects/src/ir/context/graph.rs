//! Reading values, blocks and regions.

use super::{Context, Use, ValueDef};
use crate::ir::{Block, Loc, Op, Region, Type, Value};
use smallvec::SmallVec;

impl Context {
    /// Type of a value.
    pub fn value_type(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    /// Where a value comes from.
    pub fn value_def(&self, value: Value) -> ValueDef {
        self.values[value.index()].def
    }

    /// Location of a block argument.
    pub fn argument_loc(&self, value: Value) -> Option<Loc> {
        self.values[value.index()].loc
    }

    /// The operation that defines a value; `None` for block arguments.
    pub fn defining_op(&self, value: Value) -> Option<Op> {
        match self.value_def(value) {
            ValueDef::Result { op, .. } => Some(op),
            ValueDef::Argument { .. } => None,
        }
    }

    /// All uses, in no particular order.
    pub fn uses(&self, value: Value) -> &[Use] {
        &self.values[value.index()].uses
    }

    /// The operations that use a value, each once, in the order of their first use in the list.
    pub fn users(&self, value: Value) -> SmallVec<[Op; 4]> {
        let mut users = SmallVec::new();
        for user in self.uses(value) {
            if !users.contains(&user.op) {
                users.push(user.op);
            }
        }
        users
    }

    /// Whether exactly one operand refers to the value.
    pub fn has_one_use(&self, value: Value) -> bool {
        self.uses(value).len() == 1
    }

    /// Dimensions of a value of ranked tensor type.
    pub fn shape(&self, value: Value) -> Option<&[i64]> {
        self.type_shape(self.value_type(value))
    }

    /// Element type of a value of tensor type.
    pub fn element(&self, value: Value) -> Option<Type> {
        self.element_type(self.value_type(value))
    }

    /// Whether the value is of type `none`: an optional operand that is absent.
    pub fn is_none(&self, value: Value) -> bool {
        self.is_none_type(self.value_type(value))
    }

    /// Blocks of a region.
    pub fn region_blocks(&self, region: Region) -> &[Block] {
        &self.regions[region.index()].blocks
    }

    /// The operation that owns a region.
    pub fn region_parent(&self, region: Region) -> Option<Op> {
        self.regions[region.index()].parent
    }

    /// Arguments of a block.
    pub fn block_arguments(&self, block: Block) -> &[Value] {
        &self.blocks[block.index()].arguments
    }

    /// The region that holds a block.
    pub fn block_region(&self, block: Block) -> Option<Region> {
        self.blocks[block.index()].region
    }

    /// First operation of a block.
    pub fn first_op(&self, block: Block) -> Option<Op> {
        self.blocks[block.index()].first
    }

    /// Last operation of a block: its terminator, where there is one.
    pub fn last_op(&self, block: Block) -> Option<Op> {
        self.blocks[block.index()].last
    }

    /// Operations of a block in order. Collected, so the block can be changed while walking.
    pub fn block_ops(&self, block: Block) -> Vec<Op> {
        std::iter::successors(self.first_op(block), |op| self.next_op(*op)).collect()
    }

    /// The only block of the operation's first region.
    pub fn body(&self, op: Op) -> Option<Block> {
        let region = self.op_regions(op).first()?;
        self.region_blocks(*region).first().copied()
    }

    /// The operation and everything inside it, parents before children, in text order. Collected.
    pub fn walk(&self, root: Op) -> Vec<Op> {
        let mut found = Vec::new();
        let mut stack = vec![root];
        while let Some(op) = stack.pop() {
            found.push(op);
            let start = stack.len();
            for region in self.op_regions(op) {
                for block in self.region_blocks(*region) {
                    stack.extend(std::iter::successors(self.first_op(*block), |op| {
                        self.next_op(*op)
                    }));
                }
            }
            stack[start..].reverse();
        }
        found
    }
}
