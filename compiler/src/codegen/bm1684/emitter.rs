//! Collects the commands of both engines and makes them wait for each other.
//!
//! Each engine runs its own commands in order. A command waits for the last command of the *other* engine that touches
//! the same local memory (or the same L2 table) in a way that conflicts: one of the two writes. The emitter finds that
//! command from the byte ranges that every command declares, so operations may emit loads early (double buffering)
//! without thinking about order. DDR is touched by GDMA alone and needs no tracking.
//!
//! Ids have 16 bits. Long programs are cut into groups; a group starts when everything before it is done.

use super::error::Result;
use super::resident::Buffer;
use tpuc_runtime::isa::memory_map::l2_table;
use tpuc_runtime::isa::{DmaCommand, DmaField, TiuCommand, TiuField};

/// Commands of one group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// TIU commands.
    pub tiu: Vec<TiuCommand>,
    /// GDMA commands.
    pub dma: Vec<DmaCommand>,
}

/// On-chip memories that both engines touch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    /// Lane-local memory; ranges are byte offsets in a lane and mean all lanes.
    Local,
    /// The L2 buffer.
    L2,
}

/// A range that a command reads or writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Which memory.
    pub space: Space,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether it is written.
    pub write: bool,
}

impl Access {
    fn conflicts(&self, other: &Self) -> bool {
        self.space == other.space
            && (self.write || other.write)
            && self.start < other.end
            && other.start < self.end
    }
}

/// What one engine did that the other has not yet waited for.
#[derive(Clone, Debug, Default)]
struct History {
    accesses: Vec<(u64, Access)>,
    /// The other engine has waited for commands up to this id.
    waited: u64,
}

impl History {
    /// Id that a command with these accesses must wait for.
    fn wait_for(&mut self, wanted: &[Access]) -> u64 {
        let conflict = self
            .accesses
            .iter()
            .rev()
            .find(|(_, done)| wanted.iter().any(|access| access.conflicts(done)));
        if let Some(&(id, _)) = conflict {
            self.waited = id;
            let first = self.accesses.partition_point(|(done, _)| *done <= id);
            self.accesses.drain(..first);
        }
        self.waited
    }
}

/// Groups hold at most this many commands of one engine.
const GROUP_COMMANDS: usize = 60_000;

/// Where the program stands: everything emitted so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// Command group.
    pub group: usize,
    /// TIU commands in it so far.
    pub tiu: usize,
    /// GDMA commands in it so far.
    pub dma: usize,
}

/// Collects commands; see the module's text.
#[derive(Clone, Debug, Default)]
pub struct Emitter {
    finished: Vec<Group>,
    current: Group,
    tiu_history: History,
    dma_history: History,
    tables: Tables,
    /// Local memory for what the operation at hand needs besides its tensors, if those are in local memory already.
    pub buffer: Buffer,
}

/// Which tables of the program are in L2: the address of each in DDR, in the order of their places.
#[derive(Clone, Debug, Default)]
struct Tables {
    sources: Vec<u64>,
    /// Where the next one goes when all places are taken.
    oldest: usize,
}

/// Places for tables in L2.
const TABLE_PLACES: usize =
    ((l2_table::INT_TO_FLOAT_CLAMPED - l2_table::MODEL_TABLES) / TABLE_BYTES) as usize;
/// 256 words.
const TABLE_BYTES: u32 = 0x400;

impl Emitter {
    /// An empty program.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a TIU command: gives it its id and what it waits for.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn push_tiu(&mut self, mut command: TiuCommand, accesses: &[Access]) -> Result<()> {
        self.start_group_if_full();
        let id = self.current.tiu.len() as u64 + 1;
        let wait = self.dma_history.wait_for(accesses);
        command
            .set(TiuField::CmdIdTpu, id)?
            .set(TiuField::CmdIdGdma, wait)?;
        self.tiu_history
            .accesses
            .extend(accesses.iter().map(|access| (id, *access)));
        self.current.tiu.push(command);
        Ok(())
    }

    /// Appends a GDMA command: gives it its id and what it waits for.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn push_dma(&mut self, mut command: DmaCommand, accesses: &[Access]) -> Result<()> {
        self.start_group_if_full();
        let id = self.current.dma.len() as u64 + 1;
        let wait = self.tiu_history.wait_for(accesses);
        command
            .set(DmaField::CmdId, id)?
            .set(DmaField::Eng0SyncId, wait)?;
        self.dma_history
            .accesses
            .extend(accesses.iter().map(|access| (id, *access)));
        self.current.dma.push(command);
        Ok(())
    }

    /// The place in L2 of a table that lies in DDR at `source`, and whether it has to be brought there first.
    pub fn place_table(&mut self, source: u64) -> (u32, bool) {
        let tables = &mut self.tables;
        let offset = |place: usize| l2_table::MODEL_TABLES + place as u32 * TABLE_BYTES;
        if let Some(place) = tables.sources.iter().position(|known| *known == source) {
            return (offset(place), false);
        }
        if tables.sources.len() < TABLE_PLACES {
            tables.sources.push(source);
            return (offset(tables.sources.len() - 1), true);
        }
        let place = tables.oldest;
        tables.oldest = (place + 1) % TABLE_PLACES;
        tables.sources[place] = source;
        (offset(place), true)
    }

    /// Where the program stands.
    pub fn position(&self) -> Position {
        Position {
            group: self.finished.len(),
            tiu: self.current.tiu.len(),
            dma: self.current.dma.len(),
        }
    }

    /// All groups.
    pub fn finish(mut self) -> Vec<Group> {
        if self.finished.is_empty() || !self.current.tiu.is_empty() || !self.current.dma.is_empty() {
            self.finished.push(self.current);
        }
        self.finished
    }

    fn start_group_if_full(&mut self) {
        if self.current.tiu.len() < GROUP_COMMANDS && self.current.dma.len() < GROUP_COMMANDS {
            return;
        }
        self.finished.push(std::mem::take(&mut self.current));
        self.tiu_history = History::default();
        self.dma_history = History::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(start: usize, end: usize, write: bool) -> Access {
        Access {
            space: Space::Local,
            start,
            end,
            write,
        }
    }

    #[test]
    fn engines_wait_for_conflicts_only() {
        let mut emitter = Emitter::new();
        emitter
            .push_dma(DmaCommand::new(), &[access(0, 128, true)])
            .unwrap();
        emitter
            .push_dma(DmaCommand::new(), &[access(128, 256, true)])
            .unwrap();
        // Reads the first buffer: waits for the first load only.
        emitter
            .push_tiu(
                TiuCommand::new(),
                &[access(0, 128, false), access(512, 640, true)],
            )
            .unwrap();
        // Overwrites the first buffer: waits for the computation that reads it.
        emitter
            .push_dma(DmaCommand::new(), &[access(64, 96, true)])
            .unwrap();
        // Reads what another command reads: no wait beyond what is already known.
        emitter
            .push_tiu(TiuCommand::new(), &[access(128, 256, false)])
            .unwrap();
        let group = emitter.finish().remove(0);
        let tiu: Vec<_> = group
            .tiu
            .iter()
            .map(|c| (c.cmd_id_tpu(), c.cmd_id_gdma()))
            .collect();
        let dma: Vec<_> = group.dma.iter().map(|c| (c.cmd_id(), c.eng0_sync_id())).collect();
        assert_eq!(tiu, [(1, 1), (2, 2)]);
        assert_eq!(dma, [(1, 0), (2, 0), (3, 1)]);
    }

    #[test]
    fn tables_have_places_of_their_own() {
        let mut emitter = Emitter::new();
        let (first, load) = emitter.place_table(0x1000);
        assert!(load);
        let (second, load) = emitter.place_table(0x2000);
        assert!(load && second == first + 1024);
        assert_eq!(emitter.place_table(0x1000), (first, false));
        for table in 2..TABLE_PLACES as u64 {
            let (place, load) = emitter.place_table((table + 1) * 0x1000);
            assert!(load && place < l2_table::INT_TO_FLOAT_CLAMPED);
        }
        // The oldest makes room.
        assert_eq!(emitter.place_table(1), (first, true));
        assert_eq!(emitter.place_table(0x1000), (second, true));
    }

    #[test]
    fn waits_never_go_back() {
        let mut emitter = Emitter::new();
        for index in 0..3 {
            emitter
                .push_dma(DmaCommand::new(), &[access(index * 128, index * 128 + 128, true)])
                .unwrap();
        }
        for index in [2, 0, 1] {
            emitter
                .push_tiu(
                    TiuCommand::new(),
                    &[access(index * 128, index * 128 + 128, false)],
                )
                .unwrap();
        }
        let group = emitter.finish().remove(0);
        assert!(group.tiu.iter().all(|command| command.cmd_id_gdma() == 3));
    }
}
