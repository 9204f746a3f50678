//! What can be wrong with a command stream.

use crate::isa::{COMMAND_BYTES, DmaField, Engine, FieldInfo, TiuField};

/// A command stream that cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmulatorError {
    /// One command is wrong; memory holds the state before it.
    #[error("{engine} command {index} at byte {:#x} (id {id}, {op}): {problem}\n  {fields}", index * COMMAND_BYTES)]
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
        /// The whole command, as the disassembler prints it.
        fields: String,
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
    /// Two commands that nothing orders touch the same memory.
    #[error(
        "race: tiu command {tiu_index} {} its {tiu_role} and gdma command {dma_index} {} its {dma_role}, {place}, and \
         neither waits for the other",
        verb(*tiu_writes),
        verb(*dma_writes)
    )]
    Race {
        /// Position of the TIU command.
        tiu_index: usize,
        /// Its operand.
        tiu_role: &'static str,
        /// Whether it writes it.
        tiu_writes: bool,
        /// Position of the GDMA command.
        dma_index: usize,
        /// Its operand.
        dma_role: &'static str,
        /// Whether it writes it.
        dma_writes: bool,
        /// Memory and bytes.
        place: String,
    },
    /// The search for races gave up.
    #[error("more than {pairs} pairs of commands that nothing orders: the streams are not checked for races")]
    TooManyPairs {
        /// Pairs counted.
        pairs: u64,
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
    /// An access from outside, by `write_memory`, is in no memory.
    #[error("{bytes:#x} bytes at {address:#x} are not inside of one memory")]
    Address {
        /// First address.
        address: u64,
        /// Length of the access.
        bytes: u64,
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
    #[error("{field}{} has the unknown code {code}", bits(field))]
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

fn verb(writes: bool) -> &'static str {
    if writes { "writes" } else { "reads" }
}

/// Where a field is in its command, in brackets; nothing for a pair of fields.
fn bits(field: &str) -> String {
    let info = TiuField::from_name(field)
        .map(TiuField::info)
        .or_else(|| DmaField::from_name(field).map(DmaField::info));
    info.map_or_else(String::new, |info: &FieldInfo| {
        let last = info.lowest_bit + info.width - 1;
        format!(" (bits {}..={last})", info.lowest_bit)
    })
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
