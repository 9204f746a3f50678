//! Which part of local memory each command uses.

use super::{ProfileError, in_stage};
use crate::bmodel::{Stage, SubNetMode};
use crate::emulator::{Next, Streams};
use crate::isa::memory_map::Memory;
use crate::isa::operands::{Access, Content, Operand, dma_operands, tiu_operands};

/// A run of bytes of the lanes that a command reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// First byte in a lane.
    pub start: u64,
    /// Byte after the last.
    pub end: u64,
    /// Whether what was there is replaced.
    pub writes: bool,
}

/// What each command of a stage uses of local memory, in the order of [`super::Profile::slices`]. Lanes are laid over each
/// other: a byte is used if it is used in one of them.
///
/// # Errors
/// As [`super::Profile::of_stage`].
pub fn local_touches(stage: &Stage) -> Result<Vec<Vec<Touch>>, ProfileError> {
    let mut found = Vec::new();
    for subnet in &stage.subnets {
        if subnet.mode == SubNetMode::Tpu && subnet.is_dynamic {
            return Err(ProfileError::Dynamic(subnet.id));
        }
        for (index, group) in subnet.cmd_groups.iter().enumerate() {
            let place = |error| in_stage(subnet.id, index, error);
            let streams = Streams::decode(&group.tiu, &group.dma).map_err(place)?;
            let (mut tiu_done, mut dma_done) = (0, 0);
            loop {
                match streams.next(tiu_done, dma_done).map_err(place)? {
                    Next::Tiu(command) => {
                        found.push(touches(tiu_operands(&streams.tiu[command])));
                        tiu_done += 1;
                    }
                    Next::Dma(command) => {
                        found.push(touches(dma_operands(&streams.dma[command])));
                        dma_done += 1;
                    }
                    Next::Done => break,
                }
            }
        }
    }
    Ok(found)
}

fn touches(operands: Vec<Operand>) -> Vec<Touch> {
    let touch = |operand: Operand| {
        let Content::Tensor(region) = operand.content else {
            return None;
        };
        if region.memory() != Some(Memory::Local) {
            return None;
        }
        let extents = region.extents();
        Some(Touch {
            start: extents.iter().map(|extent| extent.start).min()?,
            end: extents.iter().map(|extent| extent.end).max()?,
            writes: operand.access == Access::Write,
        })
    };
    operands.into_iter().filter_map(touch).collect()
}
