//! The vote: a plain form before the page is alive, an intent afterwards.

use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::*;
use pulsestage::id::QuestionId;

use crate::platform;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};

/// A press so soon after another is the same wish once more, in milliseconds: an impatient finger, a held key.
const IMPATIENCE_MS: f64 = 300.0;

/// One big button with the count in it.
#[component]
pub fn Vote(
    /// The question.
    question: QuestionId,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The count to show.
    upvotes: Signal<i64>,
    /// Whether the reader's vote is in it.
    voted: Signal<bool>,
    /// Why no vote is taken, if none is.
    closed: Signal<Option<&'static str>>,
    /// The id of the mark that says why no vote is taken.
    why_id: String,
    /// The reader wants their vote to count, or not to.
    on_vote: Callback<(QuestionId, bool)>,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if closed.get_untracked().is_none() {
            on_vote.run((question, !voted.get_untracked()));
        }
    };
    let last_press = StoredValue::new(f64::NEG_INFINITY);
    let press = move |event: MouseEvent| {
        let now = platform::now_ms();
        let before = last_press.try_update_value(|last| std::mem::replace(last, now));
        let again = event.detail() > 1 || before.is_some_and(|before| (0.0..IMPATIENCE_MS).contains(&(now - before)));
        if again {
            // Taking the vote back is a press of its own, after a moment's thought.
            event.prevent_default();
        }
    };
    view! {
        <form class="vote" method="post" action="/api/fn/set_vote" on:submit=submit>
            <input type="hidden" name="tenant" value=slug.get_value() />
            <input type="hidden" name="question" value=question.to_string() />
            <input type="hidden" name="up" value=Signal::derive(move || (!voted.get()).to_string()) />
            <button
                class="vote__btn"
                type="submit"
                aria-pressed=Signal::derive(move || voted.get().to_string())
                disabled=Signal::derive(move || closed.get().is_some())
                aria-describedby=Signal::derive(move || closed.get().map(|_| why_id.clone()))
                title=Signal::derive(move || closed.get())
                on:click=press
            >
                {icon(Icon::ChevronUp)}
                <span class="vh">"Upvote, "</span>
                <span class="vote__count">{upvotes}</span>
                <span class="vh">{Signal::derive(move || if upvotes.get() == 1 { " vote" } else { " votes" })}</span>
            </button>
        </form>
    }
    .erase()
}
