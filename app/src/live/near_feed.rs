//! What is like each question that a moderator looks at: asked for once for all cards that are drawn in one moment.

use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::question::Question;
use pulsestage::service::MOST_COMPARED;

use super::vec_map::VecMap;
use crate::api;
use crate::platform;

/// How long cards are gathered before what is like them is asked for, in milliseconds.
const GATHER_MS: u32 = 100;
/// How many similar questions are known of each: three are shown, all can be chosen to merge with.
const MOST_NEAR: u32 = 10;

/// What is like the questions of a page. `Copy`.
#[derive(Clone, Copy)]
pub struct NearFeed {
    slug: StoredValue<String>,
    wanted: StoredValue<Vec<QuestionId>>,
    found: RwSignal<VecMap<Vec<Question>>>,
}

impl NearFeed {
    /// Nothing is asked for yet.
    #[must_use]
    pub fn new(slug: &str) -> Self {
        Self {
            slug: StoredValue::new(slug.to_owned()),
            wanted: StoredValue::new(Vec::new()),
            found: RwSignal::new(VecMap::default()),
        }
    }

    /// What is like this question, as far as that was found.
    #[must_use]
    pub fn of(self, question: QuestionId) -> Vec<Question> {
        self.found.try_with(|found| found.get(question).cloned()).flatten().unwrap_or_default()
    }

    /// What is like this question is wanted, or is another now.
    pub fn look_up(self, question: QuestionId) {
        let is_first = self.wanted.try_update_value(|wanted| {
            if !wanted.contains(&question) {
                wanted.push(question);
            }
            wanted.len() == 1
        });
        if is_first == Some(true) {
            platform::after(GATHER_MS, move || platform::spawn(self.load()));
        }
    }

    /// Asks until nothing is wanted. What cannot be had is left out: the page works without it.
    async fn load(self) {
        while let Some(slug) = self.slug.try_get_value() {
            let next = self.wanted.try_update_value(|wanted| {
                let most = wanted.len().min(MOST_COMPARED);
                wanted.drain(..most).collect::<Vec<_>>()
            });
            let Some(next) = next.filter(|next| !next.is_empty()) else { return };
            let ids: Vec<String> = next.iter().map(ToString::to_string).collect();
            if let Ok(told) = api::similar_to(slug, ids.join(","), MOST_NEAR).await {
                self.found.try_update(|found| {
                    for similar in told {
                        found.put(similar.question, similar.similar);
                    }
                });
            }
        }
    }
}
