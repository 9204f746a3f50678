//! The steps of a stage, checked once so that running it needs no further checks of the model.

use super::{Error, tensor::device_bytes};
use crate::{
    bmodel::{Bmodel, CmdGroup, DataType, Net, Stage, SubNet, SubNetMode, Tensor, chip_bm1684, cpu_layer},
    host::{self, interpreter::Program},
    isa::memory_map::{DDR_BASE, MAX_DDR_BYTES},
};

/// One thing to execute.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Commands of a sub-net's groups, in order.
    Commands { subnet: i32, groups: Vec<CmdGroup> },
    /// A program for the chip's interpreter.
    Interpreter {
        subnet: i32,
        program: Program,
        inputs: Vec<Tensor>,
        outputs: Vec<Tensor>,
    },
    /// A gather on the host: code of the layer, axis or number of batch dimensions.
    Gather {
        subnet: i32,
        layer: i32,
        param: i32,
        data: Tensor,
        indices: Tensor,
        output: Tensor,
    },
}

/// Checks what concerns the whole file.
pub(super) fn check_model(model: &Bmodel) -> Result<(), Error> {
    let unsupported = |message: String| Err(Error::Unsupported(message));
    if model.chip != chip_bm1684() {
        return unsupported(format!(
            "it is for the chip {}, the emulator is a {}",
            model.chip,
            chip_bm1684()
        ));
    }
    if model.device_num > 1 {
        return unsupported(format!(
            "it needs {} chips, the emulator is one",
            model.device_num
        ));
    }
    if model.bmodel_type != 0 {
        return unsupported("its weights were combined with those of another model".to_owned());
    }
    if model.nets.is_empty() {
        return Err(Error::Inconsistent("it has no net".to_owned()));
    }
    Ok(())
}

/// DDR ranges that a stage uses: what for, first address, bytes.
pub(super) fn memory_ranges(stage: &Stage) -> impl Iterator<Item = (String, u64, u64)> + '_ {
    let coeff = stage.coeff.iter();
    let tensors = stage.inputs.iter().chain(&stage.outputs);
    coeff
        .map(|coeff| ("weights".to_owned(), coeff.address, coeff.data.len() as u64))
        .chain([("inner memory".to_owned(), stage.ctx_addr, stage.ctx_size)])
        .chain(tensors.map(|tensor| {
            (
                format!("tensor `{}`", tensor.name),
                tensor.device_addr,
                tensor.size,
            )
        }))
        .filter(|(_, _, bytes)| *bytes > 0)
}

/// Everything must lie in the DDR that a chip can have.
fn check_memory(net: &Net, stage: &Stage) -> Result<(), Error> {
    let limit = DDR_BASE + MAX_DDR_BYTES;
    for (what, address, bytes) in memory_ranges(stage) {
        let end = address.checked_add(bytes);
        if address < DDR_BASE || end.is_none_or(|end| end > limit) {
            return Err(Error::Unsupported(format!(
                "net `{}` places {what} ({bytes} bytes) at {address:#x}; the chip's DDR is {DDR_BASE:#x}..{limit:#x}",
                net.name
            )));
        }
    }
    Ok(())
}

/// Checks one stage and lists its steps.
pub(super) fn plan_stage(net: &Net, stage: &Stage) -> Result<Vec<Step>, Error> {
    let unsupported = |message: String| Err(Error::Unsupported(format!("net `{}` {message}", net.name)));
    // All of these have absolute addresses in their commands, and inputs are written before every run.
    if !matches!(net.addr_mode, 0 | 1 | 5) {
        return unsupported(format!(
            "uses address mode {}; the modes 0 (basic), 1 (io_alone) and 5 (in_reuse) are emulated",
            net.addr_mode
        ));
    }
    if net.cascade.is_some() {
        return unsupported("is a part of a model for several chips".to_owned());
    }
    if stage.coeff.as_ref().is_some_and(|coeff| coeff.encrypt_mode != 0) {
        return unsupported("has encrypted weights; decrypt the file first".to_owned());
    }
    for tensor in stage.inputs.iter().chain(&stage.outputs) {
        check_tensor(tensor)?;
    }
    check_memory(net, stage)?;
    let mut steps = Vec::new();
    let mut next = stage.subnets.first();
    while let Some(subnet) = next {
        if steps.len() >= stage.subnets.len() {
            return Err(Error::Inconsistent(format!(
                "the sub-nets of net `{}` follow each other in a circle",
                net.name
            )));
        }
        steps.push(step(net, stage, subnet)?);
        next = match subnet.next_subnet_ids[..] {
            [] | [-1] => None,
            [id] => Some(
                stage
                    .subnets
                    .iter()
                    .find(|subnet| subnet.id == id)
                    .ok_or_else(|| {
                        Error::Inconsistent(format!(
                            "sub-net {} is followed by {id}, which does not exist",
                            subnet.id
                        ))
                    })?,
            ),
            _ => {
                return unsupported(format!(
                    "branches after sub-net {}; only straight chains run",
                    subnet.id
                ));
            }
        };
    }
    if steps.is_empty() {
        return Err(Error::Inconsistent(format!("net `{}` has no sub-net", net.name)));
    }
    if steps.len() < stage.subnets.len() {
        return unsupported(format!(
            "has {} sub-nets, of which a straight chain covers {}",
            stage.subnets.len(),
            steps.len()
        ));
    }
    Ok(steps)
}

fn step(net: &Net, stage: &Stage, subnet: &SubNet) -> Result<Step, Error> {
    let id = subnet.id;
    let unsupported = |message: String| {
        Err(Error::Unsupported(format!(
            "sub-net {id} of net `{}` {message}",
            net.name
        )))
    };
    match subnet.mode {
        SubNetMode::Tpu if subnet.is_dynamic => {
            let start = subnet.ir_offset as usize;
            let bytes = stage
                .ir
                .as_ref()
                .and_then(|ir| ir.get(start..)?.get(..subnet.ir_len as usize));
            let Some(bytes) = bytes else {
                return Err(Error::Inconsistent(format!(
                    "the interpreter program of sub-net {id} lies outside the file's"
                )));
            };
            for tensor in subnet.inputs.iter().chain(&subnet.outputs) {
                check_tensor(tensor)?;
            }
            match Program::read(bytes, subnet.inputs.len(), subnet.outputs.len()) {
                Ok(program) => Ok(Step::Interpreter {
                    subnet: id,
                    program,
                    inputs: subnet.inputs.clone(),
                    outputs: subnet.outputs.clone(),
                }),
                Err(error) => unsupported(format!("is dynamic: {error}")),
            }
        }
        SubNetMode::Tpu => {
            if !subnet.core_commands.is_empty() {
                return unsupported("has commands for several cores".to_owned());
            }
            Ok(Step::Commands {
                subnet: id,
                groups: subnet.cmd_groups.clone(),
            })
        }
        SubNetMode::Cpu => {
            let [layer] = &subnet.cpu_params[..] else {
                return unsupported(format!(
                    "has {} host layers instead of one",
                    subnet.cpu_params.len()
                ));
            };
            if layer.is_custom || !matches!(layer.op_type, cpu_layer::GATHER_ELEMENTS | cpu_layer::GATHER_ND)
            {
                let name = host::layer_name(layer.op_type);
                return unsupported(format!(
                    "is a host layer, {name}; of these only gathers along an axis and by index tuples run"
                ));
            }
            let (Some(param), [data, indices], [output]) = (
                parameter(layer.op_type, &layer.param),
                &subnet.inputs[..],
                &subnet.outputs[..],
            ) else {
                return Err(Error::Inconsistent(format!(
                    "sub-net {id}: a gather has its parameters, 2 inputs, 1 output"
                )));
            };
            for tensor in [data, indices, output] {
                check_tensor(tensor)?;
            }
            if indices.dtype != DataType::I32 || data.dtype != output.dtype {
                let message = format!(
                    "gathers {} with {} indices into {}; indices must be int32, the others equal",
                    data.dtype.name(),
                    indices.dtype.name(),
                    output.dtype.name()
                );
                return unsupported(message);
            }
            Ok(Step::Gather {
                subnet: id,
                layer: layer.op_type,
                param,
                data: data.clone(),
                indices: indices.clone(),
                output: output.clone(),
            })
        }
        SubNetMode::Other(code) => unsupported(format!("is of mode {code}; only TPU and host sub-nets run")),
    }
}

/// The number that a gather's parameters hold: its axis, or its batch dimensions behind the indices' kind.
fn parameter(op_type: i32, bytes: &[u8]) -> Option<i32> {
    let bytes = match op_type {
        cpu_layer::GATHER_ND => bytes.split_first_chunk::<4>()?.1,
        _ => bytes,
    };
    bytes.try_into().ok().map(i32::from_le_bytes)
}

/// A tensor's size must be that of its shape, so that nothing larger than the device's memory is ever allocated.
fn check_tensor(tensor: &Tensor) -> Result<(), Error> {
    let name = &tensor.name;
    if tensor.shapes.len() != 1 {
        let message = format!(
            "tensor `{name}` has {} shapes, a static one has one",
            tensor.shapes.len()
        );
        return Err(Error::Unsupported(message));
    }
    if tensor.pad_h != 0 {
        return Err(Error::Unsupported(format!(
            "tensor `{name}` is stored with padding (pad_h {:#x})",
            tensor.pad_h
        )));
    }
    let bytes = device_bytes(tensor).map(|bytes| bytes as u64);
    if bytes != Some(tensor.size) {
        let needed = bytes.map_or_else(
            || "too many bytes to count".to_owned(),
            |bytes| format!("{bytes} bytes"),
        );
        let message = format!(
            "tensor `{name}` has {} bytes, its shape {:?} needs {needed}",
            tensor.size,
            tensor.shape()
        );
        return Err(Error::Inconsistent(message));
    }
    Ok(())
}
