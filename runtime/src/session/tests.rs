//! Sessions on a device that executes one made-up kind of command.

use super::*;
use crate::bmodel::{
    CmdGroup, CpuParam, DataType, StaticNet, StoreMode, SubNet, SubNetMode, SubNetPart, single_net,
};
use crate::isa::{Command, Engine, TiuCommand};

const BASE: u64 = 0x1_0000_0000;

/// A TIU command of this device adds its first byte to each of the 16 bytes at 0x100 and stores them at 0x200.
#[derive(Default)]
struct Adder {
    memory: Vec<u8>,
    writes: usize,
}

impl Adder {
    fn range(&self, address: u64, bytes: usize) -> Result<std::ops::Range<usize>, String> {
        let start = address.checked_sub(BASE).ok_or("below DDR")? as usize;
        let end = start
            .checked_add(bytes)
            .filter(|end| *end <= self.memory.len())
            .ok_or("beyond DDR")?;
        Ok(start..end)
    }
}

impl MemoryView for Adder {
    fn ddr(&self, address: u64, bytes: usize) -> Option<&[u8]> {
        self.range(address, bytes).ok().map(|range| &self.memory[range])
    }
    fn lane(&self, _lane: usize, _offset: usize, _bytes: usize) -> Option<&[u8]> {
        None
    }
    fn l2(&self, _offset: usize, _bytes: usize) -> Option<&[u8]> {
        None
    }
}

impl Device for Adder {
    fn write_ddr(&mut self, address: u64, data: &[u8]) -> Result<(), String> {
        let range = self.range(address, data.len())?;
        self.writes += 1;
        self.memory[range].copy_from_slice(data);
        Ok(())
    }
    fn read_ddr(&self, address: u64, bytes: usize) -> Result<&[u8], String> {
        self.range(address, bytes).map(|range| &self.memory[range])
    }
    fn run(&mut self, tiu: &[u8], _dma: &[u8], mut observer: Option<Observer<'_>>) -> Result<(), String> {
        for (idx, command) in tiu.chunks(128).enumerate() {
            if command[0] == 255 {
                return Err(format!("tiu command {idx}: unknown"));
            }
            for at in 0..16 {
                self.memory[0x200 + at] = self.memory[0x100 + at].wrapping_add(command[0]);
            }
            if let Some(observer) = &mut observer {
                observer(
                    Done {
                        engine: Engine::Tiu,
                        id: idx as u64 + 1,
                        command: Command::Tiu(TiuCommand::new()),
                    },
                    self,
                );
            }
        }
        Ok(())
    }
}

fn adder() -> Adder {
    Adder {
        memory: vec![0; 0x1000],
        writes: 0,
    }
}

fn model(add: u8) -> Bmodel {
    let tensor = |name: &str, offset: u64, scale: f32| Tensor {
        name: name.to_owned(),
        dtype: DataType::I8,
        store_mode: StoreMode::N4,
        device_addr: BASE + offset,
        size: 16,
        shapes: vec![vec![1, 4]],
        scale,
        ..Tensor::default()
    };
    let net = StaticNet {
        name: "adder".to_owned(),
        inputs: vec![tensor("in", 0x100, 10.0)],
        outputs: vec![tensor("out", 0x200, 0.5)],
        coeff_addr: BASE,
        coeff: vec![7; 64].into(),
        ctx_addr: BASE + 0x100,
        ctx_size: 0x200,
        subnets: vec![SubNetPart {
            inputs: vec![tensor("in", 0x100, 10.0)],
            outputs: vec![tensor("out", 0x200, 0.5)],
            cmd_groups: vec![CmdGroup::new(vec![add; 128], Vec::new())],
            host: None,
        }],
        ..StaticNet::default()
    };
    single_net(net, "test", "")
}

fn input(values: &[f32]) -> HostTensor {
    HostTensor::from_f32("in", &[1, values.len()], values)
}

#[test]
fn inputs_and_outputs_are_converted_and_weights_are_placed_once() {
    let mut session = Session::new(model(3), adder()).unwrap();
    let outputs = session
        .run(&[
            input(&[0.1, 0.2, -0.1, 12.7]),
            HostTensor::from_f32("other", &[], &[0.0]),
        ])
        .unwrap();
    assert_eq!(
        outputs,
        [HostTensor::from_f32("out", &[1, 4], &[2.0, 2.5, 1.0, -63.0])]
    );
    let options = RunOptions {
        fixed_outputs: true,
        ..RunOptions::default()
    };
    let outputs = session.run_with(&[input(&[0.0; 4])], options, None).unwrap();
    assert_eq!(
        (outputs[0].dtype, &outputs[0].data[..]),
        (HostType::I8, &[3u8; 4][..])
    );
    assert_eq!(session.device().writes, 3, "weights once, inputs twice");
    assert_eq!(session.device().memory[..64], [7; 64]);
}

#[test]
fn the_observer_sees_each_command() {
    let mut session = Session::new(model(1), adder()).unwrap();
    let mut seen = Vec::new();
    let mut observer = |position: Position, memory: &dyn MemoryView| {
        seen.push((position, memory.ddr(BASE + 0x200, 1).map(<[u8]>::to_vec)));
    };
    session
        .run_with(&[input(&[0.4; 4])], RunOptions::default(), Some(&mut observer))
        .unwrap();
    let done = Done {
        engine: Engine::Tiu,
        id: 1,
        command: Command::Tiu(TiuCommand::new()),
    };
    assert_eq!(
        seen,
        [(
            Position {
                subnet: 0,
                group: 0,
                done
            },
            Some(vec![5])
        )]
    );
}

#[test]
fn the_stage_is_chosen_by_shape() {
    let mut model = model(3);
    let mut other = model.nets[0].stages[0].clone();
    for tensor in other.inputs.iter_mut().chain(&mut other.outputs) {
        tensor.shapes = vec![vec![4, 4]];
    }
    other.subnets[0].cmd_groups = vec![CmdGroup::new(vec![9; 128], Vec::new())];
    model.nets[0].stages.push(other);
    let mut session = Session::new(model, adder()).unwrap();
    let four = HostTensor::from_f32("in", &[4, 4], &[0.0; 16]);
    assert_eq!(session.run(&[four]).unwrap()[0].as_f32().unwrap(), [4.5; 16]);
    assert_eq!(
        session.run(&[input(&[0.0; 4])]).unwrap()[0].as_f32().unwrap(),
        [1.5; 4]
    );
    let message = session.run(&[input(&[0.0; 3])]).unwrap_err().to_string();
    assert_eq!(
        message,
        "input `in` has shape [1, 3], the net was compiled for [1, 4] or [4, 4]"
    );
}

#[test]
fn a_gather_runs_on_the_host() {
    let mut model = model(0);
    let data = Tensor {
        device_addr: BASE + 0x200,
        ..model.nets[0].stages[0].outputs[0].clone()
    };
    let indices = Tensor {
        dtype: DataType::I32,
        store_mode: StoreMode::N1,
        device_addr: BASE,
        size: 16,
        ..data.clone()
    };
    let output = Tensor {
        device_addr: BASE + 0x300,
        ..data.clone()
    };
    let stage = &mut model.nets[0].stages[0];
    stage.outputs[0].device_addr = BASE + 0x300;
    let coeff = stage.coeff.as_mut().unwrap();
    coeff.data = [3i32, 2, 1, -4]
        .iter()
        .flat_map(|index| index.to_le_bytes())
        .collect::<Vec<u8>>()
        .into();
    stage.subnets[0].next_subnet_ids = vec![1];
    stage.subnets.push(SubNet {
        mode: SubNetMode::Cpu,
        cpu_params: vec![CpuParam {
            op_type: 29,
            param: 1i32.to_le_bytes().to_vec().into(),
            ..CpuParam::default()
        }],
        inputs: vec![data, indices],
        outputs: vec![output],
        id: 1,
        next_subnet_ids: vec![-1],
        ..SubNet::default()
    });
    let mut session = Session::new(model.clone(), adder()).unwrap();
    let outputs = session.run(&[input(&[0.1, 0.2, 0.3, 0.4])]).unwrap();
    assert_eq!(outputs[0].as_f32().unwrap(), [2.0, 1.5, 1.0, 0.5]);
    model.nets[0].stages[0].coeff.as_mut().unwrap().data = vec![9; 16].into();
    let message = Session::new(model, adder())
        .unwrap()
        .run(&[input(&[0.0; 4])])
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("sub-net 1, host gather: index 151587081 at position 0"),
        "{message}"
    );
}

#[test]
fn what_cannot_run_is_refused_with_its_reason() {
    let change = |change: fn(&mut Bmodel)| {
        let mut model = model(0);
        change(&mut model);
        Session::new(model, adder()).map(|_| ()).unwrap_err().to_string()
    };
    type Row = (fn(&mut Bmodel), &'static str);
    let rows: [Row; 10] = [
        (
            |m| m.chip = "BM1688".to_owned(),
            "it is for the chip BM1688, the emulator is a BM1684",
        ),
        (|m| m.nets.clear(), "it has no net"),
        (
            |m| m.nets[0].addr_mode = 2,
            "net `adder` uses address mode 2; the modes 0 (basic), 1 (io_alone) and 5 (in_reuse) are emulated",
        ),
        (
            |m| {
                m.nets[0].stages[0].subnets[0].is_dynamic = true;
                m.nets[0].stages[0].subnets[0].ir_len = 8;
            },
            "the interpreter program of sub-net 0 lies outside the file's",
        ),
        (
            |m| {
                // One input, one output, one group of one layer: the largest elements.
                let words = [
                    0,
                    1,
                    1,
                    0,
                    1 << 16,
                    0x2201_01ff,
                    1,
                    1,
                    0,
                    0x1_0001,
                    57,
                    0,
                    0,
                    0,
                    0,
                ];
                let bytes: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
                m.nets[0].stages[0].subnets[0].is_dynamic = true;
                m.nets[0].stages[0].subnets[0].ir_len = bytes.len() as u32;
                m.nets[0].stages[0].ir = Some(bytes.into());
            },
            "is dynamic: layer `top k (57)` is not among those that this interpreter knows; compile the model for fixed shapes",
        ),
        (
            |m| m.nets[0].stages[0].subnets[0].mode = SubNetMode::Other(4),
            "is of mode 4; only TPU and host sub-nets run",
        ),
        (
            |m| m.nets[0].stages[0].subnets[0].next_subnet_ids = vec![0],
            "follow each other in a circle",
        ),
        (
            |m| m.nets[0].stages[0].subnets[0].next_subnet_ids = vec![5],
            "followed by 5, which does not exist",
        ),
        (
            |m| m.nets[0].stages[0].inputs[0].shapes = vec![vec![1 << 40, 1 << 40]],
            "tensor `in` has 16 bytes, its shape [1099511627776, 1099511627776] needs too many bytes to count",
        ),
        (
            |m| {
                m.nets[0].stages[0].subnets[0].mode = SubNetMode::Cpu;
                m.nets[0].stages[0].subnets[0].cpu_params = vec![CpuParam {
                    op_type: 3,
                    ..CpuParam::default()
                }];
            },
            "sub-net 0 of net `adder` is a host layer, kind 3; of these only gathers along an axis and by index tuples run",
        ),
    ];
    for (with, expected) in rows {
        let message = change(with);
        assert!(
            message.contains(expected),
            "{message}\nshould contain\n{expected}"
        );
    }
}

#[test]
fn wrong_inputs_are_named() {
    let mut session = Session::new(model(0), adder()).unwrap();
    let message = session
        .run(&[HostTensor::from_f32("x", &[4], &[0.0; 4])])
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "input `in` is missing; the net needs `in`, given were `x`"
    );
    let message = session.run(&[]).unwrap_err().to_string();
    assert_eq!(
        message,
        "input `in` is missing; the net needs `in`, given were none"
    );
    let message = session
        .run(&[HostTensor {
            shape: vec![1, 5],
            ..input(&[0.0; 4])
        }])
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "this bmodel is not consistent: tensor `in` has 16 bytes, its shape is [1, 5]"
    );
    let options = RunOptions {
        dump_tensors: true,
        ..RunOptions::default()
    };
    let message = session
        .run_with(&[input(&[0.0; 4])], options, None)
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with("deploy the model with --debug to have them"),
        "{message}"
    );
    let message = session.select_net("b").unwrap_err().to_string();
    assert_eq!(message, "no net `b`; the bmodel has `adder`");
    let message = Session::new(model(255), adder())
        .unwrap()
        .run(&[input(&[0.0; 4])])
        .unwrap_err()
        .to_string();
    assert_eq!(message, "sub-net 0, command group 0: tiu command 0: unknown");
}

#[test]
fn memory_that_the_chip_cannot_have_is_refused() {
    let mut model = model(1);
    model.nets[0].stages[0].ctx_size = 17 << 30;
    assert_eq!(ddr_bytes(&model), 16 << 30);
    let error = Session::new(model, adder()).err().unwrap().to_string();
    let expected = "net `adder` places inner memory (18253611008 bytes) at 0x100000100; the chip's DDR is \
        0x100000000..0x500000000";
    assert!(error.contains(expected), "{error}");
}
