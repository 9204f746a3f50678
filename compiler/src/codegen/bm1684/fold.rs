//! Taps of a kernel as channels: how a convolution over few channels keeps the lanes' multipliers busy.
//!
//! A convolution takes 4 (8 bit) or 2 (f32) input channels at once, and each tap costs some cycles however few channels it
//! has. So the taps of a kernel's column, of its row, or all of them become channels: channel `tap * channels + c` holds
//! what that tap reads of channel `c`, and the kernel that is left has one tap along that axis, and no step. The GDMA brings
//! the copies, each from where its tap starts, in the steps of the convolution; what lies beside the input is filled with
//! zeros.
//!
//! `use_3ic_optimize` of `tpu.Conv2D` says which taps, as TPU-MLIR's attribute does: 1 along the height, 2 along the width, 3
//! both. The pass `weight-reorder` chooses ([`choose`]) and lays the filter out accordingly.

use super::emitter::Emitter;
use super::error::{Result, malformed};
use super::tensor::{Dims, Global, Local, lane_rows};
use super::tiu::WindowFields;
use super::window::WindowOp;
use tpuc_runtime::isa::cost::{ISSUE_CYCLES, dma_cost, tiu_cost};
use tpuc_runtime::isa::{Direction, DmaCommand};

/// Convolutions over more channels are not folded.
pub const MAX_CHANNELS: usize = 4;

/// Which taps become channels: along the height, along the width.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fold {
    axes: [bool; 2],
}

/// A folded input: the tensor, and the window that slides over it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Folded {
    /// The whole input.
    pub source: Global,
    /// The convolution's window.
    pub window: WindowFields,
    /// Which of its taps are channels.
    pub fold: Fold,
}

/// A range along an axis: first, count.
type Span = (usize, usize);

impl Fold {
    /// No tap.
    pub const NONE: Self = Self { axes: [false; 2] };

    /// The value of `use_3ic_optimize`.
    pub fn code(self) -> i64 {
        i64::from(self.axes[0]) + 2 * i64::from(self.axes[1])
    }

    /// The meaning of `use_3ic_optimize`.
    pub fn from_code(code: i64) -> Self {
        Self {
            axes: [code & 1 != 0, code & 2 != 0],
        }
    }

    /// Whether any tap becomes a channel.
    pub fn is_any(self) -> bool {
        self != Self::NONE
    }

    /// Taps that become channels, along both axes.
    pub fn taps(self, kernel: [usize; 2]) -> [usize; 2] {
        std::array::from_fn(|axis| if self.axes[axis] { kernel[axis] } else { 1 })
    }

    /// Channels of the folded input.
    pub fn channels(self, channels: usize, kernel: [usize; 2]) -> usize {
        let [rows, columns] = self.taps(kernel);
        channels * rows * columns
    }

    /// The window over the folded input.
    #[must_use]
    pub fn rest(self, window: &WindowFields) -> WindowFields {
        let mut rest = *window;
        for axis in (0..2).filter(|axis| self.axes[*axis]) {
            rest.kernel[axis] = 1;
            rest.stride[axis] = 1;
            rest.dilation[axis] = 1;
            rest.pad[2 * axis] = 0;
            rest.pad[2 * axis + 1] = 0;
        }
        rest
    }

    /// Which weight of an output channel lies at `tap` and `channel` of the folded filter: its own tap and channel.
    pub fn source(self, kernel: [usize; 2], channels: usize, tap: usize, channel: usize) -> (usize, usize) {
        let taps = self.taps(kernel);
        let columns = kernel[1] / taps[1];
        let inner = channel / channels;
        let row = tap / columns + inner / taps[1];
        let column = tap % columns + inner % taps[1];
        (row * kernel[1] + column, channel % channels)
    }
}

impl Folded {
    /// The same input at another address in DDR.
    pub fn move_to(&mut self, address: u64) {
        self.source.address = address;
    }

    fn shape(&self) -> Dims {
        self.source.shape
    }

    /// Sizes of the folded input for an output of these rows and columns.
    pub fn folded_shape(&self, output: [usize; 2]) -> Dims {
        let [batches, channels, rows, columns] = self.shape();
        let size = |axis: usize, size: usize| {
            if self.fold.axes[axis] { output[axis] } else { size }
        };
        [
            batches,
            self.fold.channels(channels, self.window.kernel),
            size(0, rows),
            size(1, columns),
        ]
    }

    /// Of `span` along the folded input, what `tap` reads inside the input, and where it reads the first of it.
    fn inside(&self, axis: usize, tap: usize, span: Span) -> Option<(Span, usize)> {
        if !self.fold.axes[axis] {
            return Some((span, span.0));
        }
        let window = &self.window;
        let (step, pad) = (window.stride[axis], window.pad[2 * axis]);
        let offset = tap * window.dilation[axis];
        let size = self.shape()[2 + axis];
        let first = pad.saturating_sub(offset).div_ceil(step).max(span.0);
        let end = (size + pad).checked_sub(offset + 1)? / step + 1;
        let end = end.min(span.0 + span.1);
        (first < end).then(|| ((first, end - first), first * step + offset - pad))
    }

    /// The parts of `span` that some tap reads beside the input.
    fn edges(&self, axis: usize, span: Span) -> Vec<Span> {
        let taps = self.fold.taps(self.window.kernel)[axis];
        let end = span.0 + span.1;
        let inner = (0..taps).map(|tap| self.inside(axis, tap, span)).try_fold(
            (span.0, end),
            |(first, last), inside| {
                let ((start, count), _) = inside?;
                Some((first.max(start), last.min(start + count)))
            },
        );
        match inner.filter(|(first, last)| first < last) {
            Some((first, last)) => [(span.0, first - span.0), (last, end - last)]
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .collect(),
            None => vec![span],
        }
    }

    /// Brings the part of the folded input that starts at batch, row, column `start` into `target`, whose shape says how much:
    /// copies for each tap, zeros beside the input.
    ///
    /// # Errors
    /// When a command cannot be encoded.
    pub fn load(&self, emitter: &mut Emitter, target: &Local, start: [usize; 3]) -> Result<()> {
        let [batches, channels, rows, columns] = target.shape;
        let own = self.shape()[1];
        if channels != self.fold.channels(own, self.window.kernel) {
            return malformed(format!("{channels} channels for {own} and their taps"));
        }
        let spans = [(start[1], rows), (start[2], columns)];
        for axis in 0..2 {
            for (first, count) in self.edges(axis, spans[axis]) {
                let mut edge = *target;
                edge.shape[2 + axis] = count;
                edge.address += (first - spans[axis].0) * target.strides[2 + axis] * 4;
                emitter.fill(&edge, 0)?;
            }
        }
        let taps = self.fold.taps(self.window.kernel);
        for (row_tap, column_tap) in
            (0..taps[0]).flat_map(|row| (0..taps[1]).map(move |column| (row, column)))
        {
            let row = self.inside(0, row_tap, spans[0]);
            let column = self.inside(1, column_tap, spans[1]);
            let (Some((row, from_row)), Some((column, from_column))) = (row, column) else {
                continue;
            };
            let mut part = target.channels((row_tap * taps[1] + column_tap) * own, own);
            part.address += 4 * (row.0 - spans[0].0) * target.strides[2];
            part.address += 4 * (column.0 - spans[1].0) * target.strides[3];
            part.shape = [batches, own, row.1, column.1];
            self.copy(emitter, &part, [start[0], from_row, from_column])?;
        }
        Ok(())
    }

    /// Copies from batch, row, column `from` on, in the convolution's steps along folded axes.
    fn copy(&self, emitter: &mut Emitter, part: &Local, [batch, row, column]: [usize; 3]) -> Result<()> {
        let step = |axis: usize| {
            if self.fold.axes[axis] {
                self.window.stride[axis]
            } else {
                1
            }
        };
        let mut view = self.source.slice([batch, 0, row, column], part.shape);
        view.strides[2] *= step(0);
        view.strides[3] *= step(1);
        emitter.load(&view, part)
    }
}

/// The fold that costs the busier engine least, of those that local memory has room for; with `operation`'s input in DDR.
///
/// # Errors
/// When the operation itself cannot be compiled.
pub fn choose(operation: &WindowOp) -> Result<Fold> {
    let mut best = (cost(operation)?, Fold::NONE);
    let channels = operation.input.shape[1];
    for fold in [1, 2, 3].map(Fold::from_code) {
        let taps = fold.taps(operation.window.kernel);
        let useful = (0..2).all(|axis| !fold.axes[axis] || taps[axis] > 1);
        if !useful || lane_rows(fold.channels(channels, operation.window.kernel)) > 4 {
            continue;
        }
        let folded = operation.folded(fold);
        if let (true, Ok(cost)) = (folded.fits_command(), cost(&folded))
            && cost < best.0
        {
            best = (cost, fold);
        }
    }
    Ok(best.1)
}

/// Cycles of the busier engine, and of both. Stores do not count: they are the same for every fold, and none are left where
/// what follows is computed in local memory.
fn cost(operation: &WindowOp) -> Result<(u64, u64)> {
    let mut emitter = Emitter::new();
    operation.emit(&mut emitter)?;
    let (mut tiu, mut dma) = (0, 0);
    for group in emitter.finish() {
        for command in &group.tiu {
            tiu += tiu_cost(command).cycles + ISSUE_CYCLES;
        }
        let stores = |command: &DmaCommand| command.memory_direction() == Direction::LocalToDdr;
        for command in group.dma.iter().filter(|command| !stores(command)) {
            dma += dma_cost(command).cycles + ISSUE_CYCLES;
        }
    }
    Ok((tiu.max(dma), tiu + dma))
}

impl WindowOp {
    /// The same operation with taps as channels; its filter must lie accordingly.
    #[must_use]
    pub fn folded(&self, fold: Fold) -> Self {
        if !fold.is_any() {
            return *self;
        }
        let folded = Folded {
            source: self.input,
            window: self.window,
            fold,
        };
        let [_, _, rows, columns] = self.output.shape;
        Self {
            // Nothing is read by these strides: `Folded::load` knows where all lies.
            input: Global {
                shape: folded.folded_shape([rows, columns]),
                ..self.input
            },
            window: fold.rest(&self.window),
            folded: Some(folded),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tensor::Element;
    use super::super::window::{Arithmetic, Kind, WeightSource};
    use super::*;
    use tpuc_runtime::isa::memory_map::DDR_BASE;

    fn operation(element: Element, channels: usize, size: usize, kernel: usize, outputs: usize) -> WindowOp {
        let pad = kernel / 2;
        WindowOp {
            kind: Kind::Dense,
            groups: 1,
            input: Global::dense(DDR_BASE, element, [1, channels, size, size]),
            output: Global::dense(DDR_BASE, element, [1, outputs, size / 2, size / 2]),
            window: WindowFields {
                kernel: [kernel; 2],
                stride: [2, 2],
                dilation: [1, 1],
                insert: [0, 0],
                pad: [pad; 4],
            },
            weights: Some(WeightSource::Coefficient(DDR_BASE, element)),
            bias: None,
            arithmetic: Arithmetic::Float {
                relu: false,
                limit: -1.0,
            },
            channel_shifts: None,
            folded: None,
            resident: None,
        }
    }

    fn chosen(operation: &WindowOp) -> i64 {
        choose(operation).map(Fold::code).unwrap_or(-1)
    }

    #[test]
    fn few_channels_are_folded_where_it_pays() {
        // The first convolutions of resnet50 and yolov8n.
        for element in [Element::F32, Element::I8] {
            assert_eq!(chosen(&operation(element, 3, 224, 7, 64)), 1, "{element:?}");
            assert_ne!(chosen(&operation(element, 3, 640, 3, 16)), 0, "{element:?}");
        }
        // 64 channels in f32 are no faster in another order.
        assert_eq!(chosen(&operation(Element::F32, 64, 112, 3, 64)), 0);
        assert_eq!(chosen(&operation(Element::I8, 3, 8, 1, 4)), 0);
    }

    #[test]
    fn every_weight_has_one_place() {
        let kernel = [3, 5];
        for code in 0..4 {
            let fold = Fold::from_code(code);
            let channels = fold.channels(2, kernel);
            let mut seen: Vec<_> = (0..15 * 2 / channels)
                .flat_map(|tap| (0..channels).map(move |channel| fold.source(kernel, 2, tap, channel)))
                .collect();
            seen.sort_unstable();
            let all: Vec<_> = (0..15).flat_map(|tap| [(tap, 0), (tap, 1)]).collect();
            assert_eq!(seen, all, "{code}");
        }
    }

    #[test]
    fn a_slice_reads_what_the_taps_of_its_rows_read() {
        let folded = operation(Element::F32, 3, 10, 3, 4).folded(Fold::from_code(1));
        let Some(folded) = folded.folded else {
            panic!("not folded");
        };
        // Output rows 0 and 1 read rows -1..2 and 1..4.
        assert_eq!(folded.inside(0, 0, (0, 2)), Some(((1, 1), 1)));
        assert_eq!(folded.inside(0, 1, (0, 2)), Some(((0, 2), 0)));
        assert_eq!(folded.edges(0, (0, 2)), [(0, 1)]);
        assert_eq!(folded.edges(0, (1, 4)), []);
        assert_eq!(folded.edges(1, (0, 10)), []);
    }
}
