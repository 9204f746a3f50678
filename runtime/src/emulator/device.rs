//! The emulator as the device of a session.

use super::{Emulator, Event, Executed, Memory};
use crate::isa::Command;
use crate::isa::memory_map::LANE_COUNT;
use crate::session::{Device, Done, MemoryView, Observer};

impl MemoryView for Memory {
    fn ddr(&self, address: u64, bytes: usize) -> Option<&[u8]> {
        self.read_ddr(address, bytes).ok()
    }

    fn lane(&self, lane: usize, offset: usize, bytes: usize) -> Option<&[u8]> {
        if lane >= LANE_COUNT {
            return None;
        }
        Memory::lane(self, lane).get(offset..offset.checked_add(bytes)?)
    }

    fn l2(&self, offset: usize, bytes: usize) -> Option<&[u8]> {
        Memory::l2(self).get(offset..offset.checked_add(bytes)?)
    }
}

impl Device for Emulator {
    fn write_ddr(&mut self, address: u64, data: &[u8]) -> Result<(), String> {
        Emulator::write_ddr(self, address, data).map_err(|error| error.to_string())
    }

    fn read_ddr(&self, address: u64, bytes: usize) -> Result<&[u8], String> {
        Emulator::read_ddr(self, address, bytes).map_err(|error| error.to_string())
    }

    fn run(&mut self, tiu: &[u8], dma: &[u8], observer: Option<Observer<'_>>) -> Result<(), String> {
        let result = match observer {
            None => Emulator::run(self, tiu, dma, None),
            Some(observer) => {
                let mut forward = |event: Event<'_>| {
                    let (id, command) = match event.command {
                        Executed::Tiu(command) => (command.cmd_id_tpu(), Command::Tiu(*command)),
                        Executed::Dma(command) => (command.cmd_id(), Command::Dma(*command)),
                    };
                    observer(
                        Done {
                            engine: event.engine,
                            id,
                            command,
                        },
                        event.memory,
                    );
                };
                Emulator::run(self, tiu, dma, Some(&mut forward))
            }
        };
        let stats = result.map_err(|error| error.to_string())?;
        self.add_to_totals(&stats);
        Ok(())
    }
}
