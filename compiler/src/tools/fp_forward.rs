//! `tpuc fp-forward`: a quantisation table that keeps parts of a network in floating point, given by names, globs or types:
//! everything before some operations, everything after some, everything between pairs, or these alone.

use crate::data::file::write_bytes_atomically;
use crate::program::Program;
use crate::ptq::reach::Reach;
use crate::quantization::qtable::{Precision, QuantizeHeader, QuantizeTable};
use crate::tools::output::print;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use rustc_hash::FxHashSet;
use std::path::PathBuf;
use tpuc_dialects::ir::Op;

/// Write a quantisation table that keeps parts of a network in floating point.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Examples:
  tpuc fp-forward net.mlir --fpfwd_outputs 326_Conv,'head.*' -o net_qtable
  tpuc fp-forward net.mlir --only type:Softmax,top.Concat -o net_qtable
  tpuc fp-forward net.mlir --fpfwd_blocks 12_Conv:20_Add 40_Conv:44_Conv -o net_qtable
Everywhere a name may be a glob with * and ?, or a type of operation: type:Conv or top.Conv. A pattern that matches nothing is
an error.")]
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
    /// These operations alone, separated by commas.
    #[arg(long, value_name = "NAMES", default_value = "")]
    pub only: String,
    /// The chip.
    #[arg(long, alias = "processor", default_value = "bm1684")]
    pub chip: String,
    /// Precision of what is named: F32 on bm1684.
    #[arg(long = "fp_type", alias = "fp-type", default_value = "auto")]
    pub fp_type: String,
    /// The table to write.
    #[arg(
        short,
        long,
        required = true,
        alias = "quantize_free_table",
        value_name = "FILE"
    )]
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
    let func = program.main().map_err(|error| anyhow!("{error}"))?;
    let reach = Reach::new(ctx, func.ops(ctx));
    let about = |option: &'static str| {
        let place = args.mlir.display();
        move |message: String| anyhow!("{place}: --{option}: {message}")
    };
    let mut chosen: FxHashSet<Op> = FxHashSet::default();
    let inputs = reach.find(&args.fpfwd_inputs).map_err(about("fpfwd_inputs"))?;
    chosen.extend(reach.before(&inputs));
    let outputs = reach.find(&args.fpfwd_outputs).map_err(about("fpfwd_outputs"))?;
    chosen.extend(reach.after(&outputs));
    for block in &args.fpfwd_blocks {
        chosen.extend(reach.between(block).map_err(about("fpfwd_blocks"))?);
    }
    let only = reach.find(&args.only).map_err(about("only"))?;
    chosen.extend(only);
    if chosen.is_empty() {
        bail!("nothing is named: give --fpfwd_inputs, --fpfwd_outputs, --fpfwd_blocks or --only");
    }
    Ok(reach
        .in_order(&chosen)
        .into_iter()
        .map(|op| ctx.name(op).to_owned())
        .collect())
}

/// Seconds since 1970: a time that needs no time zone.
pub fn time_text() -> String {
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

    fn table(inputs: &str, outputs: &str, blocks: &[&str], only: &str) -> Result<Vec<String>> {
        let dir = tempfile::tempdir()?;
        let mlir = dir.path().join("m.mlir");
        std::fs::write(&mlir, TEXT)?;
        let args = FpForwardArgs {
            mlir,
            fpfwd_inputs: inputs.to_owned(),
            fpfwd_outputs: outputs.to_owned(),
            fpfwd_blocks: blocks.iter().map(|block| (*block).to_owned()).collect(),
            only: only.to_owned(),
            chip: "bm1684".to_owned(),
            fp_type: "F32".to_owned(),
            output: dir.path().join("q"),
        };
        run(&args)?;
        Ok(QuantizeTable::read(&args.output)?.modes.into_keys().collect())
    }

    #[test]
    fn names_reach_backward_forward_and_between() {
        for (inputs, outputs, blocks, only, expected) in [
            ("b_Relu", "", vec![], "", vec!["a_Relu", "b_Relu"]),
            ("", "b_Relu", vec![], "", vec!["b_Relu", "c_Relu"]),
            ("", "", vec!["b_Relu:b_Relu"], "", vec!["b_Relu"]),
            (
                "",
                "",
                vec!["a_Relu:c_Relu"],
                "",
                vec!["a_Relu", "b_Relu", "c_Relu"],
            ),
            ("a_Relu", "c_Relu", vec![], "", vec!["a_Relu", "c_Relu"]),
            ("", "", vec![], "?_Relu", vec!["a_Relu", "b_Relu", "c_Relu"]),
            ("", "", vec![], "b*,a_Relu", vec!["a_Relu", "b_Relu"]),
            ("", "", vec![], "type:Relu", vec!["a_Relu", "b_Relu", "c_Relu"]),
            ("", "", vec![], "top.Relu", vec!["a_Relu", "b_Relu", "c_Relu"]),
            ("", "", vec!["type:Relu:b_Relu"], "", vec!["a_Relu", "b_Relu"]),
            ("", "", vec!["b*:type:Relu"], "", vec!["b_Relu", "c_Relu"]),
        ] {
            assert_eq!(
                table(inputs, outputs, &blocks, only).unwrap(),
                expected,
                "{inputs} {outputs} {blocks:?} {only}"
            );
        }
    }

    #[test]
    fn wrong_arguments_are_errors() {
        let message = |result: Result<Vec<String>>| result.unwrap_err().to_string();
        assert!(message(table("a_Rel", "", &[], "")).ends_with(
            "--fpfwd_inputs: the network has no operation 'a_Rel'; did you mean a_Relu, b_Relu, c_Relu?"
        ));
        assert!(
            message(table("", "a_Relu,d_*", &[], ""))
                .contains("the network has no operation whose name matches 'd_*'")
        );
        assert!(
            message(table("", "", &[], "type:Rely"))
                .ends_with("the network has no operation of type 'Rely'; did you mean Relu?")
        );
        assert!(message(table("", "", &[], "")).starts_with("nothing is named"));
        assert!(message(table("", "", &["a_Relu"], "")).contains("expected STARTS:ENDS"));
        assert!(
            message(table("", "", &["a_Relu:x_Relu"], "")).contains("the network has no operation 'x_Relu'")
        );
        assert!(message(table("", "", &["c_Relu:a_Relu"], "")).contains("no operation lies between"));
    }
}
