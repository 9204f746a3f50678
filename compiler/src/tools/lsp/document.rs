//! One open file: its names, its program if it parses, and what is wrong with it.

use super::position;
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentSymbol, Location, Position, Range,
    SymbolKind, Uri,
};
use tpuc_dialects::ir::{self, Context, Op, OpView, Severity, Span, TypeKind, Value, verify};
use tpuc_dialects::text::{
    FileId, Name, NameKind, Names, Place, SourceFile, SourceMap, loc_text, parse, type_text,
};

/// A file as the editor has it.
pub struct Document {
    sources: SourceMap,
    file: FileId,
    names: Names,
    ctx: Context,
    /// The operations that have a place, in the order of their places; empty when the file does not parse.
    ops: Vec<(usize, Op)>,
    found: Vec<ir::Diagnostic>,
}

impl Document {
    /// Reads and verifies a text.
    pub fn new(name: &str, text: String) -> Self {
        let mut sources = SourceMap::new();
        let file = sources.add(name, text);
        let names = Names::find(&sources.file(file).text);
        let mut ctx = Context::default();
        let mut ops = Vec::new();
        let found = match parse(&mut ctx, &sources, file) {
            Ok(module) => {
                let all = ctx.walk(module.op());
                ops.extend(
                    all.into_iter()
                        .filter_map(|op| Some((ctx.op_span(op)?.start as usize, op))),
                );
                ops.sort_by_key(|(start, _)| *start);
                verify(&ctx, module.op())
            }
            Err(errors) => errors,
        };
        Self {
            sources,
            file,
            names,
            ctx,
            ops,
            found,
        }
    }

    fn source(&self) -> &SourceFile {
        self.sources.file(self.file)
    }

    fn range(&self, bytes: &std::ops::Range<usize>) -> Range {
        position::range(self.source(), bytes.clone())
    }

    fn span(&self, span: Option<Span>) -> Range {
        span.map_or_else(Range::default, |span| {
            self.range(&(span.start as usize..span.end as usize))
        })
    }

    /// What is wrong, for the editor's list.
    pub fn diagnostics(&self, uri: &Uri) -> Vec<Diagnostic> {
        let related = |found: &ir::Diagnostic| {
            let notes = found.notes.iter().map(|note| DiagnosticRelatedInformation {
                location: Location::new(uri.clone(), self.span(note.span.or(found.span))),
                message: note.message.clone(),
            });
            Some(notes.collect::<Vec<_>>()).filter(|notes| !notes.is_empty())
        };
        let found = self.found.iter().map(|found| Diagnostic {
            range: self.span(found.span),
            severity: Some(match found.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
                Severity::Remark => DiagnosticSeverity::INFORMATION,
                Severity::Note => DiagnosticSeverity::HINT,
            }),
            source: Some("tpuc".to_owned()),
            message: found.message.clone(),
            related_information: related(found),
            ..Diagnostic::default()
        });
        found.collect()
    }

    fn name_at(&self, position: Position) -> Option<&Name> {
        self.names.at(position::byte(self.source(), position)?)
    }

    /// Where the name at a place is defined.
    pub fn definition(&self, position: Position) -> Option<Range> {
        Some(self.range(&self.name_at(position)?.definition))
    }

    /// Where the name at a place is used, with its definition on request.
    pub fn references(&self, position: Position, with_definition: bool) -> Vec<Range> {
        let Some(name) = self.name_at(position) else {
            return Vec::new();
        };
        let definition = with_definition.then_some(&name.definition);
        definition
            .into_iter()
            .chain(&name.uses)
            .map(|place| self.range(place))
            .collect()
    }

    /// Type, shape, threshold and location of the value at a place, or the summary of the operation there. Markdown.
    pub fn hover(&self, position: Position) -> Option<(String, Range)> {
        let byte = position::byte(self.source(), position)?;
        if let Some(name) = self.names.at(byte) {
            let text = match name.kind {
                NameKind::Value => self.describe_value(name)?,
                NameKind::Block => format!("block `{}`", name.text),
                NameKind::Symbol | NameKind::Alias => {
                    let (line, _) = self.source().line_column(name.definition.start as u32);
                    let line = self.source().line_range(line)?;
                    let line = self.source().text[line].trim().trim_end_matches('{');
                    format!("```mlir\n{}\n```", line.trim_end())
                }
            };
            let place = std::iter::once(&name.definition)
                .chain(&name.uses)
                .find(|place| place.start <= byte && byte <= place.end)?;
            return Some((text, self.range(place)));
        }
        let (start, op) = *self.ops[..self.ops.partition_point(|(start, _)| *start <= byte)].last()?;
        let text = &self.source().text[start..];
        let end = start
            + if text.starts_with('"') {
                self.ctx.op_name(op).len() + 2
            } else {
                text.find([' ', '\n']).unwrap_or(text.len())
            };
        if byte > end {
            return None;
        }
        Some((self.describe_op(op), self.range(&(start..end))))
    }

    fn describe_op(&self, op: Op) -> String {
        let results: Vec<String> = self
            .ctx
            .results(op)
            .iter()
            .map(|value| format!("`{}`", type_text(&self.ctx, self.ctx.value_type(*value))))
            .collect();
        format!(
            "`{}`\n\nlocation `{}`\n\nresults: {}",
            self.ctx.op_name(op),
            loc_text(&self.ctx, self.ctx.op_loc(op)),
            if results.is_empty() {
                "none".to_owned()
            } else {
                results.join(", ")
            }
        )
    }

    fn describe_value(&self, name: &Name) -> Option<String> {
        let values = self.values(name)?;
        let mut text = format!("`{}`", name.text);
        if let Some(op) = values.first().and_then(|value| self.ctx.defining_op(*value)) {
            text.push_str(&format!(" = `{}`", self.ctx.op_name(op)));
        }
        for value in values.iter().copied() {
            let ty = self.ctx.value_type(value);
            text.push_str(&format!("\n\ntype `{}`", type_text(&self.ctx, ty)));
            if let Some(shape) = self.ctx.type_shape(ty) {
                let dims: Vec<String> = shape
                    .iter()
                    .map(|dim| {
                        if *dim == ir::DYNAMIC {
                            "?".to_owned()
                        } else {
                            dim.to_string()
                        }
                    })
                    .collect();
                let count = shape
                    .iter()
                    .try_fold(1_i64, |count, dim| count.checked_mul((*dim).max(0)))
                    .filter(|_| !shape.contains(&ir::DYNAMIC));
                text.push_str(&format!("\n\nshape [{}]", dims.join(", ")));
                if let Some(count) = count {
                    text.push_str(&format!(", {count} elements"));
                }
            }
            if let Some(quantised) = self.describe_quantisation(ty) {
                text.push_str(&format!("\n\n{quantised}"));
            }
        }
        if let Some(loc) = values_location(&self.ctx, &values) {
            text.push_str(&format!("\n\nlocation `{loc}`"));
        }
        Some(text)
    }

    /// What a calibrated or quantised element type says in numbers.
    fn describe_quantisation(&self, ty: ir::Type) -> Option<String> {
        let element = self.ctx.element_type(ty)?;
        match self.ctx.type_kind(element) {
            TypeKind::Calibrated { min, max, .. } => {
                let (min, max) = (min.get(), max.get());
                let threshold = min.abs().max(max.abs());
                Some(format!("threshold {threshold}, values from {min} to {max}"))
            }
            TypeKind::Uniform {
                scale, zero_point, ..
            } => Some(format!("value = {} x (stored - {zero_point})", scale.get())),
            TypeKind::UniformPerAxis { axis, scales, .. } => Some(format!(
                "quantised along axis {axis} with {} scales",
                scales.len()
            )),
            _ => None,
        }
    }

    /// The values that a name stands for: some results of an operation, or one argument.
    fn values(&self, name: &Name) -> Option<Vec<Value>> {
        let after = self.ops.partition_point(|(at, _)| *at <= name.definition.start);
        match &name.place {
            Place::Results(which) => {
                let (_, op) = self.ops.get(after)?;
                self.ctx.results(*op).get(which.clone()).map(<[Value]>::to_vec)
            }
            Place::Argument(index) => {
                // A function, or an operation with a region, stands directly before the arguments of its first block.
                let (_, op) = self.ops.get(after.checked_sub(1)?)?;
                let region = self.ctx.op_regions(*op).first()?;
                let block = self.ctx.region_blocks(*region).first()?;
                self.ctx
                    .block_arguments(*block)
                    .get(*index)
                    .map(|value| vec![*value])
            }
            Place::NoValue => None,
        }
    }

    /// Functions and modules with what is inside, for the editor's outline.
    #[allow(deprecated)]
    pub fn symbols(&self) -> Vec<DocumentSymbol> {
        let symbol = |name: &Name, kind: SymbolKind, detail: Option<String>| DocumentSymbol {
            name: name.text.clone(),
            detail,
            kind,
            tags: None,
            deprecated: None,
            range: self.range(&name.definition),
            selection_range: self.range(&name.definition),
            children: None,
        };
        let mut out: Vec<DocumentSymbol> = Vec::new();
        for name in self.names.all() {
            match name.kind {
                NameKind::Symbol => {
                    let before = self.source().text[..name.definition.start].trim_end();
                    let kind = if before.ends_with("module") {
                        SymbolKind::MODULE
                    } else {
                        SymbolKind::FUNCTION
                    };
                    out.push(symbol(name, kind, None));
                }
                NameKind::Value => {
                    if let Some(parent) = out.last_mut() {
                        let op = self
                            .values(name)
                            .and_then(|values| self.ctx.defining_op(*values.first()?));
                        let detail = op.map(|op| {
                            format!(
                                "{} {}",
                                self.ctx.op_name(op),
                                self.ctx.loc_text(self.ctx.op_loc(op))
                            )
                        });
                        let child = symbol(name, SymbolKind::VARIABLE, detail);
                        parent.children.get_or_insert_default().push(child);
                    }
                }
                NameKind::Block | NameKind::Alias => {}
            }
        }
        // An outline's entry encloses its children.
        for parent in &mut out {
            if let Some(last) = parent.children.as_ref().and_then(|children| children.last()) {
                parent.range.end = last.range.end;
            }
        }
        out
    }
}

fn values_location(ctx: &Context, values: &[Value]) -> Option<String> {
    let value = values.first()?;
    let loc = match ctx.defining_op(*value) {
        Some(op) => ctx.op_loc(op),
        None => ctx.argument_loc(*value)?,
    };
    Some(loc_text(ctx, loc))
}
