//! The npz format: a zip archive of npy files, one per tensor.
//!
//! Order of entries is kept both ways. Written archives are the same bytes for the same tensors: entries carry zip's
//! earliest date (1980-01-01) and are compressed independently. numpy reads them, and they read numpy's.
//!
//! 16-bit floats: `float16` is numpy's own type and stays so. bf16 has none; as in TPU-MLIR its bits are stored as
//! `uint16`, which [`Tensor::u16_as_bf16`] turns back where the reader knows what they are.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rayon::prelude::*;
use zip::write::{PreparedZipFile, SimpleFileOptions, ZipFileBuilder};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, result::ZipError};

use super::file::{PendingFile, SharedFile};
use super::npy::{self, NpyHeader, content_error};
use super::{DataError, Tensor, TensorMap};

/// How the entries of an archive are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// As they are: fast, as `numpy.savez` writes. For weights.
    #[default]
    Stored,
    /// Deflated, as `numpy.savez_compressed` writes. For tensors kept as a reference.
    Deflated,
}

/// DEFLATE cannot expand a byte into more than this many; an entry that claims more is a lie.
const LARGEST_EXPANSION: u64 = 1032;

/// Reads a whole archive, tensors in its order.
///
/// # Errors
/// [`DataError`] naming the file, and the tensor where it is one.
pub fn read(path: &Path) -> Result<TensorMap, DataError> {
    NpzReader::open(path)?.load_all()
}

/// Writes an archive with tensors in the order given.
///
/// # Errors
/// [`DataError::Io`]; nothing is left behind then. Two tensors of one name are an error.
pub fn write<'a>(
    path: &Path,
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    compression: Compression,
) -> Result<(), DataError> {
    let mut writer = NpzWriter::create(path, compression)?;
    let tensors: Vec<(&str, &Tensor)> = tensors.into_iter().collect();
    // Compressing is the slow part and is done side by side, a few tensors at a time to bound the memory.
    let group = if compression == Compression::Deflated {
        rayon::current_num_threads() * 2
    } else {
        1
    };
    for tensors in tensors.chunks(group) {
        if let [(name, tensor)] = tensors {
            writer.add(name, tensor)?;
            continue;
        }
        let prepared: Vec<PreparedZipFile> = tensors
            .par_iter()
            .map(|(name, tensor)| {
                prepare(name, tensor, compression).map_err(|error| zip_error("write", path, error))
            })
            .collect::<Result<_, _>>()?;
        for entry in prepared {
            writer
                .zip
                .add_prepared_file(entry)
                .map_err(|error| zip_error("write", path, error))?;
        }
    }
    writer.finish()
}

/// [`write`] of a whole [`TensorMap`].
///
/// # Errors
/// As [`write`].
pub fn write_map(path: &Path, tensors: &TensorMap, compression: Compression) -> Result<(), DataError> {
    write(
        path,
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)),
        compression,
    )
}

/// An open archive whose tensors are loaded one by one when asked for.
///
/// It is shared between threads by reference: every load reads at its own position of the file.
pub struct NpzReader {
    path: PathBuf,
    archive: ZipArchive<SharedFile>,
    entries: IndexMap<String, usize>,
}

/// The file with a right zip64 end. In archives above some MiB TPU-MLIR writes 68 (0x44) as the size of the zip64 end
/// record, where 44 bytes follow, and lets its locator point into the directory; numpy looks at neither.
fn with_true_zip64_end(mut file: SharedFile) -> io::Result<SharedFile> {
    /// Bytes of the zip64 end record, its locator and the end record.
    const TAIL: usize = 56 + 20 + 22;
    let Some(start) = file.length().checked_sub(TAIL as u64) else {
        return Ok(file);
    };
    let mut tail = [0; TAIL];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let signed = tail.starts_with(b"PK\x06\x06")
        && tail[56..].starts_with(b"PK\x06\x07")
        && tail[76..].starts_with(b"PK\x05\x06");
    if !signed || tail[4..12] != 0x44_u64.to_le_bytes() {
        return Ok(file);
    }
    tail[4..12].copy_from_slice(&44_u64.to_le_bytes());
    tail[64..72].copy_from_slice(&start.to_le_bytes());
    Ok(file.substituting(start, &tail))
}

impl NpzReader {
    /// Opens an archive and reads its directory, not the tensors.
    ///
    /// # Errors
    /// [`DataError`] when the file cannot be read or is not a zip archive.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = with_true_zip64_end(SharedFile::open(path)?)
            .map_err(|source| DataError::io("read", path, source))?;
        let archive = ZipArchive::new(file).map_err(|error| match error {
            ZipError::InvalidArchive(reason) => {
                DataError::malformed(path, format!("not an npz archive, or a truncated one ({reason})"))
            }
            error => zip_error("read", path, error),
        })?;
        let mut entries = IndexMap::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive
                .by_index_data(index)
                .map_err(|error| zip_error("read", path, error))?;
            if entry.is_dir() {
                continue;
            }
            // Some writers store UTF-8 names without saying so.
            let name = match std::str::from_utf8(entry.name_raw()) {
                Ok(name) => name.to_string(),
                Err(_) => entry
                    .name()
                    .map_err(|error| zip_error("read", path, error))?
                    .into_owned(),
            };
            let name = name.strip_suffix(".npy").map(str::to_string).unwrap_or(name);
            entries.insert(name, index);
        }
        Ok(Self {
            path: path.to_path_buf(),
            archive,
            entries,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of the tensors in the archive's order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Number of tensors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when the archive has no tensor.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// True when there is a tensor of that name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Element type and shape of a tensor, without its elements.
    ///
    /// # Errors
    /// As [`NpzReader::load`].
    pub fn header(&self, name: &str) -> Result<NpyHeader, DataError> {
        self.with_entry(name, |entry, _| npy::read_header(entry))
    }

    /// Loads a tensor.
    ///
    /// # Errors
    /// [`DataError::NoSuchTensor`] with the names there are, [`DataError::Malformed`] when the entry is damaged.
    pub fn load(&self, name: &str) -> Result<Tensor, DataError> {
        self.with_entry(name, |entry, available| {
            let tensor = npy::read_from(entry, available)?;
            // Reading to the end is what makes the archive's check sum be looked at.
            io::copy(&mut entry.take(64), &mut io::sink())?;
            Ok(tensor)
        })
    }

    /// Loads every tensor, in the archive's order.
    ///
    /// # Errors
    /// As [`NpzReader::load`].
    pub fn load_all(&self) -> Result<TensorMap, DataError> {
        let names: Vec<&str> = self.names().collect();
        let tensors: Vec<Tensor> = names
            .par_iter()
            .map(|name| self.load(name))
            .collect::<Result<_, _>>()?;
        Ok(names.into_iter().map(str::to_string).zip(tensors).collect())
    }

    fn with_entry<T>(
        &self,
        name: &str,
        read: impl FnOnce(&mut dyn Read, u64) -> io::Result<T>,
    ) -> Result<T, DataError> {
        let &index = self
            .entries
            .get(name)
            .ok_or_else(|| DataError::no_such_tensor(&self.path, name, self.names()))?;
        let mut archive = self.archive.clone();
        let mut entry = archive
            .by_index(index)
            .map_err(|error| zip_error("read", &self.path, error))?;
        let available = entry
            .size()
            .min(entry.compressed_size().saturating_mul(LARGEST_EXPANSION));
        read(&mut entry, available).map_err(|error| content_error(&self.path, Some(name), error))
    }
}

/// An archive under construction, tensor by tensor. Dropped without [`NpzWriter::finish`], it leaves nothing behind.
pub struct NpzWriter {
    path: PathBuf,
    zip: ZipWriter<PendingFile>,
    compression: Compression,
}

impl NpzWriter {
    /// Begins an archive.
    ///
    /// # Errors
    /// [`DataError::Io`] when the file cannot be created there.
    pub fn create(path: &Path, compression: Compression) -> Result<Self, DataError> {
        let zip = ZipWriter::new(PendingFile::create(path)?);
        Ok(Self {
            path: path.to_path_buf(),
            zip,
            compression,
        })
    }

    /// Appends a tensor.
    ///
    /// # Errors
    /// [`DataError::Io`] when the disk is full; an error when there is a tensor of that name already.
    pub fn add(&mut self, name: &str, tensor: &Tensor) -> Result<(), DataError> {
        self.try_add(name, tensor)
            .map_err(|error| zip_error("write", &self.path, error))
    }

    fn try_add(&mut self, name: &str, tensor: &Tensor) -> Result<(), ZipError> {
        if self.compression == Compression::Deflated {
            return self
                .zip
                .add_prepared_file(prepare(name, tensor, self.compression)?);
        }
        self.zip
            .start_file(entry_name(name), entry_options(tensor, self.compression))?;
        Ok(npy::write_to(&mut self.zip, tensor)?)
    }

    /// Completes the archive and gives the file its name.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub fn finish(self) -> Result<(), DataError> {
        let Self { path, zip, .. } = self;
        zip.finish()
            .map_err(|error| zip_error("write", &path, error))?
            .commit()
    }
}

fn prepare(name: &str, tensor: &Tensor, compression: Compression) -> Result<PreparedZipFile, ZipError> {
    let mut builder = ZipFileBuilder::new(entry_name(name), entry_options(tensor, compression))?;
    npy::write_to(&mut builder, tensor)?;
    builder.finish()
}

fn entry_name(name: &str) -> String {
    format!("{name}.npy")
}

fn entry_options(tensor: &Tensor, compression: Compression) -> SimpleFileOptions {
    let size = tensor.len() as u64 * tensor.dtype().size_bytes() as u64;
    SimpleFileOptions::default()
        .compression_method(match compression {
            Compression::Stored => CompressionMethod::Stored,
            Compression::Deflated => CompressionMethod::Deflated,
        })
        .last_modified_time(DateTime::default())
        .system(zip::System::Unix)
        .unix_permissions(0o644)
        // Room for the npy header and for what an incompressible entry grows by.
        .large_file(size > u64::from(u32::MAX) - (1 << 24))
}

fn zip_error(action: &'static str, path: &Path, error: ZipError) -> DataError {
    match error {
        ZipError::Io(source) => match source.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof if action == "read" => {
                content_error(path, None, source)
            }
            _ => DataError::io(action, path, source),
        },
        error => DataError::malformed(path, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_zip64_end_is_read_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big.npz");
        let mut writer = NpzWriter::create(&path, Compression::Stored).unwrap();
        let tensor = Tensor::from_vec(&[2], vec![1_f32, 2.0]).unwrap();
        writer.add("a", &tensor).unwrap();
        writer.finish().unwrap();
        // The same archive as TPU-MLIR ends large ones.
        let bytes = std::fs::read(&path).unwrap();
        let (rest, end) = bytes.split_at(bytes.len() - 22);
        assert!(end.starts_with(b"PK\x05\x06"));
        let mut big = rest.to_vec();
        big.extend(b"PK\x06\x06");
        big.extend(0x44_u64.to_le_bytes());
        big.extend([45, 0, 45, 0]);
        big.extend([0; 8]);
        big.extend(1_u64.to_le_bytes());
        big.extend(1_u64.to_le_bytes());
        big.extend(u64::from(u32::from_le_bytes(end[12..16].try_into().unwrap())).to_le_bytes());
        big.extend(u64::from(u32::from_le_bytes(end[16..20].try_into().unwrap())).to_le_bytes());
        big.extend(b"PK\x06\x07");
        big.extend([0; 4]);
        big.extend(u64::from(u32::from_le_bytes(end[16..20].try_into().unwrap()) + 56).to_le_bytes());
        big.extend(1_u32.to_le_bytes());
        big.extend(&end[..16]);
        big.extend(u32::MAX.to_le_bytes());
        big.extend(&end[20..]);
        std::fs::write(&path, big).unwrap();
        assert_eq!(NpzReader::open(&path).unwrap().load("a").unwrap(), tensor);
    }
    use crate::data::DType;

    fn samples() -> TensorMap {
        let bytes: Vec<u8> = (0..48_u8).map(|index| index % 2).collect();
        let mut map = TensorMap::new();
        for dtype in DType::ALL {
            let shape = [2, 24 / dtype.size_bytes()];
            map.insert(
                format!("z/{dtype}:0"),
                Tensor::from_bytes(dtype, &shape, &bytes).unwrap(),
            );
        }
        map.insert(
            "output_Conv/π".into(),
            Tensor::from_vec(&[], vec![1.25_f32]).unwrap(),
        );
        map.insert(
            "empty".into(),
            Tensor::from_vec(&[0, 3], Vec::<f32>::new()).unwrap(),
        );
        map.insert(
            "a".into(),
            Tensor::from_vec(&[5000], vec![0.5_f32; 5000]).unwrap(),
        );
        map
    }

    #[test]
    fn archives_round_trip_and_are_deterministic() {
        let directory = tempfile::tempdir().unwrap();
        for compression in [Compression::Stored, Compression::Deflated] {
            let tensors = samples();
            let (first, second) = (directory.path().join("a.npz"), directory.path().join("b.npz"));
            write_map(&first, &tensors, compression).unwrap();
            let mut writer = NpzWriter::create(&second, compression).unwrap();
            for (name, tensor) in &tensors {
                writer.add(name, tensor).unwrap();
            }
            writer.finish().unwrap();
            let bytes = std::fs::read(&first).unwrap();
            assert!(bytes == std::fs::read(&second).unwrap(), "{compression:?}");
            let loaded = read(&first).unwrap();
            assert_eq!(
                loaded.keys().collect::<Vec<_>>(),
                tensors.keys().collect::<Vec<_>>()
            );
            for (name, tensor) in tensors {
                assert_eq!(loaded[&name], tensor.half_as_bf16_only(), "{name}");
            }
        }
    }

    impl Tensor {
        /// What bf16 becomes in a file.
        fn half_as_bf16_only(self) -> Self {
            if self.dtype() == DType::BF16 {
                self.half_as_u16()
            } else {
                self
            }
        }
    }

    #[test]
    fn one_tensor_is_loaded_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npz");
        write_map(&path, &samples(), Compression::Stored).unwrap();
        let reader = NpzReader::open(&path).unwrap();
        let header = reader.header("z/int8:0").unwrap();
        assert_eq!((header.dtype, header.shape), (DType::I8, vec![2, 24]));
        assert_eq!(reader.load("output_Conv/π").unwrap().to_f32().sum(), 1.25);
        let error = reader.load("b").unwrap_err().to_string();
        assert!(
            error.contains("no tensor named 'b'; it has z/float32:0, "),
            "{error}"
        );
    }

    #[test]
    fn damaged_archives_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npz");
        write_map(&path, &samples(), Compression::Deflated).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let damaged = directory.path().join("b.npz");
        for length in (0..whole.len()).step_by(37) {
            std::fs::write(&damaged, &whole[..length]).unwrap();
            let error = read(&damaged).unwrap_err().to_string();
            assert!(error.contains("b.npz"), "{error}");
        }
        for place in (0..whole.len()).step_by(11) {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x55;
            std::fs::write(&damaged, &bytes).unwrap();
            let _ = read(&damaged); // Harmless fields may change; nothing may panic.
        }
        assert!(
            read(&directory.path().join("none.npz"))
                .unwrap_err()
                .to_string()
                .contains("cannot read")
        );
    }

    #[test]
    fn two_tensors_of_one_name_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npz");
        let tensor = Tensor::from_vec(&[1], vec![1_u8]).unwrap();
        assert!(write(&path, [("a", &tensor), ("a", &tensor)], Compression::Stored).is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
