//! Times the reference inference: `time_inference PROGRAM.mlir INPUT.npz [PASSES]`. Loading and preparing are left out.
#![allow(clippy::print_stdout)]

use anyhow::{Context as _, Result};
use std::path::PathBuf;
use std::time::Instant;
use tpuc_compiler::data::npz;
use tpuc_compiler::inference::Interpreter;
use tpuc_compiler::program::Program;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mut path = || arguments.next().map(PathBuf::from);
    let usage = "usage: time_inference PROGRAM.mlir INPUT.npz [PASSES]";
    let program = Program::read(&path().context(usage)?)?;
    let inputs = npz::read(&path().context(usage)?)?;
    let passes = match path() {
        Some(passes) => passes.to_str().context(usage)?.parse()?,
        None => 15_usize,
    };
    let interpreter = Interpreter::new(&program)?;
    let mut seconds = Vec::new();
    for _ in 0..passes.max(1) {
        let start = Instant::now();
        interpreter.run(&inputs, &mut |_, _| {})?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!(
        "best {:.4} s, median {:.4} s of {}",
        seconds[0],
        seconds[seconds.len() / 2],
        seconds.len()
    );
    Ok(())
}
