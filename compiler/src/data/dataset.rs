//! Calibration data: which files, in which order, and how they become batches.
//!
//! Selection is TPU-MLIR's, so that both tools calibrate on the same pictures: all files of a folder and its
//! subfolders, sorted by path, shuffled by Python's generator seeded with 1684, the first N. Files are of one kind.
//! Batches are loaded one at a time; nothing grows with the number of samples.

use std::fs;
use std::path::{Component, Path, PathBuf};

use ndarray::{ArrayD, Axis, IxDyn};

use super::preprocess::{FileKind, Preprocess, load_from_npz};
use super::{DataError, npy, npz};

/// Seed of the selection.
const SEED: u32 = 1684;
/// Folders in folders that are searched.
const DEEPEST_FOLDER: usize = 64;

/// A list of samples, all of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Files of every sample: one npz, or one npy or picture per network input.
    samples: Vec<Vec<String>>,
    kind: FileKind,
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
    /// Selects `count` files (0: all) of a folder.
    ///
    /// # Errors
    /// [`DataError`] when the folder cannot be read or has no file of a known kind, or files of several kinds.
    pub fn from_folder(folder: &Path, count: usize) -> Result<Self, DataError> {
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
        PythonRandom::new(SEED).shuffle(&mut files);
        if count > 0 {
            files.truncate(count);
        }
        Self::new(folder, files)
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
        for file in dataset.samples.iter().flatten() {
            if !Path::new(file).is_file() {
                return Err(DataError::malformed(list, format!("{file} does not exist")));
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
                "there is no sample; known are .npz .npy .jpg .jpeg .jfif .png .bmp .yuv",
            ));
        };
        Ok(Self { samples, kind })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Never true: an empty dataset is an error when it is made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The file of a sample for an input; an npz serves all of them.
    fn file(&self, sample: usize, input: usize) -> &Path {
        let files = &self.samples[sample];
        Path::new(files.get(input).unwrap_or(&files[0]))
    }

    /// Files of each sample.
    #[must_use]
    pub fn samples(&self) -> &[Vec<String>] {
        &self.samples
    }

    /// Kind of the files.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Groups the samples into batches for a network with these inputs.
    ///
    /// Pictures: as many as the network's batch, the last one repeated to fill it. npz whose tensors have a first
    /// extent of 1: likewise, but an incomplete batch is left out. Other npz, and npy: each sample is a batch.
    ///
    /// # Errors
    /// [`DataError`] when the number of files of a sample is not the number of inputs, or no batch can be filled.
    pub fn batches<'a>(&'a self, inputs: &'a [InputSpec]) -> Result<Batches<'a>, DataError> {
        let wrong = self.samples.iter().find(|files| files.len() != inputs.len());
        if let (Some(files), true) = (wrong, self.kind != FileKind::Npz) {
            return Err(DataError::Option(format!(
                "the sample '{}' has {} files, the network has {} inputs ({})",
                files.join(","),
                files.len(),
                inputs.len(),
                inputs
                    .iter()
                    .map(|input| input.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            )));
        }
        let batch = inputs
            .iter()
            .map(|input| input.preprocess.batch)
            .max()
            .unwrap_or(1)
            .max(1);
        let filling = match self.kind {
            FileKind::Image | FileKind::Yuv => Filling::Repeat(batch),
            FileKind::Npz if batch > 1 && self.first_extent(inputs)? == Some(1) => Filling::Whole(batch),
            _ => Filling::One,
        };
        let order: Vec<usize> = (0..self.samples.len()).collect();
        let groups = filling.groups(&order);
        if groups.is_empty() {
            return Err(DataError::Option(format!(
                "{} samples do not fill a batch of {batch}; give more samples",
                self.samples.len()
            )));
        }
        Ok(Batches {
            dataset: self,
            inputs,
            filling,
            order,
            groups,
            skipped: Vec::new(),
        })
    }

    /// First extent of the first input's tensor in the first npz.
    fn first_extent(&self, inputs: &[InputSpec]) -> Result<Option<usize>, DataError> {
        let (Some(files), Some(input)) = (self.samples.first(), inputs.first()) else {
            return Ok(None);
        };
        Ok(load_from_npz(Path::new(&files[0]), &input.name)?
            .shape()
            .first()
            .copied())
    }
}

/// How samples become batches.
#[derive(Clone, Copy, Debug)]
enum Filling {
    /// So many in a batch, the last one repeated where there are no more.
    Repeat(usize),
    /// So many in a batch, an incomplete one is left out.
    Whole(usize),
    /// Each sample is a batch.
    One,
}

impl Filling {
    fn groups(self, order: &[usize]) -> Vec<Vec<usize>> {
        match self {
            Self::Repeat(batch) => order
                .chunks(batch)
                .map(|group| (0..batch).map(|slot| group[slot.min(group.len() - 1)]).collect())
                .collect(),
            Self::Whole(batch) => order.chunks_exact(batch).map(<[usize]>::to_vec).collect(),
            Self::One => order.iter().map(|sample| vec![*sample]).collect(),
        }
    }
}

/// Of a hundred pictures no more than this many may fail to decode.
const MOST_UNDECODABLE_PERCENT: usize = 10;

/// The batches of a dataset, loaded when asked for, in any order and by any number of threads.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    dataset: &'a Dataset,
    inputs: &'a [InputSpec],
    filling: Filling,
    /// The samples that are left.
    order: Vec<usize>,
    groups: Vec<Vec<usize>>,
    skipped: Vec<String>,
}

/// An error and the sample that it is about.
type SampleError = (usize, DataError);

impl Batches<'_> {
    /// Number of batches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Never true of new ones; true when every picture was left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The inputs that the batches are for.
    #[must_use]
    pub fn inputs(&self) -> &[InputSpec] {
        self.inputs
    }

    /// What [`Batches::load_or_skip`] left out: each picture and why.
    #[must_use]
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Loads a batch: one array per input, in the order of the inputs, of the input's shape.
    ///
    /// # Errors
    /// [`DataError`] naming the file that cannot be read or does not fit the input.
    ///
    /// # Panics
    /// When `index` is not below [`Batches::len`].
    pub fn load(&self, index: usize) -> Result<Vec<ArrayD<f32>>, DataError> {
        self.try_load(index).map_err(|(_, error)| error)
    }

    /// As [`Batches::load`], but samples whose pictures do not decode are left out as if they were not there: those
    /// after them move up. `None` when no batch of that index is left.
    ///
    /// # Errors
    /// As [`Batches::load`], and when more than a tenth of the samples had to be left out.
    pub fn load_or_skip(&mut self, index: usize) -> Result<Option<Vec<ArrayD<f32>>>, DataError> {
        while index < self.groups.len() {
            match self.try_load(index) {
                Ok(arrays) => return Ok(Some(arrays)),
                Err((sample, error @ DataError::Picture { .. })) => self.skip(sample, &error)?,
                Err((_, error)) => return Err(error),
            }
        }
        Ok(None)
    }

    fn skip(&mut self, sample: usize, error: &DataError) -> Result<(), DataError> {
        self.skipped.push(error.to_string());
        let all = self.dataset.len();
        if self.skipped.len() * 100 > all * MOST_UNDECODABLE_PERCENT {
            return Err(DataError::Option(format!(
                "{} of {all} samples do not decode, more than {MOST_UNDECODABLE_PERCENT} %; remove or replace them:\n{}",
                self.skipped.len(),
                self.skipped.join("\n")
            )));
        }
        self.order.retain(|other| *other != sample);
        self.groups = self.filling.groups(&self.order);
        Ok(())
    }

    fn try_load(&self, index: usize) -> Result<Vec<ArrayD<f32>>, SampleError> {
        let group = &self.groups[index];
        self.inputs
            .iter()
            .enumerate()
            .map(|(number, input)| self.load_input(group, number, input))
            .collect()
    }

    fn load_input(
        &self,
        group: &[usize],
        number: usize,
        input: &InputSpec,
    ) -> Result<ArrayD<f32>, SampleError> {
        // A batch is filled up with copies of its last sample, which are loaded once.
        let mut distinct = group.to_vec();
        distinct.dedup();
        let pieces: Vec<ArrayD<f32>> = distinct
            .iter()
            .map(|sample| {
                self.load_sample(*sample, number, input)
                    .map_err(|error| (*sample, error))
            })
            .collect::<Result<_, _>>()?;
        let last = pieces.len() - 1;
        let data = if group.len() == 1 {
            pieces.into_iter().next().unwrap_or_default()
        } else {
            let views: Vec<_> = (0..group.len())
                .map(|slot| pieces[slot.min(last)].view())
                .collect();
            ndarray::concatenate(Axis(0), &views).map_err(|_| {
                let reason = "its tensor and the next sample's differ in shape";
                (
                    group[0],
                    DataError::malformed(self.dataset.file(group[0], number), reason),
                )
            })?
        };
        fit(data, input, self.dataset.file(group[0], number)).map_err(|error| (group[0], error))
    }

    /// What one sample holds for one input.
    fn load_sample(&self, sample: usize, number: usize, input: &InputSpec) -> Result<ArrayD<f32>, DataError> {
        let path = self.dataset.file(sample, number);
        match self.dataset.kind {
            FileKind::Npz if self.inputs.len() == 1 => Ok(load_from_npz(path, &input.name)?.into_f32()),
            FileKind::Npz => Ok(npz::NpzReader::open(path)?.load(&input.name)?.into_f32()),
            FileKind::Npy => Ok(npy::read(path)?.into_f32()),
            _ => input.preprocess.picture(path),
        }
    }
}

/// Gives the data the input's shape.
fn fit(data: ArrayD<f32>, input: &InputSpec, file: &Path) -> Result<ArrayD<f32>, DataError> {
    if data.shape() == input.shape {
        return Ok(data);
    }
    let shape = data.shape().to_vec();
    data.into_shape_with_order(IxDyn(&input.shape)).map_err(|_| {
        DataError::malformed(
            file,
            format!(
                "its data have shape {shape:?}, the network's input '{}' has {:?}",
                input.name, input.shape
            ),
        )
    })
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

/// Python's `random.Random` as far as a shuffle needs it: the generator MT19937 (Matsumoto and Nishimura 1998) with
/// its initialisation by array, and CPython's way to draw numbers below a limit.
pub struct PythonRandom {
    state: [u32; 624],
    next: usize,
}

impl PythonRandom {
    /// The generator after `random.seed(seed)`.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        let mut state = [0_u32; 624];
        state[0] = 19_650_218;
        for index in 1..624 {
            let previous = state[index - 1] ^ state[index - 1] >> 30;
            state[index] = previous.wrapping_mul(1_812_433_253).wrapping_add(index as u32);
        }
        // Two rounds of mixing; the key is the seed alone.
        let mut index = 1;
        let mut step = |state: &mut [u32; 624], multiplier: u32, term: &dyn Fn(u32, usize) -> u32| {
            let previous = state[index - 1] ^ state[index - 1] >> 30;
            state[index] = term(state[index] ^ previous.wrapping_mul(multiplier), index);
            index += 1;
            if index == 624 {
                state[0] = state[623];
                index = 1;
            }
        };
        for _ in 0..624 {
            step(&mut state, 1_664_525, &|value, _| value.wrapping_add(seed));
        }
        for _ in 0..623 {
            step(&mut state, 1_566_083_941, &|value, index| {
                value.wrapping_sub(index as u32)
            });
        }
        state[0] = 0x8000_0000;
        Self { state, next: 624 }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.next == 624 {
            for index in 0..624 {
                let bits = self.state[index] & 0x8000_0000 | self.state[(index + 1) % 624] & 0x7fff_ffff;
                let twist = if bits & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[index] = self.state[(index + 397) % 624] ^ bits >> 1 ^ twist;
            }
            self.next = 0;
        }
        let mut bits = self.state[self.next];
        self.next += 1;
        bits ^= bits >> 11;
        bits ^= bits << 7 & 0x9d2c_5680;
        bits ^= bits << 15 & 0xefc6_0000;
        bits ^ bits >> 18
    }

    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: u32) -> u32 {
        let shift = limit.leading_zeros();
        loop {
            let number = self.next_u32() >> shift;
            if number < limit {
                return number;
            }
        }
    }

    /// `random.shuffle`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            let other = self.below(u32::try_from(index + 1).unwrap_or(u32::MAX)) as usize;
            items.swap(index, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Tensor;
    use crate::data::preprocess::ChannelFormat;

    #[test]
    fn the_generator_is_pythons() {
        // random.seed(1684); [random.getrandbits(32) for _ in range(3)], then the 1000th.
        let mut random = PythonRandom::new(1684);
        let first: Vec<u32> = (0..3).map(|_| random.next_u32()).collect();
        assert_eq!(first, [2_067_858_712, 61_194_221, 2_215_618_579]);
        let last = (3..1000).map(|_| random.next_u32()).last();
        assert_eq!(last, Some(2_617_943_863));
        // random.seed(1684); x = list(range(12)); random.shuffle(x)
        let mut items: Vec<u32> = (0..12).collect();
        PythonRandom::new(1684).shuffle(&mut items);
        assert_eq!(items, [1, 10, 5, 2, 11, 6, 3, 9, 4, 8, 0, 7]);
    }

    fn spec(shape: &[usize]) -> InputSpec {
        InputSpec {
            name: "x".into(),
            shape: shape.to_vec(),
            preprocess: Preprocess::for_input(shape, ChannelFormat::None),
        }
    }

    fn write_npz(path: &Path, names: &[&str], value: f32) {
        let tensor = Tensor::from_vec(&[1, 2], vec![value; 2]).unwrap();
        npz::write(
            path,
            names.iter().map(|name| (*name, &tensor)),
            npz::Compression::Stored,
        )
        .unwrap();
    }

    #[test]
    fn npz_samples_become_batches() {
        let directory = tempfile::tempdir().unwrap();
        for index in 0..5 {
            write_npz(
                &directory.path().join(format!("{index}.npz")),
                &["y"],
                index as f32,
            );
        }
        let dataset = Dataset::from_folder(directory.path(), 0).unwrap();
        let inputs = [spec(&[2, 2])];
        let batches = dataset.batches(&inputs).unwrap();
        assert_eq!((dataset.len(), batches.len()), (5, 2));
        assert_eq!(batches.load(1).unwrap()[0].shape(), [2, 2]);
        assert!(
            dataset
                .batches(&[spec(&[6, 2])])
                .unwrap_err()
                .to_string()
                .contains("batch of 6")
        );
        let wrong = [spec(&[1, 3])];
        let error = dataset.batches(&wrong).unwrap().load(0).unwrap_err().to_string();
        assert!(
            error.contains("shape [1, 2], the network's input 'x' has [1, 3]"),
            "{error}"
        );
    }

    fn write_picture(path: &Path, value: u8) {
        let pixels = image::RgbImage::from_pixel(2, 2, image::Rgb([value; 3]));
        pixels.save(path).unwrap();
    }

    #[test]
    fn pictures_that_do_not_decode_are_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let all = directory.path().join("all");
        let good = directory.path().join("good");
        for folder in [&all, &good] {
            fs::create_dir(folder).unwrap();
            for index in 0..19 {
                write_picture(&folder.join(format!("{index:02}.png")), index * 3);
            }
        }
        fs::write(all.join("bad.png"), "no picture").unwrap();
        for batch in [1, 4] {
            let inputs = [spec(&[batch, 3, 2, 2])];
            let dataset = Dataset::from_folder(&all, 0).unwrap();
            let mut batches = dataset.batches(&inputs).unwrap();
            let mut loaded = Vec::new();
            while let Some(arrays) = batches.load_or_skip(loaded.len()).unwrap() {
                loaded.push(arrays);
            }
            assert_eq!(loaded.len(), batches.len());
            let mut values: Vec<u8> = loaded
                .iter()
                .flat_map(|arrays| arrays[0].iter().step_by(12).map(|value| *value as u8))
                .collect();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values, (0..19).map(|value| value * 3).collect::<Vec<u8>>());
            assert_eq!(batches.skipped().len(), 1);
            assert!(
                batches.skipped()[0].contains("bad.png: not an image"),
                "{:?}",
                batches.skipped()
            );
        }
        // A tenth may be bad, more not.
        fs::write(all.join("worse.png"), "").unwrap();
        fs::write(all.join("worst.jpg"), "x").unwrap();
        let dataset = Dataset::from_folder(&all, 0).unwrap();
        let inputs = [spec(&[1, 3, 2, 2])];
        let mut batches = dataset.batches(&inputs).unwrap();
        let error = (0..)
            .find_map(|index| match batches.load_or_skip(index) {
                Ok(Some(_)) => None,
                Ok(None) => Some(String::new()),
                Err(error) => Some(error.to_string()),
            })
            .unwrap();
        assert!(
            error.contains("3 of 22 samples do not decode, more than 10 %"),
            "{error}"
        );
        for name in ["bad.png", "worse.png: the file is empty", "worst.jpg"] {
            assert!(error.contains(name), "{error}");
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
