//! Times passes of a bmodel on the emulator: `time_pass MODEL.bmodel [REPEAT] [off|pays|always]`; the last argument says when
//! loops are compiled and is there with the feature `jit`. Inputs are a fixed ramp between -1 and 1.
#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

use std::path::Path;
use std::time::Instant;

use tpuc_runtime::emulator::Emulator;
use tpuc_runtime::session::{HostTensor, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: time_pass MODEL.bmodel [REPEAT]")?;
    let repeat: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    #[cfg_attr(not(feature = "jit"), allow(unused_mut))]
    let mut emulator = Emulator::new()?;
    #[cfg(feature = "jit")]
    if let Some(mode) = arguments.next() {
        use tpuc_runtime::jit::Mode;
        emulator.set_jit(match mode.as_str() {
            "off" => Mode::Off,
            "pays" => Mode::WhenItPays,
            "always" => Mode::Always,
            _ => return Err(format!("'{mode}' is none of off, pays, always").into()),
        });
    }
    println!("{}", emulator.description());
    let mut session = Session::open_on(Path::new(&path), emulator)?;
    let inputs: Vec<HostTensor> = session
        .inputs()
        .iter()
        .map(|tensor| {
            let shape: Vec<usize> = tensor.shapes[0].iter().map(|size| *size as usize).collect();
            let ramp = |index: usize| (index % 2001) as f32 / 1000.0 - 1.0;
            let values: Vec<f32> = (0..shape.iter().product()).map(ramp).collect();
            HostTensor::from_f32(tensor.name.clone(), &shape, &values)
        })
        .collect();
    for pass in 0..repeat {
        let start = Instant::now();
        session.run(&inputs)?;
        println!("pass {pass}: {:.3} s", start.elapsed().as_secs_f64());
    }
    #[cfg(feature = "jit")]
    println!("compiled loops: {}", tpuc_runtime::jit::count());
    let stats = session.device().totals();
    println!("tiu {:?}\ngdma {:?}", stats.tiu_commands, stats.dma_commands);
    println!(
        "estimated cycles: tiu {} gdma {} both {}",
        stats.tiu_cycles, stats.dma_cycles, stats.cycles
    );
    Ok(())
}
