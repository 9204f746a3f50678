//! `top.GridSampler`: images read at positions between -1 and 1, ONNX GridSample with mode bilinear (0) or nearest (1) and
//! padding with zeros (0), the border (1) or reflection (2).

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::tensor;
use rayon::prelude::*;

/// How positions become pixels.
#[derive(Clone, Copy)]
struct Sampling {
    nearest: bool,
    padding: i64,
    align_corners: bool,
}

impl Sampling {
    /// A position from -1 to 1 as a pixel's number, kept inside as the padding says.
    fn pixel(self, position: f32, size: usize) -> f32 {
        let length = size as f32;
        let pixel = if self.align_corners {
            (position + 1.0) / 2.0 * (length - 1.0)
        } else {
            ((position + 1.0) * length - 1.0) / 2.0
        };
        match self.padding {
            1 => pixel.clamp(0.0, length - 1.0),
            2 => {
                let (low, high) = if self.align_corners {
                    (0.0, length - 1.0)
                } else {
                    (-0.5, length - 0.5)
                };
                let span = high - low;
                if span <= 0.0 {
                    return 0.0;
                }
                let folded = (pixel - low).abs() % (2.0 * span);
                let folded = if folded > span {
                    2.0 * span - folded
                } else {
                    folded
                };
                (folded + low).clamp(0.0, length - 1.0)
            }
            _ => pixel,
        }
    }

    fn sample(self, image: &[f32], (rows, columns): (usize, usize), (x, y): (f32, f32)) -> f32 {
        let at = |row: f32, column: f32| {
            let inside = row >= 0.0 && column >= 0.0 && row < rows as f32 && column < columns as f32;
            if inside {
                image[row as usize * columns + column as usize]
            } else {
                0.0
            }
        };
        let (column, row) = (self.pixel(x, columns), self.pixel(y, rows));
        if self.nearest {
            return at(row.round_ties_even(), column.round_ties_even());
        }
        let (top, left) = (row.floor(), column.floor());
        let (down, right) = (row - top, column - left);
        at(top, left) * (1.0 - down) * (1.0 - right)
            + at(top, left + 1.0) * (1.0 - down) * right
            + at(top + 1.0, left) * down * (1.0 - right)
            + at(top + 1.0, left + 1.0) * down * right
    }
}

/// The kernel.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, grid, output) = (node.input(0)?, node.input(1)?, node.output()?);
    let (&[n, c, rows, columns], &[batch, out_rows, out_columns, 2]) = (&input.shape[..], &grid.shape[..])
    else {
        return Err(node.error("expects images of rank 4 and a grid of pairs"));
    };
    let points = out_rows * out_columns;
    if batch != n
        || output.len() != n * c * points
        || !input.is_real()
        || !grid.is_real()
        || rows * columns == 0
    {
        return Err(node.error("expects real images and one grid for each"));
    }
    let sampling = Sampling {
        nearest: node.i64("mode", 0) == 1,
        padding: node.i64("padding_mode", 0),
        align_corners: node.bool("align_corners", false),
    };
    Ok(Kernel::new(move |args| {
        let data = sized(args.f32(0)?, n * c * rows * columns)?;
        let grid = sized(args.f32(1)?, n * points * 2)?;
        let mut out = vec![0.0_f32; n * c * points];
        out.par_chunks_exact_mut(points.max(1))
            .enumerate()
            .for_each(|(index, out)| {
                let image = &data[index * rows * columns..][..rows * columns];
                let grid = &grid[index / c * points * 2..][..points * 2];
                for (out, place) in out.iter_mut().zip(grid.chunks_exact(2)) {
                    *out = sampling.sample(image, (rows, columns), (place[0], place[1]));
                }
            });
        Ok(vec![tensor(&output.shape, out)?])
    }))
}
