//! Estimated cycles per command.
//!
//! A simple model for comparing command streams, not a simulation: no measured per-command cycles of the chip are
//! public, and the vendor's static profiles hold none. What it assumes, at the TIU clock of 550 MHz:
//!
//! - 64 lanes with 32 execution units each. One unit does one f32 or 32-bit operation per cycle, or four 8-bit
//!   (two 16-bit) element operations (the batches that share a word); an 8-bit convolution doubles that to 256
//!   multiply-adds per lane (17.6 TOPS over the chip, the vendor's figure for INT8).
//! - work is rounded up to whole groups of 64 channels and 32 positions;
//! - every TIU command costs [`TIU_START_CYCLES`] on top, every GDMA command [`DMA_START_CYCLES`];
//! - GDMA moves [`DDR_BYTES_PER_CYCLE`] to or from DDR (68.3 GB/s peak at 75 %), [`LOCAL_BYTES_PER_CYCLE`] otherwise;
//!   on strided sides every contiguous piece costs at least [`DMA_BURST_BYTES`].

use super::memory_map::{DDR_BASE, LANE_COUNT};
use super::{DmaCommand, DmaFormat, DmaFunction, Precision, TiuCommand, TiuOp};

/// TIU clock in Hz.
pub const CLOCK_HZ: u64 = 550_000_000;
/// Execution units per lane.
pub const UNITS_PER_LANE: u64 = 32;
/// Fixed cycles of a TIU command.
pub const TIU_START_CYCLES: u64 = 30;
/// Fixed cycles of a GDMA command.
pub const DMA_START_CYCLES: u64 = 200;
/// DDR bytes per cycle.
pub const DDR_BYTES_PER_CYCLE: u64 = 93;
/// Bytes per cycle between on-chip memories.
pub const LOCAL_BYTES_PER_CYCLE: u64 = 256;
/// Smallest DDR access.
pub const DMA_BURST_BYTES: u64 = 32;

/// Multiplication that stops at the largest value, for sizes from untrusted commands.
fn product(factors: &[u64]) -> u64 {
    factors
        .iter()
        .fold(1, |total: u64, factor| total.saturating_mul(*factor))
}

/// Estimated cycles of a TIU command; commands with unknown codes cost the start only.
#[must_use]
pub fn tiu_cycles(command: &TiuCommand) -> u64 {
    let lanes = LANE_COUNT as u64;
    let batches_per_word =
        Precision::from_code(command.opt_opd0_prec()).map_or(1, Precision::batches_per_word) as u64;
    let words_n = command.res0_n().div_ceil(batches_per_word);
    let channel_groups = command.res0_c().div_ceil(lanes);
    let positions = command.res0_h() * command.res0_w();
    let position_groups = positions.div_ceil(UNITS_PER_LANE);
    let element_groups = product(&[words_n, channel_groups, position_groups]);
    let taps = command.opd1_h() * command.opd1_w();
    let work = match command.op() {
        Some(TiuOp::Conv) => {
            // 8-bit units take the input channels four at a time from one word, two words per cycle.
            let channels_per_cycle = if batches_per_word == 4 { 8 } else { 1 };
            product(&[
                command.res0_n(),
                channel_groups,
                position_groups,
                taps,
                command.opd0_c().div_ceil(channels_per_cycle),
            ])
        }
        Some(TiuOp::Depthwise | TiuOp::MaxPool) => product(&[element_groups, taps]),
        Some(TiuOp::MatMul) => {
            let depth = command.opd0_c().saturating_sub(1) * command.opd0_w() + command.opd1_w();
            let columns = command.res0_w().div_ceil(UNITS_PER_LANE * batches_per_word);
            product(&[command.opd0_n(), channel_groups, columns, depth])
        }
        Some(TiuOp::Divide | TiuOp::ScalarDivide) => product(&[element_groups, 12]),
        Some(TiuOp::Rsqrt) => product(&[element_groups, 10]),
        Some(TiuOp::Taylor) => product(&[element_groups, command.opd1_n(), 2]),
        Some(TiuOp::Lut) => product(&[element_groups, 8]),
        Some(_) => element_groups,
        None => 0,
    };
    work.saturating_add(TIU_START_CYCLES)
}

/// Bytes a GDMA command writes.
#[must_use]
pub fn dma_bytes(command: &DmaCommand) -> u64 {
    let size = DmaFormat::from_code(command.dst_data_format()).map_or(0, DmaFormat::bytes) as u64;
    product(&[
        command.dst_nsize(),
        command.dst_csize(),
        command.dst_hsize(),
        command.dst_wsize(),
        size,
    ])
}

/// Bytes one DDR side costs: strided columns and short rows still take whole bursts.
fn ddr_side_bytes(bytes: u64, row_elements: u64, column_stride: u64, strided: bool, size: u64) -> u64 {
    if !strided || row_elements == 0 || size == 0 {
        return bytes;
    }
    let row_bytes = row_elements * size;
    let rows = bytes / row_bytes;
    let cost_per_row = if column_stride <= 1 {
        row_bytes.next_multiple_of(DMA_BURST_BYTES)
    } else {
        row_elements.saturating_mul((column_stride * size).min(DMA_BURST_BYTES))
    };
    rows.saturating_mul(cost_per_row)
}

/// Estimated cycles of a GDMA command.
#[must_use]
pub fn dma_cycles(command: &DmaCommand) -> u64 {
    let bytes = dma_bytes(command);
    let strided = command.stride_enable() == 1;
    let size = DmaFormat::from_code(command.dst_data_format()).map_or(0, DmaFormat::bytes) as u64;
    let mut ddr_bytes = 0u64;
    if command.destination_address() >= DDR_BASE {
        ddr_bytes = ddr_side_bytes(bytes, command.dst_wsize(), command.dst_wstride(), strided, size);
    }
    if command.source_address() >= DDR_BASE && command.function() != Some(DmaFunction::Constant) {
        let source = ddr_side_bytes(bytes, command.src_wsize(), command.src_wstride(), strided, size);
        ddr_bytes = ddr_bytes.saturating_add(source);
    }
    let cycles = ddr_bytes
        .div_ceil(DDR_BYTES_PER_CYCLE)
        .max(bytes.div_ceil(LOCAL_BYTES_PER_CYCLE));
    cycles.saturating_add(DMA_START_CYCLES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{DmaField, TiuField};

    #[test]
    fn convolution_work_is_rounded_up_to_lanes_and_units() {
        let mut command = TiuCommand::new();
        command.set_op(TiuOp::Conv);
        for (field, value) in [
            (TiuField::Res0C, 65),
            (TiuField::Res0H, 3),
            (TiuField::Res0W, 11),
            (TiuField::Opd0C, 16),
            (TiuField::Opd1H, 3),
            (TiuField::Opd1W, 3),
        ] {
            command.set(field, value).unwrap();
        }
        assert_eq!(tiu_cycles(&command), TIU_START_CYCLES + 2 * 2 * 9 * 2);
        command
            .set(TiuField::OptOpd0Prec, Precision::Float32.code())
            .unwrap();
        assert_eq!(tiu_cycles(&command), TIU_START_CYCLES + 2 * 2 * 9 * 16);
    }

    #[test]
    fn hostile_sizes_saturate() {
        let mut command = DmaCommand([u64::MAX; 16]);
        command.set(DmaField::DstDataFormat, 0).unwrap();
        assert!(dma_cycles(&command) > DMA_START_CYCLES);
        assert!(tiu_cycles(&TiuCommand([u64::MAX; 16])) >= TIU_START_CYCLES);
    }
}
