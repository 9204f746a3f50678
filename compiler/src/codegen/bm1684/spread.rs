//! A run of elements over the lanes: equal stretches, the last ones overlapping where their number has no divisor that fits.
//!
//! What two stretches share is computed twice, with the same result, and stored twice: cheaper than commands for a rest.

use tpuc_runtime::isa::memory_map::LANE_COUNT;

/// Words of a lane whose load and store take as long as the commands of a tile more.
const TILE_WORDS: usize = 430;

/// How many tiles `words` of each lane are worth, so that loads and stores overlap with the computation.
pub fn worthwhile_tiles(words: usize) -> usize {
    (words / TILE_WORDS).isqrt().max(1)
}

/// Stretches of `width` elements that start `step` elements apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spread {
    /// Stretches.
    pub count: usize,
    /// Distance of their starts.
    pub step: usize,
    /// Elements of each.
    pub width: usize,
}

/// Covers `elements` (at least one) by at most `groups` times as many stretches as there are lanes, a multiple of `groups`, as
/// short as possible.
pub fn spread(elements: usize, groups: usize) -> Spread {
    let most = (elements / groups).clamp(1, LANE_COUNT);
    (1..=most)
        .map(|lanes| stretches(elements, lanes * groups))
        .min_by_key(|spread| (spread.width, spread.count))
        .unwrap_or(Spread {
            count: 1,
            step: elements,
            width: elements,
        })
}

/// `count` stretches, no more than there are elements.
fn stretches(elements: usize, count: usize) -> Spread {
    let step = elements / count;
    Spread {
        count,
        step,
        width: elements - (count - 1) * step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_cover_everything_and_nothing_else() {
        for groups in [1, 4] {
            for elements in (groups..700).chain([4420, 8840, 33_600, 65_537]) {
                let Spread { count, step, width } = spread(elements, groups);
                assert!(width >= step, "{elements}");
                assert_eq!((count - 1) * step + width, elements);
                assert!(count.is_multiple_of(groups) && count <= groups * LANE_COUNT);
                // Near to an even spread over all lanes.
                let even = elements.div_ceil((groups * LANE_COUNT).min(elements));
                assert!(width <= 5 * even, "{elements}: {width}");
            }
        }
        assert_eq!(
            spread(4420, 1),
            Spread {
                count: 64,
                step: 69,
                width: 73
            }
        );
        assert_eq!(spread(8400, 1).width, 140);
    }
}
