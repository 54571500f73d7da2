//! A question as everybody sees it, and the part of it that the moderators' row shares.

use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::question::Status;

use super::answer::Answer;
use super::marks::{Marks, State};
use super::page_url::PageUrl;
use super::tags::TagList;
use super::vote::Vote;
use crate::live::RowSignal;
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
pub(super) fn state_of(row: RowSignal) -> Signal<State> {
    Memo::new(move |_| {
        let state = row.try_with(|row| State {
            pinned: row.pinned,
            frozen: row.frozen,
            answered: row.status == Status::Answered,
            fresh: row.fresh,
        });
        state.unwrap_or_default()
    })
    .into()
}

/// The words of a question and what is known about them: marks, text, team, time, tags.
#[component]
pub(super) fn Words(
    row: RowSignal,
    state: Signal<State>,
    text_id: String,
    why_id: String,
    /// What else stands in the line of small print.
    #[prop(optional_no_strip)]
    more: Option<AnyView>,
) -> impl IntoView {
    let (author, asked) = row.try_with_untracked(|row| (row.author.clone(), row.created_at)).unwrap_or_default();
    // Drawn anew only when they are others: the row also wakes for each vote.
    let tags = Memo::new(move |_| row.try_with(|row| row.tags.clone()).unwrap_or_default());
    view! {
        <Marks state=state why_id=why_id />
        <h3 class="q__text" id=text_id dir="auto">
            {Signal::derive(move || row.try_with(|row| row.body.clone()))}
        </h3>
        <p class="q__meta">
            <span class="q__team" dir="auto">
                {Signal::derive(move || row.try_with(|row| row.team.clone()))}
            </span>
            {author.map(|name| view! { <span dir="auto">{name}</span> }.erase())}
            <Ago at=asked />
            {more}
        </p>
        <TagList tags=tags.into() />
    }
    .erase()
}

/// The way to a page about the question: what can be done with one's own, or said about another's.
fn way(place: StoredValue<PageUrl>, page: String, word: &'static str, class: &'static str) -> AnyView {
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
    row: RowSignal,
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
    row.try_with_untracked(|row| row.id).map(|question| {
        let Ids { card, text, why } = Ids::of(question);
        let state = state_of(row);
        let own = Memo::new(move |_| row.try_with(|row| row.own).unwrap_or_default());
        let takes_votes = Memo::new(move |_| row.try_with(|row| row.takes_votes).unwrap_or(true));
        let answer = Memo::new(move |_| row.try_with(|row| row.answer.clone()).flatten());
        let closed = Memo::new(move |_| match state.get() {
            _ if !may_vote.get() => Some("Voting is closed"),
            _ if own.get() && !own_votes.get() => Some("Your own question"),
            State { frozen: true, .. } => Some("Closed to votes"),
            State { answered: true, .. } => Some("Already answered"),
            _ if !takes_votes.get() => Some("Voting is closed"),
            _ => None,
        });
        let yours =
            part(move || own.get().then(|| way(place, format!("/mine#q-{question}"), "Yours", "q__way q__own")));
        // After the vote: it is wanted least often.
        let report =
            part(move || (!own.get()).then(|| way(place, format!("/report/{question}"), "Report", "q__way q__report")));
        let labelled = text.clone();
        let described = why.clone();
        view! {
            <article class=Signal::derive(move || state.get().class("q")) id=card aria-labelledby=labelled>
                <Words row=row state=state text_id=text why_id=described more=Some(yours.into_any()) />
                <Vote
                    question=question
                    slug=slug
                    upvotes=Signal::derive(move || row.try_with(|row| row.upvotes).unwrap_or_default())
                    voted=Signal::derive(move || row.try_with(|row| row.voted).unwrap_or_default())
                    closed=closed.into()
                    why_id=why
                    on_vote=on_vote
                />
                {report}
                <Answer answer=answer.into() />
            </article>
        }
        .erase()
    })
}
