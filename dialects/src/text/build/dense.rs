//! `dense<...>`: elements as lists, splats and hexadecimal bytes.

use super::Builder;
use crate::ir::{Attr, AttrKind, Signedness, Type, TypeKind};
use crate::text::float;

/// What stands inside `dense<...>`.
pub enum DenseBody<'s> {
    /// One number.
    Splat((&'s str, usize, usize)),
    /// Nested lists, flattened, with their dimensions; `None` where they do not agree.
    List(Vec<(&'s str, usize, usize)>, Option<Vec<i64>>),
    /// `"0x..."`
    Hexadecimal(&'s str, usize, usize),
}

impl<'s> Builder<'_, 's> {
    /// A list inside `dense<...>`.
    pub fn dense_list(&mut self, items: Vec<DenseBody<'s>>) -> DenseBody<'s> {
        let mut shape: Option<Vec<i64>> = None;
        let mut agrees = true;
        let mut values = Vec::new();
        let count = items.len() as i64;
        for item in items {
            let inner = match item {
                DenseBody::Splat(value) => {
                    values.push(value);
                    Some(Vec::new())
                }
                DenseBody::List(inner, shape) => {
                    values.extend(inner);
                    shape
                }
                DenseBody::Hexadecimal(..) => None,
            };
            agrees &= inner.is_some() && shape.as_ref().is_none_or(|shape| Some(shape) == inner.as_ref());
            shape = inner;
        }
        let shape = agrees.then(|| {
            let mut dims = vec![count];
            dims.extend(shape.unwrap_or_default());
            dims
        });
        DenseBody::List(values, shape)
    }

    /// `dense<...> : tensor<...>`
    pub fn dense_elements(
        &mut self,
        body: Option<DenseBody<'s>>,
        ty: Type,
        start: usize,
        end: usize,
    ) -> Attr {
        let unit = self.ctx.attr(AttrKind::Unit);
        let TypeKind::Tensor { shape, element, .. } = self.ctx.type_kind(ty).clone() else {
            self.error(
                start,
                end,
                "elements literal must be a ranked tensor or vector type",
            );
            return unit;
        };
        let count = shape
            .iter()
            .try_fold(1_i64, |count, dim| count.checked_mul(*dim).filter(|_| *dim >= 0));
        let Some(count) = count else {
            self.error(start, end, "elements literal type must have static shape");
            return unit;
        };
        let values = match body {
            None if count == 0 => Vec::new(),
            None => {
                self.error(start, end, "expected element literal");
                return unit;
            }
            Some(DenseBody::Splat((text, start, end))) => vec![self.number(text, element, start, end)],
            Some(DenseBody::List(values, dims)) => {
                if dims.as_deref() != Some(&shape[..]) {
                    let message = match dims {
                        Some(dims) => {
                            format!(
                                "inferred shape of elements literal ({dims:?}) does not match type ({shape:?})"
                            )
                        }
                        None => {
                            "tensor literal is invalid; ranks are not consistent between elements".to_owned()
                        }
                    };
                    self.error(start, end, message);
                    return unit;
                }
                values
                    .into_iter()
                    .map(|(text, start, end)| self.number(text, element, start, end))
                    .collect()
            }
            Some(DenseBody::Hexadecimal(literal, start, end)) => {
                match self.hexadecimal_elements(literal, element, count) {
                    Some(values) => values,
                    None => {
                        self.error(start, end, "elements hex data size is invalid for provided type");
                        return unit;
                    }
                }
            }
        };
        // A list of equal elements is a splat, as in MLIR.
        let mut values = values;
        if values.len() > 1 && values.iter().all(|value| *value == values[0]) {
            values.truncate(1);
        }
        self.ctx.attr(AttrKind::DenseElements { ty, values })
    }

    /// Elements of `"0x..."`, little-endian; one element's bytes are a splat.
    fn hexadecimal_elements(&mut self, literal: &str, element: Type, count: i64) -> Option<Vec<Attr>> {
        let digits = literal
            .trim_matches('"')
            .strip_prefix("0x")
            .filter(|digits| digits.len().is_multiple_of(2))?;
        let bytes: Option<Vec<u8>> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let high = char::from(pair[0]).to_digit(16)?;
                let low = char::from(pair[1]).to_digit(16)?;
                Some((high * 16 + low) as u8)
            })
            .collect();
        let bytes = bytes?;
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
