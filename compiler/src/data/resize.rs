//! Bilinear resizing as `cv2.resize` with `INTER_LINEAR` does it.
//!
//! 8-bit images follow OpenCV's fixed-point arithmetic bit for bit: weights of 11 bits, horizontal sums kept whole,
//! the vertical pass on `sum >> 4` with truncated products. Halving both extents exactly is a 2 x 2 mean there.

use super::image::Image;

/// Bits of an interpolation weight.
const WEIGHT_BITS: i32 = 11;

/// For one output coordinate: the two source coordinates and the fraction that the second one gets.
struct Tap {
    first: usize,
    second: usize,
    fraction: f32,
}

/// Source coordinates of every output coordinate along one axis. The position of a coordinate's centre is computed in
/// f64 and rounded to f32, as OpenCV does. `clamp` moves positions outside the image onto its border, which OpenCV
/// does for columns; for rows it keeps the fraction and reads the border row twice.
fn taps(from: usize, to: usize, clamp: bool) -> Vec<Tap> {
    let scale = 1.0 / (to as f64 / from as f64);
    let last = from as i64 - 1;
    (0..to)
        .map(|index| {
            let position = ((index as f64 + 0.5) * scale - 0.5) as f32;
            let whole = position.floor();
            let (mut first, mut fraction) = (whole as i64, position - whole);
            if clamp && first < 0 {
                (first, fraction) = (0, 0.0);
            }
            if clamp && first >= last {
                (first, fraction) = (last, 0.0);
            }
            let inside = |coordinate: i64| coordinate.clamp(0, last) as usize;
            Tap {
                first: inside(first),
                second: inside(first + 1),
                fraction,
            }
        })
        .collect()
}

/// The two weights in fixed point, each rounded to nearest, ties to even.
fn fixed_weights(fraction: f32) -> (i32, i32) {
    let one = (1 << WEIGHT_BITS) as f32;
    let weight = |value: f32| (value * one).round_ties_even() as i32;
    (weight(1.0 - fraction), weight(fraction))
}

/// Resizes an 8-bit image, equal to `cv2.resize(image, (width, height))`.
///
/// # Panics
/// When one of the extents is 0.
#[must_use]
pub fn linear_u8(image: &Image, width: usize, height: usize) -> Image {
    assert!(
        width > 0 && height > 0 && image.width > 0 && image.height > 0,
        "an image without pixels"
    );
    if image.width == width && image.height == height {
        return image.clone();
    }
    if image.width == 2 * width && image.height == 2 * height {
        return halve(image, width, height);
    }
    let channels = image.channels;
    let columns: Vec<(usize, usize, i32, i32)> = taps(image.width, width, true)
        .into_iter()
        .map(|tap| {
            let (first, second) = fixed_weights(tap.fraction);
            (tap.first * channels, tap.second * channels, first, second)
        })
        .collect();
    let row_length = width * channels;
    let horizontal = |source_row: usize, sums: &mut [i32]| {
        let row = &image.samples[source_row * image.width * channels..][..image.width * channels];
        for (sums, &(first, second, weight0, weight1)) in sums.chunks_exact_mut(channels).zip(&columns) {
            for (channel, sum) in sums.iter_mut().enumerate() {
                *sum = i32::from(row[first + channel]) * weight0 + i32::from(row[second + channel]) * weight1;
            }
        }
    };
    let mut samples = Vec::with_capacity(height * row_length);
    // Neighbouring output rows mostly share their source rows: keep the last two that were computed.
    let mut rows = [
        (usize::MAX, vec![0_i32; row_length]),
        (usize::MAX, vec![0_i32; row_length]),
    ];
    for tap in taps(image.height, height, false) {
        if rows[0].0 != tap.first {
            rows.swap(0, 1);
            if rows[0].0 != tap.first {
                horizontal(tap.first, &mut rows[0].1);
                rows[0].0 = tap.first;
            }
        }
        if rows[1].0 != tap.second {
            horizontal(tap.second, &mut rows[1].1);
            rows[1].0 = tap.second;
        }
        let (weight0, weight1) = fixed_weights(tap.fraction);
        samples.extend(rows[0].1.iter().zip(&rows[1].1).map(|(&upper, &lower)| {
            let sum = ((weight0 * (upper >> 4)) >> 16) + ((weight1 * (lower >> 4)) >> 16);
            ((sum + 2) >> 2).clamp(0, 255) as u8
        }));
    }
    Image {
        width,
        height,
        channels,
        samples,
    }
}

fn halve(image: &Image, width: usize, height: usize) -> Image {
    let channels = image.channels;
    let mut samples = Vec::with_capacity(width * height * channels);
    for y in 0..height {
        let upper = &image.samples[2 * y * image.width * channels..][..image.width * channels];
        let lower = &image.samples[(2 * y + 1) * image.width * channels..][..image.width * channels];
        for (upper, lower) in upper
            .chunks_exact(2 * channels)
            .zip(lower.chunks_exact(2 * channels))
        {
            for channel in 0..channels {
                let sum: u32 = [
                    upper[channel],
                    upper[channel + channels],
                    lower[channel],
                    lower[channel + channels],
                ]
                .into_iter()
                .map(u32::from)
                .sum();
                samples.push(((sum + 2) >> 2) as u8);
            }
        }
    }
    Image {
        width,
        height,
        channels,
        samples,
    }
}

/// Resizes one plane of f32 samples (`source_height * source_width`, row by row). Equal to OpenCV's within a few
/// units in the last place; OpenCV's own results differ by that much between its code paths.
///
/// # Panics
/// When one of the extents is 0 or `plane` has another length.
#[must_use]
pub fn linear_f32(
    plane: &[f32],
    (source_height, source_width): (usize, usize),
    (height, width): (usize, usize),
) -> Vec<f32> {
    assert!(
        width > 0 && height > 0 && source_height > 0 && source_width > 0,
        "an image without pixels"
    );
    assert_eq!(plane.len(), source_height * source_width, "samples of a plane");
    let columns = taps(source_width, width, true);
    let mut result = Vec::with_capacity(height * width);
    for row in taps(source_height, height, false) {
        let upper = &plane[row.first * source_width..][..source_width];
        let lower = &plane[row.second * source_width..][..source_width];
        for column in &columns {
            let along = |row: &[f32]| {
                row[column.first] * (1.0 - column.fraction) + row[column.second] * column.fraction
            };
            result.push(along(upper) * (1.0 - row.fraction) + along(lower) * row.fraction);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(width: usize, height: usize, samples: &[u8]) -> Image {
        Image {
            width,
            height,
            channels: 1,
            samples: samples.to_vec(),
        }
    }

    #[test]
    fn small_cases_are_opencvs() {
        // Expected values are those of cv2.resize 4.8.0.
        let image = gray(3, 2, &[0, 100, 255, 10, 20, 30]);
        assert_eq!(linear_u8(&image, 3, 2), image);
        assert_eq!(linear_u8(&image, 5, 1).samples, [5, 27, 60, 110, 143]);
        assert_eq!(linear_u8(&gray(2, 2, &[1, 2, 3, 5]), 1, 1).samples, [3]);
        assert_eq!(linear_u8(&gray(1, 1, &[77]), 2, 3).samples, [77; 6]);
    }

    #[test]
    fn floats_interpolate_between_centres() {
        let result = linear_f32(&[0.0, 1.0], (1, 2), (1, 4));
        assert_eq!(result, [0.0, 0.25, 0.75, 1.0]);
    }
}
