//! Sub-nets: the program's commands up to a layer of the host, that layer, the commands after it, ...
//!
//! A tensor is given to the sub-nets that read it, and to the one that made it if another one, or the network's user,
//! reads it. Operations that only rename memory belong to no sub-net: what they rename is handed on.

use super::alias::is_alias;
use super::codegen::{Codegen, data_type};
use super::error::Result;
use std::collections::HashMap;
use tpuc_dialects::ir::{Context, Op, Value};
use tpuc_runtime::bmodel::{self, CmdGroup, CpuParam, StoreMode, SubNetPart, hidden};

/// A layer of the host: the runtime's code of it, and its parameters as bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct HostLayer {
    /// Code.
    pub op_type: i32,
    /// Parameters.
    pub param: Vec<u8>,
}

/// What one sub-net executes.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Commands.
    Commands(Vec<CmdGroup>),
    /// A layer of the host.
    Host(HostLayer),
}

/// Sub-nets that are complete, and which of them each operation belongs to.
#[derive(Debug, Default)]
pub struct Parts {
    /// In the order of execution.
    pub done: Vec<Work>,
    /// Number of the sub-net that executes an operation.
    pub of_op: HashMap<Op, usize>,
}

/// Memory bits of a tensor: used by the chip, and by the host too.
const CHIP: u32 = 1;
const CHIP_AND_HOST: u32 = 3;

/// The value whose memory `value` is.
fn root(ctx: &Context, mut value: Value) -> Value {
    while let Some(op) = ctx.defining_op(value).filter(|op| is_alias(ctx, *op)) {
        value = ctx.operand(op, 0);
    }
    value
}

/// A tensor between sub-nets, dense.
fn inner(codegen: &Codegen<'_>, value: Value, mem_type: u32) -> Result<bmodel::Tensor> {
    let tensor = codegen.tensor(value)?;
    Ok(bmodel::Tensor {
        name: codegen.ctx().value_name(value).to_owned(),
        dtype: data_type(tensor.element),
        store_mode: StoreMode::N1,
        device_addr: tensor.address,
        size: (tensor.elements() * tensor.element.bytes()) as u64,
        shapes: vec![tensor.shape.iter().map(|size| *size as u64).collect()],
        mem_type,
        hidden: hidden::BETWEEN_SUBNETS,
        ..bmodel::Tensor::default()
    })
}

/// The sub-nets of a finished program; `inputs` and `outputs` are the network's, with their values.
///
/// # Errors
/// When a tensor has no address.
pub fn subnets(
    codegen: &Codegen<'_>,
    parts: Parts,
    ops: &[Op],
    inputs: &[(Value, bmodel::Tensor)],
    outputs: &[(Value, bmodel::Tensor)],
) -> Result<Vec<SubNetPart>> {
    let ctx = codegen.ctx();
    let mut subnets: Vec<SubNetPart> = Vec::new();
    for work in parts.done {
        let (cmd_groups, host) = match work {
            Work::Commands(groups) => (groups, None),
            Work::Host(layer) => {
                let param = CpuParam {
                    op_type: layer.op_type,
                    param: layer.param.into(),
                    ..CpuParam::default()
                };
                (Vec::new(), Some(param))
            }
        };
        subnets.push(SubNetPart {
            cmd_groups,
            host,
            ..SubNetPart::default()
        });
    }
    if let [only] = &mut subnets[..]
        && only.host.is_none()
    {
        only.inputs = inputs.iter().map(|(_, tensor)| tensor.clone()).collect();
        only.outputs = outputs.iter().map(|(_, tensor)| tensor.clone()).collect();
        return Ok(subnets);
    }
    let is_host: Vec<bool> = subnets.iter().map(|part| part.host.is_some()).collect();
    let last = subnets.len() - 1;
    // Which sub-nets read each memory, and as which tensor.
    let mut readers: Vec<(Value, Value, usize)> = Vec::new();
    for &op in ops {
        let Some(&part) = parts.of_op.get(&op) else {
            continue;
        };
        if ctx.is(op, "top.Input") {
            continue;
        }
        for &operand in ctx.operands(op) {
            if !ctx.is_none(operand) && !ctx.is(op, "func.return") {
                readers.push((operand, root(ctx, operand), part));
            }
        }
    }
    let maker = |value: Value| -> Option<usize> {
        let part = parts.of_op.get(&ctx.defining_op(value)?).copied();
        part.filter(|part| *part <= last)
    };
    let is_weight = |value: Value| ctx.defining_op(value).is_some_and(|op| ctx.is(op, "top.Weight"));
    let shared = |value: Value| {
        let by_host = maker(value).is_some_and(|part| is_host[part])
            || readers.iter().any(|(_, of, part)| *of == value && is_host[*part]);
        if by_host { CHIP_AND_HOST } else { CHIP }
    };
    let add = |list: &mut Vec<bmodel::Tensor>, tensor: bmodel::Tensor| {
        if list.iter().all(|known| known.name != tensor.name) {
            list.push(tensor);
        }
    };
    for &(operand, memory, part) in &readers {
        let network = inputs.iter().find(|(value, _)| *value == memory);
        let made_here = maker(memory) == Some(part);
        if made_here && network.is_none() || is_weight(memory) && !is_host[part] {
            continue;
        }
        // The host sees the shape that its layer is about; to the chip's commands shapes mean nothing.
        // What one layer of the host gives another keeps its name, where it keeps its shape.
        let handed_on =
            maker(memory).is_some_and(|from| is_host[from]) && ctx.shape(operand) == ctx.shape(memory);
        let seen = if is_host[part] && !handed_on {
            operand
        } else {
            memory
        };
        let tensor = match network {
            Some((_, tensor)) if !is_host[part] && made_here => tensor.clone(),
            Some((_, tensor)) if seen == memory => bmodel::Tensor {
                mem_type: shared(memory),
                ..tensor.clone()
            },
            _ => inner(codegen, seen, shared(memory))?,
        };
        add(&mut subnets[part].inputs, tensor.clone());
        if network.is_none()
            && !is_weight(memory)
            && let Some(from) = maker(memory)
        {
            add(&mut subnets[from].outputs, tensor);
        }
    }
    for (value, tensor) in outputs {
        let memory = root(ctx, *value);
        let from = maker(memory).unwrap_or(last);
        let mem_type = if is_host[from] { CHIP_AND_HOST } else { CHIP };
        add(
            &mut subnets[from].outputs,
            bmodel::Tensor {
                mem_type,
                ..tensor.clone()
            },
        );
    }
    Ok(subnets)
}
