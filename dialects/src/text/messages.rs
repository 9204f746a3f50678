//! Syntax errors in MLIR's wording. The grammar knows what it would have taken; what was read just before and the kind of
//! the operation tell which of MLIR's messages that is.

use super::build::{Builder, TextError};
use super::lexer::Token;
use super::tokens::Tokens;
use lalrpop_util::ParseError;

/// Where an error is shown.
enum At {
    /// At the token; behind the token before it where that ends the line, as MLIR does.
    Token,
    /// At the token, wherever it stands.
    Exactly,
}

/// Adds a syntax error.
pub fn describe<'s>(
    builder: &mut Builder<'_, 's>,
    error: &ParseError<usize, Token<'s>, TextError>,
    tokens: &Tokens<'s, '_>,
    text: &str,
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
    let wanted = Wanted { expected };
    let before = previous.map(|(_, token, _)| token);
    let token = found.map(|(_, token, _)| token);
    let (message, at) = message(
        builder,
        &wanted,
        before,
        token,
        text,
        found.map(|(start, ..)| start),
    );
    let (mut start, mut end) = found.map_or((text.len(), text.len()), |(start, _, end)| (start, end));
    if matches!(at, At::Token)
        && let Some((_, _, previous_end)) = previous
        && (found.is_none() || text[previous_end..start].contains('\n'))
    {
        (start, end) = (previous_end, previous_end);
    }
    // These are about the token after the one that does not fit.
    let fits_badly = matches!(
        (message.as_str(), token),
        ("expected '<' in tensor type", _) | ("expected 'x' in dimension list", Some(Token::Integer(_)))
    );
    if fits_badly && let Some((_, _, after)) = found {
        let blanks = text[after..].len() - text[after..].trim_start_matches([' ', '\t']).len();
        let next = if text[after + blanks..].starts_with('\n') {
            after
        } else {
            after + blanks
        };
        (start, end) = (next, next);
    }
    builder.error(start, end, message);
}

/// What the grammar would have taken.
struct Wanted<'e> {
    expected: &'e [String],
}

impl Wanted<'_> {
    /// A terminal by its name in the grammar.
    fn has(&self, name: &str) -> bool {
        self.expected.iter().any(|item| item == name)
    }

    /// A terminal that is written in quotes there.
    fn takes(&self, text: &str) -> bool {
        self.expected
            .iter()
            .any(|item| item.len() == text.len() + 2 && &item[1..item.len() - 1] == text)
    }

    fn only(&self, text: &str) -> bool {
        self.takes(text) && self.expected.len() == 1
    }
}

fn message<'s>(
    builder: &Builder<'_, 's>,
    wanted: &Wanted<'_>,
    before: Option<Token<'s>>,
    found: Option<Token<'s>>,
    text: &str,
    start: Option<usize>,
) -> (String, At) {
    let plain = |message: &str| (message.to_owned(), At::Token);
    let quoted = |what: &str| (format!("expected '{what}'"), At::Token);
    let operation = builder.current_operation().unwrap_or_default();
    let generic = !matches!(
        operation,
        "" | "builtin.module" | "func.func" | "func.call" | "func.return"
    );
    let attribute = wanted.takes("dense") && wanted.has("SYMBOL");
    let name = wanted.has("IDENTIFIER") && wanted.takes("attributes");
    // Names of attributes.
    if name && wanted.has("STRING") {
        return plain("expected attribute name");
    }
    if name || matches!(before, Some(Token::TpuEnum)) {
        return plain("expected valid keyword");
    }
    // The start of an operation.
    if wanted.takes("module") && wanted.takes("func.func") {
        let unquoted = start
            .zip(found)
            .and_then(|(start, token)| custom_name(token, &text[start..]));
        return match unquoted {
            Some(name) => (unknown_operation(builder, name), At::Exactly),
            None if matches!(found, Some(Token::OpaqueAttribute(_))) && builder.at_top() => {
                plain("attribute names with a '.' are reserved for dialect-defined names")
            }
            None if matches!(found, Some(Token::OpaqueType(_))) && builder.at_top() => {
                plain("type names with a '.' are reserved for dialect-defined names")
            }
            None => plain("expected operation name in quotes"),
        };
    }
    // Attributes and types.
    if attribute {
        return plain("expected attribute value");
    }
    if wanted.has("VALUE") && wanted.has("TENSOR") && operation == "func.func" {
        return plain(if word(found) == Some("tensor") {
            "expected '<' in tensor type"
        } else {
            "expected non-function type"
        });
    }
    if wanted.has("TENSOR") {
        return match (before, found) {
            (Some(Token::Tensor(_)), Some(Token::Integer(_))) => plain("expected 'x' in dimension list"),
            (_, Some(Token::Identifier("tensor"))) => plain("expected '<' in tensor type"),
            (Some(Token::Array), _) => plain("expected '<' after 'array'"),
            _ => plain("expected non-function type"),
        };
    }
    // One kind of token.
    if wanted.has("VALUE") {
        return if wanted.takes(")") && generic {
            plain("expected ')' to end operand list")
        } else if wanted.takes(")") && operation == "func.call" {
            quoted(")")
        } else if operation.is_empty() && !in_block_header(before) {
            plain("expected valid ssa identifier")
        } else {
            plain("expected SSA operand")
        };
    }
    if wanted.has("INTEGER") || wanted.has("FLOAT") {
        return number(wanted, before, found, operation);
    }
    if wanted.has("SYMBOL") && wanted.expected.len() <= 4 {
        return match operation {
            "func.func" => (
                "custom op 'func.func' expected valid '@'-identifier for symbol name".to_owned(),
                At::Exactly,
            ),
            "func.call" => plain("expected attribute value"),
            "builtin.module" => plain("expected '{' to begin a region"),
            _ => plain("expected nested symbol reference identifier"),
        };
    }
    if wanted.takes("unknown") && wanted.takes("fused") {
        return plain("expected location instance");
    }
    punctuation(wanted, before, found, operation, generic)
}

/// A message about a missing number.
fn number(
    wanted: &Wanted<'_>,
    before: Option<Token<'_>>,
    found: Option<Token<'_>>,
    operation: &str,
) -> (String, At) {
    let plain = |message: &str| (message.to_owned(), At::Token);
    let decimal = matches!(found, Some(Token::Integer(_)));
    if wanted.takes("true") && wanted.has("FLOAT") {
        return match before {
            Some(Token::Less | Token::BracketOpen | Token::Comma)
                if wanted.takes("[") || wanted.takes("]") =>
            {
                plain("expected element literal of primitive type")
            }
            Some(Token::Less) => plain("expected element literal of primitive type"),
            _ => plain("expected integer literal"),
        };
    }
    if wanted.has("FLOAT") && decimal {
        return plain("unexpected decimal integer literal for a floating point value");
    }
    if wanted.has("FLOAT") {
        return plain("expected floating point literal");
    }
    match before {
        Some(Token::Colon) if operation.is_empty() => plain("expected integer number of results"),
        _ => plain("expected integer value"),
    }
}

/// A message about a missing bracket, comma or the like.
fn punctuation(
    wanted: &Wanted<'_>,
    before: Option<Token<'_>>,
    found: Option<Token<'_>>,
    operation: &str,
    generic: bool,
) -> (String, At) {
    let plain = |message: &str| (message.to_owned(), At::Token);
    let quoted = |what: &str| (format!("expected '{what}'"), At::Token);
    let is_type = matches!(
        found,
        Some(
            Token::KnownType(_)
                | Token::Tensor(_)
                | Token::IntegerType(_)
                | Token::FloatType(_)
                | Token::None
                | Token::Index
        )
    );
    if wanted.takes("=") && wanted.takes("}") || wanted.takes("}") && wanted.takes(",") {
        return plain("expected '}' in attribute dictionary");
    }
    if wanted.takes("]") && wanted.takes(",") {
        return plain("expected ',' or ']'");
    }
    if wanted.takes("=") {
        return match before {
            Some(Token::AttributeAlias(_)) => plain("expected '=' in attribute alias definition"),
            Some(Token::TypeAlias(_)) => plain("expected '=' in type alias definition"),
            Some(Token::Value(_) | Token::Integer(_)) => plain("expected '=' after SSA name"),
            _ => quoted("="),
        };
    }
    if wanted.takes("->") {
        return plain("expected '->' in function type");
    }
    if wanted.takes(":") && generic && wanted.takes("{") {
        return plain("expected ':' followed by operation type");
    }
    if wanted.takes("(") && generic && matches!(before, Some(Token::String(_))) {
        return plain("expected '(' to start operand list");
    }
    if wanted.takes("(") && matches!(before, Some(Token::Colon)) {
        return match (is_type, operation) {
            (true, "func.call") => plain("custom op 'func.call' invalid kind of type specified"),
            (true, _) => plain("expected function type"),
            (false, _) => plain("expected non-function type"),
        };
    }
    if wanted.takes("(") && matches!(before, Some(Token::Loc)) {
        return plain("expected '(' in location");
    }
    if wanted.takes(":") && matches!(before, Some(Token::BlockName(_))) {
        return plain("expected ':' after block name");
    }
    if wanted.only(":") && matches!(before, Some(Token::Value(_))) && operation.is_empty() {
        return plain("expected ':' and type for SSA operand");
    }
    if wanted.takes("{") && matches!(before, Some(Token::Attributes)) {
        return plain("expected '{' in attribute dictionary");
    }
    if wanted.takes("{") && (operation == "builtin.module" || generic) {
        return plain("expected '{' to begin a region");
    }
    if wanted.takes("at") {
        return plain("expected 'at' in callsite location");
    }
    if wanted.takes("[") && matches!(before, Some(Token::Fused | Token::Greater)) {
        return plain("expected '[' in fused location");
    }
    if wanted.takes(")") && generic {
        return match before {
            Some(Token::Value(_)) => plain("expected ')' to end operand list"),
            Some(Token::BraceClose) => plain("expected ')' to end region list"),
            _ => quoted(")"),
        };
    }
    if wanted.takes("<") {
        return match before {
            Some(Token::Dense) => plain("expected '<' after 'dense'"),
            Some(Token::Array) => plain("expected '<' after 'array'"),
            _ => quoted("<"),
        };
    }
    for what in [")", ":", "(", ">", ",", "]", "}", "{", "["] {
        if wanted.takes(what) {
            return quoted(what);
        }
    }
    plain("unexpected token")
}

fn in_block_header(before: Option<Token<'_>>) -> bool {
    matches!(before, Some(Token::ParenOpen | Token::Comma))
}

fn word(found: Option<Token<'_>>) -> Option<&str> {
    match found {
        Some(Token::Identifier(name)) => Some(name),
        _ => None,
    }
}

/// The name of an operation that is written without quotes.
fn custom_name<'t>(token: Token<'_>, rest: &'t str) -> Option<&'t str> {
    let length = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(byte))
        .count();
    let word = matches!(rest.as_bytes().first(), Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_');
    (word && !matches!(token, Token::String(_))).then(|| &rest[..length])
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
    format!("Dialect `{dialect}' not found for custom op '{name}' ")
}
