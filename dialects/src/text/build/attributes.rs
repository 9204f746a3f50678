//! The parser's actions for locations and attributes.

use super::Builder;
use super::numbers::{NumberError, float_of, integer_of};
use crate::ir::{Attr, AttrKind, Loc, LocKind, Signedness, Str, Type, TypeKind};
use crate::text::lexer::Token;
use crate::text::messages::DECIMAL;
use crate::text::printer::type_text;
use logos::Logos;

/// Parameters of `#tpu.lg` in the order of their definition.
const LAYER_GROUP_FIELDS: [&str; 21] = [
    "out_addr",
    "out_size",
    "buffer_addr",
    "buffer_size",
    "eu_align",
    "can_merge",
    "in_hslice_offset",
    "n_idx",
    "n_slice",
    "c_idx",
    "c_slice",
    "d_idx",
    "d_slice",
    "h_idx",
    "h_slice",
    "w_idx",
    "w_slice",
    "id",
    "stage",
    "slice_idx",
    "group_type",
];

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

    /// `"file":line:column`, with the first bytes of the numbers.
    pub fn file_location(
        &mut self,
        file: &str,
        line: &str,
        line_start: usize,
        column: &str,
        column_start: usize,
    ) -> Loc {
        let file = self.string(file);
        let mut number = |digits: &str, start: usize, what: &str| {
            digits.parse().unwrap_or_else(|_| {
                let message = format!("expected integer {what} number in FileLineColLoc");
                self.error(start, start + digits.len(), message);
                0
            })
        };
        let line = number(line, line_start, "line");
        let column = number(column, column_start, "column");
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

    /// `"name"` before the `=`.
    pub fn quoted_attribute_name(&mut self, literal: &str, start: usize, end: usize) -> Str {
        let name = self.string(literal);
        if self.ctx.text(name).is_empty() {
            self.error(start, end, "expected valid attribute name");
        }
        name
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

    /// A number of a type.
    fn number(&mut self, text: &str, ty: Type, start: usize, end: usize) -> Attr {
        match self.number_kind(text, ty) {
            Ok(kind) => self.ctx.attr(kind),
            Err(error) => {
                let message = match error {
                    NumberError::OutOfRange => "integer constant out of range for attribute",
                    NumberError::Negative => "negative integer literal not valid for unsigned integer type",
                    NumberError::NotInteger => "floating point value not valid for specified type",
                    NumberError::NotFloat => DECIMAL,
                    NumberError::BitsOutOfRange => "hexadecimal float constant out of range for type",
                    NumberError::NegativeBits => "hexadecimal float literal should not have a leading minus",
                    NumberError::TooLarge => "floating point value too large for attribute",
                    NumberError::Boolean => "expected i1 type for 'true' or 'false' values",
                    NumberError::Type => "integer literal not valid for specified type",
                };
                // MLIR points at the digits, or behind everything where the type is wrong.
                let digits = start + usize::from(text.starts_with('-'));
                let place = match error {
                    NumberError::NotInteger => self.next_token(end),
                    _ => digits,
                };
                self.error(place, end.max(place), message);
                if message == DECIMAL {
                    self.note_of_last_error("add a trailing dot to make the literal a float");
                }
                self.ctx.attr(AttrKind::Unit)
            }
        }
    }

    /// A number, or `true` or `false`, of a type.
    pub(super) fn number_kind(&self, text: &str, ty: Type) -> Result<AttrKind, NumberError> {
        match self.ctx.type_kind(ty) {
            TypeKind::Float(kind) => {
                let value = float_of(text, *kind)?.into();
                Ok(AttrKind::Float { value, ty })
            }
            TypeKind::Integer { width, signedness } => {
                // MLIR's i1 is its boolean.
                let boolean = *width == 1 && *signedness == Signedness::Signless;
                match text {
                    "true" | "false" if boolean => Ok(AttrKind::Bool(text == "true")),
                    "true" | "false" => Err(NumberError::Boolean),
                    _ => {
                        let value = integer_of(text, *width, *signedness)?;
                        Ok(if boolean {
                            AttrKind::Bool(value != 0)
                        } else {
                            AttrKind::Integer { value, ty }
                        })
                    }
                }
            }
            TypeKind::Index => {
                let value = integer_of(text, 64, Signedness::Signless)?;
                Ok(AttrKind::Integer { value, ty })
            }
            _ => Err(NumberError::Type),
        }
    }

    /// `array<i32: 1, 2>`; `start` and `end` are the element type's.
    pub fn dense_array(
        &mut self,
        element: Type,
        values: Vec<(&'s str, usize, usize)>,
        start: usize,
        end: usize,
    ) -> Attr {
        let mistake = match self.ctx.type_kind(element) {
            TypeKind::Float(_) => None,
            TypeKind::Integer { width, .. } if *width == 1 || width.is_multiple_of(8) && *width <= 64 => None,
            TypeKind::Integer { width, .. } if !width.is_multiple_of(8) => {
                Some("element type bitwidth must be a multiple of 8".to_owned())
            }
            TypeKind::Integer { .. } => {
                Some("element types of more than 64 bits are not supported".to_owned())
            }
            _ => {
                let ty = type_text(self.ctx, element);
                Some(format!("expected integer or float type, got: '{ty}'"))
            }
        };
        if let Some(message) = mistake {
            self.error(start, end, message);
            return self.ctx.attr(AttrKind::Unit);
        }
        let values = values
            .into_iter()
            .map(|(text, start, end)| match self.number_kind(text, element) {
                Ok(kind) => self.ctx.attr(kind),
                Err(error) => {
                    let (place, message) = match error {
                        NumberError::OutOfRange => (self.next_token(end), "integer constant out of range"),
                        NumberError::Negative => (self.next_token(end), "expected unsigned integer"),
                        NumberError::Boolean => (start, "expected i1 type for 'true' or 'false' values"),
                        NumberError::NotFloat => (start, DECIMAL),
                        NumberError::BitsOutOfRange => {
                            (start, "hexadecimal float constant out of range for type")
                        }
                        NumberError::NegativeBits => (
                            start + 1,
                            "hexadecimal float literal should not have a leading minus",
                        ),
                        NumberError::TooLarge => (start, "floating point value too large for attribute"),
                        NumberError::NotInteger | NumberError::Type => (start, "expected integer literal"),
                    };
                    self.error(place, end.max(place), message);
                    self.ctx.attr(AttrKind::Unit)
                }
            })
            .collect();
        self.ctx.attr(AttrKind::DenseArray { element, values })
    }

    /// `#dialect...`, kept as text.
    pub fn opaque_attribute(&mut self, text: &str, end: usize) -> Attr {
        if text == "#tpu.lg" {
            self.error(end, end, "expected '<'");
        }
        let text = self.ctx.str(&text[1..]);
        self.ctx.attr(AttrKind::Opaque { text })
    }

    /// `#tpu<name case>`
    pub fn enum_attribute(&mut self, name: &str, case: &str) -> Attr {
        self.ctx.enum_attr("tpu", name, case)
    }

    /// The name of a parameter of `#tpu.lg`, whose value begins at `at`.
    pub fn field_name(&mut self, name: &str, at: usize) -> Str {
        if !LAYER_GROUP_FIELDS.contains(&name) {
            self.error(
                at,
                at,
                format!("duplicate or unknown struct parameter name: {name}"),
            );
        }
        self.ctx.str(name)
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
