//! Pieces of text that were read before. Types and attribute dictionaries repeat many times in a program; their text is
//! looked up before it is split into tokens.

use crate::ir::{Attr, Str, Type};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// The longest text of a type or dictionary that is looked up, in bytes.
const LONGEST: usize = 1024;
/// So many texts of each are kept; a program whose dictionaries all differ gains nothing from more.
const MOST_TYPES: usize = 1 << 16;
const MOST_DICTIONARIES: usize = 1 << 12;

/// Types and dictionaries by their text. Shared by the tokens, which look up, and the actions, which add.
#[derive(Default)]
pub struct Known<'s> {
    types: RefCell<FxHashMap<&'s str, Type>>,
    dictionaries: RefCell<Dictionaries<'s>>,
    /// Dictionaries that were looked for and found.
    asked: Cell<usize>,
    found: Cell<usize>,
}

#[derive(Default)]
struct Dictionaries<'s> {
    index: FxHashMap<&'s str, u32>,
    lists: Vec<Box<[(Str, Attr)]>>,
}

impl<'s> Known<'s> {
    /// The type whose text `rest` begins with, and the length of that text. `rest` begins with `tensor<` or the like.
    pub fn tensor_type(&self, rest: &str) -> Option<(Type, usize)> {
        let length = closed(rest, b'<', b'>')?;
        self.types.borrow().get(&rest[..length]).map(|ty| (*ty, length))
    }

    /// Remembers what a text that begins with `tensor<` or the like means.
    pub fn add_type(&self, text: &'s str, ty: Type) {
        let mut types = self.types.borrow_mut();
        if text.len() <= LONGEST && types.len() < MOST_TYPES {
            types.insert(text, ty);
        }
    }

    /// The dictionary whose text `rest` begins with, as its number, and the length of that text.
    pub fn dictionary(&self, rest: &str) -> Option<(u32, usize)> {
        let (asked, found) = (self.asked.get(), self.found.get());
        if asked > 2 * MOST_DICTIONARIES && found < asked / 4 {
            return None;
        }
        let length = closed(rest, b'{', b'}')?;
        self.asked.set(asked + 1);
        let index = self.dictionaries.borrow().index.get(&rest[..length]).copied()?;
        self.found.set(found + 1);
        Some((index, length))
    }

    /// Remembers a dictionary.
    pub fn add_dictionary(&self, text: &'s str, list: &[(Str, Attr)]) {
        let mut known = self.dictionaries.borrow_mut();
        if text.len() <= LONGEST && known.lists.len() < MOST_DICTIONARIES && !text.contains('\n') {
            let index = known.lists.len() as u32;
            known.lists.push(list.into());
            known.index.insert(text, index);
        }
    }

    /// The attributes of dictionary number `index`.
    pub fn attributes(&self, index: u32) -> Vec<(Str, Attr)> {
        self.dictionaries.borrow().lists[index as usize].to_vec()
    }
}

/// Length of the text up to the bracket that closes the first one; `None` if that is not on the same line and near.
fn closed(rest: &str, open: u8, close: u8) -> Option<usize> {
    let bytes = &rest.as_bytes()[..rest.len().min(LONGEST)];
    let mut depth = 0_usize;
    let mut index = 0;
    while index < bytes.len() {
        let byte = bytes[index];
        index += 1;
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(index);
            }
        } else if byte == b'"' {
            while *bytes.get(index)? != b'"' {
                index += if bytes[index] == b'\\' { 2 } else { 1 };
            }
            index += 1;
        } else if byte == b'\n' || byte == b'/' || byte == b'-' && bytes.get(index) == Some(&b'>') {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::closed;

    #[test]
    fn closing_brackets() {
        for (text, length) in [
            ("tensor<2x!q<i8, 1.0>> x", Some(21)),
            ("{a = \"}\\\"}\", b = {c}} : {", Some(21)),
            ("{a = \n}", None),
            ("{a = \"}", None),
            ("tensor<() -> f32>", None),
        ] {
            let (open, close) = if text.starts_with('{') {
                (b'{', b'}')
            } else {
                (b'<', b'>')
            };
            assert_eq!(closed(text, open, close), length, "{text}");
        }
    }
}
