//! Caffe's data sets, which TPU-NNTC calibrates on: LMDB files whose records are `Datum` messages.
//!
//! A record is a picture (the bytes of an image file, or samples channel by channel in the order blue, green, red) or the
//! network's input itself as floats. LMDB files are for the machine's byte order and word size, as LMDB has it.
//!
//! Why `unsafe` is sound here: LMDB maps the file. It must not be changed by others while it is read, which is what the users of
//! any mapped file promise; it is opened for reading only, and not at all if pages that its own directory counts are missing.
#![allow(unsafe_code)]

use super::image::{self, ColorMode, Image};
use super::{DataError, file::SharedFile};
use heed::types::Bytes;
use heed::{CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions, WithoutTls};
use ndarray::{ArrayD, IxDyn};
use prost::Message;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file inside a folder that is a data set.
pub const FILE_NAME: &str = "data.mdb";

/// Caffe's record.
#[derive(Clone, PartialEq, Message)]
pub struct Datum {
    /// Channels of the picture or the tensor.
    #[prost(int32, optional, tag = "1")]
    pub channels: Option<i32>,
    /// Rows.
    #[prost(int32, optional, tag = "2")]
    pub height: Option<i32>,
    /// Columns.
    #[prost(int32, optional, tag = "3")]
    pub width: Option<i32>,
    /// 8-bit samples, or the bytes of an image file.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub data: Option<Vec<u8>>,
    /// Class of the picture.
    #[prost(int32, optional, tag = "5")]
    pub label: Option<i32>,
    /// Elements of a tensor.
    #[prost(float, repeated, packed = "false", tag = "6")]
    pub float_data: Vec<f32>,
    /// `data` is an image file.
    #[prost(bool, optional, tag = "7")]
    pub encoded: Option<bool>,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A picture.
    Picture(Image),
    /// `[channels, height, width]`
    Tensor(ArrayD<f32>),
}

/// An open data set.
pub struct Lmdb {
    path: PathBuf,
    env: Env<WithoutTls>,
    database: Database<'static, Bytes, Bytes>,
}

impl std::fmt::Debug for Lmdb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lmdb")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The LMDB file that `path` means, itself or inside it.
#[must_use]
pub fn file_of(path: &Path) -> Option<PathBuf> {
    let inside = path.join(FILE_NAME);
    if inside.is_file() {
        return Some(inside);
    }
    let is_named_so = path.extension().is_some_and(|extension| extension == "mdb");
    (is_named_so && path.is_file()).then(|| path.to_path_buf())
}

impl Lmdb {
    /// Opens an LMDB file for reading. No lock file is made or looked at.
    ///
    /// # Errors
    /// [`DataError`] when the file cannot be read, is no LMDB file, or is cut off.
    pub fn open(file: &Path) -> Result<Self, DataError> {
        check_whole(file)?;
        let fail = |error: heed::Error| {
            DataError::malformed(file, format!("not a readable LMDB data set ({error})"))
        };
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        // SAFETY: reading without lock files is right for a file that nobody writes, see the module's head.
        unsafe { options.flags(EnvFlags::READ_ONLY | EnvFlags::NO_LOCK | EnvFlags::NO_SUB_DIR) };
        // SAFETY: see the module's head.
        let env = unsafe { options.open(file) }.map_err(fail)?;
        let transaction = env.read_txn().map_err(fail)?;
        let database = env
            .open_databases_and_commit(transaction, |opener, transaction| {
                opener
                    .open_database::<Bytes, Bytes>(transaction, None)
                    .map(CommitOrAbort::<_, ()>::Commit)
            })
            .map_err(fail)?
            .commit()
            .flatten()
            .ok_or_else(|| DataError::malformed(file, "has no unnamed database"))?;
        Ok(Self {
            path: file.to_path_buf(),
            env,
            database,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn error(&self, error: &heed::Error) -> DataError {
        DataError::malformed(&self.path, format!("cannot be read ({error})"))
    }

    /// Keys and sizes of the records in the order of the database.
    ///
    /// # Errors
    /// [`DataError`] when the file is damaged.
    pub fn keys(&self) -> Result<Vec<(Vec<u8>, usize)>, DataError> {
        let transaction = self.env.read_txn().map_err(|error| self.error(&error))?;
        let records = self
            .database
            .iter(&transaction)
            .map_err(|error| self.error(&error))?;
        records
            .map(|record| {
                let (key, value) = record.map_err(|error| self.error(&error))?;
                Ok((key.to_vec(), value.len()))
            })
            .collect()
    }

    /// The name of a record in messages.
    #[must_use]
    pub fn name(&self, key: &[u8]) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!("[{}]", String::from_utf8_lossy(key)));
        name.into()
    }

    /// Reads a record, pictures with the colours of `mode`.
    ///
    /// # Errors
    /// [`DataError::Picture`] when it is no `Datum` or its picture does not decode.
    pub fn record(&self, key: &[u8], mode: ColorMode) -> Result<Record, DataError> {
        let transaction = self.env.read_txn().map_err(|error| self.error(&error))?;
        let bytes = self
            .database
            .get(&transaction, key)
            .map_err(|error| self.error(&error))?
            .unwrap_or_default();
        record_of(bytes, mode).map_err(|reason| DataError::Picture {
            path: self.name(key),
            reason,
        })
    }
}

/// What the bytes of a record hold.
///
/// # Errors
/// A sentence about what is wrong with them.
pub fn record_of(bytes: &[u8], mode: ColorMode) -> Result<Record, String> {
    let datum = Datum::decode(bytes).map_err(|error| format!("the record is no Caffe Datum ({error})"))?;
    let data = datum.data.as_deref().unwrap_or_default();
    if datum.encoded() {
        return image::decode(data, mode).map(Record::Picture);
    }
    let extent = |value: Option<i32>| usize::try_from(value.unwrap_or(0)).unwrap_or(0);
    let sizes = [datum.channels, datum.height, datum.width].map(extent);
    let length = sizes
        .iter()
        .try_fold(1usize, |length, size| length.checked_mul(*size))
        .unwrap_or(0);
    let [channels, height, width] = sizes;
    let found = if datum.float_data.is_empty() {
        data.len()
    } else {
        datum.float_data.len()
    };
    if length == 0 || found != length {
        return Err(format!(
            "the record holds {found} elements, its extents are {channels} x {height} x {width}"
        ));
    }
    if !datum.float_data.is_empty() {
        return ArrayD::from_shape_vec(IxDyn(&sizes), datum.float_data)
            .map(Record::Tensor)
            .map_err(|error| error.to_string());
    }
    let planes: Vec<&[u8]> = data.chunks_exact(height * width).collect();
    image::from_planes(&planes, width, height, mode).map(Record::Picture)
}

/// Refuses what is no LMDB file of this machine, and files from which pages are missing: reading these would end the
/// process. Checked is what the two copies of LMDB's own directory say.
fn check_whole(path: &Path) -> Result<(), DataError> {
    /// Where a page's content begins, and the size of what stands there.
    const HEADER: usize = 16;
    const META: usize = 136;
    const MAGIC: u32 = 0xBEEF_C0DE;
    let wrong = |reason: String| Err(DataError::malformed(path, reason));
    let mut file = SharedFile::open(path)?;
    let length = file.length();
    let mut start = Vec::new();
    file.by_ref()
        .take(1 << 17)
        .read_to_end(&mut start)
        .map_err(|source| DataError::io("read", path, source))?;
    let u32_at = |place: usize| -> Option<u32> {
        let bytes = start.get(place..place + 4)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    let u64_at = |place: usize| -> Option<u64> {
        let bytes = start.get(place..place + 8)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    };
    if u32_at(HEADER) != Some(MAGIC) || u32_at(HEADER + 4) != Some(1) {
        return wrong("not an LMDB file of this kind of machine".to_owned());
    }
    let page = u32_at(HEADER + 24).map_or(0, |size| size as usize);
    if !page.is_power_of_two() || !(256..=1 << 16).contains(&page) {
        return wrong("the LMDB file is damaged: its page size is not possible".to_owned());
    }
    let metas = [HEADER, page + HEADER];
    let newest = metas
        .into_iter()
        .filter(|meta| start.len() >= meta + META && u32_at(*meta) == Some(MAGIC))
        .max_by_key(|meta| u64_at(meta + 128));
    let Some(newest) = newest else {
        return wrong("the LMDB file is cut off".to_owned());
    };
    // Branch, leaf and overflow pages of the free list and of the records, and the two pages of the directory.
    let pages = [32, 40, 48, 80, 88, 96]
        .into_iter()
        .try_fold(2u64, |sum, place| sum.checked_add(u64_at(newest + place)?))
        .and_then(|pages| pages.checked_mul(page as u64));
    match pages {
        Some(pages) if pages <= length => Ok(()),
        _ => wrong(format!(
            "the LMDB file is cut off: it has {length} bytes and needs {}",
            pages.map_or("more".to_owned(), |pages| pages.to_string())
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{Dataset, InputSpec};
    use crate::data::preprocess::{ChannelFormat, Preprocess};

    /// Writes a data set.
    fn write(folder: &Path, records: &[(&str, Datum)]) {
        // SAFETY: the file is the test's own.
        let env = unsafe { EnvOpenOptions::new().map_size(1 << 20).open(folder) }.unwrap();
        let transaction = env.write_txn().unwrap();
        let database: Database<'_, Bytes, Bytes> = env
            .create_databases_and_commit(transaction, |opener, transaction| {
                opener
                    .create_database(transaction, None)
                    .map(CommitOrAbort::<_, ()>::Commit)
            })
            .unwrap()
            .unwrap_commit();
        let mut transaction = env.write_txn().unwrap();
        for (key, datum) in records {
            database
                .put(&mut transaction, key.as_bytes(), &datum.encode_to_vec())
                .unwrap();
        }
        transaction.commit().unwrap();
    }

    fn raw(sizes: [i32; 3], data: &[u8]) -> Datum {
        Datum {
            channels: Some(sizes[0]),
            height: Some(sizes[1]),
            width: Some(sizes[2]),
            data: Some(data.to_vec()),
            ..Datum::default()
        }
    }

    fn floats(sizes: [i32; 3], data: &[f32]) -> Datum {
        Datum {
            data: None,
            float_data: data.to_vec(),
            ..raw(sizes, &[])
        }
    }

    fn spec(shape: &[usize]) -> [InputSpec; 1] {
        [InputSpec {
            name: "x".into(),
            shape: shape.to_vec(),
            preprocess: Preprocess::for_input(shape, ChannelFormat::Nchw),
        }]
    }

    #[test]
    fn records_of_every_kind() {
        let picture = |bytes: &[u8], mode| match record_of(bytes, mode) {
            Ok(Record::Picture(image)) => (image.channels, image.samples),
            other => panic!("{other:?}"),
        };
        // One row of two pixels: blue 1 2, green 3 4, red 5 6.
        let color = raw([3, 1, 2], &[1, 2, 3, 4, 5, 6]).encode_to_vec();
        assert_eq!(picture(&color, ColorMode::Bgr), (3, vec![1, 3, 5, 2, 4, 6]));
        assert_eq!(
            picture(&color, ColorMode::Rgba),
            (4, vec![5, 3, 1, 255, 6, 4, 2, 255])
        );
        assert_eq!(picture(&color, ColorMode::Gray), (1, vec![3, 4]));
        let gray = raw([1, 1, 2], &[7, 8]).encode_to_vec();
        assert_eq!(picture(&gray, ColorMode::Bgr), (3, vec![7, 7, 7, 8, 8, 8]));
        assert_eq!(picture(&gray, ColorMode::Gray), (1, vec![7, 8]));
        let tensor = record_of(&floats([2, 1, 1], &[0.5, -1.0]).encode_to_vec(), ColorMode::Bgr);
        let wanted = ArrayD::from_shape_vec(IxDyn(&[2, 1, 1]), vec![0.5, -1.0]).unwrap();
        assert_eq!(tensor, Ok(Record::Tensor(wanted)));
        for (bytes, wanted) in [
            (
                raw([3, 1, 2], &[1]).encode_to_vec(),
                "holds 1 elements, its extents are 3 x 1 x 2",
            ),
            (raw([2, 1, 1], &[1, 2]).encode_to_vec(), "2 channels"),
            (raw([-3, 1, 2], &[1; 6]).encode_to_vec(), "extents are 0 x 1 x 2"),
            (
                Datum {
                    encoded: Some(true),
                    ..raw([3, 1, 1], b"GIF")
                }
                .encode_to_vec(),
                "known kind",
            ),
            (b"no message".to_vec(), "no Caffe Datum"),
            (Vec::new(), "holds 0 elements"),
        ] {
            let error = record_of(&bytes, ColorMode::Bgr).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn a_data_set_is_read_in_the_order_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (pictures, records) = (folder.path().join("pictures"), folder.path().join("lmdb"));
        for folder in [&pictures, &records] {
            std::fs::create_dir(folder).unwrap();
        }
        let mut datums = Vec::new();
        for index in 0..7u8 {
            let name = format!("{index}.png");
            let pixels = ::image::RgbImage::from_fn(3, 2, |x, y| ::image::Rgb([index * 9, x as u8, y as u8]));
            pixels.save(pictures.join(&name)).unwrap();
            let datum = if index % 2 == 0 {
                let plane = |channel: usize| pixels.pixels().map(move |pixel| pixel.0[channel]);
                let data: Vec<u8> = plane(2).chain(plane(1)).chain(plane(0)).collect();
                raw([3, 2, 3], &data)
            } else {
                Datum {
                    encoded: Some(true),
                    ..raw([3, 2, 3], &std::fs::read(pictures.join(&name)).unwrap())
                }
            };
            datums.push((name, datum));
        }
        let datums: Vec<(&str, Datum)> = datums
            .iter()
            .map(|(name, datum)| (name.as_str(), datum.clone()))
            .collect();
        write(&records, &datums);
        for batch in [1, 3] {
            let specs = spec(&[batch, 3, 2, 3]);
            let load = |folder: &Path| -> Vec<ArrayD<f32>> {
                let dataset = Dataset::from_folder(folder, 5).unwrap();
                let batches = dataset.batches(&specs).unwrap();
                (0..batches.len())
                    .flat_map(|index| batches.load(index).unwrap())
                    .collect()
            };
            let (ours, theirs) = (load(&records), load(&pictures));
            assert_eq!(ours.len(), 5usize.div_ceil(batch));
            assert_eq!(ours, theirs);
        }
        // The file itself may be named, too; a broken record is left out.
        let renamed = folder.path().join("other.mdb");
        std::fs::copy(records.join(FILE_NAME), &renamed).unwrap();
        assert_eq!(Dataset::from_folder(&renamed, 0).unwrap().len(), 7);
    }

    #[test]
    fn tensors_must_fit_and_broken_records_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let tensor = floats([1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
        write(folder.path(), &[("a", tensor), ("b", raw([3, 1, 1], &[1]))]);
        let dataset = Dataset::from_folder(folder.path(), 0).unwrap();
        let fitting = spec(&[1, 1, 2, 2]);
        let mut batches = dataset.batches(&fitting).unwrap();
        let error = (0..3)
            .find_map(|index| batches.load_or_skip(index).err())
            .unwrap()
            .to_string();
        assert!(
            error.contains("1 of 2 samples do not decode") && error.contains("data.mdb[b]"),
            "{error}"
        );
        let other = spec(&[1, 1, 1, 4]);
        let batches = dataset.batches(&other).unwrap();
        let errors: Vec<String> = (0..2)
            .filter_map(|index| batches.load(index).err())
            .map(|error| error.to_string())
            .collect();
        assert!(
            errors.iter().any(|error| error
                .contains("holds a tensor of 1 x 2 x 2, the network's input 'x' has [1, 1, 1, 4]")),
            "{errors:?}"
        );
        let two = [spec(&[1, 1, 2, 2]), spec(&[1, 1, 2, 2])].concat();
        let error = dataset.batches(&two).unwrap_err().to_string();
        assert!(error.contains("one input"), "{error}");
    }

    #[test]
    fn what_is_no_lmdb_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good");
        std::fs::create_dir(&good).unwrap();
        let big = raw([3, 50, 50], &[5; 7500]);
        write(&good, &[("a", big.clone()), ("b", big.clone()), ("c", big)]);
        let bytes = std::fs::read(good.join(FILE_NAME)).unwrap();
        let file = folder.path().join("x.mdb");
        let error = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            Lmdb::open(&file).unwrap_err().to_string()
        };
        assert!(error(b"").contains("not an LMDB file"));
        assert!(error(&bytes[..4096]).contains("cut off"));
        assert!(error(&bytes[..bytes.len() - 4096]).contains("cut off: it has"));
        let mut strange = bytes.clone();
        strange[40] = 3;
        assert!(error(&strange).contains("page size"));
        let empty = folder.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        write(&empty, &[]);
        let error = Dataset::from_folder(&empty, 0).unwrap_err().to_string();
        assert!(error.contains("has no record"), "{error}");
    }
}
