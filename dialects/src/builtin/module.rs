//! `builtin.module`: a named list of functions and nested modules. The name is the attribute `sym_name`; attributes that
//! TPU-MLIR keeps here (`module.chip`, `module.weight_file`, ...) are plain attributes of the operation.

use crate::ir::{Block, Context, Op, OpView, Rewriter};
use crate::op;

op! {
    /// A module.
    pub Module = "builtin.module", "a list of functions and nested modules";
    operands: ;
    results: ;
    attrs: sym_name: str [optional];
    regions: 1;
    traits: IsolatedFromAbove;
    verify: None;
    infer_shape: None;
    flops: None;
}

impl Module {
    /// A new empty module, detached.
    pub fn create(rw: &mut Rewriter<'_>, name: Option<&str>) -> Self {
        let region = rw.create_region();
        rw.create_block(region);
        let builder = rw.build("builtin.module").region(region);
        let builder = match name {
            Some(name) => builder.str("sym_name", name),
            None => builder,
        };
        Self::new_unchecked(builder.finish())
    }

    /// The block that holds the module's functions.
    pub fn block(self, ctx: &Context) -> Block {
        ctx.body(self.op()).expect("a module has one block")
    }

    /// The functions directly inside.
    pub fn functions(self, ctx: &Context) -> Vec<crate::func::Func> {
        ctx.block_ops(self.block(ctx))
            .into_iter()
            .filter_map(|op| crate::func::Func::cast(ctx, op))
            .collect()
    }

    /// The function of this name directly inside.
    pub fn function(self, ctx: &Context, name: &str) -> Option<crate::func::Func> {
        self.functions(ctx)
            .into_iter()
            .find(|func| func.sym_name(ctx) == name)
    }

    /// The modules directly inside.
    pub fn submodules(self, ctx: &Context) -> Vec<Module> {
        ctx.block_ops(self.block(ctx))
            .into_iter()
            .filter_map(|op| Module::cast(ctx, op))
            .collect()
    }

    /// The operation as a plain id.
    pub fn id(self) -> Op {
        self.op()
    }
}
