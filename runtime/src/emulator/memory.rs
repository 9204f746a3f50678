//! The chip's memories: 64 lanes of 512 KiB, 4 MiB of L2, and DDR that the host commits page by page.

use memmap2::{MmapMut, MmapOptions};

use super::error::{EmulatorError, Problem};
use super::l2_tables;
use crate::isa::memory_map::{DDR_BASE, L2_BYTES, LANE_BYTES, LOCAL_BYTES, Memory as Kind};

/// DDR size when none is asked for.
pub const DEFAULT_DDR_BYTES: u64 = 2 << 30;

/// Multiply-adds of one command when nothing else is said; what is beyond comes from nonsense sizes.
const DEFAULT_WORK_LIMIT: u64 = 1 << 38;

/// All memories of the chip.
pub struct Memory {
    /// Words, so that rows of 4-byte elements are aligned for the host.
    local: Vec<u32>,
    l2: Vec<u8>,
    ddr: MmapMut,
    work_limit: u64,
}

impl Memory {
    /// Memory after power-up: everything zero but the tables in L2.
    ///
    /// # Errors
    /// [`EmulatorError::HostMemory`] when the host cannot reserve `ddr_bytes` of address space.
    pub fn new(ddr_bytes: u64) -> Result<Self, EmulatorError> {
        let host_error = |message: String| EmulatorError::HostMemory {
            bytes: ddr_bytes,
            message,
        };
        let length = usize::try_from(ddr_bytes).map_err(|error| host_error(error.to_string()))?;
        let ddr = MmapOptions::new()
            .len(length.max(1))
            .no_reserve_swap()
            .map_anon()
            .map_err(|error| host_error(error.to_string()))?;
        let mut l2 = vec![0; L2_BYTES];
        l2_tables::fill(&mut l2);
        Ok(Self {
            local: vec![0; LOCAL_BYTES / 4],
            l2,
            ddr,
            work_limit: DEFAULT_WORK_LIMIT,
        })
    }

    /// Local memory, lane after lane.
    #[must_use]
    pub fn local(&self) -> &[u8] {
        bytemuck::cast_slice(&self.local)
    }

    /// Local memory of one lane.
    ///
    /// # Panics
    /// When `lane` is 64 or more.
    #[must_use]
    pub fn lane(&self, lane: usize) -> &[u8] {
        &self.local()[lane * LANE_BYTES..(lane + 1) * LANE_BYTES]
    }

    /// The L2 buffer.
    #[must_use]
    pub fn l2(&self) -> &[u8] {
        &self.l2
    }

    /// DDR from its base address on.
    #[must_use]
    pub fn ddr(&self) -> &[u8] {
        &self.ddr
    }

    pub(super) fn set_work_limit(&mut self, multiply_adds: u64) {
        self.work_limit = multiply_adds;
    }

    /// Refuses a command of more multiply-adds than one may have.
    pub(super) fn check_work(&self, multiply_adds: u128) -> Result<(), Problem> {
        if multiply_adds <= u128::from(self.work_limit) {
            return Ok(());
        }
        Err(Problem::sizes(format!(
            "{multiply_adds} multiply-adds in one command, at most {} are executed",
            self.work_limit
        )))
    }

    pub(super) fn local_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.local)
    }

    pub(super) fn l2_mut(&mut self) -> &mut [u8] {
        &mut self.l2
    }

    pub(super) fn ddr_mut(&mut self) -> &mut [u8] {
        &mut self.ddr
    }

    /// Writes a range by absolute address, in whatever memory it lies.
    ///
    /// # Errors
    /// [`EmulatorError::Address`] when any part lies outside; nothing is written then.
    pub fn write(&mut self, address: u64, data: &[u8]) -> Result<(), EmulatorError> {
        let outside = EmulatorError::Address {
            address,
            bytes: data.len() as u64,
        };
        let Some((kind, offset)) = Kind::of_address(address) else {
            return Err(outside);
        };
        let memory = match kind {
            Kind::Local => self.local_mut(),
            Kind::L2 => &mut self.l2,
            Kind::Ddr => &mut self.ddr,
        };
        let target = usize::try_from(offset)
            .ok()
            .and_then(|start| memory.get_mut(start..start.checked_add(data.len())?));
        target.ok_or(outside)?.copy_from_slice(data);
        Ok(())
    }

    /// Local memory and DDR, one to read and one to write; `None` for other pairs.
    #[cfg(feature = "jit")]
    pub(super) fn two(&mut self, from: Kind, to: Kind) -> Option<(&[u8], &mut [u8])> {
        let local: &mut [u8] = bytemuck::cast_slice_mut(&mut self.local);
        match (from, to) {
            (Kind::Local, Kind::Ddr) => Some((&*local, &mut self.ddr[..])),
            (Kind::Ddr, Kind::Local) => Some((&self.ddr[..], local)),
            _ => None,
        }
    }

    /// A DDR range by absolute address.
    ///
    /// # Errors
    /// [`EmulatorError::Ddr`] when any part lies outside.
    pub fn read_ddr(&self, address: u64, bytes: usize) -> Result<&[u8], EmulatorError> {
        let start = self.ddr_offset(address, bytes)?;
        Ok(&self.ddr[start..start + bytes])
    }

    /// Writes a DDR range by absolute address.
    ///
    /// # Errors
    /// [`EmulatorError::Ddr`] when any part lies outside; nothing is written then.
    pub fn write_ddr(&mut self, address: u64, data: &[u8]) -> Result<(), EmulatorError> {
        let start = self.ddr_offset(address, data.len())?;
        self.ddr[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }

    fn ddr_offset(&self, address: u64, bytes: usize) -> Result<usize, EmulatorError> {
        let inside = address.checked_sub(DDR_BASE).filter(|offset| {
            offset
                .checked_add(bytes as u64)
                .is_some_and(|end| end <= self.ddr.len() as u64)
        });
        inside
            .and_then(|offset| usize::try_from(offset).ok())
            .ok_or(EmulatorError::Ddr {
                address,
                bytes: bytes as u64,
                ddr_bytes: self.ddr.len() as u64,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ddr_is_bounded() {
        let mut memory = Memory::new(1 << 20).unwrap();
        memory.write_ddr(DDR_BASE + 10, &[1, 2, 3]).unwrap();
        assert_eq!(memory.read_ddr(DDR_BASE + 9, 5).unwrap(), [0, 1, 2, 3, 0]);
        assert!(memory.write_ddr(DDR_BASE + (1 << 20) - 1, &[0, 0]).is_err());
        assert!(memory.read_ddr(DDR_BASE - 1, 1).is_err());
        assert!(memory.read_ddr(u64::MAX, 2).is_err());
    }
}
