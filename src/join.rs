//! Join codes: what people type, or a camera reads, to find a team.

use std::fmt;

/// Letters and digits that nobody takes for one another, also when they are read out: no 0 and O, no 1, I and L.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// How many of them make a code. Some 890 million codes: whoever guesses is too slow for them (docs/LIMITS.md).
pub const CODE_LENGTH: usize = 6;
/// The longest text in which a code is looked for, in bytes: a link has room in it.
pub const TYPED_MAX: usize = 2_048;

/// The code of a team, unique in the installation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinCode(String);

impl JoinCode {
    /// Takes a code as people type or paste it: in any case and width, with spaces and dashes in it, or as the link that
    /// leads to its team, at whatever host. `None` for what cannot be one.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > TYPED_MAX {
            return None;
        }
        let typed: String = typed.chars().map(narrow).filter(|sign| !is_between(*sign)).collect();
        Self::of_letters(&typed).or_else(|| Self::of_letters(in_link(&typed)?))
    }

    fn of_letters(letters: &str) -> Option<Self> {
        let letters = letters.trim_matches(['"', '\'', '“', '”', '„', '(', ')', '.', ',', '<', '>']);
        let code: String = letters.chars().filter(|sign| *sign != '-').map(|sign| sign.to_ascii_uppercase()).collect();
        let sound = code.len() == CODE_LENGTH && code.bytes().all(|b| ALPHABET.contains(&b));
        sound.then_some(Self(code))
    }

    /// Makes a code of chance: every code is equally likely. `fill` gives bytes that nobody can guess.
    #[must_use]
    pub fn draw(mut fill: impl FnMut(&mut [u8])) -> Self {
        // The largest multiple of 31 that fits in a byte: greater ones are drawn again, or the first letters were
        // more likely than the last.
        const FAIR: u8 = 248;
        let mut code = String::with_capacity(CODE_LENGTH);
        let mut bytes = [0; 16];
        while code.len() < CODE_LENGTH {
            fill(&mut bytes);
            let fair = bytes.iter().filter(|byte| **byte < FAIR);
            let letters = fair.filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
            code.extend(letters.take(CODE_LENGTH - code.len()).map(|letter| char::from(*letter)));
        }
        Self(code)
    }

    /// The code itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A sign without its width, every dash as `-`.
fn narrow(sign: char) -> char {
    match sign {
        '\u{FF0D}' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{30FC}' | '\u{FE58}' | '\u{FE63}' => '-',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(sign) - 0xFEE0).unwrap_or(sign),
        other => other,
    }
}

/// What means nothing between the letters of a code: blanks, and signs that nobody sees.
fn is_between(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The part of a link in which a code stands: behind `/j/`, or as `code` in the query of `/join`.
fn in_link(typed: &str) -> Option<&str> {
    let (path, query) = typed.split('#').next()?.split_once('?').unwrap_or((typed, ""));
    let path = path.split('#').next()?;
    let is = |part: &str, word: &str| part.eq_ignore_ascii_case(word);
    let mut parts = path.split('/');
    if parts.any(|part| is(part, "j")) {
        return parts.next();
    }
    let is_box = path.split('/').any(|part| is(part, "join"));
    let mut fields = query.split('&').filter_map(|field| field.split_once('='));
    fields.find(|(name, _)| is_box && is(name, "code")).map(|(_, code)| code)
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_taken_however_it_is_typed() {
        for typed in [
            "ABC234",
            "abc234",
            " abc-234 ",
            "A B C 2 3 4",
            "ABC–234",
            "ABC—234",
            "ABC−234",
            "ABC‑234",
            "ABC‐234",
            "ABC－234",
            "ABCー234",
            "ABC - 234",
            "ABC\u{A0}234",
            "A\u{200B}BC\u{AD}234\u{2060}",
            "ＡＢＣ２３４",
            "ａｂｃ　２３４",
            "“ABC234”",
            "\"abc-234\".",
            "https://ask.example.com/j/ABC234",
            "https://ask.example.com/j/abc-234/",
            "HTTPS://ASK.EXAMPLE.COM:8443/J/ABC234?utm_source=mail&x=/j/ZZZZZZ",
            "http://127.0.0.1:3000/j/ABC234#top",
            "ask.example.com./j/ABC234",
            "//acme.ask.example.com/j/ABC–234",
            "/j/ABC234",
            "j/abc234",
            "<https://ask.example.com/j/ABC234>",
            "https://ask.example.com/j/ABC234/qr.svg",
            "https://ask.example.com/join?code=ABC234",
            "ask.example.com/join/?x=1&code=abc-234#x",
            "ｈｔｔｐｓ：／／ask.example.com／ｊ／ＡＢＣ２３４",
        ] {
            assert_eq!(JoinCode::parse(typed).unwrap().as_str(), "ABC234", "{typed}");
        }
        let long = "A".repeat(100_000);
        for typed in [
            "",
            "ABC23",
            "ABC2345",
            "ABC23O",
            "ABC231",
            "ÄBC234",
            "ABC23\u{0}",
            "../etc",
            &long,
            "https://ask.example.com/j/",
            "https://ask.example.com/j/ABC23",
            "https://ask.example.com/t/ABC234",
            "https://ask.example.com/?code=ABC234",
            "https://ask.example.com/join?team=ABC234",
        ] {
            assert_eq!(JoinCode::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn bytes_that_would_not_be_fair_are_drawn_again() {
        let mut calls = 0;
        let code = JoinCode::draw(|bytes| {
            calls += 1;
            bytes.fill(if calls == 1 { 255 } else { 30 });
        });
        assert_eq!((calls, code.as_str()), (2, "ZZZZZZ"));
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_a_code_and_no_text_panics(seed in any::<[u8; 16]>(), typed in ".*") {
            let mut turn = 0_u8;
            let code = JoinCode::draw(|bytes| {
                turn = turn.wrapping_add(1);
                bytes.iter_mut().zip(seed).for_each(|(byte, seed)| *byte = seed.wrapping_mul(7).wrapping_add(turn));
            });
            prop_assert_eq!(JoinCode::parse(code.as_str()), Some(code));
            if let Some(code) = JoinCode::parse(&typed) {
                prop_assert_eq!(JoinCode::parse(code.as_str()), Some(code));
            }
        }
    }
}
