//! Names of values: definitions, uses, and uses before the definition.

use super::Builder;
use crate::ir::{Diagnostic, Span, Type, Value};
use crate::text::printer::type_text;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A value as an operand.
#[derive(Clone, Copy)]
pub struct UsedValue<'s> {
    pub(super) name: &'s str,
    pub(super) number: u32,
    pub(super) span: Span,
}

/// `%name:count` before the `=`.
#[derive(Clone, Copy)]
pub struct ResultName<'s> {
    pub(super) name: &'s str,
    pub(super) count: u32,
    pub(super) span: Span,
}

/// The values that share a name, and where it was given. Their ids follow each other.
#[derive(Clone, Copy)]
struct Definition {
    first: Value,
    count: u32,
    start: u32,
    end: u32,
}

impl Definition {
    const NONE: Self = Self {
        first: Value(0),
        count: 0,
        start: 0,
        end: 0,
    };

    fn value(self, number: u32) -> Option<Value> {
        (number < self.count).then(|| Value::from_index(self.first.index() + number as usize))
    }
}

/// One use before the definition: the result number, the placeholder that stands for the value, and the place.
type Forward = (u32, Value, Span);

/// The names of one isolated scope.
#[derive(Default)]
pub(super) struct Names<'s> {
    /// `%0`, `%1`, ... as long as the numbers are dense.
    numbered: Vec<Definition>,
    named: FxHashMap<&'s str, Definition>,
    /// Names that were used and are not defined yet.
    forward: FxHashMap<&'s str, SmallVec<[Forward; 1]>>,
}

impl<'s> Names<'s> {
    fn get(&self, name: &str) -> Option<Definition> {
        let dense = number_of(name)
            .and_then(|number| self.numbered.get(number))
            .filter(|definition| definition.count > 0);
        match dense {
            Some(definition) => Some(*definition),
            None if self.named.is_empty() => None,
            None => self.named.get(name).copied(),
        }
    }

    /// The name must be new.
    fn insert(&mut self, name: &'s str, definition: Definition) {
        match number_of(name) {
            Some(number) if number < 2 * self.numbered.len() + 64 => {
                if self.numbered.len() <= number {
                    self.numbered.resize(number + 1, Definition::NONE);
                }
                self.numbered[number] = definition;
            }
            _ => {
                self.named.insert(name, definition);
            }
        }
    }

    /// Forgets a name at the end of its region.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(known) = number_of(name).and_then(|number| self.numbered.get_mut(number))
            && known.count > 0
        {
            known.count = 0;
            return;
        }
        self.named.remove(name);
    }
}

/// The number of `%123`.
fn number_of(name: &str) -> Option<usize> {
    let digits = name.as_bytes().get(1..)?;
    let plain = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() <= 9;
    if !plain {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + usize::from(digit - b'0'))
    })
}

impl<'s> Builder<'_, 's> {
    /// `%name:count`
    pub fn result_name(
        &mut self,
        name: &'s str,
        count: Option<(&'s str, usize)>,
        start: usize,
        end: usize,
    ) -> ResultName<'s> {
        self.statement.get_or_insert(start);
        let span = self.span(start, end);
        if let Some(at) = name.find('#') {
            self.error(start + at, end, "expected '=' after SSA name");
        }
        let count = match count.map(|(digits, at)| (digits.parse::<u32>(), at)) {
            None => 1,
            Some((Ok(count), _)) if count > 0 => count,
            Some((_, at)) => {
                self.error(at, end, "expected named operation to have at least 1 result");
                1
            }
        };
        ResultName { name, count, span }
    }

    /// `%name#number`
    pub fn used_value(&mut self, text: &'s str, start: usize, end: usize) -> UsedValue<'s> {
        let span = self.span(start, end);
        let Some((name, digits)) = text.split_once('#') else {
            let (name, number) = (text, 0);
            return UsedValue { name, number, span };
        };
        let number = digits.parse().unwrap_or_else(|_| {
            self.error(start + name.len(), end, "invalid SSA value result number");
            0
        });
        UsedValue { name, number, span }
    }

    fn names(&mut self) -> &mut Names<'s> {
        self.names.last_mut().expect("the outermost scope")
    }

    /// Gives values, whose ids follow each other, a name and resolves the uses that came before.
    pub(super) fn define(&mut self, name: &'s str, values: &[Value], span: Span) {
        let [first, ..] = values else { return };
        if let Some(known) = self.names().get(name) {
            let previous = self.span(known.start as usize, known.end as usize);
            self.push_error(
                Diagnostic::error(format!("redefinition of SSA value '{name}'"))
                    .at(Some(span))
                    .note("previously defined here", Some(previous)),
            );
            return;
        }
        if !self.names().forward.is_empty()
            && let Some(forward) = self.names().forward.remove(name)
        {
            self.resolve_forward(name, &forward, values, span);
        }
        let definition = Definition {
            first: *first,
            count: values.len() as u32,
            start: span.start,
            end: span.end,
        };
        self.names().insert(name, definition);
        if let Some(scope) = self.scopes.last_mut()
            && !scope.isolated
        {
            scope.defined.push(name);
        }
    }

    fn resolve_forward(&mut self, name: &str, forward: &[Forward], values: &[Value], span: Span) {
        for (number, placeholder, used) in forward.iter().copied() {
            match values.get(number as usize).copied() {
                Some(value) if self.ctx.value_type(value) == self.ctx.value_type(placeholder) => {
                    let mut rewriter = self.ctx.rewriter();
                    rewriter.replace_all_uses(placeholder, value);
                    let op = rewriter.defining_op(placeholder).expect("a placeholder");
                    rewriter.erase_op(op);
                }
                Some(value) => {
                    let (defined, wanted) = (self.ctx.value_type(value), self.ctx.value_type(placeholder));
                    let (defined, wanted) = (type_text(self.ctx, defined), type_text(self.ctx, wanted));
                    self.push_error(
                        Diagnostic::error(format!(
                            "definition of SSA value '{name}#{number}' has type '{defined}'"
                        ))
                        .at(Some(span))
                        .note(format!("previously used here with type '{wanted}'"), Some(used)),
                    );
                }
                None => self.invalid_number(used, span),
            }
        }
    }

    fn invalid_number(&mut self, used: Span, defined: Span) {
        self.push_error(
            Diagnostic::error("reference to invalid result number")
                .at(Some(used))
                .note("defined here", Some(defined)),
        );
    }

    fn type_mismatch(&mut self, name: &str, used: Span, wanted: Type, found: Type, definition: Span) {
        let (wanted, found) = (type_text(self.ctx, wanted), type_text(self.ctx, found));
        self.push_error(
            Diagnostic::error(format!(
                "use of value '{name}' expects different type than prior uses: '{wanted}' vs '{found}'"
            ))
            .at(Some(used))
            .note("prior use here", Some(definition)),
        );
    }

    /// The value of this name and type; a placeholder while it is not defined.
    pub(super) fn resolve(&mut self, used: UsedValue<'s>, ty: Type) -> Value {
        if let Some(known) = self.names().get(used.name) {
            let defined = self.span(known.start as usize, known.end as usize);
            let Some(value) = known.value(used.number) else {
                self.invalid_number(used.span, defined);
                return self.placeholder(ty, used.span);
            };
            let found = self.ctx.value_type(value);
            if found != ty {
                self.type_mismatch(used.name, used.span, ty, found, defined);
            }
            return value;
        }
        let forward = self.names().forward.get(used.name);
        let known = forward.and_then(|list| list.iter().find(|(number, ..)| *number == used.number));
        if let Some((_, value, span)) = known.copied() {
            let found = self.ctx.value_type(value);
            if found != ty {
                self.type_mismatch(used.name, used.span, ty, found, span);
            }
            return value;
        }
        let value = self.placeholder(ty, used.span);
        let list = self.names().forward.entry(used.name).or_default();
        list.push((used.number, value, used.span));
        value
    }

    fn placeholder(&mut self, ty: Type, span: Span) -> Value {
        let op = self
            .ctx
            .rewriter()
            .build("builtin.unrealized_conversion_cast")
            .result(ty)
            .span(Some(span))
            .finish();
        self.ctx.result(op)
    }

    /// Uses of names that were never defined, but for those that operations with errors would have defined.
    pub(super) fn report_undeclared(&mut self, names: Names<'s>) {
        let mut undeclared: Vec<(&str, Span)> = names
            .forward
            .iter()
            .flat_map(|(name, list)| list.iter().map(|(_, _, span)| (*name, *span)))
            .collect();
        undeclared.sort_by_key(|(_, span)| span.start);
        self.undeclared.extend(undeclared);
    }
}
