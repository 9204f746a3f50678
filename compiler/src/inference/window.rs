//! Windows over up to three spatial dimensions: the geometry that convolution, deconvolution and pooling share.

/// Sizes of one window operation; one- and two-dimensional ones have leading dimensions of 1. Order: depth, height, width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Spatial size of the input.
    pub input: [usize; 3],
    /// Spatial size of the output.
    pub output: [usize; 3],
    /// Size of the window.
    pub kernel: [usize; 3],
    /// Distance between windows.
    pub strides: [usize; 3],
    /// Distance between elements of a window.
    pub dilations: [usize; 3],
    /// Elements in front of the input that do not exist.
    pub pad_start: [usize; 3],
}

/// `values` with ones (or `fill`) in front, as three.
pub fn three(values: &[usize], fill: usize) -> [usize; 3] {
    let mut result = [fill; 3];
    let skip = 3 - values.len().min(3);
    result[skip..].copy_from_slice(&values[values.len().saturating_sub(3)..]);
    result
}

impl Window {
    /// Elements of one input plane.
    pub fn input_size(&self) -> usize {
        self.input.iter().product()
    }

    /// Elements of one output plane.
    pub fn output_size(&self) -> usize {
        self.output.iter().product()
    }

    /// Elements of the window.
    pub fn kernel_size(&self) -> usize {
        self.kernel.iter().product()
    }

    /// A window of one element that moves one by one over an input without pads.
    pub fn is_pointwise(&self) -> bool {
        self.kernel == [1; 3]
            && self.strides == [1; 3]
            && self.input == self.output
            && self.pad_start == [0; 3]
    }

    /// Index in the input of window element `tap` of output `position` along dimension `dim`, if it is inside.
    #[inline(always)]
    pub fn source(&self, dim: usize, position: usize, tap: usize) -> Option<usize> {
        let index =
            (position * self.strides[dim] + tap * self.dilations[dim]).checked_sub(self.pad_start[dim])?;
        (index < self.input[dim]).then_some(index)
    }

    /// Range of outputs along dimension `dim` whose window element `tap` is inside the input.
    #[inline(always)]
    pub fn inside(&self, dim: usize, tap: usize) -> std::ops::Range<usize> {
        let (stride, pad, offset) = (self.strides[dim], self.pad_start[dim], tap * self.dilations[dim]);
        let start = pad.saturating_sub(offset).div_ceil(stride);
        let end = (self.input[dim] + pad)
            .saturating_sub(offset)
            .div_ceil(stride)
            .min(self.output[dim]);
        start.min(end)..end
    }

    /// Window element `tap` (counted in row-major order) of the output positions from `first` on, of one input plane; zero
    /// outside.
    #[inline(always)]
    pub fn gather<T: Copy + Default>(&self, plane: &[T], tap: usize, first: usize, out: &mut [T]) {
        let [_, kernel_h, kernel_w] = self.kernel;
        let taps = [
            tap / (kernel_h * kernel_w),
            tap / kernel_w % kernel_h,
            tap % kernel_w,
        ];
        let [_, output_h, output_w] = self.output;
        let inside = self.inside(2, taps[2]);
        let (mut position, end) = (first, first + out.len());
        let mut rest = out;
        while position < end {
            let (line, x) = (position / output_w, position % output_w);
            let length = (output_w - x).min(end - position);
            let (piece, after) = rest.split_at_mut(length);
            let row = self
                .source(0, line / output_h, taps[0])
                .zip(self.source(1, line % output_h, taps[1]));
            if let Some((z, y)) = row {
                let row = &plane[(z * self.input[1] + y) * self.input[2]..][..self.input[2]];
                let low = inside.start.clamp(x, x + length);
                let high = inside.end.clamp(low, x + length);
                piece[..low - x].fill(T::default());
                piece[high - x..].fill(T::default());
                if low < high {
                    let from = low * self.strides[2] + taps[2] * self.dilations[2] - self.pad_start[2];
                    let piece = &mut piece[low - x..high - x];
                    if self.strides[2] == 1 {
                        piece.copy_from_slice(&row[from..from + piece.len()]);
                    } else {
                        for (out, element) in
                            piece.iter_mut().zip(row[from..].iter().step_by(self.strides[2]))
                        {
                            *out = *element;
                        }
                    }
                }
            } else {
                piece.fill(T::default());
            }
            rest = after;
            position += length;
        }
    }
}
