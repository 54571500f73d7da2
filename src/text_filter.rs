//! The screen: holds a question back for a moderator when its text looks like trouble. It declines nothing.
//!
//! Words are compared whole and in lower case, never as parts of others: "class" and "Scunthorpe" pass, and so does
//! every question that names abuse to ask about it.

use crate::moderation::Hold;

/// Insults and obscenities that are hardly ever part of a question to one's colleagues. What a company minds beyond
/// them it says in its own list.
const COARSE: &[&str] = &[
    "arsehole",
    "arseholes",
    "asshole",
    "assholes",
    "bastard",
    "bastards",
    "bitch",
    "bitches",
    "bullshit",
    "cunt",
    "cunts",
    "dickhead",
    "dickheads",
    "fuck",
    "fucked",
    "fucker",
    "fuckers",
    "fuckin",
    "fucking",
    "fucks",
    "motherfucker",
    "motherfuckers",
    "nigger",
    "niggers",
    "retard",
    "retards",
    "shit",
    "shithead",
    "shits",
    "shitty",
    "slut",
    "sluts",
    "twat",
    "wanker",
    "wankers",
    "whore",
    "whores",
];
/// Fewer letters than these are an abbreviation, not shouting.
const SHOUTED_LETTERS: usize = 20;
/// One sign so often in a row is no text.
const REPEATED: usize = 10;
/// Fewer digits than these in a row are a year or a sum, not a telephone number.
const PHONE_DIGITS: usize = 9;

/// Why a moderator should see this text before others do; `None` when nothing speaks against it. `words` are those
/// that the tenant minds, and phrases of them.
#[must_use]
pub fn screen(text: &str, words: &[String]) -> Option<Hold> {
    let tokens: Vec<String> = tokens(text).collect();
    let own = words.iter().find(|phrase| has_phrase(&tokens, phrase));
    let coarse = || tokens.iter().find(|token| COARSE.contains(&token.as_str()));
    if let Some(word) = own.or_else(coarse) {
        return Some(Hold::Word(word.trim().to_lowercase()));
    }
    if has_link(text) {
        return Some(Hold::Link);
    }
    if has_contact(text) {
        return Some(Hold::Contact);
    }
    if is_repetition(text) {
        return Some(Hold::Repetition);
    }
    is_shouted(text).then_some(Hold::Shouting)
}

/// Words in lower case, with the usual digits in place of letters undone.
fn tokens(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !(c.is_alphanumeric() || "@$'’_".contains(c)))
        .map(|word| word.trim_matches(['\'', '’', '_', '@', '$']))
        .filter(|word| !word.is_empty())
        .map(|word| {
            let lower = word.to_lowercase();
            // Digits stand for letters only among letters: "2019" stays a year.
            if lower.chars().any(char::is_alphabetic) { lower.chars().map(letter).collect() } else { lower }
        })
}

const fn letter(sign: char) -> char {
    match sign {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

fn has_phrase(tokens: &[String], phrase: &str) -> bool {
    let phrase: Vec<String> = self::tokens(phrase).collect();
    !phrase.is_empty() && tokens.windows(phrase.len()).any(|window| window == phrase)
}

fn has_link(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["http://", "https://", "www."].iter().any(|start| {
        lower
            .match_indices(start)
            .any(|(at, found)| lower[at + found.len()..].chars().next().is_some_and(char::is_alphanumeric))
    })
}

fn has_contact(text: &str) -> bool {
    let is_mail = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.len() > 3 && host.contains('.'))
    };
    text.split_whitespace().any(is_mail) || has_phone(text)
}

/// Digits in a row, spaces and the usual marks between them not counted.
fn has_phone(text: &str) -> bool {
    let mut digits = 0;
    for sign in text.chars() {
        match sign {
            '0'..='9' => digits += 1,
            ' ' | '-' | '/' | '(' | ')' | '+' if digits > 0 => {}
            _ => digits = 0,
        }
        if digits >= PHONE_DIGITS {
            return true;
        }
    }
    false
}

fn is_repetition(text: &str) -> bool {
    let mut run = 0;
    let mut last = None;
    text.chars().filter(|c| !c.is_whitespace()).any(|sign| {
        run = if last == Some(sign) { run + 1 } else { 1 };
        last = Some(sign);
        run >= REPEATED
    })
}

fn is_shouted(text: &str) -> bool {
    // Letters without case, as of Chinese or Arabic, are neither.
    let (upper, lower) = text.chars().fold((0_usize, 0_usize), |(upper, lower), c| {
        (upper + usize::from(c.is_uppercase()), lower + usize::from(c.is_lowercase()))
    });
    upper >= SHOUTED_LETTERS && upper > 4 * lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn questions_that_colleagues_ask_pass() {
        for text in [
            "How can staff safely report abuse?",
            "Who do I talk to about harassment, racism or sexual assault?",
            "Is the Scunthorpe office classed as an assembly plant? Will Dick Essex assess it?",
            "hello!",
            "Q&A",
            "%_'\"\\",
            "What did we earn in 2019, 2020 and 2021?",
            "Why did revenue fall by 1 250 000?",
            "DOES HR KNOW?",
            "我们什么时候搬到新的办公室去呢我们什么时候搬到新的办公室去",
            "متى ننتقل إلى المكتب الجديد؟",
            "Will node.js and version 1.2.3 be supported? See e.g. chapter 4...",
            "Can we have @mentions in the wiki?",
            "👩‍👩‍👧 😀😀😀",
        ] {
            assert_eq!(screen(text, &[]), None, "{text}");
        }
        assert_eq!(screen(&"e\u{301}".repeat(200), &[]), None);
    }

    #[test]
    fn what_looks_like_trouble_is_held_with_its_reason() {
        for (text, hold) in [
            ("What the fuck is this?", Hold::Word("fuck".to_owned())),
            ("Who hired this A55hole?", Hold::Word("asshole".to_owned())),
            ("Look at https://example.com/x", Hold::Link),
            ("Look at WWW.example.com", Hold::Link),
            ("Write to jane.doe@example.com!", Hold::Contact),
            ("Call +49 (30) 1234 567", Hold::Contact),
            ("WHEN WILL YOU FINALLY LISTEN TO US??", Hold::Shouting),
            ("Whyyyyyyyyyyyyy", Hold::Repetition),
            ("?????????????", Hold::Repetition),
        ] {
            assert_eq!(screen(text, &[]), Some(hold), "{text}");
        }
    }

    #[test]
    fn a_tenants_own_words_and_phrases_are_held() {
        let minded = words(&["Project Falcon", "layoffs", "", "  "]);
        assert_eq!(screen("When are the LAYOFFS?", &minded), Some(Hold::Word("layoffs".to_owned())));
        assert_eq!(screen("What is project-falcon?", &minded), Some(Hold::Word("project falcon".to_owned())));
        assert_eq!(screen("Which project has a falcon?", &minded), None);
        assert_eq!(screen("A falcon project", &minded), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in any::<String>(), word in any::<String>()) {
            let _any = screen(&text, &[word]);
        }
    }
}
