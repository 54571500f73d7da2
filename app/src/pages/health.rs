//! How the tenant's streams are doing, for those who run it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use pulsestage::error::{Noun, Refusal};
use pulsestage::health::{Health, HealthView};
use pulsestage::permission::{Action, may};
use std::time::Duration;

use super::solo::{AdminsOnly, BrokenPage, NotFoundPage};
use crate::api::{self, ApiError, Json};
use crate::branding::Branding;
use crate::components::admin_nav::admin_nav;
use crate::components::header::RoomHeader;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::components::stream_health::Vitals;
use crate::live::Connection;
use crate::platform;
use crate::ui::empty::Empty;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::time::Now;

/// How often the page asks.
const POLL: Duration = Duration::from_secs(2);
/// How long an answer may take, in milliseconds.
const PATIENCE_MS: u32 = 8_000;

/// The page. It begins to load here and not with the route, whose beginning is code that participants load too.
pub(super) fn page() -> AnyView {
    let params = use_params_map();
    let slug = Memo::new(move |_| params.with(|params| params.get("tenant")));
    let load = |slug: Option<String>| api::load_health(slug.unwrap_or_default());
    let loaded: Resource<_, Json> = Resource::new_with_options(move || slug.get(), load, true);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let named = slug.get_untracked();
                match loaded.await {
                    Ok(view) => draw(view, PageUrl::new(named, ViewKind::Health)),
                    Err(error) => failed(&error, &PageUrl::new(named, ViewKind::Health)),
                }
            })}
        </Suspense>
    }
    .erase()
}

fn draw(view: HealthView, place: PageUrl) -> AnyView {
    Now::provide();
    let HealthView { tenant, role, health } = view;
    let health = RwSignal::new(health);
    let (connection, fresh_at) = poll(tenant.slug.clone(), health);
    let is_watched = Memo::new(move |_| health.with(|health| health.heartbeat.is_some()));
    let home = place.of(ViewKind::Questions);
    let nav = admin_nav(&place, "health", role, &tenant.settings);
    view! {
        <Title text=format!("Health · {}", tenant.name) />
        <RoomHeader
            name=tenant.name.clone()
            logo=Branding::from(&tenant).logo
            slug=tenant.slug.clone()
            place=place
            role=role
            moderates=may(role, Action::Moderate, &tenant.settings)
            sees_health=true
            connection=connection
            fresh_at=fresh_at
        />
        <main class="health" id="main" tabindex="-1">
            {nav}
            <noscript>
                <Notice weight=Weight::Plain mark=Icon::Info>
                    <p>"Reload the page to see newer figures."</p>
                </Notice>
            </noscript>
            <header>
                <h1 class="room__title">"Health"</h1>
                <p class="room__lead">"The live streams of this room, on the server that answered."</p>
            </header>
            {part(move || {
                if is_watched.get() {
                    view! { <Vitals health=health.into() /> }.erase()
                } else {
                    let home = home.clone();
                    view! {
                        <h2 class="vh">"Figures"</h2>
                        <Empty
                            mark=Icon::Users
                            title="Nobody is watching"
                            text="The figures begin with the first open page of questions."
                        >
                            <a class="btn btn--main" href=home>
                                "To the questions"
                            </a>
                        </Empty>
                    }
                        .erase()
                }
            })}
        </main>
    }
    .erase()
}

/// Keeps the figures fresh; says whether that goes well, and when they came last. A page that nobody looks at rests.
fn poll(slug: String, health: RwSignal<Health>) -> (Signal<Connection>, Signal<Option<f64>>) {
    let connection = RwSignal::new(Connection::Connecting);
    let fresh_at = RwSignal::new(None);
    Effect::new(move || {
        connection.set(Connection::Live);
        fresh_at.set(Some(platform::now_ms()));
        let is_asking = StoredValue::new(false);
        let slug = slug.clone();
        let ask = move || {
            if is_asking.get_value() || platform::is_hidden() {
                return;
            }
            is_asking.set_value(true);
            let slug = slug.clone();
            platform::spawn(async move {
                let answer = platform::within(PATIENCE_MS, api::load_health(slug)).await;
                // The page may be gone by now, and its signals with it.
                let _gone = is_asking.try_set_value(false);
                let Some(Ok(view)) = answer else {
                    let _gone = connection.try_set(Connection::Reconnecting);
                    return;
                };
                let _gone = health.try_set(view.health);
                let _gone = connection.try_set(Connection::Live);
                let _gone = fresh_at.try_set(Some(platform::now_ms()));
            });
        };
        let polling = set_interval_with_handle(ask, POLL);
        on_cleanup(move || {
            if let Ok(polling) = polling {
                polling.clear();
            }
        });
    });
    (connection.into(), fresh_at.into())
}

/// The page in place of figures that were not to be had. Its status was set where the refusal was made.
fn failed(error: &ApiError, place: &PageUrl) -> AnyView {
    match error {
        ApiError::Refused(Refusal::NotFound { what: Noun::Tenant }) => view! { <NotFoundPage /> }.erase(),
        ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) => {
            view! { <AdminsOnly home=place.of(ViewKind::Questions) /> }.erase()
        }
        error => view! { <BrokenPage why=error.to_string() again=place.of(ViewKind::Health) /> }.erase(),
    }
}
