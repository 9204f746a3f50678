//! Diagnostics for programs: one JSON object a line.

use serde_json::{Map, Value, json};
use tpuc_dialects::ir::{Diagnostic, Severity, Span};
use tpuc_dialects::text::{FileId, SourceMap};

/// Each diagnostic on a line of its own: `severity`, `message`, where it has a place `file`, `line`, `column`, `end_line` and
/// `end_column` (from 1, in bytes), where the source is no text the `name` of the tensor, and `notes` of the same form.
pub fn lines(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let line = |found: &Diagnostic| {
        let mut object = Map::new();
        let severity = match found.severity {
            Severity::Note => "note",
            Severity::Remark => "remark",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        object.insert("severity".to_owned(), json!(severity));
        object.insert("message".to_owned(), json!(found.message));
        place(&mut object, found.span, sources);
        if let Some(name) = &found.name {
            object.insert("name".to_owned(), json!(name));
        }
        let notes: Vec<Value> = found
            .notes
            .iter()
            .map(|note| {
                let mut object = Map::new();
                object.insert("message".to_owned(), json!(note.message));
                place(&mut object, note.span, sources);
                Value::Object(object)
            })
            .collect();
        object.insert("notes".to_owned(), Value::Array(notes));
        format!("{}\n", Value::Object(object))
    };
    diagnostics.iter().map(line).collect()
}

fn place(object: &mut Map<String, Value>, span: Option<Span>, sources: &SourceMap) {
    let Some(span) = span else { return };
    let file = sources.file(FileId(span.file));
    let (line, column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end);
    let numbers = [
        ("line", line),
        ("column", column),
        ("end_line", end_line),
        ("end_column", end_column),
    ];
    object.insert("file".to_owned(), json!(file.name));
    object.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number))));
}
