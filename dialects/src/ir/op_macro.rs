//! `op!`: declares an operation once; everything else follows from the declaration.

/// Declares an operation.
///
/// ```ignore
/// op! {
///     /// What it computes, formula, layout.
///     pub Conv = "top.Conv", "N-dimensional convolution";
///     operands: input: One, filter: One, bias: Optional;
///     results: output: One;
///     attrs: do_relu: bool [= false], kernel_shape: i64s [required], relu_limit: f64 [= -1.0], weight_bits: i64 [optional];
///     traits: SupportFuseRelu, LocalGen;
///     verify: Some(verify);
///     infer_shape: Some(infer_shape);
///     flops: Some(flops);
/// }
/// ```
/// Attribute kinds: `i64 int si32 f64 bool str i64s f64s strs i32s unit any`, `(str "A" "B")`, `(tpu "round_mode" "HalfUp" "HalfDown")`,
/// `(lg "lg")`. Attributes are listed in alphabetical order (a test checks). `regions: N;` may stand before `traits`.
///
/// The macro makes a `Copy` struct that implements [`OpView`](crate::ir::OpView), with accessors:
/// `conv.input(ctx) -> Value`; `conv.bias(ctx) -> Option<Value>` (`None` where it is missing or of type `none`);
/// `concat.inputs(ctx) -> &[Value]` for variadic ones; results likewise; `conv.kernel_shape(ctx) -> Vec<i64>`:
/// required attributes and those with a default give the plain value (the type's zero if the text lacks a required one,
/// which the verifier reports), optional ones an `Option`. An accessor's name is the attribute's.
#[macro_export]
macro_rules! op {
    (
        $(#[$doc:meta])*
        pub $view:ident = $name:literal, $summary:literal;
        operands: $($operand:ident : $operand_arity:ident),* $(,)?;
        results: $($result:ident : $result_arity:ident),* $(,)?;
        attrs: $($attr:ident : $kind:tt [$($mode:tt)*]),* $(,)?;
        $(regions: $regions:expr;)?
        traits: $($trait:ident),* $(,)?;
        verify: $verify:expr;
        infer_shape: $infer_shape:expr;
        flops: $flops:expr;
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $view($crate::ir::Op);

        impl $crate::ir::OpView for $view {
            const INFO: &'static $crate::ir::OpInfo = &$crate::ir::OpInfo {
                name: $name,
                summary: $summary,
                operands: &[$($crate::ir::ValueSpec {
                    name: stringify!($operand), arity: $crate::ir::Arity::$operand_arity,
                }),*],
                results: &[$($crate::ir::ValueSpec {
                    name: stringify!($result), arity: $crate::ir::Arity::$result_arity,
                }),*],
                attrs: &[$($crate::ir::AttrSpec {
                    name: $crate::ir::plain(stringify!($attr)),
                    kind: $crate::op!(@kind $kind),
                    optional: $crate::op!(@is_optional $($mode)*),
                    default: $crate::op!(@default $kind [$($mode)*]),
                }),*],
                regions: 0 $(+ $regions)?,
                traits: &[$($crate::ir::Trait::$trait),*],
                verify: $verify,
                infer_shape: $infer_shape,
                flops: $flops,
            };
            fn new_unchecked(op: $crate::ir::Op) -> Self {
                Self(op)
            }
            fn op(self) -> $crate::ir::Op {
                self.0
            }
        }

        #[allow(missing_docs, dead_code, non_snake_case, clippy::missing_docs_in_private_items)]
        impl $view {
            $($crate::op!{@operand $operand $operand_arity})*
            $($crate::op!{@result $result $result_arity})*
            $($crate::op!{@accessor $attr $kind [$($mode)*]})*
        }
    };

    (@kind i64) => { $crate::ir::AttrSpecKind::I64 };
    (@kind si32) => { $crate::ir::AttrSpecKind::Integer };
    (@kind int) => { $crate::ir::AttrSpecKind::Integer };
    (@kind f64) => { $crate::ir::AttrSpecKind::F64 };
    (@kind bool) => { $crate::ir::AttrSpecKind::Bool };
    (@kind str) => { $crate::ir::AttrSpecKind::Str };
    (@kind i64s) => { $crate::ir::AttrSpecKind::I64Array };
    (@kind f64s) => { $crate::ir::AttrSpecKind::F64Array };
    (@kind strs) => { $crate::ir::AttrSpecKind::StrArray };
    (@kind i32s) => { $crate::ir::AttrSpecKind::DenseI32Array };
    (@kind unit) => { $crate::ir::AttrSpecKind::Unit };
    (@kind any) => { $crate::ir::AttrSpecKind::Any };
    (@kind (str $($case:literal)*)) => { $crate::ir::AttrSpecKind::StrEnum(&[$($case),*]) };
    (@kind (tpu $enum_name:literal $($case:literal)*)) => { $crate::ir::AttrSpecKind::Enum($enum_name, &[$($case),*]) };
    (@kind (lg $struct_name:literal)) => { $crate::ir::AttrSpecKind::Struct($struct_name) };

    (@is_optional required) => { false };
    (@is_optional optional) => { true };
    (@is_optional = $default:expr) => { true };

    (@default $kind:tt [required]) => { None };
    (@default $kind:tt [optional]) => { None };
    (@default i64 [= $value:expr]) => { Some($crate::ir::AttrDefault::I64($value)) };
    (@default si32 [= $value:expr]) => { Some($crate::ir::AttrDefault::SI32($value)) };
    (@default int [= $value:expr]) => { Some($crate::ir::AttrDefault::I32($value)) };
    (@default f64 [= $value:expr]) => { Some($crate::ir::AttrDefault::F64($value)) };
    (@default bool [= $value:expr]) => { Some($crate::ir::AttrDefault::Bool($value)) };
    (@default str [= $value:expr]) => { Some($crate::ir::AttrDefault::Str($value)) };
    (@default i64s [= $value:expr]) => { Some($crate::ir::AttrDefault::I64Array(&$value)) };
    (@default f64s [= $value:expr]) => { Some($crate::ir::AttrDefault::F64Array(&$value)) };
    (@default (str $($case:literal)*) [= $value:expr]) => { Some($crate::ir::AttrDefault::Str($value)) };
    (@default (tpu $enum_name:literal $($case:literal)*) [= $value:expr]) => { Some($crate::ir::AttrDefault::Enum($enum_name, $value)) };

    (@operand $name:ident One) => {
        pub fn $name(self, ctx: &$crate::ir::Context) -> $crate::ir::Value {
            let index = const { $crate::ir::position(<Self as $crate::ir::OpView>::INFO.operands, stringify!($name)) };
            ctx.operand(self.0, index)
        }
    };
    (@operand $name:ident Optional) => {
        pub fn $name(self, ctx: &$crate::ir::Context) -> Option<$crate::ir::Value> {
            let index = const { $crate::ir::position(<Self as $crate::ir::OpView>::INFO.operands, stringify!($name)) };
            ctx.operands(self.0).get(index).copied().filter(|value| !ctx.is_none(*value))
        }
    };
    (@operand $name:ident Variadic) => {
        pub fn $name(self, ctx: &$crate::ir::Context) -> &[$crate::ir::Value] {
            let index = const { $crate::ir::position(<Self as $crate::ir::OpView>::INFO.operands, stringify!($name)) };
            ctx.operands(self.0).get(index..).unwrap_or_default()
        }
    };
    (@result $name:ident One) => {
        pub fn $name(self, ctx: &$crate::ir::Context) -> $crate::ir::Value {
            let index = const { $crate::ir::position(<Self as $crate::ir::OpView>::INFO.results, stringify!($name)) };
            ctx.results(self.0)[index]
        }
    };
    (@result $name:ident Optional) => {
        pub fn $name(self, ctx: &$crate::ir::Context) -> Option<$crate::ir::Value> {
            let index = const { $crate::ir::position(<Self as $crate::ir::OpView>::INFO.results, stringify!($name)) };
            ctx.results(self.0).get(index).copied().filter(|value| !ctx.is_none(*value))
        }
    };
    (@result $name:ident Variadic) => {
        pub fn $name(self, ctx: &$crate::ir::Context) -> &[$crate::ir::Value] {
            let index = const { $crate::ir::position(<Self as $crate::ir::OpView>::INFO.results, stringify!($name)) };
            ctx.results(self.0).get(index..).unwrap_or_default()
        }
    };

    (@accessor $attr:ident i64 [$($mode:tt)*]) => { $crate::op!{@get $attr i64 get_i64 0 [$($mode)*]} };
    (@accessor $attr:ident int [$($mode:tt)*]) => { $crate::op!{@get $attr i64 get_i64 0 [$($mode)*]} };
    (@accessor $attr:ident si32 [$($mode:tt)*]) => { $crate::op!{@get $attr i64 get_i64 0 [$($mode)*]} };
    (@accessor $attr:ident f64 [$($mode:tt)*]) => { $crate::op!{@get $attr f64 get_f64 0.0 [$($mode)*]} };
    (@accessor $attr:ident bool [$($mode:tt)*]) => { $crate::op!{@get $attr bool get_bool false [$($mode)*]} };
    (@accessor $attr:ident i64s [$($mode:tt)*]) => { $crate::op!{@get_list $attr i64 get_i64s [$($mode)*]} };
    (@accessor $attr:ident i32s [$($mode:tt)*]) => { $crate::op!{@get_list $attr i64 get_i64s [$($mode)*]} };
    (@accessor $attr:ident f64s [$($mode:tt)*]) => { $crate::op!{@get_list $attr f64 get_f64s [$($mode)*]} };
    (@accessor $attr:ident str [$($mode:tt)*]) => { $crate::op!{@get_str $attr [$($mode)*]} };
    (@accessor $attr:ident (str $($case:literal)*) [$($mode:tt)*]) => { $crate::op!{@get_str $attr [$($mode)*]} };
    (@accessor $attr:ident (tpu $($rest:literal)*) [$($mode:tt)*]) => { $crate::op!{@get_str $attr [$($mode)*]} };
    (@accessor $attr:ident $kind:tt [$($mode:tt)*]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> Option<$crate::ir::Attr> {
            ctx.get_attr(self.0, $crate::ir::plain(stringify!($attr)))
        }
    };
    (@get $attr:ident $ty:ident $getter:ident $zero:literal [optional]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> Option<$ty> {
            ctx.$getter(self.0, $crate::ir::plain(stringify!($attr)))
        }
    };
    (@get $attr:ident $ty:ident $getter:ident $zero:literal [required]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> $ty {
            ctx.$getter(self.0, $crate::ir::plain(stringify!($attr))).unwrap_or($zero)
        }
    };
    (@get $attr:ident $ty:ident $getter:ident $zero:literal [= $default:expr]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> $ty {
            ctx.$getter(self.0, $crate::ir::plain(stringify!($attr))).unwrap_or($default)
        }
    };
    (@get_list $attr:ident $ty:ident $getter:ident [optional]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> Option<Vec<$ty>> {
            ctx.$getter(self.0, $crate::ir::plain(stringify!($attr)))
        }
    };
    (@get_list $attr:ident $ty:ident $getter:ident [required]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> Vec<$ty> {
            ctx.$getter(self.0, $crate::ir::plain(stringify!($attr))).unwrap_or_default()
        }
    };
    (@get_list $attr:ident $ty:ident $getter:ident [= $default:expr]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> Vec<$ty> {
            ctx.$getter(self.0, $crate::ir::plain(stringify!($attr))).unwrap_or_else(|| $default.to_vec())
        }
    };
    (@get_str $attr:ident [optional]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> Option<&str> {
            ctx.get_str(self.0, $crate::ir::plain(stringify!($attr)))
        }
    };
    (@get_str $attr:ident [required]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> &str {
            ctx.get_str(self.0, $crate::ir::plain(stringify!($attr))).unwrap_or_default()
        }
    };
    (@get_str $attr:ident [= $default:expr]) => {
        pub fn $attr(self, ctx: &$crate::ir::Context) -> &str {
            ctx.get_str(self.0, $crate::ir::plain(stringify!($attr))).unwrap_or($default)
        }
    };
}
