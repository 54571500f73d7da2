//! Setting a name and a password: by an invitation, a link, the claim of an installation, or from inside.

use leptos::prelude::*;

use super::Problems;
use super::document::{AccountDocument, way};
use super::field::{Field, hidden, send, whole_problem};
use super::sign_in::home;
use crate::branding::Branding;
use crate::ui::icon::Icon;
use pulsestage::user::Role;

/// The field in which the button of a link sends the link's secret: a request without it changes nothing.
pub const CONFIRM: &str = "confirm";

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A name and a password, for the first time.
    Invitation,
    /// Another password.
    Password,
    /// Signing in alone.
    SignIn,
}

/// Where a link for one person leads. Opening the page does not use the link up; its button does: mail programs open
/// links before people do.
#[derive(Clone, Debug)]
pub enum PersonLinkPage {
    /// The link is good.
    Good {
        /// What it is for.
        setting: Setting,
        /// Whose page it is.
        tenant: Branding,
        /// As in [`SignIn`](super::SignIn).
        room: String,
        /// Where the form goes: the link's own address.
        action: String,
        /// What the person is called.
        name: String,
        /// Where they get mail, for the password manager.
        email: Option<String>,
        /// What was wrong.
        problems: Problems,
    },
    /// It was used, has run out or never was.
    Spent {
        /// Where the name in the header leads.
        home: String,
    },
}

impl PersonLinkPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        match self {
            Self::Spent { home } => spent(home),
            Self::Good { setting, tenant, room, action, name, email, problems } => {
                let (title, lead, word) = match setting {
                    Setting::Invitation => (
                        format!("Welcome to {}", tenant.name),
                        "Enter your name and choose a password to get started.".to_owned(),
                        "Join",
                    ),
                    Setting::Password => (
                        "Choose a new password".to_owned(),
                        "This signs you out everywhere else.".to_owned(),
                        "Save password",
                    ),
                    Setting::SignIn => {
                        (format!("Sign in to {}", tenant.name), format!("You will be signed in as {name}."), "Sign in")
                    }
                };
                let fields = match setting {
                    Setting::SignIn => confirmation(&action),
                    Setting::Password => new_password(email.as_deref(), &problems, true),
                    Setting::Invitation => view! {
                        {Field::name(&name).first().draw_with(&problems)}
                        {new_password(email.as_deref(), &problems, false)}
                    }
                    .into_any(),
                };
                let body = view! {
                    {whole_problem(&problems)}
                    <form class="form" method="post" action=action>
                        {fields}
                        {send(word, true)}
                    </form>
                }
                .into_any();
                AccountDocument { mark: Icon::User, title, lead, home: home(&room), tenant: Some(tenant), body }
            }
        }
    }
}

/// Where a link leads that signs in whoever brings it. As with [`PersonLinkPage`], its button alone uses it up.
#[derive(Clone, Debug)]
pub struct RoleLinkPage {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// Where the form goes: the link's own address.
    pub action: String,
    /// What its bearer may do.
    pub role: Role,
    /// What was wrong.
    pub problems: Problems,
}

impl RoleLinkPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, action, role, problems } = self;
        let role = match role {
            Role::Guest => "Guest",
            Role::Viewer => "Viewer",
            Role::Member => "Member",
            Role::Moderator => "Moderator",
            Role::Admin => "Admin",
            Role::Owner => "Owner",
        };
        let confirm = confirmation(&action);
        let body = view! {
            {whole_problem(&problems)}
            <form class="form" method="post" action=action>
                {confirm}
                <button class="btn btn--main" type="submit">
                    {format!("Sign in as {role} to {}", tenant.name)}
                </button>
            </form>
        }
        .into_any();
        AccountDocument {
            mark: Icon::User,
            title: format!("Sign in to {}", tenant.name),
            lead: format!("This link works once and signs you in as {role}."),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// What the button of a link sends to show that it was pressed: the secret at the end of the link's address.
pub(super) fn confirmation(action: &str) -> AnyView {
    let path = action.split('?').next().unwrap_or_default();
    hidden(CONFIRM, path.rsplit('/').next().unwrap_or_default())
}

fn spent(home: String) -> AccountDocument {
    let body = view! {
        <ol class="steps">
            <li>"Ask for a new link on the sign-in page, or ask the organiser."</li>
            <li>
                "If you run this server, run " <code>"pulsestage link"</code> " on it and open the link it prints."
            </li>
        </ol>
        <div class="solo__do">
            <a class="btn btn--main" href="/sign-in">
                "Go to sign-in"
            </a>
            <a class="btn" href=home.clone()>
                "Go to questions"
            </a>
        </div>
    }
    .into_any();
    AccountDocument {
        mark: Icon::Clock,
        title: "This link no longer works".to_owned(),
        lead: "It has been used or has expired. Each link works only once and for a limited time.".to_owned(),
        tenant: None,
        home,
        body,
    }
}

/// The page on which the first owner claims an installation.
#[derive(Clone, Debug, Default)]
pub struct ClaimPage {
    /// Whose page it is.
    pub tenant: Branding,
    /// Where the form goes: the link's own address.
    pub action: String,
    /// What was typed for a name.
    pub name: String,
    /// What was typed for an address.
    pub email: String,
    /// What was wrong.
    pub problems: Problems,
}

impl ClaimPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, action, name, email, problems } = self;
        let body = view! {
            {whole_problem(&problems)}
            <form class="form" method="post" action=action>
                {Field::name(&name).first().draw_with(&problems)}
                {Field::email("username", &email).draw_with(&problems)}
                {Field::new_password("password", "Password").draw_with(&problems)}
                {send("Claim this installation", true)}
            </form>
        }
        .into_any();
        AccountDocument {
            mark: Icon::Shield,
            title: "Set up PulseStage".to_owned(),
            lead: "This PulseStage has no owner yet. Whoever sends this form first becomes the owner.".to_owned(),
            home: "/".to_owned(),
            tenant: Some(tenant),
            body,
        }
    }
}

/// The page on which somebody who is signed in changes their password.
#[derive(Clone, Debug, Default)]
pub struct OwnPassword {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
    /// What was wrong.
    pub problems: Problems,
}

impl OwnPassword {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, problems } = self;
        let old = Field {
            hint: Some("Leave empty if you have no password yet.".to_owned()),
            ..Field::password("old", "Current password")
        };
        let body = view! {
            {whole_problem(&problems)}
            <form class="form" method="post" action=format!("{room}/password")>
                {old.optional().first().draw_with(&problems)}
                {new_password(None, &problems, false)}
                {send("Change password", true)}
            </form>
            {way(format!("{room}/second-factor"), "Second factor")}
            {way(home(&room), "Back to questions")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Lock,
            title: "Change password".to_owned(),
            lead: "This signs you out everywhere else.".to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}

/// The field for a new password. The address stands before it, so that people and password managers know whose it is.
fn new_password(email: Option<&str>, problems: &Problems, first: bool) -> AnyView {
    let whose =
        email.map(|email| Field { fixed: true, ..Field::email("username", email) }.draw_with(&Problems::default()));
    let field = Field::new_password("password", "New password");
    let field = if first { field.first() } else { field };
    view! {
        {whose}
        {field.draw_with(problems)}
    }
    .into_any()
}
