//! Statistics in a file: an npz that numpy reads, so that the next table needs no pass over the samples.
//!
//! `about` holds a JSON text: the format's version, SHA-256 of the network's text, of its weights and of the list of samples,
//! the names of the tensors. The other arrays have an element for each tensor, or the pieces of all tensors one after another.
//! Every number is stored as it is in memory: a table made from the file is the table made from the samples, byte for byte.

use super::histogram::Histogram;
use super::statistics::{OpNames, Statistics, TensorStatistics};
use super::tails::Tails;
use super::{CalibrationError, Method};
use crate::data::dataset::Dataset;
use crate::data::file::SharedFile;
use crate::data::npz::{self, Compression, NpzReader};
use crate::data::{DataError, Tensor};
use crate::program::Program;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::Path;

/// Version of the format.
const VERSION: u32 = 1;
/// What `about` calls the format.
const FORMAT: &str = "tpuc calibration statistics";

/// What statistics were collected from: SHA-256 in hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// Of the network's text.
    pub network: String,
    /// Of the network's weights.
    pub weights: String,
    /// Of the list of samples: names and sizes of the files in their order.
    pub samples: Option<String>,
}

impl Origin {
    /// Of a network and, where they are at hand, its samples.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn of(text: &Path, program: &Program, samples: Option<&Dataset>) -> Result<Self, DataError> {
        let weights = match program.weights.path() {
            Some(path) if path.is_file() => file_digest(path)?,
            _ => String::new(),
        };
        Ok(Self {
            network: file_digest(text)?,
            weights,
            samples: samples
                .map(Dataset::fingerprint)
                .transpose()?
                .map(|list| digest(&list)),
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

fn file_digest(path: &Path) -> Result<String, DataError> {
    let mut file = SharedFile::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(|source| DataError::io("read", path, source))?;
        if read == 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}

#[derive(Serialize, Deserialize)]
struct About {
    format: String,
    version: u32,
    origin: Origin,
    samples: usize,
    bins: usize,
    methods: Vec<String>,
    tensors: Vec<String>,
    restarted: Vec<String>,
}

/// Writes statistics.
///
/// # Errors
/// When the file cannot be written; nothing is left behind then.
pub fn write(path: &Path, statistics: &Statistics, origin: &Origin) -> Result<(), CalibrationError> {
    let tensors: Vec<(&str, &TensorStatistics)> = statistics.iter().collect();
    let about = About {
        format: FORMAT.to_owned(),
        version: VERSION,
        origin: origin.clone(),
        samples: statistics.samples(),
        bins: statistics.bins(),
        methods: statistics
            .methods()
            .iter()
            .map(|method| method.name().to_owned())
            .collect(),
        tensors: tensors.iter().map(|(name, _)| (*name).to_owned()).collect(),
        restarted: statistics.restarted.clone(),
    };
    let mut text = Vec::new();
    serde_json::to_writer(&mut text, &about)
        .and_then(|()| text.flush().map_err(serde_json::Error::io))
        .map_err(|error| CalibrationError::Option(error.to_string()))?;
    let mut columns = Columns::default();
    for (_, tensor) in &tensors {
        columns.add(tensor);
    }
    let mut arrays = vec![("about", tensor(&[text.len()], text)?)];
    arrays.extend(columns.arrays(tensors.len())?);
    npz::write(
        path,
        arrays.iter().map(|(name, tensor)| (*name, tensor)),
        Compression::Deflated,
    )?;
    Ok(())
}

fn tensor<T>(shape: &[usize], data: Vec<T>) -> Result<Tensor, DataError>
where
    Tensor: From<ndarray::ArrayD<T>>,
{
    Tensor::from_vec(shape, data)
}

/// The arrays of the file.
#[derive(Default)]
struct Columns {
    min: Vec<f32>,
    max: Vec<f32>,
    sample_sums: Vec<f64>,
    sample_counts: Vec<i64>,
    histogram_bins: Vec<i64>,
    histogram_width: Vec<f64>,
    histogram_largest: Vec<f64>,
    histogram_single: Vec<bool>,
    histogram_counts: Vec<u64>,
    tail_percentile: Vec<f64>,
    tail_size: Vec<i64>,
    tail_low_length: Vec<i64>,
    tail_high_length: Vec<i64>,
    tail_low: Vec<f32>,
    tail_high: Vec<f32>,
}

impl Columns {
    fn add(&mut self, tensor: &TensorStatistics) {
        self.min.push(tensor.min);
        self.max.push(tensor.max);
        for (sum, count) in &tensor.of_samples {
            self.sample_sums.push(*sum);
            self.sample_counts.push(*count as i64);
        }
        let (counts, width, largest, single) = match &tensor.histogram {
            Some(histogram) => histogram.parts(),
            None => (&[][..], 0.0, 0.0, false),
        };
        self.histogram_bins.push(counts.len() as i64);
        self.histogram_width.push(width);
        self.histogram_largest.push(largest);
        self.histogram_single.push(single);
        self.histogram_counts.extend_from_slice(counts);
        let (percentile, size, low, high) = match &tensor.tails {
            Some(tails) => tails.parts(),
            None => (0.0, 0, &[][..], &[][..]),
        };
        self.tail_percentile.push(percentile);
        self.tail_size.push(size as i64);
        self.tail_low_length.push(low.len() as i64);
        self.tail_high_length.push(high.len() as i64);
        self.tail_low.extend_from_slice(low);
        self.tail_high.extend_from_slice(high);
    }

    fn arrays(self, count: usize) -> Result<Vec<(&'static str, Tensor)>, DataError> {
        fn row<T>(data: Vec<T>) -> Result<Tensor, DataError>
        where
            Tensor: From<ndarray::ArrayD<T>>,
        {
            tensor(&[data.len()], data)
        }
        let averaged = [count, Method::AVERAGED.len()];
        Ok(vec![
            ("min", row(self.min)?),
            ("max", row(self.max)?),
            ("sample_sums", tensor(&averaged, self.sample_sums)?),
            ("sample_counts", tensor(&averaged, self.sample_counts)?),
            ("histogram_bins", row(self.histogram_bins)?),
            ("histogram_width", row(self.histogram_width)?),
            ("histogram_largest", row(self.histogram_largest)?),
            ("histogram_single", row(self.histogram_single)?),
            ("histogram_counts", row(self.histogram_counts)?),
            ("tail_percentile", row(self.tail_percentile)?),
            ("tail_size", row(self.tail_size)?),
            ("tail_low_length", row(self.tail_low_length)?),
            ("tail_high_length", row(self.tail_high_length)?),
            ("tail_low", row(self.tail_low)?),
            ("tail_high", row(self.tail_high)?),
        ])
    }

    fn read(archive: &NpzReader) -> Result<Self, CalibrationError> {
        macro_rules! column {
            ($name:literal, $as_array:ident) => {{
                let tensor = archive.load($name)?;
                let array = tensor.$as_array().ok_or_else(|| {
                    damaged(
                        archive.path(),
                        &format!("'{}' is of type {}", $name, tensor.dtype()),
                    )
                })?;
                array.iter().copied().collect()
            }};
        }
        Ok(Self {
            min: column!("min", as_f32),
            max: column!("max", as_f32),
            sample_sums: column!("sample_sums", as_f64),
            sample_counts: column!("sample_counts", as_i64),
            histogram_bins: column!("histogram_bins", as_i64),
            histogram_width: column!("histogram_width", as_f64),
            histogram_largest: column!("histogram_largest", as_f64),
            histogram_single: column!("histogram_single", as_bool),
            histogram_counts: column!("histogram_counts", as_u64),
            tail_percentile: column!("tail_percentile", as_f64),
            tail_size: column!("tail_size", as_i64),
            tail_low_length: column!("tail_low_length", as_i64),
            tail_high_length: column!("tail_high_length", as_i64),
            tail_low: column!("tail_low", as_f32),
            tail_high: column!("tail_high", as_f32),
        })
    }

    /// The tensors again; `None` when the lengths do not fit together or a number cannot be.
    fn tensors(&self, count: usize) -> Option<Vec<TensorStatistics>> {
        let mut counts = self.histogram_counts.as_slice();
        let (mut low, mut high) = (self.tail_low.as_slice(), self.tail_high.as_slice());
        fn front<'a, T>(rest: &mut &'a [T], length: i64) -> Option<&'a [T]> {
            let (piece, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            *rest = after;
            Some(piece)
        }
        let mut tensors = Vec::with_capacity(count);
        for index in 0..count {
            let mut of_samples = [(0.0, 0); Method::AVERAGED.len()];
            for (slot, of_sample) in of_samples.iter_mut().enumerate() {
                let place = index * Method::AVERAGED.len() + slot;
                *of_sample = (
                    *self.sample_sums.get(place)?,
                    usize::try_from(*self.sample_counts.get(place)?).ok()?,
                );
            }
            let bins = front(&mut counts, *self.histogram_bins.get(index)?)?;
            let histogram = if bins.is_empty() {
                None
            } else {
                Some(Histogram::from_parts(
                    bins,
                    *self.histogram_width.get(index)?,
                    *self.histogram_largest.get(index)?,
                    *self.histogram_single.get(index)?,
                )?)
            };
            let size = usize::try_from(*self.tail_size.get(index)?).ok()?;
            let low = front(&mut low, *self.tail_low_length.get(index)?)?;
            let high = front(&mut high, *self.tail_high_length.get(index)?)?;
            let tails = if size == 0 {
                None
            } else {
                let percentile = *self.tail_percentile.get(index)?;
                Some(Tails::from_parts(percentile, size, low, high)?)
            };
            tensors.push(TensorStatistics {
                min: *self.min.get(index)?,
                max: *self.max.get(index)?,
                histogram,
                of_samples,
                tails,
            });
        }
        let all = counts.is_empty() && low.is_empty() && high.is_empty() && self.min.len() == count;
        all.then_some(tensors)
    }
}

fn damaged(path: &Path, reason: &str) -> CalibrationError {
    DataError::malformed(
        path,
        format!("{reason}; collect the statistics anew with --dump_dist"),
    )
    .into()
}

/// Reads statistics of the network and, where its samples are at hand, of these samples. `ops` are the network's.
///
/// # Errors
/// When the file is damaged or of another version, or was collected from something else: the message says what differs.
pub fn read(path: &Path, origin: &Origin, ops: Vec<OpNames>) -> Result<Statistics, CalibrationError> {
    let archive = NpzReader::open(path)?;
    if !archive.contains("about") {
        return Err(damaged(path, "holds no calibration statistics"));
    }
    let text = archive.load("about")?.to_bytes();
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|_| damaged(path, "holds no calibration statistics"))?;
    if value["format"] != FORMAT {
        return Err(damaged(path, "holds no calibration statistics"));
    }
    if value["version"] != VERSION {
        let reason = format!(
            "has version {} of the format, this program reads {VERSION}",
            value["version"]
        );
        return Err(damaged(path, &reason));
    }
    let about: About =
        serde_json::from_value(value).map_err(|error| damaged(path, &format!("is damaged ({error})")))?;
    same_origin(path, &about, origin)?;
    let methods: Vec<Method> = about
        .methods
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, String>>()
        .map_err(|error| damaged(path, &error))?;
    let tensors = Columns::read(&archive)?
        .tensors(about.tensors.len())
        .ok_or_else(|| damaged(path, "is damaged: its arrays do not fit together"))?;
    let mut statistics = Statistics::new(&methods, about.bins, about.samples, ops);
    statistics.restore(about.tensors.into_iter().zip(tensors));
    statistics.settle(about.samples);
    statistics.restarted = about.restarted;
    Ok(statistics)
}

fn same_origin(path: &Path, about: &About, origin: &Origin) -> Result<(), CalibrationError> {
    let mut differences = Vec::new();
    let mut check = |what: &str, theirs: &str, ours: &str| {
        if theirs != ours {
            let short = |digest: &str| digest.get(..12).unwrap_or("none").to_owned();
            differences.push(format!(
                "{what} (SHA-256 {}... in the file, {}... here)",
                short(theirs),
                short(ours)
            ));
        }
    };
    check("the network's text", &about.origin.network, &origin.network);
    check("the network's weights", &about.origin.weights, &origin.weights);
    if let (Some(theirs), Some(ours)) = (&about.origin.samples, &origin.samples) {
        check(
            &format!("the list of samples, {} in the file,", about.samples),
            theirs,
            ours,
        );
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(damaged(
        path,
        &format!(
            "was collected from something else: {} differs",
            differences.join(" and ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ops() -> Vec<OpNames> {
        ["a", "b", "zero"]
            .map(|name| OpNames {
                results: vec![name.to_owned()],
                is_input: name == "a",
                is_matrix: name == "b",
            })
            .into()
    }

    fn origin(network: &str, samples: Option<&str>) -> Origin {
        Origin {
            network: digest(network),
            weights: digest("w"),
            samples: samples.map(digest),
        }
    }

    fn collected() -> Statistics {
        let mut statistics = Statistics::new(&Method::ALL, 256, 4, ops());
        for seed in 1..4 {
            let values: Vec<f32> = (0..1000)
                .map(|index| ((index * 7919 * seed) % 1009) as f32 / 100.0 - 3.0)
                .collect();
            statistics.add("a", &values);
            statistics.add("b", &values[..700]);
            statistics.add("zero", &[0.0; 10]);
        }
        statistics.settle(3);
        statistics
    }

    #[test]
    fn read_again_they_give_the_same_tables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dist");
        let statistics = collected();
        write(&path, &statistics, &origin("n", Some("s"))).unwrap();
        for samples in [None, Some("s")] {
            let again = read(&path, &origin("n", samples), ops()).unwrap();
            assert_eq!((again.samples(), again.bins()), (3, 256));
            for method in Method::ALL {
                let text = |statistics: &Statistics| {
                    statistics.table(method, &statistics.thresholds(method)).to_text()
                };
                assert_eq!(text(&again), text(&statistics), "{method:?}");
            }
        }
    }

    #[test]
    fn another_origin_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dist");
        write(&path, &collected(), &origin("n", Some("s"))).unwrap();
        let error = |origin: &Origin| read(&path, origin, ops()).unwrap_err().to_string();
        assert!(error(&origin("m", None)).contains("the network's text (SHA-256"));
        let samples = error(&origin("n", Some("t")));
        assert!(samples.contains("list of samples, 3 in the file,"), "{samples}");
        assert!(samples.contains("--dump_dist"), "{samples}");
        let mut other = origin("n", None);
        other.weights = digest("v");
        assert!(error(&other).contains("the network's weights"));
    }

    #[test]
    fn what_is_no_dump_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dist");
        let error = || read(&path, &origin("n", None), ops()).unwrap_err().to_string();
        std::fs::write(&path, "x").unwrap();
        assert!(error().contains("not an npz archive"));
        let write_about = |text: &str| {
            let about = Tensor::from_vec(&[text.len()], text.as_bytes().to_vec()).unwrap();
            npz::write(&path, [("about", &about)], Compression::Stored).unwrap();
        };
        write_about("{}");
        assert!(error().contains("holds no calibration statistics"));
        write_about(&format!("{{\"format\": \"{FORMAT}\", \"version\": 9}}"));
        assert!(error().contains("version 9 of the format, this program reads 1"));
        write_about(&format!("{{\"format\": \"{FORMAT}\", \"version\": 1}}"));
        assert!(error().contains("is damaged (missing field"));
        // Arrays that are too short.
        write(&path, &collected(), &origin("n", None)).unwrap();
        let mut arrays = npz::read(&path).unwrap();
        arrays["tail_low"] = Tensor::from_vec(&[1], vec![1f32]).unwrap();
        npz::write_map(&path, &arrays, Compression::Stored).unwrap();
        assert!(error().contains("arrays do not fit together"), "{}", error());
    }
}
