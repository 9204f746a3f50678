//! The one place that maps a file into memory.
//!
//! Safety of the mapping: the file is opened read-only and mapped privately, the map is only ever seen as a shared
//! byte slice whose content is not assumed to be anything (every reader checks what it reads). What remains is
//! another process that truncates the file while it is in use; files that this program writes are replaced by
//! renaming, never changed in place, so its own commands cannot do that to each other.
#![allow(unsafe_code)]

use memmap2::Mmap;
use std::{fs::File, io, path::Path};

/// Maps a whole file. An empty file is an empty map.
pub(super) fn map_file(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    // SAFETY: see the module's documentation.
    unsafe { Mmap::map(&file) }
}
