//! Streams of commands: everything that reads them without executing them.

use tpuc_runtime::emulator::check_races;
use tpuc_runtime::isa::disassembly::{dma_commands, dma_json, dma_line, tiu_commands, tiu_json, tiu_line};
use tpuc_runtime::isa::operands::{Content, Operand, dma_operands, tiu_operands};
use tpuc_runtime::isa::{COMMAND_BYTES, cost};

fn look_at(operands: Vec<Operand>) {
    for operand in operands {
        if let Content::Tensor(region) = operand.content {
            let _ = region.extents();
        }
    }
}

/// One input: its first half is the TIU stream, the rest the GDMA stream.
pub fn run(data: &[u8]) {
    let commands = data.len() / COMMAND_BYTES;
    let (tiu, dma) = data.split_at(commands / 2 * COMMAND_BYTES);
    for command in tiu_commands(tiu) {
        let _ = (tiu_line(&command), tiu_json(&command), cost::tiu_cost(&command));
        look_at(tiu_operands(&command));
    }
    for command in dma_commands(dma) {
        let _ = (dma_line(&command), dma_json(&command), cost::dma_cost(&command));
        look_at(dma_operands(&command));
    }
    let _ = check_races(tiu, dma);
}
