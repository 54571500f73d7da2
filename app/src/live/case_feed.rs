//! The cases of the review page, kept as they are: the stream tells what has changed, and that is looked up.

use leptos::prelude::*;
use pulsestage::event::Event;
use pulsestage::id::QuestionId;
use pulsestage::moderation::Case;

use super::case_list::{CaseChanges, CaseList, ToLoad};
use super::change_listener::listen;
use super::patience::{answer_ms, retry_ms};
use super::stream_state::StreamState;
use crate::api::{self, ApiError, WireFault};
use crate::platform;

/// How long changes are gathered before they are looked up, in milliseconds: many in a moment are looked up once.
const GATHER_MS: u32 = 200;

/// No answer came in time.
const LOST: ApiError = ApiError::Wire(WireFault::Lost);

/// The cases and what is still to be looked up. `Copy`.
#[derive(Clone, Copy)]
pub struct CaseFeed {
    /// The cases.
    pub list: RwSignal<CaseList>,
    /// How the stream stands.
    pub stream: StreamState,
    slug: StoredValue<String>,
    changes: StoredValue<CaseChanges>,
    is_loading: StoredValue<bool>,
}

impl CaseFeed {
    /// Follows the cases of a tenant from this list on, until the owner is cleaned up.
    #[must_use]
    pub fn follow(slug: &str, list: CaseList) -> Self {
        let feed = Self {
            list: RwSignal::new(list),
            stream: StreamState::default(),
            slug: StoredValue::new(slug.to_owned()),
            changes: StoredValue::new(CaseChanges::default()),
            is_loading: StoredValue::new(false),
        };
        listen(slug, feed.stream, move |event| feed.on_event(event));
        feed
    }

    /// Takes in a case that a decision returned.
    pub fn fold(self, case: Case) {
        self.list.try_update(|list| list.fold(case));
        self.load_soon();
    }

    /// The case of this question has to be looked up.
    pub fn look_up(self, question: QuestionId) {
        self.changes.try_update_value(|changes| changes.look_up(question));
        self.load_soon();
    }

    /// The whole list has to be loaded.
    pub fn load_all(self) {
        self.changes.try_update_value(CaseChanges::load_all);
        self.load_soon();
    }

    fn on_event(self, event: Option<&Event>) {
        self.list.try_with_untracked(|list| self.changes.try_update_value(|changes| changes.take_event(list, event)));
        self.load_soon();
    }

    /// Brings the list up to date in a moment, unless that is under way.
    fn load_soon(self) {
        if self.list.try_with_untracked(CaseList::is_outgrown) == Some(true) {
            self.changes.try_update_value(CaseChanges::load_all);
        }
        let is_due = self.changes.try_with_value(CaseChanges::is_empty) == Some(false);
        if is_due && self.is_loading.try_update_value(|on| std::mem::replace(on, true)) == Some(false) {
            platform::spawn(async move {
                self.load_changes().await;
                self.is_loading.try_update_value(|on| *on = false);
            });
        }
    }

    /// Loads until nothing has changed meanwhile, one request after the other: what was told while an answer was on its way
    /// may not be in it, and is looked up again.
    async fn load_changes(self) {
        let (mut attempt, mut wait) = (0, GATHER_MS);
        loop {
            platform::sleep(wait).await;
            if self.changes.try_with_value(CaseChanges::is_empty) != Some(false) {
                return;
            }
            let take_loads = |list: &mut CaseList| self.changes.try_update_value(|changes| changes.take_loads(list));
            let Some(loads) = self.list.try_update(take_loads).flatten() else { return };
            let done = self.load(loads, attempt).await;
            self.list.try_update(|list| {
                self.changes.try_update_value(|changes| {
                    changes.count_votes(list);
                    if list.is_outgrown() {
                        changes.load_all();
                    }
                });
            });
            (attempt, wait) = match done.map_err(|error| error.worth_retrying()) {
                Ok(()) => (0, GATHER_MS),
                Err(Some(at_least)) => (attempt + 1, retry_ms(attempt, platform::random(), at_least)),
                // The reader may not see this page any more.
                Err(None) => return,
            };
        }
    }

    async fn load(self, loads: ToLoad, attempt: u32) -> Result<(), ApiError> {
        let Some(slug) = self.slug.try_get_value() else { return Ok(()) };
        match loads {
            ToLoad::Everything => {
                match platform::within(answer_ms(attempt), api::load_review(slug)).await.unwrap_or(Err(LOST)) {
                    Ok(view) => drop(self.list.try_set(view.into())),
                    Err(error) => {
                        self.changes.try_update_value(CaseChanges::load_all);
                        return Err(error);
                    }
                }
            }
            ToLoad::Cases(questions) => {
                let mut done = Ok(());
                for question in questions {
                    let answer = platform::within(answer_ms(attempt), api::load_case(slug.clone(), question)).await;
                    match answer.unwrap_or(Err(LOST)) {
                        Ok(case) => drop(self.list.try_update(|list| list.fold(case))),
                        Err(error) if error.worth_retrying().is_some() => {
                            self.changes.try_update_value(|changes| changes.look_up(question));
                            done = Err(error);
                        }
                        // It is gone, or not the reader's to moderate any more.
                        Err(_) => drop(self.list.try_update(|list| list.remove(question))),
                    }
                }
                return done;
            }
        }
        Ok(())
    }
}
