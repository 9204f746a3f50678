//! The commands of a bmodel as text, as JSON and as raw files.

use super::{Bmodel, CmdGroup, SubNetMode, Tensor};
use crate::isa::{
    DmaCommand, DmaField, TiuCommand, TiuField,
    disassembly::{dma_commands, dma_line, dma_mnemonic, tiu_commands, tiu_line, tiu_mnemonic},
};
use serde_json::{Map, Value, json};

/// A command of either engine.
#[derive(Clone)]
pub enum Command {
    /// Of the compute lanes.
    Tiu(TiuCommand),
    /// Of the mover.
    Dma(DmaCommand),
}

impl Command {
    /// One line of text.
    pub fn line(&self) -> String {
        match self {
            Self::Tiu(command) => tiu_line(command),
            Self::Dma(command) => dma_line(command),
        }
    }
}

/// A group's commands in an order that respects what each waits for: DMA by own id, TIU by the DMA id it waits for,
/// DMA first.
pub fn execution_order(group: &CmdGroup) -> Vec<Command> {
    let dma = dma_commands(&group.dma).map(|command| (command.cmd_id(), 0, Command::Dma(command)));
    let tiu = tiu_commands(&group.tiu).map(|command| (command.cmd_id_gdma(), 1, Command::Tiu(command)));
    let mut commands: Vec<_> = dma.chain(tiu).collect();
    commands.sort_by_key(|(id, engine, _)| (*id, *engine));
    commands.into_iter().map(|(_, _, command)| command).collect()
}

/// A command group and where it is.
struct Place<'a> {
    net: usize,
    stage: usize,
    subnet: i32,
    group: usize,
    commands: &'a CmdGroup,
}

fn places(model: &Bmodel) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for (net, content) in model.nets.iter().enumerate() {
        for (stage, content) in content.stages.iter().enumerate() {
            for content in &content.subnets {
                let subnet = content.id;
                let groups = content.cmd_groups.iter().enumerate();
                places.extend(groups.map(|(group, commands)| Place {
                    net,
                    stage,
                    subnet,
                    group,
                    commands,
                }));
            }
        }
    }
    places
}

fn one_stage(model: &Bmodel) -> bool {
    model.nets.len() <= 1 && model.nets.iter().all(|net| net.stages.len() <= 1)
}

/// The whole model as text: nets, stages and sub-nets with their tensors, one line per command in execution order.
pub fn text(model: &Bmodel) -> String {
    let mut lines = vec![format!("bmodel {} {}.{}", model.chip, model.kind, model.version)];
    for net in &model.nets {
        for (idx, stage) in net.stages.iter().enumerate() {
            lines.push(format!(
                "net \"{}\" stage {idx} addr_mode {}",
                net.name, net.addr_mode
            ));
            if let Some(coeff) = &stage.coeff {
                lines.push(format!(
                    "  weights {:#x} {} bytes",
                    coeff.address,
                    coeff.data.len()
                ));
            }
            lines.push(format!(
                "  tensors {:#x} {} bytes",
                stage.ctx_addr, stage.ctx_size
            ));
            for subnet in &stage.subnets {
                let kind = match subnet.mode {
                    SubNetMode::Tpu if subnet.is_dynamic => "tpu, dynamic (no commands)".to_owned(),
                    SubNetMode::Tpu => "tpu".to_owned(),
                    SubNetMode::Cpu => {
                        let layers: Vec<String> =
                            subnet.cpu_params.iter().map(|l| l.op_type.to_string()).collect();
                        format!("host, layer kind {}", layers.join(", "))
                    }
                    SubNetMode::Other(code) => format!("control, mode {code}"),
                };
                lines.push(format!(
                    "  subnet {} {kind} -> {:?}",
                    subnet.id, subnet.next_subnet_ids
                ));
                lines.extend(subnet.inputs.iter().map(|tensor| tensor_line("in ", tensor)));
                lines.extend(subnet.outputs.iter().map(|tensor| tensor_line("out", tensor)));
                for (idx, group) in subnet.cmd_groups.iter().enumerate() {
                    lines.push(format!(
                        "    group {idx}: {} tiu, {} gdma",
                        group.tiu_num, group.dma_num
                    ));
                    lines.extend(
                        execution_order(group)
                            .iter()
                            .map(|command| format!("      {}", command.line())),
                    );
                }
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn tensor_line(role: &str, tensor: &Tensor) -> String {
    let dims: Vec<String> = tensor.shape().iter().map(u64::to_string).collect();
    format!(
        "    {role} {:#x} {} {}x{} ({}N, {} bytes)",
        tensor.device_addr,
        tensor.name,
        dims.join("x"),
        tensor.dtype.name(),
        tensor.store_mode.batches(),
        tensor.size
    )
}

/// Every field of every command, as `bmodel_dis.py --format reg` prints them: an object whose keys are
/// `core(0).subnet(S).group(G)` (with `net(N).stage(K).` in front when there are several) and whose values list the
/// commands of each engine.
pub fn registers_json(model: &Bmodel) -> Value {
    let single = one_stage(model);
    let mut groups = Map::new();
    for place in places(model) {
        let mut key = format!("core(0).subnet({}).group({})", place.subnet, place.group);
        if !single {
            key = format!("net({}).stage({}).{key}", place.net, place.stage);
        }
        let entry = |name: String, fields: Map<String, Value>, engine: &str, id: u64| {
            let extra = json!({"cmd_id": id, "cmd_type": engine, "core_id": 0, "subnet_id": place.subnet});
            json!({"name": name, "cmd": fields, "extra": extra})
        };
        let tiu: Vec<Value> = tiu_commands(&place.commands.tiu)
            .map(|command| {
                let field = |field: &TiuField| (field.name().to_owned(), json!(command.get(*field)));
                let fields = TiuField::ALL.iter().map(field).collect();
                entry(tiu_mnemonic(&command), fields, "tiu", command.cmd_id_tpu())
            })
            .collect();
        let dma: Vec<Value> = dma_commands(&place.commands.dma)
            .map(|command| {
                let field = |field: &DmaField| (field.name().to_owned(), json!(command.get(*field)));
                let fields = DmaField::ALL.iter().map(field).collect();
                entry(dma_mnemonic(&command), fields, "dma", command.cmd_id())
            })
            .collect();
        groups.insert(key, json!({"tiu": tiu, "dma": dma}));
    }
    Value::Object(groups)
}

/// The command streams as files: name (from `stem`, as `bmodel_dis.py --format bin` names them) and content.
/// Net, stage and group are part of the name where there are several.
pub fn binaries<'a>(model: &'a Bmodel, stem: &str) -> Vec<(String, &'a [u8])> {
    let single = one_stage(model);
    let mut files = Vec::new();
    for place in places(model) {
        let mut name = stem.to_owned();
        if !single {
            name += &format!("_net{}_stage{}", place.net, place.stage);
        }
        name += &format!("_subnet{}", place.subnet);
        if place.group > 0 {
            name += &format!("_group{}", place.group);
        }
        files.push((format!("{name}.tiu.0"), &place.commands.tiu[..]));
        files.push((format!("{name}.gdma.0"), &place.commands.dma[..]));
    }
    files
}
