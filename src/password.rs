//! Passwords: what is taken for one, and what is kept of it.
//!
//! How one is hashed and how easy it is to guess is decided outside of the domain ([`Passwords`](crate::ports::Passwords)).

use std::fmt;

use crate::text::TextProblem;

/// The fewest characters of a new password. NIST SP 800-63B-4 (section 3.1.1.2) asks for fifteen where a password is
/// the only factor and names eight as the least; with guesses limited by account and an estimate of how easy it is,
/// twelve is where this product stands.
pub const PASSWORD_MIN: u32 = 12;
/// The most bytes of a password: more than any manager makes, and no work to hash.
pub const PASSWORD_MAX: usize = 1_024;

/// What somebody typed for a password. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes what somebody says their password is.
    ///
    /// # Errors
    /// [`TextProblem`] when no password can be that: it is empty or too long.
    pub fn parse(raw: &str) -> Result<Self, TextProblem> {
        match raw.len() {
            0 => Err(TextProblem::Empty),
            1..=PASSWORD_MAX => Ok(Self(raw.to_owned())),
            _ => Err(TextProblem::TooLong { max: PASSWORD_MAX as u32 }),
        }
    }

    /// Takes what somebody wants for a new password, unless it is what everybody knows of them.
    ///
    /// # Errors
    /// [`TextProblem`] when it is too short, too long, or one of `known`.
    pub fn parse_new(raw: &str, known: &[&str]) -> Result<Self, TextProblem> {
        let password = Self::parse(raw)?;
        if raw.chars().count() < PASSWORD_MIN as usize {
            return Err(TextProblem::TooShort { min: PASSWORD_MIN });
        }
        let plain = |text: &str| text.trim().to_lowercase();
        let is_known = known.iter().any(|word| plain(word) == plain(raw));
        if is_known { Err(TextProblem::TooEasy) } else { Ok(password) }
    }

    /// The text itself, for whoever hashes it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What is kept of a password: a PHC string, which says how it was made. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes what was made or stored.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_its_bounds() {
        assert_eq!(Password::parse(""), Err(TextProblem::Empty));
        assert!(Password::parse("x").is_ok() && Password::parse(&"é".repeat(512)).is_ok());
        assert_eq!(Password::parse(&"x".repeat(1_025)), Err(TextProblem::TooLong { max: 1_024 }));
        assert_eq!(Password::parse_new("eleven char", &[]), Err(TextProblem::TooShort { min: 12 }));
        assert!(Password::parse_new("éééééééééééé", &[]).is_ok(), "characters are counted, not bytes");
    }

    #[test]
    fn what_everybody_knows_is_no_password() {
        let known = ["Ann Lee Brooks", "ann.lee@example.com"];
        for raw in ["ann.lee@example.com", "ANN.LEE@EXAMPLE.COM ", "ann lee brooks"] {
            assert_eq!(Password::parse_new(raw, &known), Err(TextProblem::TooEasy), "{raw}");
        }
        assert!(Password::parse_new("quite another thing", &known).is_ok());
    }

    #[test]
    fn neither_a_password_nor_its_hash_is_shown() {
        let shown = format!("{:?} {:?}", Password::parse("hunter2"), PasswordHash::new("$argon2id$x".to_owned()));
        assert!(!shown.contains("hunter2") && !shown.contains("argon2id"), "{shown}");
    }
}
