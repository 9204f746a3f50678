//! Types.

use super::super::float::write_float;
use super::Printer;
use crate::ir::{DYNAMIC, F64, FloatKind, QuantStorage, Signedness, Type, TypeKind};
use std::fmt::Write;

impl Printer<'_> {
    pub(super) fn ty(&mut self, ty: Type) {
        if self.types.len() <= ty.index() {
            self.types.resize(ty.index() + 1, None);
        }
        if let Some(text) = &self.types[ty.index()] {
            self.out.push_str(text);
            return;
        }
        let start = self.out.len();
        self.type_kind(self.ctx.type_kind(ty));
        self.types[ty.index()] = Some(self.out[start..].into());
    }

    pub(super) fn type_kind(&mut self, kind: &TypeKind) {
        let ctx = self.ctx;
        match kind {
            TypeKind::None => self.out.push_str("none"),
            TypeKind::Index => self.out.push_str("index"),
            TypeKind::Integer { width, signedness } => {
                self.out.push_str(match signedness {
                    Signedness::Signless => "i",
                    Signedness::Signed => "si",
                    Signedness::Unsigned => "ui",
                });
                self.decimal((*width).into());
            }
            TypeKind::Float(kind) => self.out.push_str(match kind {
                FloatKind::F16 => "f16",
                FloatKind::BF16 => "bf16",
                FloatKind::F32 => "f32",
                FloatKind::F64 => "f64",
                FloatKind::F8E4M3FN => "f8E4M3FN",
                FloatKind::F8E5M2 => "f8E5M2",
            }),
            TypeKind::Tensor {
                shape,
                element,
                encoding,
            } => {
                self.out.push_str("tensor<");
                for dim in shape {
                    if *dim == DYNAMIC {
                        self.out.push('?');
                    } else {
                        self.decimal((*dim).into());
                    }
                    self.out.push('x');
                }
                self.ty(*element);
                if let Some(encoding) = encoding {
                    self.out.push_str(", ");
                    self.attribute(*encoding, false);
                }
                self.out.push('>');
            }
            TypeKind::UnrankedTensor { element } => {
                self.out.push_str("tensor<*x");
                self.ty(*element);
                self.out.push('>');
            }
            TypeKind::Function { inputs, results } => {
                self.out.push('(');
                self.list(inputs, |printer, ty| printer.ty(*ty));
                self.out.push_str(") -> ");
                match &results[..] {
                    [result] if !matches!(ctx.type_kind(*result), TypeKind::Function { .. }) => {
                        self.ty(*result)
                    }
                    results => {
                        self.out.push('(');
                        self.list(results, |printer, ty| printer.ty(*ty));
                        self.out.push(')');
                    }
                }
            }
            TypeKind::Calibrated { expressed, min, max } => {
                self.out.push_str("!quant.calibrated<");
                self.ty(*expressed);
                self.out.push('<');
                write_float(&mut self.out, min.get(), FloatKind::F64);
                self.out.push(':');
                write_float(&mut self.out, max.get(), FloatKind::F64);
                self.out.push_str(">>");
            }
            TypeKind::Uniform {
                storage,
                scale,
                zero_point,
            } => {
                self.storage(storage);
                self.out.push_str(", ");
                self.quant_parameters(*scale, *zero_point);
                self.out.push('>');
            }
            TypeKind::UniformPerAxis {
                storage,
                axis,
                scales,
                zero_points,
            } => {
                self.storage(storage);
                let _ = write!(self.out, ":{axis}, {{");
                for (index, (scale, zero_point)) in scales.iter().zip(zero_points).enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.quant_parameters(*scale, *zero_point);
                }
                self.out.push_str("}>");
            }
            TypeKind::Opaque { text } => {
                self.out.push('!');
                self.out.push_str(ctx.text(*text));
            }
        }
    }

    /// `!quant.uniform<i8<-127:127>:f32`
    pub(super) fn storage(&mut self, storage: &QuantStorage) {
        self.out.push_str("!quant.uniform<");
        self.out.push(if storage.signed { 'i' } else { 'u' });
        self.decimal(storage.bits.into());
        if (storage.min, storage.max) != QuantStorage::range(storage.signed, storage.bits) {
            let _ = write!(self.out, "<{}:{}>", storage.min, storage.max);
        }
        self.out.push(':');
        self.ty(storage.expressed);
    }

    pub(super) fn quant_parameters(&mut self, scale: F64, zero_point: i64) {
        write_float(&mut self.out, scale.get(), FloatKind::F64);
        if zero_point != 0 {
            self.out.push(':');
            self.decimal(zero_point.into());
        }
    }
}
