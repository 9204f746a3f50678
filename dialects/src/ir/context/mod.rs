//! The context owns everything: interned strings, types, attributes and locations, and the arenas of operations,
//! blocks, regions and values. Reading is done with `&Context`; the graph is changed through
//! [`Rewriter`](super::Rewriter) only.

mod attributes;
mod graph;
mod operations;
mod types;

use super::{
    Attr, AttrKind, Block, DialectRegistry, Loc, LocKind, Op, OpInfo, Region, Span, Str, Type, TypeKind,
    Value,
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
}
