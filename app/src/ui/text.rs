//! Numbers and their words, as people read them.

/// One of them, or several: `1 vote`, `2 votes`.
#[must_use]
pub fn plural(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// A number with its thousands set apart: `10,000`.
#[must_use]
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        text.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `set_team_state` as `Set team state`.
#[must_use]
pub fn words_of(word: &str) -> String {
    let mut letters = word.chars().map(|letter| if letter == '_' { ' ' } else { letter });
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

/// A text for where leptos writes text into the document as it stands: `<title>` by its meta tags, and the content of a
/// `<textarea>`. On the server it is escaped; a browser sets it as text and needs nothing.
#[must_use]
pub fn escaped(text: String) -> String {
    if cfg!(feature = "ssr") { text.replace('&', "&amp;").replace('<', "&lt;") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (n, text) in [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (10_000, "10,000"),
            (1_234_567, "1,234,567"),
            (-4_200, "-4,200"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(thousands(n), text);
        }
    }

    #[test]
    fn one_is_singular_and_nothing_else_is() {
        assert_eq!(plural(0, "vote", "votes"), "0 votes");
        assert_eq!(plural(1, "vote", "votes"), "1 vote");
        assert_eq!(plural(1_043, "vote", "votes"), "1,043 votes");
    }

    #[test]
    fn a_word_reads_as_words() {
        assert_eq!(words_of("set_team_state"), "Set team state");
        assert_eq!((words_of("pin"), words_of("")), ("Pin".to_owned(), String::new()));
    }
}
