//! The review queue: what waits for a moderator, what was reported, what is off the board, and what can be done.
//!
//! Everything works as plain forms; with script they are sent without leaving the page, and the list follows the stream.

use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::moderation::{Case, Hold, MAX_BULK, ReviewDecision, ReviewView};
use pulsestage::permission::{Action, may};
use std::sync::Arc;

use super::admin::Reader;
use super::frame::{Frame, Here, PageFuture};
use crate::address::Address;
use crate::api;
use crate::components::case_card::case_card;
use crate::components::keyed_list::{follow_ends, keyed_list};
use crate::live::{CaseFeed, CaseList, Edge, Listed, NearFeed, ReviewAction, STEP};
use crate::platform;
use crate::ui::empty::Empty;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::time::Now;
use crate::ui::toast::{ToastAction, ToastKind, ToastRegion, Toasts};

/// The id of the list.
const CASES: &str = "cases";

/// Which questions are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Waiting,
    Reported,
    Starred,
    Gone,
    All,
}

impl Show {
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Waiting, "waiting", "Waiting"),
        (Self::Reported, "reported", "Reported"),
        (Self::Starred, "starred", "Starred"),
        (Self::Gone, "gone", "Off the board"),
        (Self::All, "all", "All"),
    ];

    fn of_word(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|(_, name, _)| Some(*name) == word).map_or(Self::Waiting, |(show, ..)| show)
    }

    fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(show, ..)| *show == self).map_or("", |(_, word, _)| word)
    }

    fn takes(self, case: &Case) -> bool {
        match self {
            Self::Waiting => case.removed.is_none() && case.hold.is_some(),
            Self::Reported => case.removed.is_none() && (case.reports > 0 || case.hold == Some(Hold::Reports)),
            Self::Starred => case.starred,
            Self::Gone => case.removed.is_some(),
            Self::All => true,
        }
    }
}

/// The page's state. `Copy`.
#[derive(Clone, Copy)]
struct Review {
    slug: StoredValue<String>,
    feed: CaseFeed,
    toasts: Toasts,
}

impl Review {
    /// Does something with a question, and says what came of it.
    fn act(self, question: QuestionId, seen: Option<i64>, action: ReviewAction) {
        let Some(slug) = self.slug.try_get_value() else { return };
        platform::spawn(async move {
            let (done, undo, draft) = (action.done().to_owned(), action.undo(), action.draft());
            match action.send(slug, question, seen).await {
                Ok(case) => {
                    if let Some(draft) = draft {
                        platform::keeper("drop", &[&format!("{draft}-{question}")]);
                    }
                    self.feed.fold(case);
                    let Some(undo) = undo else { return self.toasts.push(ToastKind::Done, done, None) };
                    let run = Arc::new(move || self.act(question, None, undo.clone()));
                    self.toasts.push_undo(done, ToastAction { label: "Undo", run });
                }
                Err(error) => {
                    // It may have been refused because somebody else has changed the question.
                    self.feed.look_up(question);
                    self.toasts.push(ToastKind::Trouble, error.to_string(), None);
                }
            }
        });
    }

    /// Decides the same about all these.
    fn decide_all(self, questions: Vec<QuestionId>, decision: ReviewDecision<String>) {
        let Some(slug) = self.slug.try_get_value() else { return };
        let asked = questions.len();
        platform::spawn(async move {
            match api::decide_all(slug, questions, decision, Some(platform::operation_id())).await {
                Ok(items) => {
                    let refused: Vec<String> =
                        items.iter().filter_map(|item| item.refusal.as_ref().map(ToString::to_string)).collect();
                    let done = asked - refused.len();
                    let why = refused.first().map(|why| format!(" {} not: {why}", refused.len())).unwrap_or_default();
                    let kind = if refused.is_empty() { ToastKind::Done } else { ToastKind::Trouble };
                    self.toasts.push(kind, format!("{done} of {asked} done.{why}"), None);
                }
                Err(error) => self.toasts.push(ToastKind::Trouble, error.to_string(), None),
            }
            self.feed.load_all();
        });
    }
}

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    here.load(api::load_review, draw)
}

fn draw(view: ReviewView, frame: Frame) -> AnyView {
    Now::provide();
    let may_delete = may(view.role, Action::DeleteQuestion, &view.tenant.settings);
    let (tenant, role) = (view.tenant.clone(), view.role);
    let review = Review {
        slug: StoredValue::new(tenant.slug.clone()),
        feed: CaseFeed::follow(&tenant.slug, view.into()),
        toasts: Toasts::new(),
    };
    let cases = review.feed.list;
    let near = NearFeed::new(&tenant.slug);
    let query = Address::of_page().query();
    let show = Memo::new(move |_| query.with(|query| Show::of_word(query.get("show"))));
    let shown = Memo::new(move |_| {
        let show = show.get();
        cases.with(|list| {
            let shown = list.cases().iter().filter(|case| show.takes(case));
            shown.map(|case| case.question.id).collect::<Vec<_>>()
        })
    });
    let on_action = Callback::new(move |(question, seen, action)| review.act(question, Some(seen), action));
    // Cards that were drawn stay: somebody may have begun to type into one of them.
    let asked = query.with_untracked(|query| query.get("rows").and_then(|rows| rows.parse::<usize>().ok()));
    let rows = RwSignal::new(asked.unwrap_or_default().max(STEP));
    let listed = Memo::new(move |_| {
        let most = rows.get();
        shown.with(|shown| Listed {
            ids: shown.iter().take(most).copied().collect(),
            before: 0,
            size: shown.len(),
            below: shown.len() > most,
        })
    });
    let content = view! {
        {tabs(cases, show)}
        // Before the list: from its first card the way back to a decision is one step of the keyboard.
        <ToastRegion toasts=review.toasts />
        {bulk(review, &tenant.slug, show, shown)}
        <ul class="admin__cards" id=CASES>
            {keyed_list(
                listed.into(),
                Callback::new(move |id| case_card(id, cases, near, review.slug, may_delete, on_action).into_any()),
            )}
        </ul>
        {more(rows, listed, show)}
        {part(move || cases.with(CaseList::has_more).then(|| {
            view! {
                <p class="field__hint">
                    "Older questions are not listed here. What waits, or was reported, starred or written about, comes first."
                </p>
            }
                .erase()
        }))}
        {part(move || shown.with(Vec::is_empty).then(|| {
            view! {
                <h2 class="vh">"Questions"</h2>
                <Empty
                    mark=Icon::Check
                    title="Nothing here"
                    text="New questions to review appear here automatically."
                />
            }
                .erase()
        }))}
    }
    .erase();
    frame.draw_live(
        &tenant,
        Reader::of_moderators(role),
        review.feed.stream,
        "Only moderators see the questions that wait here.",
        content,
    )
}

/// More cards as one comes near the last, and a link to them without script.
fn more(rows: RwSignal<usize>, listed: Memo<Listed>, show: Memo<Show>) -> AnyView {
    let draw_more = move || rows.update(|rows| *rows += STEP);
    let on_near = move |edge| {
        if edge == Edge::Bottom {
            draw_more();
        }
    };
    follow_ends(CASES, listed.into(), Callback::new(on_near));
    let follow = Memo::new(move |_| listed.with(|listed| listed.below));
    part(move || {
        follow.get().then(|| {
            let href = format!("?show={}&rows={}", show.get().word(), rows.get() + STEP);
            let draw = move |event: MouseEvent| {
                event.prevent_default();
                draw_more();
            };
            view! {
                <p class="qlist__more">
                    <a class="btn" href=href on:click=draw>
                        "More questions"
                    </a>
                </p>
            }
            .erase()
        })
    })
    .into_any()
}

/// The filters as links, with their counts.
fn tabs(cases: RwSignal<CaseList>, show: Memo<Show>) -> AnyView {
    let tabs = Show::ALL.map(|(which, word, label)| {
        let count = Memo::new(move |_| cases.with(|list| list.cases().iter().filter(|case| which.takes(case)).count()));
        view! {
            <a class="chip" href=format!("?show={word}") aria-current=move || (show.get() == which).then_some("page")>
                {label}
                " "
                <b>{count}</b>
            </a>
        }
        .erase()
    });
    view! {
        <nav class="review__tabs" aria-label="Which questions">
            {tabs.into_iter().collect_view()}
        </nav>
    }
    .erase()
}

/// Everything that is shown, in one go.
fn bulk(review: Review, slug: &str, show: Memo<Show>, shown: Memo<Vec<QuestionId>>) -> AnyView {
    // No more than are taken in one go: the next ones are there when these are done.
    let some = move || shown.with(|shown| shown.iter().take(MAX_BULK).copied().collect::<Vec<_>>());
    let button = |decision: ReviewDecision<String>, word: &'static str| {
        let (slug, name) = (slug.to_owned(), decision.as_str());
        let submit = move |event: SubmitEvent| {
            event.prevent_default();
            review.decide_all(some(), decision.clone());
        };
        let hidden = move || {
            let fields = some().into_iter().enumerate().map(|(at, id)| {
                view! { <input type="hidden" name=format!("questions[{at}]") value=id.to_string() /> }.erase()
            });
            fields.collect_view()
        };
        view! {
            <form method="post" action="/api/fn/decide_all" on:submit=submit>
                <input type="hidden" name="tenant" value=slug />
                <input type="hidden" name="decision" value=name />
                {part(hidden)}
                <button type="submit" class="btn btn--small">
                    {word}
                    " ("
                    {Signal::derive(move || some().len())}
                    ")"
                </button>
            </form>
        }
        .erase()
    };
    let approve = button(ReviewDecision::Approve, "Approve all");
    let decline = button(ReviewDecision::Decline { reason: None }, "Decline all");
    let is_offered = Memo::new(move |_| show.get() == Show::Waiting && shown.with(|shown| shown.len() > 1));
    view! {
        <div class="form__row" hidden=move || !is_offered.get()>
            {approve}
            {decline}
        </div>
    }
    .erase()
}
