//! Sessions: one's own, or somebody's whom one manages. They are ended one by one or all at once.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use pulsestage::person::SessionsView;
use pulsestage::session::Session;

use super::people::{NAME_LIMIT, failed};
use crate::api::{self, Json};
use crate::components::admin_nav::AdminFrame;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::time::{in_utc, on_day};

/// The page.
pub(super) fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| (params.with(|params| params.get("tenant")), query.with(|query| query.get("of"))));
    let load = |(slug, of): (Option<String>, Option<String>)| {
        api::load_sessions(slug.unwrap_or_default(), of.and_then(|of| of.parse().ok()))
    };
    let loaded: Resource<_, Json> = Resource::new_with_options(move || asked.get(), load, true);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let place = PageUrl::new(asked.get_untracked().0, ViewKind::Queue);
                match loaded.await {
                    Ok(view) => draw(view, place),
                    Err(error) => failed(&error, &place, "sessions"),
                }
            })}
        </Suspense>
    }
    .erase()
}

fn draw(view: SessionsView, place: PageUrl) -> AnyView {
    let SessionsView { tenant, role, person, own, sessions, current } = view;
    let lead = match own {
        true => format!("The browsers in which you are signed in as {}.", person.name),
        false => format!("The browsers in which {} is signed in.", person.name),
    };
    // The reader's own go without a name, so that the form is good for them alone.
    let hidden = |id: Option<String>| {
        view! {
            <input type="hidden" name="tenant" value=tenant.slug.clone() />
            {(!own).then(|| view! { <input type="hidden" name="of" value=person.id.to_string() /> }.erase())}
            {id.map(|id| view! { <input type="hidden" name="session" value=id /> }.erase())}
        }
        .into_any()
    };
    let cards: Vec<_> = sessions
        .iter()
        .map(|session| card(session, current == Some(session.id), hidden(Some(session.id.to_string()))))
        .collect();
    let all = if own { "Sign out everywhere" } else { "End all sessions" };
    let profile = own.then(|| {
        view! {
            <form class="form panel" method="post" action="/api/fn/rename_self">
                {hidden(None)}
                <div class="field">
                    <label class="field__label" for="own-name">
                        "What you are called"
                    </label>
                    <input
                        class="input"
                        id="own-name"
                        name="name"
                        value=person.name.clone()
                        maxlength=NAME_LIMIT
                        required
                        dir="auto"
                        autocomplete="name"
                        aria-describedby="own-email"
                    />
                    <p class="field__hint" id="own-email" dir="auto">
                        {match &person.email {
                            Some(email) => format!("Your mail goes to {email}. An admin can change that."),
                            None => "You have no e-mail address here. An admin can give you one.".to_owned(),
                        }}
                    </p>
                </div>
                <button class="btn btn--small" type="submit">
                    "Save"
                </button>
            </form>
        }
        .erase()
    });
    let end_all = hidden(None);
    view! {
        <AdminFrame
            here="sessions"
            title="Sessions"
            lead=lead
            place=place
            tenant=tenant.clone()
            role=role
        >
            {profile}
            <ul class="vitals">{cards}</ul>
            <form method="post" action="/api/fn/revoke_sessions">
                {end_all}
                <button class="btn" type="submit">
                    {icon(Icon::LogOut)}
                    {all}
                </button>
            </form>
        </AdminFrame>
    }
    .erase()
}

fn card(session: &Session, is_current: bool, hidden: AnyView) -> AnyView {
    let label = if session.label.is_empty() { "A browser".to_owned() } else { session.label.clone() };
    let title = format!("{label}{}", if is_current { " (this one)" } else { "" });
    view! {
        <li class="panel">
            <h2 class="panel__title">{title}</h2>
            <ul class="facts">
                <li><span>"Since " {in_utc(session.created_at)}</span></li>
                {session.seen_at.map(|at| view! { <li><span>"Last used " {on_day(at)}</span></li> }.erase())}
                <li><span>"Until " {in_utc(session.expires_at)}</span></li>
            </ul>
            <form method="post" action="/api/fn/revoke_session">
                {hidden}
                <button class="btn btn--small" type="submit">
                    "End this session"
                    <span class="vh">{format!(": {label}")}</span>
                </button>
            </form>
        </li>
    }
    .erase()
}
