//! Times passes of a bmodel on the emulator: `time_pass MODEL.bmodel [REPEAT]`. Inputs are zero.
#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use tpuc_runtime::emulator::Emulator;
use tpuc_runtime::session::{HostTensor, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: time_pass MODEL.bmodel [REPEAT]")?;
    let repeat: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let mut session = Session::open_on(Path::new(&path), Emulator::new()?)?;
    let inputs: Vec<HostTensor> = session
        .inputs()
        .iter()
        .map(|tensor| {
            let shape: Vec<usize> = tensor.shapes[0].iter().map(|size| *size as usize).collect();
            let values = vec![0.0; shape.iter().product()];
            HostTensor::from_f32(tensor.name.clone(), &shape, &values)
        })
        .collect();
    for pass in 0..repeat {
        let start = Instant::now();
        session.run(&inputs)?;
        println!("pass {pass}: {:.3} s", start.elapsed().as_secs_f64());
    }
    let stats = session.device().totals();
    println!("tiu {:?}\ngdma {:?}", stats.tiu_commands, stats.dma_commands);
    println!(
        "estimated cycles: tiu {} gdma {} both {}",
        stats.tiu_cycles, stats.dma_cycles, stats.cycles
    );
    Ok(())
}
