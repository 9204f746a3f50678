//! Typed `u32` ids: handles into the arenas and interners of a [`Context`](super::Context).
//!
//! An id is only meaningful together with the context that made it. Ids of erased operations are never reused.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// Position in the arena or interner; dense, so it can index side tables.
            pub fn index(self) -> usize {
                self.0 as usize
            }
            pub(crate) fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("fewer than 2^32 entities"))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "{}"), self.0)
            }
        }
    };
}

id!(
    /// An operation.
    Op
);
id!(
    /// A block: a list of operations with arguments.
    Block
);
id!(
    /// A region: a list of blocks, owned by an operation.
    Region
);
id!(
    /// An SSA value: an operation's result or a block's argument.
    Value
);
id!(
    /// An interned type.
    Type
);
id!(
    /// An interned attribute.
    Attr
);
id!(
    /// An interned location.
    Loc
);
id!(
    /// An interned string: an operation name, attribute name, tensor name.
    Str
);
