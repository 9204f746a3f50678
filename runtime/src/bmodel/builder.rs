//! Builds the model of the usual case: one net, one stage, one static TPU sub-net.

use super::{
    Blob, Bmodel, CmdGroup, Coeff, KernelModule, Location, Net, Stage, StageIr, SubNet, SubNetMode, Tensor,
    chip_bm1684, hidden,
};
use sha2::{Digest, Sha256};

/// What a compiler knows about a net that runs as one static TPU sub-net.
#[derive(Clone, Debug, Default)]
pub struct StaticNet {
    /// Name of the net.
    pub name: String,
    /// Inputs, in order; `hidden` and `index` are set by [`single_net`].
    pub inputs: Vec<Tensor>,
    /// Outputs, in order; `hidden` and `index` are set by [`single_net`].
    pub outputs: Vec<Tensor>,
    /// DDR address of the weights.
    pub coeff_addr: u64,
    /// The weights; a net without weights has none.
    pub coeff: Vec<u8>,
    /// What lies where in the weights.
    pub locations: Vec<Location>,
    /// DDR address of the tensors' memory.
    pub ctx_addr: u64,
    /// Bytes of the tensors' memory.
    pub ctx_size: u64,
    /// Commands.
    pub cmd_groups: Vec<CmdGroup>,
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
        sha256: Sha256::digest(&net.coeff).to_vec(),
        data: net.coeff.into(),
        locations: net.locations,
        ..Coeff::default()
    });
    let subnet = SubNet {
        mode: SubNetMode::Tpu,
        cmd_groups: net.cmd_groups.clone(),
        inputs: inputs.clone(),
        outputs: outputs.clone(),
        id: 0,
        next_subnet_ids: vec![-1],
        run_core: 1,
        ..SubNet::default()
    };
    let stage = Stage {
        inputs,
        outputs,
        ctx_addr: net.ctx_addr,
        ctx_size: net.ctx_size,
        coeff,
        cmd_groups: net.cmd_groups,
        stage_ir: vec![StageIr::default()],
        ir: Some(Blob::default()),
        subnets: vec![subnet],
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
