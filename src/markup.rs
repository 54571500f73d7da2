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
        // A mark that is a part of an address ends nothing.
        let cut = inside.rfind("://").map(|at| inside[..at].rfind(['h', 'H']).unwrap_or(at));
        let is_in_address =
            cut.is_some_and(|at| mark != "`" && address(&text[mark.len() + at..]).len() > inside.len() - at);
        (is_tight && !is_in_address).then(|| (inside.to_owned(), after))
    };
    match text.as_bytes().first()? {
        b'`' => between("`").map(|(words, after)| (Span::Code(words), after)),
        b'*' => between("**")
            .map(|(words, after)| (Span::Bold(words), after))
            .or_else(|| between("*").map(|(words, after)| (Span::Italic(words), after))),
        b'[' => {
            let (words, after) = text.strip_prefix('[')?.split_once("](")?;
            let end = closing(after)?;
            let is_good = !words.is_empty() && !words.contains(['[', ']', '\n']);
            let to = link(&after[..end]).filter(|_| is_good)?;
            Some((Span::Link(words.to_owned(), to), &after[end + 1..]))
        }
        b'h' | b'H' if starts_word => {
            let address = address(text);
            link(address).map(|to| (Span::Link(address.to_owned(), to), &text[address.len()..]))
        }
        _ => None,
    }
}

/// Where the parenthesis is closed in which an address stands: it may have others in it, in pairs.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.bytes().position(|byte| {
        open += usize::from(byte == b'(');
        let closes = byte == b')' && open == 0;
        open -= usize::from(byte == b')' && !closes);
        closes
    })
}

/// The address with which a text begins, without the signs behind it that are the sentence's.
fn address(text: &str) -> &str {
    let mut address = &text[..text.find(|sign| !is_of_address(sign)).unwrap_or(text.len())];
    // A host has no apostrophe: `https://example.com's` is of the site.
    let host = address.find("://").map_or(0, |at| at + 3);
    if let Some(end) = address[host..].find(['/', '?', '#', '\'']).filter(|end| address[host + end..].starts_with('\''))
    {
        address = &address[..host + end];
    }
    while let Some(last) = address.bytes().next_back() {
        let count = |byte| address.bytes().filter(|other| *other == byte).count();
        let is_of_sentence = match last {
            b')' => count(b')') > count(b'('),
            b']' => count(b']') > count(b'['),
            last => b".,;:!?'*_~([".contains(&last),
        };
        if !is_of_sentence {
            break;
        }
        address = &address[..address.len() - 1];
    }
    address
}

/// Where an address of the web leads, with its scheme in lower case. Nothing that runs, nothing that reads, is one.
fn link(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let scheme = ["https", "http"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
    let is_good = rest.starts_with(char::is_alphanumeric) && rest.chars().all(is_of_address);
    is_good.then(|| [scheme, "://", rest].concat())
}

/// Whether a sign may stand in an address (RFC 3987). Signs that end sentences in other writings may not, nor any that
/// nobody sees or that turn what stands around them.
fn is_of_address(sign: char) -> bool {
    match sign {
        '\0'..='\u{7F}' => sign.is_ascii_graphic() && !"<>\"`\\".contains(sign),
        '\u{80}'..='\u{BF}'
        | '\u{2000}'..='\u{206F}'
        | '\u{2E00}'..='\u{2E7F}'
        | '\u{3000}'..='\u{3003}'
        | '\u{3008}'..='\u{3020}'
        | '\u{FE10}'..='\u{FE6F}'
        | '\u{FEFF}'..='\u{FF0F}'
        | '\u{FF1A}'..='\u{FF20}'
        | '\u{FF3B}'..='\u{FF40}'
        | '\u{FF5B}'..='\u{FF65}'
        | '\u{FFF0}'..='\u{FFFF}'
        | '\u{E0000}'.. => false,
        _ => !sign.is_whitespace(),
    }
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

    /// The addresses of a text, as they are shown and as they lead.
    fn links(text: &str) -> Vec<(String, String)> {
        let spans = blocks(text).into_iter().flat_map(|block| match block {
            Block::Paragraph(spans) => spans,
            Block::List(items) => items.concat(),
        });
        spans.filter_map(|span| if let Span::Link(words, to) = span { Some((words, to)) } else { None }).collect()
    }

    #[test]
    fn an_address_is_read_as_a_reader_would() {
        for (text, address) in [
            ("see https://example.org/wiki/Town_hall_(meeting).", "https://example.org/wiki/Town_hall_(meeting)"),
            ("(see https://example.org/wiki/Town_hall_(meeting))", "https://example.org/wiki/Town_hall_(meeting)"),
            ("(https://example.org/a)", "https://example.org/a"),
            ("https://example.org/a_(b_(c))_d)", "https://example.org/a_(b_(c))_d"),
            ("https://example.org/(", "https://example.org/"),
            ("[https://example.org/a]", "https://example.org/a"),
            ("https://example.org/a[1]", "https://example.org/a[1]"),
            ("https://de.example.org/wiki/Bürgerversammlung", "https://de.example.org/wiki/Bürgerversammlung"),
            ("https://bücher.example/straße?q=über#größe", "https://bücher.example/straße?q=über#größe"),
            ("https://例え.example/質問", "https://例え.example/質問"),
            ("请看https 或 https://example.org/页面。谢谢", "https://example.org/页面"),
            ("„https://example.org/x“", "https://example.org/x"),
            ("https://example.org/हिन्दी", "https://example.org/हिन्दी"),
            ("https://example.org/wiki/O'Brien's", "https://example.org/wiki/O'Brien's"),
            ("'https://example.org/x'", "https://example.org/x"),
            ("https://example.org's page", "https://example.org"),
            ("https://example.org/?q=*a*&b=_c_d here", "https://example.org/?q=*a*&b=_c_d"),
            ("a * b https://example.org/?q=x*y", "https://example.org/?q=x*y"),
            ("*see https://example.org/?q=x*y", "https://example.org/?q=x*y"),
            ("https://example.org/x**", "https://example.org/x"),
            ("https://example.org/x_", "https://example.org/x"),
            ("https://example.org/a,b;c:d!e?f.g", "https://example.org/a,b;c:d!e?f.g"),
            ("https://example.org/a?!...", "https://example.org/a"),
            ("https://user@example.org:8443/~x/%C3%BC", "https://user@example.org:8443/~x/%C3%BC"),
        ] {
            assert_eq!(links(text), [(address.to_owned(), address.to_owned())], "{text}");
        }
        for (text, words, to) in [
            ("HTTPS://Example.org/A", "HTTPS://Example.org/A", "https://Example.org/A"),
            ("Http://example.org", "Http://example.org", "http://example.org"),
            ("[x](hTTps://example.org/A)", "x", "https://example.org/A"),
            ("[x](https://example.org/a_(b)) c)", "x", "https://example.org/a_(b)"),
            ("[it's](https://example.org/it's?q=*a*_b_)", "it's", "https://example.org/it's?q=*a*_b_"),
            ("[ü](https://bücher.example/ü)", "ü", "https://bücher.example/ü"),
        ] {
            assert_eq!(links(text), [(words.to_owned(), to.to_owned())], "{text}");
        }
        for text in [
            "JavaScript://example.org/%0Aalert(1)",
            "[x](HTTPS:example.org)",
            "[x](ftp://example.org)",
            "https://\u{202E}gro.elpmaxe",
            "https:///x",
            "xHTTPS://example.org",
            "`https://example.org`",
        ] {
            assert_eq!(links(text), [], "{text}");
        }
        assert_eq!(
            blocks("*a https://example.org/b* c"),
            [Block::Paragraph(vec![Span::Italic("a https://example.org/b".to_owned()), plain(" c"),])]
        );
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

        #[test]
        fn an_address_is_whole_whatever_stands_around_it(
            path in "[a-zé質](([-a-zA-Z0-9*_'é質.,;:!?/&=]|\\([a-z]{0,3}\\)){0,20}[a-zA-Z0-9é質/])?",
            scheme in prop::sample::select(vec!["https", "HTTPS", "Http"]),
            before in prop::sample::select(vec!["", "see ", "(", "\"", "'", "- ", "„"]),
            after in prop::sample::select(vec!["", " and", ".", ", or", ")", "\"", "'", "?", "!)", "“", "。"]),
        ) {
            let address = format!("{scheme}://example.org/{path}");
            let to = format!("{}://example.org/{path}", scheme.to_lowercase());
            prop_assert_eq!(links(&format!("{before}{address}{after}")), [(address.clone(), to.clone())]);
            prop_assert_eq!(links(&format!("[words]({address}){after}")), [("words".to_owned(), to)]);
        }

        #[test]
        fn no_text_panics_and_no_link_runs(text in "(?s)([hH]ttps?://)?.{0,40}") {
            for (_, to) in links(&text) {
                prop_assert!(to.starts_with("https://") || to.starts_with("http://"), "{}", to);
                prop_assert!(!to.contains(|sign: char| sign.is_whitespace() || sign.is_control() || "<>\"`\\".contains(sign)), "{}", to);
            }
        }
    }
}
