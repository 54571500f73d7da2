//! Sessions: one's own, or somebody's whom one manages. They are ended one by one or all at once.

use leptos::prelude::*;
use pulsestage::person::{Person, SessionsView};
use pulsestage::session::Session;
use pulsestage::text::NAME_MAX;

use super::admin::Reader;
use super::form::Form;
use super::frame::{Frame, Here, PageFuture};
use crate::address::PageQuery;
use crate::api;
use crate::ui::erase::Erase;
use crate::ui::field::{Field, send};
use crate::ui::icon::Icon;
use crate::ui::time::{in_utc, on_day};

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    let read = |query: &PageQuery| query.get("of").map(str::to_owned);
    let load = |slug, of: Option<String>| api::load_sessions(slug, of.and_then(|of| of.parse().ok()));
    here.load_by(read, load, |view, _, frame| draw(view, frame))
}

fn draw(view: SessionsView, frame: Frame) -> AnyView {
    let SessionsView { tenant, role, moderates, person, own, sessions, current } = view;
    let lead = match own {
        true => format!("Browsers in which you are signed in as {}.", person.name),
        false => format!("Browsers in which {} is signed in.", person.name),
    };
    // The reader's own go without a name, so that the form is good for them alone.
    let form = |endpoint| {
        let form = frame.form(endpoint, &tenant.slug);
        if own { form } else { form.about("of", person.id) }
    };
    let cards: Vec<_> = sessions
        .iter()
        .map(|session| card(form("revoke_session").about("session", session.id), session, current == Some(session.id)))
        .collect();
    let effect = match own {
        true => "You are signed out here and in every other browser.",
        false => "They have to sign in again in every browser.",
    };
    let all = form("revoke_sessions").ask_first(Icon::LogOut, "Sign out everywhere", effect, "Sign out everywhere now");
    let content = view! {
        {own.then(|| profile(form("rename_self"), &person))}
        <ul class="admin__cards">{cards}</ul>
        {all}
    }
    .into_any();
    let reader = Reader { role, moderates_a_team: moderates };
    frame.draw(&tenant, reader, lead, content)
}

fn profile(form: Form, person: &Person) -> AnyView {
    let hint = match &person.email {
        Some(email) => format!("Your email address is {email}. An admin can change it."),
        None => "You have no email address here. An admin can add one.".to_owned(),
    };
    let name = Field::text("name", "Your name").value(person.name.clone()).max(NAME_MAX).required().hint(hint);
    let name = form.field(Field { autocomplete: Some("name"), ..name });
    let fields = view! { {name} {send("btn btn--small", None, "Save")} }.into_any();
    view! { <div class="panel">{form.draw(fields)}</div> }.erase()
}

fn card(form: Form, session: &Session, is_current: bool) -> AnyView {
    let label = if session.label.is_empty() { "A browser".to_owned() } else { session.label.clone() };
    let title = format!("{label}{}", if is_current { " (this one)" } else { "" });
    let button = view! {
        <button class="btn btn--small" type="submit">
            "Sign out"
            <span class="vh">{format!(": {label}")}</span>
        </button>
    }
    .erase();
    view! {
        <li class="panel admin__card">
            <h2 class="panel__title">{title}</h2>
            <ul class="facts">
                <li><span>"Signed in " {in_utc(session.created_at)}</span></li>
                {session.seen_at.map(|at| view! { <li><span>"Last used " {on_day(at)}</span></li> }.erase())}
                <li><span>"Expires " {in_utc(session.expires_at)}</span></li>
            </ul>
            {form.draw(button)}
        </li>
    }
    .erase()
}
