//! Round trips and damaged files, without files from outside.

use super::*;
use std::path::Path;

pub(super) fn sample() -> Bmodel {
    let tensor = |name: &str, addr: u64| Tensor {
        name: name.to_owned(),
        device_addr: addr,
        size: 64,
        shapes: vec![vec![1, 16]],
        scale: 0.25,
        ..Tensor::default()
    };
    let weights: Vec<u8> = (0..5000u32).map(|idx| (idx * 7) as u8).collect();
    let net = StaticNet {
        name: "sample".to_owned(),
        inputs: vec![tensor("in", 0x1_0510_2000)],
        outputs: vec![tensor("out", 0x1_0510_3000)],
        coeff_addr: 0x1_0510_0000,
        locations: vec![Location {
            name: "tpu.Conv2D.weight".to_owned(),
            offset: 0,
            size: 4096,
        }],
        coeff: weights.into(),
        ctx_addr: 0x1_0510_2000,
        ctx_size: 0x2000,
        addr_mode: 0,
        io: (0, 0),
        subnets: vec![SubNetPart {
            inputs: vec![tensor("in", 0x1_0510_2000)],
            outputs: vec![tensor("out", 0x1_0510_3000)],
            cmd_groups: vec![CmdGroup::new(
                vec![1; 3 * COMMAND_BYTES],
                vec![2; 2 * COMMAND_BYTES],
            )],
            host: None,
        }],
        tensor_loc: Some(b"[]".to_vec()),
    };
    single_net(net, "test", "Thu Jan  1 00:00:00 1970\n")
}

/// Every field set, whether or not it makes sense.
fn everything() -> Bmodel {
    let mut model = sample();
    model.lib_backend = Some(vec![9; 10].into());
    model.kernel_module = Some(KernelModule {
        file_name: "k".to_owned(),
        data: vec![1, 2, 3].into(),
        mode: -5,
    });
    model.nets[0].addr_mode = 4;
    model.nets[0].cascade = Some(Cascade {
        device_id: 1,
        step: 2,
        main_name: "main".to_owned(),
    });
    let stage = &mut model.nets[0].stages[0];
    stage.net_profile = Some(vec![4; 100].into());
    stage.net_stat = Some(vec![5; 100].into());
    stage.ir = Some(vec![6; 100].into());
    stage.inputs[0].relocation = Some(Relocation {
        base_addr_id: 1,
        addr_offset: 2,
        cmd_offset: 3,
    });
    stage.cmd_groups[0].relocations = vec![Relocation::default(); 2];
    let sha256 = stage
        .coeff
        .as_ref()
        .map(|coeff| coeff.sha256.clone())
        .unwrap_or_default();
    let data = stage
        .coeff
        .as_ref()
        .map(|coeff| coeff.data.clone())
        .unwrap_or_default();
    stage.subnets.push(SubNet {
        mode: SubNetMode::Cpu,
        cpu_params: vec![CpuParam {
            op_type: 29,
            param: vec![2, 0, 0, 0].into(),
            consts: vec![CpuConst {
                name: "c".to_owned(),
                data,
                sha256,
            }],
            is_custom: true,
        }],
        ir_len: 5,
        ir_offset: 80,
        merge_output_from: Some(vec![vec![1, 2], vec![]]),
        switch: Some(SwitchParam {
            output_from: vec![1],
            output_branch: vec![0],
        }),
        core_commands: vec![CoreCommands {
            hau: vec![vec![3; 7].into()],
            ..CoreCommands::default()
        }],
        ..SubNet::default()
    });
    model.nets.push(Net {
        name: "second".to_owned(),
        ..Net::default()
    });
    model
}

#[test]
fn what_is_written_is_read() {
    for model in [sample(), everything(), Bmodel::default()] {
        let bytes = model.to_bytes().unwrap();
        assert_eq!(bytes.len() % 4096, 0);
        let again = Bmodel::from_bytes(bytes.clone()).unwrap();
        assert_eq!(again, model);
        assert_eq!(again.to_bytes().unwrap(), bytes);
    }
}

#[test]
fn equal_sections_are_written_once() {
    let bytes = sample().to_bytes().unwrap();
    // Description, weights (two pages), TIU commands, DMA commands, tensor locations.
    assert_eq!(bytes.len(), 4096 * 6);
}

#[test]
fn files_are_replaced_as_a_whole() {
    let folder = std::env::temp_dir().join(format!("tpuc-bmodel-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.bmodel");
    sample().write(&path).unwrap();
    let model = Bmodel::read(&path).unwrap();
    assert_eq!(model, sample());
    everything().write(&path).unwrap();
    assert_eq!(model, sample(), "the mapped file is the old one");
    assert_eq!(Bmodel::read(&path).unwrap(), everything());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
    let error = Bmodel::read(Path::new("/nowhere/a.bmodel"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("cannot read /nowhere/a.bmodel: "), "{error}");
    let error = sample()
        .write(Path::new("/nowhere/a.bmodel"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("cannot write /nowhere/a.bmodel: "), "{error}");
}

#[test]
fn damage_is_named() {
    let good = sample().to_bytes().unwrap();
    let change = |at: usize, with: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    let mut other_weights = sample();
    let coeff = other_weights.nets[0].stages[0].coeff.as_mut().unwrap();
    let mut code = coeff.sha256.to_vec();
    code[0] ^= 1;
    coeff.sha256 = code.into();
    let mut too_many = sample();
    too_many.nets[0].stages[0].cmd_groups[0].tiu_num = 4;
    let mut location = sample();
    location.nets[0].stages[0].coeff.as_mut().unwrap().locations[0].offset = u64::MAX;
    let rows: [(Vec<u8>, &str); 9] = [
        (
            Vec::new(),
            "header (at byte 0): the file has 0 bytes, a bmodel has at least 64",
        ),
        (
            change(0, b"PK"),
            "header (at byte 0): starts with 0xff554b50, a bmodel starts with 0xff55aaee",
        ),
        (
            change(4, &[65]),
            "header (at byte 4): header size is 65, expected 64",
        ),
        (
            good[..10_000].to_vec(),
            "only 9936 bytes follow; the file is probably truncated",
        ),
        (change(16, &[0, 0, 0, 0xff]), "the file is probably truncated"),
        (
            change(64, &[0xff, 0xff, 0xff, 0x7f]),
            "description, [ModelRef].read_as_root (at byte 64)",
        ),
        (
            other_weights.to_bytes().unwrap(),
            "net 0, stage 0, weights: the content does not match its SHA-256 check code; the file is damaged",
        ),
        (
            too_many.to_bytes().unwrap(),
            "net 0, stage 0, command group 0: announces 4 TIU commands, that is 512 bytes, its section has 384",
        ),
        (
            location.to_bytes().unwrap(),
            "weights, part 0: `tpu.Conv2D.weight` has 4096 bytes at 18446744073709551615, the weights have 5000 bytes",
        ),
    ];
    for (bytes, expected) in rows {
        let message = Bmodel::from_bytes(bytes).unwrap_err().to_string();
        assert!(
            message.contains(expected),
            "{message}\nshould contain\n{expected}"
        );
    }
}

/// Every truncation and many seeded mutations of two files: an error or a model, never a panic or a hang, and what
/// was read can be written and described.
#[test]
fn mutations_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let (mut read, mut refused) = (0, 0);
    for model in [sample(), everything()] {
        let good = model.to_bytes().unwrap();
        let description = 64..64 + u32::from_le_bytes(good[8..12].try_into().unwrap()) as usize;
        let used = good[description.clone()]
            .iter()
            .rposition(|byte| *byte != 0)
            .unwrap()
            + description.start
            + 1;
        for length in (0..used + 100).chain([good.len() - 1]) {
            assert!(
                Bmodel::from_bytes(good[..length].to_vec()).is_err(),
                "truncated to {length}"
            );
        }
        for round in 0..30_000 {
            let mut bytes = good.clone();
            for _ in 0..1 + round % 4 {
                let at = random() as usize % used;
                match random() % 4 {
                    0 => bytes[at] ^= 1 << (random() % 8),
                    1 => bytes[at] = random() as u8,
                    2 => bytes[at & !3..(at & !3) + 4].copy_from_slice(&(random() as u32).to_le_bytes()),
                    _ => {
                        let small = (random() % 64) as u32;
                        bytes[at & !3..(at & !3) + 4].copy_from_slice(&small.to_le_bytes());
                    }
                }
            }
            let options = ReadOptions {
                verify_check_codes: round % 2 == 0,
            };
            match Bmodel::from_blob(&bytes.into(), options) {
                Ok(model) => {
                    read += 1;
                    let again = model.to_bytes().unwrap();
                    let header = Header::read(&again).unwrap();
                    assert!(!info_text(&model, &header).is_empty());
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} read, {refused} refused");
}

/// A small description whose lists repeat the same element, level by level: 250 000 tensors when expanded.
#[test]
fn shared_parts_cannot_explode() {
    use super::schema::bmodel as schema;
    use planus::WriteAsOffset;
    let mut builder = planus::Builder::new();
    let tensor = schema::Tensor {
        name: "t".repeat(100),
        ..schema::Tensor::default()
    };
    let stage = schema::NetParameter {
        input_tensor: vec![tensor],
        ..schema::NetParameter::default()
    };
    let stage = stage.prepare(&mut builder);
    let net = schema::Net::builder()
        .name("net")
        .net_static_as_null()
        .net_dynamic_as_null()
        .parameter(vec![stage; 500])
        .cascade_as_null()
        .addr_mode_as_default()
        .finish(&mut builder);
    let model = schema::Model::builder()
        .type_("B")
        .version("")
        .time("")
        .chip("BM1684")
        .net(vec![net; 500])
        .neuron_size_as_default()
        .kernel_module_as_null()
        .device_num_as_default()
        .cpuop_module_as_null()
        .bmodel_type_as_default()
        .lib_backend_as_null()
        .finish(&mut builder);
    let description = builder.finish(model, None).to_vec();
    assert!(description.len() < 10_000);
    let mut bytes = Header {
        flatbuffers_size: description.len() as u32,
        binary_size: 0,
    }
    .to_bytes()
    .to_vec();
    bytes.extend(description);
    let message = Bmodel::from_bytes(bytes).unwrap_err().to_string();
    assert!(message.contains("expands to many times its size"), "{message}");
}
