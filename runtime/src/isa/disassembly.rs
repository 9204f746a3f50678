//! Commands as text: one line, or one JSON object, per command.
//!
//! A line names engine, own id, the id it waits for, operation and precisions or formats; then every other field
//! that differs from its default, as `name=value` (addresses and constants in hexadecimal).

use std::fmt::{self, Write as _};

use super::{
    COMMAND_BYTES, Direction, DmaCommand, DmaField, DmaFormat, Engine, Precision, TiuCommand, TiuField,
};

/// Fields that the head of a TIU line already tells.
const TIU_HEAD: [TiuField; 7] = [
    TiuField::CmdIdTpu,
    TiuField::CmdIdGdma,
    TiuField::TskTyp,
    TiuField::TskEuTyp,
    TiuField::OptRes0Prec,
    TiuField::OptOpd0Prec,
    TiuField::OptOpd1Prec,
];

/// Fields that the head of a GDMA line already tells.
const DMA_HEAD: [DmaField; 6] = [
    DmaField::CmdId,
    DmaField::Eng0SyncId,
    DmaField::SpecialFunc,
    DmaField::Direction,
    DmaField::SrcDataFormat,
    DmaField::DstDataFormat,
];

fn precision_name(code: u64) -> String {
    Precision::from_code(code).map_or_else(|| format!("prec{code}"), |precision| precision.name().to_owned())
}

fn format_name(code: u64) -> String {
    DmaFormat::from_code(code).map_or_else(|| format!("fmt{code}"), |format| format.name().to_owned())
}

fn push_field(line: &mut String, name: &str, value: u64) {
    let hexadecimal = name.contains("addr")
        || name.contains("mask")
        || name.contains("lane_num")
        || name == "constant_value";
    let result = if hexadecimal {
        write!(line, " {name}={value:#x}")
    } else {
        write!(line, " {name}={value}")
    };
    debug_assert!(result.is_ok(), "writing to a String cannot fail");
}

/// Name of a TIU command's operation, or `task<t>.<e>` for unknown codes.
#[must_use]
pub fn tiu_mnemonic(command: &TiuCommand) -> String {
    command.op().map_or_else(
        || format!("task{}.{}", command.tsk_typ(), command.tsk_eu_typ()),
        |op| op.mnemonic().to_owned(),
    )
}

/// Name of a GDMA command's function, or `func<n>` for unknown codes.
#[must_use]
pub fn dma_mnemonic(command: &DmaCommand) -> String {
    command.function().map_or_else(
        || format!("func{}", command.special_func()),
        |function| function.mnemonic().to_owned(),
    )
}

/// One line for a TIU command.
#[must_use]
pub fn tiu_line(command: &TiuCommand) -> String {
    let mut line = format!(
        "tiu  {:5} after gdma {:5}  {} {}x{}->{}",
        command.cmd_id_tpu(),
        command.cmd_id_gdma(),
        tiu_mnemonic(command),
        precision_name(command.opt_opd0_prec()),
        precision_name(command.opt_opd1_prec()),
        precision_name(command.opt_res0_prec()),
    );
    for (field, value) in command
        .non_default_fields()
        .filter(|(field, _)| !TIU_HEAD.contains(field))
    {
        push_field(&mut line, field.name(), value);
    }
    line
}

/// One line for a GDMA command.
#[must_use]
pub fn dma_line(command: &DmaCommand) -> String {
    let direction = match command.memory_direction() {
        Direction::DdrToLocal => "ddr->local",
        Direction::LocalToDdr => "local->ddr",
        Direction::DdrToDdr => "ddr->ddr",
        Direction::LocalToLocal => "local->local",
    };
    let mut line = format!(
        "gdma {:5} after tiu  {:5}  {} {direction} {}->{}",
        command.cmd_id(),
        command.eng0_sync_id(),
        dma_mnemonic(command),
        format_name(command.src_data_format()),
        format_name(command.dst_data_format()),
    );
    for (field, value) in command
        .non_default_fields()
        .filter(|(field, _)| !DMA_HEAD.contains(field))
    {
        push_field(&mut line, field.name(), value);
    }
    line
}

/// Splits an encoded stream into commands; a rest shorter than a command is left out.
pub fn tiu_commands(stream: &[u8]) -> impl ExactSizeIterator<Item = TiuCommand> + '_ {
    stream
        .as_chunks::<COMMAND_BYTES>()
        .0
        .iter()
        .map(TiuCommand::from_bytes)
}

/// Splits an encoded stream into commands; a rest shorter than a command is left out.
pub fn dma_commands(stream: &[u8]) -> impl ExactSizeIterator<Item = DmaCommand> + '_ {
    stream
        .as_chunks::<COMMAND_BYTES>()
        .0
        .iter()
        .map(DmaCommand::from_bytes)
}

fn json_object(engine: Engine, op: &str, fields: impl Iterator<Item = (&'static str, u64)>) -> String {
    let mut text = format!("{{\"engine\":\"{engine}\",\"op\":\"{op}\",\"fields\":{{");
    for (index, (name, value)) in fields.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let result = write!(text, "{comma}\"{name}\":{value}");
        debug_assert!(result.is_ok(), "writing to a String cannot fail");
    }
    text.push_str("}}");
    text
}

/// A TIU command as one JSON object: engine, operation, and every field with a value other than 0.
#[must_use]
pub fn tiu_json(command: &TiuCommand) -> String {
    let fields = TiuField::ALL
        .iter()
        .map(|field| (field.name(), command.get(*field)))
        .filter(|(_, value)| *value != 0);
    json_object(Engine::Tiu, &tiu_mnemonic(command), fields)
}

/// A GDMA command as one JSON object: engine, function, and every field with a value other than 0.
#[must_use]
pub fn dma_json(command: &DmaCommand) -> String {
    let fields = DmaField::ALL
        .iter()
        .map(|field| (field.name(), command.get(*field)))
        .filter(|(_, value)| *value != 0);
    json_object(Engine::Dma, &dma_mnemonic(command), fields)
}

impl fmt::Debug for TiuCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tiu_line(self))
    }
}

impl fmt::Debug for DmaCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&dma_line(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::TiuOp;

    #[test]
    fn a_line_tells_operation_and_what_differs_from_the_default() {
        let mut command = TiuCommand::new();
        command.set_op(TiuOp::Add);
        command
            .set(TiuField::CmdIdTpu, 3)
            .unwrap()
            .set(TiuField::Res0C, 70)
            .unwrap();
        command.set(TiuField::Res0Addr, 0x0800_0080).unwrap();
        assert_eq!(
            tiu_line(&command),
            "tiu      3 after gdma     0  add i8xi8->i8 res0_c=70 res0_addr=0x8000080"
        );
        assert!(
            tiu_json(&command).starts_with("{\"engine\":\"tiu\",\"op\":\"add\",\"fields\":{\"cmd_en\":1,")
        );
    }

    #[test]
    fn unknown_codes_are_shown_as_numbers() {
        let mut command = DmaCommand::new();
        command
            .set(DmaField::SpecialFunc, 7)
            .unwrap()
            .set(DmaField::SrcDataFormat, 5)
            .unwrap();
        assert_eq!(
            dma_line(&command),
            "gdma     0 after tiu      0  func7 ddr->local fmt5->f32"
        );
    }
}
