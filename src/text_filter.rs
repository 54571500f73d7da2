//! The screen: holds a question back for a moderator when its text looks like trouble. It declines nothing.
//!
//! Words are compared whole, never as parts of others: "class" and "Scunthorpe" pass, and so does every question that names
//! abuse to ask about it. Capitals, the width of letters, accents that a word does not have, signs that nobody sees, and
//! signs or blanks between the letters of a word make no difference.

mod phone;

use self::phone::has_phone;
use crate::moderation::Hold;
use crate::ports::Unicode;

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
/// Why a moderator should see this text before others do; `None` when nothing speaks against it. `words` are those
/// that the tenant minds, and phrases of them.
#[must_use]
pub fn screen(text: &str, words: &[String], unicode: &dyn Unicode) -> Option<Hold> {
    let folded = unicode.fold(text);
    // An accent is a trick where the word has none; a word with accents is found by its own.
    let spellings = [Words::of(&folded), Words::of(&unicode.without_accents(text))];
    let has = |phrase: &str| spellings.iter().any(|words| words.has(phrase));
    let own = words.iter().find(|phrase| has(&unicode.fold(phrase))).map(String::as_str);
    if let Some(word) = own.or_else(|| COARSE.iter().copied().find(|word| has(word))) {
        return Some(Hold::Word(word.trim().to_lowercase()));
    }
    if has_link(&folded) {
        return Some(Hold::Link);
    }
    if has_mail(&folded) || has_phone(&folded) {
        return Some(Hold::Contact);
    }
    if is_repetition(text) {
        return Some(Hold::Repetition);
    }
    is_shouted(text).then_some(Hold::Shouting)
}

/// The words of a text.
struct Words {
    /// Each, in its order, with the usual digits in place of letters undone.
    tokens: Vec<String>,
    /// Those that were written with something between their letters: `f_u_c_k`, `f u c k`, `fu.ck`.
    spaced: Vec<String>,
}

impl Words {
    /// Reads a text that was folded.
    fn of(text: &str) -> Self {
        let mut words = Self { tokens: Vec::new(), spaced: Vec::new() };
        // What is joined by signs alone, and single letters in a row.
        let (mut joined, mut letters) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(start) = rest.find(is_of_word) {
            let (between, found) = rest.split_at(start);
            let length = found.find(|sign| !is_of_word(sign)).unwrap_or(found.len());
            rest = &found[length..];
            let word = found[..length].trim_matches(['@', '$']);
            if word.is_empty() {
                continue;
            }
            // "don't" is one word, and no "don".
            if word == "t"
                && is_apostrophe(between)
                && let Some(last) = words.tokens.last_mut().filter(|last| last.ends_with('n'))
            {
                last.push_str("'t");
                continue;
            }
            let token = plain(word);
            if between.is_empty() || !between.chars().all(|sign| "_.*~·•|+^".contains(sign)) {
                words.join(&mut joined);
            }
            joined.push(token.clone());
            if word.chars().nth(1).is_some() {
                words.spell(&mut letters);
            } else {
                letters.extend(word.chars().map(letter));
            }
            words.tokens.push(token);
        }
        words.join(&mut joined);
        words.spell(&mut letters);
        words
    }

    fn join(&mut self, joined: &mut Vec<String>) {
        if joined.len() > 1 {
            self.spaced.push(joined.concat());
        }
        joined.clear();
    }

    /// A word that was spelled. Before it may stand "a" or "I", after it "u": they are words of one letter.
    fn spell(&mut self, letters: &mut Vec<char>) {
        let whole = &letters[..];
        let (head, tail) = (whole.strip_prefix(&['a']).or(whole.strip_prefix(&['i'])), whole.strip_suffix(&['u']));
        let spelled = [Some(whole), head, tail].into_iter().flatten().filter(|letters| letters.len() > 2);
        self.spaced.extend(spelled.map(|letters| letters.iter().collect::<String>()));
        letters.clear();
    }

    fn has(&self, phrase: &str) -> bool {
        match &Self::of(phrase).tokens[..] {
            [] => false,
            [word] => self.tokens.contains(word) || self.spaced.contains(word),
            phrase => self.tokens.windows(phrase.len()).any(|window| window == phrase),
        }
    }
}

fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '@' || sign == '$'
}

fn is_apostrophe(between: &str) -> bool {
    matches!(between, "'" | "’" | "‘" | "ʼ" | "´" | "`")
}

/// A word with digits that stand for letters undone. They do so only among letters: "2019" stays a year.
fn plain(word: &str) -> String {
    if word.chars().any(char::is_alphabetic) { word.chars().map(letter).collect() } else { word.to_owned() }
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

fn has_link(folded: &str) -> bool {
    ["http://", "https://", "www."].iter().any(|start| {
        folded
            .match_indices(start)
            .any(|(at, found)| folded[at + found.len()..].chars().next().is_some_and(char::is_alphanumeric))
    })
}

fn has_mail(folded: &str) -> bool {
    folded.split_whitespace().any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.len() > 3 && host.contains('.'))
    })
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
    use crate::ports::PlainUnicode;
    use proptest::prelude::*;

    fn screen(text: &str, words: &[String]) -> Option<Hold> {
        super::screen(text, words, &PlainUnicode)
    }

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
    fn a_word_is_found_whatever_stands_around_or_between_its_letters() {
        let minded = words(&["idiot", "don", "hell", "can't"]);
        for text in [
            "l'idiot",
            "L’idiot",
            "d'idiot!",
            "idiot's",
            "idiot’s",
            "\"idiot\"",
            "(idiot)",
            "idiot_",
            "i_d_i_o_t",
            "i.d.i.o.t",
            "I D I O T",
            "i-d-i-o-t",
            "i d i o t!",
            "an i d i o t u",
            "idi.ot",
            "idi_ot",
            "id*iot",
            "1d10t",
            "l'i.d.i.o.t.",
            "idiot/fool",
            "idiot-like",
        ] {
            assert_eq!(screen(text, &minded), Some(Hold::Word("idiot".to_owned())), "{text}");
        }
        for text in [
            "f_u_c_k",
            "f.u.c.k",
            "F U C K",
            "f-u-c-k",
            "f*u*c*k",
            "_fuck_",
            "what a f u c k",
            "f u c k u",
            "fuck's",
            "l'fuck",
            "f.u.c.k.i.n.g",
        ] {
            assert!(matches!(screen(text, &[]), Some(Hold::Word(word)) if word.starts_with("fuck")), "{text}");
        }
        assert_eq!(screen("I can't", &minded), Some(Hold::Word("can't".to_owned())));
        for text in [
            "I don't know",
            "he'll come",
            "idiotic",
            "an idiom",
            "Scunthorpe",
            "S c u n t h o r p e",
            "s.c.u.n.t.h.o.r.p.e",
            "Penistone and Lightwater",
            "classic assessment",
            "shiitake",
            "push-it, as-sess",
            "Is it A, B, C or D?",
            "e.g. a U.S. team",
            "Mr. T. W. A. Tin",
        ] {
            assert_eq!(screen(text, &minded), None, "{text}");
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

        /// One sign between all letters hides no word; more letters around a word make another of it.
        #[test]
        fn a_word_cannot_be_hidden_between_signs_and_is_no_part_of_others(
            word in prop::sample::select(COARSE),
            between in prop::sample::select(vec!["_", ".", "*", " ", "-", "~", ". ", "|"]),
            more in "[b-hj-t]{1,4}",
        ) {
            let spaced = word.chars().map(String::from).collect::<Vec<_>>().join(between);
            prop_assert_eq!(screen(&format!("what {spaced}?"), &[]), Some(Hold::Word(word.to_owned())));
            let longer = format!("{more}{word}");
            if !COARSE.contains(&longer.as_str()) {
                prop_assert_eq!(screen(&longer, &[]), None);
            }
        }
    }
}
