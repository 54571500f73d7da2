//! What is searched for while somebody types: the server is asked when typing pauses, and what it finds is drawn with the
//! reader's own votes, as the board has it.

use leptos::prelude::*;
use pulsestage::command::SearchResult;
use pulsestage::id::QuestionId;
use pulsestage::window::Filters;

use super::Live;
use super::core::Core;
use super::latest_response::LatestResponse;
use super::project::row;
use super::row::Row;
use crate::api::{self, ApiError};
use crate::platform;

/// Typing that rests so long is searched for, in milliseconds.
pub const TYPING_MS: u32 = 150;
/// What was found is looked up again so long after something new came, in milliseconds.
const NEWS_MS: u32 = 1_000;
/// A text that is shorter is like everything, in bytes: seven letters, or three signs of Chinese.
pub const SHORTEST: usize = 7;

/// A search, and what it found last. `Copy`.
#[derive(Clone, Copy)]
pub struct Search {
    /// What was found; nothing while nothing is searched for, and before the first answer.
    pub result: RwSignal<Option<SearchResult>>,
    latest: LatestResponse,
    /// Counts what was typed.
    typed: StoredValue<u32>,
}

impl Search {
    pub(super) fn new(found: Option<SearchResult>) -> Self {
        Self { result: RwSignal::new(found), latest: LatestResponse::default(), typed: StoredValue::new(0) }
    }

    /// Nothing is searched for any more.
    pub fn clear(self) {
        self.again();
        self.result.try_update(|result| *result = None);
    }

    /// Searches once nothing else was typed for so long. A search that fails leaves what is there.
    fn later<Fut>(self, live: Live, wait_ms: u32, send: impl FnOnce() -> Fut + 'static)
    where
        Fut: Future<Output = Result<SearchResult, ApiError>> + 'static,
    {
        let typed = self.again();
        platform::after(wait_ms, move || {
            if self.typed.try_get_value() != typed {
                return;
            }
            let request = self.latest.ask();
            platform::spawn(async move {
                if let Ok(found) = send().await
                    && self.typed.try_get_value() == typed
                    && self.latest.take(request)
                {
                    live.know_found(&found);
                    self.result.try_set(Some(found));
                }
            });
        });
    }

    fn again(self) -> Option<u32> {
        self.typed.try_update_value(|count| {
            *count = count.wrapping_add(1);
            *count
        })
    }
}

/// What makes another search, and what makes the same one find something else.
type Searched = ((String, Option<String>, String), u32, u32);

impl Live {
    /// The reader types what to search for: it is in the address once typing rests.
    pub fn find(&self, words: String) {
        let live = *self;
        let typed = live.inner.finding.again();
        platform::after(TYPING_MS, move || {
            let filters = live.filters.try_get_untracked().map(|filters| filters.with_find(&words));
            if let Some(filters) = filters.filter(|_| live.inner.finding.typed.try_get_value() == typed) {
                platform::replace_query(&filters.to_query());
            }
        });
    }

    /// Looks up what the address searches for, at once when that is another, in a moment when the board has changed; until
    /// the owner is cleaned up.
    pub(crate) fn follow_find(self) {
        let search = self.found;
        on_cleanup(move || search.clear());
        Effect::new(move |before: Option<Searched>| {
            let what = self.filters.with(|Filters { find, team, tags, .. }| {
                let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
                (find.clone(), team.clone(), tags.join(","))
            });
            let counts = self.counts.get();
            let now = (what, counts.all, counts.answered);
            let is_other = before.as_ref().map(|before| before.0 != now.0);
            match is_other {
                _ if now.0.0.is_empty() => search.clear(),
                _ if before.as_ref() == Some(&now) => {}
                other => {
                    let (slug, (find, team, tags)) = (self.slug(), now.0.clone());
                    let send = move || api::find(slug, find, team.unwrap_or_default(), tags);
                    search.later(self, if other == Some(false) { NEWS_MS } else { 0 }, send);
                }
            }
            now
        });
    }

    /// The reader writes a question: what is like it is looked up when typing rests.
    pub fn look_for_similar(&self, text: &str) {
        let text = text.trim();
        if text.len() < SHORTEST {
            return self.similar.clear();
        }
        let (slug, text) = (self.slug(), text.to_owned());
        self.similar.later(*self, TYPING_MS, move || api::similar(slug, text, 3));
    }

    /// What was found is kept as the board is: it can be voted for, and follows the stream.
    fn know_found(self, found: &SearchResult) {
        let mut shown = Vec::new();
        for search in [self.found, self.similar] {
            search.result.try_with_untracked(|result| {
                shown.extend(result.iter().flat_map(|result| &result.questions).map(|question| question.id));
            });
        }
        self.inner.core.try_update_value(|core| core.find(found.questions.clone(), &shown));
        self.draw_soon();
    }

    /// What a question that was found says now. Nothing once it is removed, or the page is gone.
    #[must_use]
    pub fn found_row(&self, question: QuestionId) -> Signal<Option<Row>> {
        let inner = self.inner;
        Memo::new(move |_| {
            inner.drawn.track();
            let now = |core: &Core| Some(row(&core.board, &core.mine, core.question(question)?));
            inner.core.try_with_value(now).flatten()
        })
        .into()
    }
}
