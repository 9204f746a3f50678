//! The IR: MLIR's model, small. A [`Context`] owns everything; ids are typed `u32`s; types, attributes, locations and
//! strings are interned; the graph is changed through a [`Rewriter`] only.

mod attributes;
mod context;
mod diagnostic;
mod ids;
mod nearest;
mod op_info;
mod op_macro;
mod registry;
mod rewriter;
mod types;
mod verifier;

pub use attributes::{AttrKind, LocKind};
pub use context::{AttrMap, Context, Use, ValueDef};
pub use diagnostic::{Diagnostic, Label, Severity, Span};
pub use ids::{Attr, Block, Loc, Op, Region, Str, Type, Value};
pub use nearest::nearest;
pub use op_info::{
    Arity, AttrDefault, AttrSpec, AttrSpecKind, FlopsFn, InferShapeFn, OpInfo, OpView, Trait, ValueSpec,
    VerifyFn, plain, position,
};
pub use registry::{Dialect, DialectRegistry};
pub use rewriter::{OpBuilder, Rewriter};
pub use types::{DYNAMIC, F64, FloatKind, QuantStorage, Shape, Signedness, TypeKind};
pub use verifier::{op_error, verify};
