//! Which parts of a file define aliases: they are read before everything else, since they may follow their uses.

use std::ops::Range;

/// Lines that begin with `#name =` or `!name =`, each to the end of the line on which its brackets are closed, with the
/// newline.
pub fn alias_definitions(text: &str) -> Vec<Range<usize>> {
    /// A definition that is not closed after so many lines is taken to end on its first.
    const MOST_LINES: usize = 200;
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let first_end = line_end(text, start);
        let mut next = first_end;
        if is_alias_definition(&text[start..first_end]) {
            let mut end = first_end;
            let mut depth = balance(&text[start..end]);
            for _ in 0..MOST_LINES {
                if depth <= 0 || end >= text.len() {
                    break;
                }
                let line = end;
                end = line_end(text, line);
                depth += balance(&text[line..end]);
            }
            next = if depth == 0 { end } else { first_end };
            found.push(start..next);
        }
        start = next;
    }
    found
}

/// The name and the text of a definition `#loc1 = loc("text")` that is written so, without escapes.
pub fn name_location(definition: &str) -> Option<(&str, &str)> {
    let digits = definition.strip_prefix("#loc")?;
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let text = digits[count..].strip_prefix(" = loc(\"")?.strip_suffix("\")\n")?;
    let plain = !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
    plain.then(|| (&definition[..4 + count], text))
}

fn is_alias_definition(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let Some(rest) = line.strip_prefix(['#', '!']) else {
        return false;
    };
    let name = |c: char| c.is_ascii_alphanumeric() || "_$-.".contains(c);
    let after = rest.trim_start_matches(name);
    after.len() < rest.len() && after.trim_start_matches([' ', '\t']).starts_with('=')
}

/// The byte after the line's newline.
pub fn line_end(text: &str, start: usize) -> usize {
    text.as_bytes()
        .get(start..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        .map_or(text.len(), |index| start + index + 1)
}

/// Opened minus closed brackets outside of strings.
fn balance(line: &str) -> i64 {
    let mut depth = 0_i64;
    let mut bytes = line.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'"' => loop {
                match bytes.next() {
                    None | Some(b'"') => break,
                    Some(b'\\') => {
                        bytes.next();
                    }
                    Some(_) => {}
                }
            },
            _ => {}
        }
    }
    depth
}

/// Ranges that touch become one.
pub fn joined(ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut list: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match list.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => list.push(range.clone()),
        }
    }
    list
}

/// What is left of `start..length` without the sorted holes.
pub fn complement(holes: &[Range<usize>], mut start: usize, length: usize) -> Vec<Range<usize>> {
    let mut kept = Vec::new();
    for hole in holes {
        if start < hole.start {
            kept.push(start..hole.start);
        }
        start = start.max(hole.end);
    }
    if start < length {
        kept.push(start..length);
    }
    kept
}
