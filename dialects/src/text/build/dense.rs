//! `dense<...>`: elements as lists, splats and hexadecimal bytes.

use super::numbers::NumberError;
use super::{Builder, TextError};
use crate::ir::{Attr, AttrKind, Signedness, Type, TypeKind};
use crate::text::float;
use crate::text::printer::type_text;

/// What stands inside `dense<...>`.
pub enum DenseBody<'s> {
    /// One number.
    Splat((&'s str, usize, usize)),
    /// Nested lists, flattened, with their dimensions, or the place from which they do not agree.
    List(Vec<(&'s str, usize, usize)>, Result<Vec<i64>, usize>),
    /// `"0x..."`
    Hexadecimal(&'s str, usize, usize),
}

impl<'s> Builder<'_, 's> {
    /// A list inside `dense<...>`: items, each with the byte behind it.
    pub fn dense_list(&mut self, items: Vec<(DenseBody<'s>, usize)>) -> DenseBody<'s> {
        let mut shape: Option<Vec<i64>> = None;
        let mut ragged = None;
        let mut values = Vec::new();
        let count = items.len() as i64;
        for (item, end) in items {
            let inner = match item {
                DenseBody::Splat(value) => {
                    values.push(value);
                    Ok(Vec::new())
                }
                DenseBody::List(inner, shape) => {
                    values.extend(inner);
                    shape
                }
                DenseBody::Hexadecimal(..) => Err(end),
            };
            match inner {
                Err(at) => ragged = ragged.or(Some(at)),
                Ok(inner) => {
                    if shape.as_ref().is_some_and(|shape| *shape != inner) {
                        ragged = ragged.or(Some(end));
                    }
                    shape = Some(inner);
                }
            }
        }
        let shape = match ragged {
            Some(at) => Err(at),
            None => {
                let mut dims = vec![count];
                dims.extend(shape.unwrap_or_default());
                Ok(dims)
            }
        };
        DenseBody::List(values, shape)
    }

    /// `dense<...> : tensor<...>`; `colon` is the first byte after `>`, `end` one past the type.
    pub fn dense_elements(
        &mut self,
        body: Option<DenseBody<'s>>,
        ty: Type,
        colon: usize,
        end: usize,
    ) -> Attr {
        match self.dense_values(body, ty, colon, end) {
            Ok(values) => self.finish_dense(ty, values),
            Err(error) => {
                self.error(error.start, error.end, error.message);
                self.ctx.attr(AttrKind::Unit)
            }
        }
    }

    fn dense_values(
        &mut self,
        body: Option<DenseBody<'s>>,
        ty: Type,
        colon: usize,
        end: usize,
    ) -> Result<Vec<Attr>, TextError> {
        let behind = self.next_token(end);
        let error = |at: usize, message: String| Err(TextError::new(at, at, message));
        let (shape, element) = match self.ctx.type_kind(ty) {
            TypeKind::Tensor { shape, element, .. } => (shape.clone(), *element),
            TypeKind::UnrankedTensor { .. } => {
                return error(behind, "elements literal type must have static shape".to_owned());
            }
            _ => return error(behind, "elements literal must be a shaped type".to_owned()),
        };
        let count = shape
            .iter()
            .try_fold(1_i64, |count, dim| count.checked_mul(*dim).filter(|_| *dim >= 0));
        let Some(count) = count else {
            return error(behind, "elements literal type must have static shape".to_owned());
        };
        match body {
            None if count == 0 => Ok(Vec::new()),
            None => {
                let ty = type_text(self.ctx, ty);
                error(
                    colon,
                    format!("parsed zero elements, but type ('{ty}') expected at least 1"),
                )
            }
            Some(DenseBody::Splat(value)) => Ok(vec![self.dense_number(value, element, behind)?]),
            Some(DenseBody::List(values, dims)) => {
                let dims = match dims {
                    Ok(dims) => dims,
                    Err(at) => {
                        let message = "tensor literal is invalid; ranks are not consistent between elements";
                        return error(self.next_token(at), message.to_owned());
                    }
                };
                if dims[..] != shape[..] {
                    let list = |dims: &[i64]| {
                        let dims: Vec<String> = dims.iter().map(i64::to_string).collect();
                        dims.join(", ")
                    };
                    let (found, wanted) = (list(&dims), list(&shape));
                    let message = format!(
                        "inferred shape of elements literal ([{found}]) does not match type ([{wanted}])"
                    );
                    return error(colon, message);
                }
                values
                    .into_iter()
                    .map(|value| self.dense_number(value, element, behind))
                    .collect()
            }
            Some(DenseBody::Hexadecimal(literal, start, end)) => {
                let Some(bytes) = hexadecimal_bytes(literal) else {
                    let message = "expected string containing hex digits starting with `0x`";
                    return Err(TextError::new(start, end, message));
                };
                self.hexadecimal_elements(&bytes, element, count).map_or_else(
                    || {
                        let ty = type_text(self.ctx, ty);
                        error(
                            colon,
                            format!("elements hex data size is invalid for provided type: '{ty}'"),
                        )
                    },
                    Ok,
                )
            }
        }
    }

    fn dense_number(
        &mut self,
        (text, start, end): (&str, usize, usize),
        element: Type,
        behind: usize,
    ) -> Result<Attr, TextError> {
        let error = match self.number_kind(text, element) {
            Ok(kind) => return Ok(self.ctx.attr(kind)),
            Err(error) => error,
        };
        let digits = start + usize::from(text.starts_with('-'));
        let (place, message) = match error {
            NumberError::OutOfRange => (digits, "integer constant out of range for type"),
            NumberError::Negative => (
                digits,
                "expected unsigned integer elements, but parsed negative value",
            ),
            NumberError::NotInteger => (start, "expected integer elements, but parsed floating-point"),
            NumberError::NotFloat => (behind, "expected floating-point elements, but parsed integer"),
            NumberError::BitsOutOfRange => (digits, "hexadecimal float constant out of range for type"),
            NumberError::NegativeBits => (
                digits,
                "hexadecimal float literal should not have a leading minus",
            ),
            NumberError::TooLarge => (digits, "floating point value too large for attribute"),
            NumberError::Boolean => (start, "expected i1 type for 'true' or 'false' values"),
            NumberError::Type => (behind, "expected element type that is a number"),
        };
        Err(TextError::new(place, end.max(place), message))
    }

    fn finish_dense(&mut self, ty: Type, mut values: Vec<Attr>) -> Attr {
        // A list of equal elements is a splat, as in MLIR.
        if values.len() > 1 && values.iter().all(|value| *value == values[0]) {
            values.truncate(1);
        }
        self.ctx.attr(AttrKind::DenseElements { ty, values })
    }

    /// Elements from their bytes, little-endian; one element's bytes are a splat.
    fn hexadecimal_elements(&mut self, bytes: &[u8], element: Type, count: i64) -> Option<Vec<Attr>> {
        let kind = self.ctx.type_kind(element).clone();
        let bits = match kind {
            TypeKind::Float(kind) => float::float_bits(kind),
            TypeKind::Integer { width, .. } if width.is_multiple_of(8) && width <= 64 => width,
            TypeKind::Index => 64,
            _ => return None,
        };
        let size = bits as usize / 8;
        let expected = usize::try_from(count).ok()?.checked_mul(size)?;
        if bytes.len() != expected && bytes.len() != size {
            return None;
        }
        let values = bytes
            .chunks(size)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..size].copy_from_slice(chunk);
                let word = u64::from_le_bytes(word);
                let attr = match kind {
                    TypeKind::Float(kind) => AttrKind::Float {
                        value: float::decode(kind, word).into(),
                        ty: element,
                    },
                    TypeKind::Integer {
                        signedness: Signedness::Unsigned,
                        ..
                    } => AttrKind::Integer {
                        value: word.into(),
                        ty: element,
                    },
                    _ => AttrKind::Integer {
                        value: (((word << (64 - bits)) as i64) >> (64 - bits)).into(),
                        ty: element,
                    },
                };
                self.ctx.attr(attr)
            })
            .collect();
        Some(values)
    }
}

/// The bytes of `"0x..."`.
fn hexadecimal_bytes(literal: &str) -> Option<Vec<u8>> {
    let digits = literal.trim_matches('"').strip_prefix("0x")?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        Some((high * 16 + low) as u8)
    });
    pairs.collect()
}
