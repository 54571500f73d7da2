//! The stream of a page with a board: it is opened at the board's cursor, and each message is folded into the board.

use leptos::prelude::*;
use pulsestage::board::Applied;
use pulsestage::event::{Envelope, Event};
use pulsestage::id::QuestionId;
use pulsestage::tenant::Tenant;

use super::core::Core;
use super::event_source::StreamReader;
use super::load::window_query;
use super::patience::{answer_ms, backoff_ms};
use super::{Live, set_if_other};
use crate::api;
use crate::platform;

/// Boards that are loaded again within this time of the last one wait longer and longer, in milliseconds.
const CALM_MS: f64 = 60_000.0;

/// How the board is loaded again, where the stream cannot go on from it.
#[derive(Clone, Copy, Default)]
pub(super) struct Reload {
    is_under_way: bool,
    times: u32,
    last: f64,
}

impl StreamReader for Live {
    fn address(&self) -> Option<String> {
        if self.inner.reload.try_get_value()?.is_under_way {
            return None;
        }
        let cursor = self.inner.core.try_with_value(|core| core.board.cursor)?;
        // A slug and a cursor are letters, digits and hyphens: nothing to escape.
        Some(format!("/sse?tenantId={}&last_event_id={cursor}", self.inner.slug.try_get_value()?))
    }

    fn on_message(&self, id: &str, message: Option<Envelope>) {
        // Another version of us speaks: its board will be readable or the page will be reloaded with it.
        let Some(envelope) = message else { return self.resync() };
        let applied = self.inner.core.try_update_value(|core| core.fold(id.parse().ok(), &envelope));
        match (applied, &envelope.event) {
            (Some(Applied::Changed), Event::TenantUpdated(tenant)) => self.follow(tenant),
            (Some(Applied::Changed), Event::Moderated(of)) => self.heard_of(of.question_id),
            (Some(Applied::Changed), Event::Reviewed(review)) => self.reviewed(*review),
            _ => {}
        }
        match applied {
            Some(Applied::Changed) => self.draw_soon(),
            Some(Applied::Resync) => self.resync(),
            Some(Applied::Nothing) | None => {}
        }
        self.refresh_rows();
    }

    fn on_wake(&self) {
        self.wake();
    }

    fn on_live(&self) {
        self.draw();
    }

    fn on_vote(&self, question: QuestionId, up: bool) {
        self.inner.core.try_update_value(|core| core.told(question, up));
        self.draw_soon();
    }
}

impl Live {
    /// The tenant's name or settings are others now.
    fn follow(self, tenant: &Tenant) {
        platform::show_accent(tenant.settings.accent.as_deref().map(|color| (&*tenant.slug, color)));
        self.inner.tenant.set(tenant.clone());
    }

    /// The stream cannot go on from this board: loads it again, then opens a stream there.
    pub(super) fn resync(self) {
        let now = platform::now_ms();
        let wait = self.inner.reload.try_update_value(|reload| {
            if std::mem::replace(&mut reload.is_under_way, true) {
                return None;
            }
            reload.times = if now - reload.last > CALM_MS { 0 } else { reload.times.saturating_add(1) };
            reload.last = now;
            Some(backoff_ms(reload.times, platform::random()))
        });
        let Some(mut wait) = wait.flatten() else { return };
        let Some(keeper) = self.keeper() else { return };
        keeper.close();
        keeper.lost();
        platform::spawn(async move {
            for attempt in 0.. {
                // Everybody's stream may have asked for this at the same moment, so even the first load is spread.
                self.nap(wait).await;
                let Some(slug) = self.inner.slug.try_get_value() else { return };
                let drawn = |core: &Core| (core.filters().clone(), core.window());
                let Some((filters, window)) = self.inner.core.try_with_value(drawn) else { return };
                let window = Some(window_query(&filters, window));
                if let Some(Ok(view)) = platform::within(answer_ms(attempt), api::load_board(slug, window)).await {
                    self.follow(&view.tenant);
                    set_if_other(self.inner.role, view.role);
                    self.inner.core.try_update_value(|core| core.replace(view, &filters));
                    break;
                }
                wait = backoff_ms(attempt, platform::random());
            }
            self.draw();
            self.inner.reload.try_update_value(|reload| reload.is_under_way = false);
            keeper.open();
            // The reader may have chosen something else meanwhile, and a part is to be followed by the rest.
            if let Some(filters) = self.filters.try_get_untracked() {
                let is_drawn = |core: &Core| *core.filters() == filters.with_find("");
                if self.inner.core.try_with_value(is_drawn) == Some(false) {
                    self.chosen(filters);
                }
            }
            self.load_whole().await;
        });
    }
}
