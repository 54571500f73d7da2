//! How a text is searched: without capitals, accents, the width of letters, and signs between words.
//!
//! All of it is arithmetic and two small tables, so that a server and a browser fold alike and nothing but text goes in. A
//! letter and its accent are one character or two; both fold to the letter.

use crate::text::is_mark;

/// The letters without their marks of U+00E0 to U+024F; a dot where there is no such letter of ASCII.
const LATIN: &[u8; 368] = b"aaaaaa.ceeeeiiiidnooooo.ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggg\
      gggghhhhiiiiiiiiii..jjkkkllllll..llnnnnnn.nnoooooo..rrrrrrssssss\
      ssttttttuuuuuuuuuuuuwwyyyzzzzzzsb......................i........\
      oo.............uu....zz......................aaiioouuuuuuuuuu.aa\
      aa....ggkkoooo..j...gg..nnaa..ooaaaaeeeeiiiioooorrrruuuusstt..hh\
      ......aaeeooooooooyy...............b..eejj..rryy";

/// The same of U+1E00 to U+1EFF.
const LATIN_MORE: &[u8; 256] = b"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm\
      mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv\
      wwwwwwwwwwxxxxyyzzzzzzhtwy.s....aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee\
      eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";

/// Katakana of half width, U+FF66 to U+FF9D.
const HALF_WIDTH: [char; 56] = [
    'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', 'ー', 'ア', 'イ', 'ウ', 'エ', 'オ', 'カ', 'キ', 'ク',
    'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ', 'チ', 'ツ', 'テ', 'ト', 'ナ', 'ニ', 'ヌ', 'ネ', 'ノ', 'ハ', 'ヒ',
    'フ', 'ヘ', 'ホ', 'マ', 'ミ', 'ム', 'メ', 'モ', 'ヤ', 'ユ', 'ヨ', 'ラ', 'リ', 'ル', 'レ', 'ロ', 'ワ', 'ン',
];

/// The words of a text as they are compared, each with one blank before it and one after the last: " when do we move ".
/// Nothing of a text without a letter or a digit. What stands behind the first `most` characters is left out.
#[must_use]
pub fn fold(text: &str, most: usize) -> String {
    let mut folder =
        Folder { out: String::with_capacity(text.len().min(most.saturating_mul(4)) + 2), after_word: false };
    for sign in text.chars().take(most) {
        folder.take(sign);
    }
    folder.end()
}

/// Whether two texts are the same to people, whatever their capitals, accents, blanks and punctuation. Texts without a
/// letter are compared as they stand.
#[must_use]
pub fn same_text(one: &str, other: &str) -> bool {
    let folded = fold(one, usize::MAX);
    if folded.is_empty() { one.trim() == other.trim() } else { folded == fold(other, usize::MAX) }
}

struct Folder {
    out: String,
    after_word: bool,
}

impl Folder {
    fn take(&mut self, sign: char) {
        if sign.is_ascii_alphanumeric() {
            return self.letter(sign.to_ascii_lowercase());
        }
        if sign.is_ascii() {
            self.after_word = false;
            return;
        }
        match sign {
            _ if is_dropped(sign) => {}
            '\u{3099}' | '\u{FF9E}' => self.voice(1),
            '\u{309A}' | '\u{FF9F}' => self.voice(2),
            '\u{1161}'..='\u{1175}' | '\u{11A8}'..='\u{11C2}' => self.syllable(sign),
            '\u{FF01}'..='\u{FF5E}' => {
                // Letters, digits and signs of ASCII in the width of Chinese ones.
                self.take(char::from_u32(u32::from(sign) - 0xFEE0).unwrap_or(' '));
            }
            '\u{FF66}'..='\u{FF9D}' => {
                let place = (u32::from(sign) - 0xFF66) as usize;
                self.letter(HALF_WIDTH.get(place).copied().unwrap_or(sign));
            }
            _ if is_of_word(sign) => {
                for small in sign.to_lowercase() {
                    self.small(small);
                }
            }
            _ => self.after_word = false,
        }
    }

    /// A small letter that is not of ASCII.
    fn small(&mut self, sign: char) {
        match sign {
            'ß' => self.letters("ss"),
            'æ' => self.letters("ae"),
            'œ' => self.letters("oe"),
            'ĳ' => self.letters("ij"),
            'þ' => self.letters("th"),
            'ﬀ' => self.letters("ff"),
            'ﬁ' => self.letters("fi"),
            'ﬂ' => self.letters("fl"),
            _ if is_dropped(sign) => {}
            _ => self.letter(plain(sign)),
        }
    }

    fn letters(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.letter(letter);
        }
    }

    fn letter(&mut self, letter: char) {
        if !self.after_word {
            self.out.push(' ');
            self.after_word = true;
        }
        // "für" and "fuer" are one word, and both are "fur": people write either where a keyboard has no ü.
        if letter == 'e' && self.out.ends_with(['a', 'o', 'u']) {
            return;
        }
        self.out.push(letter);
    }

    /// Gives the kana before it the mark that makes it voiced, as a character of its own.
    fn voice(&mut self, step: u32) {
        let Some(last) = self.out.chars().next_back().filter(|_| self.after_word) else { return };
        let code = u32::from(last);
        let (kana, shift) = if code >= 0x30A0 { (code - 0x60, 0x60) } else { (code, 0) };
        let voiced = match kana {
            0x306F | 0x3072 | 0x3075 | 0x3078 | 0x307B => kana + step,
            0x304B..=0x3061 if step == 1 && kana % 2 == 1 => kana + 1,
            0x3064 | 0x3066 | 0x3068 if step == 1 => kana + 1,
            0x3046 if step == 1 => 0x3094,
            _ => return,
        };
        self.replace_last(voiced + shift);
    }

    /// Puts a vowel or a final consonant to the Korean syllable before it, as one character.
    fn syllable(&mut self, part: char) {
        let last = self.out.chars().next_back().filter(|_| self.after_word).map_or(0, u32::from);
        let part_code = u32::from(part);
        match (last, part_code) {
            (0x1100..=0x1112, 0x1161..=0x1175) => {
                self.replace_last(0xAC00 + ((last - 0x1100) * 21 + (part_code - 0x1161)) * 28);
            }
            (0xAC00..=0xD7A3, 0x11A8..=0x11C2) if (last - 0xAC00).is_multiple_of(28) => {
                self.replace_last(last + part_code - 0x11A7);
            }
            _ => self.letter(part),
        }
    }

    fn replace_last(&mut self, code: u32) {
        if let Some(letter) = char::from_u32(code) {
            self.out.pop();
            self.out.push(letter);
        }
    }

    fn end(mut self) -> String {
        if !self.out.is_empty() {
            self.out.push(' ');
        }
        self.out
    }
}

/// A small letter without its mark. Marks that make another letter, as in Hindi, stay.
fn plain(sign: char) -> char {
    let code = u32::from(sign);
    let of = |table: &[u8], first: u32| match table.get((code - first) as usize) {
        None | Some(b'.') => sign,
        Some(letter) => char::from(*letter),
    };
    match sign {
        '\u{E0}'..='\u{24F}' => of(LATIN, 0xE0),
        '\u{1E00}'..='\u{1EFF}' => of(LATIN_MORE, 0x1E00),
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        'й' | 'ѝ' => 'и',
        'ё' | 'ѐ' => 'е',
        'ї' => 'і',
        'ў' => 'у',
        'ѓ' => 'г',
        'ќ' => 'к',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ة' => 'ه',
        'ى' | 'ئ' | 'ی' => 'ي',
        'ؤ' => 'و',
        'ک' => 'ك',
        '٠'..='٩' => digit(code - 0x660),
        '۰'..='۹' => digit(code - 0x6F0),
        '०'..='९' => digit(code - 0x966),
        other => other,
    }
}

fn digit(value: u32) -> char {
    char::from_digit(value, 10).unwrap_or('0')
}

/// Marks that make no letter, and signs that nobody sees.
const fn is_dropped(sign: char) -> bool {
    matches!(sign,
        '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}'
        | '\u{5C4}' | '\u{5C5}' | '\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{61C}' | '\u{640}' | '\u{64B}'..='\u{65F}'
        | '\u{670}' | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}' | '\u{6E7}' | '\u{6E8}' | '\u{6EA}'..='\u{6ED}'
        | '\u{8D3}'..='\u{8FF}' | '\u{93C}' | '\u{9BC}' | '\u{A3C}' | '\u{180B}'..='\u{180F}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{20D0}'..='\u{20F0}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}' | '\u{FEFF}'
        | '\u{E0100}'..='\u{E01EF}')
}

/// Letters, digits, and marks that make letters, as in Hindi and Thai.
fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || is_mark(sign)
}
