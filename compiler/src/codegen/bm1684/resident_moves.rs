//! Moves inside local memory: concatenation, slices of channels, repeated rows and columns.
//!
//! Channels lie in lanes one after the other, so a channel keeps its lane only where it moves by a multiple of the lanes; the
//! TIU copies those, all lanes at once. Others go from lane to lane by GDMA.

use super::emitter::Emitter;
use super::error::{Result, malformed};
use super::tensor::{Element, Local};
use tpuc_runtime::isa::memory_map::LANE_COUNT;

/// The words of a tensor: batches that share a word move together.
fn words(local: &Local) -> Local {
    let groups = local.shape[0].div_ceil(local.precision.batches_per_word());
    let mut words = local.as_element(Element::F32);
    words.shape[0] = groups;
    words
}

/// Copies a whole tensor into one of the same sizes.
///
/// # Errors
/// When a command cannot be encoded.
pub fn copy(emitter: &mut Emitter, source: Local, target: Local) -> Result<()> {
    let (from, to) = (words(&source), words(&target));
    if from.shape != to.shape {
        return malformed("a copy between different sizes");
    }
    emitter.copy(to, from)
}

/// Copies `count` channels from `source_channel` on to `target_channel` on.
///
/// # Errors
/// When a command cannot be encoded.
pub fn channels(
    emitter: &mut Emitter,
    source: Local,
    source_channel: usize,
    target: Local,
    target_channel: usize,
    count: usize,
) -> Result<()> {
    let (mut from, mut to) = (words(&source), words(&target));
    if from.shape[0] != to.shape[0] || from.shape[2..] != to.shape[2..] {
        return malformed("channels of different sizes");
    }
    (from.shape[1], to.shape[1]) = (count, count);
    if source_channel.is_multiple_of(LANE_COUNT) && target_channel.is_multiple_of(LANE_COUNT) {
        from.address += source_channel / LANE_COUNT * from.strides[1] * 4;
        to.address += target_channel / LANE_COUNT * to.strides[1] * 4;
        return emitter.copy(to, from);
    }
    emitter.move_lanes(&from, source_channel, &to, target_channel)
}

/// `target` = every element of `source` repeated `times` (rows, columns); `row` is the target's first row in the whole
/// tensor, `source_row` the source's.
///
/// # Errors
/// When a command cannot be encoded.
pub fn repeat(
    emitter: &mut Emitter,
    source: Local,
    source_row: usize,
    target: Local,
    row: usize,
    times: [usize; 2],
) -> Result<()> {
    let (from, to) = (words(&source), words(&target));
    let [down, across] = times;
    let end = row + to.shape[2];
    for phase in 0..down.min(to.shape[2]) {
        let first = row + phase;
        let rows = (end - first).div_ceil(down);
        let mut part = from;
        part.address += (first / down - source_row) * from.strides[2] * 4;
        part.shape[2] = rows;
        let mut place = to;
        place.address += phase * to.strides[2] * 4;
        place.shape = part.shape;
        place.strides[2] *= down;
        place.strides[3] *= across;
        if part.shape[0] == 1 {
            // Columns that are the same element are batches of one command.
            (part.shape[0], part.strides[0]) = (across, 0);
            (place.shape[0], place.strides[0]) = (across, 1);
            emitter.copy(place, part)?;
            continue;
        }
        for column in 0..across {
            let mut place = place;
            place.address += column * 4;
            emitter.copy(place, part)?;
        }
    }
    Ok(())
}
