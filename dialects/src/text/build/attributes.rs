//! The parser's actions for locations and attributes.

use super::Builder;
use super::numbers::{float_of, integer_of};
use crate::ir::{Attr, AttrKind, Loc, LocKind, Signedness, Str, Type, TypeKind};
use crate::text::lexer::Token;
use logos::Logos;

impl<'s> Builder<'_, 's> {
    /// Interns a location.
    pub fn location(&mut self, kind: LocKind) -> Loc {
        self.ctx.loc(kind)
    }

    /// `"name"`, `"name"(child)`; an unknown child is as good as none.
    pub fn name_location(&mut self, name: &str, child: Option<Loc>) -> Loc {
        let name = self.string(name);
        let child = child.filter(|child| *self.ctx.loc_kind(*child) != LocKind::Unknown);
        self.ctx.loc(LocKind::Name { name, child })
    }

    /// `"file":line:column`
    pub fn file_location(&mut self, file: &str, line: &str, column: &str, start: usize, end: usize) -> Loc {
        let file = self.string(file);
        let (line, column) = match (line.parse(), column.parse()) {
            (Ok(line), Ok(column)) => (line, column),
            _ => {
                self.error(
                    start,
                    end,
                    "expected integer line and column numbers in FileLineColLoc",
                );
                (0, 0)
            }
        };
        self.ctx.loc(LocKind::FileLineCol { file, line, column })
    }

    /// A location as an attribute.
    pub fn location_attribute(&mut self, loc: Loc) -> Attr {
        self.ctx.attr(AttrKind::Location(loc))
    }

    /// Interns an attribute.
    pub fn attr(&mut self, kind: AttrKind) -> Attr {
        self.ctx.attr(kind)
    }

    /// `{...}`: sorted by name; a name given twice is an error.
    pub fn dictionary(&mut self, mut list: Vec<(Str, Attr)>, start: usize, end: usize) -> Vec<(Str, Attr)> {
        let ctx = &*self.ctx;
        let ordered = |pair: &[(Str, Attr)]| ctx.text(pair[0].0) < ctx.text(pair[1].0);
        if !list.windows(2).all(ordered) {
            list.sort_by(|(a, _), (b, _)| ctx.text(*a).cmp(ctx.text(*b)));
            if let Some(twice) = list.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let name = ctx.text(twice[0].0).to_owned();
                let second = start + second_key(self.slice(start, end), &name);
                let message = format!("duplicate key '{name}' in dictionary attribute");
                self.error(second, second + name.len(), message);
                list.dedup_by_key(|(name, _)| *name);
            }
        }
        if self.errors.is_empty() && self.source[..start].ends_with(") ") {
            self.known.add_dictionary(self.slice(start, end), &list);
        }
        list
    }

    /// `{...}` whose text was read before.
    pub fn known_attributes(&mut self, index: u32) -> Vec<(Str, Attr)> {
        self.known.attributes(index)
    }

    /// `"text"`
    pub fn string_attribute(&mut self, literal: &str) -> Attr {
        let text = self.string(literal);
        self.ctx.attr(AttrKind::String(text))
    }

    /// `1`, `1 : i32`, `1 : f32`
    pub fn integer(&mut self, text: &str, ty: Option<Type>, start: usize, end: usize) -> Attr {
        let ty = ty.unwrap_or_else(|| self.ctx.int_type(64));
        self.number(text, ty, start, end)
    }

    /// `0x10 : i32`, or the bits of a float: `0x7FC00000 : f32`
    pub fn hexadecimal(&mut self, text: &str, ty: Option<Type>, start: usize, end: usize) -> Attr {
        self.integer(text, ty, start, end)
    }

    /// `1.0`, `1.0 : f32`
    pub fn float(&mut self, text: &str, ty: Option<Type>, start: usize, end: usize) -> Attr {
        let ty = ty.unwrap_or_else(|| self.ctx.f64_type());
        self.number(text, ty, start, end)
    }

    /// A number, or `true`/`false`, of a type.
    pub(super) fn number(&mut self, text: &str, ty: Type, start: usize, end: usize) -> Attr {
        let kind = match self.ctx.type_kind(ty) {
            TypeKind::Float(kind) => match float_of(text, *kind) {
                Ok(value) => Ok(AttrKind::Float {
                    value: value.into(),
                    ty,
                }),
                Err(message) => Err(message.to_owned()),
            },
            TypeKind::Integer { width, signedness } => match (text, width) {
                ("true", 1) => Ok(AttrKind::Bool(true)),
                ("false", 1) => Ok(AttrKind::Bool(false)),
                _ => match integer_of(text, *width, *signedness) {
                    // MLIR's i1 is its boolean.
                    Ok(value) if *width == 1 && *signedness == Signedness::Signless => {
                        Ok(AttrKind::Bool(value != 0))
                    }
                    Ok(value) => Ok(AttrKind::Integer { value, ty }),
                    Err(message) => Err(message.to_owned()),
                },
            },
            TypeKind::Index => match integer_of(text, 64, Signedness::Signless) {
                Ok(value) => Ok(AttrKind::Integer { value, ty }),
                Err(message) => Err(message.to_owned()),
            },
            _ => Err("integer literal not valid for specified type".to_owned()),
        };
        match kind {
            Ok(kind) => self.ctx.attr(kind),
            Err(message) => {
                self.error(start, end, message);
                self.ctx.attr(AttrKind::Unit)
            }
        }
    }

    /// `array<i32: 1, 2>`
    pub fn dense_array(
        &mut self,
        element: Type,
        values: Vec<(&'s str, usize, usize)>,
        start: usize,
        end: usize,
    ) -> Attr {
        let ok = match self.ctx.type_kind(element) {
            TypeKind::Float(_) => true,
            TypeKind::Integer { width, .. } => *width == 1 || width.is_multiple_of(8) && *width <= 64,
            _ => false,
        };
        if !ok {
            self.error(
                start,
                end,
                "element type must be a number whose width is a multiple of 8, or i1",
            );
            return self.ctx.attr(AttrKind::Unit);
        }
        let values = values
            .into_iter()
            .map(|(text, start, end)| self.number(text, element, start, end))
            .collect();
        self.ctx.attr(AttrKind::DenseArray { element, values })
    }

    /// `#dialect...`, kept as text.
    pub fn opaque_attribute(&mut self, text: &str) -> Attr {
        let text = self.ctx.str(&text[1..]);
        self.ctx.attr(AttrKind::Opaque { text })
    }

    /// `#tpu<name case>`
    pub fn enum_attribute(&mut self, name: &str, case: &str) -> Attr {
        self.ctx.enum_attr("tpu", name, case)
    }

    /// `#tpu.name<field = value, ...>`
    pub fn struct_attribute(&mut self, name: &str, fields: Vec<(Str, Attr)>) -> Attr {
        let (dialect, name) = (self.ctx.str("tpu"), self.ctx.str(name));
        self.ctx.attr(AttrKind::Struct {
            dialect,
            name,
            fields,
        })
    }
}

/// Where in the text of a dictionary a name stands for the second time.
fn second_key(text: &str, name: &str) -> usize {
    let (mut depth, mut seen) = (0, 0);
    let mut at_key = false;
    for (token, span) in Token::lexer(text).spanned() {
        let key = at_key && depth == 1;
        at_key = false;
        match token {
            Ok(Token::BraceOpen | Token::BracketOpen | Token::ParenOpen | Token::Less) => {
                depth += 1;
                at_key = depth == 1;
            }
            Ok(Token::BraceClose | Token::BracketClose | Token::ParenClose | Token::Greater) => depth -= 1,
            Ok(Token::Comma) => at_key = true,
            _ if key && text[span.clone()].trim_matches('"') == name => {
                seen += 1;
                if seen == 2 {
                    return span.start;
                }
            }
            _ => {}
        }
    }
    0
}
