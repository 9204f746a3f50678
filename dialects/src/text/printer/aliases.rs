//! Aliases of locations: which there are, in which order, and where they stand.

use super::{Alias, NO_ALIAS, Printer, ops};
use crate::ir::{Attr, AttrKind, Loc, LocKind, Op, Value};

impl Printer<'_> {
    /// Visits locations in the order in which printing meets them, operations before what is inside them.
    pub(super) fn collect_aliases(&mut self, root: Op) {
        self.visit_operation(root);
        self.aliases.sort_by_key(|alias| alias.depth);
        for (index, alias) in self.aliases.iter().enumerate() {
            self.alias_of[alias.loc.index()] = index as u32;
        }
    }

    pub(super) fn visit_operation(&mut self, op: Op) {
        let ctx = self.ctx;
        self.visit_location(ctx.op_loc(op), true);
        let custom = self.custom_form(op);
        if custom {
            self.visit_attributes(op);
        }
        for region in ctx.op_regions(op) {
            for block in ctx.region_blocks(*region) {
                for value in ctx.block_arguments(*block) {
                    if let Some(loc) = ctx.argument_loc(*value) {
                        self.visit_location(loc, false);
                    } else if let Some(unknown) = ctx.find_loc(&LocKind::Unknown) {
                        self.visit_location(unknown, false);
                    }
                }
                for inner in ops(ctx, *block) {
                    self.visit_operation(inner);
                }
            }
        }
        if !custom {
            self.visit_attributes(op);
        }
    }

    pub(super) fn visit_attributes(&mut self, op: Op) {
        for (_, attr) in self.ctx.attrs(op) {
            self.visit_attribute(*attr);
        }
    }

    pub(super) fn visit_attribute(&mut self, attr: Attr) {
        match self.ctx.attr_kind(attr) {
            AttrKind::Location(loc) => {
                self.visit_location(*loc, false);
            }
            AttrKind::Array(list) => list.iter().for_each(|item| self.visit_attribute(*item)),
            AttrKind::Dictionary(list) => list.iter().for_each(|(_, item)| self.visit_attribute(*item)),
            _ => {}
        }
    }

    /// Gives a location an alias and returns its depth: one more than the deepest of those that it is made of.
    pub(super) fn visit_location(&mut self, loc: Loc, deferred: bool) -> u32 {
        let ctx = self.ctx;
        if self.alias_of.len() <= loc.index() {
            self.alias_of.resize(loc.index() + 1, NO_ALIAS);
        }
        let known = self.alias_of[loc.index()];
        if known != NO_ALIAS {
            if !deferred {
                self.must_stand_first(loc);
            }
            return self.aliases[known as usize].depth;
        }
        let index = self.aliases.len();
        self.alias_of[loc.index()] = index as u32;
        self.aliases.push(Alias {
            loc,
            depth: 1,
            deferred,
        });
        let deepest = match ctx.loc_kind(loc) {
            LocKind::Unknown | LocKind::FileLineCol { .. } | LocKind::Name { child: None, .. } => 0,
            LocKind::Name {
                child: Some(child), ..
            } => self.visit_location(*child, deferred),
            LocKind::Fused { parts, metadata } => {
                if let Some(metadata) = metadata {
                    self.visit_attribute(*metadata);
                }
                let depths = parts.iter().map(|part| self.visit_location(*part, deferred));
                depths.max().unwrap_or(0)
            }
            LocKind::CallSite { callee, caller } => {
                let callee = self.visit_location(*callee, deferred);
                callee.max(self.visit_location(*caller, deferred))
            }
        };
        self.aliases[index].depth = deepest + 1;
        deepest + 1
    }

    /// A location that is needed before the program ends, and all that it is made of.
    pub(super) fn must_stand_first(&mut self, loc: Loc) {
        let index = self.alias_of[loc.index()] as usize;
        if !std::mem::replace(&mut self.aliases[index].deferred, false) {
            return;
        }
        let ctx = self.ctx;
        match ctx.loc_kind(loc) {
            LocKind::Name {
                child: Some(child), ..
            } => self.must_stand_first(*child),
            LocKind::Fused { parts, .. } => parts.iter().for_each(|part| self.must_stand_first(*part)),
            LocKind::CallSite { callee, caller } => {
                self.must_stand_first(*callee);
                self.must_stand_first(*caller);
            }
            _ => {}
        }
    }

    pub(super) fn write_aliases(&mut self, deferred: bool) {
        for index in 0..self.aliases.len() {
            if self.aliases[index].deferred == deferred {
                self.alias_name(index as u32);
                self.out.push_str(" = loc(");
                self.location(self.aliases[index].loc, true);
                self.out.push_str(")\n");
            }
        }
    }

    pub(super) fn alias_name(&mut self, index: u32) {
        self.out.push_str("#loc");
        if index > 0 {
            self.decimal(index.into());
        }
    }

    /// ` loc(...)` behind an operation.
    pub(super) fn trailing_location(&mut self, loc: Loc) {
        if self.options.locations {
            self.out.push_str(" loc(");
            self.location(loc, false);
            self.out.push(')');
        }
    }

    /// ` loc(...)` behind a block argument: written out, as MLIR does.
    pub(super) fn argument_location(&mut self, value: Value) {
        if self.options.locations {
            self.out.push_str(" loc(");
            match self.ctx.argument_loc(value) {
                Some(loc) => self.location(loc, true),
                None => self.out.push_str("unknown"),
            }
            self.out.push(')');
        }
    }

    pub(super) fn location(&mut self, loc: Loc, written_out: bool) {
        let ctx = self.ctx;
        if !written_out
            && let Some(index) = self.alias_of.get(loc.index()).copied()
            && index != NO_ALIAS
        {
            self.alias_name(index);
            return;
        }
        match ctx.loc_kind(loc) {
            LocKind::Unknown => self.out.push_str("unknown"),
            LocKind::Name { name, child } => {
                self.quoted(*name);
                if let Some(child) = child {
                    self.out.push('(');
                    self.location(*child, false);
                    self.out.push(')');
                }
            }
            LocKind::FileLineCol { file, line, column } => {
                self.quoted(*file);
                self.out.push(':');
                self.decimal((*line).into());
                self.out.push(':');
                self.decimal((*column).into());
            }
            LocKind::Fused { parts, metadata } => {
                self.out.push_str("fused");
                if let Some(metadata) = metadata {
                    self.out.push('<');
                    self.attribute(*metadata, false);
                    self.out.push('>');
                }
                self.out.push('[');
                self.list(parts, |printer, part| printer.location(*part, false));
                self.out.push(']');
            }
            LocKind::CallSite { callee, caller } => {
                self.out.push_str("callsite(");
                self.location(*callee, false);
                self.out.push_str(" at ");
                self.location(*caller, false);
                self.out.push(')');
            }
        }
    }
}
