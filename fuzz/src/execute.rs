//! Execution of commands that are valid enough to get far: known operations, ids in order, addresses in memory.

use std::cell::RefCell;

use tpuc_runtime::emulator::Emulator;
use tpuc_runtime::isa::memory_map::{DDR_BASE, L2_BASE, L2_BYTES, LOCAL_BASE, LOCAL_BYTES};
use tpuc_runtime::isa::{DmaCommand, DmaField, TiuCommand, TiuField, TiuOp};

const DDR_BYTES: u64 = 1 << 24;
/// Commands of each engine in one input.
const MAX_COMMANDS: usize = 4;
/// Multiply-adds of one command; the emulator's own bound is for real models and takes seconds.
const WORK_LIMIT: u64 = 1 << 24;

/// Takes numbers off the input; zeros follow its end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn number(&mut self, bytes: usize) -> u64 {
        let (head, rest) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = rest;
        head.iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

fn local(value: u64) -> u64 {
    LOCAL_BASE + value % LOCAL_BYTES as u64
}

fn any_memory(value: u64) -> u64 {
    match value % 3 {
        0 => local(value / 3),
        1 => L2_BASE + value / 3 % L2_BYTES as u64,
        _ => DDR_BASE + value / 3 % DDR_BYTES,
    }
}

fn tiu(input: &mut Input<'_>, id: usize) -> TiuCommand {
    let mut command = TiuCommand::new();
    let op = TiuOp::ALL[input.number(1) as usize % TiuOp::ALL.len()];
    command.set_op(op);
    let precision = [0, 2, 3, 4][input.number(1) as usize % 4];
    let mut set = |field: TiuField, value: u64| {
        let _ = command.set(field, value & field.info().max_value());
    };
    for field in [
        TiuField::OptRes0Prec,
        TiuField::OptOpd0Prec,
        TiuField::OptOpd1Prec,
        TiuField::OptOpd2Prec,
    ] {
        set(field, precision);
    }
    for field in [
        TiuField::Res0Addr,
        TiuField::Opd0Addr,
        TiuField::Opd1Addr,
        TiuField::Opd2Addr,
        TiuField::Res1Addr,
        TiuField::Opd3Addr,
    ] {
        set(field, local(input.number(4) << 2));
    }
    for _ in 0..input.number(1) % 24 {
        let field = TiuField::ALL[input.number(1) as usize % TiuField::ALL.len()];
        let bytes = 1 + input.number(1) as usize % 3;
        set(field, input.number(bytes));
    }
    let _ = command.set(TiuField::CmdIdTpu, id as u64);
    let _ = command.set(TiuField::CmdIdGdma, 0);
    command
}

fn dma(input: &mut Input<'_>, id: usize) -> DmaCommand {
    let mut command = DmaCommand::new();
    for field in DmaField::ALL
        .iter()
        .filter(|field| field.name().ends_with("size"))
    {
        let _ = command.set(*field, 1 + input.number(1) % 9);
    }
    for _ in 0..input.number(1) % 24 {
        let field = DmaField::ALL[input.number(1) as usize % DmaField::ALL.len()];
        let bytes = 1 + input.number(1) as usize % 3;
        let value = input.number(bytes);
        let _ = command.set(field, value & field.info().max_value());
    }
    let (source, destination) = (any_memory(input.number(4)), any_memory(input.number(4)));
    let is_local = |address: u64| address < L2_BASE;
    let direction = match (is_local(source), is_local(destination)) {
        (false, true) => 0,
        (true, false) => 1,
        (false, false) => 2,
        (true, true) => 3,
    };
    let _ = command.set(DmaField::Direction, direction);
    let _ = command.set_source_address(source);
    let _ = command.set_destination_address(destination);
    let _ = command.set(DmaField::CmdId, id as u64);
    let _ = command.set(DmaField::Eng0SyncId, 0);
    command
}

thread_local! {
    static EMULATOR: RefCell<Option<Emulator>> = const { RefCell::new(None) };
}

/// One input: how many commands of each engine, then what they are made of.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let counts = input.number(1) as usize;
    let tiu: Vec<u8> = (1..=counts % (MAX_COMMANDS + 1))
        .flat_map(|id| tiu(&mut input, id).to_bytes())
        .collect();
    let dma: Vec<u8> = (1..=counts / 16 % (MAX_COMMANDS + 1))
        .flat_map(|id| dma(&mut input, id).to_bytes())
        .collect();
    EMULATOR.with_borrow_mut(|slot| {
        let emulator = match slot {
            Some(emulator) => emulator,
            None => {
                let Ok(mut emulator) = Emulator::with_ddr_bytes(DDR_BYTES) else {
                    return;
                };
                emulator.set_work_limit(WORK_LIMIT);
                slot.insert(emulator)
            }
        };
        let _ = emulator.run(&tiu, &dma, None);
    });
}
