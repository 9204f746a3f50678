//! What is known of a kind of operation, as data: one [`OpInfo`] for each, made by the `op!` macro in the operation's own
//! file. Parser, printer, verifier, builders, shape inference and documentation read it from there.

use super::{Attr, Context, Diagnostic, Op, Rewriter, Value};

/// How many values an operand or result stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arity {
    /// Exactly one value.
    One,
    /// One value that may be of type `none`, or be left out at the end of the list.
    Optional,
    /// Any number of values.
    Variadic,
}

/// An operand or result of an operation.
#[derive(Clone, Copy, Debug)]
pub struct ValueSpec {
    /// TPU-MLIR's name for it.
    pub name: &'static str,
    /// How many values.
    pub arity: Arity,
}

/// What an attribute may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttrSpecKind {
    /// `1 : i64`
    I64,
    /// `1 : i32` or another integer with a type of its own.
    Integer,
    /// `1.0 : f64`
    F64,
    /// `true`
    Bool,
    /// `"text"`
    Str,
    /// `"text"`, one of these.
    StrEnum(&'static [&'static str]),
    /// `[1, 2]`
    I64Array,
    /// `[1.0]`
    F64Array,
    /// `["a"]`
    StrArray,
    /// `array<i32: 1>`
    DenseI32Array,
    /// `#tpu<name case>`
    Enum(&'static str, &'static [&'static str]),
    /// `#tpu.name<...>`
    Struct(&'static str),
    /// Present or not.
    Unit,
    /// Anything.
    Any,
}

/// The value of an attribute that was not given.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum AttrDefault {
    /// Integer.
    I64(i64),
    /// `1 : si32`
    SI32(i32),
    /// `1 : i32`
    I32(i32),
    /// Float.
    F64(f64),
    /// Boolean.
    Bool(bool),
    /// Text.
    Str(&'static str),
    /// Integers.
    I64Array(&'static [i64]),
    /// Floats.
    F64Array(&'static [f64]),
    /// `#tpu<name case>`
    Enum(&'static str, &'static str),
}

impl AttrDefault {
    /// The default as an attribute.
    pub fn to_attr(&self, ctx: &mut Context) -> Attr {
        match *self {
            Self::I64(value) => ctx.i64_attr(value),
            Self::SI32(value) => ctx.si32_attr(value),
            Self::I32(value) => ctx.i32_attr(value),
            Self::F64(value) => ctx.f64_attr(value),
            Self::Bool(value) => ctx.bool_attr(value),
            Self::Str(value) => ctx.string_attr(value),
            Self::I64Array(values) => ctx.i64_array_attr(values),
            Self::F64Array(values) => ctx.f64_array_attr(values),
            Self::Enum(name, case) => ctx.enum_attr("tpu", name, case),
        }
    }
}

/// An attribute of an operation.
#[derive(Clone, Copy, Debug)]
pub struct AttrSpec {
    /// TPU-MLIR's name.
    pub name: &'static str,
    /// What it may hold.
    pub kind: AttrSpecKind,
    /// Whether it may be missing; one with a default never is after building, but may be in text.
    pub optional: bool,
    /// The value that a builder fills in.
    pub default: Option<AttrDefault>,
}

/// Properties that passes ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trait {
    /// Ends a block.
    Terminator,
    /// May be erased when unused.
    Pure,
    /// The output has the input's quantisation: data is moved, not computed.
    Movement,
    /// The body's values are not visible outside and outer values not inside.
    IsolatedFromAbove,
    /// A relu may be fused into it (`do_relu`).
    SupportFuseRelu,
    /// May work on its input's memory.
    InPlace,
    /// Takes part in layer groups.
    LocalGen,
    /// Needs an activation range of its own when quantised.
    Quantizable,
}

/// Appends the problems that it finds.
pub type VerifyFn = fn(&Context, Op, &mut Vec<Diagnostic>);
/// Sets the result types from the operands' types, or says why it cannot.
pub type InferShapeFn = fn(&mut Rewriter<'_>, Op) -> Result<(), Diagnostic>;
/// Floating point operations of one execution; multiply and add count as two.
pub type FlopsFn = fn(&Context, Op) -> i64;

/// What is known of a kind of operation.
#[derive(Debug)]
pub struct OpInfo {
    /// Full name: `top.Conv`.
    pub name: &'static str,
    /// One sentence on what it computes.
    pub summary: &'static str,
    /// Operands in order.
    pub operands: &'static [ValueSpec],
    /// Results in order.
    pub results: &'static [ValueSpec],
    /// Attributes, sorted by name.
    pub attrs: &'static [AttrSpec],
    /// Number of regions.
    pub regions: usize,
    /// Properties.
    pub traits: &'static [Trait],
    /// What the declaration cannot say.
    pub verify: Option<VerifyFn>,
    /// Shape inference (`top` operations).
    pub infer_shape: Option<InferShapeFn>,
    /// Cost in floating point operations.
    pub flops: Option<FlopsFn>,
}

impl OpInfo {
    /// Whether it has a property.
    pub fn has(&self, property: Trait) -> bool {
        self.traits.contains(&property)
    }

    /// The attribute of this name.
    pub fn attr(&self, name: &str) -> Option<&'static AttrSpec> {
        self.attrs.iter().find(|spec| spec.name == name)
    }

    /// `Conv` of `top.Conv`.
    pub fn short_name(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, name)| name)
    }
}

/// A typed view over a generic operation.
pub trait OpView: Copy {
    /// What is known of the kind.
    const INFO: &'static OpInfo;
    /// The view of `op`, which is of this kind.
    fn new_unchecked(op: Op) -> Self;
    /// The operation.
    fn op(self) -> Op;
    /// The view of `op` if it is of this kind.
    fn cast(ctx: &Context, op: Op) -> Option<Self> {
        (ctx.op_name(op) == Self::INFO.name).then(|| Self::new_unchecked(op))
    }
    /// The view of the operation that defines `value`, if it is of this kind.
    fn defining(ctx: &Context, value: Value) -> Option<Self> {
        Self::cast(ctx, ctx.defining_op(value)?)
    }
}

/// Position of a name in a list of operands or results.
pub const fn position(specs: &[ValueSpec], name: &str) -> usize {
    let mut index = 0;
    while index < specs.len() {
        if same(specs[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("no such operand or result")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// `type` of `r#type`: attribute names may be Rust keywords.
pub const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}
