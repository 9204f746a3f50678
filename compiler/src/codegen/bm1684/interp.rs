//! `tpu.Interp`, f32: images resized by nearest or mixed pixels, in all coordinate modes.
//!
//! Where a position of the result lies depends on the sizes only, so each row and each column of the result is known to be
//! a row or column of the input, or a mixture of two neighbours. Columns are made first, then rows, in local memory: the
//! neighbours are brought side by side by copies with strides (places with a common step are one copy), then mixed:
//! `left + fraction * (right - left)`. The fractions are a constant that pass `weight-reorder` adds ([`fractions`]).

use super::codegen::Codegen;
use super::dma_plan::pipeline;
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::tensor::{Element, Global, Local, aligned_bytes, lane_rows};
use crate::program::Program;
use tpuc_dialects::ir::{Context, Op};
use tpuc_runtime::isa::TiuOp;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT};

/// Where a position of the result lies: a pixel, and how far it is on its way to the next one.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Place {
    index: usize,
    fraction: f32,
}

/// Places of all rows and columns.
struct Places {
    rows: Vec<Place>,
    columns: Vec<Place>,
    linear: bool,
}

/// The places along a dimension of `input` pixels that becomes one of `output`; formulas as in ONNX, in f32, positions
/// outside are moved to the border. Mixed `asymmetric` positions are `x * scale`.
fn places(linear: bool, coordinates: &str, input: usize, output: usize) -> Vec<Place> {
    let last = input.saturating_sub(1) as f32;
    let corners = coordinates == "align_corners";
    let scale = match output {
        0 | 1 if corners => 0.0,
        _ if corners => last / (output - 1) as f32,
        _ => input as f32 / output as f32,
    };
    let place = |position: usize| -> Place {
        let x = position as f32;
        let half = (x + 0.5) * scale;
        if !linear {
            let place = match coordinates {
                "align_corners" => (x * scale).round(),
                "asymmetric" => (x * scale).floor(),
                _ => half.floor(),
            };
            return Place {
                index: place.clamp(0.0, last) as usize,
                fraction: 0.0,
            };
        }
        let place = match coordinates {
            "align_corners" | "asymmetric" => x * scale,
            "pytorch_half_pixel" if output == 1 => 0.0,
            _ => half - 0.5,
        };
        let place = place.clamp(0.0, last);
        let index = place.floor();
        Place {
            index: index as usize,
            fraction: if index >= last { 0.0 } else { place - index },
        }
    };
    (0..output).map(place).collect()
}

impl Places {
    fn of(ctx: &Context, op: Op, input: &[usize], output: &[usize]) -> Result<Self> {
        let (&[n, c, in_h, in_w], &[out_n, out_c, out_h, out_w]) = (input, output) else {
            return unsupported(format!(
                "an image of rank {}; reshape it to 4 dimensions",
                input.len()
            ));
        };
        if (n, c) != (out_n, out_c) || in_h * in_w == 0 {
            return malformed(format!("an image of {input:?} that gives {output:?}"));
        }
        let linear = match ctx.get_str(op, "mode").unwrap_or("nearest") {
            "nearest" => false,
            "linear" => true,
            other => return unsupported(format!("interpolation '{other}'; use nearest or linear")),
        };
        let coordinates = ctx.get_str(op, "coord_mode").unwrap_or("half_pixel");
        Ok(Self {
            rows: places(linear, coordinates, in_h, out_h),
            columns: places(linear, coordinates, in_w, out_w),
            linear,
        })
    }
}

/// The fractions of an operation that mixes pixels: those of all rows, then those of all columns. `None` where pixels are
/// taken as they are.
///
/// # Errors
/// When the shapes or modes do not fit.
pub fn fractions(program: &Program, op: Op) -> Result<Option<Vec<f32>>> {
    let ctx = &program.ctx;
    let shape = |value| super::address::shape_of_type(ctx, ctx.value_type(value));
    let places = Places::of(ctx, op, &shape(ctx.operand(op, 0))?, &shape(ctx.result(op))?)?;
    let all = places.rows.iter().chain(&places.columns);
    Ok(places.linear.then(|| all.map(|place| place.fraction).collect()))
}

/// Places with a common step: the first position of the result, its step, the first pixel, its step, how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Run {
    position: usize,
    position_step: usize,
    pixel: usize,
    pixel_step: usize,
    count: usize,
}

/// Cuts a list of pixels into runs. With sizes in a ratio of q to p, every p-th position lies q pixels further.
fn runs(pixels: &[usize], input: usize, output: usize) -> Vec<Run> {
    let period = output / gcd(input, output).max(1);
    // Without a small ratio, neighbours are the best guess.
    let period = if (1..=16).contains(&period) { period } else { 1 };
    let mut runs: Vec<Run> = Vec::new();
    for phase in 0..period.min(pixels.len()) {
        let mut open: Option<Run> = None;
        for position in (phase..pixels.len()).step_by(period) {
            let pixel = pixels[position];
            if let Some(run) = &mut open {
                let step = pixel.checked_sub(run.pixel + (run.count - 1) * run.pixel_step);
                match step {
                    Some(step) if run.count == 1 || step == run.pixel_step => {
                        run.pixel_step = step;
                        run.count += 1;
                        continue;
                    }
                    _ => runs.extend(open.take()),
                }
            }
            open = Some(Run {
                position,
                position_step: period,
                pixel,
                pixel_step: 0,
                count: 1,
            });
        }
        runs.extend(open);
    }
    runs
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Rows of the result of one tile, and the rows of the input they need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tile {
    batch: usize,
    channel: (usize, usize),
    row: (usize, usize),
}

/// Which dimension is resized.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dimension {
    Rows,
    Columns,
}

struct Resize {
    input: Global,
    output: Global,
    places: Places,
    fractions: Option<u64>,
}

/// Emits the commands.
///
/// # Errors
/// When the shapes or modes do not fit, or a row does not fit local memory.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    if input.element != Element::F32 || output.element != Element::F32 {
        return unsupported("integers; keep this operation in F32 (qtable)");
    }
    let places = Places::of(cg.ctx(), op, &input.shape, &output.shape)?;
    let fractions = if places.linear {
        Some(cg.operand(op, 2)?.address)
    } else {
        None
    };
    let resize = Resize {
        input: input.nchw()?,
        output: output.nchw()?,
        places,
        fractions,
    };
    resize.emit(&mut cg.emitter)
}

impl Resize {
    /// First row of the input behind rows of the result, and how many.
    fn input_rows(&self, (start, count): (usize, usize)) -> (usize, usize) {
        let last = self.input.shape[2] - 1;
        let first = self.places.rows[start].index;
        let end = self.places.rows[start + count - 1].index + usize::from(self.places.linear);
        (first, end.min(last) - first + 1)
    }

    /// Bytes of a lane for a tile: two inputs and outputs, the columns' stage and two neighbours, and the fractions.
    fn bytes(&self, lane_rows: usize, most_input: usize, rows: usize) -> [usize; 4] {
        let size = |rows: usize, columns: usize| aligned_bytes(Element::F32, [lane_rows, 1, rows, columns]);
        let (in_w, out_w) = (self.input.shape[3], self.output.shape[3]);
        let wide = size(most_input, out_w);
        let out = size(rows, out_w);
        [size(most_input, in_w), wide, wide.max(out), out]
    }

    fn fraction_bytes(&self) -> usize {
        if self.places.linear {
            aligned_bytes(
                Element::F32,
                [1, 1, 1, self.output.shape[2] + self.output.shape[3]],
            )
        } else {
            0
        }
    }

    fn emit(&self, emitter: &mut Emitter) -> Result<()> {
        let [batches, channels, out_h, out_w] = self.output.shape;
        let fraction_bytes = self.fraction_bytes();
        let fits = |channels: usize, rows: usize| {
            let most = self.most_input_rows(rows);
            let [input, wide, other, out] = self.bytes(lane_rows(channels), most, rows);
            (2 * (input + out) + wide + other + fraction_bytes <= LANE_BYTES).then_some(())
        };
        let all = channels.min(LANE_COUNT * 16);
        let choices = [all, all.min(LANE_COUNT)];
        let Some((channel_step, row_step)) = choices.iter().find_map(|&channels| {
            let least = out_h.min(if channels > LANE_COUNT { 16 } else { 1 });
            (least..=out_h)
                .rev()
                .find(|rows| fits(channels, *rows).is_some())
                .map(|rows| (channels, rows))
        }) else {
            return unsupported(format!("rows of {out_w} pixels do not fit a lane; cut the image"));
        };
        let step = |size: usize, step: usize| {
            (0..size)
                .step_by(step)
                .map(move |start| (start, step.min(size - start)))
        };
        let mut tiles = Vec::new();
        for batch in 0..batches {
            for channel in step(channels, channel_step) {
                tiles.extend(step(out_h, row_step).map(|row| Tile { batch, channel, row }));
            }
        }
        let most = self.most_input_rows(row_step);
        let [input, wide, _, out] = self.bytes(lane_rows(channel_step), most, row_step);
        let fraction_view = Local::aligned(0, Element::F32, [1, LANE_COUNT, 1, out_h + out_w]);
        if let Some(address) = self.fractions {
            let source = Global {
                address,
                element: Element::F32,
                shape: fraction_view.shape,
                strides: [0, 0, 0, 1],
            };
            emitter.load(&source, &fraction_view)?;
        }
        let at = |slot: usize| fraction_bytes + slot * (input + out);
        let local = |address: usize, tile: &Tile, rows: usize, columns: usize| {
            Local::aligned(address, Element::F32, [1, tile.channel.1, rows, columns])
        };
        pipeline(
            emitter,
            &tiles,
            2,
            |emitter, tile, slot| {
                let (first, count) = self.input_rows(tile.row);
                let target = local(at(slot), tile, count, self.input.shape[3]);
                let source = self
                    .input
                    .slice([tile.batch, tile.channel.0, first, 0], target.shape);
                emitter.load(&source, &target)
            },
            |emitter, tile, slot| {
                let (first, count) = self.input_rows(tile.row);
                let image = local(at(slot), tile, count, self.input.shape[3]);
                let stage = local(at(2), tile, count, out_w);
                let result = local(at(slot) + input, tile, tile.row.1, out_w);
                let neighbour = at(2) + wide;
                self.resize(emitter, Dimension::Columns, (0, 0), stage, image, neighbour)?;
                self.resize(
                    emitter,
                    Dimension::Rows,
                    (tile.row.0, first),
                    result,
                    stage,
                    neighbour,
                )
            },
            |emitter, tile, slot| {
                let source = local(at(slot) + input, tile, tile.row.1, out_w);
                let target = self
                    .output
                    .slice([tile.batch, tile.channel.0, tile.row.0, 0], source.shape);
                emitter.store(&source, &target)
            },
        )
    }

    fn most_input_rows(&self, rows: usize) -> usize {
        let starts = (0..self.output.shape[2]).step_by(rows);
        starts
            .map(|start| self.input_rows((start, rows.min(self.output.shape[2] - start))).1)
            .max()
            .unwrap_or(1)
    }

    /// One dimension: `out` from `from`, whose first position and pixel are `start`. `neighbour`: address of a scratch
    /// tensor of the result's size.
    fn resize(
        &self,
        emitter: &mut Emitter,
        dimension: Dimension,
        (position, pixel): (usize, usize),
        out: Local,
        from: Local,
        neighbour: usize,
    ) -> Result<()> {
        let (places, axis) = match dimension {
            Dimension::Rows => (&self.places.rows, 2),
            Dimension::Columns => (&self.places.columns, 3),
        };
        let places = &places[position..position + out.shape[axis]];
        let last = from.shape[axis] - 1;
        let pixels = |next: usize| -> Vec<usize> {
            let pixel = |place: &Place| (place.index - pixel + next).min(last);
            places.iter().map(pixel).collect()
        };
        let gather = |emitter: &mut Emitter, target: Local, pixels: &[usize]| -> Result<()> {
            for run in runs(pixels, self.input.shape[axis], self.output.shape[axis]) {
                let (mut to, mut source) = (target, from);
                to.address += run.position * to.strides[axis] * 4;
                source.address += run.pixel * source.strides[axis] * 4;
                to.strides[axis] *= run.position_step;
                source.strides[axis] *= run.pixel_step;
                to.shape[axis] = run.count;
                source.shape = to.shape;
                emitter.copy(to, source)?;
            }
            Ok(())
        };
        gather(emitter, out, &pixels(0))?;
        if places.iter().all(|place| place.fraction.abs() == 0.0) {
            return Ok(());
        }
        let next = Local::aligned(neighbour, Element::F32, out.shape);
        gather(emitter, next, &pixels(1))?;
        let start = match dimension {
            Dimension::Rows => position,
            Dimension::Columns => self.output.shape[2],
        };
        let mut factors = Local::aligned(start * 4, Element::F32, out.shape);
        factors.strides = [0; 4];
        factors.strides[axis] = 1;
        emitter.arith(TiuOp::Sub, next, next, out, 0)?;
        emitter.arith(TiuOp::Mul, next, next, factors, 0)?;
        emitter.arith(TiuOp::Add, out, out, next, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_every_position_once() {
        for (input, output) in [(4, 8), (8, 4), (5, 7), (3, 9), (100, 33), (1, 5), (7, 7)] {
            for linear in [false, true] {
                let pixels: Vec<usize> = places(linear, "half_pixel", input, output)
                    .iter()
                    .map(|place| place.index)
                    .collect();
                let mut found = vec![usize::MAX; output];
                for run in runs(&pixels, input, output) {
                    for index in 0..run.count {
                        found[run.position + index * run.position_step] = run.pixel + index * run.pixel_step;
                    }
                }
                assert_eq!(found, pixels, "{input} to {output}");
            }
        }
    }
}
