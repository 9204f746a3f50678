//! Diagnostics as data. Rendering is `text::render`'s business (and only its).

/// A byte range in one source file of a [`SourceMap`](crate::text::SourceMap).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Which file.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Severity {
    Note,
    Remark,
    Warning,
    Error,
}

/// A second place that a diagnostic speaks of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Option<Span>,
    /// What, in MLIR's wording: "see other use here".
    pub message: String,
}

/// One message to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Error, warning, ...
    pub severity: Severity,
    /// One sentence in MLIR's wording: `'top.Conv' op expects 2 or 3 operands, found 1`.
    pub message: String,
    /// The place that it is about, where the source is text.
    pub span: Option<Span>,
    /// The location's name (tensor or node name), where the source is not text.
    pub name: Option<String>,
    /// Further places ("note:" lines).
    pub notes: Vec<Label>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span: None,
            name: None,
            notes: Vec::new(),
        }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// The same with a place.
    #[must_use]
    pub fn at(mut self, span: Option<Span>) -> Self {
        self.span = span;
        self
    }

    /// The same with the name of the tensor or node.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same with one more note.
    #[must_use]
    pub fn note(mut self, message: impl Into<String>, span: Option<Span>) -> Self {
        self.notes.push(Label {
            span,
            message: message.into(),
        });
        self
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Remark => "remark",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: ")?;
        if let Some(name) = &self.name {
            write!(f, "loc({name:?}): ")?;
        }
        f.write_str(&self.message)?;
        for note in &self.notes {
            write!(f, "\n  note: {}", note.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}
