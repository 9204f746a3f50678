//! The calibration table: one line `name threshold min max` for each value, and blocks that a comment line begins
//! (`#asym_op`, `#int4_th`, `#int4_op`, `#weight_scale`, ...). TPU-MLIR's format, read with either spelling of its header
//! (`genetated time`, `genertated time`) and any other comment.

use crate::data::DataError;
use indexmap::IndexMap;
use std::fmt::Write as _;
use std::path::Path;

/// Range of a value found by calibration.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Threshold {
    /// The symmetric range is `-threshold..threshold`.
    pub threshold: f64,
    /// Smallest value seen.
    pub min: f64,
    /// Largest value seen.
    pub max: f64,
}

/// How the second header line spells "generated"; tools of different age search for different ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HeaderSpelling {
    /// `# genetated time:`, up to 1.3 and in 1.30.
    #[default]
    Genetated,
    /// `# genertated time:`, in between.
    Genertated,
}

/// What stands above the thresholds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CalibrationHeader {
    /// Version line without `# mlir version: `; left out if empty.
    pub version: String,
    /// File name of the program; left out if empty.
    pub mlir: String,
    /// Time, any text; left out if empty.
    pub time: String,
    /// Threshold methods as Python prints the list, `['kl']`; left out if empty.
    pub method: String,
    /// Bins of the histogram.
    pub histogram_bins: usize,
    /// Number of samples.
    pub samples: usize,
    /// Number of samples that tuning used.
    pub tune_samples: usize,
    /// Spelling.
    pub spelling: HeaderSpelling,
}

/// A calibration table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CalibrationTable {
    /// Thresholds by the value's name, in the file's order.
    pub thresholds: IndexMap<String, Threshold>,
    /// Comment lines before the first threshold, without line ends.
    pub header: Vec<String>,
    /// Further blocks, each its comment line and its lines, in the file's order.
    pub blocks: Vec<(String, Vec<String>)>,
}

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read or written.
    #[error("cannot read {file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A line is not what the format wants.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// Markers of the blocks after the thresholds.
const BLOCKS: [&str; 6] = [
    "#weight_scale",
    "#int4_th",
    "#tpu-mlir-fp8",
    "mqbench-fp8",
    "asym_op",
    "int4_op",
];

impl CalibrationTable {
    /// Reads a table.
    ///
    /// # Errors
    /// When the file cannot be read, or a line is neither a comment nor `name threshold min max`.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| TableError::Io {
            file: file.clone(),
            source,
        })?;
        Self::parse(&text, &file)
    }

    /// Reads a table from text; `file` is for messages. A name that stands twice has the later range.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self, TableError> {
        let mut table = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end();
            let error = |message: String| TableError::Syntax {
                file: file.to_owned(),
                line: index + 1,
                message,
            };
            if line.trim_start().starts_with('#') {
                if BLOCKS.iter().any(|marker| line.contains(marker)) {
                    table.blocks.push((line.to_owned(), Vec::new()));
                } else if table.blocks.is_empty() && table.thresholds.is_empty() {
                    table.header.push(line.to_owned());
                }
                continue;
            }
            if line.trim().is_empty() {
                continue;
            }
            if let Some((_, lines)) = table.blocks.last_mut() {
                lines.push(line.to_owned());
                continue;
            }
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [name, numbers @ ..] = fields.as_slice() else {
                continue;
            };
            if numbers.len() != 3 {
                return Err(error(format!(
                    "expected 'name threshold min max', found {} fields; is this a calibration table?",
                    fields.len()
                )));
            }
            let mut values = [0.0; 3];
            for (value, text) in values.iter_mut().zip(numbers) {
                *value = text
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())
                    .ok_or_else(|| error(format!("'{text}' of '{name}' is not a finite number")))?;
            }
            let [threshold, min, max] = values;
            table
                .thresholds
                .insert((*name).to_owned(), Threshold { threshold, min, max });
        }
        Ok(table)
    }

    /// The lines of the block that a comment with `marker` begins.
    pub fn block(&self, marker: &str) -> Option<&[String]> {
        self.blocks
            .iter()
            .find(|(line, _)| line.contains(marker))
            .map(|(_, lines)| lines.as_slice())
    }

    /// Sets the header.
    pub fn set_header(&mut self, header: &CalibrationHeader) {
        let mut lines = Vec::new();
        let generated = match header.spelling {
            HeaderSpelling::Genetated => "genetated",
            HeaderSpelling::Genertated => "genertated",
        };
        let time = format!("{generated} time");
        for (key, value) in [
            ("mlir version", &header.version),
            ("mlir", &header.mlir),
            (time.as_str(), &header.time),
            ("quantization threshold calculation method", &header.method),
        ] {
            if !value.is_empty() {
                lines.push(format!("# {key}: {value}"));
            }
        }
        lines.push(format!("# histogram number: {}", header.histogram_bins));
        lines.push(format!("# sample number: {}", header.samples));
        lines.push("###".to_owned());
        lines.push(format!("# tune number: {}", header.tune_samples));
        lines.push("###".to_owned());
        lines.push("# op_name    threshold    min    max".to_owned());
        self.header = lines;
    }

    /// The table as text, numbers with 7 decimals.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for line in &self.header {
            text.push_str(line);
            text.push('\n');
        }
        for (name, range) in &self.thresholds {
            let _ = writeln!(
                text,
                "{name} {:.7} {:.7} {:.7}",
                range.threshold, range.min, range.max
            );
        }
        for (marker, lines) in &self.blocks {
            for line in std::iter::once(marker).chain(lines) {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }

    /// Writes the table, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TableError> {
        Ok(crate::data::file::write_bytes_atomically(
            path,
            self.to_text().as_bytes(),
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# mlir version: v1.30.2\r\n# genetated time: now\n# histogram number: 2048\n# sample number: 20\n###\n# op_name    threshold    min    max\n\
        images 1.0000080 0.0000000 1.0000080\n122_Conv 8.3612400 -7.9012345 8.3612400\n#asym_op\n122_Conv\n";

    #[test]
    fn reads_either_spelling_and_the_blocks() {
        for text in [TABLE.to_owned(), TABLE.replace("genetated", "genertated")] {
            let table = CalibrationTable::parse(&text, "t").unwrap();
            assert_eq!(table.thresholds.len(), 2);
            assert_eq!(table.thresholds["122_Conv"].min, -7.901_234_5);
            assert_eq!(table.block("asym_op").unwrap(), ["122_Conv"]);
            assert_eq!(table.to_text(), text.replace('\r', ""));
        }
    }

    #[test]
    fn writes_the_header_of_each_spelling() {
        let mut table = CalibrationTable::default();
        table.thresholds.insert(
            "x".into(),
            Threshold {
                threshold: 1.0,
                min: -0.0,
                max: 0.5,
            },
        );
        let mut header = CalibrationHeader {
            time: "t".into(),
            histogram_bins: 2048,
            samples: 3,
            ..CalibrationHeader::default()
        };
        table.set_header(&header);
        assert!(
            table
                .to_text()
                .starts_with("# genetated time: t\n# histogram number: 2048\n# sample number: 3\n###\n")
        );
        assert!(table.to_text().ends_with("\nx 1.0000000 -0.0000000 0.5000000\n"));
        header.spelling = HeaderSpelling::Genertated;
        table.set_header(&header);
        assert!(table.to_text().starts_with("# genertated time: t\n"));
    }

    #[test]
    fn bad_lines_are_errors_with_their_place() {
        let message = |text: &str| CalibrationTable::parse(text, "table").unwrap_err().to_string();
        assert_eq!(
            message("a 1 2\n"),
            "table:1: expected 'name threshold min max', found 3 fields; is this a calibration table?"
        );
        assert_eq!(
            message("# x\na 1 2 z\n"),
            "table:2: 'z' of 'a' is not a finite number"
        );
        assert!(message("a nan 0 1\n").contains("not a finite number"));
        let missing = CalibrationTable::read(Path::new("no/such/table"))
            .unwrap_err()
            .to_string();
        assert!(missing.starts_with("cannot read no/such/table: "), "{missing}");
    }
}
