//! Which memory is used when: tensors in DDR by the addresses of the program, local memory by the commands.

use super::data::{DdrTensor, LocalMemory, Memory};
use super::network::{Owners, value_bytes};
use crate::program::Program;
use rustc_hash::FxHashMap;
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_runtime::isa::memory_map::LANE_BYTES;
use tpuc_runtime::profile::{Profile, Touch};

/// Parts of a lane that are told apart.
const ROWS: usize = 64;
/// Parts of the time that are told apart.
const COLUMNS: usize = 240;
/// Finer parts of a lane, for the sums.
const BLOCK: u64 = 512;

/// The DDR memory of a program whose tensors have addresses.
pub fn ddr(program: &Program, owners: &Owners) -> Memory {
    let ctx = &program.ctx;
    let root = program.module.op();
    let modules = std::iter::once(root).chain(
        program
            .module
            .submodules(ctx)
            .into_iter()
            .map(|module| module.op()),
    );
    let modules: Vec<Op> = modules.collect();
    let number = |name: &str| {
        let found = modules.iter().find_map(|module| ctx.get_i64(*module, name));
        found.and_then(|value| u64::try_from(value).ok())
    };
    let mut memory = Memory {
        coefficient_address: number("module.coeff_addr"),
        coefficient_bytes: number("module.coeff_size"),
        neuron_address: number("module.neuron_addr"),
        neuron_bytes: number("module.neuron_size"),
        ..Memory::default()
    };
    let Some(base) = memory.neuron_address else {
        return memory;
    };
    let ops: Vec<Op> = ctx
        .walk(root)
        .into_iter()
        .filter(|op| !matches!(ctx.op_name(*op), "top.Weight" | "top.None"))
        .filter(|op| ctx.op_name(*op).starts_with("top.") || ctx.op_name(*op).starts_with("tpu."))
        .collect();
    let step: FxHashMap<Op, usize> = ops.iter().enumerate().map(|(step, op)| (*op, step)).collect();
    memory.steps = ops.len();
    let last_use = |value: Value| {
        let users = ctx.users(value);
        let last = users
            .iter()
            .map(|user| step.get(user).copied().unwrap_or(ops.len() - 1));
        last.max()
    };
    let mut at: FxHashMap<(u64, u64), usize> = FxHashMap::default();
    for (index, op) in ops.iter().enumerate() {
        for value in ctx.results(*op) {
            let address = ctx
                .type_address(ctx.value_type(*value))
                .and_then(|at| u64::try_from(at).ok());
            let Some(offset) = address.and_then(|address| address.checked_sub(base)) else {
                continue;
            };
            let bytes = value_bytes(ctx, *value);
            let to = last_use(*value).unwrap_or(index).max(index);
            // The same bytes under another name (a reshape, a group's result): one tensor that lives longer.
            if let Some(known) = at.get(&(offset, bytes)).map(|known| &mut memory.tensors[*known])
                && known.to >= index
            {
                known.to = known.to.max(to);
                continue;
            }
            at.insert((offset, bytes), memory.tensors.len());
            memory.tensors.push(DdrTensor {
                name: ctx.value_name(*value).to_owned(),
                layer: owners.get(ctx.value_name(*value)),
                offset,
                bytes,
                from: index,
                to,
            });
        }
    }
    memory.neuron_peak = peak(&memory.tensors);
    memory
}

/// Most bytes that live at the same time; bytes that several tensors share count once each.
fn peak(tensors: &[DdrTensor]) -> Option<u64> {
    let mut events: Vec<(usize, bool, u64)> = Vec::new();
    for tensor in tensors {
        events.push((tensor.from, false, tensor.bytes));
        events.push((tensor.to + 1, true, tensor.bytes));
    }
    // What ends is freed before what begins at the same step.
    events.sort_by_key(|(step, ends, _)| (*step, !ends));
    let (mut now, mut most) = (0_u64, None);
    for (_, ends, bytes) in events {
        now = if ends { now - bytes } else { now + bytes };
        most = most.max(Some(now));
    }
    most
}

/// Local memory over time. A byte is in use from the command that writes it to the last one that reads that value.
pub fn local(profile: &Profile, touches: &[Vec<Touch>]) -> Option<LocalMemory> {
    let cycles = profile.totals.cycles;
    if cycles == 0 || touches.len() != profile.slices.len() {
        return None;
    }
    let blocks = LANE_BYTES as u64 / BLOCK;
    let column = |cycle: u64| (cycle.min(cycles - 1) as u128 * COLUMNS as u128 / u128::from(cycles)) as usize;
    // Of each block, the columns in which it is in use.
    let mut used = vec![[false; COLUMNS]; blocks as usize];
    let mut open: Vec<Option<(u64, u64)>> = vec![None; blocks as usize];
    let mark = |used: &mut [bool; COLUMNS], (from, to): (u64, u64)| {
        used[column(from)..=column(to)].fill(true);
    };
    let mut order: Vec<usize> = (0..touches.len()).collect();
    order.sort_by_key(|index| profile.slices[*index].start);
    for index in order {
        let slice = &profile.slices[index];
        for touch in touches[index].iter().filter(|touch| touch.start < touch.end) {
            let first = (touch.start / BLOCK).min(blocks - 1);
            let last = ((touch.end - 1) / BLOCK).min(blocks - 1);
            for block in first..=last {
                let block = block as usize;
                match &mut open[block] {
                    // Several commands may write parts of one value, or of one block.
                    Some(life) if !touch.writes => life.1 = life.1.max(slice.end),
                    life => {
                        if let Some(life) = life.take() {
                            mark(&mut used[block], life);
                        }
                        *life = Some((slice.start, slice.end));
                    }
                }
            }
        }
    }
    for (block, life) in open.into_iter().enumerate() {
        if let Some(life) = life {
            mark(&mut used[block], life);
        }
    }
    let per_row = used.len() / ROWS;
    let cells = used.chunks(per_row).map(|blocks| {
        let share = |column: usize| {
            let count = blocks.iter().filter(|block| block[column]).count();
            char::from(b'0' + (count * 9).div_ceil(per_row) as u8)
        };
        (0..COLUMNS).map(share).collect()
    });
    let cells: Vec<String> = cells.collect();
    let in_use = |column: usize| BLOCK * used.iter().filter(|block| block[column]).count() as u64;
    let used: Vec<u64> = (0..COLUMNS).map(in_use).collect();
    Some(LocalMemory {
        lane_bytes: LANE_BYTES as u64,
        row_bytes: per_row as u64 * BLOCK,
        cells,
        peak: used.iter().copied().max().unwrap_or(0),
        used,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tpuc_runtime::isa::Engine;
    use tpuc_runtime::profile::{Slice, Totals};

    fn slice(start: u64, end: u64) -> Slice {
        Slice {
            engine: Engine::Tiu,
            id: 1,
            mnemonic: String::new(),
            operation: None,
            start,
            end,
            macs: 0,
            bytes: 0,
        }
    }

    #[test]
    fn memory_is_used_from_the_write_to_the_last_read() {
        let touch = |writes| {
            vec![Touch {
                start: 0,
                end: 8192,
                writes,
            }]
        };
        let profile = Profile {
            slices: vec![slice(0, 10), slice(50, 60), slice(90, 100)],
            totals: Totals {
                cycles: 100,
                ..Totals::default()
            },
            host_layers: 0,
        };
        let local = local(&profile, &[touch(true), touch(false), touch(true)]).unwrap();
        assert_eq!(
            (local.peak, local.used[0], local.used[COLUMNS / 2]),
            (8192, 8192, 8192)
        );
        assert_eq!(local.used[COLUMNS * 3 / 4], 0);
        assert_eq!(local.cells[0].as_bytes()[0], b'9');
        assert_eq!(local.cells[1].as_bytes()[0], b'0');
    }

    #[test]
    fn the_peak_is_what_lives_together() {
        let tensor = |bytes, from, to| DdrTensor {
            bytes,
            from,
            to,
            ..DdrTensor::default()
        };
        assert_eq!(
            peak(&[tensor(10, 0, 1), tensor(20, 1, 2), tensor(25, 2, 3)]),
            Some(45)
        );
        assert_eq!(peak(&[]), None);
    }
}
