//! The quantisation table: operations whose precision differs from the program's, one line `name mode` each. TPU-MLIR's
//! format: lines that begin with `#` are comments, a line with a name alone says nothing, modes in any case.

use super::calibration_table::TableError;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

/// What an operation computes in on BM1684.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// 32-bit floating point.
    F32,
    /// 8-bit integers, symmetric.
    Int8,
}

impl Precision {
    /// The name in tables, options and module attributes.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::Int8 => "INT8",
        }
    }

    /// The precision of this name, in any case.
    ///
    /// # Errors
    /// A message for anything that BM1684 cannot do.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name.to_ascii_uppercase().as_str() {
            "F32" => Ok(Self::F32),
            "INT8" => Ok(Self::Int8),
            _ => Err(format!("bm1684 supports F32 and INT8 only, found '{name}'")),
        }
    }
}

/// Facts for the header.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuantizeHeader {
    /// Time, any text.
    pub time: String,
    /// Number of samples that a search looked at.
    pub samples: Option<usize>,
    /// `bm1684`
    pub chip: String,
    /// `F32`
    pub mix_mode: String,
}

/// Comments for people: why the table is as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes {
    /// About the table, each a line.
    pub head: Vec<String>,
    /// Above the entry of a name.
    pub entries: HashMap<String, Vec<String>>,
}

/// A quantisation table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuantizeTable {
    /// Precision by the operation's name, in the file's order.
    pub modes: IndexMap<String, Precision>,
}

impl QuantizeTable {
    /// Reads a table.
    ///
    /// # Errors
    /// When the file cannot be read, a line has more than two fields, or a mode is not one of BM1684's.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| TableError::Io {
            file: file.clone(),
            source,
        })?;
        Self::parse(&text, &file)
    }

    /// Reads a table from text; `file` is for messages. A name that stands twice has the later mode.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self, TableError> {
        let mut table = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let error = |message: String| TableError::Syntax {
                file: file.to_owned(),
                line: index + 1,
                message,
            };
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                [_] => {}
                [name, mode] => {
                    let mode =
                        Precision::parse(mode).map_err(|message| error(format!("'{name}': {message}")))?;
                    table.modes.insert((*name).to_owned(), mode);
                }
                fields => {
                    return Err(error(format!(
                        "expected 'name mode', found {} fields; is this a quantisation table?",
                        fields.len()
                    )));
                }
            }
        }
        Ok(table)
    }

    /// The table as text.
    pub fn to_text(&self, header: &QuantizeHeader) -> String {
        self.to_text_with(header, &Notes::default())
    }

    /// The table as text, with comments.
    pub fn to_text_with(&self, header: &QuantizeHeader, notes: &Notes) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "# genetated time: {}", header.time);
        if let Some(samples) = header.samples {
            let _ = writeln!(text, "# sample number: {samples}");
        }
        let _ = writeln!(text, "# chip: {}  mix_mode: {}", header.chip, header.mix_mode);
        let _ = writeln!(
            text,
            "# number of {} layer: {}",
            header.mix_mode,
            self.modes.len()
        );
        let comments = |text: &mut String, lines: &[String]| {
            for line in lines.iter().flat_map(|line| line.lines()) {
                let _ = writeln!(text, "# {line}");
            }
        };
        text.push_str("###\n");
        comments(&mut text, &notes.head);
        text.push_str("# op_name   quantize_mode\n");
        for (name, mode) in &self.modes {
            comments(&mut text, notes.entries.get(name).map_or(&[], Vec::as_slice));
            let _ = writeln!(text, "{name} {}", mode.name());
        }
        text
    }

    /// Writes the table, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, header: &QuantizeHeader) -> Result<(), TableError> {
        Ok(crate::data::file::write_bytes_atomically(
            path,
            self.to_text(header).as_bytes(),
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let text = "# x\n\n/model.24/m.0/Conv_output_0_Conv F32\r\nb int8\nalone\n";
        let table = QuantizeTable::parse(text, "q").unwrap();
        assert_eq!(table.modes.len(), 2);
        assert_eq!(table.modes["b"], Precision::Int8);
        let header = QuantizeHeader {
            time: "now".into(),
            samples: Some(10),
            chip: "bm1684".into(),
            mix_mode: "F32".into(),
        };
        let text = table.to_text(&header);
        assert_eq!(
            text,
            "# genetated time: now\n# sample number: 10\n# chip: bm1684  mix_mode: F32\n# number of F32 layer: 2\n###\n\
             # op_name   quantize_mode\n/model.24/m.0/Conv_output_0_Conv F32\nb INT8\n"
        );
        assert_eq!(QuantizeTable::parse(&text, "q").unwrap(), table);
    }

    #[test]
    fn comments_stand_above_their_entries() {
        let table = QuantizeTable::parse("a F32\nb F32\n", "q").unwrap();
        let notes = Notes {
            head: vec!["why".into()],
            entries: [("b".to_owned(), vec!["gains\nmost".to_owned()])].into(),
        };
        let text = table.to_text_with(&QuantizeHeader::default(), &notes);
        assert!(
            text.ends_with("###\n# why\n# op_name   quantize_mode\na F32\n# gains\n# most\nb F32\n"),
            "{text}"
        );
        assert_eq!(QuantizeTable::parse(&text, "q").unwrap(), table);
    }

    #[test]
    fn bad_lines_are_errors_with_their_place() {
        let message = |text: &str| QuantizeTable::parse(text, "q").unwrap_err().to_string();
        assert_eq!(
            message("# c\na F16\n"),
            "q:2: 'a': bm1684 supports F32 and INT8 only, found 'F16'"
        );
        assert_eq!(
            message("a 1 2 3\n"),
            "q:1: expected 'name mode', found 4 fields; is this a quantisation table?"
        );
    }
}
