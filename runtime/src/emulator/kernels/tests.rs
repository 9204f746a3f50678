//! Every instruction set gives the bits of the plain loops.

use super::{CHANNEL_BLOCK, F32Steps, I16Steps};
use crate::emulator::float_mode::FlushDenormals;
use crate::emulator::simd::Simd;

/// A fixed sequence of well-mixed numbers.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0 >> 33
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }

    /// Mostly of common size, sometimes so small that products are denormal, sometimes zero of either sign.
    fn float(&mut self) -> f32 {
        let sign = if self.next() & 1 == 0 { 1.0 } else { -1.0 };
        let value = (self.next() % 2_000_003) as f32 / 1e6;
        sign * match self.next() % 16 {
            0 => value * 1e-20,
            1 => value * 1e-38,
            2 => 0.0,
            3 => value * 1e18,
            _ => value,
        }
    }
}

/// Numbers of pixels and steps, small and beyond a tile.
const SHAPES: [(usize, usize); 8] = [
    (1, 1),
    (2, 7),
    (3, 40),
    (4, 9),
    (6, 64),
    (7, 5),
    (13, 33),
    (50, 100),
];

const INPUT: usize = 4096;

fn others() -> impl Iterator<Item = Simd> {
    Simd::ALL
        .into_iter()
        .filter(|simd| *simd != Simd::Plain && simd.is_available())
}

#[test]
fn integer_sums_are_equal() {
    let mut numbers = Numbers(1);
    for (pixels, steps) in SHAPES {
        let input: Vec<i16> = (0..INPUT).map(|_| numbers.below(511) as i16 - 255).collect();
        let offsets: Vec<u32> = (0..steps).map(|_| numbers.below(INPUT / 2 - 1) as u32).collect();
        let corners: Vec<usize> = (0..pixels).map(|_| numbers.below(INPUT / 2)).collect();
        let mut block = I16Steps::new(steps);
        for channel in 0..CHANNEL_BLOCK {
            block.set_bias(channel, numbers.below(1 << 20) as i64 - (1 << 19));
            for step in 0..steps {
                for half in 0..2 {
                    block.set(step, channel, half, numbers.below(511) as i16 - 255);
                }
            }
        }
        let sums = |simd| {
            let mut sums = vec![0; pixels * CHANNEL_BLOCK];
            block.run(simd, &input, &offsets, &corners, |channel, pixel, sum| {
                sums[channel * pixels + pixel] = sum;
            });
            sums
        };
        let expected = sums(Simd::Plain);
        assert!(expected.iter().any(|sum| *sum != 0));
        for simd in others() {
            assert_eq!(sums(simd), expected, "{simd}, {pixels} pixels, {steps} steps");
        }
    }
}

/// Long sums of the largest products do not overflow.
#[test]
fn integer_sums_are_wide() {
    let steps = 3 << 13;
    let input = vec![255; 2];
    let offsets = vec![0; steps];
    let mut block = I16Steps::new(steps);
    for (step, channel, half) in (0..steps).flat_map(|step| [(step, 0, 0), (step, 0, 1), (step, 15, 1)]) {
        block.set(step, channel, half, 255);
    }
    for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
        let mut found = [0; CHANNEL_BLOCK];
        block.run(simd, &input, &offsets, &[0], |channel, _, sum| {
            found[channel] = sum
        });
        let product = 255 * 255 * steps as i64;
        assert_eq!(
            [found[0], found[1], found[15]],
            [2 * product, 0, product],
            "{simd}"
        );
    }
}

#[test]
fn float_sums_are_equal_with_denormals_flushed() {
    let _flush = FlushDenormals::new();
    let mut numbers = Numbers(2);
    for (pixels, steps) in SHAPES {
        let input: Vec<f32> = (0..INPUT).map(|_| numbers.float()).collect();
        let mut offsets: [Vec<u32>; 4] = Default::default();
        for step in 0..steps {
            offsets[step & 3].push(numbers.below(INPUT / 2) as u32);
        }
        let corners: Vec<usize> = (0..pixels).map(|_| numbers.below(INPUT / 2)).collect();
        let mut block = F32Steps::new(&offsets);
        for channel in 0..CHANNEL_BLOCK {
            block.set_bias(channel, (steps & 1 == 1).then(|| numbers.float()));
            for (accumulator, list) in offsets.iter().enumerate() {
                for step in 0..list.len() {
                    block.set(accumulator, step, channel, numbers.float());
                }
            }
        }
        let sums = |simd| -> Vec<u32> {
            let mut sums = vec![0.0; pixels * CHANNEL_BLOCK];
            block.run(simd, &input, &offsets, &corners, &mut sums, pixels);
            sums.into_iter().map(f32::to_bits).collect()
        };
        let expected = sums(Simd::Plain);
        for simd in others() {
            assert_eq!(sums(simd), expected, "{simd}, {pixels} pixels, {steps} steps");
        }
    }
}
