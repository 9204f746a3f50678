//! Bands: parts of the rows of a tensor side by side in lanes.
//!
//! Tensors of few channels leave most lanes idle. Here their rows are cut into bands, and the channels of each band take lanes of
//! their own: `[n, c, h, w]` is seen as `[n, bands c, h / bands, w]`. A convolution's filter is repeated for each band along the
//! diagonal of a larger filter, zeros beside it. What is loaded for a window has the rows that it reads beside a band (halo), so
//! a window is no longer padded above and below; the rows beside the tensor are zeros in local memory. What is computed has no such rows, so
//! windows are first in a group.

use super::super::codegen::Codegen;
use super::super::emitter::Emitter;
use super::super::error::Result;
use super::super::fold::Folded;
use super::super::tensor::{Dims, Global, Local};
use super::graph::{Graph, Node, Tensor};
use super::rows::{self, Rows};
use tpuc_dialects::ir::{Op, Value};
use tpuc_runtime::isa::memory_map::LANE_COUNT;

/// Numbers of bands.
const BANDS: [usize; 4] = [16, 8, 4, 2];

/// Operations whose commands do not care what a channel is.
const OPS: &[&str] = &[
    "tpu.Active",
    "tpu.Add",
    "tpu.AddConst",
    "tpu.Cast",
    "tpu.Clip",
    "tpu.Concat",
    "tpu.Conv2D",
    "tpu.LeakyRelu",
    "tpu.Lut",
    "tpu.Max",
    "tpu.MaxConst",
    "tpu.Min",
    "tpu.MinConst",
    "tpu.Mul",
    "tpu.MulConst",
    "tpu.MulShift",
    "tpu.Relu",
    "tpu.Slice",
    "tpu.Sub",
    "tpu.SubConst",
];

/// Whether an operation of this name can work on bands.
pub fn knows(name: &str) -> bool {
    OPS.contains(&name)
}

/// Whether all operations that make or read a value of a group can work on bands, and windows read what was loaded.
pub fn knows_all(cg: &Codegen<'_>, value: Value) -> bool {
    let ctx = cg.ctx();
    let made = ctx.defining_op(value).filter(|op| !ctx.is(*op, "tpu.Load"));
    let mut reads = ctx.users(value);
    reads.retain(|op| !ctx.is(*op, "tpu.Store"));
    let has_halo = |op: Op| {
        let rule = rows::of(cg, op);
        matches!(rule, Some(Rows::Window(window)) if window.kernel[0] > 1 || window.pad[..2] != [0; 2])
    };
    made.iter().chain(&reads).all(|op| knows(ctx.op_name(*op)))
        && (made.is_none() || !reads.iter().any(|op| has_halo(*op)))
}

/// The rows of a band.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Band {
    /// Rows before those that are its own.
    pub before: usize,
    /// Rows in all.
    pub rows: usize,
    /// Rows from one band's first to the next one's.
    pub step: usize,
}

impl Band {
    /// A band of a tensor of `rows` rows; `None` if these cannot be divided so.
    pub fn of(rows: usize, bands: usize) -> Option<Self> {
        (rows.is_multiple_of(bands) && rows >= bands).then(|| Self {
            before: 0,
            rows: rows / bands,
            step: rows / bands,
        })
    }

    /// A band of what an operation with this rule reads: `rows` rows for `results` rows of the result. `None` if the bands of both do
    /// not go together.
    pub fn read(rule: Rows, rows: usize, results: usize, bands: usize) -> Option<Self> {
        let band = Self::of(rows, bands)?;
        match rule {
            Rows::Same => (rows == results).then_some(band),
            Rows::Window(window) => {
                let [stride, dilation, kernel] = [window.stride[0], window.dilation[0], window.kernel[0]];
                (window.insert[0] == 0 && rows == results * stride).then(|| Self {
                    before: window.pad[0],
                    rows: (results / bands - 1) * stride + (kernel - 1) * dilation + 1,
                    ..band
                })
            }
            Rows::Repeated(_) => None,
        }
    }
}

/// The rule of an operation whose tensors are bands.
pub fn rule(rule: Rows) -> Rows {
    match rule {
        Rows::Window(mut window) => {
            [window.pad[0], window.pad[1]] = [0; 2];
            Rows::Window(window)
        }
        other => other,
    }
}

/// Most channels of all bands together: what is loaded, or narrowed later, may take several rows of lanes.
pub const MOST_CHANNELS: usize = 4 * LANE_COUNT;

/// How many bands the operations can have: as many as there are lanes for in the smallest result.
pub fn count(graph: &Graph, nodes: &[Node]) -> Option<usize> {
    let made = |node: &Node| node.result.map(|tensor| &graph.tensors[tensor]);
    let fewest = nodes.iter().filter_map(made).map(|tensor| tensor.dims[1]).min()?;
    let fits = |tensor: &Tensor, bands: usize| {
        let [batches, channels, rows, _] = tensor.dims;
        // A word's batches; more lie in rows of lanes of their own.
        let one = batches == 1 || tensor.element.is_byte() && batches <= 4;
        channels * bands <= if one { MOST_CHANNELS } else { LANE_COUNT } && rows.is_multiple_of(bands)
    };
    BANDS.into_iter().find(|bands| {
        let read = nodes.iter().flat_map(|node| &node.inputs);
        let mut tensors = read
            .map(|tensor| &graph.tensors[*tensor])
            .chain(nodes.iter().filter_map(made));
        fewest * bands <= LANE_COUNT && tensors.all(|tensor| fits(tensor, *bands))
    })
}

/// The lanes of one band of a tensor in local memory.
fn lanes(local: &Local, bands: usize, band: usize) -> Local {
    let channels = local.shape[1] / bands;
    local.channels(band * channels, channels)
}

/// Rows of a local tensor.
fn rows(local: Local, first: usize, count: usize) -> Local {
    let mut part = local;
    part.address += first * local.strides[2] * 4;
    part.shape[2] = count;
    part
}

/// Where bands come from.
pub enum Source {
    /// A tensor in DDR.
    Tensor(Global),
    /// Folded by the load; rows of what that gives.
    Folded(Folded, usize),
}

impl Source {
    /// The tensor `whole`, or what `folded`, with the sizes of the result, makes of it.
    pub fn new(whole: Global, folded: Option<(Folded, Dims)>) -> Self {
        match folded {
            Some((mut folded, dims)) => {
                folded.move_to(whole.address);
                Self::Folded(folded, dims[2])
            }
            None => Self::Tensor(whole),
        }
    }
}

/// Loads rows `row..` of each band, from batch `batch` on, into `local`; zeros where the tensor has no such rows.
///
/// # Errors
/// When a command cannot be encoded.
pub fn load(
    emitter: &mut Emitter,
    source: &Source,
    local: &Local,
    [bands, batch, row]: [usize; 3],
    band: Band,
) -> Result<()> {
    let all = match source {
        Source::Tensor(global) => global.shape[2],
        Source::Folded(_, rows) => *rows,
    };
    let wanted = local.shape[2];
    for index in 0..bands {
        let target = lanes(local, bands, index);
        let first = (index * band.step + row) as i64 - band.before as i64;
        let above = usize::try_from(-first).unwrap_or(0).min(wanted);
        let start = usize::try_from(first).unwrap_or(0).min(all);
        let inside = (wanted - above).min(all - start);
        let below = wanted - above - inside;
        for (from, count) in [(0, above), (above + inside, below)] {
            if count > 0 {
                emitter.fill(&rows(target, from, count), 0)?;
            }
        }
        if inside == 0 {
            continue;
        }
        let part = rows(target, above, inside);
        match source {
            Source::Tensor(global) => {
                emitter.load(&global.slice([batch, 0, start, 0], part.shape), &part)?;
            }
            Source::Folded(folded, _) => folded.load(emitter, &part, [batch, start, 0])?,
        }
    }
    Ok(())
}

/// Stores rows `row..` of each band, all of `local`.
///
/// # Errors
/// When a command cannot be encoded.
pub fn store(
    emitter: &mut Emitter,
    local: &Local,
    target: &Global,
    [bands, batch, row]: [usize; 3],
) -> Result<()> {
    let step = target.shape[2] / bands;
    for index in 0..bands {
        let part = lanes(local, bands, index);
        emitter.store(
            &part,
            &target.slice([batch, 0, index * step + row, 0], part.shape),
        )?;
    }
    Ok(())
}

/// The parts of a local tensor, for each band: its lanes, and its first row in the whole tensor.
pub fn parts(
    local: Local,
    bands: usize,
    whole_rows: usize,
    row: usize,
) -> impl Iterator<Item = (Local, usize)> {
    (0..bands).map(move |index| (lanes(&local, bands, index), index * (whole_rows / bands) + row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::bm1684::tiu::WindowFields;

    #[test]
    fn windows_read_rows_beside_their_band() {
        let window = |kernel: usize, stride: usize, pad: usize| {
            Rows::Window(WindowFields {
                kernel: [kernel; 2],
                stride: [stride; 2],
                dilation: [1; 2],
                insert: [0; 2],
                pad: [pad; 4],
            })
        };
        let read = |rule, rows, results, bands| {
            Band::read(rule, rows, results, bands).map(|band| (band.before, band.rows, band.step))
        };
        assert_eq!(read(window(3, 1, 1), 16, 16, 4), Some((1, 6, 4)));
        assert_eq!(read(window(3, 2, 1), 16, 8, 4), Some((1, 5, 4)));
        assert_eq!(read(window(1, 1, 0), 16, 16, 4), Some((0, 4, 4)));
        assert_eq!(read(Rows::Same, 16, 16, 4), Some((0, 4, 4)));
        // Bands of input and result would not begin together.
        assert_eq!(read(window(3, 1, 0), 16, 14, 2), None);
        assert_eq!(read(window(3, 2, 1), 15, 8, 4), None);
        assert_eq!(read(Rows::Repeated(2), 8, 16, 4), None);
    }
}
