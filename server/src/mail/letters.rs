//! What letters say: plain text, one link, and what to do when one did not ask for it.

use pulsestage::door::{Letter, Purpose};
use pulsestage::email::Email;

/// What a letter is about.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// What its link is for.
    pub purpose: Purpose,
    /// The tenant's name.
    pub tenant: &'a str,
    /// What the reader is called.
    pub name: &'a str,
    /// The whole address of the link.
    pub link: &'a str,
}

/// Writes a letter.
#[must_use]
pub fn letter(to: Email, occasion: Occasion<'_>) -> Letter {
    let Occasion { purpose, tenant, name, link } = occasion;
    let (subject, why, instead) = match purpose {
        Purpose::Invitation => (
            format!("You are invited to {tenant}"),
            format!("you are invited to {tenant} on PulseStage. Open this link to choose your password:"),
            "The link works once, within seven days. If you do not know what this is about, ignore it.",
        ),
        Purpose::Password => (
            format!("A new password for {tenant}"),
            format!("open this link to choose a new password for {tenant}:"),
            "The link works once, within an hour. If you did not ask for it, ignore this: your password stays.",
        ),
        Purpose::SignIn => (
            format!("Sign in to {tenant}"),
            format!("open this link to sign in to {tenant}:"),
            "The link works once, within 15 minutes. If you did not ask for it, ignore this: nobody was signed in.",
        ),
    };
    let text = format!("Hello {name},\n\n{why}\n\n{link}\n\n{instead}\n");
    Letter { to, subject: one_line(&subject), text }
}

/// A subject is a header: what could end its line is a space.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_its_link_and_says_how_long_it_is_good() {
        for (purpose, time) in
            [(Purpose::Invitation, "seven days"), (Purpose::Password, "an hour"), (Purpose::SignIn, "15 minutes")]
        {
            let occasion = Occasion { purpose, tenant: "Acme\r\nBcc: x@y", name: "Ann", link: "https://a.example/l/1" };
            let letter = letter(Email::parse("ann@example.com").unwrap(), occasion);
            assert!(letter.text.contains("\nhttps://a.example/l/1\n") && letter.text.contains(time), "{}", letter.text);
            assert!(letter.text.starts_with("Hello Ann,") && !letter.subject.contains(['\r', '\n']));
        }
    }
}
