//! Groups that were found once, kept in a file for the next time (`lgcache`).
//!
//! A file's name is the hash of all that the search depends on: the program's text without locations, the function, what was wanted, and
//! the sources of this compiler. It holds operations by number and slices; places in local memory are found anew, and what
//! does not fit is searched again. So the result is the same with and without.

use super::estimate::{Cut, batch_choices};
use super::graph::Graph;
use super::measure::Measure;
use super::memory::place;
use super::pass::Planned;
use super::search::Wanted;
use super::seen::Kind;
use super::shape::Run;
use crate::data::file::write_bytes_atomically;
use crate::program::Program;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::OpView;
use tpuc_dialects::text::{PrintOptions, print};

/// A file that holds the groups of a program.
pub struct Cache {
    file: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    /// First operation and one past the last.
    operations: (usize, usize),
    /// Batches of a slice.
    batches: usize,
    row_slices: usize,
    /// [`Kind::name`].
    seen: String,
}

#[derive(Serialize, Deserialize)]
struct Content {
    format: String,
    groups: Vec<Entry>,
}

const FORMAT: &str = "tpuc-layer-groups 2";
/// A file that is larger is none of ours.
const MOST_BYTES: u64 = 16 << 20;

impl Cache {
    /// `tpuc` in the user's cache folder, if there is one.
    pub fn default_folder() -> Option<PathBuf> {
        let folder = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let base = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
        Some(base.join("tpuc"))
    }

    /// The file for this function of the program in `folder`.
    pub fn new(folder: &Path, program: &Program, function: Func, wanted: Wanted) -> Self {
        let options = PrintOptions {
            locations: false,
            generic: true,
            ..PrintOptions::default()
        };
        let mut hash = Sha256::new();
        hash.update(FORMAT);
        hash.update(env!("TPUC_CODEGEN_SOURCES"));
        hash.update(format!(" {wanted:?} "));
        hash.update(program.ctx.get_str(function.op(), "sym_name").unwrap_or_default());
        hash.update(print(&program.ctx, program.module.op(), &options));
        let name: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            file: folder.join(format!("{name}.json")),
        }
    }

    /// The groups in the file; `None` if there is none that makes sense.
    pub fn read(&self, graph: &Graph, measure: &mut Measure<'_>) -> Option<Vec<Planned>> {
        if std::fs::metadata(&self.file).ok()?.len() > MOST_BYTES {
            return None;
        }
        let content: Content = serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()?;
        if content.format != FORMAT {
            return None;
        }
        let mut groups = Vec::with_capacity(content.groups.len());
        let mut next = 0;
        for entry in content.groups {
            let (start, end) = entry.operations;
            if start < next || end <= start || end > graph.nodes.len() {
                return None;
            }
            next = end;
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == entry.seen)?;
            let run = Run::new(graph, start, end, kind)?;
            if !batch_choices(graph, &run).contains(&entry.batches) || entry.row_slices == 0 {
                return None;
            }
            let cut = Cut {
                batches: entry.batches,
                batch_slices: run.dims.first()?[0].div_ceil(entry.batches),
                row_slices: entry.row_slices,
            };
            let placement = place(graph, measure, &run, cut)?;
            groups.push(Planned { run, cut, placement });
        }
        Some(groups)
    }

    /// Keeps groups. A folder that cannot be written is no reason to fail: nothing is kept then.
    pub fn write(&self, groups: &[Planned]) {
        let entries = groups.iter().map(|group| Entry {
            operations: (group.run.start, group.run.end),
            batches: group.cut.batches,
            row_slices: group.cut.row_slices,
            seen: group.run.seen.kind().name().to_owned(),
        });
        let content = Content {
            format: FORMAT.to_owned(),
            groups: entries.collect(),
        };
        if let (Some(folder), Ok(bytes)) = (self.file.parent(), serde_json::to_vec(&content))
            && std::fs::create_dir_all(folder).is_ok()
        {
            let _ = write_bytes_atomically(&self.file, &bytes);
        }
    }
}
