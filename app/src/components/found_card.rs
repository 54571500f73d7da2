//! A question that a search found: what it says now, and its vote.

use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::question::{Question, Status};

use super::answer::Answer;
use super::marks::{Marks, State};
use super::tags::TagList;
use super::vote::Vote;
use crate::live::{Live, Row};
use crate::ui::erase::Erase;
use crate::ui::time::Ago;

/// What a found question needs of its page. `Copy`.
#[derive(Clone, Copy)]
pub struct FoundContext {
    /// The page's board.
    pub live: Live,
    /// The tenant's slug.
    pub slug: StoredValue<String>,
    /// Whether the reader may vote at all.
    pub may_vote: Signal<bool>,
}

impl FoundContext {
    /// The vote of a question that was found.
    pub(super) fn vote(self, question: QuestionId, row: Signal<Option<Row>>, why_id: String) -> AnyView {
        let of = move |read: fn(&Row) -> bool| row.with(|row| row.as_ref().is_some_and(read));
        let own_votes = move || self.live.tenant.with(|tenant| tenant.settings.own_votes);
        let closed = Signal::derive(move || {
            if !self.may_vote.get() {
                Some("Voting is closed")
            } else if of(|row| row.own) && !own_votes() {
                Some("Your own question")
            } else if of(|row| row.frozen) {
                Some("Closed to votes")
            } else if of(|row| row.status == Status::Answered) {
                Some("Already answered")
            } else if !of(|row| row.takes_votes) {
                Some("Voting is closed")
            } else {
                None
            }
        });
        view! {
            <Vote
                question=question
                slug=self.slug
                upvotes=Signal::derive(move || row.with(|row| row.as_ref().map_or(0, |row| row.upvotes)))
                voted=Signal::derive(move || of(|row| row.voted))
                closed=closed
                why_id=why_id
                on_vote=Callback::new(move |(question, up)| self.live.vote(question, up))
            />
        }
        .erase()
    }
}

/// The card.
#[component]
pub(super) fn FoundCard(
    /// The question as it was found.
    question: Question,
    /// Its page.
    context: FoundContext,
) -> impl IntoView {
    let (id, created_at) = (question.id, question.created_at);
    let row = context.live.found_row(id);
    let (card, text, why) = (format!("q-{id}"), format!("q-{id}-text"), format!("q-{id}-why"));
    let (labelled, described) = (text.clone(), why.clone());
    let state = Signal::derive(move || {
        row.with(|row| {
            row.as_ref().map_or_else(State::default, |row| State {
                pinned: row.pinned,
                frozen: row.frozen,
                answered: row.status == Status::Answered,
                fresh: false,
            })
        })
    });
    let author = row.with_untracked(|row| row.as_ref().and_then(|row| row.author.clone()));
    let tags = Signal::derive(move || row.with(|row| row.as_ref().map(|row| row.tags.clone())).unwrap_or_default());
    view! {
        <article class=Signal::derive(move || state.get().class("q")) id=card aria-labelledby=labelled>
            <Marks state=state why_id=described />
            <h3 class="q__text" id=text dir="auto">
                {Signal::derive(move || row.with(|row| row.as_ref().map(|row| row.body.clone())))}
            </h3>
            <p class="q__meta">
                <span class="q__team" dir="auto">
                    {Signal::derive(move || row.with(|row| row.as_ref().map(|row| row.team.clone())))}
                </span>
                {author.map(|name| view! { <span dir="auto">{name}</span> }.erase())}
                <Ago at=created_at />
            </p>
            <TagList tags=tags />
            {context.vote(id, row, why)}
            <Answer answer=Signal::derive(move || row.with(|row| row.as_ref().and_then(|row| row.answer.clone()))) />
        </article>
    }
    .erase()
}
