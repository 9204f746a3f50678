//! String literals: escapes, and bytes that are not UTF-8.

/// Interned text is UTF-8; a byte of a literal that is not (`"\FF"`) is kept as this private character plus the byte.
const RAW_BYTE: u32 = 0x10_fe00;

/// The text of a literal, given without its quotes.
pub fn unescape(literal: &str) -> String {
    if !literal.contains('\\') {
        return literal.to_owned();
    }
    let mut bytes = Vec::with_capacity(literal.len());
    let mut rest = literal.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        if *byte != b'\\' {
            bytes.push(*byte);
            rest = tail;
            continue;
        }
        let digit = |index: usize| tail.get(index).and_then(|byte| char::from(*byte).to_digit(16));
        match (tail.first(), digit(0), digit(1)) {
            (_, Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            (Some(escaped), ..) => {
                bytes.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    other => *other,
                });
                rest = &tail[1..];
            }
            (None, ..) => rest = tail,
        }
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(
            chunk
                .invalid()
                .iter()
                .filter_map(|byte| char::from_u32(RAW_BYTE + u32::from(*byte))),
        );
    }
    text
}

/// The first backslash in a literal that begins no escape.
pub fn bad_escape(literal: &[u8]) -> Option<usize> {
    let mut index = 0;
    while index < literal.len() {
        if literal[index] != b'\\' {
            index += 1;
            continue;
        }
        match literal.get(index + 1..index + 3) {
            Some([high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => index += 3,
            Some([b'"' | b'\\' | b'n' | b't', _]) => index += 2,
            _ => return Some(index),
        }
    }
    None
}

/// Appends text with MLIR's escapes (no quotes): `\\`, and `\XX` for quotes and whatever is not printable ASCII.
pub fn escape(out: &mut String, text: &str) {
    let hexadecimal = |out: &mut String, byte: u8| {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        out.push('\\');
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    };
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            ' '..='~' if character != '"' => out.push(character),
            _ => {
                if let Some(byte) = (character as u32).checked_sub(RAW_BYTE)
                    && byte < 256
                {
                    hexadecimal(out, byte as u8);
                    continue;
                }
                let mut buffer = [0; 4];
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    hexadecimal(out, byte);
                }
            }
        }
    }
}

/// Whether a name can stand without quotes as an attribute's name.
pub fn is_bare_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte))
}

/// Whether a name can stand without quotes after `@`.
pub fn is_bare_symbol(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_$.-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_round_trip() {
        for literal in ["plain", r"a\\b", r"\22", r"\0A", r"\E5\B0\8F", r"\FFx\C3"] {
            let mut out = String::new();
            escape(&mut out, &unescape(literal));
            assert_eq!(out, literal);
        }
        assert_eq!(unescape(r#"\"\n\t"#), "\"\n\t");
        assert_eq!(unescape(r"\E5\B0\8F"), "小");
    }
}
