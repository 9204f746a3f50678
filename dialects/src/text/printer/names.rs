//! Which name each value gets.

use super::{Base, Counters, Name, Printer, ops};
use crate::ir::{Arity, Op, Region, Value};

impl Printer<'_> {
    /// Values of a region are numbered before those of the regions inside it; sibling regions start at the same number.
    pub(super) fn name_values(&mut self, root: Op) {
        let none = Name {
            base: Base::None,
            index: None,
        };
        self.names = vec![none; self.ctx.values.len()];
        self.scopes = vec![0];
        let mut counters = Counters::default();
        self.name_results(root, &mut counters);
        let mut waiting: Vec<(Region, Counters)> = Vec::new();
        let ctx = self.ctx;
        waiting.extend(ctx.op_regions(root).iter().map(|region| (*region, counters)));
        while let Some((region, mut counters)) = waiting.pop() {
            self.scopes.push(counters.scope);
            counters.scope = self.scopes.len() as u32 - 1;
            for (index, block) in ctx.region_blocks(region).iter().enumerate() {
                for value in ctx.block_arguments(*block) {
                    let counter = if index == 0 {
                        &mut counters.argument
                    } else {
                        &mut counters.value
                    };
                    let base = if index == 0 {
                        Base::Argument(*counter)
                    } else {
                        Base::Number(*counter)
                    };
                    *counter += 1;
                    self.names[value.index()] = Name { base, index: None };
                }
                for op in ops(ctx, *block) {
                    self.name_results(op, &mut counters);
                }
            }
            for block in ctx.region_blocks(region) {
                for op in ops(ctx, *block) {
                    waiting.extend(ctx.op_regions(op).iter().map(|inner| (*inner, counters)));
                }
            }
        }
    }

    /// Operations that declare several results have them called by their names, others by a number.
    pub(super) fn name_results(&mut self, op: Op, counters: &mut Counters) {
        let results = self.ctx.results(op);
        if results.is_empty() {
            return;
        }
        match self.ctx.info(op) {
            Some(info) if info.results.len() > 1 && !self.options.generic => {
                let mut next = 0;
                for (position, spec) in info.results.iter().enumerate() {
                    let after = info.results.len() - position - 1;
                    let count = match spec.arity {
                        Arity::Variadic => (results.len() - next).saturating_sub(after),
                        _ => 1,
                    };
                    let group = &results[next..(next + count).min(results.len())];
                    if !group.is_empty() {
                        let base = self.unique_text(spec.name, counters);
                        self.name_group(group, base);
                    }
                    next += group.len();
                }
            }
            _ => {
                self.name_group(results, Base::Number(counters.value));
                counters.value += 1;
            }
        }
    }

    pub(super) fn name_group(&mut self, group: &[Value], base: Base) {
        for (index, value) in group.iter().enumerate() {
            let index = (group.len() > 1).then_some(index as u32);
            self.names[value.index()] = Name { base, index };
        }
    }

    pub(super) fn unique_text(&mut self, name: &str, counters: &mut Counters) -> Base {
        let mut text = name.to_owned();
        while self.is_taken(&text, counters.scope) {
            text = format!("{name}_{}", counters.conflict);
            counters.conflict += 1;
        }
        self.taken.entry(text.clone()).or_default().push(counters.scope);
        self.texts.push(text);
        Base::Text(self.texts.len() as u32 - 1)
    }

    pub(super) fn is_taken(&self, text: &str, mut scope: u32) -> bool {
        let Some(scopes) = self.taken.get(text) else {
            return false;
        };
        loop {
            if scopes.contains(&scope) {
                return true;
            }
            if scope == 0 {
                return false;
            }
            scope = self.scopes[scope as usize];
        }
    }
}
