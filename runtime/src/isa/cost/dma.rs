//! Moves of the GDMA.
//!
//! A move takes the latency of its source and destination, and then the larger of two times: that of its bytes, and that
//! of its rows, since each channel of each batch is an address of its own that costs a beat however short its row is.

use super::product;
use crate::isa::memory_map::DDR_BASE;
use crate::isa::{Direction, DmaCommand, DmaFormat, DmaFunction};

/// Bytes to or from DDR in a cycle: 27.5 GB/s, which is 80 % of [`super::DDR_BYTES_PER_SECOND`].
const DDR_BYTES_PER_CYCLE: u64 = 50;
/// The smallest access to DDR.
const DDR_BURST_BYTES: u64 = 32;
/// Cycles until the first word of DDR arrives (250 ns).
pub(super) const DDR_READ_LATENCY: u64 = 137;
/// Cycles until the last word is in DDR (82 ns).
const DDR_WRITE_LATENCY: u64 = 45;
/// Bytes a cycle between lanes.
const LOCAL_BYTES_PER_CYCLE: u64 = 32;
/// Cycles until the first word of another lane arrives.
const LOCAL_LATENCY: u64 = 3;
/// Bytes of a constant that are written to the lanes in a cycle: nothing has to be read.
const LOCAL_FILL_BYTES_PER_CYCLE: u64 = 64;
/// Cycles until the first word of a constant is written.
const FILL_LATENCY: u64 = 7;

/// What a GDMA command costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DmaCost {
    /// Cycles of the TIU's clock.
    pub cycles: u64,
    /// Bytes written, wherever.
    pub bytes: u64,
    /// Bytes read from DDR.
    pub ddr_read_bytes: u64,
    /// Bytes written to DDR.
    pub ddr_write_bytes: u64,
}

/// Estimated cost of a GDMA command. A command with an unknown format moves no bytes.
#[must_use]
pub fn dma_cost(command: &DmaCommand) -> DmaCost {
    let constant = command.function() == Some(DmaFunction::Constant);
    let format = if constant {
        command.dst_data_format()
    } else {
        command.src_data_format()
    };
    let element_bytes = DmaFormat::from_code(format).map_or(0, DmaFormat::bytes) as u64;
    let written_bytes = DmaFormat::from_code(command.dst_data_format()).map_or(0, DmaFormat::bytes) as u64;
    // The local side of a matrix has surplus columns; the DDR side tells what is moved.
    let matrix = command.sys_mem_type() == 1;
    let by_destination = constant || matrix && command.memory_direction() == Direction::LocalToDdr;
    let [n, c, h, w] = shape(command, !by_destination);
    let elements = product(&[n, c, h, w]);
    let rows = if matrix {
        product(&[n, c]).max(h)
    } else {
        product(&[n, c])
    };
    let bytes = elements.saturating_mul(element_bytes);
    let written = elements.saturating_mul(written_bytes);
    let source_in_ddr = !constant && command.source_address() >= DDR_BASE;
    let destination_in_ddr = command.destination_address() >= DDR_BASE;
    let local_only = command.memory_direction() == Direction::LocalToLocal;
    let cycles = if local_only && constant {
        FILL_LATENCY.saturating_add(bytes.div_ceil(LOCAL_FILL_BYTES_PER_CYCLE))
    } else if local_only {
        LOCAL_LATENCY.saturating_add(bytes.div_ceil(LOCAL_BYTES_PER_CYCLE).max(rows))
    } else {
        let latency = match command.memory_direction() {
            _ if constant => FILL_LATENCY,
            Direction::LocalToDdr => DDR_WRITE_LATENCY,
            _ => DDR_READ_LATENCY,
        };
        let transfer = bytes.max(product(&[rows, DDR_BURST_BYTES]));
        latency.saturating_add(transfer.div_ceil(DDR_BYTES_PER_CYCLE))
    };
    DmaCost {
        cycles,
        bytes: written,
        ddr_read_bytes: if source_in_ddr { bytes } else { 0 },
        ddr_write_bytes: if destination_in_ddr { written } else { 0 },
    }
}

fn shape(command: &DmaCommand, source: bool) -> [u64; 4] {
    if source {
        [
            command.src_nsize(),
            command.src_csize(),
            command.src_hsize(),
            command.src_wsize(),
        ]
    } else {
        [
            command.dst_nsize(),
            command.dst_csize(),
            command.dst_hsize(),
            command.dst_wsize(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::DmaField;
    use crate::isa::memory_map::LOCAL_BASE;

    fn copy(direction: Direction, format: DmaFormat, dims: [u64; 4]) -> DmaCommand {
        let mut command = DmaCommand::new();
        let ddr = DDR_BASE + 0x1000;
        let (source, destination) = match direction {
            Direction::DdrToLocal => (ddr, LOCAL_BASE),
            Direction::LocalToDdr => (LOCAL_BASE, ddr),
            Direction::DdrToDdr => (ddr, ddr + 0x10_0000),
            Direction::LocalToLocal => (LOCAL_BASE, LOCAL_BASE + 0x100),
        };
        let sizes = [
            (DmaField::SrcNsize, DmaField::DstNsize),
            (DmaField::SrcCsize, DmaField::DstCsize),
            (DmaField::SrcHsize, DmaField::DstHsize),
            (DmaField::SrcWsize, DmaField::DstWsize),
        ];
        let mut set = |field, value| {
            command.set(field, value).unwrap();
        };
        for ((source, destination), size) in sizes.into_iter().zip(dims) {
            set(source, size);
            set(destination, size);
        }
        set(DmaField::Direction, direction.code());
        set(DmaField::SrcDataFormat, format.code());
        set(DmaField::DstDataFormat, format.code());
        set(DmaField::SrcStartAddrL32, source & 0xffff_ffff);
        set(DmaField::SrcStartAddrH8, source >> 32);
        set(DmaField::DstStartAddrL32, destination & 0xffff_ffff);
        set(DmaField::DstStartAddrH8, destination >> 32);
        command
    }

    #[test]
    fn cycles_of_known_commands() {
        use Direction::{DdrToDdr, DdrToLocal, LocalToDdr, LocalToLocal};
        use DmaFormat::{Float32, Int8};
        let rows = [
            (DdrToLocal, Float32, [1, 3, 60, 320], 137 + 230_400 / 50),
            // Short rows cost an access each.
            (DdrToLocal, Int8, [1, 96, 1, 25], 137 + 96 * 32 / 50 + 1),
            (LocalToDdr, Float32, [484, 40, 2, 1], 45 + 19_360 * 32 / 50 + 1),
            (LocalToDdr, Float32, [1, 3, 58, 352], 45 + 244_992 / 50 + 1),
            (DdrToDdr, Float32, [1, 3, 240, 320], 137 + 921_600 / 50),
            // Between lanes as the vendor's static estimate has it.
            (LocalToLocal, Float32, [1, 96, 22, 22], 5811),
            (LocalToLocal, Float32, [1, 600, 4, 1], 603),
        ];
        let mut wrong = Vec::new();
        for (direction, format, dims, expected) in rows {
            let found = dma_cost(&copy(direction, format, dims)).cycles;
            if found != expected {
                wrong.push(format!("{direction:?} {dims:?}: {found}, expected {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn constants_are_not_read() {
        let mut fill = copy(Direction::LocalToLocal, DmaFormat::Float32, [1, 64, 96, 1]);
        fill.set(DmaField::SpecialFunc, DmaFunction::Constant.code())
            .unwrap();
        assert_eq!(dma_cost(&fill).cycles, 391);
        let mut fill = copy(Direction::DdrToDdr, DmaFormat::Float32, [1, 3, 1, 352]);
        fill.set(DmaField::SpecialFunc, DmaFunction::Constant.code())
            .unwrap();
        let cost = dma_cost(&fill);
        assert_eq!(
            (cost.cycles, cost.ddr_read_bytes, cost.ddr_write_bytes),
            (92, 0, 4224)
        );
    }

    #[test]
    fn hostile_sizes_saturate() {
        for direction in 0..4 {
            let mut command = DmaCommand([u64::MAX; 16]);
            for (field, value) in [
                (DmaField::DstDataFormat, 0),
                (DmaField::SrcDataFormat, 0),
                (DmaField::Direction, direction),
            ] {
                command.set(field, value).unwrap();
            }
            assert!(dma_cost(&command).cycles > 1 << 40, "{direction}");
        }
    }
}
