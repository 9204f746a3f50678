//! Experiment.
#![allow(clippy::print_stdout)]
use anyhow::Result;
use std::path::{Path, PathBuf};
use tpuc_compiler::inference::{Dump, Interpreter};
use tpuc_compiler::lowering::quantised;
use tpuc_compiler::program::Program;
use tpuc_compiler::ptq::channel_classes::ChannelClasses;
use tpuc_compiler::ptq::equalize::equalize;
use tpuc_compiler::ptq::ranges::measure;
use tpuc_compiler::ptq::refine::{Refinement, refine};
use tpuc_compiler::quantization::{CalibrationTable, Precision, QuantizeTable};
use tpuc_tests::accuracy::*;
use tpuc_tests::detections::*;
fn main() -> Result<()> {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let network = if a[0] == "fastestdet" {
        Network::FastestDet
    } else {
        Network::Rfb320
    };
    let top = PathBuf::from(&a[1]);
    let folder = Path::new(&a[2]);
    let files = if std::env::var("SHUFFLE").is_ok() {
        let d = tpuc_compiler::data::dataset::Dataset::from_folder(folder, 0)?;
        d.samples().iter().map(|s| PathBuf::from(&s[0])).collect()
    } else {
        pictures(folder)?
    };
    let cal = load_samples(&top, &files[..CALIBRATION])?;
    let test = load_samples(&top, &files[CALIBRATION..])?;
    let exact_program = Program::read(&top)?;
    let exact = Interpreter::new(&exact_program)?;
    let refs: Vec<_> = test
        .iter()
        .map(|s| exact.run_all(s, Dump::Outputs))
        .collect::<Result<_, _>>()?;
    for recipe in &a[3..] {
        let start = std::time::Instant::now();
        let mut floats = QuantizeTable::default();
        let mut program = exact_program.fork()?;
        let mut table: Option<CalibrationTable> = None;
        let mut options = String::new();
        let mut what = Refinement::default();
        for word in recipe.split(',') {
            match word.split_once('=') {
                Some(("table", file)) => table = Some(CalibrationTable::read(Path::new(file))?),
                Some(("float", name)) => {
                    floats.modes.insert(name.to_owned(), Precision::F32);
                }
                Some((k, v)) => options += &format!("{k}={v} "),
                None if word == "cle" || word == "clepc" => {
                    let i = Interpreter::new(&program)?;
                    let classes = ChannelClasses::find(&program, &i)?;
                    let (_, ranges) = measure(&program, &i, &cal, tpuc_compiler::calibration::Method::Max)?;
                    let n = equalize(&mut program, &classes, &ranges, word == "clepc")?;
                    println!("{n} classes");
                    let out = Interpreter::new(&program)?.run_all(&test[0], Dump::Outputs)?;
                    let mut acc = Accuracy::default();
                    acc.add(network, &refs[0], &out);
                    println!("equalised float: {}", acc.summary());
                }
                None if word == "bc" => what.correct_bias = true,
                None if word == "ne" => what.round = true,
                _ => {}
            }
        }
        let table = match table {
            Some(table) => table,
            None => {
                measure(
                    &program,
                    &Interpreter::new(&program)?,
                    &cal,
                    tpuc_compiler::calibration::Method::Max,
                )?
                .0
            }
        };
        let mut tpu = quantised(&program, &table, &floats, options.trim())?;
        if what != Refinement::default() {
            refine(&program, &mut tpu, &cal, what)?;
        }
        let i = Interpreter::new(&tpu)?;
        let mut acc = Accuracy::default();
        for (s, r) in test.iter().zip(&refs) {
            acc.add(network, r, &i.run_all(s, Dump::Outputs)?);
        }
        let mut cal_acc = Accuracy::default();
        for s in &cal {
            cal_acc.add(
                network,
                &exact.run_all(s, Dump::Outputs)?,
                &i.run_all(s, Dump::Outputs)?,
            );
        }
        println!(
            "{recipe:<50} {}   calib: {}  {:.1} s",
            acc.summary(),
            cal_acc.summary(),
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
