//! Showing once more who one is, and confirming an address.

use leptos::prelude::*;

use super::Problems;
use super::claim::confirmation;
use super::document::{AccountDocument, way};
use super::field::{Field, hidden, send, whole_problem};
use super::sign_in::home;
use crate::branding::Branding;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};

/// The page on which somebody who is signed in shows once more who they are.
#[derive(Clone, Debug, Default)]
pub struct ConfirmIdentityPage {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// The page to go to afterwards.
    pub to: String,
    /// Whether they have a password.
    pub password: bool,
    /// Whether a link can be mailed to them.
    pub mails: bool,
    /// As in [`SignIn`](super::SignIn).
    pub provider: Option<(String, String)>,
    /// Whether a link was just mailed.
    pub mailed: bool,
    /// The form that waits for this: its server function and its fields as they were sent.
    pub held: Option<(String, String)>,
    /// What was wrong.
    pub problems: Problems,
}

impl ConfirmIdentityPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, to, password, mails, provider, mailed, held, problems } = self;
        let lead = match held {
            Some(_) => "Nothing has changed yet. With your password you get back to the form as you filled it in.",
            None => "This change needs it. Nothing has changed yet: make the change again afterwards.",
        };
        let held = held.map(|(endpoint, form)| {
            view! {
                {hidden("endpoint", &endpoint)}
                {hidden("form", &form)}
            }
        });
        let action = format!("{room}/confirm");
        let nothing = !password && !mails && provider.is_none();
        let with_password = password.then(|| {
            view! {
                <form class="form" method="post" action=action.clone()>
                    {hidden("to", &to)}
                    {held}
                    {Field::password("password", "Password").first().draw_with(&problems)}
                    {send("Continue", true)}
                </form>
            }
            .erase()
        });
        let with_provider = provider.map(|(name, href)| {
            view! {
                <div class="solo__do">
                    <a class="btn" href=href>
                        {icon(Icon::External)}
                        {format!("Continue with {name}")}
                    </a>
                </div>
            }
            .erase()
        });
        let by_mail = mails.then(|| {
            view! {
                <form class="form" method="post" action=action>
                    {hidden("to", &to)}
                    {hidden("do", "link")}
                    {send("Email me a link instead", !password)}
                </form>
            }
            .erase()
        });
        let said = mailed.then(|| {
            view! {
                <Notice weight=Weight::Plain mark=Icon::Check>
                    <p role="status">"We sent you a link. Open it in this browser."</p>
                </Notice>
            }
            .erase()
        });
        let none = nothing.then(|| {
            view! {
                <p class="field__hint">
                    "You have no password here and no email address. Ask whoever invited you for a new sign-in link."
                </p>
            }
            .erase()
        });
        let body = view! {
            {whole_problem(&problems)}
            {said}
            {with_password}
            {with_provider}
            {by_mail}
            {none}
            {way(home(&room), "Back to questions")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Lock,
            title: "Confirm that it is you".to_owned(),
            lead: lead.to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// Where the link in a letter to a new address leads. Its button alone confirms the address.
#[derive(Clone, Debug, Default)]
pub struct AddressChangePage {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// Where the form goes: the link's own address.
    pub action: String,
    /// What the person is called.
    pub name: String,
    /// The address.
    pub email: String,
    /// Whether it is confirmed now.
    pub done: bool,
    /// What was wrong.
    pub problems: Problems,
}

impl AddressChangePage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, action, name, email, done, problems } = self;
        let form = (!done).then(|| {
            let confirm = confirmation(&action);
            view! {
                <form class="form" method="post" action=action>
                    {confirm}
                    {send("Confirm address", true)}
                </form>
            }
            .erase()
        });
        let body = view! {
            {whole_problem(&problems)}
            {form}
            {way(home(&room), "Go to questions")}
        }
        .into_any();
        let (title, lead) = if done {
            ("Email address confirmed", format!("Emails for {name} now go to {email}."))
        } else {
            ("Confirm your email address", format!("Emails for {name} will go to {email}."))
        };
        AccountDocument {
            mark: Icon::Message,
            title: title.to_owned(),
            lead,
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}
