//! What a browser, a spreadsheet and a mail program make of what we send them: to see that nobody's text became more
//! than text. Hostile texts all have `pwn` in the name of the element, the attribute or the script that they try to be.

use flate2::bufread::DeflateDecoder;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use std::io::Read;

/// Texts that become markup, script, headers, formulas or terminal commands where somebody forgets to escape them. Each
/// fits into the shortest field that there is.
pub(crate) const HOSTILE: [&str; 16] = [
    "</title><meta http-equiv=refresh pwn>",
    "\"><img src=x onerror=pwn()>",
    "'><a pwn href=javascript:pwn()>",
    "</script><script>pwn()</script>",
    "</textarea></select><pwn-a b=c>",
    "--><!-- pwn --><pwn-b>",
    "';pwn--\\\";pwn()//</style><pwn-c>",
    "pwn\r\nBcc: pwn@pwn.example",
    "pwn\r\n\r\ndata: pwn\nid: pwn",
    "\u{1b}[31mpwn\u{1b}]0;pwn\u{7}",
    "{{pwn}}${pwn}<%= pwn %>#{pwn}",
    "pwn\u{2028}pwn()//\u{2029}<pwn-d",
    "=cmd|' /C pwn'!A0",
    "[pwn](javascript:pwn()) `<pwn-e>`",
    "&lt;pwn-f&gt;&#60;pwn-g&#62;%3Cpwn-h%3E",
    "<pwn-i/autofocus/onfocus=pwn()>",
];

/// What a page has become of what was written into it.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    /// The text of its title.
    pub(crate) title: String,
    /// All of its text, scripts aside.
    pub(crate) text: String,
    /// What somebody's text became beside text.
    pub(crate) wounds: Vec<String>,
}

/// Reads a page as browsers do.
pub(crate) fn drawn(html: &str) -> Drawn {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let (mut page, mut within) = (Drawn::default(), String::new());
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                within = text(&tag.name);
                let attributes: Vec<(String, String)> =
                    tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
                page.wounds.extend(wounds_of(&within, &attributes));
            }
            Token::EndTag(tag) => {
                within.clear();
                page.wounds.extend(named("an end tag", &text(&tag.name)));
            }
            Token::String(string) if within == "script" => page.wounds.extend(script_wound(&text(&string))),
            Token::String(string) => {
                let string = text(&string);
                if within == "title" {
                    page.title.push_str(&string);
                }
                page.text.push_str(&string);
            }
            Token::Comment(comment) => page.wounds.extend(named("a comment", &text(&comment))),
            Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    page
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn named(what: &str, name: &str) -> Option<String> {
    name.contains("pwn").then(|| format!("{what}: {name}"))
}

fn wounds_of(tag: &str, attributes: &[(String, String)]) -> Vec<String> {
    let mut wounds: Vec<String> = named("an element", tag).into_iter().collect();
    if tag == "base" || tag == "iframe" || tag == "object" || tag == "embed" {
        wounds.push(format!("an element that no page of ours has: {tag}"));
    }
    for (name, value) in attributes {
        wounds.extend(named("an attribute", name));
        if name.starts_with("on") || name == "style" || name == "srcdoc" || name == "http-equiv" {
            wounds.push(format!("an attribute that no page of ours has: {name}={value}"));
        }
        let leads = ["href", "src", "action", "formaction"].contains(&name.as_str());
        let ours = ["/", "#", "?", "http://", "https://"].iter().any(|start| value.starts_with(start));
        if leads && !value.is_empty() && !ours {
            wounds.push(format!("an address that leads elsewhere: {name}={value}"));
        }
    }
    wounds
}

/// What a script has of somebody's text is in JSON, which no browser runs, and nothing in it ends the element.
fn script_wound(script: &str) -> Option<String> {
    let is_sound = serde_json::from_str::<serde_json::Value>(script).is_ok() && !script.contains('<');
    (script.contains("pwn") && !is_sound).then(|| format!("a script: {script}"))
}

/// The files in a workbook, as text; their sizes stand behind them, so each is read to its own end.
pub(crate) fn workbook(bytes: &[u8]) -> Vec<String> {
    let mut files = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(4).position(|four| four == b"PK\x03\x04") {
        let entry = &rest[at..];
        let length = |at: usize| usize::from(u16::from_le_bytes([entry[at], entry[at + 1]]));
        let body = &entry[30 + length(26) + length(28)..];
        let (mut decoder, mut file) = (DeflateDecoder::new(body), String::new());
        decoder.read_to_string(&mut file).unwrap();
        rest = &body[decoder.total_in() as usize..];
        files.push(file);
    }
    files
}

#[test]
fn what_is_not_escaped_is_seen() {
    for bad in [HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[4], HOSTILE[5], HOSTILE[15]] {
        for page in [format!("<title>{bad}</title>"), format!("<p>{bad}</p>"), format!("<input value=\"{bad}\">")] {
            let seen = !drawn(&page).wounds.is_empty();
            let is_harmless = page.contains("<title>") && !bad.contains("</title>")
                || page.contains("value=\"") && !bad.starts_with('"');
            assert!(seen || is_harmless, "{page}");
        }
    }
    for script in ["pwn()", "{\"x\":\"a\"};pwn()", "{\"x\":\"<!--<script>pwn\"}", "x = {\"x\":\"pwn\"}"] {
        assert!(!drawn(&format!("<script>{script}</script>")).wounds.is_empty(), "{script}");
    }
    let good = "<script>{\"x\":\"\\\"pwn\\u003c\"}</script><title>&lt;pwn></title><a href=/x title='<pwn>'>&lt;pwn</a>";
    let drawn = drawn(good);
    assert!(drawn.wounds.is_empty(), "{drawn:?}");
    assert_eq!((drawn.title.as_str(), drawn.text.as_str()), ("<pwn>", "<pwn><pwn"));
}
