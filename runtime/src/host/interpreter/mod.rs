//! The chip's own interpreter: dynamic sub-nets hold a list of layers instead of commands.
//!
//! A program is a list of 32-bit little-endian words:
//! ```text
//! input ids, output ids (one word each, in the sub-net's order)
//! number of groups, then for each group
//!     number of extra shape tensors, their ids
//!     timesteps << 16 | ..        flags and numbers of inputs and outputs (bytes 2, 1)
//!     pipeline stages (byte 0)    largest batch
//!     input ids                   (four words each instead of one where rows are split: flag bit 0)
//!     output ids << 16 | uses
//!     one timestep: a layer       more: for each timestep the number of layers, the layers, the number of moves, the moves
//! layer of one timestep: type, data size, store modes of input and output, bytes of parameters, parameters, tensors
//! layer of several:      (stage << 16 | bytes, if pipelined,) the same, tensors with local addresses
//! tensor: is it a network input or output, id, and if it is not, its 64-bit address; of a weight the address; of a shape the id
//! move:   (stage << 16 | bytes, if pipelined,) type, bytes of parameters, parameters
//! ```
//! Layers of several timesteps work on slices in local memory; the values are those of the whole tensors, so slices and
//! moves between the memories are not repeated here. Source: TPU-MLIR's writer of these programs; `docs/bm1684.md` says
//! which layers were compared with the vendor's simulator.

mod program;
mod run;

pub use program::{Program, ProgramError};
pub use run::{Memory, RunError, Value};

/// Names of the layers, by their code, for messages; empty where a code is not used.
const LAYER_NAMES: &[&str] = &[
    "convolution",
    "pooling",
    "LRN",
    "matrix product",
    "split",
    "data",
    "relu",
    "concatenation",
    "batch norm",
    "scale",
    "elementwise",
    "prelu",
    "LSTM",
    "permute",
    "normalize",
    "reorg",
    "priorbox",
    "flatten",
    "reshape",
    "softmax",
    "interp",
    "RPN",
    "deconvolution",
    "crop",
    "mulshift",
    "pooling (tf)",
    "pad",
    "arg",
    "tile",
    "select",
    "reduce",
    "broadcast binary",
    "constant binary",
    "elementwise binary",
    "bias add",
    "active",
    "tensor arithmetic",
    "split (tf)",
    "shape of a tensor",
    "shape constant",
    "shape arithmetic",
    "shape slice",
    "shape pack",
    "shape assign",
    "shape reorder",
    "expand dimension",
    "squeeze",
    "pad by shape",
    "crop by shape",
    "transpose",
    "full reduce",
    "strided slice",
    "space to batch",
    "batch to space",
    "output",
    "expand",
    "embedding",
    "top k",
    "cumulative sum",
    "shape add",
    "ROI pooling",
    "constant fill",
    "simple crop",
    "slice like",
    "adaptive pooling",
    "batch matrix product",
    "upsample",
    "shape range",
    "shape tile",
    "shape reverse",
    "shape expand",
    "shape cast",
    "shape reshape",
    "shape reduce",
    "type conversion",
    "YOLO",
    "SSD detection",
    "host to device",
    "device to host",
    "tensor array",
    "array write",
    "array read",
    "array size",
    "array scatter",
    "array gather",
    "array split",
    "array concat",
    "PSROI pooling",
    "shape unary",
    "shape split",
    "shape squeeze",
    "rank",
    "where",
    "YOLOv3 detection",
    "masked select",
    "sort",
    "index select",
    "NMS",
    "slice",
    "shape size slice",
    "weight as tensor",
    "shape select",
    "depth to space",
    "where, squeeze, gather",
    "reverse",
    "broadcast like",
    "lookup table",
    "matrix band",
    "arithmetic shift",
    "3-D convolution",
    "3-D pooling",
    "stride calculation",
    "interleave",
    "bitwise",
    "binary shift",
    "GRU",
    "LSTM (torch)",
    "several masked selects",
    "TPU kernel",
    "sequence",
];

/// Name of a layer, for messages.
fn layer_name(code: u32) -> String {
    match usize::try_from(code)
        .ok()
        .and_then(|index| LAYER_NAMES.get(index))
    {
        Some(name) => format!("{name} ({code})"),
        None => format!("kind {code}"),
    }
}
