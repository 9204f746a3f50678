//! `tpu.Pad`: constant, mirrored and repeated borders; negative paddings cut.
//!
//! The part of the input that stays is copied into the output. A constant border is what the output was filled with before;
//! the other borders are copied inside the output, dimension by dimension from the last one, so that corners come out right.

use super::codegen::{Codegen, TensorInfo};
use super::error::{Result, malformed, unsupported};
use super::movement::{Axis, copy_between, strides_of};
use super::tensor::Element;
use std::ops::Range;
use tpuc_dialects::ir::Op;

/// Emits the commands.
///
/// # Errors
/// For zeros between elements, and for borders that mirror what is not there.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let mode = cg.ctx().get_str(op, "mode").unwrap_or("constant").to_owned();
    let paddings = cg.ctx().get_i64s(op, "paddings").unwrap_or_default();
    let rank = input.shape.len();
    if cg.flag(op, "with_insert_zero") {
        return unsupported("a padding that puts zeros between elements; use a transposed convolution");
    }
    if paddings.len() != 2 * rank || output.shape.len() != rank {
        return malformed(format!("paddings {paddings:?} of a tensor of rank {rank}"));
    }
    let kept: Vec<Kept> = (0..rank)
        .map(|dim| {
            Kept::new(
                input.shape[dim],
                output.shape[dim],
                paddings[dim],
                paddings[rank + dim],
            )
        })
        .collect::<Result<_>>()?;
    if mode == "constant" {
        let value = cg.float(op, "val", 0.0);
        let bits = if output.element == Element::F32 {
            (value as f32).to_bits()
        } else {
            // The value is in quanta already.
            value.round() as i64 as u32 & 0xff
        };
        if kept.iter().any(|kept| !kept.is_all()) {
            cg.emitter
                .fill_global(output.address, output.element, output.elements(), bits)?;
        }
    }
    if kept.iter().any(|kept| kept.target.is_empty()) {
        return if mode == "constant" {
            Ok(())
        } else {
            malformed(format!("a border of mode '{mode}' around nothing"))
        };
    }
    let (source, target) = (strides_of(&input.shape), strides_of(&output.shape));
    let start = |get: fn(&Kept) -> usize, strides: &[usize]| -> usize {
        kept.iter()
            .zip(strides)
            .map(|(kept, stride)| get(kept) * stride)
            .sum()
    };
    let axes: Vec<Axis> = (0..rank)
        .map(|dim| Axis {
            size: kept[dim].target.len(),
            source: source[dim],
            target: target[dim],
        })
        .collect();
    let from = start(|kept| kept.source, &source);
    let to = start(|kept| kept.target.start, &target);
    copy_between(cg, (&input, from), (&output, to), &axes)?;
    if mode == "constant" {
        return Ok(());
    }
    // Dimensions behind the one at hand are finished, those before it hold the kept part only.
    for dim in (0..rank).rev() {
        let region = |other: usize| match other {
            other if other > dim => 0..output.shape[other],
            other => kept[other].target.clone(),
        };
        borders(cg, &output, &kept[dim], &mode, dim, &region)?;
    }
    Ok(())
}

/// What of a dimension stays, and where it lies in input and output.
struct Kept {
    /// First kept index of the input.
    source: usize,
    /// Where the kept ones are in the output.
    target: Range<usize>,
    /// Elements of the output.
    size: usize,
}

impl Kept {
    fn new(input: usize, output: usize, before: i64, after: i64) -> Result<Self> {
        let cut = |padding: i64| usize::try_from(-padding.min(0)).unwrap_or(0);
        let added = |padding: i64| usize::try_from(padding.max(0)).unwrap_or(0);
        let stays = input.saturating_sub(cut(before)).saturating_sub(cut(after));
        if stays + added(before) + added(after) != output {
            return malformed(format!(
                "{input} elements padded by {before} and {after} that give {output}"
            ));
        }
        Ok(Self {
            source: cut(before),
            target: added(before)..added(before) + stays,
            size: output,
        })
    }

    fn is_all(&self) -> bool {
        self.target == (0..self.size)
    }

    /// Index in the output of what stands at `index` of the border.
    fn mirrored(&self, index: usize, mode: &str) -> Option<usize> {
        let (start, last) = (self.target.start, self.target.end - 1);
        let before = index < start;
        let place = match (mode, before) {
            ("edge", true) => Some(start),
            ("edge", false) => Some(last),
            ("reflect", true) => Some(2 * start - index),
            ("reflect", false) => (2 * last).checked_sub(index),
            ("symmetric", true) => Some(2 * start - index - 1),
            ("symmetric", false) => (2 * last + 1).checked_sub(index),
            _ => None,
        };
        place.filter(|place| self.target.contains(place))
    }
}

/// Copies the borders of dimension `dim` from the kept part. All copies of an edge are one command, a mirrored border is
/// one command for each place.
fn borders(
    cg: &mut Codegen<'_>,
    output: &TensorInfo,
    kept: &Kept,
    mode: &str,
    dim: usize,
    region: &dyn Fn(usize) -> Range<usize>,
) -> Result<()> {
    let strides = strides_of(&output.shape);
    let rest: usize = (0..output.shape.len())
        .filter(|other| *other != dim)
        .map(|other| region(other).start * strides[other])
        .sum();
    for border in [0..kept.target.start, kept.target.end..kept.size] {
        let step = if mode == "edge" { border.len().max(1) } else { 1 };
        for index in border.step_by(step) {
            let Some(from) = kept.mirrored(index, mode) else {
                return unsupported(format!(
                    "a border of mode '{mode}' that is wider than what it mirrors: {} around {}; pad in several steps",
                    kept.size,
                    kept.target.len()
                ));
            };
            let axes: Vec<Axis> = (0..output.shape.len())
                .map(|other| match other {
                    other if other == dim => Axis {
                        size: step,
                        source: 0,
                        target: strides[dim],
                    },
                    other => Axis {
                        size: region(other).len(),
                        source: strides[other],
                        target: strides[other],
                    },
                })
                .collect();
            let (from, to) = (rest + from * strides[dim], rest + index * strides[dim]);
            copy_between(cg, (output, from), (output, to), &axes)?;
        }
    }
    Ok(())
}
