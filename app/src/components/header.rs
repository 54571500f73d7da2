//! The top of every page.

use leptos::prelude::*;
use pulsestage::user::Role;

use super::badge::Badge;
use super::place::{Place, ViewKind};
use crate::live::Connection;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, brand_mark, icon};
use crate::ui::menu::Menu;
use crate::ui::theme::ThemeButton;

/// The header of a room: its name, the way between its views, the connection, and who is signed in.
#[component]
pub fn RoomHeader(
    /// The tenant's name.
    name: String,
    /// The tenant's slug, for the sign-out form.
    slug: String,
    /// Where the page is.
    place: Place,
    /// What the reader is here.
    role: Role,
    /// Whether the reader may see the queue.
    moderates: bool,
    /// How the stream stands.
    connection: Signal<Connection>,
    /// When the last message came.
    fresh_at: Signal<Option<f64>>,
) -> impl IntoView {
    let here = place.kind;
    let sub = if here == ViewKind::Queue { "Moderator" } else { "Town hall Q&A" };
    let nav = moderates.then(|| {
        let link = |kind: ViewKind, word: &'static str| {
            // The queue's code is a file of its own, and must be of the same release as the rest: after an update only
            // a new document names the right one.
            let external = (kind == ViewKind::Queue).then_some("external");
            view! {
                <a href=place.of(kind) rel=external aria-current=(kind == here).then_some("page")>
                    {word}
                </a>
            }
            .erase()
        };
        view! {
            <nav class="header__nav" aria-label="Views">
                {link(ViewKind::Questions, "Questions")}
                {link(ViewKind::Queue, "Queue")}
            </nav>
        }
        .erase()
    });
    let account = moderates.then(|| view! { <Account role=role slug=slug place=place.clone() /> }.erase());
    view! {
        // `external`: the router would only scroll there. The browser also moves the keyboard.
        <a class="skip" href="#list" rel="external">
            "Skip to the questions"
        </a>
        <header class="header on-stage">
            <div class="header__in">
                <Brand href=place.of(ViewKind::Questions) name=name sub=sub />
                {nav}
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
) -> impl IntoView {
    view! {
        <a class="skip" href="#main" rel="external">
            "Skip to the text"
        </a>
        <header class="header on-stage">
            <div class="header__in">
                <Brand href=home name="PulseStage".to_owned() sub="Town hall Q&A" />
                <ThemeButton />
            </div>
        </header>
    }
    .erase()
}

#[component]
fn Brand(href: String, name: String, sub: &'static str) -> impl IntoView {
    view! {
        <a class="brand" href=href>
            {brand_mark()}
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

#[component]
fn Account(role: Role, slug: String, place: Place) -> impl IntoView {
    let title = title(role);
    let (other, word) = match place.kind {
        ViewKind::Queue => (ViewKind::Questions, "Questions page"),
        ViewKind::Questions => (ViewKind::Queue, "Queue"),
    };
    view! {
        <Menu
            class="menu menu--end who"
            button="btn btn--quiet btn--icon"
            label=format!("Account: {title}")
            face=|| icon(Icon::User)
        >
            <div class="menu__list">
                <p class="who__facts">"Signed in as " <b>{title}</b></p>
                <a class="menu__only-narrow" href=place.of(other)>
                    {icon(Icon::External)}
                    {word}
                </a>
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
