//! How the samples of a data set become batches, loaded one at a time.

use super::dataset::{Dataset, InputSpec, Piece};
use super::lmdb::{Lmdb, Record};
use super::preprocess::{FileKind, load_from_npz};
use super::{DataError, npy, npz};
use ndarray::{ArrayD, Axis, IxDyn};
use std::path::Path;

/// How samples become batches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Filling {
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

impl<'a> Batches<'a> {
    pub(super) fn new(dataset: &'a Dataset, inputs: &'a [InputSpec], filling: Filling) -> Self {
        let order: Vec<usize> = (0..dataset.len()).collect();
        Self {
            dataset,
            inputs,
            filling,
            groups: filling.groups(&order),
            order,
            skipped: Vec::new(),
        }
    }

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
                    DataError::malformed(&self.dataset.name(group[0], number), reason),
                )
            })?
        };
        fit(data, input, &self.dataset.name(group[0], number)).map_err(|error| (group[0], error))
    }

    /// What one sample holds for one input.
    fn load_sample(&self, sample: usize, number: usize, input: &InputSpec) -> Result<ArrayD<f32>, DataError> {
        let (file, kind) = match self.dataset.piece(sample, number) {
            Piece::Record(database, key) => return record(database, key, input),
            Piece::File(file, kind) => (file, kind),
        };
        match kind {
            FileKind::Npz if self.inputs.len() == 1 => Ok(load_from_npz(file, &input.name)?.into_f32()),
            FileKind::Npz => Ok(npz::NpzReader::open(file)?.load(&input.name)?.into_f32()),
            FileKind::Npy => Ok(npy::read(file)?.into_f32()),
            _ => input.preprocess.picture(file),
        }
    }
}

/// A record as one of a batch: its picture made ready, or its tensor, which must have the extents of the input.
fn record(database: &Lmdb, key: &[u8], input: &InputSpec) -> Result<ArrayD<f32>, DataError> {
    match database.record(key, input.preprocess.color_mode())? {
        Record::Picture(image) => input.preprocess.image(&image).map_err(|error| match error {
            DataError::Option(reason) => DataError::malformed(&database.name(key), reason),
            error => error,
        }),
        Record::Tensor(tensor) => {
            let extents = |shape: &[usize]| -> Vec<usize> {
                shape.iter().copied().filter(|extent| *extent != 1).collect()
            };
            let mut shape = input.shape.clone();
            if let Some(batch) = shape.first_mut() {
                *batch = 1;
            }
            let found = tensor.shape().to_vec();
            let same_rank = input.shape.len() != 4 || found[..] == input.shape[1..];
            if !same_rank || extents(&found) != extents(&shape) {
                let found: Vec<String> = found.iter().map(usize::to_string).collect();
                return Err(DataError::malformed(
                    &database.name(key),
                    format!(
                        "the record holds a tensor of {}, the network's input '{}' has {:?}",
                        found.join(" x "),
                        input.name,
                        input.shape
                    ),
                ));
            }
            tensor
                .into_shape_with_order(IxDyn(&shape))
                .map_err(|error| DataError::malformed(&database.name(key), error.to_string()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Tensor;
    use crate::data::preprocess::{ChannelFormat, Preprocess};
    use std::fs;

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
        let pixels = ::image::RgbImage::from_pixel(2, 2, ::image::Rgb([value; 3]));
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
}
