//! The pass `layer-group`.

use super::build::build;
use super::cache::Cache;
use super::estimate::Cut;
use super::graph::Graph;
use super::measure::Measure;
use super::memory::{Placement, place};
use super::order;
use super::search::{Effort, Segment, Wanted, search};
use super::seen::Kind;
use super::shape::Run;
use crate::codegen::bm1684::passes::complete_weights;
use crate::data::progress::Progress;
use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use crate::tpu::subnets;
use std::path::PathBuf;
use std::time::{Duration, Instant};
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
            help: "How hard to search: 0 makes no groups, 1 tries for each run of operations the fewest slices that fit local memory, 2 a few more \
                   slices too, 3 longer runs and many numbers of slices",
        },
        OptionSpec {
            name: "row_slices",
            kind: OptionKind::Int,
            default: "1",
            help: "For tests: fewest slices over rows of each group, where its tensors have as many rows; with more than 1 whatever can be in \
                   a group is in one",
        },
        OptionSpec {
            name: "prefer",
            kind: OptionKind::Str,
            default: "",
            help: "For tests: own, flat or bands; whatever can be in a group that sees its tensors so is in one",
        },
        OptionSpec {
            name: "lgcache",
            kind: OptionKind::Bool,
            default: "false",
            help: "Keep the groups found in a file, and take them from there when the same program comes again",
        },
        OptionSpec {
            name: "lghash_dir",
            kind: OptionKind::Str,
            default: "",
            help: "Folder for lgcache; by default tpuc in the user's cache folder",
        },
        ignored("group_by_cores", "auto"),
        ignored("compress_mode", "none"),
        ignored("debugger", "0"),
        ignored("disable_group_overlap", "false"),
        ignored("config_filename", ""),
        ignored("enable_lghash", "false"),
    ],
    run,
};

/// How groups are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How hard.
    pub effort: Effort,
    /// Fewest slices over rows ([`Wanted::row_slices`]).
    pub row_slices: usize,
    /// [`Wanted::prefer`].
    pub prefer: Option<Kind>,
    /// Folder in which groups are kept.
    pub cache: Option<PathBuf>,
}

impl Settings {
    /// As the effort says, without a cache.
    pub fn of(effort: Effort) -> Self {
        Self {
            effort,
            row_slices: 1,
            prefer: None,
            cache: None,
        }
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            effort: self.effort,
            row_slices: self.row_slices,
            prefer: self.prefer,
        }
    }

    fn read(options: &Options) -> Result<Self, String> {
        let opt = options.int("opt");
        let Some(&effort) = usize::try_from(opt)
            .ok()
            .and_then(|level| Effort::LEVELS.get(level))
        else {
            return Err(format!("opt={opt}; 0 to 3 are known"));
        };
        let wanted = options.int("row_slices");
        let Some(row_slices) = usize::try_from(wanted)
            .ok()
            .filter(|count| (1..=MOST_SLICES).contains(count))
        else {
            return Err(format!("row_slices={wanted}; 1 to {MOST_SLICES} are possible"));
        };
        let prefer = match options.str("prefer") {
            "" => None,
            name => match Kind::ALL.into_iter().find(|kind| kind.name() == name) {
                Some(kind) => Some(kind),
                None => return Err(format!("prefer={name}; own, flat and bands are known")),
            },
        };
        let folder = options.str("lghash_dir");
        let cache = options.bool("lgcache").then(|| match folder {
            "" => Cache::default_folder(),
            folder => Some(PathBuf::from(folder)),
        });
        Ok(Self {
            effort,
            row_slices,
            prefer,
            cache: cache.flatten(),
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(Effort::Normal)
    }
}

/// Most slices over rows.
const MOST_SLICES: usize = 128;
/// A search that takes longer shows how far it is.
const SILENT: Duration = Duration::from_secs(1);

fn run(
    program: &mut Program,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Changed, Failed> {
    let settings = Settings::read(options).map_err(|problem| {
        diagnostics.push(Diagnostic::error(format!("layer-group: {problem}")));
        Failed
    })?;
    let functions = complete_weights(program).and_then(|()| subnets::functions(program));
    let functions = functions.map_err(|error| {
        diagnostics.push(error);
        Failed
    })?;
    let steps = functions
        .iter()
        .map(|function| function.ops(&program.ctx).len())
        .sum();
    let start = Instant::now();
    let (mut done, mut bar) = (0, None);
    let mut tick = || {
        done += 1;
        match &bar {
            None if start.elapsed() > SILENT => {
                let progress = Progress::new("layer groups", steps);
                (0..done).for_each(|_| progress.step());
                bar = Some(progress);
            }
            None => {}
            Some(progress) => progress.step(),
        }
    };
    let mut groups = 0;
    for function in functions {
        groups += group(program, function, &settings, &mut tick);
    }
    Ok(if groups > 0 { Changed::Yes } else { Changed::No })
}

/// A group that is to be made.
pub struct Planned {
    /// Its operations.
    pub run: Run,
    /// Its slices.
    pub cut: Cut,
    /// Its local memory.
    pub placement: Placement,
}

/// Groups the operations of `function`; says how many groups there are. `tick` is called for each operation.
pub fn group(program: &mut Program, function: Func, settings: &Settings, tick: &mut dyn FnMut()) -> usize {
    if settings.effort == Effort::None || !subnets::is_static(&program.ctx, function) {
        return 0;
    }
    order::arrange(program, function);
    let cache = settings
        .cache
        .as_deref()
        .map(|folder| Cache::new(folder, program, function, settings.wanted()));
    let mut graph;
    let groups = {
        let mut measure = Measure::new(program);
        graph = Graph::new(measure.generator(), function);
        let known = cache.as_ref().and_then(|cache| cache.read(&graph, &mut measure));
        known.unwrap_or_else(|| {
            let found = plan(&graph, &mut measure, settings.wanted(), tick);
            if let Some(cache) = &cache {
                cache.write(&found);
            }
            found
        })
    };
    for group in &groups {
        build(program, &mut graph, &group.run, group.cut, &group.placement);
    }
    groups.len()
}

/// Looks for groups, and for places of their tensors.
fn plan(graph: &Graph, measure: &mut Measure<'_>, wanted: Wanted, tick: &mut dyn FnMut()) -> Vec<Planned> {
    let mut groups = Vec::new();
    for segment in search(graph, measure, wanted, tick) {
        if let Segment::Group(run, cut, _) = segment {
            placed(graph, measure, run, cut, &mut groups);
        }
    }
    groups
}

/// Finds places for a group; where holes in the memory prevent it, its halves.
fn placed(graph: &Graph, measure: &mut Measure<'_>, run: Run, cut: Cut, groups: &mut Vec<Planned>) {
    for more in 0..4 {
        let cut = Cut {
            row_slices: cut.row_slices + more * cut.row_slices.div_ceil(4),
            ..cut
        };
        if more > 0 && cut.slices() == 1 + more && cut.row_slices > 1 && run.made > 16 {
            break;
        }
        if let Some(placement) = place(graph, measure, &run, cut) {
            groups.push(Planned { run, cut, placement });
            return;
        }
    }
    if run.made == 1 {
        return;
    }
    let middle = run.start + run.made / 2;
    for (start, end) in [(run.start, middle), (middle, run.end)] {
        if let Some(half) = run.like(graph, start, end) {
            placed(graph, measure, half, cut, groups);
        }
    }
}
