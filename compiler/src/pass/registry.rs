//! The pass table: one row for each pass, in the order of `--help`.

use super::{Pass, canonicalize, strip_debuginfo};
use crate::codegen::bm1684::{compatibility, group, passes, strip_io_quant};
use crate::lowering::{
    convert_top_to_tpu, import_calibration_table, processor_assign, processor_top_optimize,
};
use crate::top;
use crate::tpu::{dev_parallel, op_reorder, processor_tpu_optimize, subnet_divide, topo_sort, weight_fold};
use tpuc_dialects::ir::nearest;

/// All passes.
pub static PASSES: &[&Pass] = &[
    &compatibility::INIT,
    &compatibility::DEINIT,
    &canonicalize::PASS,
    &strip_debuginfo::PASS,
    &top::struct_optimize::PASS,
    &top::shape_infer::PASS,
    &top::add_postprocess::PASS,
    &top::extra_optimize::PASS,
    &processor_assign::PASS,
    &import_calibration_table::PASS,
    &processor_top_optimize::PASS,
    &convert_top_to_tpu::PASS,
    &weight_fold::PASS,
    &strip_io_quant::PASS,
    &processor_tpu_optimize::PASS,
    &dev_parallel::PASS,
    &passes::WEIGHT_REORDER,
    &subnet_divide::PASS,
    &op_reorder::PASS,
    &topo_sort::PASS,
    &group::pass::PASS,
    &compatibility::AFFINE_OPT,
    &compatibility::CORE_PARALLEL,
    &compatibility::AFTER_LAYER_GROUP,
    &passes::ADDRESS_ASSIGN,
    &passes::CODEGEN,
];

/// The pass of this flag.
///
/// # Errors
/// A message with the nearest flags.
pub fn find(table: &[&'static Pass], flag: &str) -> Result<&'static Pass, String> {
    if let Some(pass) = table.iter().find(|pass| pass.flag == flag) {
        return Ok(pass);
    }
    let near = nearest(flag, table.iter().map(|pass| pass.flag), 3);
    let hint = if near.is_empty() {
        "; --list-passes shows all".to_owned()
    } else {
        format!("; did you mean {}?", near.join(", "))
    };
    Err(format!("unknown pass '{flag}'{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::{OptionKind, Options, parse_options};

    #[test]
    fn rows_are_well_formed() {
        for (index, pass) in PASSES.iter().enumerate() {
            assert!(
                pass.flag
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{}",
                pass.flag
            );
            assert!(
                PASSES[..index].iter().all(|other| other.flag != pass.flag),
                "{} twice",
                pass.flag
            );
            assert!(
                !pass.summary.is_empty() && !pass.group.is_empty(),
                "{}",
                pass.flag
            );
            let defaults: Options = parse_options(pass, "").expect("defaults fit their kinds");
            for option in pass.options {
                assert!(!option.help.is_empty(), "{} {}", pass.flag, option.name);
                if option.kind == OptionKind::Int {
                    defaults.int(option.name);
                }
            }
        }
    }

    #[test]
    fn unknown_flags_name_the_nearest() {
        let error = find(PASSES, "strip-debug-info").err().unwrap();
        assert!(
            error.starts_with("unknown pass 'strip-debug-info'; did you mean strip-debuginfo"),
            "{error}"
        );
    }
}
