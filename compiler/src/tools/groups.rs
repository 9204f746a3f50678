//! Options of layer groups, and `--explain-groups`: a table for people, JSON for programs.

use super::output::print;
use crate::codegen::bm1684::group::explain::{Bound, Explanation, Named, Time, explain};
use crate::data::file::write_bytes_atomically;
use crate::program::Program;
use anyhow::Result;
use clap::{ArgAction, Args};
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// How layers are grouped.
#[derive(Clone, Debug, Args)]
#[command(rename_all = "snake_case")]
pub struct GroupArgs {
    /// How hard to search for layer groups: 1 tries for each run of operations the fewest slices that fit local memory, 2 a few more
    /// slices too, 3 longer runs and many numbers of slices.
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    opt: u8,
    /// Compute every operation for itself, from DDR to DDR.
    #[arg(long)]
    disable_layer_group: bool,
    /// Keep the groups found in a file, and take them from there when the same program comes again: the result is the same, only
    /// sooner.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    lgcache: bool,
    /// Folder for --lgcache; by default tpuc in the user's cache folder.
    #[arg(long, value_name = "DIR")]
    lghash_dir: Option<PathBuf>,
}

impl Default for GroupArgs {
    fn default() -> Self {
        Self {
            opt: 2,
            disable_layer_group: false,
            lgcache: true,
            lghash_dir: None,
        }
    }
}

impl GroupArgs {
    /// Options of the pass `layer-group`; `None` if it does not run.
    pub fn pass_options(&self) -> Option<String> {
        let folder = self.lghash_dir.as_ref().map_or(String::new(), |folder| {
            format!(" lghash_dir=\"{}\"", folder.display())
        });
        (!self.disable_layer_group).then(|| format!("opt={} lgcache={}{folder}", self.opt, self.lgcache))
    }
}

/// Where `--explain-groups` goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExplainTo {
    /// A table on standard output.
    Table,
    /// A JSON file.
    Json(PathBuf),
}

impl ExplainTo {
    /// Of the option's text: nothing, or a file.
    pub fn of(text: &str) -> Self {
        if text.is_empty() {
            Self::Table
        } else {
            Self::Json(PathBuf::from(text))
        }
    }

    /// Explains a program that has addresses.
    ///
    /// # Errors
    /// When it has none, or the file cannot be written.
    pub fn show(&self, program: &Program) -> Result<()> {
        let explanation = explain(program).map_err(|error| anyhow::anyhow!("{error}"))?;
        match self {
            Self::Table => {
                let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
                print(&table(&explanation, colours))?;
            }
            Self::Json(path) => write_json(path, &explanation)?,
        }
        Ok(())
    }
}

fn write_json(path: &Path, explanation: &Explanation) -> Result<()> {
    let mut text = serde_json::to_string_pretty(explanation)?;
    text.push('\n');
    write_bytes_atomically(path, text.as_bytes())?;
    Ok(())
}

/// Columns of the lines that list operations.
const WIDTH: usize = 118;

/// The explanation as text.
pub fn table(explanation: &Explanation, colours: bool) -> String {
    let lane = explanation.lane_bytes;
    let mut text = format!(
        "layer groups: {} with {} operations, {} alone; {} KiB of local memory in a lane; {} cycles if nothing overlaps between them\n",
        explanation.groups.len(),
        explanation.grouped(),
        explanation.alone.len(),
        lane >> 10,
        digits(explanation.cycles())
    );
    let head = format!(
        "{:>5} {:>8} {:>9} {:>5} {:>8} {:>8} {:>8} {:>11} {:>11} {:>11} {:>11} {:>11}  bound by",
        "group",
        "slices",
        "local KiB",
        "of",
        "tensors",
        "buffers",
        "weights",
        "load",
        "compute",
        "moves",
        "store",
        "cycles"
    );
    let _ = writeln!(text, "{}", painted(&head, "1", colours));
    for (number, group) in explanation.groups.iter().enumerate() {
        let memory = group.memory;
        let slices = format!(
            "{}x{}{}",
            group.batch_slices,
            group.row_slices,
            match (group.flat, group.bands) {
                (true, _) => "f".to_owned(),
                (_, 1) => String::new(),
                (_, bands) => format!("b{bands}"),
            }
        );
        let share = format!("{}%", memory.used * 100 / lane.max(1));
        let _ = writeln!(
            text,
            "{:>5} {slices:>8} {:>9} {share:>5} {:>8} {:>8} {:>8} {}",
            number + 1,
            kib(memory.used),
            kib(memory.tensors),
            kib(memory.buffers),
            kib(memory.weights),
            times(&group.time, colours)
        );
        list(&mut text, &group.operations);
    }
    for operation in &explanation.alone {
        let _ = writeln!(
            text,
            "{:>5} {:50} {}",
            "alone",
            "",
            times(&operation.time, colours)
        );
        list(&mut text, std::slice::from_ref(&operation.operation));
        let _ = writeln!(text, "        {}", operation.reason);
    }
    text
}

fn times(time: &Time, colours: bool) -> String {
    let colour = match time.bound {
        Bound::Nothing => "0",
        Bound::Compute => "32",
        Bound::Load | Bound::Store | Bound::Moves => "33",
        Bound::Waits => "31",
    };
    format!(
        "{:>11} {:>11} {:>11} {:>11} {:>11}  {}",
        digits(time.load),
        digits(time.compute),
        digits(time.moves),
        digits(time.store),
        digits(time.cycles),
        painted(time.bound.name(), colour, colours)
    )
}

fn painted(text: &str, code: &str, colours: bool) -> String {
    if colours {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Names in lines.
fn list(text: &mut String, operations: &[Named]) {
    let mut column = 0;
    for operation in operations {
        let name = format!("{} {}", operation.op, operation.name);
        let name = name.replace(char::is_control, "?");
        if column > 0 && column + 2 + name.chars().count() > WIDTH {
            text.push_str(",\n");
            column = 0;
        }
        let lead = if column == 0 { "      " } else { ", " };
        column += lead.len() + name.chars().count();
        text.push_str(lead);
        text.push_str(&name);
    }
    text.push('\n');
}

fn kib(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1024.0)
}

/// A number in groups of three digits.
fn digits(number: u64) -> String {
    let plain = number.to_string();
    let mut text = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::bm1684::group::explain::{ExplainedGroup, ExplainedOperation, LocalMemory};

    #[test]
    fn a_table_tells_groups_and_what_is_alone() {
        let named = |op: &str, name: &str| Named {
            op: op.into(),
            name: name.into(),
        };
        let explanation = Explanation {
            lane_bytes: 512 << 10,
            groups: vec![ExplainedGroup {
                operations: vec![named("Conv2D", "first"), named("Add", "se\x1bcond")],
                batch_slices: 1,
                row_slices: 4,
                flat: false,
                bands: 2,
                memory: LocalMemory {
                    used: 256 << 10,
                    tensors: 200 << 10,
                    buffers: 6 << 10,
                    weights: 50 << 10,
                },
                time: Time {
                    cycles: 1_234_567,
                    compute: 1_200_000,
                    bound: Bound::Compute,
                    ..Time::default()
                },
            }],
            alone: vec![ExplainedOperation {
                operation: named("Softmax", "last"),
                reason: "why".into(),
                ..ExplainedOperation::default()
            }],
        };
        let plain = table(&explanation, false);
        for part in [
            "1 with 2 operations, 1 alone",
            "1x4b2",
            "50%",
            "1 234 567",
            "compute",
            "Conv2D first, Add se?cond",
            "Softmax last\n        why\n",
        ] {
            assert!(plain.contains(part), "{part}:\n{plain}");
        }
        assert!(!plain.contains('\x1b'));
        assert!(table(&explanation, true).contains("\x1b[32mcompute\x1b[0m"));
        assert!(plain.lines().all(|line| line.chars().count() < 150));
    }

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(digits),
            ["0", "999", "1 000", "1 234 567"]
        );
    }
}
