//! Calibration data: which samples, in which order.
//!
//! Selection is TPU-MLIR's, so that both tools calibrate on the same pictures: all files of a folder and its
//! subfolders, sorted by path, shuffled by Python's generator seeded with 1684, the first N. Files are of one kind.
//! Records of an LMDB data set are chosen by their keys as files are by their names, so that the same pictures under keys
//! of the same order are the same samples.

use super::DataError;
use super::batches::{Batches, Filling};
use super::lmdb::{self, Lmdb};
use super::preprocess::{FileKind, Preprocess, load_from_npz};
use super::random::PythonRandom;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Seed of the selection.
const SEED: u32 = 1684;
/// Folders in folders that are searched.
const DEEPEST_FOLDER: usize = 64;

/// A list of samples, all of one kind.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// What names are relative to when two lists are compared.
    root: PathBuf,
    samples: Samples,
}

#[derive(Clone, Debug)]
enum Samples {
    /// Files of every sample: one npz, or one npy or picture per network input.
    Files { files: Vec<Vec<String>>, kind: FileKind },
    /// Keys and sizes of records.
    Records {
        database: Arc<Lmdb>,
        keys: Vec<(Vec<u8>, usize)>,
    },
}

/// Where a sample of one input is.
pub(super) enum Piece<'a> {
    File(&'a Path, FileKind),
    Record(&'a Lmdb, &'a [u8]),
}

/// One input of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// Its name, which is that of its tensor in an npz sample.
    pub name: String,
    /// Its shape, batch included.
    pub shape: Vec<usize>,
    /// What to do with pictures.
    pub preprocess: Preprocess,
}

impl Dataset {
    /// Selects `count` files (0: all) of a folder, or records where the folder (or the file) is an LMDB data set.
    ///
    /// # Errors
    /// [`DataError`] when the folder cannot be read or has no file of a known kind, or files of several kinds.
    pub fn from_folder(folder: &Path, count: usize) -> Result<Self, DataError> {
        if let Some(file) = lmdb::file_of(folder) {
            return Self::from_lmdb(&file, count);
        }
        let mut files = Vec::new();
        let normalized: PathBuf = folder
            .components()
            .filter(|part| *part != Component::CurDir)
            .collect();
        let start = if normalized.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &normalized
        };
        collect_files(start, &normalized, 0, &mut files)?;
        files.sort_unstable();
        select(&mut files, count);
        Self::new(folder, files)
    }

    fn from_lmdb(file: &Path, count: usize) -> Result<Self, DataError> {
        let database = Lmdb::open(file)?;
        let mut keys = database.keys()?;
        if keys.is_empty() {
            return Err(DataError::malformed(file, "the data set has no record"));
        }
        select(&mut keys, count);
        Ok(Self {
            root: file.to_path_buf(),
            samples: Samples::Records {
                database: Arc::new(database),
                keys,
            },
        })
    }

    /// Reads a list: one sample per line, either an npz or, joined by commas, one npy or picture per network input.
    /// Blank lines are skipped; with `count` not 0, only the first `count` are taken.
    ///
    /// # Errors
    /// [`DataError`] as [`Dataset::from_folder`], and when a file of the list does not exist.
    pub fn from_list(list: &Path, count: usize) -> Result<Self, DataError> {
        let text = fs::read_to_string(list).map_err(|source| DataError::io("read", list, source))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<String> = lines
            .take(if count > 0 { count } else { usize::MAX })
            .map(str::to_string)
            .collect();
        let dataset = Self::new(list, lines)?;
        if let Samples::Files { files, .. } = &dataset.samples {
            for file in files.iter().flatten() {
                if !Path::new(file).is_file() {
                    return Err(DataError::malformed(list, format!("{file} does not exist")));
                }
            }
        }
        Ok(dataset)
    }

    fn new(origin: &Path, lines: Vec<String>) -> Result<Self, DataError> {
        let mut kind = None;
        let mut samples = Vec::with_capacity(lines.len());
        for line in lines {
            let files: Vec<String> = if FileKind::of(&line) == FileKind::Npz {
                vec![line]
            } else {
                line.split(',').map(|file| file.trim().to_string()).collect()
            };
            for file in &files {
                let this = FileKind::of(file);
                if this == FileKind::Other {
                    return Err(DataError::malformed(
                        origin,
                        format!(
                            "{file} is not a sample; known are .npz .npy .jpg .jpeg .jfif .png .bmp .yuv"
                        ),
                    ));
                }
                if kind.get_or_insert(this) != &this {
                    return Err(DataError::malformed(
                        origin,
                        format!("{file} is of another kind than the samples before; use files of one kind"),
                    ));
                }
            }
            samples.push(files);
        }
        let Some(kind) = kind else {
            return Err(DataError::malformed(
                origin,
                "there is no sample; known are .npz .npy .jpg .jpeg .jfif .png .bmp .yuv and LMDB (data.mdb)",
            ));
        };
        Ok(Self {
            root: origin.to_path_buf(),
            samples: Samples::Files { files: samples, kind },
        })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.samples {
            Samples::Files { files, .. } => files.len(),
            Samples::Records { keys, .. } => keys.len(),
        }
    }

    /// Never true: an empty dataset is an error when it is made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a sample for an input is; an npz serves all inputs.
    pub(super) fn piece(&self, sample: usize, input: usize) -> Piece<'_> {
        match &self.samples {
            Samples::Files { files, kind } => {
                let files = &files[sample];
                Piece::File(Path::new(files.get(input).unwrap_or(&files[0])), *kind)
            }
            Samples::Records { database, keys } => Piece::Record(database, &keys[sample].0),
        }
    }

    /// What a sample for an input is called in messages.
    pub(super) fn name(&self, sample: usize, input: usize) -> PathBuf {
        match self.piece(sample, input) {
            Piece::File(file, _) => file.to_path_buf(),
            Piece::Record(database, key) => database.name(key),
        }
    }

    /// A line for each sample in order, with names below the folder and sizes: two lists of the same samples have the same
    /// lines wherever the folder is.
    ///
    /// # Errors
    /// [`DataError`] when a file cannot be looked at.
    pub fn fingerprint(&self) -> Result<String, DataError> {
        let mut text = String::new();
        match &self.samples {
            Samples::Files { files, .. } => {
                for file in files.iter().flatten() {
                    let path = Path::new(file);
                    let size = fs::metadata(path)
                        .map_err(|source| DataError::io("read", path, source))?
                        .len();
                    let name = path.strip_prefix(&self.root).unwrap_or(path);
                    let _ = writeln!(text, "{} {size}", name.display());
                }
            }
            Samples::Records { keys, .. } => {
                for (key, size) in keys {
                    let _ = writeln!(text, "{} {size}", key.escape_ascii());
                }
            }
        }
        Ok(text)
    }

    /// Groups the samples into batches for a network with these inputs.
    ///
    /// Pictures: as many as the network's batch, the last one repeated to fill it. npz whose tensors have a first
    /// extent of 1: likewise, but an incomplete batch is left out. Other npz, and npy: each sample is a batch.
    ///
    /// # Errors
    /// [`DataError`] when the number of files of a sample is not the number of inputs, or no batch can be filled.
    pub fn batches<'a>(&'a self, inputs: &'a [InputSpec]) -> Result<Batches<'a>, DataError> {
        let names = || -> String {
            let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
            names.join(", ")
        };
        let batch = inputs
            .iter()
            .map(|input| input.preprocess.batch)
            .max()
            .unwrap_or(1)
            .max(1);
        let filling = match &self.samples {
            Samples::Records { .. } if inputs.len() != 1 => {
                return Err(DataError::Option(format!(
                    "an LMDB data set serves networks of one input; this one has {}: {}",
                    inputs.len(),
                    names()
                )));
            }
            Samples::Records { .. } => Filling::Repeat(batch),
            Samples::Files { files, kind } => {
                let wrong = files.iter().find(|files| files.len() != inputs.len());
                if let (Some(files), true) = (wrong, *kind != FileKind::Npz) {
                    return Err(DataError::Option(format!(
                        "the sample '{}' has {} files, the network has {} inputs ({})",
                        files.join(","),
                        files.len(),
                        inputs.len(),
                        names()
                    )));
                }
                match kind {
                    FileKind::Image | FileKind::Yuv => Filling::Repeat(batch),
                    FileKind::Npz if batch > 1 && first_extent(files, inputs)? == Some(1) => {
                        Filling::Whole(batch)
                    }
                    _ => Filling::One,
                }
            }
        };
        let batches = Batches::new(self, inputs, filling);
        if batches.is_empty() {
            return Err(DataError::Option(format!(
                "{} samples do not fill a batch of {batch}; give more samples",
                self.len()
            )));
        }
        Ok(batches)
    }
}

/// Shuffles what is sorted and takes the first `count`; 0 takes all.
fn select<T>(items: &mut Vec<T>, count: usize) {
    PythonRandom::new(SEED).shuffle(items);
    if count > 0 {
        items.truncate(count);
    }
}

/// First extent of the first input's tensor in the first npz.
fn first_extent(files: &[Vec<String>], inputs: &[InputSpec]) -> Result<Option<usize>, DataError> {
    let (Some(files), Some(input)) = (files.first(), inputs.first()) else {
        return Ok(None);
    };
    Ok(load_from_npz(Path::new(&files[0]), &input.name)?
        .shape()
        .first()
        .copied())
}

fn collect_files(folder: &Path, name: &Path, depth: usize, files: &mut Vec<String>) -> Result<(), DataError> {
    let fail = |source| DataError::io("read the folder", folder, source);
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (path, name) = (entry.path(), name.join(entry.file_name()));
        if entry.file_type().map_err(fail)?.is_dir() {
            if depth < DEEPEST_FOLDER {
                collect_files(&path, &name, depth + 1, files)?;
            }
            continue;
        }
        // Links to files count, links to folders are not followed.
        let Some(text) = name.to_str() else { continue };
        if FileKind::of(text) != FileKind::Other && path.is_file() {
            files.push(text.to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::ChannelFormat;

    fn spec(shape: &[usize]) -> InputSpec {
        InputSpec {
            name: "x".into(),
            shape: shape.to_vec(),
            preprocess: Preprocess::for_input(shape, ChannelFormat::None),
        }
    }

    #[test]
    fn bad_datasets_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path();
        let text = |result: Result<Dataset, DataError>| result.unwrap_err().to_string();
        assert!(text(Dataset::from_folder(folder, 0)).contains("there is no sample"));
        assert!(text(Dataset::from_folder(&folder.join("none"), 0)).contains("cannot read the folder"));
        let list = folder.join("list.txt");
        fs::write(&list, "a.npz\n\nmissing.npz\n").unwrap();
        assert!(text(Dataset::from_list(&list, 0)).contains("a.npz does not exist"));
        fs::write(&list, "a.gif").unwrap();
        assert!(text(Dataset::from_list(&list, 0)).contains("a.gif is not a sample"));
        fs::create_dir(folder.join("sub")).unwrap();
        fs::write(folder.join("a.npy"), "").unwrap();
        fs::write(folder.join("sub/b.JPG"), "").unwrap();
        assert!(text(Dataset::from_folder(folder, 0)).contains("of another kind"));
        fs::remove_file(folder.join("a.npy")).unwrap();
        let dataset = Dataset::from_folder(folder, 0).unwrap();
        let error = dataset
            .batches(&[spec(&[1, 3, 2, 2])])
            .unwrap()
            .load(0)
            .unwrap_err()
            .to_string();
        assert!(error.contains("b.JPG: the file is empty"), "{error}");
        let two = [spec(&[1, 3, 2, 2]), spec(&[1])];
        assert!(
            dataset
                .batches(&two)
                .unwrap_err()
                .to_string()
                .contains("has 1 files, the network has 2 inputs")
        );
    }
}
