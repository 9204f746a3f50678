//! The bmodel container against files that TPU-MLIR wrote.
#![allow(clippy::print_stderr)]

use tpuc_runtime::bmodel::{Bmodel, Header, dis, info_text};
use tpuc_tests::{golden_files, shared};

/// Reading, writing and reading again gives the same model, and the second writing the same bytes.
#[test]
fn vendor_files_survive_a_round_trip() {
    let Some(shared) = shared("vendor_files_survive_a_round_trip") else {
        return;
    };
    let files = golden_files(&shared, &["int8.bmodel", "f32.bmodel"]);
    let mut failures = Vec::new();
    for path in &files {
        let result = (|| {
            let model = Bmodel::read(path)?;
            let bytes = model.to_bytes()?;
            let again = Bmodel::from_bytes(bytes.clone())?;
            let same = again == model && again.to_bytes()? == bytes && bytes.len() % 4096 == 0;
            Ok::<_, tpuc_runtime::bmodel::Error>(same)
        })();
        match result {
            Ok(true) => {}
            Ok(false) => failures.push(format!("{}: differs", path.display())),
            Err(error) => failures.push(error.to_string()),
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
    eprintln!(
        "{} bmodels read, written and read again without a difference",
        files.len()
    );
    assert!(files.len() > 300);
}

/// What `model_tool --info` prints for some files, without the line of the creation time.
#[test]
fn descriptions_are_those_of_model_tool() {
    let Some(shared) = shared("descriptions_are_those_of_model_tool") else {
        return;
    };
    let rows = [
        (
            "models/rfb320/int8.bmodel",
            "net 0: [rfb320]  static
------------
stage 0, core num: 1
input: input, [1, 3, 240, 320], float32, scale: 1, zero_point: 0
output: scores_Softmax, [1, 4420, 2], float32, scale: 1, zero_point: 0
output: boxes_Concat_f32, [1, 4420, 4], float32, scale: 1, zero_point: 0

device mem size: 5458688 (weight: 606208, instruct: 236288, runtime: 4616192)
host mem size: 0 (weight: 0, runtime: 0)
estimated SoC CPU peak: 908544
estimated PCIE CPU peak: 1335296
bmodel is 4k aligned
",
        ),
        (
            "ops/GatherElements/int8.bmodel",
            "net 0: [GatherElements]  static
------------
stage 0, core num: 1
subnet number: 2
input: data, [2, 2, 2], float32, scale: 1, zero_point: 0
output: output_Add, [2, 2, 2], uint8, scale: 0.0388627, zero_point: 0

device mem size: 18464 (weight: 4096, instruct: 2048, runtime: 12320)
host mem size: 0 (weight: 0, runtime: 0)
estimated SoC CPU peak: 730880
estimated PCIE CPU peak: 733184
bmodel is 4k aligned
",
        ),
        (
            "ops/Flip/f32.bmodel",
            "net 0: [Flip]  dynamic
------------
stage 0, core num: 1
input: in_0, [max:1, max:4, max:3, max:32, max:2, max:6], float32, scale: 1, zero_point: 0
output: 5_Slice, [1, 4, 3, 32, 2, 6], float32, scale: 1, zero_point: 0

device mem size: 100784 (weight: 4096, instruct: 432, runtime: 96256)
host mem size: 0 (weight: 0, runtime: 0)
estimated SoC CPU peak: 729088
estimated PCIE CPU peak: 733184
bmodel is 4k aligned
",
        ),
    ];
    for (name, expected) in rows {
        let path = shared.join("golden").join(name);
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("SKIPPED: {}", path.display());
            continue;
        };
        let model = Bmodel::from_bytes(bytes.clone()).unwrap();
        let text = info_text(&model, &Header::read(&bytes).unwrap());
        let (head, rest) = text
            .split_once("==========================================\n")
            .unwrap();
        assert_eq!(rest, expected, "{name}");
        let lines: Vec<&str> = head.lines().collect();
        assert_eq!(lines[0], "bmodel version: B.2.2+v1.30.2-20260831");
        assert_eq!(lines[1], "chip: BM1684");
        assert!(lines[2].starts_with("create time: ") && lines[3].is_empty());
        assert_eq!(
            lines[4..],
            [
                "kernel_module name: ",
                "kernel_module size: 0",
                "kernel mode: normal"
            ]
        );
    }
}

/// The disassembly lists every command of every file once, and in an order in which none waits for a later one.
#[test]
fn every_command_is_listed() {
    let Some(shared) = shared("every_command_is_listed") else {
        return;
    };
    let (mut tiu, mut dma) = (0, 0);
    for path in golden_files(&shared, &["int8.bmodel", "f32.bmodel"]) {
        let model = Bmodel::read(&path).unwrap();
        let stage = &model.nets[0].stages[0];
        let mut listed = 0;
        for group in stage.subnets.iter().flat_map(|subnet| &subnet.cmd_groups) {
            let (mut tiu_done, mut dma_done) = (0, 0);
            for command in dis::execution_order(group) {
                match command {
                    dis::Command::Tiu(command) => {
                        tiu_done += 1;
                        assert_eq!(command.cmd_id_tpu(), tiu_done, "{}", path.display());
                        assert!(
                            command.cmd_id_gdma() <= dma_done,
                            "{}: {command:?}",
                            path.display()
                        );
                    }
                    dis::Command::Dma(command) => {
                        dma_done += 1;
                        assert_eq!(command.cmd_id(), dma_done, "{}", path.display());
                        assert!(
                            command.eng0_sync_id() <= tiu_done,
                            "{}: {command:?}",
                            path.display()
                        );
                    }
                }
            }
            assert_eq!(
                (tiu_done, dma_done),
                (u64::from(group.tiu_num), u64::from(group.dma_num))
            );
            listed += tiu_done + dma_done;
            (tiu, dma) = (tiu + tiu_done, dma + dma_done);
        }
        let text = dis::text(&model);
        let lines = text
            .lines()
            .filter(|line| line.starts_with("      tiu ") || line.starts_with("      gdma "));
        assert_eq!(lines.count() as u64, listed, "{}", path.display());
    }
    eprintln!("{tiu} TIU and {dma} DMA commands listed");
    assert!(tiu > 5000 && dma > 10_000);
}
