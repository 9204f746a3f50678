//! The verifier. What it holds of every module:
//! - an operation is registered, or unregistered ones are allowed;
//! - operand, result and region counts fit the declaration; operands are tensors, or `none` where one may be left out;
//! - required attributes are there and every declared attribute fits its kind (others are discardable, as in MLIR);
//! - an operand is defined before its use, in the same block or one that encloses it;
//! - a block whose parent needs a terminator ends in one, and no terminator stands elsewhere;
//! - whatever an operation's own `verify` says.
//!
//! All problems of a module are collected, in text order.

use super::{
    Arity, Attr, AttrKind, AttrSpecKind, Context, Diagnostic, Op, OpInfo, Trait, TypeKind, ValueDef,
    ValueSpec,
};

/// Checks `root` and everything inside it. Empty when all is well.
pub fn verify(ctx: &Context, root: Op) -> Vec<Diagnostic> {
    let mut verifier = Verifier {
        ctx,
        found: Vec::new(),
        visible: vec![0; ctx.values.len()],
        scopes: 1,
    };
    verifier.op(root, 1);
    verifier.found
}

struct Verifier<'a> {
    ctx: &'a Context,
    found: Vec<Diagnostic>,
    /// For each value the number of the isolated scope in which it is visible now, 0 for none.
    visible: Vec<u32>,
    /// How many isolated scopes were entered.
    scopes: u32,
}

/// An error about `op`, in MLIR's wording: `'top.Conv' op MESSAGE`.
pub fn op_error(ctx: &Context, op: Op, message: impl std::fmt::Display) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(format!("'{}' op {message}", ctx.op_name(op))).at(ctx.op_span(op));
    let name = ctx.name(op);
    if !name.is_empty() {
        diagnostic = diagnostic.named(name);
    }
    diagnostic
}

impl Verifier<'_> {
    fn error(&mut self, op: Op, message: impl std::fmt::Display) {
        self.found.push(op_error(self.ctx, op, message));
    }

    fn op(&mut self, op: Op, scope: u32) {
        let ctx = self.ctx;
        match ctx.info(op) {
            Some(info) => self.declared(op, info),
            None if ctx.allow_unregistered => {}
            None => {
                let name = ctx.op_name(op);
                let near = ctx.registry().nearest(name, 3);
                let hint = if near.is_empty() {
                    String::new()
                } else {
                    format!("; did you mean {}?", near.join(", "))
                };
                self.found.push(
                    Diagnostic::error(format!("unregistered operation '{name}'{hint}")).at(ctx.op_span(op)),
                );
            }
        }
        for (index, value) in ctx.operands(op).iter().enumerate() {
            if self.visible[value.index()] != scope {
                let mut error = op_error(
                    ctx,
                    op,
                    format_args!("operand #{index} does not dominate this use"),
                );
                if let ValueDef::Result { op: definition, .. } = ctx.value_def(*value) {
                    error = error.note("operand defined here", ctx.op_span(definition));
                }
                self.found.push(error);
            }
        }
        // Values of an isolated body are checked against a scope of their own.
        let isolated = ctx
            .info(op)
            .is_some_and(|info| info.has(Trait::IsolatedFromAbove));
        let inner_scope = if isolated {
            self.scopes += 1;
            self.scopes
        } else {
            scope
        };
        for region in ctx.op_regions(op) {
            for block in ctx.region_blocks(*region) {
                for value in ctx.block_arguments(*block) {
                    self.visible[value.index()] = inner_scope;
                }
                for inner in ctx.block_ops(*block) {
                    self.op(inner, inner_scope);
                    for result in ctx.results(inner) {
                        self.visible[result.index()] = inner_scope;
                    }
                    if ctx.info(inner).is_some_and(|info| info.has(Trait::Terminator))
                        && ctx.next_op(inner).is_some()
                    {
                        self.error(inner, "must be the last operation in the parent block");
                    }
                }
            }
        }
        if isolated {
            return;
        }
        for region in ctx.op_regions(op) {
            for block in ctx.region_blocks(*region) {
                for value in ctx.block_arguments(*block) {
                    self.visible[value.index()] = 0;
                }
                for inner in ctx.block_ops(*block) {
                    for result in ctx.results(inner) {
                        self.visible[result.index()] = 0;
                    }
                }
            }
        }
    }

    fn declared(&mut self, op: Op, info: &'static OpInfo) {
        let ctx = self.ctx;
        let before = self.found.len();
        self.count(op, "operand", info.operands, ctx.operands(op).len());
        self.count(op, "result", info.results, ctx.results(op).len());
        if ctx.op_regions(op).len() != info.regions {
            let (wanted, found) = (info.regions, ctx.op_regions(op).len());
            self.error(
                op,
                format_args!("requires {wanted} region{}, found {found}", plural(wanted)),
            );
        }
        if self.found.len() == before {
            self.operand_types(op, info);
        }
        // Both lists are sorted by name.
        let mut attrs = ctx.attrs(op);
        for spec in info.attrs {
            while let [(name, _), rest @ ..] = attrs
                && ctx.text(*name) < spec.name
            {
                attrs = rest;
            }
            let found = attrs.first().filter(|(name, _)| ctx.text(*name) == spec.name);
            match found.map(|(_, attr)| *attr) {
                None if spec.optional => {}
                None => self.error(op, format_args!("requires attribute '{}'", spec.name)),
                Some(attr) => {
                    if !fits(ctx, attr, spec.kind) {
                        let wanted = description(spec.kind);
                        self.error(
                            op,
                            format_args!("attribute '{}' failed to satisfy constraint: {wanted}", spec.name),
                        );
                    }
                }
            }
        }
        if self.found.len() == before
            && let Some(verify) = info.verify
        {
            verify(ctx, op, &mut self.found);
        }
    }

    /// Operands are tensors, of known rank in the `tpu` dialect; one that may be left out may be `none`.
    fn operand_types(&mut self, op: Op, info: &'static OpInfo) {
        let ctx = self.ctx;
        for (index, (spec, value)) in info.operands.iter().zip(ctx.operands(op)).enumerate() {
            if spec.arity == Arity::Variadic {
                return;
            }
            let ranked = info.name.starts_with("tpu.");
            let ty = ctx.value_type(*value);
            let fits = match ctx.type_kind(ty) {
                TypeKind::Tensor { .. } => true,
                TypeKind::UnrankedTensor { .. } => !ranked,
                TypeKind::None => spec.arity == Arity::Optional,
                _ => false,
            };
            if !fits {
                let rank = if ranked { "ranked " } else { "" };
                let none = match spec.arity {
                    Arity::Optional => " or none type",
                    _ => "",
                };
                let found = crate::text::type_text(ctx, ty);
                self.error(
                    op,
                    format_args!(
                        "operand #{index} must be {rank}tensor of any type values{none}, but got '{found}'"
                    ),
                );
            }
        }
    }

    fn count(&mut self, op: Op, what: &str, specs: &[ValueSpec], found: usize) {
        let least = specs.iter().filter(|spec| spec.arity == Arity::One).count();
        let variadic = specs.iter().any(|spec| spec.arity == Arity::Variadic);
        let most = if variadic { usize::MAX } else { specs.len() };
        if (least..=most).contains(&found) {
            return;
        }
        let wanted = match (least, most) {
            (least, usize::MAX) => format!("{least} or more {what}s"),
            (least, most) if least == most => format!("{least} {what}{}", plural(least)),
            (least, most) if least + 1 == most => format!("{least} or {most} {what}s"),
            (least, most) => format!("{least} to {most} {what}s"),
        };
        self.error(op, format_args!("expects {wanted}, found {found}"));
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Whether an attribute is of a kind.
fn fits(ctx: &Context, attr: Attr, kind: AttrSpecKind) -> bool {
    let each = |fits: fn(&Context, Attr) -> bool| match ctx.attr_kind(attr) {
        AttrKind::Array(list) => list.iter().all(|item| fits(ctx, *item)),
        _ => false,
    };
    match kind {
        AttrSpecKind::I64 => {
            matches!(ctx.attr_kind(attr), AttrKind::Integer { ty, .. } if *ctx.type_kind(*ty) == i64_kind())
        }
        AttrSpecKind::Integer => ctx.attr_as_i64(attr).is_some(),
        AttrSpecKind::F64 => ctx.attr_as_f64(attr).is_some(),
        AttrSpecKind::Bool => ctx.attr_as_bool(attr).is_some(),
        AttrSpecKind::Str => matches!(ctx.attr_kind(attr), AttrKind::String(_)),
        AttrSpecKind::StrEnum(cases) => {
            matches!(ctx.attr_kind(attr), AttrKind::String(text) if cases.contains(&ctx.text(*text)))
        }
        AttrSpecKind::I64Array => {
            each(|ctx, item| ctx.attr_as_i64(item).is_some())
                || matches!(ctx.attr_kind(attr), AttrKind::DenseArray { .. } if ctx.attr_as_i64s(attr).is_some())
        }
        AttrSpecKind::F64Array => {
            each(|ctx, item| ctx.attr_as_f64(item).is_some())
                || matches!(ctx.attr_kind(attr), AttrKind::DenseArray { .. } if ctx.attr_as_f64s(attr).is_some())
        }
        AttrSpecKind::StrArray => each(|ctx, item| ctx.attr_as_str(item).is_some()),
        AttrSpecKind::DenseI32Array => matches!(ctx.attr_kind(attr), AttrKind::DenseArray { .. }),
        AttrSpecKind::Enum(name, cases) => {
            matches!(ctx.attr_kind(attr), AttrKind::Enum { name: found, case, .. }
                if ctx.text(*found) == name && (cases.is_empty() || cases.contains(&ctx.text(*case))))
        }
        AttrSpecKind::Struct(name) => {
            matches!(ctx.attr_kind(attr), AttrKind::Struct { name: found, .. } if ctx.text(*found) == name)
        }
        AttrSpecKind::Unit => matches!(ctx.attr_kind(attr), AttrKind::Unit),
        AttrSpecKind::Any => true,
    }
}

/// What a kind of attribute is, in MLIR's words.
fn description(kind: AttrSpecKind) -> String {
    match kind {
        AttrSpecKind::I64 => "64-bit signless integer attribute".to_owned(),
        AttrSpecKind::Integer => "integer attribute".to_owned(),
        AttrSpecKind::F64 => "64-bit float attribute".to_owned(),
        AttrSpecKind::Bool => "bool attribute".to_owned(),
        AttrSpecKind::Str => "string attribute".to_owned(),
        AttrSpecKind::StrEnum(cases) => {
            format!("string attribute whose value is {}", cases.join(", or "))
        }
        AttrSpecKind::I64Array => "64-bit integer array attribute".to_owned(),
        AttrSpecKind::F64Array => "64-bit float array attribute".to_owned(),
        AttrSpecKind::StrArray => "string array attribute".to_owned(),
        AttrSpecKind::DenseI32Array => "i32 dense array attribute".to_owned(),
        AttrSpecKind::Enum(name, cases) => format!("#tpu<{name}>, allowed cases: {}", cases.join(", ")),
        AttrSpecKind::Struct(name) => format!("#tpu.{name}"),
        AttrSpecKind::Unit => "unit attribute".to_owned(),
        AttrSpecKind::Any => String::new(),
    }
}

fn i64_kind() -> super::TypeKind {
    super::TypeKind::Integer {
        width: 64,
        signedness: super::Signedness::Signless,
    }
}
