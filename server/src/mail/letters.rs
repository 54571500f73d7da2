//! The texts of letters: plain text with one link at most, and what to do if it was not expected.

use pulsestage::email::Email;
use pulsestage::link::{Letter, PersonLinkPurpose};
use pulsestage::ports::{Notice, NoticeKind};
use pulsestage::tenant::Tenant;

/// What a letter is about.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// What its link is for.
    pub purpose: PersonLinkPurpose,
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
    let (subject, what, after) = match purpose {
        PersonLinkPurpose::Invitation => (
            format!("You are invited to {tenant}"),
            format!("You have been invited to {tenant} on PulseStage. Open this link to choose your password:"),
            "The link works once and expires in seven days. If you were not expecting this, you can ignore it.",
        ),
        PersonLinkPurpose::Password => (
            format!("A new password for {tenant}"),
            format!("Open this link to choose a new password for {tenant}:"),
            "The link works once and expires in an hour. If you did not ask for it, ignore this email: your password stays the same.",
        ),
        PersonLinkPurpose::SignIn => (
            format!("Sign in to {tenant}"),
            format!("Open this link to sign in to {tenant}:"),
            "The link works once and expires in 15 minutes. If you did not ask for it, you can ignore this email.",
        ),
    };
    let text = format!("Hello {name},\n\n{what}\n\n{link}\n\n{after}\n");
    Letter { to, subject: one_line(&subject), text }
}

/// Writes the letter about a change to somebody's account.
#[must_use]
pub(super) fn notice(notice: Notice) -> Letter {
    let Notice { to, name, tenant: Tenant { name: tenant, .. }, news } = notice;
    let alarm = format!("If this was not you and you did not ask for it, contact an admin of {tenant} right away.");
    let (subject, what, after) = match news {
        NoticeKind::Password => {
            ("Your password was changed", format!("Your password for {tenant} was changed."), alarm)
        }
        NoticeKind::Address(Some(email)) => (
            "Your email address was changed",
            format!("Your email address in {tenant} was changed to {}.", email.as_str()),
            alarm,
        ),
        NoticeKind::Address(None) => {
            ("Your email address was removed", format!("Your email address in {tenant} was removed."), alarm)
        }
        NoticeKind::AddressAsked(email) => (
            "A change of your email address was requested",
            format!(
                "Your email address in {tenant} is to be changed to {}. It stays the same until the new address is confirmed.",
                email.as_str()
            ),
            alarm,
        ),
        NoticeKind::ConfirmAddress { link } => (
            "Confirm your email address",
            format!("Open this link to confirm your email address for {tenant}:\n\n{link}"),
            "The link works once and expires in a day. If you were not expecting this, ignore it: nothing changes."
                .to_owned(),
        ),
        NoticeKind::NewLink => (
            "A link for a new password was created",
            format!("An admin of {tenant} created a link with which you can choose a new password."),
            alarm,
        ),
        NoticeKind::Role(role) => ("Your role was changed", format!("Your role in {tenant} is now {role}."), alarm),
        NoticeKind::SessionsEnded => (
            "You were signed out",
            format!("An admin of {tenant} signed you out. You can sign in again at any time."),
            alarm,
        ),
        NoticeKind::SecondFactor { on: true } => (
            "Your second factor was turned on",
            format!("Signing in to {tenant} now asks for a code of your second factor."),
            alarm,
        ),
        NoticeKind::SecondFactor { on: false } => (
            "Your second factor was turned off",
            format!("Signing in to {tenant} no longer asks for a second factor."),
            alarm,
        ),
    };
    let text = format!("Hello {name},\n\n{what}\n\n{after}\n");
    Letter { to, subject: one_line(&format!("{subject}: {tenant}")), text }
}

/// A subject is a header: what could end its line is a space.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::TenantId;
    use pulsestage::tenant::TenantSettings;
    use uuid::Uuid;

    #[test]
    fn a_notice_says_what_was_done_and_has_no_second_header() {
        let other = Email::parse("other@example.com").unwrap();
        let all = [
            (NoticeKind::Password, "Your password for Acme"),
            (NoticeKind::Address(Some(other.clone())), "changed to other@example.com"),
            (NoticeKind::Address(None), "was removed"),
            (NoticeKind::AddressAsked(other), "is to be changed to other@example.com"),
            (
                NoticeKind::ConfirmAddress { link: "https://a.example/address/1".to_owned() },
                "\nhttps://a.example/address/1\n",
            ),
            (NoticeKind::NewLink, "a new password"),
            (NoticeKind::Role(pulsestage::user::Role::Admin), "is now admin"),
            (NoticeKind::SessionsEnded, "signed you out"),
            (NoticeKind::SecondFactor { on: true }, "now asks for a code"),
            (NoticeKind::SecondFactor { on: false }, "no longer asks"),
        ];
        for (news, said) in all {
            let to = Email::parse("ann@example.com").unwrap();
            let tenant = Tenant {
                id: TenantId(Uuid::nil()),
                slug: "acme".to_owned(),
                name: "Acme\r\nBcc: x@y".to_owned(),
                settings: TenantSettings::default(),
            };
            let letter = notice(Notice { to, name: "Ann".to_owned(), tenant, news });
            assert!(letter.text.contains(said) && letter.text.starts_with("Hello Ann,"), "{}", letter.text);
            assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
        }
    }

    #[test]
    fn a_letter_has_its_link_and_says_how_long_it_is_good() {
        for (purpose, time) in [
            (PersonLinkPurpose::Invitation, "seven days"),
            (PersonLinkPurpose::Password, "an hour"),
            (PersonLinkPurpose::SignIn, "15 minutes"),
        ] {
            let occasion = Occasion { purpose, tenant: "Acme\r\nBcc: x@y", name: "Ann", link: "https://a.example/l/1" };
            let letter = letter(Email::parse("ann@example.com").unwrap(), occasion);
            assert!(letter.text.contains("\nhttps://a.example/l/1\n") && letter.text.contains(time), "{}", letter.text);
            assert!(letter.text.starts_with("Hello Ann,") && !letter.subject.contains(['\r', '\n']));
        }
    }
}
