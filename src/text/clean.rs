//! What of a text can be seen, and what is taken out of it before it is kept.

use super::marks::MARKS;

/// Whether a sign stands on another and shows nothing by itself.
pub(crate) fn is_mark(sign: char) -> bool {
    let sign = u32::from(sign);
    let place = MARKS.partition_point(|(_, last)| *last < sign);
    MARKS.get(place).is_some_and(|(first, _)| *first <= sign)
}

/// Which way the text runs from here on: a name could turn what stands behind it, so that one reads something else.
const fn turns(sign: char) -> bool {
    matches!(sign, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Signs that nobody sees and no writing needs, wherever they stand.
const fn is_hidden(sign: char) -> bool {
    matches!(sign, '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}')
}

/// Chooses the shape of the sign before it.
const fn is_selector(sign: char) -> bool {
    matches!(sign, '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Joins its neighbours or keeps them apart: Persian and Indian writing need it, and so do families of emoji.
const fn is_joiner(sign: char) -> bool {
    matches!(sign, '\u{200C}' | '\u{200D}')
}

/// The letters of a flag that is written out, behind a black one.
const fn is_tag(sign: char) -> bool {
    matches!(sign, '\u{E0000}'..='\u{E007F}')
}

/// Whether a sign leaves ink by itself.
pub(super) fn is_visible(sign: char) -> bool {
    let shows_nothing = turns(sign)
        || is_hidden(sign)
        || is_selector(sign)
        || is_joiner(sign)
        || matches!(sign, '\u{2800}' | '\u{E0000}'..='\u{E0FFF}')
        || is_mark(sign)
        || sign.is_control();
    !shows_nothing && !sign.is_whitespace()
}

/// The text without signs that turn it or that nobody sees: those that a writing or an emoji needs stay where they have
/// something to work on. Every kind of line end becomes `\n`, and other control characters go.
pub(super) fn clean(raw: &str) -> String {
    const FLAG: char = '\u{1F3F4}';
    let mut kept = String::with_capacity(raw.len());
    let mut signs = raw.chars().peekable();
    let (mut before, mut in_flag) = ('\n', false);
    while let Some(sign) = signs.next() {
        let sign = match sign {
            '\r' if signs.peek() == Some(&'\n') => continue,
            '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            other => other,
        };
        let works = match sign {
            '\n' | '\t' => true,
            _ if sign.is_control() || turns(sign) || is_hidden(sign) => false,
            _ if is_joiner(sign) => is_written(before) && next_written(&signs),
            _ if is_selector(sign) => is_visible(before) || is_mark(before),
            _ if is_tag(sign) => in_flag,
            '\u{E0000}'..='\u{E0FFF}' => false,
            _ => true,
        };
        if works {
            in_flag = sign == FLAG || (in_flag && is_tag(sign));
            kept.push(sign);
            before = sign;
        }
    }
    kept
}

/// Whether a joiner has something to work on at this side: no writing that needs one is ASCII's.
fn is_written(sign: char) -> bool {
    !sign.is_ascii() && (is_visible(sign) || is_mark(sign) || is_selector(sign))
}

/// The next sign that stays, or would if it had something before it.
fn next_written(signs: &std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    signs
        .clone()
        .find(|sign| !turns(*sign) && !is_hidden(*sign))
        .is_some_and(|sign| !sign.is_ascii() && is_visible(sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_writings_and_emoji_need_stays() {
        for text in [
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "👩\u{200D}👩\u{200D}👧",
            "❤\u{FE0F}\u{200D}🔥",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "1\u{FE0F}\u{20E3}",
            "葛\u{E0100}",
            "e\u{301}, שָׁלוֹם, مرحبا",
            "two\nlines\tand a tab",
        ] {
            assert_eq!(clean(text), text, "{}", text.escape_unicode());
        }
    }

    #[test]
    fn what_nobody_sees_goes() {
        for (raw, kept) in [
            ("Zü\u{200B}rich", "Zürich"),
            ("abc\u{202E}fdp.exe\u{202C}", "abcfdp.exe"),
            ("\u{2067}a\u{2069}\u{200E}\u{200F}\u{061C}", "a"),
            ("ad\u{200D}min", "admin"),
            ("a\u{00AD}b\u{FEFF}c\u{2060}d", "abcd"),
            ("\u{FE0F}\u{E0100}", ""),
            ("\u{E0041}\u{E0042}x\u{E0041}", "x"),
            ("\u{200D}👩\u{200D}", "👩"),
            ("a\r\nb\rc\u{2028}d\u{85}e\u{0}\u{1b}", "a\nb\nc\nd\ne"),
        ] {
            assert_eq!(clean(raw), kept, "{}", raw.escape_unicode());
        }
    }

    #[test]
    fn what_shows_nothing_is_not_visible() {
        for sign in "\u{FFF9}\u{FFFB}\u{1D173}\u{1D17A}\u{3164}\u{115F}\u{FFA0}\u{2800}\u{301}\u{20DD}\u{0903}\u{A0}\u{2003}\u{3000}"
            .chars()
        {
            assert!(!is_visible(sign), "{}", sign.escape_unicode());
        }
        for sign in "aé字ア한👍؟€".chars() {
            assert!(is_visible(sign), "{sign}");
        }
    }

    /// Any text, with more of the signs that matter than chance would give.
    pub(crate) fn strange() -> impl Strategy<Value = String> {
        let signs = "aé字e\u{301}👩🏴\u{200C}\u{200D}\u{FE0F}\u{E0067}\u{E007F}\u{202E}\u{2066}\u{200B}\u{FEFF}\u{3164}\r\n\u{2028} ";
        let signs: Vec<char> = signs.chars().collect();
        let sign = prop_oneof![4 => prop::sample::select(signs), 1 => any::<char>()];
        prop::collection::vec(sign, 0..24).prop_map(|signs| signs.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(raw in strange()) {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once.clone());
            prop_assert!(once.chars().all(|sign| !turns(sign) && !is_hidden(sign)));
            // Nothing that is seen is lost.
            let seen = |text: &str| text.chars().filter(|sign| is_visible(*sign)).collect::<String>();
            prop_assert_eq!(seen(&once), seen(&raw));
        }
    }
}
