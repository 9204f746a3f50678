//! What a bmodel contains, as text in the layout of `model_tool --info` and as JSON.

use super::{Bmodel, COMMAND_BYTES, Header, Net, Stage, SubNetMode, Tensor, hidden};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Bytes that `model_tool` adds to its estimate of the host's memory use, whatever the model.
const HOST_MEMORY_BASE: u64 = 729_088;

/// Memory a bmodel needs, bytes, counted as `model_tool` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemorySizes {
    /// Weights on the device; equal weights (by check code) within a net count once.
    pub weight: u64,
    /// Commands and interpreter programs.
    pub instruct: u64,
    /// Tensors, and room for the largest input or output, not packed.
    pub runtime: u64,
    /// Constants of host layers.
    pub host_weight: u64,
    /// Tensors of host layers.
    pub host_runtime: u64,
    /// Largest piece the host handles when weights and commands are loaded, on the chip itself.
    pub soc_peak: u64,
    /// The same for a card.
    pub pcie_peak: u64,
}

impl MemorySizes {
    /// All device memory.
    pub fn device(&self) -> u64 {
        self.weight
            .saturating_add(self.instruct)
            .saturating_add(self.runtime)
    }
}

/// Memory that a model needs.
pub fn memory_sizes(model: &Bmodel) -> MemorySizes {
    let mut sizes = MemorySizes::default();
    let mut largest_buffer = 0;
    let mut shared_neurons = 0;
    let mut own_neurons = 0u64;
    let mut largest_commands = 0;
    for net in &model.nets {
        let mut device_codes = BTreeSet::new();
        let mut host_codes = BTreeSet::new();
        let neurons = net.stages.iter().map(|stage| stage.ctx_size).max().unwrap_or(0);
        if net.stages.iter().any(|stage| stage.subnets.len() > 1) {
            own_neurons = own_neurons.saturating_add(neurons);
        } else {
            shared_neurons = neurons.max(shared_neurons);
        }
        for stage in &net.stages {
            if let Some(coeff) = &stage.coeff
                && device_codes.insert(&*coeff.sha256)
            {
                sizes.weight += coeff.data.len() as u64;
            }
            for subnet in &stage.subnets {
                if subnet.mode == SubNetMode::Tpu && subnet.is_dynamic {
                    // The length is in bytes; model_tool takes it for 4-byte words.
                    sizes.instruct += 4 * u64::from(subnet.ir_len);
                } else if subnet.mode == SubNetMode::Tpu {
                    for group in &subnet.cmd_groups {
                        let commands = u64::from(group.tiu_num) + u64::from(group.dma_num);
                        sizes.instruct += commands * COMMAND_BYTES as u64;
                        largest_commands = largest_commands.max(group.tiu.len().max(group.dma.len()) as u64);
                    }
                }
                for constant in subnet.cpu_params.iter().flat_map(|layer| &layer.consts) {
                    if host_codes.insert(&*constant.sha256) {
                        sizes.host_weight += constant.data.len() as u64;
                    }
                }
            }
            sizes.host_runtime += 4 * u64::from(stage.cpu_mem_size);
            for tensor in stage.inputs.iter().chain(&stage.outputs) {
                let elements = tensor.element_count().unwrap_or(u64::MAX);
                let bytes = elements.saturating_mul(tensor.dtype.bytes() as u64);
                largest_buffer = bytes.max(largest_buffer);
            }
        }
    }
    sizes.runtime = own_neurons
        .saturating_add(shared_neurons)
        .saturating_add(largest_buffer);
    sizes.soc_peak = HOST_MEMORY_BASE + largest_commands;
    sizes.pcie_peak = HOST_MEMORY_BASE + largest_commands.max(sizes.weight);
    sizes
}

/// A description of the model in the layout of `model_tool --info`.
pub fn info_text(model: &Bmodel, header: &Header) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_info(&mut text, model, header);
    text
}

fn write_info(out: &mut String, model: &Bmodel, header: &Header) -> std::fmt::Result {
    writeln!(out, "bmodel version: {}.{}", model.kind, model.version)?;
    write!(out, "chip: {}", model.chip)?;
    if model.device_num > 1 {
        write!(out, ",  device num: {}", model.device_num)?;
    }
    writeln!(out, "\ncreate time: {}", model.time)?;
    match &model.kernel_module {
        Some(module) => {
            writeln!(out, "kernel_module name: {}", module.file_name)?;
            writeln!(out, "kernel_module size: {}", module.data.len())?;
            writeln!(
                out,
                "kernel mode: {}",
                if module.mode == 1 { "rvti" } else { "normal" }
            )?;
        }
        None => writeln!(out, "kernel_module: not found!")?,
    }
    let mut cascades: BTreeMap<&str, Vec<&Net>> = BTreeMap::new();
    for (idx, net) in model.nets.iter().enumerate() {
        match &net.cascade {
            Some(cascade) if !cascade.main_name.is_empty() => {
                cascades.entry(&cascade.main_name).or_default().push(net);
            }
            _ => write_net(out, idx, net)?,
        }
    }
    for (name, nets) in &cascades {
        write_cascade(out, name, nets)?;
    }
    let sizes = memory_sizes(model);
    writeln!(
        out,
        "\ndevice mem size: {} (weight: {}, instruct: {}, runtime: {})",
        sizes.device(),
        sizes.weight,
        sizes.instruct,
        sizes.runtime
    )?;
    writeln!(
        out,
        "host mem size: {} (weight: {}, runtime: {})",
        sizes.host_weight + sizes.host_runtime,
        sizes.host_weight,
        sizes.host_runtime
    )?;
    writeln!(out, "estimated SoC CPU peak: {}", sizes.soc_peak)?;
    writeln!(out, "estimated PCIE CPU peak: {}", sizes.pcie_peak)?;
    let aligned = if header.is_page_aligned() { "is" } else { "is not" };
    writeln!(out, "bmodel {aligned} 4k aligned")
}

fn write_net(out: &mut String, idx: usize, net: &Net) -> std::fmt::Result {
    let Some(first) = net.stages.first() else {
        return Ok(());
    };
    writeln!(out, "==========================================")?;
    writeln!(
        out,
        "net {idx}: [{}]  {}",
        net.name,
        if first.is_dynamic { "dynamic" } else { "static" }
    )?;
    if net.addr_mode != 0 {
        writeln!(out, "addr mode: {}", net.addr_mode)?;
    }
    for (idx, stage) in net.stages.iter().enumerate() {
        writeln!(
            out,
            "------------\nstage {idx}, core num: {}",
            stage.core_num.max(1)
        )?;
        if stage.subnets.len() > 1 {
            writeln!(out, "subnet number: {}", stage.subnets.len())?;
        }
        for tensor in &stage.inputs {
            write_tensor(out, "input", tensor, stage.n_dynamic || stage.h_w_dynamic)?;
        }
        for tensor in &stage.outputs {
            write_tensor(out, "output", tensor, false)?;
        }
    }
    Ok(())
}

fn write_cascade(out: &mut String, name: &str, nets: &[&Net]) -> std::fmt::Result {
    writeln!(
        out,
        "==========================================\nnet: [{name}]  cascade"
    )?;
    for (role, codes) in [("input", [hidden::INPUT, 3]), ("output", [hidden::OUTPUT, 4])] {
        let mut tensors: Vec<(u32, i32, &Tensor)> = nets
            .iter()
            .flat_map(|net| {
                let device = net.cascade.as_ref().map_or(0, |cascade| cascade.device_id);
                net.stages.iter().take(1).flat_map(move |stage| {
                    stage
                        .inputs
                        .iter()
                        .chain(&stage.outputs)
                        .map(move |tensor| (device, tensor.index, tensor))
                })
            })
            .filter(|(_, _, tensor)| codes.contains(&tensor.hidden))
            .collect();
        tensors.sort_by_key(|(device, index, _)| (*device, *index));
        for (_, _, tensor) in tensors {
            write_tensor(out, role, tensor, false)?;
        }
    }
    Ok(())
}

fn write_tensor(out: &mut String, role: &str, tensor: &Tensor, dynamic: bool) -> std::fmt::Result {
    let shape = if tensor.shape().is_empty() {
        "[ ]".to_owned()
    } else {
        let prefix = if dynamic { "max:" } else { "" };
        let dims: Vec<String> = tensor
            .shape()
            .iter()
            .map(|dim| format!("{prefix}{dim}"))
            .collect();
        format!("[{}]", dims.join(", "))
    };
    writeln!(
        out,
        "{role}: {}, {shape}, {}, scale: {}, zero_point: {}",
        tensor.name,
        tensor.dtype.name(),
        six_digits(tensor.scale),
        tensor.zero_point
    )
}

/// A number as C's `%g` prints it: six significant digits, no trailing zeros, an exponent when it is below -4 or
/// above 5.
fn six_digits(value: f32) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan".to_owned()
        } else if value > 0.0 {
            "inf".to_owned()
        } else {
            "-inf".to_owned()
        };
    }
    let scientific = format!("{:.5e}", f64::from(value));
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    if (-4..6).contains(&exponent) {
        return trim(&format!("{:.*}", (5 - exponent) as usize, f64::from(value)));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(mantissa), exponent.abs())
}

/// The same content as [`info_text`], and what lies in each stage, as JSON.
pub fn info_json(model: &Bmodel, header: &Header) -> Value {
    let sizes = memory_sizes(model);
    json!({
        "version": format!("{}.{}", model.kind, model.version),
        "chip": model.chip,
        "device_num": model.device_num,
        "create_time": model.time.trim_end(),
        "nets": model.nets.iter().map(net_json).collect::<Vec<_>>(),
        "memory": {
            "device": sizes.device(),
            "weight": sizes.weight,
            "instruct": sizes.instruct,
            "runtime": sizes.runtime,
            "host_weight": sizes.host_weight,
            "host_runtime": sizes.host_runtime,
        },
        "page_aligned": header.is_page_aligned(),
    })
}

fn net_json(net: &Net) -> Value {
    json!({
        "name": net.name,
        "addr_mode": net.addr_mode,
        "stages": net.stages.iter().map(stage_json).collect::<Vec<_>>(),
    })
}

fn stage_json(stage: &Stage) -> Value {
    let tensors = |list: &[Tensor]| list.iter().map(tensor_json).collect::<Vec<_>>();
    json!({
        "dynamic": stage.is_dynamic,
        "core_num": stage.core_num,
        "inputs": tensors(&stage.inputs),
        "outputs": tensors(&stage.outputs),
        "ctx_addr": stage.ctx_addr,
        "ctx_size": stage.ctx_size,
        "weights": stage.coeff.as_ref().map(|coeff| json!({
            "address": coeff.address,
            "size": coeff.data.len(),
            "sha256": coeff.sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "parts": coeff.locations.iter().map(|part| json!({
                "name": part.name, "offset": part.offset, "size": part.size,
            })).collect::<Vec<_>>(),
        })),
        "subnets": stage.subnets.iter().map(|subnet| json!({
            "id": subnet.id,
            "mode": match subnet.mode {
                SubNetMode::Tpu if subnet.is_dynamic => json!("tpu dynamic"),
                SubNetMode::Tpu => json!("tpu"),
                SubNetMode::Cpu => json!("cpu"),
                SubNetMode::Other(code) => json!(code),
            },
            "next": subnet.next_subnet_ids,
            "inputs": tensors(&subnet.inputs),
            "outputs": tensors(&subnet.outputs),
            "commands": subnet.cmd_groups.iter().map(|group| json!({
                "tiu": group.tiu_num, "dma": group.dma_num,
            })).collect::<Vec<_>>(),
            "host_layers": subnet.cpu_params.iter().map(|layer| layer.op_type).collect::<Vec<_>>(),
            "interpreter_bytes": subnet.ir_len,
        })).collect::<Vec<_>>(),
        "tensor_locations": stage.tensor_loc.is_some(),
    })
}

fn tensor_json(tensor: &Tensor) -> Value {
    json!({
        "name": tensor.name,
        "dtype": tensor.dtype.name(),
        "shape": tensor.shape(),
        "scale": tensor.scale,
        "zero_point": tensor.zero_point,
        "device_addr": tensor.device_addr,
        "size": tensor.size,
        "batches_per_word": tensor.store_mode.batches(),
    })
}

#[cfg(test)]
mod tests {
    use super::six_digits;

    #[test]
    fn numbers_are_printed_as_c_does() {
        let rows = [
            (1.0f32, "1"),
            (0.0, "0"),
            (23.750_23, "23.7502"),
            (0.042_105, "0.042105"),
            (0.038_862_73, "0.0388627"),
            (123_456.7, "123457"),
            (1_234_567.0, "1.23457e+06"),
            (0.000_012_3, "1.23e-05"),
            (-0.5, "-0.5"),
            (999_999.6, "1e+06"),
        ];
        for (value, text) in rows {
            assert_eq!(six_digits(value), text, "{value:e}");
        }
    }
}
