//! BM1684 code generation: operations of the `tpu` dialect become TIU and GDMA commands.
//!
//! Layers, from the bottom:
//! - [`tensor`]: views of tensors in DDR ([`tensor::Global`]) and in local memory ([`tensor::Local`])
//! - [`emitter`]: collects commands, gives ids, finds what a command must wait for
//! - [`tiu`], [`dma`]: one method of the emitter per command
//! - [`arith`]: short sequences over local tensors (relu, quantise, ...), [`transcendental`]: exp, log, sin, ...
//! - drivers that plan tiles, loads and stores, and call an operation's local part for each tile:
//!   [`window`] and [`unfold`] (convolution, pooling, matrix products), [`volume`] (the same in three dimensions),
//!   [`recurrence`], [`elementwise`], [`along_axis`] (softmax, sums, normalisations), [`movement`]
//! - one file per operation, which reads attributes and fills in a driver's parameters; [`codegen::OPS`] lists them
//! - [`coefficient`] says how weights are laid out, [`lay_out`] does it, [`address`] assigns addresses ([`alias`]: what is
//!   the same memory, [`allocate`]: what shares it over time, [`weight_sharing`]: equal weights), [`codegen`] walks the program
//!
//! To add an operation: write `NAME.rs` with `pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()>`, take tensors
//! with [`codegen::Codegen::tensor`], fill an [`elementwise::Elementwise`] (or another driver) whose `local` closure
//! works on aligned local tensors, and add a row to [`codegen::OPS`].

pub mod active;
pub mod address;
pub mod alias;
pub mod allocate;
pub mod along_axis;
pub mod arg;
pub mod arith;
pub mod binary;
pub mod cast;
pub mod codegen;
pub mod coefficient;
mod coefficient_area;
pub mod compare;
pub mod compatibility;
pub mod conv2d;
pub mod conv3d;
pub mod deconv;
pub mod deconv3d;
pub mod depth2space;
pub mod dma;
pub mod dma_plan;
pub mod elementwise;
pub mod emitter;
pub mod error;
pub mod fold;
pub mod gather;
pub mod generic_cpu;
pub mod group;
pub mod gru;
pub mod interp;
pub mod lay_out;
pub mod lrn;
pub mod lstm;
pub mod lut;
pub mod matmul;
pub mod movement;
pub mod norm;
pub mod pad;
pub mod parts;
pub mod passes;
pub mod pool2d;
pub mod pool3d;
pub mod recurrence;
pub mod reduce;
pub mod resident;
pub mod resident_moves;
pub mod scale;
pub mod shape;
pub mod side_by_side;
pub mod softmax;
pub mod spread;
pub mod strip_io_quant;
pub mod tensor;
pub mod tiu;
pub mod transcendental;
pub mod unary;
pub mod unfold;
pub mod volume;
pub mod weight_sharing;
pub mod window;
