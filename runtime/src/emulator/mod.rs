//! The BM1684 emulator: executes encoded command streams on a model of the chip's memories, with the arithmetic of
//! the vendor's functional simulator to the last bit.
//!
//! It is built from the facts of command-by-command comparisons with that simulator. Features that no compiled model
//! uses and whose behaviour is not known end in an error that names command and field; no command stream makes it
//! panic or touch memory outside of the model.
//!
//! ```no_run
//! use tpuc_runtime::emulator::Emulator;
//!
//! # fn main() -> Result<(), tpuc_runtime::emulator::EmulatorError> {
//! # let (coefficients, input, tiu, dma) = (&[0u8][..], &[0u8][..], &[0u8][..], &[0u8][..]);
//! let mut emulator = Emulator::new()?;
//! emulator.write_ddr(0x1_0510_0000, coefficients)?;
//! emulator.write_ddr(0x1_0600_0000, input)?;
//! let stats = emulator.run(tiu, dma, None)?;
//! let output = emulator.read_ddr(0x1_0700_0000, 40)?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`memory`](Memory): lanes, L2 with its tables, DDR
//! - `layout`, `lanes`: where operands lie, and element-wise work lane by lane
//! - `tiu/`: one file per task type; `gdma`: all moves; `kernels/`: inner loops of convolution
//! - `simd`: the instruction set of the inner loops; `specialise/`: commands that the JIT may compile (feature `jit`)
//! - `scheduler`: command-id synchronisation; `races`: what it leaves open; `stats`: counts and estimated cycles

// Field values are at most 32 bits wide and sizes are bounded by the emulated memories, which fit `usize`; narrowing
// casts keep low bits on purpose, as the hardware does.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]

mod device;
mod error;
mod float_mode;
mod gdma;
mod half_float;
mod kernels;
mod l2_tables;
mod lanes;
mod layout;
mod memory;
mod races;
mod scheduler;
mod simd;
#[cfg(feature = "jit")]
mod specialise;
mod stats;
#[cfg(test)]
mod tests;
mod tiu;

pub use error::{EmulatorError, Problem};
pub use memory::{DEFAULT_DDR_BYTES, Memory};
pub use simd::Simd;
pub use stats::RunStats;

use crate::isa::disassembly::{dma_mnemonic, tiu_mnemonic};
use crate::isa::{DmaCommand, Engine, TiuCommand, cost};
use crate::profile::Timeline;
pub(crate) use scheduler::{Next, Streams};
use std::ops::Range;

/// Looks for two commands of a command group that may run at the same time, one of which writes what the other reads
/// or writes. Executes nothing.
///
/// # Errors
/// [`EmulatorError::Race`] for the first such pair, and what is wrong with the streams themselves.
pub fn check_races(tiu: &[u8], dma: &[u8]) -> Result<(), EmulatorError> {
    races::check(&Streams::decode(tiu, dma)?)
}

/// A command that has just been executed.
#[derive(Clone)]
pub struct Event<'a> {
    /// Engine of the command.
    pub engine: Engine,
    /// Position in that engine's stream, from 0.
    pub index: usize,
    /// The command.
    pub command: Executed<'a>,
    /// Estimated start and end, in cycles from the start of the command group ([`crate::profile`]).
    pub cycles: Range<u64>,
    /// All memories, as they are now.
    pub memory: &'a Memory,
}

/// The command of an [`Event`].
#[derive(Clone, Copy, Debug)]
pub enum Executed<'a> {
    /// A TIU command.
    Tiu(&'a TiuCommand),
    /// A GDMA command.
    Dma(&'a DmaCommand),
}

/// Called after every command.
pub type Observer<'a> = &'a mut dyn FnMut(Event<'_>);

/// The chip. Memory lives as long as the emulator: several runs see each other's results.
pub struct Emulator {
    memory: Memory,
    totals: RunStats,
    backend: Backend,
    check_races: bool,
}

/// How the host computes; no part of it shows in results.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backend {
    /// Instruction set of the inner loops.
    pub simd: Simd,
    /// When loops are compiled.
    #[cfg(feature = "jit")]
    pub jit: crate::jit::Mode,
}

impl Emulator {
    /// A chip with [`DEFAULT_DDR_BYTES`] of DDR; the host commits only pages that are touched.
    ///
    /// # Errors
    /// [`EmulatorError::HostMemory`] when the host cannot reserve the address space, [`EmulatorError::Simd`] when the
    /// variable `TPUC_SIMD` asks for an instruction set that is not there.
    pub fn new() -> Result<Self, EmulatorError> {
        Self::with_ddr_bytes(DEFAULT_DDR_BYTES)
    }

    /// A chip with the given size of DDR, counted from address `0x1_0000_0000`.
    ///
    /// # Errors
    /// As [`Emulator::new`].
    pub fn with_ddr_bytes(ddr_bytes: u64) -> Result<Self, EmulatorError> {
        Ok(Self {
            memory: Memory::new(ddr_bytes)?,
            totals: RunStats::default(),
            backend: Backend {
                simd: Simd::chosen()?,
                #[cfg(feature = "jit")]
                jit: crate::jit::Mode::WhenItPays,
            },
            check_races: false,
        })
    }

    /// The instruction set of the inner loops.
    #[must_use]
    pub fn simd(&self) -> Simd {
        self.backend.simd
    }

    /// What the host computes with, for people.
    #[must_use]
    pub fn description(&self) -> String {
        #[cfg(feature = "jit")]
        return format!("{}, {}", self.simd(), self.backend.jit);
        #[cfg(not(feature = "jit"))]
        self.simd().to_string()
    }

    /// When loops are compiled.
    #[cfg(feature = "jit")]
    pub fn set_jit(&mut self, mode: crate::jit::Mode) {
        self.backend.jit = mode;
    }

    /// Uses another instruction set.
    ///
    /// # Errors
    /// [`EmulatorError::Simd`] when this machine does not have it.
    pub fn set_simd(&mut self, simd: Simd) -> Result<(), EmulatorError> {
        if !simd.is_available() {
            return Err(EmulatorError::Simd {
                name: simd.name().to_owned(),
                known: true,
            });
        }
        self.backend.simd = simd;
        Ok(())
    }

    /// Whether each run first looks for races between the engines, as [`check_races`] does.
    pub fn set_check_races(&mut self, check: bool) {
        self.check_races = check;
    }

    /// Bounds the multiply-adds of one command; commands with more are refused. The default is 2^38, which no real
    /// command reaches.
    pub fn set_work_limit(&mut self, multiply_adds: u64) {
        self.memory.set_work_limit(multiply_adds);
    }

    /// Figures of everything that was run through the [`Device`](crate::session::Device) interface since the last
    /// [`Emulator::reset_totals`].
    #[must_use]
    pub fn totals(&self) -> &RunStats {
        &self.totals
    }

    /// Starts counting anew.
    pub fn reset_totals(&mut self) {
        self.totals = RunStats::default();
    }

    fn add_to_totals(&mut self, stats: &RunStats) {
        self.totals.append(stats);
    }

    /// All memories.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Writes bytes at an absolute DDR address.
    ///
    /// # Errors
    /// [`EmulatorError::Ddr`] when they do not fit.
    pub fn write_ddr(&mut self, address: u64, data: &[u8]) -> Result<(), EmulatorError> {
        self.memory.write_ddr(address, data)
    }

    /// Reads bytes from an absolute DDR address.
    ///
    /// # Errors
    /// [`EmulatorError::Ddr`] when the range leaves DDR.
    pub fn read_ddr(&self, address: u64, bytes: usize) -> Result<&[u8], EmulatorError> {
        self.memory.read_ddr(address, bytes)
    }

    /// Writes bytes at an absolute address in any memory: local memory (lane after lane), L2 or DDR.
    ///
    /// # Errors
    /// [`EmulatorError::Address`] when they do not lie in one memory.
    pub fn write_memory(&mut self, address: u64, data: &[u8]) -> Result<(), EmulatorError> {
        self.memory.write(address, data)
    }

    /// Executes one command group: the encoded commands of both engines, whose ids start from 1.
    ///
    /// # Errors
    /// The first illegal command, deadlock, or stream that is not a whole number of commands. Commands before it
    /// have been executed.
    pub fn run(
        &mut self,
        tiu: &[u8],
        dma: &[u8],
        observer: Option<Observer<'_>>,
    ) -> Result<RunStats, EmulatorError> {
        let streams = Streams::decode(tiu, dma)?;
        if self.check_races {
            races::check(&streams)?;
        }
        let mut observer = observer;
        let mut stats = RunStats::default();
        let mut timeline = Timeline::default();
        let (mut tiu_done, mut dma_done) = (0, 0);
        loop {
            let (engine, index, command, cycles) = match streams.next(tiu_done, dma_done)? {
                Next::Tiu(index) => {
                    let command = &streams.tiu[index];
                    tiu::execute(command, &mut self.memory, self.backend)
                        .map_err(|problem| streams.tiu_error(index, problem))?;
                    tiu_done += 1;
                    let cycles = cost::tiu_cost(command).cycles;
                    *stats.tiu_commands.entry(tiu_mnemonic(command)).or_default() += 1;
                    stats.tiu_cycles = stats.tiu_cycles.saturating_add(cycles);
                    let time = timeline.tiu(streams.tiu_waits_for(index), cycles);
                    (Engine::Tiu, index, Executed::Tiu(command), time)
                }
                Next::Dma(index) => {
                    let command = &streams.dma[index];
                    gdma::execute(command, &mut self.memory, self.backend)
                        .map_err(|problem| streams.dma_error(index, problem))?;
                    dma_done += 1;
                    let cost = cost::dma_cost(command);
                    *stats.dma_commands.entry(dma_mnemonic(command)).or_default() += 1;
                    stats.dma_cycles = stats.dma_cycles.saturating_add(cost.cycles);
                    stats.dma_bytes = stats.dma_bytes.saturating_add(cost.bytes);
                    let time = timeline.dma(streams.dma_waits_for(index), cost.cycles);
                    (Engine::Dma, index, Executed::Dma(command), time)
                }
                Next::Done => break,
            };
            if let Some(observer) = observer.as_deref_mut() {
                observer(Event {
                    engine,
                    index,
                    command,
                    cycles,
                    memory: &self.memory,
                });
            }
        }
        stats.cycles = timeline.end();
        Ok(stats)
    }

    /// Executes several command groups one after the other; ids start from 1 in each.
    ///
    /// # Errors
    /// As [`Emulator::run`].
    pub fn run_groups<'a>(
        &mut self,
        groups: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        mut observer: Option<Observer<'_>>,
    ) -> Result<RunStats, EmulatorError> {
        let mut stats = RunStats::default();
        for (tiu, dma) in groups {
            let group_observer: Option<Observer<'_>> = match &mut observer {
                Some(observer) => Some(&mut **observer),
                None => None,
            };
            stats.append(&self.run(tiu, dma, group_observer)?);
        }
        Ok(stats)
    }
}
