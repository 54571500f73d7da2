//! The questions that are most like one under review, each with the button that merges it there. A digit does the same while
//! the keyboard is in the card.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use pulsestage::question::Question;

use super::case_forms::Card;
use crate::live::{NearFeed, ReviewAction};
use crate::ui::dom;
use crate::ui::erase::{Erase, part};
use crate::ui::text::plural;

/// How many are shown.
const SHOWN: usize = 3;

/// The list; nothing where nothing is alike.
pub(super) fn near_box(card: Card, feed: NearFeed) -> AnyView {
    let body = Memo::new(move |_| card.case.with(|case| case.question.body.clone()));
    Effect::new(move || {
        body.track();
        feed.look_up(card.id);
    });
    let is_there = card.is_there();
    let similar = Memo::new(move |_| if is_there.get() { shown(card, feed) } else { Vec::new() });
    let title = format!("near-{}", card.id);
    part(move || {
        let similar = similar.get();
        (!similar.is_empty()).then(|| {
            let rows = similar.into_iter().zip(1..).map(|(question, number)| row(card, question, number));
            view! {
                // No landmark and no heading: there is one in every card.
                <div class="near" role="group" aria-labelledby=title.clone()>
                    <p class="small" id=title.clone()>
                        "Similar questions"
                    </p>
                    <ol>{rows.collect_view()}</ol>
                </div>
            }
            .erase()
        })
    })
    .into_any()
}

fn shown(card: Card, feed: NearFeed) -> Vec<Question> {
    let mut similar = feed.of(card.id);
    similar.truncate(SHOWN);
    similar
}

fn row(card: Card, question: Question, number: u32) -> AnyView {
    let into = question.id;
    let fields = view! {
        <input type="hidden" name="into" value=into.to_string() />
        <button class="btn btn--small" type="submit" aria-keyshortcuts=number.to_string()>
            "Merge into this"
            <kbd aria-hidden="true">{number}</kbd>
        </button>
    };
    view! {
        <li class="near__row">
            <p dir="auto">{question.body}</p>
            <span class="small">{plural(question.upvotes, "vote", "votes")}</span>
            {card.form("merge", move || card.now(ReviewAction::Merge(into)), fields.erase())}
        </li>
    }
    .erase()
}

/// Merges the card's question into the one of this number, when a digit is pressed and typed into no field.
pub(super) fn merge_by_key(card: Card, feed: NearFeed, event: &KeyboardEvent) {
    let is_typed = dom::closest(event, "input, textarea, select, [contenteditable]").is_some();
    let is_there = card.case.try_with_untracked(|case| case.removed.is_none()) == Some(true);
    if is_typed || !is_there || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let number = event.key().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let into = number.and_then(|number| untrack(move || shown(card, feed)).get(number).map(|question| question.id));
    if let Some((seen, action)) = into.and_then(|into| card.now(ReviewAction::Merge(into))) {
        event.prevent_default();
        card.on_action.run((card.id, seen, action));
    }
}
