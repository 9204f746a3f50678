//! Where memory lies, and how channels spread over lanes.
//!
//! Local memory is 64 lanes of 512 KiB. Channel `c` of a tensor whose address lies in lane `s` is in lane
//! `(s + c) mod 64`, row `(s + c) div 64`.

/// Number of compute lanes.
pub const LANE_COUNT: usize = 64;
/// Bytes of local memory per lane.
pub const LANE_BYTES: usize = 512 << 10;
/// Bytes of local memory in all lanes.
pub const LOCAL_BYTES: usize = LANE_COUNT * LANE_BYTES;
/// First address of local memory (lane 0).
pub const LOCAL_BASE: u64 = 0x0800_0000;
/// First address of the on-chip L2 buffer. TIU table operands use the offset in it, GDMA the full address.
pub const L2_BASE: u64 = 0x1000_0000;
/// Bytes of the L2 buffer.
pub const L2_BYTES: usize = 4 << 20;
/// First address of DDR.
pub const DDR_BASE: u64 = 0x1_0000_0000;
/// Most DDR a chip can have: four channels of 4 GiB.
pub const MAX_DDR_BYTES: u64 = 16 << 30;
/// Where the coefficients of a compiled model are placed; neuron memory follows them.
pub const COEFF_BASE: u64 = 0x1_0510_0000;
/// Lane-local alignment of a tensor's channel rows, in bytes.
pub const ROW_ALIGN_BYTES: usize = 128;
/// Lane-local alignment of a tensor's channel rows, in 4-byte words.
pub const ROW_ALIGN_WORDS: usize = 32;

/// Offsets in L2 of the tables that are there after power-up initialisation.
pub mod l2_table {
    /// `float(i)` for the signed 8-bit index `i`; filled for -103..=88.
    pub const INT_TO_FLOAT_CLAMPED: u32 = 0x30_0000;
    /// `exp(i)` for the signed 8-bit index `i`; filled for -103..=88.
    pub const EXP: u32 = 0x30_0400;
    /// `(e - 127) * ln 2` for a biased exponent `e` in 0..=255.
    pub const EXPONENT_LN2: u32 = 0x30_0800;
    /// `1/k!`, `k = 1..`: exp(x) - 1 without the leading `x`.
    pub const EXP_SERIES: u32 = 0x30_0c00;
    /// `1, -1/2, 1/3, ...` (64 terms): log(1 + x) without the leading `x`.
    pub const LOG_SERIES: u32 = 0x30_0d00;
    /// `float(i)` for the unsigned 8-bit index `i`.
    pub const UINT_TO_FLOAT: u32 = 0x30_0f00;
    /// `float(i)` for the signed 8-bit index `i`, all values.
    pub const INT_TO_FLOAT: u32 = 0x30_1300;
    /// Where compiled models put tables of their own, 0x400 bytes each.
    pub const MODEL_TABLES: u32 = 0x0a_2000;
}

/// Local address of byte `offset` in `lane`.
#[must_use]
pub const fn local_address(lane: usize, offset: usize) -> u64 {
    LOCAL_BASE + (lane * LANE_BYTES + offset) as u64
}

/// Lane and offset in the lane of an offset in local memory.
#[must_use]
pub const fn lane_offset(offset: u64) -> (u64, u64) {
    (offset / LANE_BYTES as u64, offset % LANE_BYTES as u64)
}

/// A kind of memory, told by the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Memory {
    /// Lane-local memory.
    Local,
    /// The on-chip L2 buffer.
    L2,
    /// External memory.
    Ddr,
}

impl Memory {
    /// Name used in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Memory::Local => "local",
            Memory::L2 => "l2",
            Memory::Ddr => "ddr",
        }
    }

    /// The memory an address lies in, and the offset from that memory's base. `None` between the ranges.
    #[must_use]
    pub const fn of_address(address: u64) -> Option<(Self, u64)> {
        if address >= DDR_BASE {
            Some((Memory::Ddr, address - DDR_BASE))
        } else if address >= L2_BASE && address < L2_BASE + L2_BYTES as u64 {
            Some((Memory::L2, address - L2_BASE))
        } else if address >= LOCAL_BASE && address < LOCAL_BASE + LOCAL_BYTES as u64 {
            Some((Memory::Local, address - LOCAL_BASE))
        } else {
            None
        }
    }
}
