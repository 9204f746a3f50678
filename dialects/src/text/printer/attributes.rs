//! Attributes.

use super::super::float::{encode, float_bits, write_float};
use super::super::strings::{escape, is_bare_identifier};
use super::{MOST_LISTED_ELEMENTS, NO_ALIAS, Printer};
use crate::ir::{Attr, AttrKind, F64, FloatKind, Signedness, Str, Type, TypeKind};
use std::fmt::Write;

impl Printer<'_> {
    /// `{...}` after `before`, without the attributes that are shown elsewhere; nothing if none is left.
    pub(super) fn attributes(&mut self, attrs: &[(Str, Attr)], shown: &[&str], before: &str) {
        let ctx = self.ctx;
        let mut first = true;
        for (name, attr) in attrs {
            let name = ctx.text(*name);
            if shown.contains(&name) {
                continue;
            }
            self.out.push_str(if first { before } else { ", " });
            if first {
                self.out.push('{');
            }
            first = false;
            self.named_attribute(name, *attr);
        }
        if !first {
            self.out.push('}');
        }
    }

    pub(super) fn named_attribute(&mut self, name: &str, attr: Attr) {
        if is_bare_identifier(name) {
            self.out.push_str(name);
        } else {
            self.out.push('"');
            escape(&mut self.out, name);
            self.out.push('"');
        }
        if !matches!(self.ctx.attr_kind(attr), AttrKind::Unit) {
            self.out.push_str(" = ");
            self.attribute(attr, false);
        }
    }

    /// In lists the types `i64` and `f64` may be left out.
    pub(super) fn attribute(&mut self, attr: Attr, in_list: bool) {
        let ctx = self.ctx;
        match ctx.attr_kind(attr) {
            AttrKind::Unit => self.out.push_str("unit"),
            AttrKind::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            AttrKind::Integer { value, ty } => {
                self.decimal(*value);
                let default = TypeKind::Integer {
                    width: 64,
                    signedness: Signedness::Signless,
                };
                if !(in_list && *ctx.type_kind(*ty) == default) {
                    self.out.push_str(" : ");
                    self.ty(*ty);
                }
            }
            AttrKind::Float { value, ty } => {
                let as_bits = self.float(*value, *ty);
                if as_bits || !(in_list && *ctx.type_kind(*ty) == TypeKind::Float(FloatKind::F64)) {
                    self.out.push_str(" : ");
                    self.ty(*ty);
                }
            }
            AttrKind::String(text) => self.quoted(*text),
            AttrKind::Array(list) => {
                self.out.push('[');
                self.list(list, |printer, item| printer.attribute(*item, true));
                self.out.push(']');
            }
            AttrKind::DenseArray { element, values } => {
                self.out.push_str("array<");
                self.ty(*element);
                if !values.is_empty() {
                    self.out.push_str(": ");
                    self.list(values, |printer, item| printer.scalar(*item));
                }
                self.out.push('>');
            }
            AttrKind::DenseElements { ty, values } => self.dense_elements(*ty, values),
            AttrKind::Dictionary(list) => {
                self.out.push('{');
                self.list(list, |printer, (name, item)| {
                    printer.named_attribute(printer.ctx.text(*name), *item);
                });
                self.out.push('}');
            }
            AttrKind::SymbolRef(path) => {
                for (index, name) in path.iter().enumerate() {
                    self.out.push_str(if index > 0 { "::@" } else { "@" });
                    self.symbol(ctx.text(*name));
                }
            }
            AttrKind::Type(ty) => self.ty(*ty),
            AttrKind::Location(loc) => {
                if let Some(index) = self.alias_of.get(loc.index()).copied()
                    && index != NO_ALIAS
                {
                    self.alias_name(index);
                } else {
                    self.out.push_str("loc(");
                    self.location(*loc, true);
                    self.out.push(')');
                }
            }
            AttrKind::Enum { dialect, name, case } => {
                let (dialect, name, case) = (ctx.text(*dialect), ctx.text(*name), ctx.text(*case));
                let _ = write!(self.out, "#{dialect}<{name} {case}>");
            }
            AttrKind::Struct {
                dialect,
                name,
                fields,
            } => {
                let (dialect, name) = (ctx.text(*dialect), ctx.text(*name));
                let _ = write!(self.out, "#{dialect}.{name}<");
                self.list(fields, |printer, (name, item)| {
                    printer.out.push_str(printer.ctx.text(*name));
                    printer.out.push_str(" = ");
                    printer.field(*item);
                });
                self.out.push('>');
            }
            AttrKind::Opaque { text } => {
                self.out.push('#');
                self.out.push_str(ctx.text(*text));
            }
        }
    }

    /// A parameter of a structured attribute: integers without type.
    pub(super) fn field(&mut self, attr: Attr) {
        match self.ctx.attr_kind(attr) {
            AttrKind::Array(list) | AttrKind::DenseArray { values: list, .. } => {
                self.out.push('[');
                self.list(list, |printer, item| printer.field(*item));
                self.out.push(']');
            }
            _ => self.scalar(attr),
        }
    }

    /// A number without its type.
    pub(super) fn scalar(&mut self, attr: Attr) {
        match self.ctx.attr_kind(attr) {
            AttrKind::Integer { value, .. } => self.decimal(*value),
            AttrKind::Float { value, ty } => {
                self.float(*value, *ty);
            }
            _ => self.attribute(attr, true),
        }
    }

    pub(super) fn dense_elements(&mut self, ty: Type, values: &[Attr]) {
        let ctx = self.ctx;
        let shape = ctx.type_shape(ty).unwrap_or_default();
        if self
            .options
            .elide_elements_above
            .is_some_and(|most| values.len() > most)
        {
            self.out.push_str("dense_resource<__elided__> : ");
            self.ty(ty);
            return;
        }
        self.out.push_str("dense<");
        let bits = ctx
            .element_type(ty)
            .map_or(0, |element| match ctx.type_kind(element) {
                TypeKind::Float(kind) => float_bits(*kind),
                TypeKind::Integer { width, .. } if width.is_multiple_of(8) && *width <= 64 => *width,
                TypeKind::Index => 64,
                _ => 0,
            });
        if values.len() > MOST_LISTED_ELEMENTS && bits > 0 {
            self.out.push_str("\"0x");
            for value in values {
                let word = match ctx.attr_kind(*value) {
                    AttrKind::Integer { value, .. } => *value as u64,
                    AttrKind::Float { value, ty } => match ctx.type_kind(*ty) {
                        TypeKind::Float(kind) => encode(*kind, value.get()),
                        _ => 0,
                    },
                    _ => 0,
                };
                for byte in &word.to_le_bytes()[..bits as usize / 8] {
                    let _ = write!(self.out, "{byte:02X}");
                }
            }
            self.out.push('"');
        } else if values.len() == 1 {
            self.scalar(values[0]);
        } else if !values.is_empty() {
            self.nested_list(shape, values);
        }
        self.out.push_str("> : ");
        self.ty(ty);
    }

    pub(super) fn nested_list(&mut self, shape: &[i64], values: &[Attr]) {
        let Some((first, rest)) = shape.split_first() else {
            values.iter().for_each(|value| self.scalar(*value));
            return;
        };
        let step = values.len() / (*first).max(1) as usize;
        self.out.push('[');
        for index in 0..*first as usize {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.nested_list(rest, &values[index * step..(index + 1) * step]);
        }
        self.out.push(']');
    }

    /// Returns whether the number was written as bits.
    pub(super) fn float(&mut self, value: F64, ty: Type) -> bool {
        let kind = match self.ctx.type_kind(ty) {
            TypeKind::Float(kind) => *kind,
            _ => FloatKind::F64,
        };
        write_float(&mut self.out, value.get(), kind)
    }
}
