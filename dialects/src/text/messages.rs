//! Syntax errors in MLIR's wording and at MLIR's places. The grammar knows what it would have taken; the token before,
//! the brackets around and the kind of the operation tell which of MLIR's messages that is.

use super::build::{Builder, TextError};
use super::lexer::{Token, unbalanced};
use super::tokens::Tokens;
use lalrpop_util::ParseError;
use logos::Logos;

/// Where an error is shown.
#[derive(Clone, Copy)]
enum At {
    /// Behind the token before the one that does not fit.
    PreviousEnd,
    /// At the token that does not fit.
    Found,
    /// Behind that token.
    FoundEnd,
}

/// An open bracket with the token before it.
#[derive(Clone, Copy)]
struct Opener<'s> {
    before: Option<Token<'s>>,
    bracket: Token<'s>,
    start: usize,
}

/// What is known of the place of an error.
struct Place<'e, 's> {
    /// Terminals that the grammar would have taken, by their names there.
    expected: &'e [String],
    /// The kind of the operation, where it is known; empty otherwise.
    operation: String,
    /// Whether an operation was begun, if only with the names of its results.
    in_statement: bool,
    before: Option<Token<'s>>,
    found: Option<Token<'s>>,
    /// The text up to the token before.
    text_before: &'s str,
    openers: Vec<Opener<'s>>,
}

/// Adds a syntax error.
pub fn describe<'s>(
    builder: &mut Builder<'_, 's>,
    error: &ParseError<usize, Token<'s>, TextError>,
    tokens: &Tokens<'s, '_>,
    text: &'s str,
) {
    let (found, expected, previous) = match error {
        ParseError::User { error } => {
            builder.error(error.start, error.end, error.message.clone());
            return;
        }
        ParseError::InvalidToken { location } => {
            builder.error(*location, *location + 1, "unexpected character");
            return;
        }
        ParseError::ExtraToken {
            token: (start, _, end),
        } => {
            builder.error(*start, *end, "expected operation name in quotes");
            return;
        }
        ParseError::UnrecognizedEof { expected, .. } => (None, expected, tokens.last()),
        ParseError::UnrecognizedToken { token, expected } => (Some(*token), expected, tokens.previous()),
    };
    let end_of_text = (text.len(), text.len());
    let (found_start, found_end) = found.map_or(end_of_text, |(start, _, end)| (start, end));
    let line = previous.map_or(0, |(start, ..)| {
        text[..start].rfind('\n').map_or(0, |newline| newline + 1)
    });
    let from = builder.statement().unwrap_or(line).min(found_start);
    let place = Place {
        expected,
        operation: builder.current_operation().unwrap_or_default().to_owned(),
        in_statement: builder.statement().is_some(),
        before: previous.map(|(_, token, _)| token),
        found: found.map(|(_, token, _)| token),
        text_before: previous.map_or("", |(start, ..)| text[..start].trim_end()),
        openers: openers(&text[from..found_start], from),
    };
    // MLIR looks for the closing bracket before it reads what is inside.
    if let Some(opener) = place.opener_with_body()
        && let Some((bracket, at)) = unbalanced(&text[opener.start..])
    {
        let at = opener.start + at;
        let message = format!("unbalanced '{bracket}' character in pretty dialect name");
        builder.error(at, at + 1, message);
        return;
    }
    let (message, at) = place.message(builder, &text[found_start..]);
    let previous_end = previous.map_or(found_start, |(.., end)| end);
    let (start, end) = match at {
        At::PreviousEnd if previous_end < found_start => (previous_end, previous_end),
        At::PreviousEnd | At::Found => (found_start, found_end),
        At::FoundEnd => (found_end, found_end),
    };
    let decimal = message == DECIMAL;
    builder.error(start, end, message);
    if decimal {
        builder.note_of_last_error("add a trailing dot to make the literal a float");
    }
}

/// An integer where a float is wanted.
pub const DECIMAL: &str = "unexpected decimal integer literal for a floating point value";

/// The brackets that are open at the end of a piece of text.
fn openers(piece: &str, start: usize) -> Vec<Opener<'_>> {
    let mut open: Vec<Opener<'_>> = Vec::new();
    let mut before = None;
    for (token, span) in Token::lexer(piece).spanned() {
        let Ok(token) = token else { continue };
        match token {
            Token::ParenOpen
            | Token::BracketOpen
            | Token::BraceOpen
            | Token::Less
            | Token::Tensor(_)
            | Token::Calibrated
            | Token::Uniform
            | Token::TpuEnum
            | Token::TpuLayerGroup => open.push(Opener {
                before,
                bracket: token,
                start: start + span.start,
            }),
            Token::ParenClose | Token::BracketClose | Token::BraceClose | Token::Greater => {
                open.pop();
            }
            _ => {}
        }
        before = Some(token);
    }
    open
}

impl<'s> Place<'_, 's> {
    /// Whether a terminal would have been taken, by its name in the grammar.
    fn has(&self, name: &str) -> bool {
        self.expected.iter().any(|item| item == name)
    }

    /// Whether a terminal that the grammar writes in quotes would have been taken.
    fn takes(&self, text: &str) -> bool {
        self.expected
            .iter()
            .any(|item| item.len() == text.len() + 2 && &item[1..item.len() - 1] == text)
    }

    fn inner(&self) -> Option<Token<'s>> {
        self.openers.last().map(|opener| opener.bracket)
    }

    fn before_inner(&self) -> Option<Token<'s>> {
        self.openers.last().and_then(|opener| opener.before)
    }

    fn inside(&self, word: Token<'_>) -> bool {
        self.openers.iter().any(|opener| opener.before == Some(word))
    }

    /// The innermost bracket that belongs to a dialect's type or attribute.
    fn opener_with_body(&self) -> Option<Opener<'s>> {
        let dialect = |bracket| {
            matches!(
                bracket,
                Token::Calibrated | Token::Uniform | Token::TpuEnum | Token::TpuLayerGroup
            )
        };
        self.openers
            .iter()
            .find(|opener| dialect(opener.bracket))
            .copied()
    }

    fn is_generic(&self) -> bool {
        !matches!(
            self.operation.as_str(),
            "" | "builtin.module" | "func.func" | "func.call" | "func.return"
        )
    }

    /// The message, and where it is shown. `rest` begins with the token that does not fit.
    fn message(&self, builder: &Builder<'_, 's>, rest: &str) -> (String, At) {
        let plain = |message: &str| (message.to_owned(), At::PreviousEnd);
        if self.has("IDENTIFIER") && self.takes("attributes") {
            // Names of attributes and parameters.
            return plain(if self.has("STRING") {
                "expected attribute name"
            } else {
                "expected valid keyword"
            });
        }
        if self.takes("module") && self.takes("func.func") {
            return self.operation_name(builder, rest);
        }
        match self.before {
            Some(Token::Module) => return plain("expected '{' to begin a region"),
            Some(Token::Func) => {
                let message = "custom op 'func.func' expected valid '@'-identifier for symbol name";
                return (message.to_owned(), At::Found);
            }
            Some(Token::Call) => return plain("expected attribute value"),
            Some(Token::String(_)) if self.openers.is_empty() => {
                return plain("expected '(' to start operand list");
            }
            _ => {}
        }
        if self.takes("dense") && self.has("SYMBOL") {
            return match self.found {
                Some(Token::Other('-')) => (
                    "expected constant integer or floating point value".to_owned(),
                    At::FoundEnd,
                ),
                _ => plain("expected attribute value"),
            };
        }
        if self.has("TENSOR") {
            return self.type_message();
        }
        if self.has("VALUE")
            || matches!(
                (self.before, self.found),
                (Some(Token::Value(_)), Some(Token::AttributeAlias(_)))
            )
        {
            return self.value_message();
        }
        if self.has("INTEGER") || self.has("FLOAT") {
            return self.number_message(rest);
        }
        if self.has("IDENTIFIER") {
            return plain("expected valid keyword");
        }
        if self.has("SYMBOL") {
            return plain("expected nested symbol reference identifier");
        }
        if self.takes("unknown") && self.takes("fused") {
            return plain("expected location instance");
        }
        if self.takes("(") && matches!(self.before, Some(Token::Colon)) && self.inner().is_none() {
            return self.operation_type();
        }
        (self.punctuation(), At::PreviousEnd)
    }

    /// Something that is no operation stands where one should.
    fn operation_name(&self, builder: &Builder<'_, '_>, rest: &str) -> (String, At) {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(byte))
            .count();
        let word = rest
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        if word {
            return (unknown_operation(builder, &rest[..length]), At::Found);
        }
        let message = match self.found {
            Some(Token::OpaqueAttribute(_)) if builder.at_top() => {
                "attribute names with a '.' are reserved for dialect-defined names"
            }
            Some(Token::OpaqueType(_)) if builder.at_top() => {
                "type names with a '.' are reserved for dialect-defined names"
            }
            _ => return ("expected operation name in quotes".to_owned(), At::PreviousEnd),
        };
        (message.to_owned(), At::Found)
    }

    fn type_message(&self) -> (String, At) {
        let (message, at) = match (self.before, self.found) {
            (Some(Token::Tensor(_)), Some(Token::Integer(digits))) if !digits.starts_with('-') => {
                ("expected 'x' in dimension list", At::FoundEnd)
            }
            (Some(Token::Tensor(_)), Some(Token::Other('*'))) => {
                ("expected 'x' in dimension list", At::FoundEnd)
            }
            (_, Some(Token::Identifier("tensor"))) => ("expected '<' in tensor type", At::FoundEnd),
            _ => ("expected non-function type", At::PreviousEnd),
        };
        (message.to_owned(), at)
    }

    fn value_message(&self) -> (String, At) {
        if matches!(self.found, Some(Token::AttributeAlias(_)))
            && matches!(self.before, Some(Token::Value(_)))
        {
            return ("invalid SSA value result number".to_owned(), At::Found);
        }
        let message = if self.takes(")") && self.is_generic() {
            "expected ')' to end operand list"
        } else if self.takes(")") && self.operation == "func.call" {
            "expected ')'"
        } else if self.operation.is_empty() && self.in_statement {
            "expected valid ssa identifier"
        } else {
            "expected SSA operand"
        };
        (message.to_owned(), At::PreviousEnd)
    }

    fn number_message(&self, rest: &str) -> (String, At) {
        let decimal = self.has("FLOAT") && matches!(self.found, Some(Token::Integer(_)));
        let message = if self.inside(Token::Dense) {
            "expected element literal of primitive type"
        } else if self.inside(Token::Array) {
            "expected integer literal"
        } else if decimal {
            return (DECIMAL.to_owned(), At::Found);
        } else if self.has("FLOAT") {
            "expected floating point literal"
        } else if self.inside(Token::Loc) || matches!(self.inner(), Some(Token::ParenOpen)) {
            // The line stands behind the file's name, the column behind the line.
            if self.text_before.ends_with('"') {
                "expected integer line number in FileLineColLoc"
            } else {
                "expected integer column number in FileLineColLoc"
            }
        } else if self.inner().is_none() && self.operation.is_empty() && !rest.is_empty() {
            "expected integer number of results"
        } else {
            "expected integer value"
        };
        let at = if message.ends_with("Loc") || message.ends_with("results") {
            At::PreviousEnd
        } else {
            At::Found
        };
        (message.to_owned(), at)
    }

    /// Another type than a function's stands behind an operation.
    fn operation_type(&self) -> (String, At) {
        let is_type = matches!(
            self.found,
            Some(
                Token::KnownType(_)
                    | Token::Tensor(_)
                    | Token::IntegerType(_)
                    | Token::FloatType(_)
                    | Token::None
                    | Token::Index
                    | Token::TypeAlias(_)
                    | Token::OpaqueType(_)
            )
        );
        let (message, at) = match (is_type, self.operation.as_str()) {
            (true, "func.call") => ("custom op 'func.call' invalid kind of type specified", At::Found),
            (true, _) => ("expected function type", At::Found),
            (false, _) => ("expected non-function type", At::PreviousEnd),
        };
        (message.to_owned(), at)
    }

    /// A bracket, comma or the like is missing.
    fn punctuation(&self) -> String {
        let fixed = |message: &str| message.to_owned();
        let generic = self.is_generic();
        if self.takes("}") && !matches!(self.inner(), Some(Token::Uniform)) {
            return fixed("expected '}' in attribute dictionary");
        }
        if self.takes("at") {
            return fixed("expected 'at' in callsite location");
        }
        match (self.inner(), self.before_inner()) {
            (Some(Token::Tensor(_)), _) if self.takes(">") => return fixed("expected '>' in tensor type"),
            (Some(Token::TpuLayerGroup), _) if self.takes("=") => return fixed("expected '='"),
            (Some(Token::TpuLayerGroup), _) if self.takes(",") => return fixed("expected ','"),
            (Some(Token::Uniform), _) if self.takes(",") => return fixed("expected ','"),
            (Some(Token::Uniform), _) if self.takes(":") => return fixed("expected ':'"),
            (Some(Token::Less), Some(Token::Array)) if self.takes(":") => {
                return fixed("expected ':' after dense array type");
            }
            (Some(Token::Less), Some(Token::Array)) => {
                return fixed("expected '>' to close an array attribute");
            }
            (Some(Token::Less), Some(Token::Fused)) => {
                return fixed("expected '>' after fused location metadata");
            }
            (Some(Token::BracketOpen), Some(Token::Fused | Token::Greater)) => {
                return fixed("expected ']' in fused location");
            }
            (Some(Token::BracketOpen), _) if self.inside(Token::Dense) => return fixed("expected ']'"),
            (Some(Token::BracketOpen), _) if self.takes("]") => return fixed("expected ',' or ']'"),
            (Some(Token::ParenOpen), Some(Token::Loc | Token::CallSite)) if self.takes(")") => {
                return fixed("expected ')' in location");
            }
            (Some(Token::ParenOpen), _) if self.inside(Token::Loc) && self.takes(")") => {
                return fixed("expected ')' in location");
            }
            _ => {}
        }
        match self.before {
            Some(Token::AttributeAlias(_)) if self.takes("=") => {
                return fixed("expected '=' in attribute alias definition");
            }
            Some(Token::TypeAlias(_)) if self.takes("=") => {
                return fixed("expected '=' in type alias definition");
            }
            Some(Token::Value(_) | Token::Integer(_)) if self.takes("=") => {
                return fixed("expected '=' after SSA name");
            }
            Some(Token::Integer(_)) if self.takes(":") && self.inside(Token::Loc) => {
                return fixed("expected ':' in FileLineColLoc");
            }
            Some(Token::Loc) => return fixed("expected '(' in location"),
            Some(Token::Fused) => return fixed("expected '[' in fused location"),
            Some(Token::Dense) => return fixed("expected '<' after 'dense'"),
            Some(Token::Array) => return fixed("expected '<' after 'array'"),
            Some(Token::BlockName(_)) => return fixed("expected ':' after block name"),
            Some(Token::Attributes) => return fixed("expected '{' in attribute dictionary"),
            Some(Token::Value(_)) if self.takes(":") && self.operation.is_empty() => {
                return fixed("expected ':' and type for SSA operand");
            }
            Some(Token::Value(_)) if self.takes(")") && generic => {
                return fixed("expected ')' to end operand list");
            }
            Some(Token::BraceClose) if self.takes(")") && self.operation != "func.func" => {
                return fixed("expected ')' to end region list");
            }
            _ => {}
        }
        if self.takes("->") {
            return fixed("expected '->' in function type");
        }
        if self.takes(":") && generic && self.inner().is_none() {
            return fixed("expected ':' followed by operation type");
        }
        if self.takes("{")
            && !matches!(self.inner(), Some(Token::Uniform))
            && (generic || self.operation == "builtin.module")
        {
            return fixed("expected '{' to begin a region");
        }
        for what in [")", ":", "(", ">", ",", "]", "}", "{", "[", "<", "="] {
            if self.takes(what) {
                return format!("expected '{what}'");
            }
        }
        fixed("unexpected token")
    }
}

fn unknown_operation(builder: &Builder<'_, '_>, name: &str) -> String {
    let registry = builder.registry();
    let Some((dialect, _)) = name.split_once('.') else {
        let default = builder.default_dialect();
        return format!("custom op '{name}' is unknown (tried '{default}.{name}' as well)");
    };
    if registry.dialects().iter().any(|known| known.name == dialect) {
        let registered = registry.ops().iter().any(|info| info.name == name);
        return if registered {
            format!("custom op '{name}' has no custom assembly form")
        } else {
            format!("custom op '{name}' is unknown")
        };
    }
    format!("Dialect `{dialect}' not found for custom op '{name}'")
}
