//! The little of Markdown that answers may have: paragraphs, lists, bold, italics, code and links.
//!
//! What is read is a tree of plain words, and pages are drawn from it: no HTML is ever made of what somebody typed, so there
//! is nothing to be cleaned. Whatever is not understood stands there as it was typed. The marks are those of CommonMark
//! (<https://spec.commonmark.org/0.31.2/>).

/// A part of a text that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Lines of words.
    Paragraph(Vec<Span>),
    /// Lines that began with `-` or `*`.
    List(Vec<Vec<Span>>),
}

/// A run of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Words as they are; line breaks in them are meant.
    Plain(String),
    /// `**so**`
    Bold(String),
    /// `*so*`
    Italic(String),
    /// `` `so` ``
    Code(String),
    /// `[so](https://example.com)`, or an address by itself: its words, and where it leads, which is always `http(s)`.
    Link(String, String),
}

/// Reads a text.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    for line in text.lines() {
        let item = line.trim_start().strip_prefix("- ").or_else(|| line.trim_start().strip_prefix("* "));
        if item.is_some() || line.trim().is_empty() {
            end(&mut paragraph, &mut blocks);
        }
        match (item, blocks.last_mut()) {
            (Some(item), Some(Block::List(items))) => items.push(spans(item)),
            (Some(item), _) => blocks.push(Block::List(vec![spans(item)])),
            // A paragraph of nothing parts two lists.
            (None, Some(Block::List(_))) if line.trim().is_empty() => blocks.push(Block::Paragraph(Vec::new())),
            (None, _) if !line.trim().is_empty() => paragraph.push(line),
            (None, _) => {}
        }
    }
    end(&mut paragraph, &mut blocks);
    blocks.retain(|block| *block != Block::Paragraph(Vec::new()));
    blocks
}

fn end(paragraph: &mut Vec<&str>, blocks: &mut Vec<Block>) {
    if !paragraph.is_empty() {
        blocks.push(Block::Paragraph(spans(&std::mem::take(paragraph).join("\n"))));
    }
}

/// Reads one run of words after the other; marks do not stand in each other.
fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let (mut rest, mut plain) = (text, String::new());
    while let Some(first) = rest.chars().next() {
        let starts_word = !plain.chars().next_back().is_some_and(char::is_alphanumeric);
        if let Some((span, after)) = marked(rest, starts_word) {
            if !plain.is_empty() {
                spans.push(Span::Plain(std::mem::take(&mut plain)));
            }
            spans.push(span);
            rest = after;
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        spans.push(Span::Plain(plain));
    }
    spans
}

/// The mark with which a text begins, and what comes after it.
fn marked(text: &str, starts_word: bool) -> Option<(Span, &str)> {
    let between = |mark: &str| {
        let (inside, after) = text.strip_prefix(mark)?.split_once(mark)?;
        let is_tight = !inside.is_empty() && inside.trim() == inside && !inside.contains('\n');
        is_tight.then(|| (inside.to_owned(), after))
    };
    match text.as_bytes().first()? {
        b'`' => between("`").map(|(words, after)| (Span::Code(words), after)),
        b'*' => between("**")
            .map(|(words, after)| (Span::Bold(words), after))
            .or_else(|| between("*").map(|(words, after)| (Span::Italic(words), after))),
        b'[' => {
            let (words, after) = text.strip_prefix('[')?.split_once("](")?;
            let (address, after) = after.split_once(')')?;
            let is_good = !words.is_empty() && !words.contains(['[', ']', '\n']);
            (is_good && is_address(address)).then(|| (Span::Link(words.to_owned(), address.to_owned()), after))
        }
        b'h' if starts_word => {
            let length = text.find(|letter: char| letter.is_whitespace() || "<>\"`*()".contains(letter));
            let address = text[..length.unwrap_or(text.len())].trim_end_matches(['.', ',', ';', ':', '!', '?']);
            is_address(address).then(|| (Span::Link(address.to_owned(), address.to_owned()), &text[address.len()..]))
        }
        _ => None,
    }
}

/// An address of the web and no other: nothing that runs, nothing that reads.
fn is_address(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| host.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'`\\".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(words: &str) -> Span {
        Span::Plain(words.to_owned())
    }

    #[test]
    fn what_moderators_write_reads_as_they_mean_it() {
        let text = "We **do**, *soon*: see `plan`\nand [the page](https://example.com/a?b=c#d).\n\n- one\n* two\n\nhttps://example.com/x.";
        let link = |words: &str, to: &str| Span::Link(words.to_owned(), to.to_owned());
        assert_eq!(
            blocks(text),
            [
                Block::Paragraph(vec![
                    plain("We "),
                    Span::Bold("do".to_owned()),
                    plain(", "),
                    Span::Italic("soon".to_owned()),
                    plain(": see "),
                    Span::Code("plan".to_owned()),
                    plain("\nand "),
                    link("the page", "https://example.com/a?b=c#d"),
                    plain("."),
                ]),
                Block::List(vec![vec![plain("one")], vec![plain("two")]]),
                Block::Paragraph(vec![link("https://example.com/x", "https://example.com/x"), plain(".")]),
            ]
        );
    }

    #[test]
    fn what_is_no_mark_stands_there_as_it_was_typed() {
        for text in [
            "2 * 3 * 4",
            "**",
            "a ** b",
            "`",
            "[x](javascript:alert(1))",
            "[x](data:text/html,x)",
            "[x](https://)",
            "<b>bold</b>",
            "xhttps://example.com",
            "-no list",
        ] {
            assert_eq!(blocks(text), [Block::Paragraph(vec![plain(text)])], "{text}");
        }
        assert_eq!(blocks(" \n\n "), []);
        let cut = Span::Link("https://example.com/".to_owned(), "https://example.com/".to_owned());
        let expected = [Block::Paragraph(vec![plain("[x]("), cut, plain("\"onclick=x)")])];
        assert_eq!(blocks("[x](https://example.com/\"onclick=x)"), expected);
    }

    fn words(span: &Span) -> &str {
        match span {
            Span::Plain(words) | Span::Bold(words) | Span::Italic(words) | Span::Code(words) | Span::Link(words, _) => {
                words
            }
        }
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_link_leads_elsewhere(text in "[-a-c *`\\[\\]():/h\n<>\"é]{0,80}") {
            let blocks = blocks(&text);
            let spans: Vec<&Span> = blocks
                .iter()
                .flat_map(|block| match block {
                    Block::Paragraph(spans) => vec![spans],
                    Block::List(items) => items.iter().collect(),
                })
                .flatten()
                .collect();
            let kept: String = spans.iter().map(|span| words(span)).collect();
            let letters = |text: &str| text.chars().filter(|letter| matches!(letter, 'a'..='c' | 'é')).collect::<String>();
            let linked = spans.iter().any(|span| matches!(span, Span::Link(..)));
            prop_assert!(linked || letters(&kept) == letters(&text));
            for span in spans {
                if let Span::Link(_, to) = span {
                    prop_assert!(to.starts_with("https://") || to.starts_with("http://"));
                }
            }
        }
    }
}
