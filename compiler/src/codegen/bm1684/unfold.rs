//! Windows that a command cannot say: what each tap reads becomes a row of its own.
//!
//! The input of a tile lies in local memory as `[batches, channels, taps, positions]`: row `t` holds, for every output
//! position, what tap `t` reads there. The window over it is one column of taps without steps, dilation or padding, and
//! weights need no other order. Input channels beyond what a command takes are further rows: row `t * parts + p` holds
//! part `p` of the channels, which is how the weights lie, too.

use super::emitter::Emitter;
use super::error::Result;
use super::tensor::{Dims, Local};
use super::window::{Kind, Tile, WindowOp, depth_parts, padding_bits};

impl WindowOp {
    /// Parts of the input channels, and channels of one.
    fn parts(&self, channels: usize) -> (usize, usize) {
        if self.kind == Kind::Dense {
            depth_parts(self.input.element, channels)
        } else {
            (1, channels)
        }
    }

    /// Rows of an unfolded tile.
    pub(super) fn unfolded_taps(&self) -> usize {
        let taps = self.window.kernel[0] * self.window.kernel[1];
        taps * self.parts(self.input.shape[1] / self.groups).0
    }

    /// Shape of an unfolded tile's input in local memory.
    pub(super) fn unfolded_shape(&self, tile: &Tile) -> Dims {
        let channels = self.parts(self.input_channels(tile).1).1;
        [
            tile.batch.1,
            channels,
            self.unfolded_taps(),
            tile.row.1 * tile.column.1,
        ]
    }

    /// Outputs of `start..start + count` whose tap lies inside the input: first, count, and the input of the first.
    fn inside(
        &self,
        axis: usize,
        tap: usize,
        (start, count): (usize, usize),
    ) -> Option<(usize, usize, usize)> {
        let step = self.window.stride[axis];
        let pad = self.window.pad[2 * axis];
        let size = self.input.shape[2 + axis];
        // Where the tap of output 0 lies in the padded input.
        let offset = tap * self.window.dilation[axis];
        let first = pad.saturating_sub(offset).div_ceil(step).max(start);
        let end = (size + pad).checked_sub(offset + 1)? / step + 1;
        let end = end.min(start + count);
        (first < end).then(|| (first, end - first, first * step + offset - pad))
    }

    /// Loads what the taps of a tile read.
    pub(super) fn load_unfolded(&self, emitter: &mut Emitter, tile: &Tile, target: &Local) -> Result<()> {
        let [kernel_rows, kernel_columns] = self.window.kernel;
        let (first_channel, channels) = self.input_channels(tile);
        let (parts, depth) = self.parts(channels);
        let columns = tile.column.1;
        let mut pieces = Vec::new();
        let mut complete = parts * depth == channels;
        for tap in 0..kernel_rows * kernel_columns {
            let row = self.inside(0, tap / kernel_columns, tile.row);
            let column = self.inside(1, tap % kernel_columns, tile.column);
            let (Some(row), Some(column)) = (row, column) else {
                complete = false;
                continue;
            };
            complete &= row.1 == tile.row.1 && column.1 == tile.column.1;
            pieces.push((tap, row, column));
        }
        if !complete {
            emitter.fill(target, padding_bits(self.kind, self.input.element))?;
        }
        let [step_rows, step_columns] = self.window.stride;
        for (tap, (row, rows, from_row), (column, count, from_column)) in pieces {
            for part in 0..parts {
                let shape = [tile.batch.1, depth.min(channels - part * depth), rows, count];
                let mut source = self.input.slice(
                    [tile.batch.0, first_channel + part * depth, from_row, from_column],
                    shape,
                );
                source.strides[2] *= step_rows;
                source.strides[3] *= step_columns;
                let position = (row - tile.row.0) * columns + column - tile.column.0;
                let local = Local {
                    address: target.address + ((tap * parts + part) * target.shape[3] + position) * 4,
                    shape,
                    strides: [target.strides[0], target.strides[1], columns, 1],
                    ..*target
                };
                emitter.load(&source, &local)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tensor::{Element, Global};
    use super::super::tiu::WindowFields;
    use super::super::window::Arithmetic;
    use super::*;

    #[test]
    fn taps_read_what_a_convolution_reads() {
        for (size, kernel, step, dilation, before, after) in [
            (10, 3, 1, 1, 1, 1),
            (40, 3, 17, 18, 5, 20),
            (3, 2, 1, 1, 7, 7),
            (5, 5, 20, 1, 0, 0),
        ] {
            let outputs = (size + before + after - (kernel - 1) * dilation - 1) / step + 1;
            let operation = WindowOp {
                kind: Kind::Max,
                groups: 1,
                input: Global::dense(0, Element::F32, [1, 1, size, 1]),
                output: Global::dense(0, Element::F32, [1, 1, outputs, 1]),
                window: WindowFields {
                    kernel: [kernel, 1],
                    stride: [step, 1],
                    dilation: [dilation, 1],
                    insert: [0, 0],
                    pad: [before, after, 0, 0],
                },
                weights: None,
                channel_shifts: None,
                folded: None,
                resident: None,
                bias: None,
                arithmetic: Arithmetic::Float {
                    relu: false,
                    limit: 0.0,
                },
            };
            for tap in 0..kernel {
                let wanted: Vec<(usize, usize)> = (0..outputs)
                    .filter_map(|output| {
                        let place = (output * step + tap * dilation).checked_sub(before)?;
                        (place < size).then_some((output, place))
                    })
                    .collect();
                let found: Vec<(usize, usize)> = operation
                    .inside(0, tap, (0, outputs))
                    .map(|(first, count, input)| {
                        (0..count)
                            .map(|index| (first + index, input + index * step))
                            .collect()
                    })
                    .unwrap_or_default();
                assert_eq!(found, wanted, "size {size}, tap {tap}");
            }
        }
    }
}
