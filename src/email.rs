//! E-mail addresses, as far as they can be judged without writing to them.

use std::fmt;

use crate::text::TextProblem;

/// The longest address, in bytes (RFC 5321, section 4.5.3.1.3, without the angle brackets).
pub const EMAIL_MAX: usize = 254;
/// The longest part before the `@`, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// An address that mail can be sent to: one line, one `@` with something on both sides, nothing that a header, a
/// comment or a list of addresses could be made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Takes an address; blank space around it is dropped.
    ///
    /// # Errors
    /// [`TextProblem`] when it is empty, too long or none.
    pub fn parse(raw: &str) -> Result<Self, TextProblem> {
        let text = raw.trim();
        if text.is_empty() {
            return Err(TextProblem::Empty);
        }
        if text.len() > EMAIL_MAX {
            return Err(TextProblem::TooLong { max: EMAIL_MAX as u32 });
        }
        let (local, domain) = text.rsplit_once('@').ok_or(TextProblem::BadForm)?;
        let sound = is_local(local) && is_domain(domain);
        sound.then(|| Self(text.to_owned())).ok_or(TextProblem::BadForm)
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address given away.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// What two addresses of the same person have in common: no provider tells letters by their case.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The part after the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        self.0.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_local(local: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (1..=LOCAL_MAX).contains(&local.len())
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let plain = label.chars().all(|c| c.is_alphanumeric() || c == '-');
        (1..=63).contains(&label.len()) && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_taken_as_typed_and_compared_in_lower_case() {
        for good in
            ["a@b", "Ann.Lee@Example.COM", "o'brien+town@mail.example.co.uk", "jörg@bücher.example", "x@localhost"]
        {
            assert_eq!(Email::parse(&format!(" {good}\n")).map(Email::into_string), Ok(good.to_owned()));
        }
        let email = Email::parse("Ann.Lee@Example.COM").unwrap();
        assert_eq!((email.key().as_str(), email.domain().as_str()), ("ann.lee@example.com", "example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "a",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a@b c",
            "a@b,c@d",
            "a@b\nBcc: c@d",
            "<a@b>",
            "a@b>",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@.b",
            "a@b.",
            "a@b..c",
            "a@-b",
            "a@b-",
            "a\u{0}@b",
            "a@b;c",
            "\"a\"@b",
            "a(b)@c",
            "a@[127.0.0.1]",
        ] {
            assert_eq!(Email::parse(bad), Err(TextProblem::BadForm), "{bad:?}");
        }
        assert_eq!(Email::parse(" \t"), Err(TextProblem::Empty));
        assert_eq!(Email::parse(&format!("{}@b", "a".repeat(65))), Err(TextProblem::BadForm));
        assert_eq!(Email::parse(&"a".repeat(300)), Err(TextProblem::TooLong { max: 254 }));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_one_word_on_one_line(raw in ".*") {
            if let Ok(email) = Email::parse(&raw) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
                prop_assert!(!email.as_str().contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;:\"".contains(c)));
            }
        }
    }
}
