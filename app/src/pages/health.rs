//! How the tenant's streams are doing, for those who run it.

use leptos::prelude::*;
use pulsestage::health::{Health, HealthView};
use std::time::Duration;

use super::frame::{Frame, Here, PageFuture};
use crate::api;
use crate::components::page_url::ViewKind;
use crate::components::stream_health::Vitals;
use crate::live::{Connection, StreamState};
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

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    here.load(api::load_health, draw)
}

fn draw(view: HealthView, frame: Frame) -> AnyView {
    Now::provide();
    let HealthView { tenant, role, health } = view;
    let health = RwSignal::new(health);
    let stream = poll(tenant.slug.clone(), health);
    let is_watched = Memo::new(move |_| health.with(|health| health.heartbeat.is_some()));
    let home = frame.place.of(ViewKind::Questions);
    let content = view! {
        <noscript>
            <Notice weight=Weight::Plain mark=Icon::Info>
                <p>"Reload the page to update these figures."</p>
            </Notice>
        </noscript>
        {part(move || {
            if is_watched.get() {
                view! { <Vitals health=health.into() /> }.erase()
            } else {
                let home = home.clone();
                view! {
                    <h2 class="vh">"Figures"</h2>
                    <Empty
                        mark=Icon::Users
                        title="No open pages"
                        text="Figures appear when someone opens the questions."
                    >
                        <a class="btn btn--main" href=home>
                            "Open questions"
                        </a>
                    </Empty>
                }
                    .erase()
            }
        })}
    }
    .into_any();
    frame.draw_live(&tenant, role, stream, "Live connections to this workspace, as this server sees them.", content)
}

/// Keeps the figures fresh; says whether that goes well, and when they came last. A page that nobody looks at rests.
fn poll(slug: String, health: RwSignal<Health>) -> StreamState {
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
    StreamState { connection, fresh_at }
}
