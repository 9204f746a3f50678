//! The trace of a run: one JSON object per executed command, on a line of its own.
//!
//! ```json
//! {"index":0,"subnet":0,"group":0,"engine":"gdma","id":1,"op":"copy","operands":[{"role":"source","access":"read",
//!  "memory":"ddr","address":4380950528,"shape":[1,16,1,27],"strides":[1728,108,108,4],"type":"f32"}, ...],
//!  "changed":[{"memory":"local","lane":0,"start":0,"end":108,"crc32":1234}],"fields":{"stride_enable":1, ...}}
//! ```
//! - `index` counts the commands of both engines in the order of execution, `id` is the command's own.
//! - `operands` are what the fields say (see [`isa::operands`](crate::isa::operands)), `batches` only where they share
//!   words; a constant has `constant` (its bits) instead of a place.
//! - `changed` is what differs in memory (also by a host layer that ran before the command): runs of changed bytes of one lane, of L2 or of DDR (offsets from the base of
//!   each), runs that are at most 64 bytes apart joined into one, and the CRC-32 of what is there now.
//! - `fields` are all fields that are not 0.

use std::io::{self, Write};
use std::ops::Range;

use serde_json::{Map, Value, json};

use super::{MemoryView, Position};
use crate::isa::disassembly::{dma_mnemonic, tiu_mnemonic};
use crate::isa::memory_map::{DDR_BASE, L2_BYTES, LANE_BYTES, LANE_COUNT, Memory};
use crate::isa::operands::{Content, Operand, dma_operands, tiu_operands};
use crate::isa::{Command, DmaField, TiuField};

/// Unchanged bytes that are still counted as changed when both neighbours are.
const JOINED_GAP: usize = 64;
/// Bytes compared at once before single bytes are.
const BLOCK: usize = 4096;

/// Writes the trace; compares all of local memory, L2 and a window of DDR after each command.
pub struct Trace<W> {
    writer: W,
    index: usize,
    local: Vec<u8>,
    l2: Vec<u8>,
    ddr: Vec<u8>,
    ddr_start: u64,
    error: Option<io::Error>,
}

impl<W: Write> Trace<W> {
    /// A trace of commands that change DDR only inside of `window` (absolute addresses). `memory` is as before the
    /// first command.
    ///
    /// # Errors
    /// When the window is not in the device's DDR.
    pub fn new(writer: W, window: Range<u64>, memory: &dyn MemoryView) -> io::Result<Self> {
        let outside = || io::Error::other(format!("DDR range {:#x}..{:#x}", window.start, window.end));
        let bytes = usize::try_from(window.end.saturating_sub(window.start)).map_err(|_| outside())?;
        let ddr = memory.ddr(window.start, bytes).ok_or_else(outside)?.to_vec();
        let mut local = Vec::with_capacity(LANE_COUNT * LANE_BYTES);
        for lane in 0..LANE_COUNT {
            local.extend_from_slice(memory.lane(lane, 0, LANE_BYTES).ok_or_else(outside)?);
        }
        let l2 = memory.l2(0, L2_BYTES).ok_or_else(outside)?.to_vec();
        Ok(Self {
            writer,
            index: 0,
            local,
            l2,
            ddr,
            ddr_start: window.start,
            error: None,
        })
    }

    /// Takes a command that has just been executed. A failed write is kept for [`Trace::finish`].
    pub fn after(&mut self, position: Position, memory: &dyn MemoryView) {
        let (op, operands, fields) = describe(&position.done.command);
        let line = json!({
            "index": self.index,
            "subnet": position.subnet,
            "group": position.group,
            "engine": position.done.engine.to_string(),
            "id": position.done.id,
            "op": op,
            "operands": operands.iter().map(operand_json).collect::<Vec<_>>(),
            "changed": self.changes(memory),
            "fields": fields,
        });
        self.index += 1;
        if self.error.is_none() {
            self.error = writeln!(self.writer, "{line}").err();
        }
    }

    fn changes(&mut self, memory: &dyn MemoryView) -> Vec<Value> {
        let mut changes = Vec::new();
        for (lane, old) in self.local.chunks_exact_mut(LANE_BYTES).enumerate() {
            if let Some(new) = memory.lane(lane, 0, LANE_BYTES) {
                for run in changed_runs(old, new) {
                    changes.push(
                        json!({"memory": "local", "lane": lane, "start": run.start, "end": run.end,
                        "crc32": crc32fast::hash(&new[run])}),
                    );
                }
            }
        }
        let ddr_offset = (self.ddr_start - DDR_BASE) as usize;
        let l2 = memory.l2(0, L2_BYTES);
        let ddr = memory.ddr(self.ddr_start, self.ddr.len());
        for (memory, old, new, offset) in [
            (Memory::L2, &mut self.l2, l2, 0),
            (Memory::Ddr, &mut self.ddr, ddr, ddr_offset),
        ] {
            for run in new.map(|new| changed_runs(old, new)).unwrap_or_default() {
                let crc = new.map_or(0, |new| crc32fast::hash(&new[run.clone()]));
                changes.push(
                    json!({"memory": memory.name(), "start": run.start + offset, "end": run.end + offset,
                    "crc32": crc}),
                );
            }
        }
        changes
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// The first failed write.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.writer.flush()?;
        Ok(self.writer)
    }
}

/// Runs of bytes in which `new` differs from `old`, which becomes equal.
fn changed_runs(old: &mut [u8], new: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (block, (old, new)) in old.chunks_mut(BLOCK).zip(new.chunks(BLOCK)).enumerate() {
        if old == new {
            continue;
        }
        for (index, _) in old.iter().zip(new).enumerate().filter(|(_, (a, b))| a != b) {
            let at = block * BLOCK + index;
            match runs.last_mut() {
                Some(run) if at - run.end < JOINED_GAP => run.end = at + 1,
                _ => runs.push(at..at + 1),
            }
        }
        old.copy_from_slice(new);
    }
    runs
}

/// Operation, operands and non-zero fields.
fn describe(command: &Command) -> (String, Vec<Operand>, Map<String, Value>) {
    let not_zero = |(name, value): (&str, u64)| (value != 0).then(|| (name.to_owned(), Value::from(value)));
    match command {
        Command::Tiu(command) => {
            let fields = TiuField::ALL
                .iter()
                .map(|field| (field.name(), command.get(*field)));
            (
                tiu_mnemonic(command),
                tiu_operands(command),
                fields.filter_map(not_zero).collect(),
            )
        }
        Command::Dma(command) => {
            let fields = DmaField::ALL
                .iter()
                .map(|field| (field.name(), command.get(*field)));
            (
                dma_mnemonic(command),
                dma_operands(command),
                fields.filter_map(not_zero).collect(),
            )
        }
    }
}

fn operand_json(operand: &Operand) -> Value {
    let mut object = json!({"role": operand.role, "access": operand.access.name()});
    match operand.content {
        Content::Constant(bits) => object["constant"] = bits.into(),
        Content::Tensor(region) => {
            object["memory"] = region.memory().map_or("none", Memory::name).into();
            object["address"] = region.address.into();
            object["shape"] = region.shape.to_vec().into();
            object["strides"] = region.strides.to_vec().into();
            if operand.batches != region.shape[0] {
                object["batches"] = operand.batches.into();
            }
        }
    }
    object["type"] = operand.element.into();
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_changes_are_one_run() {
        let mut old = vec![0u8; 3 * BLOCK];
        let mut new = old.clone();
        for at in [0, 64, 129, BLOCK - 1, BLOCK, 3 * BLOCK - 1] {
            new[at] = 1;
        }
        let runs = changed_runs(&mut old, &new);
        assert_eq!(
            runs,
            [0..65, 129..130, BLOCK - 1..BLOCK + 1, 3 * BLOCK - 1..3 * BLOCK]
        );
        assert_eq!(old, new);
        assert!(changed_runs(&mut old, &new).is_empty());
    }
}
