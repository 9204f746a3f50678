//! `tpuc quantize` on two detectors, measured by what they detect: docs/accuracy.md. The first 20 pictures of a folder are for
//! quantisation, the others measure. The figures of the real tool's tables are from the same pictures and the same script.

use std::path::{Path, PathBuf};
use std::process::Command;
use tpuc_tests::accuracy::{CALIBRATION, Model, measuring_samples, pictures};
use tpuc_tests::detections::{Accuracy, Network};

struct Case {
    name: &'static str,
    network: Network,
    pictures: &'static str,
}

const FASTESTDET: Case = Case {
    name: "fastestdet",
    network: Network::FastestDet,
    pictures: "images/coco",
};
const RFB320: Case = Case {
    name: "rfb320",
    network: Network::Rfb320,
    pictures: "images/faces",
};

impl Case {
    fn top(&self, shared: &Path) -> PathBuf {
        shared.join("golden/models").join(self.name).join("top.mlir")
    }

    /// Runs the tool and gives the bmodel.
    fn quantize(&self, shared: &Path, folder: &Path, options: &[&str]) -> PathBuf {
        let files = pictures(&shared.join(self.pictures)).unwrap();
        let list: Vec<String> = files[..CALIBRATION]
            .iter()
            .map(|file| file.canonicalize().unwrap().display().to_string())
            .collect();
        let list_file = folder.join("list.txt");
        std::fs::write(&list_file, list.join("\n")).unwrap();
        let output = Command::new(tpuc_tests::program("tpuc"))
            .arg("quantize")
            .arg(self.top(shared))
            .args(["--model_name", self.name, "--data_list"])
            .arg(&list_file)
            .arg("-o")
            .arg(folder)
            .args(options)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        println!("{text}");
        folder.join(format!("{}_int8.bmodel", self.name))
    }

    /// What candidates reach on the pictures that were held back.
    fn measure(&self, shared: &Path, candidate: &Path) -> Accuracy {
        let top = self.top(shared);
        let samples = measuring_samples(&top, &shared.join(self.pictures)).unwrap();
        let mut exact = Model::open(&top).unwrap();
        let mut candidate = Model::open(candidate).unwrap();
        let mut accuracy = Accuracy::default();
        for sample in &samples {
            accuracy.add(
                self.network,
                &exact.run(sample).unwrap(),
                &candidate.run(sample).unwrap(),
            );
        }
        println!("{}: {}", self.name, accuracy.summary());
        accuracy
    }
}

#[test]
fn fastestdet_without_a_float_layer() {
    let Some(shared) = tpuc_tests::shared("fastestdet_without_a_float_layer") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let bmodel = FASTESTDET.quantize(&shared, folder.path(), &[]);
    let accuracy = FASTESTDET.measure(&shared, &bmodel);
    assert_eq!(accuracy.boxes(), 97);
    assert!(accuracy.f7() >= 0.92 && accuracy.sqnr() >= 15.0);

    // The same folder again: every trial is known. 5 % of its 95 operations that compute are 4.
    let bmodel = FASTESTDET.quantize(&shared, folder.path(), &["--max_float_layers", "4"]);
    let accuracy = FASTESTDET.measure(&shared, &bmodel);
    assert!(accuracy.f7() >= 0.93 && accuracy.sqnr() >= 16.0);
}

#[test]
fn rfb320_halves_the_loss_of_the_best_table() {
    let Some(shared) = tpuc_tests::shared("rfb320_halves_the_loss_of_the_best_table") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let bmodel = RFB320.quantize(&shared, folder.path(), &[]);
    let accuracy = RFB320.measure(&shared, &bmodel);
    // The best of the real tool's six tables is use_max: F7 0.963, 15.15 dB.
    assert_eq!(accuracy.boxes(), 107);
    assert!(1.0 - accuracy.f7() <= (1.0 - 0.963) / 2.0 && accuracy.sqnr() >= 18.2);
}
