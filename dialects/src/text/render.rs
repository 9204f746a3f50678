//! Shows diagnostics with the source lines that they are about. The only user of codespan-reporting.

use super::SourceMap;
use crate::ir::{Diagnostic, Severity, Span};
use codespan_reporting::diagnostic::{Diagnostic as Report, Label, Severity as ReportSeverity};
use codespan_reporting::files::{Error as FilesError, Files};
use codespan_reporting::term::{self, Config};

/// Whether to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colors {
    /// With terminal escapes.
    Yes,
    /// Plain text.
    No,
}

/// One diagnostic as text that ends in a newline.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, colors: Colors) -> String {
    let mut labels = Vec::new();
    let mut notes = Vec::new();
    if let Some(span) = diagnostic.span {
        labels.push(Label::primary(span.file, range(span)));
    }
    for note in &diagnostic.notes {
        match note.span {
            Some(span) => labels.push(Label::secondary(span.file, range(span)).with_message(&note.message)),
            None => notes.push(note.message.clone()),
        }
    }
    let message = match (&diagnostic.name, diagnostic.span) {
        (Some(name), None) => format!("loc({name:?}): {}", diagnostic.message),
        _ => diagnostic.message.clone(),
    };
    let report = Report::new(match diagnostic.severity {
        Severity::Note => ReportSeverity::Note,
        Severity::Remark => ReportSeverity::Help,
        Severity::Warning => ReportSeverity::Warning,
        Severity::Error => ReportSeverity::Error,
    })
    .with_message(message)
    .with_labels(labels)
    .with_notes(notes);
    let config = Config::default();
    let mut out = term::termcolor::Buffer::no_color();
    let result = match colors {
        Colors::No => term::emit_to_write_style(&mut out, &config, sources, &report),
        Colors::Yes => {
            out = term::termcolor::Buffer::ansi();
            term::emit_to_write_style(&mut out, &config, sources, &report)
        }
    };
    match result {
        Ok(()) => String::from_utf8_lossy(out.as_slice()).into_owned(),
        Err(_) => format!("{diagnostic}\n"),
    }
}

/// Several diagnostics.
pub fn render_all(diagnostics: &[Diagnostic], sources: &SourceMap, colors: Colors) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, sources, colors))
        .collect()
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

impl<'a> Files<'a> for SourceMap {
    type FileId = u32;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: u32) -> Result<&'a str, FilesError> {
        Ok(&self.get(id).ok_or(FilesError::FileMissing)?.name)
    }

    fn source(&'a self, id: u32) -> Result<&'a str, FilesError> {
        Ok(&self.get(id).ok_or(FilesError::FileMissing)?.text)
    }

    fn line_index(&'a self, id: u32, byte: usize) -> Result<usize, FilesError> {
        let file = self.get(id).ok_or(FilesError::FileMissing)?;
        Ok(file.line_column(byte as u32).0 as usize - 1)
    }

    fn line_range(&'a self, id: u32, index: usize) -> Result<std::ops::Range<usize>, FilesError> {
        let file = self.get(id).ok_or(FilesError::FileMissing)?;
        file.line_range(index as u32 + 1).ok_or(FilesError::LineTooLarge {
            given: index,
            max: file.text.lines().count(),
        })
    }
}
