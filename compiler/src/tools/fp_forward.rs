//! `tpuc fp-forward`: a quantisation table that keeps parts of a network in floating point, given by names: everything
//! before some operations, everything after some, or everything between pairs.

use crate::data::file::write_bytes_atomically;
use crate::program::Program;
use crate::quantization::qtable::{Precision, QuantizeHeader, QuantizeTable};
use crate::tools::output::print;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use rustc_hash::FxHashSet;
use std::path::PathBuf;
use tpuc_dialects::ir::{Context, Op, nearest};

/// Write a quantisation table that keeps parts of a network in floating point.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
pub struct FpForwardArgs {
    /// The program in the top dialect.
    pub mlir: PathBuf,
    /// These operations and all before them, separated by commas.
    #[arg(
        long = "fpfwd_inputs",
        alias = "fpfwd-inputs",
        value_name = "NAMES",
        default_value = ""
    )]
    pub fpfwd_inputs: String,
    /// These operations and all after them, separated by commas.
    #[arg(
        long = "fpfwd_outputs",
        alias = "fpfwd-outputs",
        value_name = "NAMES",
        default_value = ""
    )]
    pub fpfwd_outputs: String,
    /// Everything after one of STARTS and before one of ENDS: `s1,s2:e1,e2`; several pairs of lists.
    #[arg(long = "fpfwd_blocks", alias = "fpfwd-blocks", value_name = "STARTS:ENDS", num_args = 0..)]
    pub fpfwd_blocks: Vec<String>,
    /// The chip.
    #[arg(long, alias = "processor", default_value = "bm1684")]
    pub chip: String,
    /// Precision of what is named: F32 on bm1684.
    #[arg(long = "fp_type", alias = "fp-type", default_value = "auto")]
    pub fp_type: String,
    /// The table to write.
    #[arg(short, long, required = true)]
    pub output: PathBuf,
}

/// Runs the subcommand.
///
/// # Errors
/// When the program cannot be read, a name is not one of its operations, nothing is named, or the table cannot be written.
pub fn run(args: &FpForwardArgs) -> Result<()> {
    if !args.chip.eq_ignore_ascii_case("bm1684") {
        bail!("unknown chip '{}': bm1684 is supported", args.chip);
    }
    if !matches!(args.fp_type.to_ascii_uppercase().as_str(), "AUTO" | "F32") {
        bail!(
            "bm1684 has F32 as its only floating point type, found --fp_type {}",
            args.fp_type
        );
    }
    let program = Program::read(&args.mlir)?;
    let names = float_operations(&program, args)?;
    let mut table = QuantizeTable::default();
    for name in names {
        table.modes.insert(name, Precision::F32);
    }
    let header = QuantizeHeader {
        time: time_text(),
        samples: None,
        chip: "bm1684".to_owned(),
        mix_mode: "F32".to_owned(),
    };
    write_bytes_atomically(&args.output, table.to_text(&header).as_bytes())
        .with_context(|| format!("the quantisation table {}", args.output.display()))?;
    print(&format!(
        "{} operations stay in F32, written to {}\n",
        table.modes.len(),
        args.output.display()
    ))?;
    Ok(())
}

/// Names of the operations that the arguments mean, in the program's order.
fn float_operations(program: &Program, args: &FpForwardArgs) -> Result<Vec<String>> {
    let ctx = &program.ctx;
    let func = program.main().map_err(|error| anyhow::anyhow!("{error}"))?;
    let ops: Vec<Op> = func
        .ops(ctx)
        .into_iter()
        .filter(|op| is_layer(ctx, *op))
        .collect();
    let find = |list: &str| -> Result<Vec<Op>> {
        split(list)
            .map(|name| {
                ops.iter()
                    .copied()
                    .find(|op| ctx.name(*op) == name)
                    .ok_or_else(|| unknown(ctx, &ops, name, args))
            })
            .collect()
    };
    let mut chosen: FxHashSet<Op> = FxHashSet::default();
    chosen.extend(reach(ctx, &find(&args.fpfwd_inputs)?, before));
    chosen.extend(reach(ctx, &find(&args.fpfwd_outputs)?, after));
    for block in &args.fpfwd_blocks {
        let Some((starts, ends)) = block.split_once(':') else {
            bail!("--fpfwd_blocks wants STARTS:ENDS such as a,b:c, found '{block}'");
        };
        let behind = reach(ctx, &find(starts)?, after);
        let ahead = reach(ctx, &find(ends)?, before);
        if behind.is_disjoint(&ahead) {
            bail!("--fpfwd_blocks {block}: no operation lies between '{starts}' and '{ends}'");
        }
        chosen.extend(behind.intersection(&ahead));
    }
    if chosen.is_empty() {
        bail!("nothing is named: give --fpfwd_inputs, --fpfwd_outputs or --fpfwd_blocks");
    }
    Ok(ops
        .into_iter()
        .filter(|op| chosen.contains(op))
        .map(|op| ctx.name(op).to_owned())
        .collect())
}

fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Operations that compute something.
fn is_layer(ctx: &Context, op: Op) -> bool {
    !matches!(
        ctx.op_name(op),
        "top.Input" | "top.Weight" | "top.None" | "func.return"
    )
}

fn unknown(ctx: &Context, ops: &[Op], name: &str, args: &FpForwardArgs) -> anyhow::Error {
    let near = nearest(name, ops.iter().map(|op| ctx.name(*op)), 3);
    let hint = if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", near.join(", "))
    };
    anyhow::anyhow!("{} has no operation '{name}'{hint}", args.mlir.display())
}

/// The operations reached from `starts` by steps, `starts` included.
fn reach(ctx: &Context, starts: &[Op], step: fn(&Context, Op) -> Vec<Op>) -> FxHashSet<Op> {
    let mut reached = FxHashSet::default();
    let mut stack = starts.to_vec();
    while let Some(op) = stack.pop() {
        if is_layer(ctx, op) && reached.insert(op) {
            stack.extend(step(ctx, op));
        }
    }
    reached
}

fn before(ctx: &Context, op: Op) -> Vec<Op> {
    ctx.operands(op)
        .iter()
        .filter_map(|value| ctx.defining_op(*value))
        .collect()
}

fn after(ctx: &Context, op: Op) -> Vec<Op> {
    ctx.results(op)
        .iter()
        .flat_map(|value| ctx.users(*value))
        .collect()
}

/// Seconds since 1970: a time that needs no time zone.
pub(super) fn time_text() -> String {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or_else(
            |_| "unknown".to_owned(),
            |time| format!("{} s since 1970", time.as_secs()),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"module @m attributes {module.chip = "ALL", module.state = "TOP_F32"} {
  func.func @main(%arg0: tensor<1x4xf32> loc(unknown)) -> tensor<1x4xf32> {
    %0 = "top.Input"(%arg0) : (tensor<1x4xf32>) -> tensor<1x4xf32> loc(#loc1)
    %1 = "top.Relu"(%0) : (tensor<1x4xf32>) -> tensor<1x4xf32> loc(#loc2)
    %2 = "top.Relu"(%1) : (tensor<1x4xf32>) -> tensor<1x4xf32> loc(#loc3)
    %3 = "top.Relu"(%2) : (tensor<1x4xf32>) -> tensor<1x4xf32> loc(#loc4)
    return %3 : tensor<1x4xf32> loc(#loc)
  } loc(#loc)
} loc(#loc)
#loc = loc(unknown)
#loc1 = loc("in")
#loc2 = loc("a_Relu")
#loc3 = loc("b_Relu")
#loc4 = loc("c_Relu")
"#;

    fn table(inputs: &str, outputs: &str, blocks: &[&str]) -> Result<Vec<String>> {
        let dir = tempfile::tempdir()?;
        let mlir = dir.path().join("m.mlir");
        std::fs::write(&mlir, TEXT)?;
        let args = FpForwardArgs {
            mlir,
            fpfwd_inputs: inputs.to_owned(),
            fpfwd_outputs: outputs.to_owned(),
            fpfwd_blocks: blocks.iter().map(|block| (*block).to_owned()).collect(),
            chip: "bm1684".to_owned(),
            fp_type: "F32".to_owned(),
            output: dir.path().join("q"),
        };
        run(&args)?;
        Ok(QuantizeTable::read(&args.output)?.modes.into_keys().collect())
    }

    #[test]
    fn names_reach_backward_forward_and_between() {
        for (inputs, outputs, blocks, expected) in [
            ("b_Relu", "", vec![], vec!["a_Relu", "b_Relu"]),
            ("", "b_Relu", vec![], vec!["b_Relu", "c_Relu"]),
            ("", "", vec!["b_Relu:b_Relu"], vec!["b_Relu"]),
            ("", "", vec!["a_Relu:c_Relu"], vec!["a_Relu", "b_Relu", "c_Relu"]),
            ("a_Relu", "c_Relu", vec![], vec!["a_Relu", "c_Relu"]),
        ] {
            assert_eq!(
                table(inputs, outputs, &blocks).unwrap(),
                expected,
                "{inputs} {outputs} {blocks:?}"
            );
        }
    }

    #[test]
    fn wrong_arguments_are_errors() {
        let message = |result: Result<Vec<String>>| result.unwrap_err().to_string();
        assert!(
            message(table("a_Rel", "", &[]))
                .ends_with("has no operation 'a_Rel'; did you mean a_Relu, b_Relu, c_Relu?")
        );
        assert!(message(table("", "", &[])).starts_with("nothing is named"));
        assert!(message(table("", "", &["a_Relu"])).starts_with("--fpfwd_blocks wants STARTS:ENDS"));
        assert!(message(table("", "", &["c_Relu:a_Relu"])).contains("no operation lies between"));
    }
}
