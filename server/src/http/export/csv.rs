//! Comma-separated values (RFC 4180), as spreadsheets open them: in UTF-8 and saying so, and with nothing in it that a
//! spreadsheet takes for a formula.

use super::cells::Cell;

/// Tells Excel that what follows is UTF-8.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Adds a row.
pub(super) fn row<'a>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = Cell<'a>>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        match cell {
            Cell::Nothing => {}
            Cell::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Cell::Moment(at) => out.extend_from_slice(at.whole_second().to_rfc3339().as_bytes()),
            Cell::Text(text) => add_text(out, &text),
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Adds the titles, which are ours.
pub(super) fn titles(out: &mut Vec<u8>, titles: &[&'static str]) {
    out.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
    row(out, titles.iter().map(|title| Cell::from(*title)));
}

fn add_text(out: &mut Vec<u8>, text: &str) {
    let (harmless, quoted) = (defused(text), needs_quotes(text));
    if !quoted && !harmless {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    if harmless {
        out.push(b'\'');
    }
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(byte);
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Whether a text is to be given an apostrophe in front, after which every spreadsheet takes it for words: whatever begins
/// with a sign that begins a formula somewhere, also behind blank space, which some programs cut.
fn defused(text: &str) -> bool {
    let blank = |c: char| c == ' ' || c == '\u{a0}' || c == '\u{feff}' || c == '\n';
    text.trim_start_matches(blank).starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

fn needs_quotes(text: &str) -> bool {
    // Some programs take a semicolon for the comma.
    text.contains(['"', ',', ';', '\n', '\r', '\t']) || text.starts_with(' ') || text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(texts: &[&str]) -> String {
        let mut out = Vec::new();
        row(&mut out, texts.iter().map(|text| Cell::from(*text)));
        String::from_utf8(out).unwrap()
    }

    /// The cells of the rows of a file, by the rules of RFC 4180.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted && letters.peek() == Some(&'\n') => {
                    letters.next();
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                letter => cell.push(letter),
            }
        }
        rows
    }

    #[test]
    fn what_would_be_a_formula_is_words() {
        for (text, cell) in [
            ("=1+1", "\"'=1+1\""),
            ("+31 20 123", "\"'+31 20 123\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("  =1", "\"'  =1\""),
            ("\n=1", "\"'\n=1\""),
            ("＝1", "\"'＝1\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("Why?", "Why?"),
            ("a=b", "a=b"),
            ("", ""),
            ("say \"no\", please", "\"say \"\"no\"\", please\""),
        ] {
            assert_eq!(written(&[text]), format!("{cell}\r\n"), "{text:?}");
        }
    }

    #[test]
    fn a_number_is_a_number_also_below_zero() {
        let mut out = Vec::new();
        row(&mut out, [Cell::Number(-3), Cell::Nothing, Cell::Number(74)]);
        assert_eq!(out, b"-3,,74\r\n");
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back_and_begins_no_formula(texts in proptest::collection::vec("(?s).*", 1..5)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let rows = read(&written(&texts));
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(rows[0].len(), texts.len());
            for (cell, text) in rows[0].iter().zip(&texts) {
                prop_assert!(cell == text || cell.strip_prefix('\'') == Some(text), "{:?} of {:?}", cell, text);
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{:?}", cell);
            }
        }
    }
}
