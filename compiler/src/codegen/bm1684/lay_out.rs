//! Weights in the order in which the chip reads them: `[outputs, taps, inputs padded to whole words]`.
//!
//! What goes where is known from the program alone ([`LayOut`]); the elements are moved afterwards, those of all weights side
//! by side ([`LayOut::of`]).

use super::error::{Error, Result, malformed, unsupported};
use super::fold::Fold;
use super::tensor::Element;
use super::window::padded_depth;
use crate::data::Tensor;
use ndarray::ArrayD;
use rayon::prelude::*;
use std::sync::Arc;

/// Where the elements of a laid-out weight come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// At places that grow evenly.
    Even {
        /// Outputs that follow one another at the first step; the next so many begin at the second.
        outputs: usize,
        /// Elements from an output to the next, and from one run of outputs to the next.
        output_steps: [usize; 2],
        /// Elements between taps; the last tap comes first if they are turned.
        tap_step: usize,
        /// Whether taps come in the reverse order.
        turned: bool,
        /// Elements between inputs.
        input_step: usize,
    },
    /// Taps of a filter `[outputs, inputs, rows, columns]` as inputs.
    Folded {
        /// Which taps.
        fold: Fold,
        /// Rows and columns of the filter.
        window: [usize; 2],
        /// Its inputs.
        inputs: usize,
    },
}

impl Order {
    /// A filter `[outputs, inputs, taps]`.
    pub fn of_filter([outputs, taps, inputs]: [usize; 3], turned: bool) -> Self {
        Self::Even {
            outputs,
            output_steps: [inputs * taps, 0],
            tap_step: 1,
            turned,
            input_step: taps,
        }
    }
}

/// How a weight is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayOut {
    /// Element type.
    pub element: Element,
    /// Outputs, taps, inputs of the result.
    pub sizes: [usize; 3],
    /// Where its elements come from.
    pub order: Order,
}

impl LayOut {
    fn padded(&self) -> usize {
        padded_depth(self.element, self.sizes[2])
    }

    /// Sizes of the tensor that is made.
    pub fn shape(&self) -> [usize; 4] {
        let [outputs, taps, _] = self.sizes;
        [1, outputs, taps, self.padded()]
    }

    /// Whether elements stay where they are.
    fn changes_nothing(&self) -> bool {
        let [outputs, taps, inputs] = self.sizes;
        let order = Order::Even {
            outputs,
            output_steps: [inputs, 0],
            tap_step: 1,
            turned: false,
            input_step: 1,
        };
        taps == 1 && self.padded() == inputs && self.order == order
    }

    /// The weight, laid out.
    ///
    /// # Errors
    /// When it has not as many elements as the sizes say, or elements that the chip does not read.
    pub fn of(&self, weight: Arc<Tensor>) -> Result<Tensor> {
        let elements: usize = self.sizes.iter().product();
        if weight.len() != elements {
            return malformed(format!(
                "a weight of {} elements where {elements} are expected",
                weight.len()
            ));
        }
        let made = if self.changes_nothing() {
            Arc::unwrap_or_clone(weight).reshape(&self.shape())
        } else {
            match &*weight {
                Tensor::F32(array) => Tensor::from_vec(&self.shape(), self.moved(array)),
                Tensor::I8(array) => Tensor::from_vec(&self.shape(), self.moved(array)),
                Tensor::U8(array) => Tensor::from_vec(&self.shape(), self.moved(array)),
                Tensor::I16(array) => Tensor::from_vec(&self.shape(), self.moved(array)),
                Tensor::U16(array) => Tensor::from_vec(&self.shape(), self.moved(array)),
                Tensor::I32(array) => Tensor::from_vec(&self.shape(), self.moved(array)),
                Tensor::U32(array) => Tensor::from_vec(&self.shape(), self.moved(array)),
                other => return unsupported(format!("weights of type {}", other.dtype())),
            }
        };
        made.map_err(|error| Error::Malformed(error.to_string()))
    }

    fn moved<T: Copy + Default + Send + Sync>(&self, weight: &ArrayD<T>) -> Vec<T> {
        /// Rows of fewer elements are moved several at a time.
        const PIECE: usize = 1 << 16;
        let weight = weight.as_standard_layout();
        let source = weight.as_slice().unwrap_or_default();
        let [outputs, taps, inputs] = self.sizes;
        let padded = self.padded();
        let row = taps * padded;
        let mut moved = vec![T::default(); outputs * row];
        if row == 0 {
            return moved;
        }
        let rows = moved.par_chunks_mut(row).with_min_len(PIECE.div_ceil(row));
        rows.enumerate().for_each(|(output, row)| {
            for (tap, row) in row.chunks_exact_mut(padded).enumerate() {
                let row = &mut row[..inputs];
                match self.order {
                    Order::Even {
                        outputs,
                        output_steps: [step, next],
                        tap_step,
                        turned,
                        input_step,
                    } => {
                        let tap = if turned { taps - 1 - tap } else { tap };
                        let first = output / outputs * next + output % outputs * step + tap * tap_step;
                        if input_step == 1 {
                            row.copy_from_slice(&source[first..first + inputs]);
                            continue;
                        }
                        let values = source[first..].iter().step_by(input_step);
                        row.iter_mut()
                            .zip(values)
                            .for_each(|(place, value)| *place = *value);
                    }
                    Order::Folded { fold, window, inputs } => {
                        let size = window[0] * window[1];
                        for (channel, place) in row.iter_mut().enumerate() {
                            let (tap, input) = fold.source(window, inputs, tap, channel);
                            *place = source[(output * inputs + input) * size + tap];
                        }
                    }
                }
            }
        });
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(order: Order, sizes: [usize; 3]) -> Vec<i8> {
        let elements: usize = sizes.iter().product();
        let weight = Tensor::from_vec(&[elements], (1..=elements as i8).collect()).unwrap();
        let lay_out = LayOut {
            element: Element::I8,
            sizes,
            order,
        };
        let made = lay_out.of(Arc::new(weight)).unwrap();
        assert_eq!(made.shape(), lay_out.shape());
        made.as_i8().unwrap().iter().copied().collect()
    }

    #[test]
    fn filters_have_their_inputs_side_by_side() {
        let sizes = [2, 3, 2];
        let plain = [
            1, 4, 0, 0, 2, 5, 0, 0, 3, 6, 0, 0, 7, 10, 0, 0, 8, 11, 0, 0, 9, 12, 0, 0,
        ];
        assert_eq!(laid_out(Order::of_filter(sizes, false), sizes), plain);
        let turned = [
            3, 6, 0, 0, 2, 5, 0, 0, 1, 4, 0, 0, 9, 12, 0, 0, 8, 11, 0, 0, 7, 10, 0, 0,
        ];
        assert_eq!(laid_out(Order::of_filter(sizes, true), sizes), turned);
    }

    #[test]
    fn matrices_become_filters_of_one_tap() {
        let columns = Order::Even {
            outputs: 2,
            output_steps: [1, 6],
            tap_step: 1,
            turned: false,
            input_step: 2,
        };
        let made = laid_out(columns, [4, 1, 3]);
        assert_eq!(made, [1, 3, 5, 0, 2, 4, 6, 0, 7, 9, 11, 0, 8, 10, 12, 0]);
        let same = laid_out(Order::of_filter([2, 1, 4], false), [2, 1, 4]);
        assert_eq!(same, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn wrong_sizes_are_errors() {
        let lay_out = LayOut {
            element: Element::F32,
            sizes: [2, 1, 2],
            order: Order::of_filter([2, 1, 2], false),
        };
        let short = Tensor::from_vec(&[3], vec![1f32; 3]).unwrap();
        assert!(lay_out.of(Arc::new(short)).is_err());
        let lay_out = LayOut {
            sizes: [2, 2, 1],
            order: Order::of_filter([2, 2, 1], false),
            ..lay_out
        };
        let wide = Tensor::from_vec(&[4], vec![1f64; 4]).unwrap();
        assert!(lay_out.of(Arc::new(wide)).is_err());
    }
}
