//! The second factor: asking for its code, setting it up, and changing it.

use leptos::prelude::*;
use pulsestage::second_factor::SecondFactor;

use super::Problems;
use super::document::{AccountDocument, way};
use super::field::{Field, hidden, send, whole_problem};
use super::sign_in::home;
use crate::branding::Branding;
use crate::ui::erase::Erase;
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::time::in_utc;

/// The page that asks for a code after the password or the link.
#[derive(Clone, Debug, Default)]
pub struct AskForCode {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// As in [`SignIn`](super::SignIn), written for an address.
    pub to: String,
    /// Whether a recovery code is asked for instead.
    pub recovery: bool,
    /// What was wrong.
    pub problems: Problems,
}

impl AskForCode {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, to, recovery, problems } = self;
        let (field, with, other, word) = if recovery {
            (Field::recovery_code("code", "Recovery code"), "recovery", "app", "Use a code from the app")
        } else {
            (Field::code("code", "Code"), "app", "recovery", "Use a recovery code")
        };
        let body = view! {
            {whole_problem(&problems)}
            <form class="form" method="post" action=format!("{room}/sign-in/code?with={with}&to={to}")>
                {field.first().draw_with(&problems)}
                {send("Sign in", true)}
            </form>
            {way(format!("{room}/sign-in/code?with={other}&to={to}"), word)}
            {way(format!("{room}/sign-in"), "Back to sign-in")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Shield,
            title: "Enter your code".to_owned(),
            lead: if recovery {
                "Enter one of your recovery codes."
            } else {
                "Enter the code from your authenticator app."
            }
            .to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// The page on which somebody sets a second factor up.
#[derive(Clone, Debug, Default)]
pub struct SetUpFactor {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// Where the form goes.
    pub action: String,
    /// The QR code, as the text of an SVG picture of ours.
    pub qr: String,
    /// The secret, for typing.
    pub secret: String,
    /// What comes back with the first code.
    pub sealed: String,
    /// Whether there is another one already, whose code must be shown.
    pub replaces: bool,
    /// Whether the sign-in waits for it.
    pub is_required: bool,
    /// What was wrong.
    pub problems: Problems,
}

impl SetUpFactor {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, action, qr, secret, sealed, replaces, is_required, problems } = self;
        let current = replaces.then(|| {
            let hint = Some("From the app you use now, or a recovery code.".to_owned());
            Field { hint, keys: None, ..Field::code("current", "Code from your current app") }.draw_with(&problems)
        });
        let back = if is_required {
            way(format!("{room}/sign-in"), "Back to sign-in")
        } else {
            way(format!("{room}/second-factor"), "Back")
        };
        let body = view! {
            {whole_problem(&problems)}
            <ol class="steps">
                <li>"Install an authenticator app on your phone."</li>
                <li>"Scan this QR code with the app, or enter the key."</li>
                <li>"Enter the code shown in the app."</li>
            </ol>
            <div class="code__qr" role="img" aria-label="QR code for the authenticator app" inner_html=qr></div>
            <p>"Key: " <code>{grouped(&secret)}</code></p>
            <form class="form" method="post" action=action>
                {hidden("setup", &sealed)}
                {current}
                {Field::code("code", "Code from the new app").first().draw_with(&problems)}
                {send("Turn on", true)}
            </form>
            {back}
        }
        .into_any();
        let lead = if is_required {
            "Your role needs a second factor: after your password you enter a code from an app on your phone."
        } else {
            "After your password you enter a code from an app on your phone."
        };
        AccountDocument {
            mark: Icon::Shield,
            title: "Set up a second factor".to_owned(),
            lead: lead.to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// The page that shows recovery codes, once.
#[derive(Clone, Debug, Default)]
pub struct ShowRecoveryCodes {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// The codes.
    pub codes: Vec<String>,
    /// Where it goes on.
    pub next: String,
}

impl ShowRecoveryCodes {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, codes, next } = self;
        // Only letters, digits, hyphens and line ends, so that this is all there is to write for an address.
        let file = format!("data:text/plain;charset=utf-8,{}%0A", codes.join("%0A"));
        let body = view! {
            <Notice weight=Weight::Warn mark=Icon::Alert>
                <p>"They are shown only once. Print them or keep them with your passwords."</p>
            </Notice>
            <div class="field">
                <label class="field__label" for="codes">
                    "Recovery codes"
                </label>
                <textarea class="input" id="codes" rows=codes.len() readonly=true spellcheck="false">
                    {codes.join("\n")}
                </textarea>
            </div>
            <div class="solo__do">
                <a class="btn" download="recovery-codes.txt" href=file>
                    "Download"
                </a>
                <a class="btn btn--main" href=next>
                    "I have saved them"
                </a>
            </div>
        }
        .into_any();
        AccountDocument {
            mark: Icon::Check,
            title: "Save your recovery codes".to_owned(),
            lead: "The second factor is on. If you lose your phone, each of these codes signs you in once.".to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// The page about one's own second factor.
#[derive(Clone, Debug, Default)]
pub struct OwnFactor {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// The second factor.
    pub factor: Option<SecondFactor>,
    /// Whether it must stay on.
    pub is_required: bool,
    /// Where "Not now" leads, when it is offered on the way somewhere.
    pub later: Option<String>,
}

impl OwnFactor {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, factor, is_required, later } = self;
        let change = |word: &'static str, what: &'static str| {
            let href = format!("{room}/second-factor?change={what}");
            view! {
                <a class="btn" href=href>
                    {word}
                </a>
            }
            .erase()
        };
        let (lead, body) = match factor {
            None => {
                let start = format!("{room}/second-factor?change=app");
                let later = later.map(|href| {
                    view! {
                        <a class="btn" href=href>
                            "Not now"
                        </a>
                    }
                    .erase()
                });
                let body = view! {
                    <div class="solo__do">
                        <a class="btn btn--main" href=start>
                            "Set it up"
                        </a>
                        {later}
                    </div>
                }
                .erase();
                ("Off. Turn it on, and nobody can sign in as you with your password alone.".to_owned(), body)
            }
            Some(SecondFactor { enabled_at, recovery_codes, .. }) => {
                let lead = format!(
                    "On since {}. {recovery_codes} recovery {} left.",
                    in_utc(enabled_at),
                    if recovery_codes == 1 { "code is" } else { "codes are" }
                );
                let body = view! {
                    <div class="solo__do">
                        {change("Use another app or phone", "app")} {change("New recovery codes", "codes")}
                        {(!is_required).then(|| change("Turn it off", "off"))}
                    </div>
                }
                .erase();
                (lead, body)
            }
        };
        let body = view! {
            {body}
            {way(format!("{room}/password"), "Change password")}
            {way(home(&room), "Back to questions")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Shield,
            title: "Second factor".to_owned(),
            lead,
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// What is changed of a second factor with one of its codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FactorChange {
    /// The recovery codes are replaced.
    #[default]
    Codes,
    /// It is turned off.
    Off,
}

/// The page on which a change is confirmed.
#[derive(Clone, Debug, Default)]
pub struct ChangeFactor {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// What is changed.
    pub change: FactorChange,
    /// What was wrong.
    pub problems: Problems,
}

impl ChangeFactor {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, change, problems } = self;
        let (path, title, lead, word) = match change {
            FactorChange::Codes => {
                ("codes", "New recovery codes", "Your current codes stop working.", "Show new codes")
            }
            FactorChange::Off => {
                ("off", "Turn off the second factor", "You will sign in with your password alone.", "Turn off")
            }
        };
        let hint = Some("From your app, or a recovery code.".to_owned());
        let field = Field { hint, keys: None, ..Field::code("code", "Code") };
        let body = view! {
            {whole_problem(&problems)}
            <form class="form" method="post" action=format!("{room}/second-factor/{path}")>
                {field.first().draw_with(&problems)}
                {send(word, true)}
            </form>
            {way(format!("{room}/second-factor"), "Back")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Shield,
            title: title.to_owned(),
            lead: lead.to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// A secret in groups of four, as it is typed.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_in_groups() {
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
        assert_eq!(grouped(""), "");
    }
}
