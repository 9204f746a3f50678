//! Layer groups (pass `layer-group`): operations that hand their tensors on in local memory.
//!
//! A group is a run of neighbours. Its tensors are cut into slices over batches and rows; a slice goes through all of its
//! operations before the next one begins, so that only what the group takes in and gives out moves through DDR. Windows read
//! rows beside a slice's own (halo), which are computed again by the neighbour slice.
//!
//! - [`graph`]: operations and tensors by number, and which operations can be in a group ([`rows`], [`weights`])
//! - [`order`]: operations that can be in groups come first, as far as they need no others
//! - [`moves`]: operations that only move channels, which is done early
//! - [`measure`]: cycles of operations and moves, by emitting them and asking the cost model
//! - [`seen`]: how a group sees its tensors: by their own sizes, by others ([`flat`]), or as bands of rows side by side ([`bands`])
//! - [`shape`]: a run of operations with slices; rows of every tensor in every slice
//! - [`estimate`]: how long a group takes, and whether it fits
//! - [`search`]: cuts the program into groups by dynamic programming; [`cache`] keeps what it found
//! - [`shift`]: moves cuts to where less is handed on
//! - [`memory`]: places in local memory, and when weights are brought
//! - [`build`]: makes `tpu.Group` of them, [`ginfo`] says what stands in `#tpu.lg<...>`
//! - [`emit`]: makes commands of a `tpu.Group`, which `read` understands
//! - [`explain`]: tells of a finished program what its groups take, and why operations are in none
//!
//! The order of operations in a group's body is the order of their commands. A group of one slice brings weights as early as
//! their place is free, so that GDMA runs ahead; a group of several slices keeps its weights, loads the next slice while one is
//! computed, and stores the one before.

pub mod bands;
pub mod build;
pub mod cache;
pub mod emit;
pub mod estimate;
pub mod explain;
pub mod flat;
pub mod ginfo;
pub mod graph;
pub mod measure;
pub mod memory;
pub mod moves;
pub mod order;
pub mod pass;
mod pipeline;
mod read;
pub mod rows;
pub mod search;
pub mod seen;
pub mod shape;
pub mod shift;
pub mod weights;

/// A range of rows or batches: the first, and how many.
pub type Range = (usize, usize);
