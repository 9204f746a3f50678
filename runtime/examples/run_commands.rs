//! Executes single commands on given memory, for comparison with another implementation (`tests/peer/differ.py`):
//! `run_commands LOCAL.bin DDR.bin`, the content of local memory (64 lanes) and of the first bytes of DDR.
//!
//! Each line of standard input is `tiu HEX` or `dma HEX`, a command in 256 hexadecimal digits whose own id is 1 and that
//! waits for nothing. The answer is one line: `error MESSAGE`, or `ok` and then every run of changed bytes as
//! ` MEMORY LANE START HEX`. Memory then gets its first content again.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, Write};

use tpuc_runtime::emulator::Emulator;
use tpuc_runtime::isa::memory_map::{
    DDR_BASE, L2_BASE, L2_BYTES, LANE_BYTES, LANE_COUNT, LOCAL_BASE, Memory,
};

/// Bytes compared at once before single bytes are.
const BLOCK: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: run_commands LOCAL.bin DDR.bin";
    let local = std::fs::read(arguments.next().ok_or(usage)?)?;
    let ddr = std::fs::read(arguments.next().ok_or(usage)?)?;
    if local.len() != LANE_COUNT * LANE_BYTES {
        return Err("LOCAL.bin must hold 64 lanes of 512 KiB".into());
    }
    let mut emulator = Emulator::with_ddr_bytes(ddr.len() as u64)?;
    emulator.write_memory(LOCAL_BASE, &local)?;
    emulator.write_memory(DDR_BASE, &ddr)?;
    let l2 = emulator.memory().l2()[..L2_BYTES].to_vec();
    let bases = [
        (Memory::Local, LOCAL_BASE, local),
        (Memory::L2, L2_BASE, l2),
        (Memory::Ddr, DDR_BASE, ddr),
    ];
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (engine, text) = line.split_once(' ').ok_or("expected: ENGINE HEX")?;
        let bytes: Vec<u8> = (0..text.len() / 2)
            .map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16))
            .collect::<Result<_, _>>()?;
        let result = match engine {
            "tiu" => emulator.run(&bytes, &[], None),
            "dma" => emulator.run(&[], &bytes, None),
            other => return Err(format!("unknown engine {other}").into()),
        };
        if let Err(error) = result {
            writeln!(out, "error {}", error.to_string().replace('\n', " "))?;
            out.flush()?;
            continue;
        }
        let mut answer = String::from("ok");
        let mut restore = Vec::new();
        for (memory, address, base) in &bases {
            let now = match memory {
                Memory::Local => emulator.memory().local(),
                Memory::L2 => emulator.memory().l2(),
                Memory::Ddr => emulator.memory().ddr(),
            };
            for (block, (old, new)) in base.chunks(BLOCK).zip(now.chunks(BLOCK)).enumerate() {
                if old == new {
                    continue;
                }
                let start = block * BLOCK;
                let first = old.iter().zip(new).position(|(a, b)| a != b).unwrap_or(0);
                let last = old.iter().zip(new).rposition(|(a, b)| a != b).unwrap_or(0);
                let lane = if *memory == Memory::Local {
                    start / LANE_BYTES
                } else {
                    0
                };
                let offset = start - lane * LANE_BYTES + first;
                write!(answer, " {} {lane} {offset} ", memory.name())?;
                for byte in &new[first..=last] {
                    write!(answer, "{byte:02x}")?;
                }
                restore.push((address + start as u64, old.to_vec()));
            }
        }
        for (address, bytes) in restore {
            emulator.write_memory(address, &bytes)?;
        }
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
