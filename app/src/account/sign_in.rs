//! Signing in, and asking for a link.

use leptos::prelude::*;

use super::Problems;
use super::document::{AccountDocument, way};
use super::field::{Field, hidden, send, whole_problem};
use crate::branding::Branding;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};

/// The sign-in page of a tenant.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// Whose page it is.
    pub tenant: Branding,
    /// The beginning of the tenant's addresses: nothing, or `/t/SLUG`.
    pub room: String,
    /// The page to go to afterwards, when one was asked for.
    pub to: String,
    /// What was typed for an address.
    pub email: String,
    /// What was wrong.
    pub problems: Problems,
    /// What the provider is called and where it begins, when there is one.
    pub provider: Option<(String, String)>,
    /// Whether mail is sent.
    pub mails: bool,
    /// Whether people without an account see the questions.
    pub guests: bool,
}

impl SignIn {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, to, email, problems, provider, mails, guests } = self;
        let provider = provider.map(|(name, href)| {
            view! {
                <div class="solo__do">
                    <a class="btn" href=href>
                        {icon(Icon::External)}
                        {format!("Continue with {name}")}
                    </a>
                </div>
                <p class="or">"or with your password"</p>
            }
            .erase()
        });
        let others = if mails {
            view! {
                <div class="solo__do">
                    <a class="btn" href=format!("{room}/sign-in/link")>
                        "Email me a link instead"
                    </a>
                </div>
                {way(format!("{room}/sign-in/forgot"), "Forgot password?")}
            }
            .erase()
        } else {
            view! { <p class="field__hint">"No password, or forgot it? Ask the organiser for a sign-in link."</p> }
                .erase()
        };
        let body = view! {
            {whole_problem(&problems)}
            {provider}
            <form class="form" method="post" action=format!("{room}/sign-in")>
                {hidden("to", &to)}
                {Field::email("username", &email).first().draw_with(&problems)}
                {Field::password("password", "Password").draw_with(&problems)}
                {send("Sign in", true)}
            </form>
            {others}
            {guests.then(|| way(home(&room), "Continue without signing in"))}
        }
        .into_any();
        AccountDocument {
            mark: Icon::User,
            title: "Sign in".to_owned(),
            lead: "Use the account you were invited with.".to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// The page on which somebody asks for a link by mail.
#[derive(Clone, Debug, Default)]
pub struct AskForLink {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`].
    pub room: String,
    /// Whether it is for a new password, or for signing in.
    pub forgot: bool,
    /// Whether somebody has just asked.
    pub asked: bool,
    /// What was wrong.
    pub problems: Problems,
}

impl AskForLink {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, forgot, asked, problems } = self;
        let action = format!("{room}/sign-in/{}", if forgot { "forgot" } else { "link" });
        let title = if forgot { "Choose a new password" } else { "Sign in by email" };
        let form = view! {
            {whole_problem(&problems)}
            <form class="form" method="post" action=action>
                {Field::email("email", "").first().draw_with(&problems)}
                {send("Email me a link", true)}
            </form>
        }
        .into_any();
        let said = view! {
            <Notice weight=Weight::Plain mark=Icon::Check>
                // The same words whoever asked: they tell nobody who has an account.
                <p role="status">
                    "If this address has an account here, we sent it a link. Check your inbox and spam folder."
                </p>
            </Notice>
        }
        .erase();
        let body = view! {
            {if asked { said } else { form }}
            {way(format!("{room}/sign-in"), "Back to sign-in")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Message,
            title: title.to_owned(),
            lead: "We email you a link. It works once and for a short time.".to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// The first page of a room.
pub(super) fn home(room: &str) -> String {
    if room.is_empty() { "/".to_owned() } else { room.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_guests_see_the_questions_is_there_a_way_without_an_account() {
        let drawn = |guests| Owner::new().with(|| SignIn { guests, ..SignIn::default() }.draw().body.to_html());
        assert!(drawn(true).contains("Continue without signing in"));
        assert!(!drawn(false).contains("without signing in"));
    }
}
