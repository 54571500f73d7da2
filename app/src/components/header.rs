//! The top of every page.

use leptos::prelude::*;
use pulsestage::user::Role;

use super::badge::Badge;
use super::page_url::{PageUrl, ViewKind};
use crate::branding::Branding;
use crate::live::Connection;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, brand_mark, icon};
use crate::ui::menu::Menu;
use crate::ui::theme::ThemeButton;

/// The header of a workspace's pages: its name, the way to the admin pages, the connection, and who is signed in.
#[component]
pub fn RoomHeader(
    /// The tenant's name.
    #[prop(into)]
    name: Signal<String>,
    /// The address of the tenant's logo, where it has one.
    #[prop(into)]
    logo: Signal<Option<String>>,
    /// The tenant's slug, for the sign-out form.
    slug: String,
    /// Where the page is.
    place: PageUrl,
    /// What the reader is here.
    role: Role,
    /// The address of the first admin page that the reader may see.
    admin: Option<String>,
    /// How the stream stands.
    connection: Signal<Connection>,
    /// When the last message came.
    fresh_at: Signal<Option<f64>>,
) -> impl IntoView {
    let is_board = place.kind == ViewKind::Questions;
    let home = place.of(ViewKind::Questions);
    let sub = if is_board { "Town hall Q&A" } else { "Admin" };
    let (skip_to, skip) = if place.kind == ViewKind::Admin {
        ("#main", "Skip to the content")
    } else {
        ("#list", "Skip to the questions")
    };
    let link = move |href: String, word: &'static str, is_here: bool, is_admin: bool| {
        // The code of admin pages is a file of its own, and must be of the same release as the rest: after an update only
        // a new document names the right one.
        view! {
            <a href=href rel=is_admin.then_some("external") aria-current=is_here.then_some("true")>
                {word}
            </a>
        }
        .erase()
    };
    let views = |class: &'static str| {
        admin.clone().map(|admin| {
            view! {
                <nav class=class aria-label="Views">
                    {link(home.clone(), "Questions", is_board, false)}
                    {link(admin, "Admin", !is_board, true)}
                </nav>
            }
            .erase()
        })
    };
    let account = (role > Role::Guest).then(|| {
        let sessions = place.of(ViewKind::Queue) + "/sessions";
        let sessions = link(sessions, "Sessions", false, true);
        account(role, slug, (views("menu__only-narrow"), sessions).into_any())
    });
    view! {
        // `external`: the router would only scroll there. The browser also moves the keyboard.
        <a class="skip" href=skip_to rel="external">
            {skip}
        </a>
        <header class="header on-stage">
            <div class="header__in">
                <Brand href=home.clone() name=name logo=logo sub=sub />
                {views("header__nav")}
                <Badge connection=connection fresh_at=fresh_at />
                <ThemeButton />
                {account}
            </div>
        </header>
    }
    .erase()
}

/// The header of a page with one thing to say.
#[component]
pub fn PlainHeader(
    /// Where its name leads.
    #[prop(into)]
    home: String,
    /// Whose page it is; ours when nobody is named.
    #[prop(optional)]
    branding: Option<Branding>,
) -> impl IntoView {
    let Branding { name, logo, .. } = branding.unwrap_or_else(Branding::ours);
    view! {
        <a class="skip" href="#main" rel="external">
            "Skip to the text"
        </a>
        <header class="header on-stage">
            <div class="header__in">
                <Brand href=home.clone() name=name logo=logo sub="Town hall Q&A" />
                <ThemeButton />
            </div>
        </header>
    }
    .erase()
}

/// The mark, and beside it a name that leads home.
#[component]
pub(crate) fn Brand(
    href: String,
    #[prop(into)] name: Signal<String>,
    #[prop(into)] logo: Signal<Option<String>>,
    sub: &'static str,
) -> impl IntoView {
    // Beside its name a logo says nothing that is not said.
    let mark = part(move || match logo.get() {
        Some(logo) => view! { <img class="brand__mark brand__logo" src=logo alt="" /> }.erase(),
        None => brand_mark().into_any(),
    });
    view! {
        <a class="brand" href=href>
            {mark}
            <span class="brand__text">
                <span class="brand__name" dir="auto">
                    {name}
                </span>
                <span class="brand__sub">{sub}</span>
            </span>
        </a>
    }
    .erase()
}

/// Who is signed in, with the pages that are theirs.
fn account(role: Role, slug: String, links: AnyView) -> AnyView {
    let title = title(role);
    view! {
        <Menu
            class="menu menu--end who"
            button="btn btn--quiet btn--icon"
            label=format!("Account: {title}")
            face=|| icon(Icon::User)
        >
            <div class="menu__list">
                <p class="who__facts">"Signed in as " <b>{title}</b></p>
                {links}
                <form method="post" action="/sign-out">
                    <input type="hidden" name="tenant" value=slug />
                    <button type="submit">{icon(Icon::LogOut)} "Sign out"</button>
                </form>
            </div>
        </Menu>
    }
    .erase()
}

const fn title(role: Role) -> &'static str {
    match role {
        Role::Guest => "Guest",
        Role::Viewer => "Viewer",
        Role::Member => "Member",
        Role::Moderator => "Moderator",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}
