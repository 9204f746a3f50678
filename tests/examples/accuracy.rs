//! How well candidates detect what the exact network detects: `accuracy fastestdet|rfb320|other TOP.mlir PICTURES
//! CANDIDATE...`.
//! Candidates are lowered programs (.mlir) or bmodels. The first 20 pictures of the folder are for calibration; the others are used.
#![allow(clippy::print_stdout)]

use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use tpuc_tests::accuracy::{Model, measuring_samples};
use tpuc_tests::detections::{Accuracy, Network};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: accuracy fastestdet|rfb320|other TOP.mlir PICTURES CANDIDATE...";
    let network = match arguments.next().context(usage)?.to_str() {
        Some("fastestdet") => Network::FastestDet,
        Some("rfb320") => Network::Rfb320,
        Some("other") => Network::Other,
        _ => bail!(usage),
    };
    let top = arguments.next().context(usage)?;
    let samples = measuring_samples(&top, &arguments.next().context(usage)?)?;
    let mut exact = Model::open(&top)?;
    let references = samples
        .iter()
        .map(|sample| exact.run(sample))
        .collect::<Result<Vec<_>>>()?;
    for path in arguments {
        let mut model = Model::open(&path)?;
        let mut accuracy = Accuracy::default();
        for (sample, reference) in samples.iter().zip(&references) {
            accuracy.add(network, reference, &model.run(sample)?);
        }
        println!("{:<40} {}", name(&path), accuracy.summary());
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
