//! Names of attributes, types and locations that are defined elsewhere in the file.

use super::{Builder, MOST_NESTING};
use crate::ir::{Attr, AttrKind, Loc, LocKind, Type};
use crate::text::printer::attr_text;
use rustc_hash::FxHashMap;

#[derive(Clone, Copy)]
struct Definition<T> {
    value: T,
    /// How deeply it is nested, with the aliases that it refers to.
    depth: u32,
}

/// The aliases of a file.
#[derive(Default)]
pub(super) struct Aliases<'s> {
    /// `#loc1`, `#loc2`, ... as long as the numbers are dense.
    locations: Vec<Option<Definition<Attr>>>,
    attributes: FxHashMap<&'s str, Definition<Attr>>,
    types: FxHashMap<&'s str, Definition<Type>>,
    /// The deepest alias that the definition at hand refers to.
    depth: u32,
}

impl<'s> Aliases<'s> {
    fn attribute(&self, name: &str) -> Option<Definition<Attr>> {
        let dense = number_of(name).and_then(|number| self.locations.get(number).copied().flatten());
        dense.or_else(|| self.attributes.get(name).copied())
    }

    fn insert(&mut self, name: &'s str, definition: Definition<Attr>) {
        match number_of(name) {
            Some(number) if number < 2 * self.locations.len() + 64 => {
                if self.locations.len() <= number {
                    self.locations.resize(number + 1, None);
                }
                self.locations[number] = Some(definition);
            }
            _ => {
                self.attributes.insert(name, definition);
            }
        }
    }
}

/// The number of `#loc123`.
fn number_of(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("#loc")?;
    let plain = matches!(digits.as_bytes(), [b'1'..=b'9', ..]) && digits.len() <= 9;
    if plain { digits.parse().ok() } else { None }
}

impl<'s> Builder<'_, 's> {
    /// `#name = attribute`
    pub fn define_attribute_alias(
        &mut self,
        name: &'s str,
        value: Attr,
        start: usize,
        end: usize,
        stop: usize,
    ) {
        let depth = self.finish_alias(start, end, stop);
        if self.aliases.attribute(name).is_none() {
            self.aliases.insert(name, Definition { value, depth });
        } else {
            self.error(
                start,
                end,
                format!("redefinition of attribute alias id '{}'", &name[1..]),
            );
        }
    }

    /// `#name = loc("text")` without escapes: as most aliases are.
    pub(in crate::text) fn define_name_location(&mut self, name: &'s str, text: &str, start: usize) {
        let text = self.ctx.str(text);
        let loc = self.ctx.loc(LocKind::Name {
            name: text,
            child: None,
        });
        let value = self.ctx.attr(AttrKind::Location(loc));
        if self.aliases.attribute(name).is_none() {
            self.aliases.insert(name, Definition { value, depth: 2 });
        } else {
            let message = format!("redefinition of attribute alias id '{}'", &name[1..]);
            self.error(start, start + name.len(), message);
        }
    }

    /// `!name = type`
    pub fn define_type_alias(&mut self, name: &'s str, value: Type, start: usize, end: usize, stop: usize) {
        let depth = self.finish_alias(start, end, stop);
        if self
            .aliases
            .types
            .insert(name, Definition { value, depth })
            .is_some()
        {
            self.error(
                start,
                end,
                format!("redefinition of type alias id '{}'", &name[1..]),
            );
        }
    }

    /// Aliases may refer to aliases; the chain is bounded, with the brackets on its way, since everything behind the parser
    /// recurses along it.
    fn finish_alias(&mut self, start: usize, end: usize, stop: usize) -> u32 {
        let (mut open, mut deepest) = (0_u32, 0);
        for byte in self.source[end..stop].bytes() {
            match byte {
                b'(' | b'[' | b'{' | b'<' => open += 1,
                b')' | b']' | b'}' | b'>' => open = open.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(open);
        }
        let depth = std::mem::take(&mut self.aliases.depth) + deepest.min(MOST_NESTING) + 1;
        if depth > MOST_NESTING {
            self.error(start, end, "aliases are nested too deeply");
            return 0;
        }
        depth
    }

    /// `#name`
    pub fn attribute_alias(&mut self, name: &'s str, start: usize, end: usize) -> Attr {
        if let Some(alias) = self.aliases.attribute(name) {
            self.aliases.depth = self.aliases.depth.max(alias.depth);
            return alias.value;
        }
        self.undefined_alias(name, start, end);
        self.ctx.attr(AttrKind::Unit)
    }

    /// `!name`
    pub fn type_alias(&mut self, name: &'s str, start: usize, end: usize) -> Type {
        if let Some(alias) = self.aliases.types.get(name).copied() {
            self.aliases.depth = self.aliases.depth.max(alias.depth);
            return alias.value;
        }
        self.undefined_alias(name, start, end);
        self.ctx.none_type()
    }

    /// MLIR points behind the name.
    fn undefined_alias(&mut self, name: &str, start: usize, end: usize) {
        let message = format!("undefined symbol alias id '{}'", &name[1..]);
        let place = self.next_token(end).max(start);
        self.error(place, place, message);
    }

    /// `#name` as a location.
    pub fn location_alias(&mut self, name: &'s str, end: usize) -> Loc {
        let message = match self.aliases.attribute(name) {
            Some(alias) => match self.ctx.attr_kind(alias.value) {
                AttrKind::Location(loc) => {
                    self.aliases.depth = self.aliases.depth.max(alias.depth);
                    return *loc;
                }
                _ => format!(
                    "expected location, but found '{}'",
                    attr_text(self.ctx, alias.value)
                ),
            },
            None => "operation location alias was never defined".to_owned(),
        };
        // Of `loc(#name)` only the name.
        let start = end - usize::from(self.source[..end].ends_with(')'));
        self.error(start - name.len(), start, message);
        self.unknown
    }
}
