//! Attributes. Interned: equal attributes have equal [`Attr`] ids.

use super::{Attr, F64, Loc, Str, Type};

/// What an [`Attr`] is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AttrKind {
    /// `unit`: the name alone.
    Unit,
    /// `true`, `false`
    Bool(bool),
    /// `1 : i64`
    Integer {
        /// The value; unsigned 64-bit values keep their bits' meaning in i128.
        value: i128,
        /// An integer type or `index`.
        ty: Type,
    },
    /// `1.0 : f64`
    Float {
        /// The value, exact in f64 for every narrower type.
        value: F64,
        /// A float type.
        ty: Type,
    },
    /// `"text"`; bytes as written, unescaped.
    String(Str),
    /// `[a, b]`
    Array(Vec<Attr>),
    /// `array<i32: 1, 2>`; each element an `Integer`, `Float` or `Bool` attribute of the element type.
    DenseArray {
        /// Element type.
        element: Type,
        /// Elements.
        values: Vec<Attr>,
    },
    /// `dense<[...]> : tensor<2xf32>`; a splat has one value, hexadecimal blobs are expanded.
    DenseElements {
        /// The tensor type.
        ty: Type,
        /// Elements in row-major order, or the splat.
        values: Vec<Attr>,
    },
    /// `{a = 1 : i64, b}` sorted by name.
    Dictionary(Vec<(Str, Attr)>),
    /// `@a::@b`
    SymbolRef(Vec<Str>),
    /// A type as an attribute: `f32`, `tensor<1xf32>`.
    Type(Type),
    /// A location as an attribute: `loc("x")`.
    Location(Loc),
    /// `#tpu<round_mode HalfUp>`: an enum of a dialect.
    Enum {
        /// `tpu`
        dialect: Str,
        /// `round_mode`
        name: Str,
        /// `HalfUp`
        case: Str,
    },
    /// `#tpu.lg<out_addr = 0, n_idx = [0]>`: a structured attribute of a dialect. Integers inside carry no type.
    Struct {
        /// `tpu`
        dialect: Str,
        /// `lg`
        name: Str,
        /// Parameters in the order of the definition.
        fields: Vec<(Str, Attr)>,
    },
    /// An attribute of a dialect that is not known here, kept as text: `#dialect.body`.
    Opaque {
        /// Everything after the `#`.
        text: Str,
    },
}

/// What a [`Loc`] is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LocKind {
    /// `loc(unknown)`
    Unknown,
    /// `loc("name")`, `loc("name"(child))`
    Name {
        /// The name: the tensor's name throughout this project.
        name: Str,
        /// A nested location, `unknown` where none was written.
        child: Option<Loc>,
    },
    /// `loc("file":1:2)`
    FileLineCol {
        /// File name.
        file: Str,
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// `loc(fused[a, b])`, `loc(fused<attr>[a, b])`: one location for each result of an operation with several.
    Fused {
        /// The parts.
        parts: Vec<Loc>,
        /// Metadata.
        metadata: Option<Attr>,
    },
    /// `loc(callsite(a at b))`
    CallSite {
        /// Where the callee is.
        callee: Loc,
        /// Where the call is.
        caller: Loc,
    },
}
