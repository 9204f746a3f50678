//! Tokens of MLIR's text. They are coarse where the language allows it: a tensor's dimensions, a dialect attribute that
//! is not known here, and `loc(#alias)` are one token each.

use super::build::MOST_NESTING;
use super::strings::bad_escape;
use crate::ir::Type;
use logos::{Lexer, Logos};

/// What a lexer finds instead of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LexError {
    /// No token starts here.
    #[default]
    UnexpectedCharacter,
    /// A string without its closing quote on the same line.
    UnterminatedString,
    /// A string with a backslash before something that is no escape.
    UnknownEscape,
    /// `#dialect<...` or `!dialect<...` without its closing bracket.
    UnbalancedBody,
}

impl LexError {
    /// In MLIR's wording.
    pub fn message(self) -> &'static str {
        match self {
            Self::UnexpectedCharacter => "unexpected character",
            Self::UnterminatedString => "expected '\"' in string literal",
            Self::UnknownEscape => "unknown escape in string literal",
            Self::UnbalancedBody => "unbalanced '<' character in pretty dialect name",
        }
    }
}

/// A token with the text that it needs.
#[derive(Logos, Clone, Copy, PartialEq, Debug)]
#[logos(skip r"[ \t\r\n]+")]
#[logos(skip(r"//[^\n]*", allow_greedy = true))]
#[logos(error = LexError)]
#[allow(missing_docs)]
pub enum Token<'s> {
    #[token("(")]
    ParenOpen,
    #[token(")")]
    ParenClose,
    #[token("[")]
    BracketOpen,
    #[token("]")]
    BracketClose,
    #[token("{")]
    BraceOpen,
    #[token("}")]
    BraceClose,
    #[token("<")]
    Less,
    #[token(">")]
    Greater,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token("::")]
    ColonColon,
    #[token("=")]
    Equal,
    #[token("->")]
    Arrow,

    #[token("module", priority = 20)]
    #[token("builtin.module", priority = 20)]
    Module,
    #[token("func.func", priority = 20)]
    Func,
    #[token("call", priority = 20)]
    #[token("func.call", priority = 20)]
    Call,
    /// `return`; true before an operand on the same line.
    #[token("return", before_operand, priority = 20)]
    #[token("func.return", before_operand, priority = 20)]
    Return(bool),
    #[token("attributes", priority = 20)]
    Attributes,
    #[token("loc", priority = 20)]
    Loc,
    #[token("unknown", priority = 20)]
    Unknown,
    #[token("fused", priority = 20)]
    Fused,
    #[token("callsite", priority = 20)]
    CallSite,
    #[token("at", priority = 20)]
    At,
    #[token("dense", priority = 20)]
    Dense,
    #[token("array", priority = 20)]
    Array,
    #[token("true", priority = 20)]
    True,
    #[token("false", priority = 20)]
    False,
    #[token("unit", priority = 20)]
    Unit,
    #[token("none", priority = 20)]
    None,
    #[token("index", priority = 20)]
    Index,
    #[token("private", priority = 20)]
    Private,
    #[token("public", priority = 20)]
    Public,
    #[token("nested", priority = 20)]
    Nested,

    /// `i8`, `si8`, `ui8`
    #[regex(r"(s|u)?i[1-9][0-9]*", priority = 15)]
    IntegerType(&'s str),
    /// `f32`, ...
    #[regex(r"f16|bf16|f32|f64|f8E4M3FN|f8E5M2", priority = 15)]
    FloatType(&'s str),
    /// `tensor<` and the dimensions that follow: `1x?x3x`, `*x`, or nothing.
    #[regex(r"tensor[ \t]*<", dimensions)]
    Tensor(&'s str),
    #[token("!quant.calibrated<", priority = 20)]
    Calibrated,
    #[token("!quant.uniform<", priority = 20)]
    Uniform,
    /// `#tpu<`
    #[token("#tpu<", priority = 40)]
    TpuEnum,
    /// `#tpu.lg<`
    #[token("#tpu.lg<", priority = 40)]
    TpuLayerGroup,

    /// A bare identifier.
    #[regex(r"[a-zA-Z_][a-zA-Z0-9_$.]*", priority = 5)]
    Identifier(&'s str),
    /// `%0`, `%0#1`, `%arg0`
    #[regex(r"%([0-9]+|[a-zA-Z_$.\-][a-zA-Z0-9_$.\-]*)(#[0-9]+)?")]
    Value(&'s str),
    /// `^bb0`
    #[regex(r"\^([0-9]+|[a-zA-Z_$.\-][a-zA-Z0-9_$.\-]*)")]
    BlockName(&'s str),
    /// `@name`, `@"name"`
    #[regex(r#"@([a-zA-Z_][a-zA-Z0-9_$.\-]*|"([^"\\\n]|\\.)*")"#)]
    Symbol(&'s str),
    /// `"text"` with its quotes.
    #[regex(r#""([^"\\\n]|\\.)*""#, escapes)]
    #[regex(r#"@?"([^"\\\n]|\\.)*"#, |_| Err(LexError::UnterminatedString))]
    String(&'s str),
    #[regex(r"-?[0-9]+", priority = 10)]
    Integer(&'s str),
    #[regex(r"-?0x[0-9a-fA-F]+", priority = 11)]
    Hexadecimal(&'s str),
    #[regex(r"-?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?")]
    Float(&'s str),
    /// `#loc1`: the name of an attribute or location that is defined elsewhere in the file.
    #[regex(r"#([0-9]+|[a-zA-Z_][a-zA-Z0-9_$\-]*)", priority = 10)]
    AttributeAlias(&'s str),
    /// `loc(#loc1)`; the text is the alias.
    #[regex(r"loc\(#([0-9]+|[a-zA-Z_][a-zA-Z0-9_$\-]*)\)", |lex| { let text = lex.slice(); &text[4..text.len() - 1] })]
    LocationAlias(&'s str),
    /// An attribute of a dialect that is not known here: `#dialect.name<...>`, `#dialect<...>`, `#dialect.name`.
    #[regex(
        r"#[a-zA-Z_][a-zA-Z0-9_$]*(\.[a-zA-Z_][a-zA-Z0-9_$.]*)?<",
        balanced_body,
        priority = 12
    )]
    #[regex(r"#[a-zA-Z_][a-zA-Z0-9_$]*\.[a-zA-Z_][a-zA-Z0-9_$.]*", priority = 11)]
    OpaqueAttribute(&'s str),
    /// `!name`: a type that is defined elsewhere in the file.
    #[regex(r"!([0-9]+|[a-zA-Z_][a-zA-Z0-9_$\-]*)", priority = 10)]
    TypeAlias(&'s str),
    /// A type of a dialect that is not known here.
    #[regex(
        r"![a-zA-Z_][a-zA-Z0-9_$]*(\.[a-zA-Z_][a-zA-Z0-9_$.]*)?<",
        balanced_body,
        priority = 12
    )]
    #[regex(r"![a-zA-Z_][a-zA-Z0-9_$]*\.[a-zA-Z_][a-zA-Z0-9_$.]*", priority = 11)]
    OpaqueType(&'s str),

    /// Characters of MLIR's language that stand nowhere in this part of it.
    #[token("...", |_| '.')]
    #[token("-", |_| '-')]
    #[token("+", |_| '+')]
    #[token("*", |_| '*')]
    #[token("?", |_| '?')]
    #[token("/", |_| '/')]
    #[token("|", |_| '|')]
    Other(char),

    /// The text of a type that was read before.
    KnownType(Type),
    /// The text of an attribute dictionary that was read before, by its number.
    KnownAttributes(u32),
}

/// A string's escapes are `\"`, `\\`, `\n`, `\t` and two hexadecimal digits.
fn escapes<'s>(lex: &mut Lexer<'s, Token<'s>>) -> Result<&'s str, LexError> {
    match bad_escape(lex.slice().as_bytes()) {
        None => Ok(lex.slice()),
        Some(_) => Err(LexError::UnknownEscape),
    }
}

/// Whether an operand follows on the same line. What follows on the next line is another operation.
fn before_operand<'s>(lex: &mut Lexer<'s, Token<'s>>) -> bool {
    lex.remainder().trim_start_matches([' ', '\t']).starts_with('%')
}

/// The dimension list after `tensor<`: digits or `?` followed by `x`, any number of times, or `*x`.
fn dimensions<'s>(lex: &mut Lexer<'s, Token<'s>>) -> &'s str {
    let rest = lex.remainder();
    let blanks = rest.len() - rest.trim_start().len();
    let rest = &rest[blanks..];
    let bytes = rest.as_bytes();
    let mut end = 0;
    if rest.starts_with("*x") {
        end = 2;
    } else {
        loop {
            let mut next = end;
            if bytes.get(next) == Some(&b'?') {
                next += 1;
            } else {
                while bytes.get(next).is_some_and(u8::is_ascii_digit) {
                    next += 1;
                }
            }
            if next == end || bytes.get(next) != Some(&b'x') {
                break;
            }
            end = next + 1;
        }
    }
    if end > 0 {
        lex.bump(blanks + end);
    }
    &rest[..end]
}

/// Extends a match that ends in `<` to the bracket that closes it.
fn balanced_body<'s>(lex: &mut Lexer<'s, Token<'s>>) -> Result<&'s str, LexError> {
    let length = body_length(lex.remainder().as_bytes()).map_err(|_| LexError::UnbalancedBody)?;
    lex.bump(length);
    Ok(lex.slice())
}

/// Length of the text up to the bracket that closes an open `<`, or the innermost bracket that is not closed.
fn body_length(rest: &[u8]) -> Result<usize, char> {
    let mut open = vec![b'<'];
    let mut index = 0;
    while let Some(opening) = open.last().copied() {
        let unbalanced = Err(char::from(opening));
        let Some(byte) = rest.get(index).copied() else {
            return unbalanced;
        };
        match byte {
            b'"' => {
                index += 1;
                while rest.get(index).is_some_and(|byte| *byte != b'"') {
                    index += if rest[index] == b'\\' { 2 } else { 1 };
                }
            }
            b'-' if rest.get(index + 1) == Some(&b'>') => index += 1,
            b'<' | b'(' | b'[' | b'{' => {
                if open.len() >= MOST_NESTING as usize {
                    return unbalanced;
                }
                open.push(byte);
            }
            b'>' | b')' | b']' | b'}' => {
                let fits = matches!(
                    (opening, byte),
                    (b'<', b'>') | (b'(', b')') | (b'[', b']') | (b'{', b'}')
                );
                if !fits {
                    return unbalanced;
                }
                open.pop();
            }
            _ => {}
        }
        index += 1;
    }
    // The text is cut between characters since a bracket ends it.
    Ok(index)
}

/// The bracket that is not closed in a text that begins with `#dialect.name<` or `!dialect.name<`, as MLIR says it, and
/// the place of the first.
pub fn unbalanced(text: &str) -> Option<(char, usize)> {
    let first = text.find('<')?;
    let bracket = body_length(&text.as_bytes()[first + 1..]).err()?;
    Some((bracket, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        Token::lexer(text).map(|token| token.expect("a token")).collect()
    }

    #[test]
    fn coarse_tokens() {
        assert_eq!(
            tokens("tensor<1x?x25xi8, 4 : i64> loc(#loc12) return %0"),
            [
                Token::Tensor("1x?x25x"),
                Token::IntegerType("i8"),
                Token::Comma,
                Token::Integer("4"),
                Token::Colon,
                Token::IntegerType("i64"),
                Token::Greater,
                Token::LocationAlias("#loc12"),
                Token::Return(true),
                Token::Value("%0"),
            ]
        );
        assert_eq!(
            tokens("#foo.bar<a -> \">\", [1]> !x<y> #tpu<mode A>"),
            [
                Token::OpaqueAttribute("#foo.bar<a -> \">\", [1]>"),
                Token::OpaqueType("!x<y>"),
                Token::TpuEnum,
                Token::Identifier("mode"),
                Token::Identifier("A"),
                Token::Greater,
            ]
        );
        assert_eq!(
            tokens("module.x %a#1 // comment\n%1:2"),
            [
                Token::Identifier("module.x"),
                Token::Value("%a#1"),
                Token::Value("%1"),
                Token::Colon,
                Token::Integer("2"),
            ]
        );
    }

    #[test]
    fn errors() {
        for (text, error) in [
            ("\"abc", LexError::UnterminatedString),
            ("#a<(>", LexError::UnbalancedBody),
            ("&", LexError::UnexpectedCharacter),
        ] {
            assert_eq!(Token::lexer(text).next(), Some(Err(error)), "{text}");
        }
    }
}
