//! Tables that people made in other programs, as CSV (RFC 4180) and what passes for it.

use encoding_rs::{Encoding, WINDOWS_1252};
use pulsestage::ports::CsvReader;

/// The encoding that a table is taken to be in that is neither UTF-8 nor says what it is: what spreadsheets in the west of
/// Europe and in America write.
pub const GUESSED: &str = "Windows-1252";

/// The text of a table, and whether its encoding was guessed. What begins with a byte order mark is what that says: UTF-8 or
/// UTF-16 of either order. Nothing when it is none of these and has bytes that the guess has no letters for.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<(String, bool)> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes.get(length..)?)?;
        return Some((text.into_owned(), false));
    }
    if let Ok(text) = str::from_utf8(bytes) {
        return Some((text.to_owned(), false));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let is_text = text.chars().all(|sign| !sign.is_control() || matches!(sign, '\t' | '\r' | '\n'));
    is_text.then(|| (text.into_owned(), true))
}

/// Reads CSV with commas, semicolons or tabs between its cells, whichever its first line has most of, or what a line such as
/// `sep=;` says. Rows without anything in them are passed over.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvTables;

impl CsvReader for CsvTables {
    fn rows(&self, text: &str, most: usize) -> Vec<(u64, Vec<String>)> {
        // Lines are counted by one kind of line end.
        let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n").replace('\r', "\n");
        let start = text.len() - text.trim_start_matches(['\n', ' ']).len();
        let first = text[start..].lines().next().unwrap_or_default();
        let named = named_delimiter(first);
        // An empty line in its place, so that lines keep their numbers.
        let (delimiter, text) = match named {
            Some(delimiter) => (delimiter, format!("{}{}", &text[..start], &text[start + first.len()..])),
            None => (delimiter(first), text),
        };
        // Flexible: how many cells a row should have is for whoever reads it to say.
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let rows = reader.records().filter_map(Result::ok).map(|record| {
            (
                record.position().map_or(0, |position| line_of(&text, position)),
                record.iter().map(unquoted).collect::<Vec<String>>(),
            )
        });
        rows.filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty())).take(most).collect()
    }
}

/// A cell; without its quotes where blanks stand around them.
fn unquoted(cell: &str) -> String {
    let inside = cell.trim().strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    inside.map_or_else(|| cell.to_owned(), |inside| inside.replace("\"\"", "\""))
}

/// What a first line says that is there for Excel alone: `sep=;`.
fn named_delimiter(line: &str) -> Option<u8> {
    let line = line.trim_matches([' ', '"']);
    let (word, rest) = line.split_at_checked(4)?;
    let delimiter = *rest.as_bytes().first()?;
    let is_one = word.eq_ignore_ascii_case("sep=") && rest.bytes().all(|byte| byte == delimiter);
    (is_one && b"\t;,|".contains(&delimiter)).then_some(delimiter)
}

/// The line a record begins on. The reader's own position is before the empty lines that it passes over.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let ahead = text.as_bytes().get(from..).unwrap_or_default();
    let ends = ahead.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let empty = ends.filter(|byte| **byte == b'\n').count();
    position.line().saturating_add(empty as u64)
}

/// Spreadsheets write what their country writes.
fn delimiter(first: &str) -> u8 {
    // What stands between quotes parts nothing.
    let outside: Vec<&str> = first.split('"').step_by(2).collect();
    let count = |delimiter: u8| outside.iter().flat_map(|part| part.bytes()).filter(|byte| *byte == delimiter).count();
    // The last of equals wins: a comma where there is none of them.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        CsvTables.rows(text, 100)
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        rows(text).into_iter().map(|(_, cells)| cells).collect()
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let expected =
            vec![vec!["name".to_owned(), "email".to_owned()], vec!["Ann, \"A\"".to_owned(), "a@b".to_owned()]];
        for text in [
            "name,email\n\"Ann, \"\"A\"\"\",a@b\n",
            "\u{FEFF}name,email\r\n\"Ann, \"\"A\"\"\",a@b\r\n\r\n",
            "name;email\r\n\"Ann, \"\"A\"\"\";a@b",
            "name\temail\n\"Ann, \"\"A\"\"\"\ta@b",
            "name;email\r\"Ann, \"\"A\"\"\";a@b\r",
            "sep=;\r\nname;email\r\n\"Ann, \"\"A\"\"\";a@b\r\n",
            "\u{FEFF}\"SEP=;\"\nname;email\nAnn, \"A\";a@b",
            "\n\nsep=\t\nname\temail\n\"Ann, \"\"A\"\"\"\ta@b",
            ";\r\n;;;\r\nname;email\r\n ; \r\n\"Ann, \"\"A\"\"\";a@b\r\n;\r\n;;\r\n\"\";\"\"",
            "name, \"email\" \n\"Ann, \"\"A\"\"\", \"a@b\"",
            "\"name\";\"email\"\n\"Ann, \"\"A\"\"\";\"a@b\"",
        ] {
            assert_eq!(cells(text), expected, "{text}");
        }
        let lines: Vec<u64> = rows("name,email\n\"two\nlines\",a@b\n\nlast,c@d").into_iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 2, 5]);
        for text in ["sep=;\r\nname;email\r\n;\r\nlast;c@d", "\r;\rname;email\r\rlast;c@d".trim_start_matches('\r')] {
            assert_eq!(rows(text).into_iter().map(|row| row.0).collect::<Vec<_>>(), [2, 4], "{text:?}");
        }
    }

    #[test]
    fn what_is_broken_ends_somewhere() {
        assert_eq!(cells("").len(), 0);
        assert_eq!(cells("name,email\n\"never closed,a@b\nc,d").len(), 2);
        assert_eq!(cells("a\nb,c\nd,e,f").len(), 3);
        assert_eq!(CsvTables.rows(&"a,b\n".repeat(10_000), 5).len(), 5);
    }

    #[test]
    fn a_table_is_read_in_the_encodings_of_spreadsheets() {
        let text = "name;email\r\nJörg Ærø “x”;j@b\r\n";
        let utf_16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let western: Vec<u8> = b"name;email\r\nJ\xF6rg \xC6r\xF8 \x93x\x94;j@b\r\n".to_vec();
        for (bytes, is_guessed) in [
            (text.as_bytes().to_vec(), false),
            ([&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat(), false),
            ([b"\xFF\xFE".to_vec(), utf_16(u16::to_le_bytes)].concat(), false),
            ([b"\xFE\xFF".to_vec(), utf_16(u16::to_be_bytes)].concat(), false),
            (western, true),
        ] {
            assert_eq!(decode(&bytes), Some((text.to_owned(), is_guessed)), "{bytes:x?}");
        }
        // Halves of letters, and bytes that stand for none.
        for bytes in [&b"\xFF\xFEa\0b"[..], b"\xFF\xFE\x00\xD8a\0", b"\xEF\xBB\xBF\xFF", b"a\x81b", b"n\0\xF6\0"] {
            assert_eq!(decode(bytes), None, "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some((text, _)) = decode(&bytes) {
                let _ = rows(&text);
            }
        }

        #[test]
        fn what_is_written_is_read_whatever_parts_it(
            table in prop::collection::vec(prop::collection::vec("[a-zé字\", ;\t|]{0,6}[a-z]", 2..5), 1..6),
            delimiter in prop::sample::select(b",;\t|".to_vec()),
            named in any::<bool>(),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let text = if named { format!("sep={}\r\n{text}", char::from(delimiter)) } else { text };
            let read = cells(&text);
            let bare = |cell: &String| unquoted(cell);
            prop_assert_eq!(read, table.iter().map(|row| row.iter().map(bare).collect::<Vec<_>>()).collect::<Vec<_>>());
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = rows(&text);
        }
    }
}
