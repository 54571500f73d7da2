//! Which version of a question a moderator has before them while they write its answer.

use leptos::prelude::*;
use pulsestage::error::Refusal;
use pulsestage::id::QuestionId;
use pulsestage::moderation::{CLAIM_LIFE_MS, Case, ReviewDecision};
use std::sync::Arc;
use std::time::Duration;

use super::claims::Claims;
use crate::api::{self, ApiError};
use crate::live::Live;
use crate::platform;
use crate::ui::toast::{ToastAction, ToastKind};

/// A claim is renewed this often while its editor is open.
const RENEWED: Duration = Duration::from_millis(CLAIM_LIFE_MS as u64 / 2);

/// The version, and the claim of whoever writes. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct EditSession {
    question: QuestionId,
    claims: Option<Claims>,
    version: StoredValue<Option<i64>>,
    is_theirs: RwSignal<bool>,
}

impl EditSession {
    /// Nothing was looked at yet. The claim is renewed until the owner is cleaned up, and ends then.
    pub(super) fn of(question: QuestionId, claims: Option<Claims>) -> Self {
        let seen = Self { question, claims, version: StoredValue::new(None), is_theirs: RwSignal::new(false) };
        Effect::new(move || {
            let ticking = set_interval_with_handle(move || seen.renew(), RENEWED);
            on_cleanup(move || {
                if let Ok(ticking) = ticking {
                    ticking.clear();
                }
                if let Some(claims) = claims {
                    claims.end(question);
                }
            });
        });
        seen
    }

    /// Looks at the question as it is now, claims it if nobody has, and tells what is known of it, the first time and
    /// unless whoever looks has gone meanwhile.
    pub(super) fn look(self, then: impl FnOnce(Case) + 'static) {
        let Some((claims, live)) = self.claims.zip(Live::of_page()) else { return };
        let first = self.version.try_get_value() == Some(None);
        platform::spawn(async move {
            let claimed = claims.begin(self.question).await;
            let theirs = matches!(claimed, Err(ApiError::Refused(Refusal::Claimed)));
            let case = if theirs { api::load_case(live.slug(), self.question).await } else { claimed };
            let _gone = self.is_theirs.try_set(theirs);
            if let Ok(case) = case {
                let is_there = self.version.try_set_value(Some(case.version)).is_none();
                if first && is_there {
                    then(case);
                }
            }
        });
    }

    /// Says that the moderator is still at it. What they have seen is what they looked at.
    fn renew(self) {
        let Some(claims) = self.claims else { return };
        platform::spawn(async move {
            let claimed = claims.begin(self.question).await;
            let _gone = self.is_theirs.try_set(matches!(claimed, Err(ApiError::Refused(Refusal::Claimed))));
        });
    }

    /// The version that was looked at last.
    pub(super) fn version(self) -> Option<i64> {
        self.version.try_get_value().flatten()
    }

    /// Whether another moderator has claimed it.
    pub(super) fn is_theirs(self) -> bool {
        self.is_theirs.try_get().unwrap_or_default()
    }

    /// Keeps what was written for whoever goes on with it, then does the rest, unless whoever wrote has gone meanwhile.
    pub(super) fn keep(self, text: RwSignal<String>, then: impl Fn() + 'static) {
        let (Some(live), Some(text)) = (Live::of_page(), text.try_get_untracked()) else { return };
        platform::spawn(async move {
            let kept = api::draft(live.slug(), self.question, text, Some(platform::operation_id())).await;
            match kept {
                Ok(_) => {
                    live.toasts.push(
                        ToastKind::Done,
                        "Draft saved. Other moderators can continue it.".to_owned(),
                        None,
                    );
                    if self.version.try_get_value().is_some() {
                        then();
                    }
                }
                Err(error) => live.toasts.push(ToastKind::Trouble, format!("The draft was not saved. {error}"), None),
            }
        });
    }
}

/// Says that an answer is given, and takes it back for whoever presses at once.
pub(super) fn offer_undo(question: QuestionId) {
    let Some(live) = Live::of_page() else { return };
    let run = move || {
        platform::spawn(async move {
            let op = Some(platform::operation_id());
            if let Err(error) = api::decide(live.slug(), question, ReviewDecision::Reopen, None, op).await {
                live.toasts.push(ToastKind::Trouble, format!("The answer was not removed. {error}"), None);
            }
        });
    };
    live.toasts.push_undo("Answered.".to_owned(), ToastAction { label: "Undo", run: Arc::new(run) });
}
