//! The port for what of Unicode needs tables.

use crate::email::Email;

/// Compares texts as people do.
pub trait Unicode: Send + Sync {
    /// What two names have in common that look alike: other letters of the same shape, capitals, accents, blank space and
    /// digits in place of letters make no difference. It is compared and never shown.
    fn skeleton(&self, name: &str) -> String;

    /// What two spellings of one address have in common.
    fn email_key(&self, email: &Email) -> String;

    /// A text as it is searched: capitals, the width of letters, the way an accent is written, signs that nobody sees and
    /// marks that make no letter make no difference; accents, blanks and line ends do.
    fn fold(&self, text: &str) -> String;

    /// The same without accents.
    fn without_accents(&self, text: &str) -> String;
}

/// Knows capitals alone: for commands, which compare nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainUnicode;

impl Unicode for PlainUnicode {
    fn skeleton(&self, name: &str) -> String {
        name.to_lowercase()
    }

    fn email_key(&self, email: &Email) -> String {
        email.key()
    }

    fn fold(&self, text: &str) -> String {
        text.to_lowercase()
    }

    fn without_accents(&self, text: &str) -> String {
        self.fold(text)
    }
}
