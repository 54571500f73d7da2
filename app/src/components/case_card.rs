//! A question as its moderators review it: why it waits or is gone, its texts, and what can be done.
//!
//! A card lives as long as its question is in the list, and each part of it follows the case by itself: what somebody is
//! typing outlives a vote, a report, and whatever other moderators do.

use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::moderation::Case;

use super::case_edit::more;
use super::case_forms::{Card, OnAction, buttons};
use super::case_why::{draw_why, why};
use super::history_box::{CaseRevision, HistoryBox};
use super::near_box::{merge_by_key, near_box};
use super::thread_box::ThreadBox;
use crate::live::{CaseList, NearFeed};
use crate::ui::erase::{Erase, part};
use crate::ui::text::thousands;
use crate::ui::time::Ago;

/// The card of a question among all cases, which are also what it can be merged with; none when it is not among them.
/// `feed` knows what is like it, `on_action` is what the moderator wants done.
pub fn case_card(
    id: QuestionId,
    cases: RwSignal<CaseList>,
    feed: NearFeed,
    slug: StoredValue<String>,
    may_delete: bool,
    on_action: OnAction,
) -> Option<AnyView> {
    let find = move |cases: &CaseList| cases.get(id).cloned();
    let first = cases.with_untracked(find)?;
    let created_at = first.question.created_at;
    // What has left the list stays as it was for the moment until its card goes.
    let case = Memo::new(move |before: Option<&Case>| {
        let now = cases.with(find).or_else(|| before.cloned());
        now.unwrap_or_else(|| first.clone())
    });
    let card = Card { id, case, slug, on_action };
    let why = Memo::new(move |_| case.with(why));
    let body = Memo::new(move |_| case.with(|case| case.question.body.clone()));
    let original = Memo::new(move |_| case.with(|case| case.original.clone()));
    let votes = Memo::new(move |_| case.with(|case| case.question.upvotes));
    let label = Memo::new(move |_| case.with(|case| case.label.clone()));
    let title = format!("case-{id}");
    let labelled = title.clone();
    let view = view! {
        <li
            class="panel admin__card"
            aria-labelledby=labelled
            on:keydown=move |event| merge_by_key(card, feed, &event)
        >
            {part(move || why.with(draw_why))}
            <p class="words" id=title dir="auto">
                {body}
            </p>
            {part(move || original.get().map(|original| view! {
                <details class="more">
                    <summary>"Original text"</summary>
                    <p dir="auto">{original}</p>
                </details>
            }.erase()))}
            <p class="small">
                {part(move || match votes.get() {
                    1 => view! { <span>"1 vote"</span> }.erase(),
                    many => view! { <span>{thousands(many)} " votes"</span> }.erase(),
                })}
                <Ago at=created_at />
                {part(move || label.get().map(|label| view! { <span class="chip" dir="auto">{label}</span> }.erase()))}
            </p>
            {near_box(card, feed)}
            {buttons(card, may_delete)}
            {more(card, cases, feed)}
            <ThreadBox question=id slug=slug unanswered=Memo::new(move |_| case.with(|case| case.unanswered)) />
            <HistoryBox question=id slug=slug revision=Memo::new(move |_| case.with(revision)) />
        </li>
    };
    Some(view.erase())
}

fn revision(case: &Case) -> CaseRevision {
    (case.version, case.starred, case.label.clone(), case.replies)
}
