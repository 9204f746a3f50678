//! Operations that compute each output element from the elements at the same (broadcast) position.
//!
//! The iteration space is cut into pieces that fit local memory; each input is loaded by its own strides, so that
//! broadcasting (stride 0) costs nothing but the load. Where no input is broadcast, the shape does not matter: the
//! tensor is one row of elements that is spread over all lanes.

use super::codegen::TensorInfo;
use super::dma_plan::pipeline;
use super::emitter::Emitter;
use super::error::{Result, unsupported};
use super::resident;
use super::spread::{Spread, spread, worthwhile_tiles};
use super::tensor::{Dims, Element, Global, Local, aligned_bytes};
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT, ROW_ALIGN_BYTES, ROW_ALIGN_WORDS};

/// An input or output: address, type, and strides in elements over the iteration space.
#[derive(Clone, PartialEq, Debug)]
pub struct Strided {
    /// Address of the first element.
    pub address: u64,
    /// Element type.
    pub element: Element,
    /// One stride for each dimension of the iteration space.
    pub strides: Vec<usize>,
    /// Where the tensor is in local memory, if it is there already.
    pub resident: Option<Local>,
}

impl Strided {
    /// A tensor as one row of all its elements.
    pub fn row(tensor: &TensorInfo) -> Self {
        Self {
            address: tensor.address,
            element: tensor.element,
            strides: vec![1],
            resident: tensor.resident,
        }
    }

    /// A dense tensor of `own` shape, broadcast to `shape` (aligned at the last dimension as in NumPy).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn broadcast(tensor: &TensorInfo, own: &[usize], shape: &[usize]) -> Result<Self> {
        let mut strides = vec![0; shape.len()];
        let mut stride = 1;
        for (back, &size) in own.iter().rev().enumerate() {
            let fits = shape.len() > back && (size == 1 || size == shape[shape.len() - 1 - back]);
            if !fits {
                return unsupported(format!("shape {own:?} does not broadcast to {shape:?}"));
            }
            if size != 1 {
                strides[shape.len() - 1 - back] = stride;
            }
            stride *= size;
        }
        Ok(Self {
            address: tensor.address,
            element: tensor.element,
            strides,
            resident: tensor.resident,
        })
    }
}

/// Computes one piece: inputs, output, scratch tensors of the piece's shape.
pub type LocalFn<'a> = &'a dyn Fn(&mut Emitter, &[Local], Local, &[Local]) -> Result<()>;

/// What a computation does with its inputs, which matters where others read them, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputUse {
    /// Reads them by their strides.
    Strided,
    /// Reads them by commands that know the aligned layout only.
    Aligned,
    /// As [`Self::Aligned`], and writes over them.
    Overwritten,
}

/// An element-wise operation on tensors in DDR.
pub struct Elementwise<'a> {
    /// Sizes of the iteration space.
    pub shape: Vec<usize>,
    /// Inputs.
    pub inputs: Vec<Strided>,
    /// Output.
    pub output: Strided,
    /// Element types of scratch tensors.
    pub scratch: Vec<Element>,
    /// One element in each word, also for narrow types; otherwise four batches share the words of narrow types.
    pub words: bool,
    /// What the computation does with its inputs.
    pub input_use: InputUse,
    /// The computation.
    pub local: LocalFn<'a>,
}

/// A piece of the iteration space: element offsets of all tensors (inputs, then the output), sizes, strides.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Piece {
    offsets: Vec<usize>,
    shape: Dims,
    strides: Vec<Dims>,
}

/// One dimension: its size, and the stride of every tensor.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Dimension {
    size: usize,
    strides: Vec<usize>,
}

impl Elementwise<'_> {
    /// Emits everything: loads, computation, stores.
    ///
    /// # Errors
    /// When a command cannot be encoded.
    pub fn emit(&self, emitter: &mut Emitter) -> Result<()> {
        if let Some(output) = self.output.resident {
            return resident::elementwise(self, emitter, output);
        }
        let dimensions = self.merged_dimensions();
        let narrow = self
            .tensors()
            .map(|tensor| tensor.element)
            .chain(self.scratch.iter().copied())
            .all(|element| element.bytes() < 4)
            && !self.words;
        let batches = if narrow { 4 } else { 1 };
        let slots = 2;
        // Bytes that one 4-byte word of positions takes in all buffers.
        let cost =
            |element: Element| aligned_bytes(element, [batches, 1, 1, ROW_ALIGN_WORDS]) / ROW_ALIGN_WORDS;
        let streamed: usize = self.tensors().map(|tensor| cost(tensor.element)).sum();
        let scratch: usize = self.scratch.iter().map(|&element| cost(element)).sum();
        let words = LANE_BYTES / (slots * streamed + scratch) / ROW_ALIGN_WORDS * ROW_ALIGN_WORDS;
        let words = words.min(16_384);
        let pieces = pieces(&dimensions, batches, words);
        let addresses = |slot: usize, element_index: usize| -> usize {
            let before: usize = self
                .tensors()
                .take(element_index)
                .map(|tensor| cost(tensor.element))
                .sum();
            (slot * streamed + before) * words
        };
        let local = |piece: &Piece, slot: usize, index: usize| -> Local {
            let tensor = self.tensor(index);
            Local::aligned(addresses(slot, index), tensor.element, piece.shape)
        };
        let global = |piece: &Piece, index: usize| -> Global {
            let tensor = self.tensor(index);
            Global {
                address: tensor.address + (piece.offsets[index] * tensor.element.bytes()) as u64,
                element: tensor.element,
                shape: piece.shape,
                strides: piece.strides[index],
            }
        };
        let output_index = self.inputs.len();
        debug_assert!(words * 4 >= ROW_ALIGN_BYTES);
        pipeline(
            emitter,
            &pieces,
            slots,
            |emitter, piece, slot| {
                (0..output_index)
                    .try_for_each(|index| emitter.load(&global(piece, index), &local(piece, slot, index)))
            },
            |emitter, piece, slot| {
                let inputs: Vec<Local> = (0..output_index).map(|index| local(piece, slot, index)).collect();
                let mut start = slots * streamed * words;
                let scratch: Vec<Local> = self
                    .scratch
                    .iter()
                    .map(|&element| {
                        let tensor = Local::aligned(start, element, piece.shape);
                        start += cost(element) * words;
                        tensor
                    })
                    .collect();
                (self.local)(emitter, &inputs, local(piece, slot, output_index), &scratch)
            },
            |emitter, piece, slot| {
                emitter.store(&local(piece, slot, output_index), &global(piece, output_index))
            },
        )
    }

    fn tensors(&self) -> impl Iterator<Item = &Strided> {
        self.inputs.iter().chain(std::iter::once(&self.output))
    }

    fn tensor(&self, index: usize) -> &Strided {
        self.inputs.get(index).unwrap_or(&self.output)
    }

    /// The iteration space without dimensions of size 1, neighbours merged where every tensor runs through both.
    fn merged_dimensions(&self) -> Vec<Dimension> {
        let mut merged: Vec<Dimension> = Vec::new();
        for (index, &size) in self.shape.iter().enumerate() {
            if size == 1 {
                continue;
            }
            let strides: Vec<usize> = self.tensors().map(|tensor| tensor.strides[index]).collect();
            if let Some(last) = merged.last_mut() {
                let mergeable = last
                    .strides
                    .iter()
                    .zip(&strides)
                    .all(|(outer, inner)| *outer == inner * size);
                if mergeable {
                    last.size *= size;
                    last.strides = strides;
                    continue;
                }
            }
            merged.push(Dimension { size, strides });
        }
        if merged.is_empty() {
            merged.push(Dimension {
                size: 1,
                strides: vec![1; self.inputs.len() + 1],
            });
        }
        merged
    }
}

/// Few rows and long ones: each row is spread over all lanes.
const SPREAD_ROWS: usize = 32;

fn pieces(dimensions: &[Dimension], batches: usize, words: usize) -> Vec<Piece> {
    let tensors = dimensions[0].strides.len();
    let last = &dimensions[dimensions.len() - 1];
    let spread = match dimensions {
        [_] => true,
        [.., rows, columns] => rows.size < SPREAD_ROWS && columns.size >= LANE_COUNT,
        [] => true,
    };
    let used = if spread { 1 } else { dimensions.len().min(3) };
    let used = if batches == 1 { used.min(2) } else { used };
    let (outer, inner) = dimensions.split_at(dimensions.len() - used);
    let mut result = Vec::new();
    for offsets in outer_offsets(outer, tensors) {
        if spread {
            row_pieces(last, batches, words, &offsets, &mut result);
        } else {
            block_pieces(inner, batches, words, &offsets, &mut result);
        }
    }
    result
}

/// Element offsets of every position of the outer dimensions.
fn outer_offsets(outer: &[Dimension], tensors: usize) -> Vec<Vec<usize>> {
    let mut offsets = vec![vec![0; tensors]];
    for dimension in outer {
        offsets = offsets
            .iter()
            .flat_map(|base| {
                (0..dimension.size).map(move |index| {
                    base.iter()
                        .zip(&dimension.strides)
                        .map(|(offset, stride)| offset + index * stride)
                        .collect()
                })
            })
            .collect();
    }
    offsets
}

/// One dimension spread over batches, lanes and columns.
fn row_pieces(row: &Dimension, batches: usize, words: usize, base: &[usize], result: &mut Vec<Piece>) {
    let mut start = 0;
    let wanted = row
        .size
        .div_ceil(worthwhile_tiles(row.size.div_ceil(batches * LANE_COUNT)));
    while start < row.size {
        let rest = row.size - start;
        let n = if batches > 1 && rest >= batches * LANE_COUNT {
            batches
        } else {
            1
        };
        let lanes = n * LANE_COUNT;
        let pieces = rest.div_ceil(wanted.min(lanes * words));
        // Several pieces are equally long; the last one's stretches may overlap.
        let width = rest.div_ceil(pieces).div_ceil(lanes).min(words);
        let even = Spread {
            count: lanes,
            step: width,
            width,
        };
        let last = (pieces == 1 || rest <= lanes * width).then(|| spread(rest, n));
        let Spread { count, step, width } = match last {
            Some(last) if last.width <= words => last,
            Some(_) => Spread {
                step: rest / lanes,
                width: rest / lanes,
                ..even
            },
            None => even,
        };
        result.push(Piece {
            offsets: base
                .iter()
                .zip(&row.strides)
                .map(|(offset, stride)| offset + start * stride)
                .collect(),
            shape: [n, count / n, 1, width],
            strides: row
                .strides
                .iter()
                .map(|stride| [count / n * step * stride, step * stride, width * stride, *stride])
                .collect(),
        });
        start += (count - 1) * step + width;
    }
}

/// Two or three dimensions: (batch,) channel, column.
fn block_pieces(inner: &[Dimension], batches: usize, words: usize, base: &[usize], result: &mut Vec<Piece>) {
    let unit = Dimension {
        size: 1,
        strides: vec![0; base.len()],
    };
    let [batch, channel, column] = match inner {
        [channel, column] => [&unit, channel, column],
        [batch, channel, column] => [batch, channel, column],
        _ => return,
    };
    let w_step = column.size.min(words);
    let rows = (words / w_step.next_multiple_of(ROW_ALIGN_WORDS)).max(1);
    let c_step = (rows * LANE_COUNT).min(4032);
    for n in (0..batch.size).step_by(batches) {
        for c in (0..channel.size).step_by(c_step) {
            for w in (0..column.size).step_by(w_step) {
                result.push(Piece {
                    offsets: (0..base.len())
                        .map(|tensor| {
                            base[tensor]
                                + n * batch.strides[tensor]
                                + c * channel.strides[tensor]
                                + w * column.strides[tensor]
                        })
                        .collect(),
                    shape: [
                        batches.min(batch.size - n),
                        c_step.min(channel.size - c),
                        1,
                        w_step.min(column.size - w),
                    ],
                    strides: (0..base.len())
                        .map(|tensor| {
                            [
                                batch.strides[tensor],
                                channel.strides[tensor],
                                0,
                                column.strides[tensor],
                            ]
                        })
                        .collect(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(pieces: &[Piece], tensor: usize) -> Vec<usize> {
        let mut seen = Vec::new();
        for piece in pieces {
            let [n, c, h, w] = piece.shape;
            let s = piece.strides[tensor];
            for (n, c, h, w) in itertools(n, c, h, w) {
                seen.push(piece.offsets[tensor] + n * s[0] + c * s[1] + h * s[2] + w * s[3]);
            }
        }
        seen
    }

    fn itertools(n: usize, c: usize, h: usize, w: usize) -> Vec<(usize, usize, usize, usize)> {
        let mut all = Vec::new();
        for i in 0..n {
            for j in 0..c {
                for k in 0..h {
                    all.extend((0..w).map(|l| (i, j, k, l)));
                }
            }
        }
        all
    }

    fn check(own: &[usize], shape: &[usize]) {
        let local: LocalFn<'_> = &|_, _, _, _| Ok(());
        let tensor = TensorInfo {
            address: 0,
            element: Element::I8,
            shape: shape.to_vec(),
            scale: 1.0,
            zero_point: 0,
            resident: None,
        };
        for batches in [1, 4] {
            let operation = Elementwise {
                shape: shape.to_vec(),
                inputs: vec![Strided::broadcast(&tensor, own, shape).unwrap()],
                output: Strided::broadcast(&tensor, shape, shape).unwrap(),
                scratch: vec![],
                words: false,
                input_use: InputUse::Strided,
                local,
            };
            let pieces = pieces(&operation.merged_dimensions(), batches, 64);
            let total: usize = shape.iter().product();
            let (inputs, mut outputs) = (visit(&pieces, 0), visit(&pieces, 1));
            for (input, output) in inputs.iter().zip(&outputs) {
                let mut rest = *output;
                let mut expected = 0;
                let mut stride = 1;
                for back in 0..shape.len() {
                    let index = rest % shape[shape.len() - 1 - back];
                    rest /= shape[shape.len() - 1 - back];
                    let size = own.iter().rev().nth(back).copied().unwrap_or(1);
                    if size != 1 {
                        expected += index * stride;
                    }
                    stride *= size;
                }
                assert_eq!(*input, expected, "{own:?} to {shape:?}, element {output}");
            }
            outputs.sort_unstable();
            // Stretches may overlap.
            outputs.dedup();
            assert_eq!(outputs, (0..total).collect::<Vec<_>>(), "{own:?} to {shape:?}");
        }
    }

    #[test]
    fn pieces_cover_every_element_with_the_right_input() {
        check(&[1000], &[1000]);
        check(&[3, 7, 50], &[3, 7, 50]);
        check(&[7, 1], &[3, 7, 50]);
        check(&[3, 1, 50], &[3, 7, 50]);
        check(&[1], &[2, 3, 4, 5]);
        check(&[5, 1, 3, 1, 2], &[5, 4, 3, 70, 2]);
        check(&[3, 1, 1], &[3, 100, 100]);
    }
}
