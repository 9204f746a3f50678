//! What can be wrong with a command stream.

use crate::isa::Engine;

/// A command stream that cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmulatorError {
    /// One command is wrong; memory holds the state before it.
    #[error("{engine} command {index} (id {id}, {op}): {problem}")]
    Command {
        /// Engine of the command.
        engine: Engine,
        /// Position in that engine's stream, from 0.
        index: usize,
        /// The command's own id.
        id: u64,
        /// Name of the operation, or its numbers when unknown.
        op: String,
        /// What is wrong.
        problem: Problem,
    },
    /// A stream is not a whole number of commands.
    #[error("{engine} stream is {bytes} bytes long, not a multiple of 128")]
    StreamLength {
        /// Engine of the stream.
        engine: Engine,
        /// Length of the stream.
        bytes: usize,
    },
    /// Both engines wait for each other.
    #[error(
        "deadlock: tiu command {tiu_index} waits for gdma id {waits_for_dma} and gdma command {dma_index} waits \
         for tiu id {waits_for_tiu}"
    )]
    Deadlock {
        /// Position of the waiting TIU command.
        tiu_index: usize,
        /// GDMA id that it waits for.
        waits_for_dma: usize,
        /// Position of the waiting GDMA command.
        dma_index: usize,
        /// TIU id that it waits for.
        waits_for_tiu: usize,
    },
    /// An access from outside, by `write_ddr` or `read_ddr`, leaves DDR.
    #[error(
        "DDR range {address:#x}..{address:#x}+{bytes:#x} is outside the emulated DDR of {ddr_bytes:#x} bytes from 0x100000000"
    )]
    Ddr {
        /// First address.
        address: u64,
        /// Length of the access.
        bytes: u64,
        /// Size of the emulated DDR.
        ddr_bytes: u64,
    },
    /// The environment asks for an instruction set that does not exist, or not here.
    #[error(
        "TPUC_SIMD: {}",
        if *known { format!("this machine has no {name}") }
        else { format!("'{name}' is not an instruction set (plain, avx2, avx512)") }
    )]
    Simd {
        /// What it asks for.
        name: String,
        /// Whether the name means anything.
        known: bool,
    },
    /// The host has no address space for the emulated memory.
    #[error("no memory for {bytes} bytes of emulated DDR: {message}")]
    HostMemory {
        /// Bytes asked for.
        bytes: u64,
        /// What the system says.
        message: String,
    },
}

/// What is wrong with one command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A coded field holds a code without a meaning.
    #[error("{field} has the unknown code {code}")]
    UnknownCode {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        code: u64,
    },
    /// Fields that make sense alone but not together, or a feature that no compiled model uses.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// An operand lies outside its memory.
    #[error("{what}: {detail}")]
    Range {
        /// Which operand.
        what: &'static str,
        /// What is outside of what.
        detail: String,
    },
    /// Sizes that contradict each other or are absurd.
    #[error("sizes: {0}")]
    Sizes(String),
    /// The command waits for an id that the other engine never reaches.
    #[error("waits for {engine} id {id}, but that stream ends at {last}")]
    NeverReady {
        /// The other engine.
        engine: Engine,
        /// Id that it waits for.
        id: usize,
        /// Last id of that stream.
        last: usize,
    },
    /// Own ids must count from 1 without holes.
    #[error("own id is {found}, expected {expected}")]
    OwnId {
        /// What the command says.
        found: u64,
        /// What its position asks for.
        expected: u64,
    },
}

impl Problem {
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Problem::Unsupported(what.into())
    }

    pub(super) fn sizes(what: impl Into<String>) -> Self {
        Problem::Sizes(what.into())
    }

    pub(super) fn range(what: &'static str, detail: impl Into<String>) -> Self {
        Problem::Range {
            what,
            detail: detail.into(),
        }
    }
}
