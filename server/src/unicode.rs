//! What of Unicode needs tables: one spelling for each text, and keys by which texts are the same to people.

use axum::body::Bytes;
use std::borrow::Cow;
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_security::skeleton;

use pulsestage::email::Email;
use pulsestage::ports::Unicode;

/// The text in Normalization Form C: what looks the same and means the same is the same.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::Maybe | IsNormalized::No => Cow::Owned(text.nfc().collect()),
    }
}

/// A form or a query, `application/x-www-form-urlencoded`, with all of its texts in Normalization Form C. Every text that
/// people send passes here; one that is in that form already passes as it is.
#[must_use]
pub fn nfc_form(form: &[u8]) -> Option<String> {
    let is_plain = form.is_ascii() && !form.contains(&b'%');
    let is_nfc = |text: &str| is_nfc_quick(text.chars()) == IsNormalized::Yes;
    if is_plain || url::form_urlencoded::parse(form).all(|(name, value)| is_nfc(&name) && is_nfc(&value)) {
        return None;
    }
    let pairs =
        url::form_urlencoded::parse(form).map(|(name, value)| (nfc(&name).into_owned(), nfc(&value).into_owned()));
    Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// The same for a body.
#[must_use]
pub fn nfc_body(body: Bytes) -> Bytes {
    nfc_form(&body).map_or(body, Bytes::from)
}

/// What two names have in common that are one name: capitals, the width of letters, signs that nobody sees and the
/// number of blanks make no difference, accents do.
#[must_use]
pub fn name_key(name: &str) -> String {
    let shown: String = caseless(name).nfkc().collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text in Normalization Form KC, without capitals and signs that nobody sees.
fn caseless(text: &str) -> String {
    let compatible: String = text.nfkc().collect();
    // Twice: there are letters, such as ß, whose capitals have other small ones.
    let folded = compatible.to_lowercase().to_uppercase().to_lowercase();
    folded.nfkc().filter(|c| !is_ignorable(*c)).collect()
}

/// A mark that stands on, under or through letters of any alphabet. Behind [`caseless`] it is one that makes no letter. Those
/// of writings that spell with marks, such as Hindi and Arabic, are not among them.
const fn is_overlay(sign: char) -> bool {
    matches!(sign, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Unicode's default ignorable code points.
const fn is_ignorable(sign: char) -> bool {
    matches!(sign, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A domain as its registry has it (UTS #46), in letters that people read and search for.
#[must_use]
pub fn domain(typed: &str) -> String {
    match idna::domain_to_ascii(typed) {
        Ok(ascii) => idna::domain_to_unicode(&ascii).0,
        Err(_) => typed.nfkc().collect::<String>().to_lowercase(),
    }
}

/// What two spellings of one address have in common: the domain as its registry has it, and no capitals.
#[must_use]
pub fn email_key(email: &Email) -> String {
    let text = email.as_str();
    let Some((local, host)) = text.rsplit_once('@') else { return text.to_lowercase() };
    let local: String = local.nfkc().collect::<String>().to_lowercase().nfc().collect();
    format!("{local}@{}", domain(host))
}

/// Unicode with its tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tables;

impl Unicode for Tables {
    fn skeleton(&self, name: &str) -> String {
        // UTS #39 tells letters of the same shape; the rest is what else people take for one another.
        let plain = |text: &str| -> String {
            text.nfkd().filter(|sign| !is_combining_mark(*sign) && !is_ignorable(*sign)).collect()
        };
        let lower = plain(&skeleton(&plain(name)).collect::<String>()).to_lowercase();
        let shape = plain(&skeleton(&lower).collect::<String>()).to_lowercase();
        let letter = |sign: char| match sign {
            '0' => 'o',
            '1' | 'i' | '|' | '!' | 'ı' => 'l',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        };
        shape.chars().map(letter).filter(|sign| sign.is_alphanumeric()).collect()
    }

    fn email_key(&self, email: &Email) -> String {
        email_key(email)
    }

    fn fold(&self, text: &str) -> String {
        caseless(text).nfkc().filter(|sign| !is_overlay(*sign)).collect()
    }

    fn without_accents(&self, text: &str) -> String {
        self.fold(&text.nfkd().filter(|sign| !is_overlay(*sign)).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_name_has_one_key() {
        for (one, other) in [
            ("Zürich", "Zu\u{308}rich"),
            ("Zürich", "ZÜ\u{200B}RICH"),
            ("Straße", "STRASSE"),
            ("Ａｃｍｅ  Team", "acme team"),
            ("ﬁnance", "Finance"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        for (one, other) in [("Zurich", "Zürich"), ("Résumé", "Resume"), ("A1", "AI")] {
            assert_ne!(name_key(one), name_key(other));
        }
    }

    #[test]
    fn one_address_has_one_key() {
        let key = |text: &str| email_key(&Email::parse(text).unwrap());
        for other in ["jorg@xn--bcher-kva.example", "JORG@BÜCHER.example", "jorg@bücher.EXAMPLE"] {
            assert_eq!(key("jorg@bücher.example"), key(other), "{other}");
        }
        assert_ne!(key("jorg@bücher.example"), key("jorg@bucher.example"));
        assert_eq!(key("o'brien+x@Example.COM"), "o'brien+x@example.com");
    }

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        let skeleton = |name: &str| Tables.skeleton(name);
        for alike in [
            "MODERATOR",
            "Mоdеrаtоr",
            "Ｍｏｄｅｒａｔｏｒ",
            "M0derat0r",
            "Mod\u{200B}erator",
            "M o d e r a t o r",
            "Mödérator",
            "𝐌𝐨𝐝𝐞𝐫𝐚𝐭𝐨𝐫",
            "Moderator.",
            "Мoderator",
        ] {
            assert_eq!(skeleton(alike), skeleton("Moderator"), "{alike}");
        }
        for (one, other) in [("Admin", "Adm1n"), ("Bill", "BiII"), ("Ann Lee", "Аnn Lее"), ("Anna", "Αnnа")] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in [("Ann", "Anna"), ("Bob", "Rob"), ("李", "王")] {
            assert_ne!(skeleton(one), skeleton(other));
        }
    }

    #[test]
    fn a_text_is_searched_however_it_is_written() {
        let fold = |text: &str| Tables.fold(text);
        for (one, other) in [
            ("Zürich", "Zu\u{308}rich"),
            ("ＺＵ\u{308}ＲＩＣＨ", "zürich"),
            ("Straße", "STRASSE"),
            ("c\u{336}a\u{336}fe\u{301}\u{336}", "café"),
            ("soft\u{AD}ware", "soft\u{200B}ware"),
            ("हिन्दी", "हिन्दी"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [("schon", "schön"), ("हिन्दी", "हनद"), ("a b", "ab")] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
        assert_eq!(
            (fold("a\nB"), Tables.without_accents("Schön, Ｆü\u{323}ck")),
            ("a\nb".to_owned(), "schon, fuck".to_owned())
        );
    }

    #[test]
    fn the_text_filter_is_not_fooled_by_spelling() {
        use pulsestage::moderation::Hold;
        use pulsestage::text_filter::screen;
        let minded = ["Idiot", "Café", "straße", "Цензура"].map(str::to_owned);
        for (text, word) in [
            ("ｆｕｃｋ", "fuck"),
            ("ＦＵＣＫ", "fuck"),
            ("fu\u{AD}ck", "fuck"),
            ("f\u{200B}u\u{200D}c\u{2060}k", "fuck"),
            ("f\u{336}u\u{336}c\u{336}k\u{336}", "fuck"),
            ("fu\u{301}ck", "fuck"),
            ("fúçk", "fuck"),
            ("𝓯𝓾𝓬𝓴", "fuck"),
            ("ⓕⓤⓒⓚ", "fuck"),
            ("f_ｕ_c_k", "fuck"),
            ("l’ídíot", "idiot"),
            ("IDIOT’S", "idiot"),
            ("a CAFE\u{301}", "café"),
            ("c\u{336}afé", "café"),
            ("STRASSE", "straße"),
            ("ЦЕНЗУРА", "цензура"),
        ] {
            assert_eq!(screen(text, &minded, &Tables), Some(Hold::Word(word.to_owned())), "{}", text.escape_unicode());
        }
        for (text, hold) in [
            ("ｈｔｔｐｓ：／／example.com", Hold::Link),
            ("jane＠example.com", Hold::Contact),
            ("call ０３０ １２３４５６７", Hold::Contact),
            ("call 030\u{A0}123\u{2009}4567", Hold::Contact),
        ] {
            assert_eq!(screen(text, &minded, &Tables), Some(hold), "{text}");
        }
        for text in [
            "Scunthorpe",
            "Ｓｃｕｎｔｈｏｒｐｅ",
            "S\u{AD}cunthorpe",
            "a cafe",
            "класс",
            "1\u{202F}234\u{202F}567,00",
            "2019–2021",
        ] {
            assert_eq!(screen(text, &minded, &Tables), None, "{text}");
        }
    }

    #[test]
    fn a_form_keeps_all_but_its_spelling() {
        assert_eq!(nfc_form(b"a=b+c&d%5Be%5D=%F0%9F%98%80&x=%C3%BC"), None);
        assert_eq!(nfc_form(b"n=Zu%CC%88rich&s%5Ba%5D=1+2&n=x").as_deref(), Some("n=Z%C3%BCrich&s%5Ba%5D=1+2&n=x"));
    }

    proptest! {
        #[test]
        fn keys_of_keys_are_the_same(text in any::<String>()) {
            let once = name_key(&text);
            prop_assert_eq!(name_key(&once), once);
            let normal = nfc(&text).into_owned();
            prop_assert_eq!(nfc(&normal).into_owned(), normal.clone());
            prop_assert_eq!(name_key(&text), name_key(&normal));
            prop_assert_eq!(Tables.skeleton(&text), Tables.skeleton(&normal));
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(Tables.fold(&text), Tables.fold(&decomposed));
            prop_assert_eq!(Tables.fold(&Tables.fold(&text)), Tables.fold(&text));
        }
    }
}
