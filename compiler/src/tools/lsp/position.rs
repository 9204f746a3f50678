//! Places in a text: bytes here, lines and UTF-16 units in the protocol.

use lsp_types::{Position, Range};
use tpuc_dialects::text::SourceFile;

/// The protocol's position of a byte. Bytes inside of a character count as its start.
pub fn position(file: &SourceFile, byte: usize) -> Position {
    let byte = byte.min(file.text.len());
    let (line, column) = file.line_column(byte as u32);
    let start = byte + 1 - column as usize;
    let units = file.text[start..]
        .char_indices()
        .take_while(|(offset, char)| start + offset + char.len_utf8() <= byte)
        .map(|(_, char)| char.len_utf16() as u32)
        .sum();
    Position::new(line - 1, units)
}

/// The protocol's range of some bytes.
pub fn range(file: &SourceFile, bytes: std::ops::Range<usize>) -> Range {
    Range::new(position(file, bytes.start), position(file, bytes.end))
}

/// The byte of a position; past the end of a line it is the line's end, `None` past the last line.
pub fn byte(file: &SourceFile, position: Position) -> Option<usize> {
    let line = file.line_range(position.line.checked_add(1)?)?;
    let mut units = 0;
    for (offset, char) in file.text[line.clone()].char_indices() {
        if units >= position.character {
            return Some(line.start + offset);
        }
        units += char.len_utf16() as u32;
    }
    Some(line.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tpuc_dialects::text::SourceMap;

    #[test]
    fn bytes_and_positions_agree() {
        let mut sources = SourceMap::new();
        let id = sources.add("x", "ab\nä😀c\n");
        let file = sources.file(id);
        for (at, line, character) in [
            (0, 0, 0),
            (2, 0, 2),
            (3, 1, 0),
            (5, 1, 1),
            (9, 1, 3),
            (10, 1, 4),
            (11, 2, 0),
        ] {
            assert_eq!(position(file, at), Position::new(line, character), "byte {at}");
            assert_eq!(byte(file, Position::new(line, character)), Some(at));
        }
        assert_eq!(byte(file, Position::new(0, 99)), Some(2));
        assert_eq!(byte(file, Position::new(9, 0)), None);
        // A byte inside of a character, and one past the end.
        assert_eq!(position(file, 7), Position::new(1, 1));
        assert_eq!(position(file, 99), Position::new(2, 0));
    }
}
