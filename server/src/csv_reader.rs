//! Tables that people made in other programs, as CSV (RFC 4180) and what passes for it.

use pulsestage::ports::CsvReader;

/// Reads CSV with commas, semicolons or tabs between its cells, whichever its first line has most of.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvTables;

impl CsvReader for CsvTables {
    fn rows(&self, text: &str, most: usize) -> Vec<(u64, Vec<String>)> {
        let text = text.trim_start_matches('\u{FEFF}');
        // Flexible: how many cells a row should have is for whoever reads it to say.
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(text))
            .from_reader(text.as_bytes());
        let rows = reader.records().take(most).filter_map(Result::ok).map(|record| {
            (
                record.position().map_or(0, |position| line_of(text, position)),
                record.iter().map(ToOwned::to_owned).collect(),
            )
        });
        rows.collect()
    }
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
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| first.bytes().filter(|byte| *byte == delimiter).count();
    // The last of equals wins: a comma where there is none of them.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
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
        ] {
            assert_eq!(cells(text), expected, "{text}");
        }
        let lines: Vec<u64> = rows("name,email\n\"two\nlines\",a@b\n\nlast,c@d").into_iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 2, 5]);
    }

    #[test]
    fn what_is_broken_ends_somewhere() {
        assert_eq!(cells("").len(), 0);
        assert_eq!(cells("name,email\n\"never closed,a@b\nc,d").len(), 2);
        assert_eq!(cells("a\nb,c\nd,e,f").len(), 3);
        assert_eq!(CsvTables.rows(&"a,b\n".repeat(10_000), 5).len(), 5);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = rows(&text);
        }
    }
}
