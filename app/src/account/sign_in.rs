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
}

impl SignIn {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, to, email, problems, provider, mails } = self;
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
                        "Mail me a link instead"
                    </a>
                </div>
                {way(format!("{room}/sign-in/forgot"), "I forgot my password")}
            }
            .erase()
        } else {
            view! { <p class="field__hint">"No password, or forgotten? Ask the organiser for a sign-in link."</p> }
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
            {way(home(&room), "To the questions, without signing in")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::User,
            title: "Sign in".to_owned(),
            lead: "For moderators, admins and members. Asking and voting may need no sign-in.".to_owned(),
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
        let title = if forgot { "Choose a new password" } else { "Sign in by mail" };
        let form = view! {
            {whole_problem(&problems)}
            <form class="form" method="post" action=action>
                {Field::email("email", "").first().draw_with(&problems)}
                {send("Mail me a link", true)}
            </form>
        }
        .into_any();
        let said = view! {
            <Notice weight=Weight::Plain mark=Icon::Check>
                // The same words whoever asked: they tell nobody who has an account.
                <p role="status">
                    "If somebody with this address may come in here, a link is on its way to them. Look into your mailbox, also into the folder for junk."
                </p>
            </Notice>
        }
        .erase();
        let body = view! {
            {if asked { said } else { form }}
            {way(format!("{room}/sign-in"), "Back to signing in")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Message,
            title: title.to_owned(),
            lead: "We mail you a link that works once and for a short time.".to_owned(),
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
