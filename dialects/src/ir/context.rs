//! The context owns everything: interned strings, types, attributes and locations, and the arenas of operations,
//! blocks, regions and values. Reading is done with `&Context`; the graph is changed through
//! [`Rewriter`](super::Rewriter) only.

use super::{
    Attr, AttrKind, Block, DialectRegistry, FloatKind, Loc, LocKind, Op, OpInfo, Region, Signedness, Span,
    Str, Type, TypeKind, Value,
};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;
use std::sync::Arc;

type Interner<T> = IndexSet<T, FxBuildHasher>;

/// Attributes of an operation, sorted by name as MLIR prints them.
pub type AttrMap = SmallVec<[(Str, Attr); 8]>;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueDef {
    /// The `index`-th result of `op`.
    Result {
        /// The operation.
        op: Op,
        /// Which result.
        index: u32,
    },
    /// The `index`-th argument of `block`.
    Argument {
        /// The block.
        block: Block,
        /// Which argument.
        index: u32,
    },
}

/// One use of a value: operand `index` of `op`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// The user.
    pub op: Op,
    /// Which operand.
    pub index: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct ValueData {
    pub ty: Type,
    pub def: ValueDef,
    pub uses: SmallVec<[Use; 2]>,
    /// Location of a block argument; results use their operation's.
    pub loc: Option<Loc>,
}

#[derive(Clone, Debug)]
pub(crate) struct OpData {
    pub name: Str,
    pub operands: SmallVec<[Value; 4]>,
    pub results: SmallVec<[Value; 1]>,
    pub attrs: AttrMap,
    pub regions: SmallVec<[Region; 1]>,
    pub loc: Loc,
    pub span: Option<Span>,
    pub block: Option<Block>,
    pub previous: Option<Op>,
    pub next: Option<Op>,
    pub erased: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct BlockData {
    pub arguments: SmallVec<[Value; 2]>,
    pub first: Option<Op>,
    pub last: Option<Op>,
    pub region: Option<Region>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RegionData {
    pub blocks: SmallVec<[Block; 1]>,
    pub parent: Option<Op>,
}

/// Owner of a program. See the module's text.
#[derive(Clone)]
pub struct Context {
    strings: Interner<Arc<str>>,
    types: Interner<TypeKind>,
    attrs: Interner<AttrKind>,
    locs: Interner<LocKind>,
    pub(crate) ops: Vec<OpData>,
    pub(crate) blocks: Vec<BlockData>,
    pub(crate) regions: Vec<RegionData>,
    pub(crate) values: Vec<ValueData>,
    registry: DialectRegistry,
    infos: FxHashMap<Str, &'static OpInfo>,
    /// Operations of unknown dialects are accepted (`--allow-unregistered-dialect`).
    pub allow_unregistered: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self::new(DialectRegistry::all())
    }
}

impl Context {
    /// An empty context that knows the operations of `registry`.
    pub fn new(registry: DialectRegistry) -> Self {
        let mut ctx = Self {
            strings: Interner::default(),
            types: Interner::default(),
            attrs: Interner::default(),
            locs: Interner::default(),
            ops: Vec::new(),
            blocks: Vec::new(),
            regions: Vec::new(),
            values: Vec::new(),
            registry,
            infos: FxHashMap::default(),
            allow_unregistered: false,
        };
        for info in ctx.registry.ops() {
            let name = ctx.str(info.name);
            ctx.infos.insert(name, info);
        }
        ctx
    }

    /// The operations that this context knows.
    pub fn registry(&self) -> &DialectRegistry {
        &self.registry
    }

    // ------------------------------------------------------------------ strings, locations

    /// Interns a string.
    pub fn str(&mut self, text: &str) -> Str {
        if let Some(index) = self.strings.get_index_of(text) {
            return Str::from_index(index);
        }
        Str::from_index(self.strings.insert_full(Arc::from(text)).0)
    }

    /// The id of `text` if it was interned before.
    pub fn find_str(&self, text: &str) -> Option<Str> {
        self.strings.get_index_of(text).map(Str::from_index)
    }

    /// The text of an interned string.
    pub fn text(&self, id: Str) -> &str {
        &self.strings[id.index()]
    }

    /// Interns a location.
    pub fn loc(&mut self, kind: LocKind) -> Loc {
        Loc::from_index(self.locs.insert_full(kind).0)
    }

    /// `loc("name")`
    pub fn loc_name(&mut self, name: &str) -> Loc {
        let name = self.str(name);
        self.loc(LocKind::Name { name, child: None })
    }

    /// The id of a location if it was interned before.
    pub(crate) fn find_loc(&self, kind: &LocKind) -> Option<Loc> {
        self.locs.get_index_of(kind).map(Loc::from_index)
    }

    /// `loc(unknown)`
    pub fn loc_unknown(&mut self) -> Loc {
        self.loc(LocKind::Unknown)
    }

    /// What a location is.
    pub fn loc_kind(&self, loc: Loc) -> &LocKind {
        &self.locs[loc.index()]
    }

    // ------------------------------------------------------------------ types

    /// Interns a type.
    pub fn ty(&mut self, kind: TypeKind) -> Type {
        Type::from_index(self.types.insert_full(kind).0)
    }

    /// What a type is.
    pub fn type_kind(&self, ty: Type) -> &TypeKind {
        &self.types[ty.index()]
    }

    /// `none`
    pub fn none_type(&mut self) -> Type {
        self.ty(TypeKind::None)
    }

    /// `f32`
    pub fn f32_type(&mut self) -> Type {
        self.ty(TypeKind::Float(FloatKind::F32))
    }

    /// `f64`
    pub fn f64_type(&mut self) -> Type {
        self.ty(TypeKind::Float(FloatKind::F64))
    }

    /// `i<width>`
    pub fn int_type(&mut self, width: u32) -> Type {
        self.ty(TypeKind::Integer {
            width,
            signedness: Signedness::Signless,
        })
    }

    /// `ui<width>`
    pub fn uint_type(&mut self, width: u32) -> Type {
        self.ty(TypeKind::Integer {
            width,
            signedness: Signedness::Unsigned,
        })
    }

    /// `si<width>`
    pub fn sint_type(&mut self, width: u32) -> Type {
        self.ty(TypeKind::Integer {
            width,
            signedness: Signedness::Signed,
        })
    }

    /// `tensor<SHAPExELEMENT>`
    pub fn tensor_type(&mut self, shape: &[i64], element: Type) -> Type {
        self.ty(TypeKind::Tensor {
            shape: shape.into(),
            element,
            encoding: None,
        })
    }

    /// `tensor<*xELEMENT>`
    pub fn unranked_type(&mut self, element: Type) -> Type {
        self.ty(TypeKind::UnrankedTensor { element })
    }

    /// `(inputs) -> results`
    pub fn function_type(&mut self, inputs: &[Type], results: &[Type]) -> Type {
        self.ty(TypeKind::Function {
            inputs: inputs.into(),
            results: results.into(),
        })
    }

    /// The same tensor type with another element type. Anything but a tensor is returned unchanged.
    pub fn with_element(&mut self, ty: Type, element: Type) -> Type {
        match self.type_kind(ty).clone() {
            TypeKind::Tensor { shape, encoding, .. } => self.ty(TypeKind::Tensor {
                shape,
                element,
                encoding,
            }),
            TypeKind::UnrankedTensor { .. } => self.ty(TypeKind::UnrankedTensor { element }),
            _ => ty,
        }
    }

    /// The same tensor type with another shape (and no encoding). Anything but a tensor is returned unchanged.
    pub fn with_shape(&mut self, ty: Type, shape: &[i64]) -> Type {
        match self.element_type(ty) {
            Some(element) => self.tensor_type(shape, element),
            None => ty,
        }
    }

    /// The same ranked tensor type with another encoding.
    pub fn with_encoding(&mut self, ty: Type, encoding: Option<Attr>) -> Type {
        match self.type_kind(ty).clone() {
            TypeKind::Tensor { shape, element, .. } => self.ty(TypeKind::Tensor {
                shape,
                element,
                encoding,
            }),
            _ => ty,
        }
    }

    /// Dimensions of a ranked tensor type.
    pub fn type_shape(&self, ty: Type) -> Option<&[i64]> {
        match self.type_kind(ty) {
            TypeKind::Tensor { shape, .. } => Some(shape),
            _ => None,
        }
    }

    /// Element type of a tensor type, ranked or not.
    pub fn element_type(&self, ty: Type) -> Option<Type> {
        match self.type_kind(ty) {
            TypeKind::Tensor { element, .. } | TypeKind::UnrankedTensor { element } => Some(*element),
            _ => None,
        }
    }

    /// Global memory address that a tensor type carries as its encoding.
    pub fn type_address(&self, ty: Type) -> Option<i64> {
        match self.type_kind(ty) {
            TypeKind::Tensor {
                encoding: Some(encoding),
                ..
            } => self.attr_as_i64(*encoding),
            _ => None,
        }
    }

    /// Whether the type is `none`.
    pub fn is_none_type(&self, ty: Type) -> bool {
        matches!(self.type_kind(ty), TypeKind::None)
    }

    // ------------------------------------------------------------------ attributes

    /// Interns an attribute.
    pub fn attr(&mut self, kind: AttrKind) -> Attr {
        Attr::from_index(self.attrs.insert_full(kind).0)
    }

    /// What an attribute is.
    pub fn attr_kind(&self, attr: Attr) -> &AttrKind {
        &self.attrs[attr.index()]
    }

    /// `value : i64`
    pub fn i64_attr(&mut self, value: i64) -> Attr {
        let ty = self.int_type(64);
        self.attr(AttrKind::Integer {
            value: value.into(),
            ty,
        })
    }

    /// `value : i32`
    pub fn i32_attr(&mut self, value: i32) -> Attr {
        let ty = self.int_type(32);
        self.attr(AttrKind::Integer {
            value: value.into(),
            ty,
        })
    }

    /// `value : si32`
    pub fn si32_attr(&mut self, value: i32) -> Attr {
        let ty = self.sint_type(32);
        self.attr(AttrKind::Integer {
            value: value.into(),
            ty,
        })
    }

    /// `value : f64`
    pub fn f64_attr(&mut self, value: f64) -> Attr {
        let ty = self.f64_type();
        self.attr(AttrKind::Float {
            value: value.into(),
            ty,
        })
    }

    /// `true`, `false`
    pub fn bool_attr(&mut self, value: bool) -> Attr {
        self.attr(AttrKind::Bool(value))
    }

    /// `"text"`
    pub fn string_attr(&mut self, text: &str) -> Attr {
        let text = self.str(text);
        self.attr(AttrKind::String(text))
    }

    /// `[1, 2]` of `i64`
    pub fn i64_array_attr(&mut self, values: &[i64]) -> Attr {
        let values = values.iter().map(|value| self.i64_attr(*value)).collect();
        self.attr(AttrKind::Array(values))
    }

    /// `[1.0, 2.0]` of `f64`
    pub fn f64_array_attr(&mut self, values: &[f64]) -> Attr {
        let values = values.iter().map(|value| self.f64_attr(*value)).collect();
        self.attr(AttrKind::Array(values))
    }

    /// `["a", "b"]`
    pub fn string_array_attr<S: AsRef<str>>(&mut self, values: &[S]) -> Attr {
        let values = values
            .iter()
            .map(|value| self.string_attr(value.as_ref()))
            .collect();
        self.attr(AttrKind::Array(values))
    }

    /// `array<i32: 1, 2>`
    pub fn dense_i32_attr(&mut self, values: &[i32]) -> Attr {
        let element = self.int_type(32);
        let values = values.iter().map(|value| self.i32_attr(*value)).collect();
        self.attr(AttrKind::DenseArray { element, values })
    }

    /// `#DIALECT<NAME CASE>`
    pub fn enum_attr(&mut self, dialect: &str, name: &str, case: &str) -> Attr {
        let (dialect, name, case) = (self.str(dialect), self.str(name), self.str(case));
        self.attr(AttrKind::Enum { dialect, name, case })
    }

    /// The integer of an integer attribute that fits 64 bits.
    pub fn attr_as_i64(&self, attr: Attr) -> Option<i64> {
        match self.attr_kind(attr) {
            AttrKind::Integer { value, .. } => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The number of a float attribute.
    pub fn attr_as_f64(&self, attr: Attr) -> Option<f64> {
        match self.attr_kind(attr) {
            AttrKind::Float { value, .. } => Some(value.get()),
            _ => None,
        }
    }

    /// The value of a boolean attribute.
    pub fn attr_as_bool(&self, attr: Attr) -> Option<bool> {
        match self.attr_kind(attr) {
            AttrKind::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a string attribute, or the case of an enum attribute.
    pub fn attr_as_str(&self, attr: Attr) -> Option<&str> {
        match self.attr_kind(attr) {
            AttrKind::String(text) | AttrKind::Enum { case: text, .. } => Some(self.text(*text)),
            _ => None,
        }
    }

    /// The integers of an array (`[1, 2]` or `array<i64: 1, 2>`).
    pub fn attr_as_i64s(&self, attr: Attr) -> Option<Vec<i64>> {
        match self.attr_kind(attr) {
            AttrKind::Array(values) | AttrKind::DenseArray { values, .. } => {
                values.iter().map(|value| self.attr_as_i64(*value)).collect()
            }
            _ => None,
        }
    }

    /// The numbers of an array of floats.
    pub fn attr_as_f64s(&self, attr: Attr) -> Option<Vec<f64>> {
        match self.attr_kind(attr) {
            AttrKind::Array(values) | AttrKind::DenseArray { values, .. } => {
                values.iter().map(|value| self.attr_as_f64(*value)).collect()
            }
            _ => None,
        }
    }

    /// The texts of an array of strings.
    pub fn attr_as_strs(&self, attr: Attr) -> Option<Vec<&str>> {
        match self.attr_kind(attr) {
            AttrKind::Array(values) => values.iter().map(|value| self.attr_as_str(*value)).collect(),
            _ => None,
        }
    }

    // ------------------------------------------------------------------ operations

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

    // ------------------------------------------------------------------ names

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

    // ------------------------------------------------------------------ values

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

    // ------------------------------------------------------------------ blocks and regions

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
