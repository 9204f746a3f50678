//! After a syntax error reading goes on at the next operation: where that begins, and which names were lost on the way.

use super::lexer::Token;
use logos::Logos;

/// What a bracket that is open belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `(`, `[`, or `{` in the middle of a line.
    Inline,
    /// `{` at the end of a line: a region.
    Region,
}

/// Where an operation, a block or the end of the region begins after the operation at `statement`, in which an error was
/// found at `error`: at the start of a line, outside of regions that the operation opened. Brackets that are still open
/// on a line are forgiven. Never before `error`, and behind `statement`.
pub fn next_statement(source: &str, statement: usize, error: usize) -> usize {
    let statement = statement.min(error);
    let mut open: Vec<Open> = Vec::new();
    let mut regions = 0_usize;
    let mut lexer = Token::lexer(&source[statement..]);
    while let Some(token) = lexer.next() {
        let start = statement + lexer.span().start;
        let end = statement + lexer.span().end;
        let Ok(token) = token else { continue };
        if start >= error && start > statement && regions == 0 && begins_line(source, start) {
            let brace = token == Token::BraceClose && open.is_empty();
            let word = matches!(token, Token::Identifier(_)) && open.is_empty();
            if brace || word || begins_statement(token, &source[end..]) {
                return start;
            }
        }
        match token {
            Token::ParenOpen | Token::BracketOpen => open.push(Open::Inline),
            Token::BraceOpen if ends_line(source, end) => {
                open.push(Open::Region);
                regions += 1;
            }
            Token::BraceOpen => open.push(Open::Inline),
            Token::ParenClose | Token::BracketClose if open.last() == Some(&Open::Inline) => {
                open.pop();
            }
            // Whatever was left open inside of the region ends with it.
            Token::BraceClose if regions > 0 && begins_line(source, start) => {
                while open.pop().is_some_and(|kind| kind != Open::Region) {}
                regions -= 1;
            }
            Token::BraceClose if open.last() == Some(&Open::Inline) => {
                open.pop();
            }
            _ => {}
        }
    }
    source.len()
}

/// Names of values in a piece of text, without result numbers.
pub fn value_names(piece: &str) -> impl Iterator<Item = &str> {
    Token::lexer(piece).filter_map(|token| match token {
        Ok(Token::Value(text)) => Some(text.split('#').next().unwrap_or(text)),
        _ => None,
    })
}

fn begins_statement(token: Token<'_>, rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    match token {
        Token::Value(_) => rest.starts_with(['=', ':', ',']),
        Token::String(_) => rest.starts_with('('),
        Token::Module | Token::Func | Token::Call | Token::Return(_) | Token::BlockName(_) => true,
        _ => false,
    }
}

fn begins_line(source: &str, at: usize) -> bool {
    let before = source[..at].trim_end_matches([' ', '\t', '\r']);
    before.is_empty() || before.ends_with('\n')
}

fn ends_line(source: &str, at: usize) -> bool {
    let after = source[at..].trim_start_matches([' ', '\t', '\r']);
    after.is_empty() || after.starts_with('\n') || after.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::next_statement;

    #[test]
    fn statements_after_errors() {
        for (text, error, next) in [
            ("\"a\"( : ()\n\"b\"() : () -> ()", "( :", "\"b\""),
            ("\"a\"() {x = \n%0 = \"b\"", "\n%", "%0"),
            ("\"a\"(1) ({\n  \"b\"()\n}) : ()\nreturn", "1", "return"),
            ("\"a\"(1) {x = {}}\n}\n", "1", "}\n"),
            ("foo\nbar\n^bb1:\n", "foo", "bar"),
            ("foo\n3\n^bb1:\n", "foo", "^bb1"),
        ] {
            let at = |piece: &str| text.find(piece).expect(piece);
            let found = next_statement(text, 0, at(error));
            assert_eq!(&text[found..], &text[text.rfind(next).expect(next)..], "{text}");
        }
    }
}
