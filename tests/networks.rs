//! Whole networks through the commands as a user types them, with the calibration table that the real tool made.

use tpuc_tests::{shared, succeed_in};

struct Network {
    name: &'static str,
    picture: &'static str,
    shapes: &'static str,
    mean: &'static str,
    scale: &'static str,
    pixel_format: &'static str,
}

const NETWORKS: [Network; 3] = [
    Network {
        name: "mnist",
        picture: "digit5.jpg",
        shapes: "[[1,1,28,28]]",
        mean: "0",
        scale: "1",
        pixel_format: "gray",
    },
    Network {
        name: "rfb320",
        picture: "parade.jpg",
        shapes: "[[1,3,240,320]]",
        mean: "127,127,127",
        scale: "0.0078125,0.0078125,0.0078125",
        pixel_format: "rgb",
    },
    Network {
        name: "fastestdet",
        picture: "dog.jpg",
        shapes: "[[1,3,352,352]]",
        mean: "0,0,0",
        scale: "0.0039215686,0.0039215686,0.0039215686",
        pixel_format: "bgr",
    },
];

/// The cosine and euclidean similarity of each `min_similarity` line of a text.
fn similarities(text: &str) -> Vec<[f64; 2]> {
    let lines = text
        .lines()
        .filter_map(|line| line.split_once("min_similarity = ("));
    lines
        .map(|(_, numbers)| {
            let mut numbers = numbers
                .split([',', ')'])
                .map(|number| number.trim().parse().expect("a number"));
            [numbers.next().unwrap(), numbers.next().unwrap()]
        })
        .collect()
}

#[test]
fn networks_pass_from_onnx_to_bmodel() {
    let Some(shared) = shared("networks_pass_from_onnx_to_bmodel") else {
        return;
    };
    for network in &NETWORKS {
        let golden = shared.join("golden/models").join(network.name);
        let folder = tempfile::tempdir().unwrap();
        let path = |path: &std::path::Path| path.to_str().expect("an UTF-8 path").to_owned();
        let tpuc = |arguments: &[&str]| succeed_in(folder.path(), "tpuc", arguments);
        let text = format!("{}.mlir", network.name);
        tpuc(&[
            "transform",
            "--model_name",
            network.name,
            "--model_def",
            &path(&shared.join("models").join(format!("{}.onnx", network.name))),
            "--input_shapes",
            network.shapes,
            "--mean",
            network.mean,
            "--scale",
            network.scale,
            "--pixel_format",
            network.pixel_format,
            "--test_input",
            &path(&shared.join("images").join(network.picture)),
            "--test_result",
            "top.npz",
            "--mlir",
            &text,
        ]);
        // The same picture gave the golden tensors.
        tpuc(&[
            "npz",
            "compare",
            "top.npz",
            &path(&golden.join("top_outputs.npz")),
            "--tolerance",
            "0.99999,0.9999",
        ]);
        for mode in ["int8", "f32"] {
            let deploy = |more: &[&str]| {
                let quantize = mode.to_uppercase();
                let table = path(&golden.join("cali_table"));
                let input = format!("{}_in_f32.npz", network.name);
                let mut arguments = vec![
                    "deploy",
                    "--mlir",
                    &text,
                    "--quantize",
                    &quantize,
                    "--chip",
                    "bm1684",
                ];
                arguments.extend(["--calibration_table", &table, "--test_input", &input]);
                arguments.extend(["--test_reference", "top.npz", "--model", "net.bmodel"]);
                arguments.extend(more);
                let ran = tpuc(&arguments);
                let found = similarities(&(ran.out + &ran.err));
                let [tpu_against_top, bmodel_against_tpu] = found[..] else {
                    panic!("{} {mode}: two comparisons, found {found:?}", network.name);
                };
                (tpu_against_top, bmodel_against_tpu)
            };
            // The networks' outputs: as near to float as what the real tool makes of them.
            let (outputs, _) = deploy(&["--tolerance", "0.5,0.0"]);
            let real = std::fs::read_to_string(golden.join(format!("similarity_{mode}.txt"))).unwrap();
            let real = similarities(&real)[0];
            // Every tensor: the bmodel computes what the tpu program does. Against float the inner ones may be poor.
            let (_, all) = deploy(&["--tolerance", "0,-99", "--compare_all"]);
            println!(
                "{} {mode}: outputs against float {outputs:?}, the real tool's {real:?}; all tensors of the bmodel {all:?}",
                network.name
            );
            for (ours, theirs) in outputs.into_iter().zip(real) {
                assert!(
                    ours >= theirs - 0.01,
                    "{} {mode}: {ours} < {theirs}",
                    network.name
                );
            }
            let least = if mode == "int8" { 0.9999 } else { 0.99 };
            assert!(
                all.iter().all(|similarity| *similarity > least),
                "{} {mode}: {all:?}",
                network.name
            );
        }
    }
}
