//! Interning and reading types.

use super::Context;
use crate::ir::{Attr, FloatKind, Signedness, Type, TypeKind};

impl Context {
    /// Interns a type.
    pub fn ty(&mut self, kind: TypeKind) -> Type {
        Type::from_index(self.types.insert_full(kind).0)
    }

    /// What a type is.
    pub fn type_kind(&self, ty: Type) -> &TypeKind {
        &self.types[ty.index()]
    }

    /// `none`
    pub fn none_type(&mut self) -> Type {
        self.ty(TypeKind::None)
    }

    /// `f32`
    pub fn f32_type(&mut self) -> Type {
        self.ty(TypeKind::Float(FloatKind::F32))
    }

    /// `f64`
    pub fn f64_type(&mut self) -> Type {
        self.ty(TypeKind::Float(FloatKind::F64))
    }

    /// `i<width>`
    pub fn int_type(&mut self, width: u32) -> Type {
        self.ty(TypeKind::Integer {
            width,
            signedness: Signedness::Signless,
        })
    }

    /// `ui<width>`
    pub fn uint_type(&mut self, width: u32) -> Type {
        self.ty(TypeKind::Integer {
            width,
            signedness: Signedness::Unsigned,
        })
    }

    /// `si<width>`
    pub fn sint_type(&mut self, width: u32) -> Type {
        self.ty(TypeKind::Integer {
            width,
            signedness: Signedness::Signed,
        })
    }

    /// `tensor<SHAPExELEMENT>`
    pub fn tensor_type(&mut self, shape: &[i64], element: Type) -> Type {
        self.ty(TypeKind::Tensor {
            shape: shape.into(),
            element,
            encoding: None,
        })
    }

    /// `tensor<*xELEMENT>`
    pub fn unranked_type(&mut self, element: Type) -> Type {
        self.ty(TypeKind::UnrankedTensor { element })
    }

    /// `(inputs) -> results`
    pub fn function_type(&mut self, inputs: &[Type], results: &[Type]) -> Type {
        self.ty(TypeKind::Function {
            inputs: inputs.into(),
            results: results.into(),
        })
    }

    /// The same tensor type with another element type. Anything but a tensor is returned unchanged.
    pub fn with_element(&mut self, ty: Type, element: Type) -> Type {
        match self.type_kind(ty).clone() {
            TypeKind::Tensor { shape, encoding, .. } => self.ty(TypeKind::Tensor {
                shape,
                element,
                encoding,
            }),
            TypeKind::UnrankedTensor { .. } => self.ty(TypeKind::UnrankedTensor { element }),
            _ => ty,
        }
    }

    /// The same tensor type with another shape (and no encoding). Anything but a tensor is returned unchanged.
    pub fn with_shape(&mut self, ty: Type, shape: &[i64]) -> Type {
        match self.element_type(ty) {
            Some(element) => self.tensor_type(shape, element),
            None => ty,
        }
    }

    /// The same ranked tensor type with another encoding.
    pub fn with_encoding(&mut self, ty: Type, encoding: Option<Attr>) -> Type {
        match self.type_kind(ty).clone() {
            TypeKind::Tensor { shape, element, .. } => self.ty(TypeKind::Tensor {
                shape,
                element,
                encoding,
            }),
            _ => ty,
        }
    }

    /// Dimensions of a ranked tensor type.
    pub fn type_shape(&self, ty: Type) -> Option<&[i64]> {
        match self.type_kind(ty) {
            TypeKind::Tensor { shape, .. } => Some(shape),
            _ => None,
        }
    }

    /// Element type of a tensor type, ranked or not.
    pub fn element_type(&self, ty: Type) -> Option<Type> {
        match self.type_kind(ty) {
            TypeKind::Tensor { element, .. } | TypeKind::UnrankedTensor { element } => Some(*element),
            _ => None,
        }
    }

    /// Global memory address that a tensor type carries as its encoding.
    pub fn type_address(&self, ty: Type) -> Option<i64> {
        match self.type_kind(ty) {
            TypeKind::Tensor {
                encoding: Some(encoding),
                ..
            } => self.attr_as_i64(*encoding),
            _ => None,
        }
    }

    /// Whether the type is `none`.
    pub fn is_none_type(&self, ty: Type) -> bool {
        matches!(self.type_kind(ty), TypeKind::None)
    }
}
