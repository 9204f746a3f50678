//! Builds the model of the usual case: one net, one stage, static sub-nets one behind the other.

use super::{
    Blob, Bmodel, CmdGroup, Coeff, CpuParam, KernelModule, Location, Net, Stage, StageIr, SubNet, SubNetMode,
    Tensor, chip_bm1684, hidden,
};

/// A sub-net: commands, or a layer of the host.
#[derive(Clone, Debug, Default)]
pub struct SubNetPart {
    /// Tensors read.
    pub inputs: Vec<Tensor>,
    /// Tensors written.
    pub outputs: Vec<Tensor>,
    /// Commands of the TPU.
    pub cmd_groups: Vec<CmdGroup>,
    /// Layer of the host; it has no commands.
    pub host: Option<CpuParam>,
}

/// What a compiler knows about a net that runs as static sub-nets, one behind the other.
#[derive(Clone, Debug, Default)]
pub struct StaticNet {
    /// Name of the net.
    pub name: String,
    /// Inputs, in order; `hidden` and `index` are set by [`single_net`], here and in the sub-nets.
    pub inputs: Vec<Tensor>,
    /// Outputs, in order; `hidden` and `index` are set by [`single_net`].
    pub outputs: Vec<Tensor>,
    /// DDR address of the weights.
    pub coeff_addr: u64,
    /// The weights; a net without weights has none.
    pub coeff: Blob,
    /// What lies where in the weights.
    pub locations: Vec<Location>,
    /// DDR address of the tensors' memory.
    pub ctx_addr: u64,
    /// Bytes of the tensors' memory.
    pub ctx_size: u64,
    /// Address mode: what inputs and outputs share memory with.
    pub addr_mode: i32,
    /// Address and bytes of the memory of inputs and outputs, where they have one of their own.
    pub io: (u64, u64),
    /// What is executed, in order.
    pub subnets: Vec<SubNetPart>,
    /// Tensor locations, JSON.
    pub tensor_loc: Option<Vec<u8>>,
}

/// A bmodel of one net. `version` is the compiler's version, `time` the time of creation as C's `ctime` prints it.
/// Fields that the BM1684 runtime expects and the compiler has no say in are filled in as TPU-MLIR does.
pub fn single_net(net: StaticNet, version: &str, time: &str) -> Bmodel {
    let visible = |tensors: Vec<Tensor>, hidden: i32| -> Vec<Tensor> {
        let indexed = tensors.into_iter().enumerate();
        indexed
            .map(|(idx, tensor)| Tensor {
                hidden,
                index: idx as i32,
                ..tensor
            })
            .collect()
    };
    let inputs = visible(net.inputs, hidden::INPUT);
    let outputs = visible(net.outputs, hidden::OUTPUT);
    let coeff_size = net.coeff.len() as u64;
    let coeff = (coeff_size > 0).then(|| Coeff {
        address: net.coeff_addr,
        sha256: Blob::sha256_of(&net.coeff),
        data: net.coeff,
        locations: net.locations,
        ..Coeff::default()
    });
    let count = net.subnets.len();
    // A network's tensor keeps its place among the network's, whatever sub-net it is in.
    let placed = |tensors: Vec<Tensor>| -> Vec<Tensor> {
        let place = |tensor: Tensor| {
            let known = inputs
                .iter()
                .chain(&outputs)
                .find(|known| known.name == tensor.name && known.device_addr == tensor.device_addr);
            match known {
                Some(known) => Tensor {
                    hidden: known.hidden,
                    index: known.index,
                    ..tensor
                },
                None => tensor,
            }
        };
        tensors.into_iter().map(place).collect()
    };
    let mut cmd_groups = Vec::new();
    let mut subnets = Vec::new();
    for (number, part) in net.subnets.into_iter().enumerate() {
        cmd_groups.extend(part.cmd_groups.iter().cloned());
        let next = if number + 1 < count { number as i32 + 1 } else { -1 };
        subnets.push(SubNet {
            mode: if part.host.is_some() {
                SubNetMode::Cpu
            } else {
                SubNetMode::Tpu
            },
            run_core: u32::from(part.host.is_none()),
            cmd_groups: part.cmd_groups,
            cpu_params: part.host.into_iter().collect(),
            inputs: placed(part.inputs),
            outputs: placed(part.outputs),
            id: number as i32,
            next_subnet_ids: vec![next],
            ..SubNet::default()
        });
    }
    let stage = Stage {
        inputs,
        outputs,
        ctx_addr: net.ctx_addr,
        ctx_size: net.ctx_size,
        io_addr: net.io.0,
        io_size: net.io.1,
        coeff,
        cmd_groups,
        stage_ir: vec![StageIr::default()],
        ir: Some(Blob::default()),
        subnets,
        ctx_sizes: vec![net.ctx_size],
        core_num: 1,
        tensor_loc: net.tensor_loc.map(Blob::from),
        dynamic_ctx_addr: net.ctx_addr,
        dynamic_coeff_offset: coeff_size,
        dynamic_combined_coeff_offset: coeff_size,
        ..Stage::default()
    };
    Bmodel {
        kind: "B".to_owned(),
        version: format!("2.2+{version}"),
        time: time.to_owned(),
        chip: chip_bm1684(),
        nets: vec![Net {
            name: net.name,
            addr_mode: net.addr_mode,
            stages: vec![stage],
            ..Net::default()
        }],
        neuron_size: net.ctx_size,
        kernel_module: Some(KernelModule::default()),
        device_num: 1,
        cpuop_module: Some(KernelModule::default()),
        lib_backend: Some(Blob::default()),
        ..Bmodel::default()
    }
}
