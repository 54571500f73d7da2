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

/// The header of a room: its name, the way between its views, the connection, and who is signed in.
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
    /// Whether the reader may see the queue.
    moderates: bool,
    /// Whether the reader may see how the streams are doing.
    sees_health: bool,
    /// How the stream stands.
    connection: Signal<Connection>,
    /// When the last message came.
    fresh_at: Signal<Option<f64>>,
) -> impl IntoView {
    let here = place.kind;
    let sub = if here == ViewKind::Questions { "Town hall Q&A" } else { "Moderator" };
    let (skip_to, skip) =
        if here == ViewKind::Health { ("#main", "Skip to the figures") } else { ("#list", "Skip to the questions") };
    let nav = moderates.then(|| {
        let link = |kind: ViewKind, word: &'static str| {
            // Their code is a file of its own, and must be of the same release as the rest: after an update only a new
            // document names the right one.
            let external = (kind != ViewKind::Questions).then_some("external");
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
                {sees_health.then(|| link(ViewKind::Health, "Health"))}
            </nav>
        }
        .erase()
    });
    let account = moderates
        .then(|| view! { <Account role=role slug=slug place=place.clone() sees_health=sees_health /> }.erase());
    view! {
        // `external`: the router would only scroll there. The browser also moves the keyboard.
        <a class="skip" href=skip_to rel="external">
            {skip}
        </a>
        <header class="header on-stage">
            <div class="header__in">
                <Brand href=place.of(ViewKind::Questions) name=name logo=logo sub=sub />
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
                <Brand href=home name=name logo=logo sub="Town hall Q&A" />
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

#[component]
fn Account(role: Role, slug: String, place: PageUrl, sees_health: bool) -> impl IntoView {
    let title = title(role);
    let other = |kind: ViewKind, word: &'static str| {
        (kind != place.kind).then(|| {
            view! {
                <a class="menu__only-narrow" href=place.of(kind) rel="external">
                    {icon(Icon::External)}
                    {word}
                </a>
            }
            .erase()
        })
    };
    let others = (
        other(ViewKind::Questions, "Questions page"),
        other(ViewKind::Queue, "Queue"),
        sees_health.then(|| other(ViewKind::Health, "Health")),
    );
    view! {
        <Menu
            class="menu menu--end who"
            button="btn btn--quiet btn--icon"
            label=format!("Account: {title}")
            face=|| icon(Icon::User)
        >
            <div class="menu__list">
                <p class="who__facts">"Signed in as " <b>{title}</b></p>
                {others}
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
