//! `tpu.GenericCpu`: layers that the chip leaves to the host.

use super::codegen::Codegen;
use super::error::{Result, malformed, unsupported};
use super::parts::HostLayer;
use super::tensor::Element;
use tpuc_dialects::ir::{AttrKind, Op};
use tpuc_runtime::bmodel::cpu_layer;

/// A layer between two sub-nets of commands.
///
/// # Errors
/// For layers that the runtime does not have.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let name = cg.ctx().get_str(op, "cpu_op_name").unwrap_or_default().to_owned();
    let (op_type, param) = match name.as_str() {
        "gatherelements_pt" => {
            let data = cg.operand(op, 0)?;
            let axis = param_of(cg, op, "axis", 0)?;
            let rank = data.shape.len() as i32;
            (
                cpu_layer::GATHER_ELEMENTS,
                vec![if axis < 0 { axis + rank } else { axis }],
            )
        }
        // The indices are integers, and how many dimensions are common.
        "gathernd_tf" => (cpu_layer::GATHER_ND, vec![1, param_of(cg, op, "batch_dims", 0)?]),
        other => {
            return unsupported(format!(
                "the host layer '{other}', which the runtime does not have; replace the operation in the network"
            ));
        }
    };
    let [data, indices] = [cg.operand(op, 0)?, cg.operand(op, 1)?];
    let output = cg.result(op)?;
    if indices.element.bytes() != 4 || indices.element == Element::F32 || data.element != output.element {
        return unsupported("a gather by indices that are no 32-bit integers; insert a cast");
    }
    cg.host_layer(
        op,
        HostLayer {
            op_type,
            param: param.into_iter().flat_map(i32::to_le_bytes).collect(),
        },
    );
    Ok(())
}

/// An integer of the dictionary `param`.
fn param_of(cg: &Codegen<'_>, op: Op, name: &str, default: i64) -> Result<i32> {
    let ctx = cg.ctx();
    let mut value = default;
    if let Some(AttrKind::Dictionary(entries)) = ctx.get_attr(op, "param").map(|attr| ctx.attr_kind(attr)) {
        let found = entries.iter().find(|(key, _)| ctx.text(*key) == name);
        value = found
            .and_then(|(_, attr)| ctx.attr_as_i64(*attr))
            .unwrap_or(default);
    }
    i32::try_from(value).or_else(|_| malformed(format!("{name} {value}")))
}
