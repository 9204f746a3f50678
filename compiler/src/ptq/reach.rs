//! What the names of `fp-forward` mean: operations by name, glob or type, and everything before, after or between them.

use rustc_hash::FxHashSet;
use tpuc_dialects::ir::{Context, Op, nearest};
use wildmatch::WildMatch;

/// Operations that can be named: all that compute something.
pub struct Reach<'a> {
    ctx: &'a Context,
    ops: Vec<Op>,
}

impl<'a> Reach<'a> {
    /// Of these operations of a program.
    pub fn new(ctx: &'a Context, ops: impl IntoIterator<Item = Op>) -> Self {
        let ops = ops.into_iter().filter(|op| is_layer(ctx, *op)).collect();
        Self { ctx, ops }
    }

    /// The operations that a list of patterns means, each once, in the program's order. A pattern is a name, a glob with `*`
    /// and `?`, `type:Conv` or `top.Conv`.
    ///
    /// # Errors
    /// When a pattern matches nothing; the message has the nearest names.
    pub fn find(&self, list: &str) -> Result<Vec<Op>, String> {
        let mut chosen: FxHashSet<Op> = FxHashSet::default();
        for pattern in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let found = self.matches(pattern);
            if found.is_empty() {
                return Err(self.unknown(pattern));
            }
            chosen.extend(found);
        }
        Ok(self.in_order(&chosen))
    }

    fn matches(&self, pattern: &str) -> Vec<Op> {
        let select = |test: &dyn Fn(Op) -> bool| self.ops.iter().copied().filter(|op| test(*op)).collect();
        // A name is a name, whatever characters it has.
        let named: Vec<Op> = select(&|op| self.ctx.name(op) == pattern);
        if !named.is_empty() {
            return named;
        }
        if let Some(kind) = kind_of(pattern) {
            return select(&|op| self.ctx.op_name(op).strip_prefix("top.") == Some(kind));
        }
        if !is_glob(pattern) {
            return Vec::new();
        }
        let glob = WildMatch::new(pattern);
        select(&|op| glob.matches(self.ctx.name(op)))
    }

    fn unknown(&self, pattern: &str) -> String {
        let (what, near): (&str, Vec<&str>) = match kind_of(pattern) {
            Some(kind) => {
                let mut kinds: Vec<&str> = Vec::new();
                for op in &self.ops {
                    let kind = self.ctx.op_name(*op);
                    let kind = kind.strip_prefix("top.").unwrap_or(kind);
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                }
                ("operation of type", nearest(kind, kinds, 3))
            }
            None => {
                let letters: String = pattern.chars().filter(|c| !matches!(c, '*' | '?')).collect();
                let names = self.ops.iter().map(|op| self.ctx.name(*op));
                let what = if is_glob(pattern) {
                    "operation whose name matches"
                } else {
                    "operation"
                };
                (what, nearest(&letters, names, 3))
            }
        };
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!("; did you mean {}?", near.join(", "))
        };
        let shown = kind_of(pattern).unwrap_or(pattern);
        format!("the network has no {what} '{shown}'{hint}")
    }

    /// These operations and all before them.
    pub fn before(&self, starts: &[Op]) -> FxHashSet<Op> {
        self.reach(starts, |ctx, op| {
            let operands = ctx.operands(op).iter();
            operands.filter_map(|value| ctx.defining_op(*value)).collect()
        })
    }

    /// These operations and all after them.
    pub fn after(&self, starts: &[Op]) -> FxHashSet<Op> {
        self.reach(starts, |ctx, op| {
            let results = ctx.results(op).iter();
            results.flat_map(|value| ctx.users(*value)).collect()
        })
    }

    /// Everything after one operation of the first list and before one of the second, of `starts:ends`.
    ///
    /// # Errors
    /// When the text is not two lists, a pattern matches nothing, or nothing lies between.
    pub fn between(&self, block: &str) -> Result<FxHashSet<Op>, String> {
        let (starts, ends) = self.split(block)?;
        let behind = self.after(&self.find(starts)?);
        let ahead = self.before(&self.find(ends)?);
        let between: FxHashSet<Op> = behind.intersection(&ahead).copied().collect();
        if between.is_empty() {
            return Err(format!(
                "{block}: no operation lies between '{starts}' and '{ends}'"
            ));
        }
        Ok(between)
    }

    /// Splits at the colon that leaves known patterns on both sides: names may have colons, and `type:Conv` has one.
    fn split<'t>(&self, block: &'t str) -> Result<(&'t str, &'t str), String> {
        let colons: Vec<usize> = block.match_indices(':').map(|(at, _)| at).collect();
        let parts = |at: usize| (&block[..at], &block[at + 1..]);
        let known = colons.iter().copied().find(|at| {
            let (starts, ends) = parts(*at);
            !starts.trim().is_empty()
                && !ends.trim().is_empty()
                && self.find(starts).is_ok()
                && self.find(ends).is_ok()
        });
        let written = colons
            .iter()
            .copied()
            .find(|at| !matches!(block[..*at].rsplit([',', ':']).next(), Some("type")));
        known
            .or(written)
            .map(parts)
            .ok_or_else(|| format!("expected STARTS:ENDS such as a,b:c, found '{block}'"))
    }

    fn reach(&self, starts: &[Op], step: impl Fn(&Context, Op) -> Vec<Op>) -> FxHashSet<Op> {
        let mut reached = FxHashSet::default();
        let mut stack = starts.to_vec();
        while let Some(op) = stack.pop() {
            if is_layer(self.ctx, op) && reached.insert(op) {
                stack.extend(step(self.ctx, op));
            }
        }
        reached
    }

    /// The chosen operations in the program's order.
    pub fn in_order(&self, chosen: &FxHashSet<Op>) -> Vec<Op> {
        self.ops
            .iter()
            .copied()
            .filter(|op| chosen.contains(op))
            .collect()
    }
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// `Conv` of `type:Conv`, `type:top.Conv` and `top.Conv`.
fn kind_of(pattern: &str) -> Option<&str> {
    match pattern.strip_prefix("type:") {
        Some(kind) => Some(kind.strip_prefix("top.").unwrap_or(kind)),
        None => pattern.strip_prefix("top.").filter(|kind| !is_glob(kind)),
    }
}

/// Operations that compute something.
fn is_layer(ctx: &Context, op: Op) -> bool {
    !matches!(
        ctx.op_name(op),
        "top.Input" | "top.Weight" | "top.None" | "func.return"
    )
}
