//! `func.func`: a function. Attributes `sym_name`, `function_type` and whatever stands in `attributes {...}`
//! (`id`, `mode`, `next_index` of TPU-MLIR's subfunctions). One region with one block.

use crate::ir::{
    AttrKind, Block, Context, Diagnostic, Op, OpView, Rewriter, Type, TypeKind, Value, op_error,
};
use crate::op;

op! {
    /// A function.
    pub Func = "func.func", "a function";
    operands: ;
    results: ;
    attrs: function_type: any [required], sym_name: str [required];
    regions: 1;
    traits: IsolatedFromAbove;
    verify: Some(verify);
    infer_shape: None;
    flops: None;
}

/// A function without a body is a declaration, which must not be public.
fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let is_private = ctx
        .get_str(op, "sym_visibility")
        .is_some_and(|visibility| visibility != "public");
    if ctx.body(op).is_none() && !is_private {
        found.push(op_error(
            ctx,
            op,
            "symbol declaration cannot have public visibility",
        ));
    }
}

impl Func {
    /// A new function at the rewriter's insertion point, with one block whose arguments have the type's input types
    /// and no location.
    pub fn create(rw: &mut Rewriter<'_>, name: &str, ty: Type) -> Self {
        let TypeKind::Function { inputs, .. } = rw.type_kind(ty).clone() else {
            panic!("a function type")
        };
        let region = rw.create_region();
        let block = rw.create_block(region);
        for input in inputs {
            rw.add_argument(block, input, None);
        }
        let function_type = rw.attr(AttrKind::Type(ty));
        let op = rw
            .build("func.func")
            .region(region)
            .str("sym_name", name)
            .attr("function_type", function_type)
            .finish();
        Self::new_unchecked(op)
    }

    /// The body.
    pub fn block(self, ctx: &Context) -> Block {
        ctx.body(self.op()).expect("a function has one block")
    }

    /// The arguments.
    pub fn arguments(self, ctx: &Context) -> &[Value] {
        ctx.block_arguments(self.block(ctx))
    }

    /// The operations of the body, `return` included.
    pub fn ops(self, ctx: &Context) -> Vec<Op> {
        ctx.block_ops(self.block(ctx))
    }

    /// The terminator.
    pub fn return_op(self, ctx: &Context) -> Option<super::Return> {
        ctx.last_op(self.block(ctx))
            .and_then(|op| super::Return::cast(ctx, op))
    }

    /// The function's type.
    pub fn ty(self, ctx: &Context) -> Option<Type> {
        match ctx.attr_kind(self.function_type(ctx)?) {
            AttrKind::Type(ty) => Some(*ty),
            _ => None,
        }
    }

    /// Sets the function's type from its arguments and what `return` gives back.
    pub fn update_type(self, rw: &mut Rewriter<'_>) {
        let inputs: Vec<Type> = self
            .arguments(rw)
            .iter()
            .map(|value| rw.value_type(*value))
            .collect();
        let Some(ret) = self.return_op(rw) else { return };
        let results: Vec<Type> = rw
            .operands(ret.op())
            .iter()
            .map(|value| rw.value_type(*value))
            .collect();
        let ty = rw.function_type(&inputs, &results);
        let attr = rw.attr(AttrKind::Type(ty));
        rw.set_attr(self.op(), "function_type", attr);
    }
}
