//! What a command costs: cycles, multiply-adds and bytes, from its fields alone.
//!
//! All cycles are of the TIU's clock, [`CLOCK_HZ`]; the GDMA's times are given in them too, so that both engines can be
//! laid on one time line ([`crate::profile`]). The formulas are physical terms (lanes, words per cycle, bytes per
//! cycle, latency of the memory) with a few constants for the whole chip; where each constant comes from and how far the
//! model is from measured latencies is told in `docs/cycle-model.md`. It is an estimate and no simulation: bank
//! conflicts of two operands, refresh of the DDR and the host's share of the bandwidth are not modelled.

mod dma;
mod tiu;

pub use dma::{DmaCost, dma_cost};
pub use tiu::{TiuCost, tiu_cost};

/// TIU clock in Hz.
pub const CLOCK_HZ: u64 = 550_000_000;
/// Cycles between the moment when a command may start and its start: its 128 bytes are read from DDR, without prefetch,
/// and what it waited for is told to its engine.
pub const ISSUE_CYCLES: u64 = 2 * dma::DDR_READ_LATENCY;
/// Cycles from the host's call to the first command and from the last one back (0.4 ms): a message each way.
pub const LAUNCH_CYCLES: u64 = 220_000;

/// Multiply-adds of all lanes in a cycle on f32: 64 lanes, 16 positions, 2 input channels.
pub const FLOAT_MACS_PER_CYCLE: u64 = 64 * 16 * 2;
/// Multiply-adds of all lanes in a cycle on 8-bit integers: 64 lanes, 16 positions, 4 input channels, the 4 batches of a word.
pub const INT8_MACS_PER_CYCLE: u64 = 64 * 16 * 4 * 4;

/// What memory traffic is measured against: 32 GiB/s, which the vendor's benchmarks call 100 %.
pub const DDR_BYTES_PER_SECOND: u64 = 32 << 30;

/// Seconds that a number of cycles takes.
#[must_use]
#[allow(clippy::cast_precision_loss)] // a reading for people
pub fn seconds(cycles: u64) -> f64 {
    cycles as f64 / CLOCK_HZ as f64
}

/// Multiplication that stops at the largest value, for sizes from untrusted commands.
fn product(factors: &[u64]) -> u64 {
    factors
        .iter()
        .fold(1, |total: u64, factor| total.saturating_mul(*factor))
}
