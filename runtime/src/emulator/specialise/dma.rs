//! Copies between local memory and DDR whose elements do not stand side by side on both sides.

use super::Mode;
use crate::emulator::gdma::Side;
use crate::emulator::memory::Memory;
use crate::isa::memory_map::Memory as Kind;
use crate::jit::{self, Access, Compiled, Element, Loop, Numbers, Operation, Place, Source};

/// One plane: where it begins on both sides, and which of the loops moves it.
struct Plane {
    from: usize,
    to: usize,
    code: usize,
}

/// Copies as compiled loops if the move is of that kind and code is there or pays; `false`: nothing was done.
pub(in crate::emulator) fn copy(
    from: &Side,
    to: &Side,
    lane_mask: u64,
    memory: &mut Memory,
    mode: Mode,
) -> bool {
    let across = matches!(
        (from.kind, to.kind),
        (Kind::Local, Kind::Ddr) | (Kind::Ddr, Kind::Local)
    );
    // Rows without holes on both sides are moved as blocks of bytes anyhow.
    let blocks = from.dense().1 && to.dense().1;
    if mode == Mode::Off || !across || blocks || from.sizes != to.sizes || from.element != to.element {
        return false;
    }
    let [n, c, h, w] = from.sizes;
    let one_row = h == 1
        || [from, to]
            .iter()
            .all(|side| side.strides[2] == side.strides[3] * w);
    let numbers = Numbers {
        rows: if one_row { 1 } else { h as u64 },
        columns: if one_row { (h * w) as u64 } else { w as u64 },
        ..Numbers::default()
    };
    let mut keys: Vec<Loop> = Vec::new();
    let mut planes = Vec::with_capacity(n * c);
    for (n, c) in (0..n).flat_map(|n| (0..c).map(move |c| (n, c))) {
        if to.kind == Kind::Local && lane_mask >> to.lane(c) & 1 == 0 {
            continue;
        }
        let (Some((from, source)), Some((to, target))) =
            (access(from, (n, c), one_row), access(to, (n, c), one_row))
        else {
            return false;
        };
        let key = Loop {
            operation: Operation::Copy,
            result: target,
            a: Source::Memory(source),
            b: Source::Constant,
        };
        let code = keys.iter().position(|known| *known == key);
        let code = code.unwrap_or_else(|| {
            keys.push(key);
            keys.len() - 1
        });
        planes.push(Plane { from, to, code });
    }
    let elements = (planes.len() * h * w / keys.len().max(1)) as u64;
    let codes: Option<Vec<Compiled>> = keys
        .iter()
        .map(|key| jit::compiled(key, elements, mode))
        .collect();
    let (Some(codes), Some((source, target))) = (codes, memory.two(from.kind, to.kind)) else {
        return false;
    };
    for plane in planes {
        let places = [Place::There(source, plane.from), Place::None];
        codes[plane.code].run(target, plane.to, places, &numbers);
    }
    true
}

/// Offset and access of a plane. `None` when it is not aligned as its elements are, or strides are enormous.
fn access(side: &Side, (n, c): (usize, usize), one_row: bool) -> Option<(usize, Access)> {
    let start = side.plane_start(n, c);
    let [row, column] = [side.strides[2], side.strides[3]];
    let (row_stride, column_stride) = (u32::try_from(row).ok()?, u32::try_from(column).ok()?);
    let row_stride = if one_row { 0 } else { row_stride };
    let slot = start % 4;
    // Whole words of local memory always lie in their lane; vectors of words are faster than single bytes.
    let in_word = side.kind == Kind::Local
        && side.element < 4
        && slot + side.element <= 4
        && column_stride > 0
        && column_stride.is_multiple_of(4)
        && row_stride.is_multiple_of(4);
    if !in_word && !start.is_multiple_of(side.element) {
        return None;
    }
    let access = Access {
        element: Element::Integer {
            bytes: side.element as u8,
            signed: false,
        },
        row_stride,
        column_stride,
        in_word: in_word.then_some(slot as u8),
    };
    Some((if in_word { start - slot } else { start }, access))
}
