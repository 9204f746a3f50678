//! A time line of a compiled model, without running it: static commands tell everything.
//!
//! [`Profile::of_streams`] answers for any pair of command streams, so that a compiler can ask what an operation or a group
//! costs; [`Profile::of_stage`] does so for a stage of a bmodel. The costs are those of [`crate::isa::cost`], the overlap of
//! the two engines that of [`Timeline`]. Command groups and sub-nets follow each other without overlap, and the time of host
//! layers is not known ([`Profile::host_layers`] counts them).

mod chrome;
mod names;
mod summary;
mod timeline;
mod touches;

pub use names::OperationNames;
pub use timeline::Timeline;
pub use touches::{Touch, local_touches};

use crate::bmodel::{Stage, SubNetMode};
use crate::emulator::{EmulatorError, Next, Streams};
use crate::isa::{
    Engine,
    cost::{dma_cost, tiu_cost},
    disassembly::{dma_mnemonic, tiu_mnemonic},
};

/// A command on the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its engine.
    pub engine: Engine,
    /// Its own id, from 1 in each command group.
    pub id: u64,
    /// What it does.
    pub mnemonic: String,
    /// The operation that it belongs to, where known.
    pub operation: Option<String>,
    /// When it starts, in cycles of the TIU's clock.
    pub start: u64,
    /// When it ends.
    pub end: u64,
    /// Multiply-adds.
    pub macs: u64,
    /// Bytes that it writes, for GDMA.
    pub bytes: u64,
}

/// Sums over a time line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// From the issue of the first command to the end of the last.
    pub cycles: u64,
    /// Cycles in which the TIU works.
    pub tiu_cycles: u64,
    /// Cycles in which the GDMA works.
    pub dma_cycles: u64,
    /// TIU commands.
    pub tiu_commands: u64,
    /// GDMA commands.
    pub dma_commands: u64,
    /// Multiply-adds.
    pub macs: u64,
    /// Multiply-adds at the TIU's highest rate for their type would take this many cycles.
    pub peak_mac_cycles: u64,
    /// Bytes written by GDMA, wherever.
    pub dma_bytes: u64,
    /// Bytes read from DDR.
    pub ddr_read_bytes: u64,
    /// Bytes written to DDR.
    pub ddr_write_bytes: u64,
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The streams are damaged, or wait for each other.
    #[error("{place}{error}")]
    Streams {
        /// Sub-net and group, with a colon, or nothing.
        place: String,
        /// What is wrong.
        error: Box<EmulatorError>,
    },
    /// A sub-net without commands.
    #[error("sub-net {0} is dynamic: its commands are made on the chip; compile the model for fixed shapes")]
    Dynamic(i32),
}

/// What is wrong with a command group of a stage.
fn in_stage(subnet: i32, group: usize, error: EmulatorError) -> ProfileError {
    ProfileError::Streams {
        place: format!("sub-net {subnet}, command group {group}: "),
        error: error.into(),
    }
}

/// When every command runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Commands in an order in which they could be executed.
    pub slices: Vec<Slice>,
    /// Sums.
    pub totals: Totals,
    /// Sub-nets on the host, whose time is not in the sums.
    pub host_layers: usize,
}

impl Profile {
    /// Profiles the encoded commands of both engines, whose ids count from 1.
    ///
    /// # Errors
    /// A stream is no whole number of commands, has wrong ids, or both engines wait for each other.
    pub fn of_streams(tiu: &[u8], dma: &[u8]) -> Result<Self, ProfileError> {
        let mut profile = Self::default();
        profile
            .append(tiu, dma, |_, _| None)
            .map_err(|error| ProfileError::Streams {
                place: String::new(),
                error: error.into(),
            })?;
        Ok(profile)
    }

    /// Profiles a stage of a net. `names`: which operation a command belongs to.
    ///
    /// # Errors
    /// As [`Profile::of_streams`], and for dynamic sub-nets.
    pub fn of_stage(stage: &Stage, names: &OperationNames) -> Result<Self, ProfileError> {
        let mut profile = Self::default();
        for subnet in &stage.subnets {
            match subnet.mode {
                SubNetMode::Tpu if subnet.is_dynamic => return Err(ProfileError::Dynamic(subnet.id)),
                SubNetMode::Tpu => {}
                _ => profile.host_layers += 1,
            }
            // Locations count the commands of a sub-net; with several groups ids start anew, and no name is certain.
            let named = subnet.cmd_groups.len() == 1;
            for (index, group) in subnet.cmd_groups.iter().enumerate() {
                let name = |engine, id| {
                    names
                        .of(subnet.id, engine, id)
                        .filter(|_| named)
                        .map(str::to_owned)
                };
                profile
                    .append(&group.tiu, &group.dma, name)
                    .map_err(|error| in_stage(subnet.id, index, error))?;
            }
        }
        Ok(profile)
    }

    /// Adds a command group that starts when everything before it has ended.
    fn append(
        &mut self,
        tiu: &[u8],
        dma: &[u8],
        operation: impl Fn(Engine, u64) -> Option<String>,
    ) -> Result<(), EmulatorError> {
        let streams = Streams::decode(tiu, dma)?;
        let origin = self.totals.cycles;
        let totals = &mut self.totals;
        let mut timeline = Timeline::default();
        let (mut tiu_done, mut dma_done) = (0, 0);
        loop {
            let (engine, id, mnemonic, time, macs, bytes) = match streams.next(tiu_done, dma_done)? {
                Next::Tiu(index) => {
                    let command = &streams.tiu[index];
                    let cost = tiu_cost(command);
                    totals.tiu_commands += 1;
                    totals.tiu_cycles = totals.tiu_cycles.saturating_add(cost.cycles);
                    totals.macs = totals.macs.saturating_add(cost.macs);
                    totals.peak_mac_cycles = totals.peak_mac_cycles.saturating_add(cost.peak_mac_cycles());
                    tiu_done += 1;
                    let time = timeline.tiu(streams.tiu_waits_for(index), cost.cycles);
                    (Engine::Tiu, tiu_done, tiu_mnemonic(command), time, cost.macs, 0)
                }
                Next::Dma(index) => {
                    let command = &streams.dma[index];
                    let cost = dma_cost(command);
                    totals.dma_commands += 1;
                    totals.dma_cycles = totals.dma_cycles.saturating_add(cost.cycles);
                    totals.dma_bytes = totals.dma_bytes.saturating_add(cost.bytes);
                    totals.ddr_read_bytes = totals.ddr_read_bytes.saturating_add(cost.ddr_read_bytes);
                    totals.ddr_write_bytes = totals.ddr_write_bytes.saturating_add(cost.ddr_write_bytes);
                    dma_done += 1;
                    let time = timeline.dma(streams.dma_waits_for(index), cost.cycles);
                    (Engine::Dma, dma_done, dma_mnemonic(command), time, 0, cost.bytes)
                }
                Next::Done => break,
            };
            let id = id as u64;
            self.slices.push(Slice {
                engine,
                id,
                mnemonic,
                operation: operation(engine, id),
                start: origin.saturating_add(time.start),
                end: origin.saturating_add(time.end),
                macs,
                bytes,
            });
        }
        totals.cycles = origin.saturating_add(timeline.end());
        Ok(())
    }
}
