//! The pass `layer-group`.

use super::build::build;
use super::estimate::{Cut, Estimate};
use super::graph::Graph;
use super::measure::Measure;
use super::memory::place;
use super::search::{Effort, Segment, search};
use super::shape::Run;
use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::Diagnostic;

const fn ignored(name: &'static str, default: &'static str) -> OptionSpec {
    OptionSpec {
        name,
        kind: OptionKind::Str,
        default,
        help: "Ignored",
    }
}

/// Puts neighbouring operations into groups that hand their tensors on in local memory.
pub const PASS: Pass = Pass {
    flag: "layer-group",
    group: "tpu",
    summary: "Group operations whose tensors stay in local memory",
    options: &[
        OptionSpec {
            name: "opt",
            kind: OptionKind::Int,
            default: "2",
            help: "How hard to search: 0 (no groups), 1 (the fewest slices that fit), 2 or 3 (the best number of slices)",
        },
        ignored("group_by_cores", "auto"),
        ignored("compress_mode", "none"),
        ignored("debugger", "0"),
        ignored("disable_group_overlap", "false"),
        ignored("lgcache", "true"),
        ignored("config_filename", ""),
        ignored("enable_lghash", "false"),
        ignored("lghash_dir", ""),
    ],
    run,
};

fn run(
    program: &mut Program,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Changed, Failed> {
    let effort = match options.int("opt") {
        0 => Effort::None,
        1 => Effort::Quick,
        2 | 3 => Effort::Normal,
        other => {
            diagnostics.push(Diagnostic::error(format!(
                "layer-group: opt={other}; 0 to 3 are known"
            )));
            return Err(Failed);
        }
    };
    let function = program.main().map_err(|error| {
        diagnostics.push(error);
        Failed
    })?;
    let groups = group(program, function, effort, &mut || {});
    Ok(if groups > 0 { Changed::Yes } else { Changed::No })
}

/// Groups the operations of `function`; says how many groups there are. `tick` is called for each operation.
pub fn group(program: &mut Program, function: Func, effort: Effort, tick: &mut dyn FnMut()) -> usize {
    if effort == Effort::None {
        return 0;
    }
    let mut graph;
    let mut chosen = Vec::new();
    {
        let mut measure = Measure::new(program);
        graph = Graph::new(measure.generator(), function);
        for segment in search(&graph, &mut measure, effort, tick) {
            if let Segment::Group(run, cut, estimate) = segment {
                placed(&graph, &mut measure, run, cut, estimate, &mut chosen);
            }
        }
    }
    let count = chosen.len();
    for (run, cut, placement) in chosen {
        build(program, &mut graph, &run, cut, &placement);
    }
    count
}

/// Finds places for a group; where holes in the memory prevent it, its halves.
fn placed(
    graph: &Graph,
    measure: &mut Measure<'_>,
    run: Run,
    cut: Cut,
    estimate: Estimate,
    chosen: &mut Vec<(Run, Cut, super::memory::Placement)>,
) {
    let _ = estimate;
    for more in 0..4 {
        let cut = Cut {
            row_slices: cut.row_slices + more * cut.row_slices.div_ceil(4),
            ..cut
        };
        if more > 0 && cut.slices() == 1 + more && cut.row_slices > 1 && run.made > 16 {
            break;
        }
        if let Some(placement) = place(graph, measure, &run, cut) {
            chosen.push((run, cut, placement));
            return;
        }
    }
    if run.made == 1 {
        return;
    }
    let middle = run.start + run.made / 2;
    for (start, end) in [(run.start, middle), (middle, run.end)] {
        if let Some(half) = Run::new(graph, start, end) {
            placed(graph, measure, half, cut, estimate, chosen);
        }
    }
}
