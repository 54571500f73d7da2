//! Who is at which question: moderators see each other at work, and nobody saves over what they have not seen.

use leptos::prelude::*;
use pulsestage::id::{QuestionId, UserId};
use pulsestage::moderation::{CLAIM_LIFE_MS, Case};

use crate::api::{self, ApiError};
use crate::live::Live;
use crate::live::vec_map::VecMap;
use crate::platform;
use crate::ui::time::Now;

/// What the other moderators are at, as far as this page was told. `Copy`.
#[derive(Clone, Copy)]
pub struct Claims {
    live: Live,
    /// Until when each is theirs, by this browser's clock.
    theirs: RwSignal<VecMap<f64>>,
    /// Who the reader is, once something was theirs.
    me: StoredValue<Option<UserId>>,
    now: Option<Now>,
}

impl Claims {
    /// Follows the claims of a board that is live. Nothing is asked for before the page is.
    #[must_use]
    pub fn follow(live: Live) -> Self {
        let me = StoredValue::new(None);
        let claims = Self { live, theirs: RwSignal::new(VecMap::default()), me, now: use_context() };
        Effect::new(move || {
            platform::spawn(async move {
                for case in api::cases(live.slug()).await.unwrap_or_default() {
                    claims.take_in(&case);
                }
            });
        });
        let is_looking = StoredValue::new(false);
        Effect::new(move || {
            live.moderated.track();
            if is_looking.get_value() {
                return;
            }
            is_looking.set_value(true);
            platform::spawn(async move {
                claims.look_at_changed().await;
                let _gone = is_looking.try_set_value(false);
            });
        });
        claims
    }

    /// Looks up what was moderated until nothing more was. One after the other: an answer that is overtaken by a newer
    /// one would bring back a claim that has ended.
    async fn look_at_changed(self) {
        let take = || self.live.moderated.try_update_untracked(std::mem::take).filter(|changed| !changed.is_empty());
        while let Some(mut changed) = take() {
            changed.sort_unstable();
            changed.dedup();
            for question in changed {
                if let Ok(case) = api::load_case(self.live.slug(), question).await {
                    self.take_in(&case);
                }
            }
        }
    }

    /// Whether another moderator is at this question now.
    #[must_use]
    pub fn is_theirs(self, question: QuestionId) -> bool {
        let until = self.theirs.try_with(|theirs| theirs.get(question).copied()).flatten();
        let now = self.now.and_then(Now::device);
        until.zip(now).is_some_and(|(until, now)| now < until)
    }

    /// Says that the reader is at this question, or still is.
    ///
    /// # Errors
    /// When another moderator is.
    pub async fn begin(self, question: QuestionId) -> Result<Case, ApiError> {
        let case = api::claim(self.live.slug(), question, true, Some(platform::operation_id())).await?;
        self.me.try_update_value(|me| *me = case.claim.map(|claim| claim.by));
        self.take_in(&case);
        Ok(case)
    }

    /// Says that the reader no longer is. When it does not arrive the claim runs out.
    pub fn end(self, question: QuestionId) {
        let tenant = self.live.slug();
        platform::spawn(async move {
            drop(api::claim(tenant, question, false, Some(platform::operation_id())).await);
        });
    }

    fn take_in(self, case: &Case) {
        let question = case.question.id;
        let me = self.me.try_get_value().flatten();
        let is_theirs = case.claim.is_some_and(|claim| Some(claim.by) != me);
        let until = platform::now_ms() + CLAIM_LIFE_MS as f64;
        let is_known = self.theirs.try_with_untracked(|theirs| theirs.has(question)).unwrap_or_default();
        if is_theirs || is_known {
            self.theirs.try_update(|theirs| match is_theirs {
                true => theirs.put(question, until),
                false => drop(theirs.take(question)),
            });
        }
    }
}
