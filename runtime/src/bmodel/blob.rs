//! Bytes that are cheap to clone: a part of a mapped file or of a shared vector, or bytes that are made when they are
//! first looked at.

use memmap2::Mmap;
use sha2::{Digest, Sha256};
use std::{
    fmt,
    ops::{Deref, Range},
    sync::{Arc, LazyLock, OnceLock},
};

/// Bytes that belong to someone else.
pub type SharedBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

#[derive(Clone)]
enum Source {
    Owned(Arc<Vec<u8>>),
    Mapped(Arc<Mmap>),
    Parts(Arc<Parts>),
    Later(Arc<Later>),
}

type Later = LazyLock<Vec<u8>, Box<dyn FnOnce() -> Vec<u8> + Send>>;

/// Parts with zeros between them.
struct Parts {
    /// Each with its first byte, in order; none reaches into the next.
    parts: Vec<(usize, SharedBytes)>,
    length: usize,
    /// All in one, once somebody looked at it that way.
    joined: OnceLock<Vec<u8>>,
}

impl Parts {
    fn joined(&self) -> &[u8] {
        self.joined.get_or_init(|| {
            let mut bytes = vec![0; self.length];
            for (start, part) in &self.parts {
                let part = (**part).as_ref();
                bytes[*start..start + part.len()].copy_from_slice(part);
            }
            bytes
        })
    }
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

    /// `length` bytes that consist of parts, each with the place of its first byte, and zeros between them. The parts are not
    /// copied; only looking at the whole as one slice does that. `None` when a part begins before the end of the one before, or
    /// does not fit.
    pub fn of_parts(parts: Vec<(usize, SharedBytes)>, length: usize) -> Option<Self> {
        let mut end = 0;
        for (start, part) in &parts {
            if *start < end {
                return None;
            }
            end = start.checked_add((**part).as_ref().len())?;
        }
        (end <= length).then(|| Self {
            source: Source::Parts(Arc::new(Parts {
                parts,
                length,
                joined: OnceLock::new(),
            })),
            range: 0..length,
        })
    }

    /// The SHA-256 of a blob, which is computed when somebody looks at it.
    pub fn sha256_of(data: &Self) -> Self {
        let data = data.clone();
        let compute: Box<dyn FnOnce() -> Vec<u8> + Send> = Box::new(move || {
            let mut hash = Sha256::new();
            data.for_each_piece(|piece| hash.update(piece));
            hash.finalize().to_vec()
        });
        Self {
            source: Source::Later(Arc::new(LazyLock::new(compute))),
            range: 0..Sha256::output_size(),
        }
    }

    /// Number of bytes; known also of bytes that are not made yet.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Hands out all bytes in order, without putting parts together.
    pub fn for_each_piece(&self, mut take: impl FnMut(&[u8])) {
        let result = self.try_for_each_piece(|piece| {
            take(piece);
            Ok::<(), std::convert::Infallible>(())
        });
        result.unwrap_or_else(|never| match never {});
    }

    /// As [`Self::for_each_piece`], up to the first error.
    pub fn try_for_each_piece<E>(&self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        const ZEROS: [u8; 4096] = [0; 4096];
        let Source::Parts(parts) = &self.source else {
            return take(self);
        };
        let mut done = self.range.start;
        let mut upto = |from: usize, bytes: Option<&[u8]>| {
            // What the range has of the zeros before `from`, then of `bytes`.
            while done < from.min(self.range.end) {
                let zeros = (from.min(self.range.end) - done).min(ZEROS.len());
                take(&ZEROS[..zeros])?;
                done += zeros;
            }
            let bytes = bytes.unwrap_or_default();
            let end = (from + bytes.len()).min(self.range.end);
            if done < end {
                take(&bytes[done - from..end - from])?;
                done = end;
            }
            Ok(())
        };
        for (start, part) in &parts.parts {
            upto(*start, Some((**part).as_ref()))?;
        }
        upto(self.range.end, None)
    }

    /// Whether both are the same place of the same memory.
    fn is_same(&self, other: &Self) -> bool {
        let same_source = match (&self.source, &other.source) {
            (Source::Owned(one), Source::Owned(two)) => Arc::ptr_eq(one, two),
            (Source::Mapped(one), Source::Mapped(two)) => Arc::ptr_eq(one, two),
            (Source::Parts(one), Source::Parts(two)) => Arc::ptr_eq(one, two),
            (Source::Later(one), Source::Later(two)) => Arc::ptr_eq(one, two),
            _ => false,
        };
        same_source && self.range == other.range
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
            Source::Parts(parts) => &parts.joined()[self.range.clone()],
            Source::Later(bytes) => &bytes[self.range.clone()],
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
        self.is_same(other) || (self.len() == other.len() && **self == **other)
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

    #[test]
    fn parts_are_one_string() {
        let part = |bytes: &[u8]| -> SharedBytes { Arc::new(bytes.to_vec()) };
        let blob = Blob::of_parts(vec![(1, part(&[7, 8])), (3, part(&[9])), (6, part(&[]))], 6).unwrap();
        let pieces = |blob: &Blob| {
            let mut all = Vec::new();
            blob.for_each_piece(|piece| all.extend_from_slice(piece));
            all
        };
        let whole = [0, 7, 8, 9, 0, 0];
        for start in 0..6 {
            for size in 0..=6 - start {
                let slice = blob.slice(start, size).unwrap();
                let expected = &whole[start as usize..(start + size) as usize];
                assert_eq!(pieces(&slice), expected);
                assert_eq!(&*slice, expected);
            }
        }
        assert_eq!(Blob::sha256_of(&blob), Blob::from(Sha256::digest(whole).to_vec()));
        let long = Blob::of_parts(vec![(5000, part(&[1]))], 10_000).unwrap();
        assert_eq!(pieces(&long), *long);
        assert!(Blob::of_parts(vec![(1, part(&[7, 8])), (2, part(&[9]))], 9).is_none());
        assert!(Blob::of_parts(vec![(1, part(&[7, 8]))], 2).is_none());
    }
}
