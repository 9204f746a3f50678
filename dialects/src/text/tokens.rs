//! The token stream that the grammar reads: pieces of a file without its alias definitions, with known types and
//! dictionaries as single tokens, a bound on the nesting of brackets, and what error messages need to know of the past.

use super::build::{MOST_NESTING, TextError};
use super::known::Known;
use super::lexer::{LexError, Token};
use logos::{Lexer, Logos};
use std::ops::Range;

/// A token with the bytes at which it starts and ends.
pub type Placed<'s> = (usize, Token<'s>, usize);

/// Tokens of some pieces of a source.
pub struct Tokens<'s, 'k> {
    source: &'s str,
    /// What is still to be read, the next piece last.
    pieces: Vec<Range<usize>>,
    base: usize,
    lexer: Lexer<'s, Token<'s>>,
    /// Where known text is looked up; alias definitions are read without.
    known: Option<&'k Known<'s>>,
    depth: u32,
    /// The last token and the one before it.
    last: Option<Placed<'s>>,
    previous: Option<Placed<'s>>,
    /// After `func.func`: the brace behind the arguments opens the body, whatever its text is.
    function: bool,
    /// Braces that are open, and whether one too many that closes ends the stream.
    braces: u32,
    stop_at_brace: bool,
    stopped: Option<usize>,
}

impl<'s, 'k> Tokens<'s, 'k> {
    /// The tokens of these pieces of `source`, in order.
    pub fn new(source: &'s str, mut pieces: Vec<Range<usize>>, known: Option<&'k Known<'s>>) -> Self {
        pieces.reverse();
        Self {
            source,
            pieces,
            base: 0,
            lexer: Token::lexer(""),
            known,
            depth: 0,
            last: None,
            previous: None,
            function: false,
            braces: 0,
            stop_at_brace: false,
            stopped: None,
        }
    }

    /// The same, up to the brace that closes a region which was opened before.
    pub fn until_brace(source: &'s str, pieces: Vec<Range<usize>>, known: &'k Known<'s>) -> Self {
        Self {
            stop_at_brace: true,
            ..Self::new(source, pieces, Some(known))
        }
    }

    /// The last token that was given out: the one at which the parser stopped.
    pub fn last(&self) -> Option<Placed<'s>> {
        self.last
    }

    /// The token before that.
    pub fn previous(&self) -> Option<Placed<'s>> {
        self.previous
    }

    /// The closing brace at which the stream ended.
    pub fn stopped(&self) -> Option<usize> {
        self.stopped
    }

    /// A single token for a type or dictionary that was read before.
    fn known(&mut self, start: usize, token: Token<'s>) -> Option<Token<'s>> {
        let known = self.known?;
        let rest = &self.source[start..];
        let (token, length) = match token {
            Token::Tensor(_) => {
                let (ty, length) = known.tensor_type(rest)?;
                (Token::KnownType(ty), length)
            }
            Token::BraceOpen if self.function => {
                self.function = false;
                return None;
            }
            Token::BraceOpen if matches!(self.last, Some((_, Token::ParenClose, _))) => {
                let (index, length) = known.dictionary(rest)?;
                (Token::KnownAttributes(index), length)
            }
            _ => return None,
        };
        let end = self.base + self.lexer.span().end;
        self.lexer.bump(start + length - end);
        Some(token)
    }

    fn lexical_error(&self, error: LexError, start: usize, end: usize) -> TextError {
        let at = match error {
            LexError::UnexpectedCharacter => match self.source.as_bytes().get(start) {
                Some(b'@') => {
                    let message = "@ identifier expected to start with letter or '_'";
                    return TextError::new(start + 1, start + 2, message);
                }
                Some(b'%') => return TextError::new(start, end, "invalid SSA name"),
                Some(b'^') => return TextError::new(start, end, "invalid block name"),
                Some(b'#') => return TextError::new(start, end, "invalid attribute name"),
                Some(b'!') => return TextError::new(start, end, "invalid type identifier"),
                Some(b'.') => {
                    let message = "expected three consecutive dots for an ellipsis";
                    return TextError::new(start + 1, start + 2, message);
                }
                _ => start,
            },
            LexError::UnterminatedString => end,
            LexError::UnknownEscape => {
                let bytes = &self.source.as_bytes()[start..end];
                start + super::strings::bad_escape(bytes).unwrap_or(0)
            }
            LexError::UnbalancedBody => {
                let (bracket, at) = super::lexer::unbalanced(&self.source[start..]).unwrap_or(('<', 0));
                let message = format!("unbalanced '{bracket}' character in pretty dialect name");
                return TextError::new(start + at, start + at + 1, message);
            }
        };
        TextError::new(at, end.max(at + 1), error.message())
    }
}

impl<'s> Iterator for Tokens<'s, '_> {
    type Item = Result<Placed<'s>, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped.is_some() {
            return None;
        }
        let found = loop {
            if let Some(found) = self.lexer.next() {
                break found;
            }
            let piece = self.pieces.pop()?;
            self.base = piece.start;
            self.lexer = Token::lexer(&self.source[piece]);
        };
        let span = self.lexer.span();
        let (start, mut end) = (self.base + span.start, self.base + span.end);
        let mut token = match found {
            Ok(token) => token,
            Err(error) => return Some(Err(self.lexical_error(error, start, end))),
        };
        match token {
            Token::ParenOpen
            | Token::BracketOpen
            | Token::BraceOpen
            | Token::Less
            | Token::Tensor(_)
            | Token::Calibrated
            | Token::Uniform
            | Token::TpuEnum
            | Token::TpuLayerGroup => {
                if let Some(known) = self.known(start, token) {
                    token = known;
                    end = self.base + self.lexer.span().end;
                } else {
                    self.depth += 1;
                    self.braces += u32::from(token == Token::BraceOpen);
                    if self.depth > MOST_NESTING {
                        return Some(Err(TextError::new(start, end, "nesting is too deep")));
                    }
                }
            }
            Token::ParenClose | Token::BracketClose | Token::Greater => {
                self.depth = self.depth.saturating_sub(1);
            }
            Token::BraceClose => {
                self.depth = self.depth.saturating_sub(1);
                if self.braces == 0 && self.stop_at_brace {
                    self.stopped = Some(start);
                    return None;
                }
                self.braces = self.braces.saturating_sub(1);
            }
            Token::Func => self.function = true,
            _ => {}
        }
        self.previous = self.last;
        self.last = Some((start, token, end));
        Some(Ok((start, token, end)))
    }
}
