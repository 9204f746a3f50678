//! The names of a file: where each value, block, symbol and alias is defined and used, for editors.
//!
//! It works on tokens alone, so that it also answers for a file that does not parse.

use super::lexer::Token;
use logos::Logos;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NameKind {
    /// `%0`, all results of one definition under one name.
    Value,
    /// `^bb0`
    Block,
    /// `@main`
    Symbol,
    /// `#loc1`, `!type`
    Alias,
}

/// Which values a name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// These results of the operation that follows.
    Results(Range<usize>),
    /// This argument of the function or block before it.
    Argument(usize),
    /// No value.
    NoValue,
}

/// A name with the places where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// What it stands for.
    pub kind: NameKind,
    /// The text of the definition, without the number of results: `%0`, `@main`.
    pub text: String,
    /// For a value: which.
    pub place: Place,
    /// The place of the definition.
    pub definition: Range<usize>,
    /// The places of the uses, in order.
    pub uses: Vec<Range<usize>>,
}

/// All names of a file.
#[derive(Clone, Default, Debug)]
pub struct Names {
    names: Vec<Name>,
    /// The place of every definition and use with the number of its name, in order.
    places: Vec<(Range<usize>, usize)>,
}

impl Names {
    /// Finds the names of a text.
    pub fn find(text: &str) -> Self {
        let tokens: Vec<(Token<'_>, Range<usize>)> = Token::lexer(text)
            .spanned()
            .filter_map(|(token, range)| Some((token.ok()?, range)))
            .collect();
        let mut finder = Finder::default();
        finder.scopes.push(Scope::default());
        for position in 0..tokens.len() {
            finder.token(&tokens, position);
        }
        finder.finish()
    }

    /// The name that is defined or used at a byte of the text.
    pub fn at(&self, byte: usize) -> Option<&Name> {
        let after = self.places.partition_point(|(range, _)| range.start <= byte);
        let (range, name) = self.places.get(after.checked_sub(1)?)?;
        // The caret just behind a name still means it.
        (byte <= range.end).then(|| &self.names[*name])
    }

    /// All names in the order of their definitions.
    pub fn all(&self) -> &[Name] {
        &self.names
    }
}

/// A region, or anything else in braces: names inside are unknown outside.
#[derive(Default)]
struct Scope {
    parent: Option<usize>,
    known: FxHashMap<(NameKind, String), usize>,
}

#[derive(Default)]
struct Finder {
    scopes: Vec<Scope>,
    current: usize,
    /// Open parentheses in each open brace.
    parentheses: usize,
    outer_parentheses: Vec<usize>,
    /// Arguments of a function whose body has not begun.
    arguments: Option<Vec<usize>>,
    /// Number of arguments so far in the list of the last block label.
    block_arguments: usize,
    /// The token at which the list of results ends that is being read, and the number of results so far.
    results_until: usize,
    results: usize,
    names: Vec<Name>,
    uses: Vec<(NameKind, String, usize, Range<usize>)>,
}

impl Finder {
    fn token(&mut self, tokens: &[(Token<'_>, Range<usize>)], position: usize) {
        let (token, range) = &tokens[position];
        let before = position.checked_sub(1).map(|index| tokens[index].0);
        let after = tokens.get(position + 1).map(|next| next.0);
        match *token {
            Token::ParenOpen => self.parentheses += 1,
            Token::ParenClose => self.parentheses = self.parentheses.saturating_sub(1),
            Token::BraceOpen => self.open(before == Some(Token::Attributes)),
            Token::BraceClose => self.close(),
            Token::Func => self.arguments = Some(Vec::new()),
            Token::Value(text) => {
                let text = text.split('#').next().unwrap_or(text);
                if position < self.results_until || self.begins_definition(tokens, position) {
                    let count = match (after, tokens.get(position + 2)) {
                        (Some(Token::Colon), Some((Token::Integer(count), _))) => count.parse().unwrap_or(1),
                        _ => 1,
                    };
                    let end = self.results.saturating_add(count);
                    let place = Place::Results(self.results..end);
                    self.results = end;
                    self.define(NameKind::Value, text, place, range);
                } else if self.parentheses > 0
                    && after == Some(Token::Colon)
                    && self.is_argument(tokens, position)
                {
                    self.argument(text, range);
                } else {
                    self.usage(NameKind::Value, text, range);
                }
            }
            Token::BlockName(text) => {
                // Successors of a branch stand in brackets.
                let label = !matches!(before, Some(Token::BracketOpen | Token::Comma));
                if label {
                    self.block_arguments = 0;
                    self.define(NameKind::Block, text, Place::NoValue, range);
                } else {
                    self.usage(NameKind::Block, text, range);
                }
            }
            Token::Symbol(text) => match before {
                Some(Token::Func | Token::Module | Token::Private | Token::Public | Token::Nested) => {
                    self.define(NameKind::Symbol, text, Place::NoValue, range);
                }
                _ => self.usage(NameKind::Symbol, text, range),
            },
            Token::AttributeAlias(text) | Token::TypeAlias(text) => {
                if after == Some(Token::Equal) && self.scopes[self.current].parent.is_none() {
                    self.define(NameKind::Alias, text, Place::NoValue, range);
                } else {
                    self.usage(NameKind::Alias, text, range);
                }
            }
            Token::LocationAlias(text) => {
                let start = range.start + "loc(".len();
                self.usage(NameKind::Alias, text, &(start..start + text.len()));
            }
            _ => {}
        }
    }

    /// `%0 =`, `%0:2 =`, `%0, %1 =`.
    fn begins_definition(&mut self, tokens: &[(Token<'_>, Range<usize>)], position: usize) -> bool {
        let mut next = position;
        let kind = |index: usize| tokens.get(index).map(|token| token.0);
        loop {
            if !matches!(kind(next), Some(Token::Value(_))) {
                return false;
            }
            next += 1;
            if kind(next) == Some(Token::Colon) && matches!(kind(next + 1), Some(Token::Integer(_))) {
                next += 2;
            }
            match kind(next) {
                Some(Token::Comma) => next += 1,
                Some(Token::Equal) => {
                    (self.results_until, self.results) = (next, 0);
                    return true;
                }
                _ => return false,
            }
        }
    }

    /// Whether a value in parentheses is an argument of a function or block.
    fn is_argument(&self, tokens: &[(Token<'_>, Range<usize>)], position: usize) -> bool {
        if self.arguments.is_some() {
            return true;
        }
        // Operands are followed by a comma or the closing parenthesis, never by a type.
        matches!(
            tokens.get(position + 2),
            Some((
                Token::Tensor(_)
                    | Token::None
                    | Token::TypeAlias(_)
                    | Token::OpaqueType(_)
                    | Token::FloatType(_)
                    | Token::IntegerType(_)
                    | Token::Index,
                _
            ))
        )
    }

    fn open(&mut self, dictionary: bool) {
        self.scopes.push(Scope {
            parent: Some(self.current),
            known: FxHashMap::default(),
        });
        self.current = self.scopes.len() - 1;
        self.outer_parentheses.push(self.parentheses);
        if self.parentheses == 0
            && !dictionary
            && let Some(arguments) = self.arguments.take()
        {
            for name in arguments {
                self.know(self.current, name);
            }
        }
        self.parentheses = 0;
    }

    fn close(&mut self) {
        if let Some(parent) = self.scopes[self.current].parent {
            self.current = parent;
            self.parentheses = self.outer_parentheses.pop().unwrap_or(0);
        }
    }

    fn argument(&mut self, text: &str, range: &Range<usize>) {
        let count = self.arguments.as_ref().map_or(self.block_arguments, Vec::len);
        let name = self.define(NameKind::Value, text, Place::Argument(count), range);
        match &mut self.arguments {
            Some(arguments) => arguments.push(name),
            None => self.block_arguments += 1,
        }
    }

    fn define(&mut self, kind: NameKind, text: &str, place: Place, range: &Range<usize>) -> usize {
        let name = self.names.len();
        self.names.push(Name {
            kind,
            text: text.to_owned(),
            place,
            definition: range.clone(),
            uses: Vec::new(),
        });
        if !(kind == NameKind::Value && self.arguments.is_some()) {
            self.know(self.current, name);
        }
        name
    }

    fn know(&mut self, scope: usize, name: usize) {
        let key = (self.names[name].kind, self.names[name].text.clone());
        self.scopes[scope].known.entry(key).or_insert(name);
    }

    fn usage(&mut self, kind: NameKind, text: &str, range: &Range<usize>) {
        self.uses
            .push((kind, text.to_owned(), self.current, range.clone()));
    }

    fn finish(mut self) -> Names {
        let mut places: Vec<(Range<usize>, usize)> = self
            .names
            .iter()
            .enumerate()
            .map(|(index, name)| (name.definition.clone(), index))
            .collect();
        for (kind, text, scope, range) in std::mem::take(&mut self.uses) {
            let key = (kind, text);
            let mut next = Some(scope);
            let mut found = None;
            while let Some(scope) = next {
                found = self.scopes[scope].known.get(&key).copied();
                next = self.scopes[scope].parent.filter(|_| found.is_none());
            }
            // Symbols are also used from outside of the module that holds them.
            let found = found.or_else(|| {
                (key.0 == NameKind::Symbol)
                    .then(|| {
                        self.names
                            .iter()
                            .position(|name| name.kind == key.0 && name.text == key.1)
                    })
                    .flatten()
            });
            if let Some(name) = found {
                self.names[name].uses.push(range.clone());
                places.push((range, name));
            }
        }
        places.sort_by_key(|(range, _)| range.start);
        Names {
            names: self.names,
            places,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"#loc1 = loc("in")
module @net attributes {a = 1 : i64} {
  module @sub {
    func.func @main(%arg0: tensor<1xf32> loc("x"), %arg1: tensor<1xf32>) -> tensor<1xf32> attributes {mode = 1} {
      %0 = "top.Input"(%arg0) : (tensor<1xf32>) -> tensor<1xf32> loc(#loc1)
      %1:2 = "tpu.Group"(%0) ({
        %2 = "top.Relu"(%0) : (tensor<1xf32>) -> tensor<1xf32> loc(#loc)
        "tpu.Yield"(%2, %2) : (tensor<1xf32>, tensor<1xf32>) -> ()
      }) : (tensor<1xf32>) -> (tensor<1xf32>, tensor<1xf32>)
      "cf.br"()[^bb1] : () -> ()
    ^bb1:
      return %1#1 : tensor<1xf32>
    }
    func.func @other(%arg0: tensor<1xf32>) -> tensor<1xf32> {
      %2 = call @main(%arg0, %arg0) : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
      return %2 : tensor<1xf32>
    }
  }
}
#loc = loc(unknown)
"#;

    #[test]
    fn every_name_has_its_uses() {
        let names = Names::find(TEXT);
        let found: Vec<(&str, usize)> = names
            .all()
            .iter()
            .map(|name| (name.text.as_str(), name.uses.len()))
            .collect();
        let expected = [
            ("#loc1", 1),
            ("@net", 0),
            ("@sub", 0),
            ("@main", 1),
            ("%arg0", 1),
            ("%arg1", 0),
            ("%0", 2),
            ("%1", 1),
            ("%2", 2),
            ("^bb1", 1),
            ("@other", 0),
            ("%arg0", 2),
            ("%2", 1),
            ("#loc", 1),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_place_means_the_name_that_stands_there() {
        let names = Names::find(TEXT);
        let byte = TEXT.find("%1#1").unwrap();
        assert_eq!(names.at(byte + 1).unwrap().text, "%1");
        assert!(names.at(TEXT.find("top.Input").unwrap()).is_none());
        assert!(names.at(TEXT.len() + 10).is_none());
    }

    #[test]
    fn damaged_text_still_has_names() {
        let names = Names::find("}}}) %0 = \"a.b\"(%0 : ( { %0");
        assert_eq!(names.all().len(), 1);
    }
}
