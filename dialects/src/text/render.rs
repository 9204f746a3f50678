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
    let spans = diagnostic
        .notes
        .iter()
        .filter_map(|note| note.span)
        .chain(diagnostic.span);
    if spans.into_iter().any(|span| is_on_long_line(span, sources)) {
        return without_source(diagnostic, sources);
    }
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

/// Lines that are longer than this, in bytes, are not shown: nobody finds the place in them.
const LONGEST_LINE: usize = 20_000;

fn is_on_long_line(span: Span, sources: &SourceMap) -> bool {
    sources.get(span.file).is_some_and(|file| {
        let (line, _) = file.line_column(span.start);
        file.line_range(line)
            .is_some_and(|range| range.len() > LONGEST_LINE)
    })
}

/// A diagnostic with its places but without their lines.
fn without_source(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = |span: Option<Span>| match span.and_then(|span| sources.position(span)) {
        Some((file, line, column)) => format!("  ┌─ {file}:{line}:{column}\n"),
        None => String::new(),
    };
    let first = Diagnostic {
        notes: Vec::new(),
        ..diagnostic.clone()
    };
    let mut text = format!("{first}\n{}", place(diagnostic.span));
    for note in &diagnostic.notes {
        text.push_str(&format!("note: {}\n{}", note.message, place(note.span)));
    }
    text
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
        file.line_range(index as u32 + 1)
            .ok_or_else(|| FilesError::LineTooLarge {
                given: index,
                max: file.text.lines().count(),
            })
    }
}
