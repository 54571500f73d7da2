//! What letters say: plain text, one link, and what to do when one did not ask for it.

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
    let (subject, why, instead) = match purpose {
        PersonLinkPurpose::Invitation => (
            format!("You are invited to {tenant}"),
            format!("you are invited to {tenant} on PulseStage. Open this link to choose your password:"),
            "The link works once, within seven days. If you do not know what this is about, ignore it.",
        ),
        PersonLinkPurpose::Password => (
            format!("A new password for {tenant}"),
            format!("open this link to choose a new password for {tenant}:"),
            "The link works once, within an hour. If you did not ask for it, ignore this: your password stays.",
        ),
        PersonLinkPurpose::SignIn => (
            format!("Sign in to {tenant}"),
            format!("open this link to sign in to {tenant}:"),
            "The link works once, within 15 minutes. If you did not ask for it, ignore this: nobody was signed in.",
        ),
    };
    let text = format!("Hello {name},\n\n{why}\n\n{link}\n\n{instead}\n");
    Letter { to, subject: one_line(&subject), text }
}

/// Writes the letter about what was done to how somebody comes in.
#[must_use]
pub(super) fn notice(notice: Notice) -> Letter {
    /// What to do about what one did not do.
    const ALARM: &str = "If that was not you and you did not ask for it, tell whoever runs this room at once.";
    let Notice { to, name, tenant: Tenant { name: tenant, .. }, news } = notice;
    let (subject, what, instead) = match news {
        NoticeKind::Password => ("Your password was changed", "your password was changed.".to_owned(), ALARM),
        NoticeKind::Address(Some(email)) => {
            ("Your address was changed", format!("your e-mail address was changed to {}.", email.as_str()), ALARM)
        }
        NoticeKind::Address(None) => {
            ("Your address was changed", "your e-mail address was taken away.".to_owned(), ALARM)
        }
        NoticeKind::AddressAsked(email) => (
            "Your address is to be changed",
            format!(
                "your e-mail address is to be {}. It stays as it is until that is confirmed there.",
                email.as_str()
            ),
            ALARM,
        ),
        NoticeKind::ConfirmAddress { link } => (
            "Confirm your address",
            format!("open this link to confirm that this is your e-mail address:\n\n{link}"),
            "The link works once, within a day. If you do not know what this is about, ignore it: nothing is changed then.",
        ),
        NoticeKind::NewLink => (
            "A link was made for you",
            "somebody who runs this room made a link with which you choose a new password.".to_owned(),
            ALARM,
        ),
        NoticeKind::Role(role) => ("Your role was changed", format!("your role is {role} now."), ALARM),
        NoticeKind::SessionsEnded => (
            "You were signed out",
            "somebody who runs this room ended your sessions. Sign in again when you need to.".to_owned(),
            ALARM,
        ),
        NoticeKind::SecondFactor { on: true } => (
            "A second factor was set up",
            "signing in asks for a code of your second factor from now on.".to_owned(),
            ALARM,
        ),
        NoticeKind::SecondFactor { on: false } => {
            ("The second factor was taken off", "signing in asks for no second factor any more.".to_owned(), ALARM)
        }
    };
    let text = format!("Hello {name},\n\nin {tenant} on PulseStage {what}\n\n{instead}\n");
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
            (NoticeKind::Password, "your password was changed"),
            (NoticeKind::Address(Some(other.clone())), "changed to other@example.com"),
            (NoticeKind::Address(None), "taken away"),
            (NoticeKind::AddressAsked(other), "is to be other@example.com"),
            (
                NoticeKind::ConfirmAddress { link: "https://a.example/address/1".to_owned() },
                "\nhttps://a.example/address/1\n",
            ),
            (NoticeKind::NewLink, "a new password"),
            (NoticeKind::Role(pulsestage::user::Role::Admin), "your role is admin"),
            (NoticeKind::SessionsEnded, "ended your sessions"),
            (NoticeKind::SecondFactor { on: true }, "second factor"),
            (NoticeKind::SecondFactor { on: false }, "no second factor"),
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
