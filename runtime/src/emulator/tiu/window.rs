//! The sliding window that convolution and pooling share: zeros inserted between input elements, padding, steps,
//! dilation; and compact per-channel parameters (kernels of depthwise operations, biases).

use crate::emulator::error::Problem;
use crate::emulator::layout::split_address;
use crate::isa::memory_map::{LANE_BYTES, LANE_COUNT};
use crate::isa::{Precision, TiuCommand};

/// Elements of one channel's padded input at most.
const MAX_PADDED_PLANE: usize = 1 << 24;

/// Geometry of a window operation, checked: every tap of every output lies in the padded input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub in_h: usize,
    pub in_w: usize,
    pub out_h: usize,
    pub out_w: usize,
    pub kernel_h: usize,
    pub kernel_w: usize,
    pub step_y: usize,
    pub step_x: usize,
    pub dilation_y: usize,
    pub dilation_x: usize,
    pub padded_h: usize,
    pub padded_w: usize,
    up: usize,
    left: usize,
    insert_y: usize,
    insert_x: usize,
}

impl Window {
    pub(super) fn new(command: &TiuCommand) -> Result<Self, Problem> {
        let get = |value: u64| value as usize;
        let window = Self {
            in_h: get(command.opd0_h()),
            in_w: get(command.opd0_w()),
            out_h: get(command.res0_h()),
            out_w: get(command.res0_w()),
            kernel_h: get(command.opd1_h()),
            kernel_w: get(command.opd1_w()),
            step_y: get(command.res_op_y_str()),
            step_x: get(command.res_op_x_str()),
            dilation_y: get(command.opd1_y_ins0()) + 1,
            dilation_x: get(command.opd1_x_ins0()) + 1,
            up: get(command.opd0_up_pad()),
            left: get(command.opd0_lf_pad()),
            insert_y: get(command.opd0_y_ins0()) + 1,
            insert_x: get(command.opd0_x_ins0()) + 1,
            padded_h: 0,
            padded_w: 0,
        };
        if [
            window.in_h,
            window.in_w,
            window.out_h,
            window.out_w,
            window.kernel_h,
            window.kernel_w,
        ]
        .contains(&0)
        {
            return Err(Problem::sizes("input, kernel and result must not be empty"));
        }
        let padded_h = (window.in_h - 1) * window.insert_y + 1 + window.up + get(command.opd0_dn_pad());
        let padded_w = (window.in_w - 1) * window.insert_x + 1 + window.left + get(command.opd0_rt_pad());
        let reach_y = (window.out_h - 1) * window.step_y + (window.kernel_h - 1) * window.dilation_y + 1;
        let reach_x = (window.out_w - 1) * window.step_x + (window.kernel_w - 1) * window.dilation_x + 1;
        if reach_y > padded_h || reach_x > padded_w {
            return Err(Problem::sizes(format!(
                "the window needs {reach_y}x{reach_x} of an input that is {padded_h}x{padded_w} with padding"
            )));
        }
        if padded_h * padded_w > MAX_PADDED_PLANE {
            return Err(Problem::sizes(format!(
                "padded input of {padded_h}x{padded_w} is too large"
            )));
        }
        Ok(Self {
            padded_h,
            padded_w,
            ..window
        })
    }

    /// Elements of the padded input of one channel.
    pub(super) fn padded_plane(&self) -> usize {
        self.padded_h * self.padded_w
    }

    /// Kernel positions.
    pub(super) fn taps(&self) -> usize {
        self.kernel_h * self.kernel_w
    }

    /// Row of the padded input where input row `y` goes.
    pub(super) fn padded_row(&self, y: usize) -> usize {
        self.up + y * self.insert_y
    }

    /// Column of the padded input where input column `x` goes.
    pub(super) fn padded_column(&self, x: usize) -> usize {
        self.left + x * self.insert_x
    }

    /// Position in the padded input of tap (`i`, `j`) of output (`y`, `x`).
    pub(super) fn tap_position(&self, y: usize, x: usize, i: usize, j: usize) -> usize {
        (y * self.step_y + i * self.dilation_y) * self.padded_w + x * self.step_x + j * self.dilation_x
    }

    /// Copies a dense input plane into a padded plane that was filled with the padding value. Inserted elements
    /// between input elements keep whatever the plane was filled with.
    pub(super) fn place<T: Copy>(&self, input: &[T], padded: &mut [T]) {
        for (y, line) in input.chunks_exact(self.in_w).enumerate() {
            let start = self.padded_row(y) * self.padded_w + self.left;
            if self.insert_x == 1 {
                padded[start..start + self.in_w].copy_from_slice(line);
            } else {
                for (x, value) in line.iter().enumerate() {
                    padded[start + x * self.insert_x] = *value;
                }
            }
        }
    }

    /// Whether zeros are inserted between input elements.
    pub(super) fn inserts(&self) -> bool {
        self.insert_y > 1 || self.insert_x > 1
    }
}

/// Parameters of `row_bytes` bytes per channel, rows of channels right after each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compact {
    pub start_lane: usize,
    offset: usize,
    row_bytes: usize,
}

impl Compact {
    pub(super) fn new(
        what: &'static str,
        address: u64,
        row_bytes: usize,
        channels: usize,
    ) -> Result<Self, Problem> {
        let (start_lane, offset) = split_address(what, address)?;
        let rows = (start_lane + channels).div_ceil(LANE_COUNT);
        let end = row_bytes
            .checked_mul(rows)
            .and_then(|bytes| bytes.checked_add(offset));
        if end.is_none_or(|end| end > LANE_BYTES) {
            return Err(Problem::range(
                what,
                format!("{rows} rows of {row_bytes} bytes at {offset:#x} leave the lane"),
            ));
        }
        Ok(Self {
            start_lane,
            offset,
            row_bytes,
        })
    }

    /// Lane and byte range of a channel's parameters.
    pub(super) fn place(&self, c: usize) -> (usize, std::ops::Range<usize>) {
        let row = (self.start_lane + c) / LANE_COUNT;
        let start = self.offset + row * self.row_bytes;
        ((self.start_lane + c) % LANE_COUNT, start..start + self.row_bytes)
    }
}

/// The bias of a window operation, when it has one: an element per channel, 16 bits wide unless it is f32.
pub(super) fn bias_place(command: &TiuCommand, precision: Precision) -> Result<Option<Compact>, Problem> {
    if command.tsk_opd_num() != 3 {
        return Ok(None);
    }
    if command.opt_opd2_const() == 1 {
        return Err(Problem::unsupported("a constant bias"));
    }
    let precision = if precision == Precision::Int8 {
        Precision::Int16
    } else {
        precision
    };
    Compact::new(
        "bias",
        command.opd2_addr(),
        precision.bytes(),
        command.res0_c() as usize,
    )
    .map(Some)
}

/// Reads an integer of 1, 2 or 4 bytes.
pub(super) fn integer(bytes: &[u8], signed: bool) -> i64 {
    match (bytes, signed) {
        ([a], true) => i64::from(a.cast_signed()),
        ([a], false) => i64::from(*a),
        ([a, b], true) => i64::from(i16::from_le_bytes([*a, *b])),
        ([a, b], false) => i64::from(u16::from_le_bytes([*a, *b])),
        ([a, b, c, d], true) => i64::from(i32::from_le_bytes([*a, *b, *c, *d])),
        ([a, b, c, d], false) => i64::from(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => 0,
    }
}

/// Reads a float of 4 bytes.
pub(super) fn float(bytes: &[u8]) -> f32 {
    bytes
        .first_chunk()
        .map_or(0.0, |bytes| f32::from_le_bytes(*bytes))
}
