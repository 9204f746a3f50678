//! Task type 6: look-up of the low 8 bits of a word in a table of 256 words in L2.

use super::{Operand, operand0, require, result_layout, result_shape};
use crate::emulator::error::Problem;
use crate::emulator::lanes::{Lanes, for_each_plane};
use crate::emulator::layout::Layout;
use crate::emulator::memory::Memory;
use crate::isa::TiuCommand;

/// Entries of a table.
pub(in crate::emulator) const ENTRIES: usize = 256;

pub(super) fn execute(command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let result = result_layout(command)?;
    let (index, precision) = operand0(command, result_shape(command))?;
    require(
        precision.bytes() == 4 && result.size == 4,
        "look-up with indices or entries that are not 32 bits wide",
    )?;
    require(command.opt_opd0_const() == 0, "a constant index")?;
    // The number of entries is given as rows of 32 words.
    require(
        command.opd1_h() == 8,
        "a table of another size than 256 words (opd1_h must be 8)",
    )?;
    let table = words(memory.l2(), command.opd1_addr(), ENTRIES)?;
    let starts = [index.start_lane(&result)];
    let compute = |lanes: &Lanes<'_>, c: usize, n: usize, _: &mut (), out: &mut [i32]| {
        match &index {
            Operand::Constant(bits) => out.fill((*bits).cast_signed()),
            Operand::Tensor(layout) => {
                let (lane, row) = layout.lane_row(c);
                layout.read_i32(lanes.lane(lane), n, row, true, out);
            }
        }
        for slot in out {
            *slot = table[(*slot & 0xff) as usize].cast_signed();
        }
    };
    for_each_plane(memory.local_mut(), &result, &starts, compute, Layout::write_i32);
    Ok(())
}

/// `count` words of L2 from an offset.
pub(in crate::emulator) fn words(l2: &[u8], offset: u64, count: usize) -> Result<Vec<u32>, Problem> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let bytes = start.checked_add(count * 4).and_then(|end| l2.get(start..end));
    let bytes = bytes.ok_or_else(|| {
        Problem::range(
            "table",
            format!("{count} words at offset {offset:#x} are not inside L2"),
        )
    })?;
    Ok(bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect())
}
