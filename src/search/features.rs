//! What a text is compared by: its words, and pieces of them. A plural, a typo and another ending leave most pieces as they
//! were, and a word that is half typed has its first ones.

use super::fold::fold;

/// What the letters of a question are read to; more is not compared.
const MOST: usize = 1_000;

/// A word, a piece of one, or a sign of a writing without blanks: a hash of it with its [`Kind`] in front. Two that share a
/// hash are one; there are half a billion.
pub(super) type Feature = u32;

/// What a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole word.
    Word,
    /// Three letters of a word; its two ends count as letters.
    Three,
    /// Four letters of a word, in the same way.
    Four,
    /// One sign of Chinese, Japanese or Korean.
    Sign,
    /// Two such signs in a row.
    Pair,
    /// The first letters of a long word, which its other forms share.
    Stem,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Word, Self::Three, Self::Four, Self::Sign, Self::Pair, Self::Stem];

    /// What this feature is.
    pub(super) fn of(feature: Feature) -> Self {
        Self::ALL.get((feature >> 29) as usize).copied().unwrap_or(Self::Word)
    }
}

/// The features of a text, in order and each once.
pub(super) fn features(text: &str) -> Vec<Feature> {
    let mut found = Vec::new();
    let mut letters = Vec::new();
    for word in fold(text, MOST).split_whitespace() {
        // A word may be of two writings: "AIを使う".
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let writing = Writing::of(first);
            let end = rest.find(|sign| Writing::of(sign) != writing).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            letters.clear();
            letters.extend(run.chars());
            match writing {
                Writing::Blanks => of_word(&letters, &mut found),
                Writing::Signs => of_signs(&letters, &mut found),
                Writing::Syllables => {
                    of_signs(&letters, &mut found);
                    found.push(hash(Kind::Word, &letters));
                }
            }
            rest = after;
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// How a writing marks its words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// By blanks.
    Blanks,
    /// Not at all: Chinese and Japanese.
    Signs,
    /// By blanks, each sign a syllable: Korean.
    Syllables,
}

impl Writing {
    const fn of(sign: char) -> Self {
        match sign {
            '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{30FF}'
            | '\u{31F0}'..='\u{31FF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFF}' => Self::Signs,
            '\u{AC00}'..='\u{D7A3}' => Self::Syllables,
            _ => Self::Blanks,
        }
    }
}

/// How many letters of a long word are its stem.
const STEM: usize = 5;

fn of_word(letters: &[char], found: &mut Vec<Feature>) {
    let letters = without_article(letters);
    found.push(hash(Kind::Word, letters));
    if letters.len() < 3 {
        return;
    }
    if letters.len() >= STEM
        && let Some(stem) = letters.get(..STEM)
    {
        found.push(hash(Kind::Stem, stem));
    }
    let mut bounded = Vec::with_capacity(letters.len() + 2);
    bounded.push('^');
    bounded.extend_from_slice(letters);
    bounded.push('$');
    found.extend(bounded.windows(3).map(|piece| hash(Kind::Three, piece)));
    found.extend(bounded.windows(4).map(|piece| hash(Kind::Four, piece)));
}

/// An Arabic word without the article and the letters that are written to it.
fn without_article(letters: &[char]) -> &[char] {
    const ARTICLES: [&[char]; 7] = [
        &['و', 'ا', 'ل'],
        &['ب', 'ا', 'ل'],
        &['ف', 'ا', 'ل'],
        &['ك', 'ا', 'ل'],
        &['و', 'ل', 'ل'],
        &['ا', 'ل'],
        &['ل', 'ل'],
    ];
    let bare = ARTICLES.iter().find_map(|article| letters.strip_prefix(*article));
    bare.filter(|bare| bare.len() >= 3).unwrap_or(letters)
}

fn of_signs(signs: &[char], found: &mut Vec<Feature>) {
    // A single sign of kana is an ending as often as not.
    found.extend(
        signs.iter().filter(|sign| !matches!(sign, '\u{3041}'..='\u{30FF}')).map(|sign| hash(Kind::Sign, &[*sign])),
    );
    found.extend(signs.windows(2).map(|pair| hash(Kind::Pair, pair)));
}

fn hash(kind: Kind, letters: &[char]) -> Feature {
    let mut hash = letters
        .iter()
        .fold(0x811C_9DC5_u32, |hash, letter| (hash.rotate_left(5) ^ u32::from(*letter)).wrapping_mul(0x9E37_79B1));
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x85EB_CA6B);
    hash ^= hash >> 13;
    ((kind as u32) << 29) | (hash >> 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(one: &str, other: &str) -> usize {
        let other = features(other);
        features(one).iter().filter(|feature| other.contains(feature)).count()
    }

    #[test]
    fn other_forms_of_a_word_share_most_pieces() {
        for (one, other) in [
            ("parking", "parkings"),
            ("office", "ofice"),
            ("Gehaltserhöhung", "gehaltserhohungen"),
            ("الرواتب", "رواتب"),
            ("办公室", "新办公室"),
            ("사무실", "사무실은"),
            ("オフィス", "ｵﾌｨｽの"),
        ] {
            assert!(shared(one, other) * 3 >= features(one).len(), "{one} {other}");
        }
        assert_eq!(shared("parking", "salary"), 0);
    }

    #[test]
    fn a_feature_knows_what_it_is() {
        let kinds: Vec<Kind> = features("abcdef").into_iter().map(Kind::of).collect();
        for (kind, count) in [(Kind::Word, 1), (Kind::Stem, 1), (Kind::Three, 6), (Kind::Four, 5), (Kind::Sign, 0)] {
            assert_eq!(kinds.iter().filter(|it| **it == kind).count(), count, "{kind:?}");
        }
        let kinds: Vec<Kind> = features("新办公室").into_iter().map(Kind::of).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Sign).count(), 4);
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Pair).count(), 3);
    }

    #[test]
    fn a_long_text_has_so_many_features_and_no_more() {
        assert!(features(&"wort ".repeat(100_000)).len() < 20);
        let long: String = ('a'..='z').cycle().take(100_000).collect();
        assert!(features(&long).len() < 3 * MOST);
    }
}
