//! A spreadsheet (Office Open XML, ECMA-376) with one sheet, written row by row. Every text is an inline string, which no
//! program takes for a formula.

use std::fmt::Write;

use super::Broken;
use super::cells::Cell;
use super::zip::Zip;
use pulsestage::time::{DAY_MS, Timestamp};

/// The most rows of a sheet.
const MAX_ROWS: u32 = 1_048_576;
/// The longest text of a cell, in UTF-16 units.
const MAX_TEXT: usize = 32_767;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
/// The small files that make a sheet a spreadsheet.
const FRAME: [(&str, &str); 5] = [
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Questions" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
    ),
    // The second format of cells, number 1, is that of moments.
    (
        "xl/styles.xml",
        r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>"#,
    ),
];
/// The sheet up to its columns; the titles stay in sight.
const SHEET: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>"#;
/// How wide a column is in which moments can be read, in characters.
const MOMENT_WIDTH: u32 = 20;
/// The day from which spreadsheets count is so many days before 1970-01-01 (ECMA-376, part 1, 18.17.4.1).
const DAYS_TO_1970: i64 = 25_569;
/// The first day that all programs count alike, 1900-03-01: some take 1900 for a leap year.
const FIRST_DAY: i64 = 61;

/// A spreadsheet on its way.
#[derive(Default)]
pub(super) struct Xlsx {
    zip: Zip,
    rows: u32,
}

impl Xlsx {
    /// Begins it with its titles.
    pub(super) fn begin(&mut self, out: &mut Vec<u8>, titles: &[&'static str]) -> Result<(), Broken> {
        for (name, content) in FRAME {
            self.zip.begin(out, name)?;
            self.zip.add(out, HEAD.as_bytes())?;
            self.zip.add(out, content.as_bytes())?;
            self.zip.end(out)?;
        }
        self.zip.begin(out, "xl/worksheets/sheet1.xml")?;
        self.zip.add(out, HEAD.as_bytes())?;
        self.zip.add(out, SHEET.as_bytes())?;
        let mut columns = String::new();
        for (place, title) in (1..).zip(titles) {
            if title.ends_with("_at") {
                let _ = write!(columns, r#"<col min="{place}" max="{place}" width="{MOMENT_WIDTH}" customWidth="1"/>"#);
            }
        }
        columns.push_str("</cols><sheetData>");
        self.zip.add(out, columns.as_bytes())?;
        self.row(out, titles.iter().map(|title| Cell::from(*title)))
    }

    /// Adds a row.
    pub(super) fn row<'a>(
        &mut self,
        out: &mut Vec<u8>,
        cells: impl IntoIterator<Item = Cell<'a>>,
    ) -> Result<(), Broken> {
        self.rows += 1;
        if self.rows > MAX_ROWS {
            return Err(Broken::TooMuch);
        }
        let mut xml = String::from("<row>");
        for cell in cells {
            match cell {
                Cell::Nothing => xml.push_str("<c/>"),
                // A string takes whatever is written to it.
                Cell::Number(number) => drop(write!(xml, "<c><v>{number}</v></c>")),
                Cell::Moment(at) => add_moment(&mut xml, at),
                Cell::Text(text) => {
                    xml.push_str(r#"<c t="inlineStr"><is><t xml:space="preserve">"#);
                    add_text(&mut xml, &text);
                    xml.push_str("</t></is></c>");
                }
            }
        }
        xml.push_str("</row>");
        self.zip.add(out, xml.as_bytes())
    }

    /// Ends it.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        self.zip.add(out, b"</sheetData></worksheet>")?;
        self.zip.end(out)?;
        self.zip.finish(out)
    }
}

/// Adds a moment as spreadsheets count: days, and parts of them.
fn add_moment(xml: &mut String, at: Timestamp) {
    let day = at.0.div_euclid(DAY_MS) + DAYS_TO_1970;
    let seconds = at.0.rem_euclid(DAY_MS) / 1_000;
    let part = seconds as f64 / (DAY_MS / 1_000) as f64;
    // A string takes whatever is written to it.
    let _ = match day {
        FIRST_DAY.. => write!(xml, r#"<c s="1"><v>{}</v></c>"#, day as f64 + part),
        _ => write!(xml, r#"<c t="inlineStr"><is><t>{}</t></is></c>"#, at.whole_second()),
    };
}

/// Adds a text with what XML and spreadsheets take for signs made harmless, and what XML cannot say left out.
fn add_text(xml: &mut String, text: &str) {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        units += letter.len_utf16();
        if units > MAX_TEXT {
            return;
        }
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\r' => xml.push_str("&#13;"),
            '_' if is_escape(&text[at..]) => xml.push_str("_x005F_"),
            '\t' | '\n' => xml.push(letter),
            letter if letter < ' ' || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => xml.push(letter),
        }
    }
}

/// Whether a text begins with what spreadsheets read as a character by its number, such as `_x0041_`.
fn is_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7 && bytes[1] == b'x' && bytes[2..6].iter().all(u8::is_ascii_hexdigit) && bytes[6] == b'_'
}

#[cfg(test)]
mod tests {
    use super::super::zip::tests::unzip;
    use super::*;
    use proptest::prelude::*;

    fn sheet(rows: &[&[Cell<'_>]]) -> String {
        let (mut xlsx, mut out) = (Xlsx::default(), Vec::new());
        xlsx.begin(&mut out, &["a", "b"]).unwrap();
        for row in rows {
            xlsx.row(&mut out, row.iter().cloned()).unwrap();
        }
        xlsx.end(&mut out).unwrap();
        let files = unzip(&out);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..FRAME.len()], FRAME.map(|(name, _)| name));
        String::from_utf8(files[FRAME.len()].1.clone()).unwrap()
    }

    #[test]
    fn a_sheet_has_its_titles_and_rows_and_no_formula() {
        let sheet =
            sheet(&[&["=1+1".into(), Cell::Number(74)], &[Cell::Nothing, "a & <b>\u{0}\u{8} é _x0041_".into()]]);
        assert!(sheet.ends_with(concat!(
            r#"<row><c t="inlineStr"><is><t xml:space="preserve">a</t></is></c>"#,
            r#"<c t="inlineStr"><is><t xml:space="preserve">b</t></is></c></row>"#,
            r#"<row><c t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c><c><v>74</v></c></row>"#,
            r#"<row><c/><c t="inlineStr"><is><t xml:space="preserve">a &amp; &lt;b&gt; é _x005F_x0041_</t></is></c></row>"#,
            "</sheetData></worksheet>"
        )));
        assert!(!sheet.contains("<f>"));
    }

    #[test]
    fn a_moment_is_a_number_of_days_in_the_format_of_moments() {
        for (ms, cell) in [
            (0, r#"<c s="1"><v>25569</v></c>"#),
            (43_200_999, r#"<c s="1"><v>25569.5</v></c>"#),
            (1_759_919_400_123, r#"<c s="1"><v>45938.4375</v></c>"#),
            (-2_203_891_200_000, r#"<c s="1"><v>61</v></c>"#),
            (-2_203_891_200_001, r#"<c t="inlineStr"><is><t>1900-02-28T23:59:59Z</t></is></c>"#),
        ] {
            let mut xml = String::new();
            add_moment(&mut xml, Timestamp(ms));
            assert_eq!(xml, cell, "{ms}");
        }
    }

    /// Each part that the package names is in it, and each element is closed under the name it was opened with.
    #[test]
    fn the_package_is_whole() {
        for (name, content) in FRAME {
            let mut open: Vec<&str> = Vec::new();
            for tag in content.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0) {
                let element = tag.split(' ').next().unwrap();
                match element.strip_prefix('/') {
                    Some(closed) => assert_eq!(open.pop(), Some(closed), "{name}"),
                    None if tag.ends_with('/') => {}
                    None => open.push(element),
                }
            }
            assert_eq!(open, [""; 0], "{name}");
        }
        let file = |wanted: &str| FRAME.iter().find(|(name, _)| *name == wanted).unwrap().1;
        assert!(
            file("xl/workbook.xml").contains(r#"<sheets><sheet name="Questions" sheetId="1" r:id="rId1"/></sheets>"#)
        );
        assert!(file("xl/styles.xml").contains(r#"formatCode="yyyy\-mm\-dd\ hh:mm:ss""#));
        let parts =
            file("[Content_Types].xml").split("PartName=\"/").skip(1).map(|rest| rest.split('"').next().unwrap());
        for part in parts {
            let is_there = part == "xl/worksheets/sheet1.xml" || FRAME.iter().any(|(name, _)| *name == part);
            assert!(is_there, "{part}");
            assert!(
                part == "xl/workbook.xml" || file("xl/_rels/workbook.xml.rels").contains(&part["xl/".len()..]),
                "{part}"
            );
        }
    }

    #[test]
    fn a_text_is_cut_where_a_cell_is_full() {
        let mut xml = String::new();
        add_text(&mut xml, &"😀".repeat(20_000));
        assert_eq!(xml.chars().count(), MAX_TEXT / 2);
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_cell(text in "(?s).*") {
            let mut xml = String::new();
            add_text(&mut xml, &text);
            let harmless = !xml.contains(['<', '>', '\u{0}', '\u{b}', '\u{ffff}']);
            prop_assert!(harmless, "{xml:?}");
        }
    }
}
