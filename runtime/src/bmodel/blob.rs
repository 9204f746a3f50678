//! Bytes that are cheap to clone: a part of a mapped file or of a shared vector.

use memmap2::Mmap;
use std::{
    fmt,
    ops::{Deref, Range},
    sync::Arc,
};

#[derive(Clone)]
enum Source {
    Owned(Arc<Vec<u8>>),
    Mapped(Arc<Mmap>),
}

/// A shared, immutable byte string. Two blobs are equal when their bytes are.
#[derive(Clone)]
pub struct Blob {
    source: Source,
    range: Range<usize>,
}

impl Blob {
    pub(super) fn mapped(map: Mmap) -> Self {
        let range = 0..map.len();
        Self {
            source: Source::Mapped(Arc::new(map)),
            range,
        }
    }

    /// The bytes `start .. start + size` of this blob, without copying; `None` when they are not all inside.
    pub fn slice(&self, start: u64, size: u64) -> Option<Self> {
        let end = start.checked_add(size)?;
        if end > self.len() as u64 {
            return None;
        }
        let base = self.range.start;
        Some(Self {
            source: self.source.clone(),
            range: base + start as usize..base + end as usize,
        })
    }
}

impl Deref for Blob {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.source {
            Source::Owned(bytes) => &bytes[self.range.clone()],
            Source::Mapped(map) => &map[self.range.clone()],
        }
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len();
        Self {
            source: Source::Owned(Arc::new(bytes)),
            range,
        }
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl Default for Blob {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Blob {}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_share_and_are_checked() {
        let blob = Blob::from(vec![1, 2, 3, 4, 5]);
        let middle = blob.slice(1, 3).unwrap();
        assert_eq!(&*middle, [2, 3, 4]);
        assert_eq!(&*middle.slice(2, 1).unwrap(), [4]);
        assert_eq!(middle.slice(2, 2), None);
        assert_eq!(blob.slice(u64::MAX, 2), None);
        assert_eq!(middle, Blob::from(vec![2, 3, 4]));
    }
}
