//! A question as everybody sees it, and the part of it that the moderators' row shares.

use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::question::Status;

use super::answer::Answer;
use super::marks::{Marks, State};
use super::page_url::PageUrl;
use super::tags::TagList;
use super::vote::Vote;
use crate::live::{RowField, RowStoreFields};
use crate::ui::erase::{Erase, part};
use crate::ui::time::Ago;

/// The ids inside one question's card.
pub(super) struct Ids {
    pub(super) card: String,
    pub(super) text: String,
    pub(super) why: String,
}

impl Ids {
    pub(super) fn of(question: QuestionId) -> Self {
        let card = format!("q-{question}");
        Self { text: format!("{card}-text"), why: format!("{card}-why"), card }
    }
}

/// The state of a row that may leave while it is being read.
pub(super) fn state_of(row: RowField) -> Signal<State> {
    Memo::new(move |_| State {
        pinned: row.pinned().try_get().unwrap_or_default(),
        frozen: row.frozen().try_get().unwrap_or_default(),
        answered: row.status().try_get() == Some(Status::Answered),
        fresh: row.fresh().try_get().unwrap_or_default(),
    })
    .into()
}

/// The words of a question and what is known about them: marks, text, team, time, tags.
#[component]
pub(super) fn Words(
    row: RowField,
    state: Signal<State>,
    text_id: String,
    why_id: String,
    /// What else stands in the line of small print.
    #[prop(optional_no_strip)]
    more: Option<AnyView>,
) -> impl IntoView {
    let author = row.author().try_get_untracked().flatten();
    let tags = Signal::derive(move || row.tags().try_get().unwrap_or_default());
    view! {
        <Marks state=state why_id=why_id />
        <h3 class="q__text" id=text_id dir="auto">
            {Signal::derive(move || row.body().try_get())}
        </h3>
        <p class="q__meta">
            <span class="q__team" dir="auto">
                {Signal::derive(move || row.team().try_get())}
            </span>
            {author.map(|name| view! { <span dir="auto">{name}</span> }.erase())}
            <Ago at=row.created_at().try_get_untracked().unwrap_or_default() />
            {more}
        </p>
        <TagList tags=tags />
    }
    .erase()
}

/// The way to what can be done with one's own question, or said about another's.
fn way(place: StoredValue<PageUrl>, question: QuestionId, own: bool) -> AnyView {
    let (page, word) =
        if own { (format!("/mine#q-{question}"), "Yours") } else { (format!("/report/{question}"), "Report") };
    let class = if own { "q__way q__own" } else { "q__way" };
    view! {
        <a class=class href=place.with_value(|place| place.beside(&page)) rel="external nofollow">
            {word}
        </a>
    }
    .erase()
}

/// A question with its vote and its answer.
#[component]
pub fn Card(
    /// The row.
    row: RowField,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// Whether the reader may vote at all.
    #[prop(into)]
    may_vote: Signal<bool>,
    /// Whether a vote for one's own question counts here.
    own_votes: Signal<bool>,
    /// Where the page is.
    place: StoredValue<PageUrl>,
    /// The reader wants their vote to count, or not to.
    on_vote: Callback<(QuestionId, bool)>,
) -> impl IntoView {
    // A row that left before it was drawn is not drawn.
    row.id().try_get_untracked().map(|question| {
        let Ids { card, text, why } = Ids::of(question);
        let state = state_of(row);
        let closed = Memo::new(move |_| match state.get() {
            _ if !may_vote.get() => Some("Voting is closed"),
            _ if row.own().try_get() == Some(true) && !own_votes.get() => Some("Your own question"),
            State { frozen: true, .. } => Some("Closed to votes"),
            State { answered: true, .. } => Some("Already answered"),
            _ if row.takes_votes().try_get() == Some(false) => Some("Voting is closed"),
            _ => None,
        });
        let more = part(move || row.own().try_get().map(|own| way(place, question, own))).into_any();
        let labelled = text.clone();
        let described = why.clone();
        view! {
            <article class=Signal::derive(move || state.get().class("q")) id=card aria-labelledby=labelled>
                <Words row=row state=state text_id=text why_id=described more=Some(more) />
                <Vote
                    question=question
                    slug=slug
                    upvotes=Signal::derive(move || row.upvotes().try_get().unwrap_or_default())
                    voted=Signal::derive(move || row.voted().try_get().unwrap_or_default())
                    closed=closed.into()
                    why_id=why
                    on_vote=on_vote
                />
                <Answer answer=Signal::derive(move || row.answer().try_get().flatten()) />
            </article>
        }
        .erase()
    })
}
