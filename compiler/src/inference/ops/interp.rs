//! `top.Interp`: images resized by nearest or mixed pixels.
//!
//! A position `x` of the result lies at, with `s` the input's size divided by the result's:
//! `align_corners`: `x * (input - 1) / (result - 1)`; `half_pixel` and `pytorch_half_pixel`: `(x + 0.5) * s - 0.5`;
//! `asymmetric`: `x * s`; each kept within the image. Nearest pixels are those that hold the position: the floor of it, of
//! `(x + 0.5) * s` for half pixels, the nearest whole number for corners. Mixed pixels are mixed along rows' direction last.
//! All in f32, as TPU-MLIR's interpreter does (which takes `asymmetric` for `half_pixel` when it mixes).

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::tensor;
use rayon::prelude::*;

/// Where a position of the result lies: a pixel, and how far the position is on its way to the next one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// The pixel.
    pub index: usize,
    /// 0 or more, below 1; 0 for nearest pixels and at the end.
    pub fraction: f32,
}

/// The places of all positions along a dimension of `input` pixels that becomes one of `output`.
pub fn places(mode: &str, coordinates: &str, input: usize, output: usize) -> Vec<Place> {
    let last = input.saturating_sub(1) as f32;
    let corners = coordinates == "align_corners";
    let scale = match (corners, output) {
        (true, 0 | 1) => 0.0,
        (true, _) => last / (output - 1) as f32,
        _ => input as f32 / output as f32,
    };
    (0..output)
        .map(|position| {
            let x = position as f32;
            if mode == "nearest" {
                let place = match coordinates {
                    "align_corners" => (x * scale).round(),
                    "asymmetric" => (x * scale).floor(),
                    _ => ((x + 0.5) * scale).floor(),
                };
                let index = place.clamp(0.0, last) as usize;
                return Place { index, fraction: 0.0 };
            }
            let place = match coordinates {
                "align_corners" | "asymmetric" => x * scale,
                "pytorch_half_pixel" if output == 1 => 0.0,
                _ => (x + 0.5) * scale - 0.5,
            };
            let place = place.clamp(0.0, last);
            let index = place.floor();
            let fraction = if index >= last { 0.0 } else { place - index };
            Place {
                index: index as usize,
                fraction,
            }
        })
        .collect()
}

/// The kernel.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let (&[n, c, in_h, in_w], &[_, _, out_h, out_w]) = (&input.shape[..], &output.shape[..]) else {
        return Err(node.error("expects images of rank 4"));
    };
    if !input.is_real() || !output.is_real() || input.is_empty() || output.shape[..2] != [n, c] {
        return Err(node.error("is supported on images of real numbers only"));
    }
    let (mode, coordinates) = (node.str("mode", "nearest"), node.str("coord_mode", "half_pixel"));
    let rows = places(mode, coordinates, in_h, out_h);
    let columns = places(mode, coordinates, in_w, out_w);
    Ok(Kernel::new(move |args| {
        let data = sized(args.f32(0)?, n * c * in_h * in_w)?;
        let mut out = vec![0.0_f32; n * c * out_h * out_w];
        let images = out
            .par_chunks_exact_mut((out_h * out_w).max(1))
            .zip(data.par_chunks_exact(in_h * in_w));
        images.for_each(|(out, image)| {
            let mut mixed = vec![0.0_f32; in_w];
            for (row, out) in rows.iter().zip(out.chunks_exact_mut(out_w.max(1))) {
                let above = &image[row.index * in_w..][..in_w];
                mixed.copy_from_slice(above);
                if row.fraction > 0.0 {
                    let below = &image[(row.index + 1) * in_w..][..in_w];
                    for ((mixed, above), below) in mixed.iter_mut().zip(above).zip(below) {
                        *mixed = above + row.fraction * (below - above);
                    }
                }
                for (column, out) in columns.iter().zip(out) {
                    let left = mixed[column.index];
                    *out = if column.fraction > 0.0 {
                        left + column.fraction * (mixed[column.index + 1] - left)
                    } else {
                        left
                    };
                }
            }
        });
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_each_kind() {
        let indices = |mode, coordinates, input, output| -> Vec<usize> {
            let places = places(mode, coordinates, input, output);
            places.iter().map(|place| place.index).collect()
        };
        assert_eq!(indices("nearest", "asymmetric", 2, 4), [0, 0, 1, 1]);
        assert_eq!(indices("nearest", "half_pixel", 4, 2), [1, 3]);
        assert_eq!(indices("nearest", "align_corners", 3, 5), [0, 1, 1, 2, 2]);
        let half = places("linear", "half_pixel", 2, 4);
        let fractions: Vec<f32> = half.iter().map(|place| place.fraction).collect();
        assert_eq!(fractions, [0.0, 0.25, 0.75, 0.0]);
    }
}
