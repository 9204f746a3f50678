//! Interning and reading attributes.

use super::Context;
use crate::ir::{Attr, AttrKind};

impl Context {
    /// Interns an attribute.
    pub fn attr(&mut self, kind: AttrKind) -> Attr {
        Attr::from_index(self.attrs.insert_full(kind).0)
    }

    /// What an attribute is.
    pub fn attr_kind(&self, attr: Attr) -> &AttrKind {
        &self.attrs[attr.index()]
    }

    /// `value : i64`
    pub fn i64_attr(&mut self, value: i64) -> Attr {
        let ty = self.int_type(64);
        self.attr(AttrKind::Integer {
            value: value.into(),
            ty,
        })
    }

    /// `value : i32`
    pub fn i32_attr(&mut self, value: i32) -> Attr {
        let ty = self.int_type(32);
        self.attr(AttrKind::Integer {
            value: value.into(),
            ty,
        })
    }

    /// `value : si32`
    pub fn si32_attr(&mut self, value: i32) -> Attr {
        let ty = self.sint_type(32);
        self.attr(AttrKind::Integer {
            value: value.into(),
            ty,
        })
    }

    /// `value : f64`
    pub fn f64_attr(&mut self, value: f64) -> Attr {
        let ty = self.f64_type();
        self.attr(AttrKind::Float {
            value: value.into(),
            ty,
        })
    }

    /// `true`, `false`
    pub fn bool_attr(&mut self, value: bool) -> Attr {
        self.attr(AttrKind::Bool(value))
    }

    /// `"text"`
    pub fn string_attr(&mut self, text: &str) -> Attr {
        let text = self.str(text);
        self.attr(AttrKind::String(text))
    }

    /// `[1, 2]` of `i64`
    pub fn i64_array_attr(&mut self, values: &[i64]) -> Attr {
        let values = values.iter().map(|value| self.i64_attr(*value)).collect();
        self.attr(AttrKind::Array(values))
    }

    /// `[1.0, 2.0]` of `f64`
    pub fn f64_array_attr(&mut self, values: &[f64]) -> Attr {
        let values = values.iter().map(|value| self.f64_attr(*value)).collect();
        self.attr(AttrKind::Array(values))
    }

    /// `["a", "b"]`
    pub fn string_array_attr<S: AsRef<str>>(&mut self, values: &[S]) -> Attr {
        let values = values
            .iter()
            .map(|value| self.string_attr(value.as_ref()))
            .collect();
        self.attr(AttrKind::Array(values))
    }

    /// `array<i32: 1, 2>`
    pub fn dense_i32_attr(&mut self, values: &[i32]) -> Attr {
        let element = self.int_type(32);
        let values = values.iter().map(|value| self.i32_attr(*value)).collect();
        self.attr(AttrKind::DenseArray { element, values })
    }

    /// `#DIALECT<NAME CASE>`
    pub fn enum_attr(&mut self, dialect: &str, name: &str, case: &str) -> Attr {
        let (dialect, name, case) = (self.str(dialect), self.str(name), self.str(case));
        self.attr(AttrKind::Enum { dialect, name, case })
    }

    /// The integer of an integer attribute that fits 64 bits.
    pub fn attr_as_i64(&self, attr: Attr) -> Option<i64> {
        match self.attr_kind(attr) {
            AttrKind::Integer { value, .. } => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The number of a float attribute.
    pub fn attr_as_f64(&self, attr: Attr) -> Option<f64> {
        match self.attr_kind(attr) {
            AttrKind::Float { value, .. } => Some(value.get()),
            _ => None,
        }
    }

    /// The value of a boolean attribute.
    pub fn attr_as_bool(&self, attr: Attr) -> Option<bool> {
        match self.attr_kind(attr) {
            AttrKind::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a string attribute, or the case of an enum attribute.
    pub fn attr_as_str(&self, attr: Attr) -> Option<&str> {
        match self.attr_kind(attr) {
            AttrKind::String(text) | AttrKind::Enum { case: text, .. } => Some(self.text(*text)),
            _ => None,
        }
    }

    /// The integers of an array (`[1, 2]` or `array<i64: 1, 2>`).
    pub fn attr_as_i64s(&self, attr: Attr) -> Option<Vec<i64>> {
        match self.attr_kind(attr) {
            AttrKind::Array(values) | AttrKind::DenseArray { values, .. } => {
                values.iter().map(|value| self.attr_as_i64(*value)).collect()
            }
            _ => None,
        }
    }

    /// The numbers of an array of floats.
    pub fn attr_as_f64s(&self, attr: Attr) -> Option<Vec<f64>> {
        match self.attr_kind(attr) {
            AttrKind::Array(values) | AttrKind::DenseArray { values, .. } => {
                values.iter().map(|value| self.attr_as_f64(*value)).collect()
            }
            _ => None,
        }
    }

    /// The texts of an array of strings.
    pub fn attr_as_strs(&self, attr: Attr) -> Option<Vec<&str>> {
        match self.attr_kind(attr) {
            AttrKind::Array(values) => values.iter().map(|value| self.attr_as_str(*value)).collect(),
            _ => None,
        }
    }
}
