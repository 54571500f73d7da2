//! The review queue: what waits for a moderator, what was reported, what is off the board, and what can be done.
//!
//! Everything works as plain forms; with script they are sent without leaving the page, and the list follows the stream.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use pulsestage::id::QuestionId;
use pulsestage::moderation::{Case, Hold, MAX_BULK, ReviewView};
use pulsestage::permission::{Action, may};

use super::desk::{self, Desk};
use crate::api;
use crate::components::case_card::case_card;
use crate::components::page_url::PageUrl;
use crate::live::latest_response::LatestResponse;
use crate::live::{Bell, Decision, Step, UNDO_MS};
use crate::platform;
use crate::ui::empty::Empty;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::time::Now;

/// Which questions are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    HeldOrder,
    Reported,
    Starred,
    Gone,
    All,
}

impl Show {
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::HeldOrder, "waiting", "Waiting"),
        (Self::Reported, "reported", "Reported"),
        (Self::Starred, "starred", "Starred"),
        (Self::Gone, "gone", "Off the board"),
        (Self::All, "all", "All"),
    ];

    fn of_word(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|(_, name, _)| Some(*name) == word).map_or(Self::HeldOrder, |(show, ..)| show)
    }

    fn takes(self, case: &Case) -> bool {
        match self {
            Self::HeldOrder => case.removed.is_none() && case.hold.is_some(),
            Self::Reported => case.removed.is_none() && (case.reports > 0 || case.hold == Some(Hold::Reports)),
            Self::Starred => case.starred,
            Self::Gone => case.removed.is_some(),
            Self::All => true,
        }
    }
}

/// What is said above the list.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    text: String,
    is_trouble: bool,
    undo: Option<(QuestionId, Step)>,
    number: u32,
}

/// The page's state. `Copy`.
#[derive(Clone, Copy)]
struct Review {
    slug: StoredValue<String>,
    cases: RwSignal<Vec<Case>>,
    more: RwSignal<bool>,
    said: RwSignal<Option<Said>>,
    lists: LatestResponse,
}

impl Review {
    /// Loads the list again. What is typed stays.
    fn reload(self) {
        let Some(slug) = self.slug.try_get_value() else { return };
        let request = self.lists.ask();
        platform::spawn(async move {
            if let Ok(view) = api::load_review(slug).await
                && self.lists.take(request)
            {
                let _gone = self.cases.try_set(view.cases);
                let _gone = self.more.try_set(view.more);
            }
        });
    }

    /// Sends a step and says what came of it.
    fn step(self, question: QuestionId, seen: Option<i64>, step: Step) {
        let Some(slug) = self.slug.try_get_value() else { return };
        platform::spawn(async move {
            let (done, undo) = (step.done(), step.undo());
            match step.send(slug, question, seen).await {
                Ok(_) => self.say(done.to_owned(), false, undo.map(|undo| (question, undo))),
                Err(error) => self.say(error.to_string(), true, None),
            }
            self.reload();
        });
    }

    /// Does the same to all these.
    fn all(self, questions: Vec<QuestionId>, decision: Decision) {
        let Some(slug) = self.slug.try_get_value() else { return };
        let asked = questions.len();
        platform::spawn(async move {
            match api::decide_all(slug, questions, decision, Some(platform::operation_id())).await {
                Ok(items) => {
                    let refused: Vec<String> =
                        items.iter().filter_map(|item| item.refusal.as_ref().map(ToString::to_string)).collect();
                    let done = asked - refused.len();
                    let why = refused.first().map(|why| format!(" {} not: {why}", refused.len())).unwrap_or_default();
                    self.say(format!("{done} of {asked} done.{why}"), !refused.is_empty(), None);
                }
                Err(error) => self.say(error.to_string(), true, None),
            }
            self.reload();
        });
    }

    fn say(self, text: String, is_trouble: bool, undo: Option<(QuestionId, Step)>) {
        let number = self.said.try_with_untracked(|said| said.as_ref().map_or(0, |said| said.number + 1)).unwrap_or(0);
        let lasts = undo.is_some();
        let _gone = self.said.try_set(Some(Said { text, is_trouble, undo, number }));
        if lasts {
            platform::after(UNDO_MS, move || {
                let is_same =
                    self.said.try_with_untracked(|said| said.as_ref().map(|said| said.number)) == Some(Some(number));
                if is_same {
                    self.said.set(None);
                }
            });
        }
    }
}

/// The page.
pub(super) fn page() -> AnyView {
    desk::page("review", api::load_review, draw)
}

fn draw(view: ReviewView, place: PageUrl) -> AnyView {
    Now::provide();
    let ReviewView { tenant, role, cases, more } = view;
    let may_delete = may(role, Action::DeleteQuestion, &tenant.settings);
    let desk = Desk::new(place, &tenant);
    let review = Review {
        slug: StoredValue::new(tenant.slug.clone()),
        cases: RwSignal::new(cases),
        more: RwSignal::new(more),
        said: RwSignal::new(None),
        lists: LatestResponse::default(),
    };
    Bell::listen(&tenant.slug, move || review.reload());
    let query = use_query_map();
    let show = Memo::new(move |_| query.with(|query| Show::of_word(query.get_str("show"))));
    let shown = Memo::new(move |_| {
        let show = show.get();
        review.cases.with(|cases| {
            let shown = cases.iter().filter(|case| show.takes(case));
            shown.map(|case| case.question.id).collect::<Vec<_>>()
        })
    });
    let on_step = Callback::new(move |(question, seen, step)| review.step(question, Some(seen), step));
    let content = view! {
        {tabs(review, show)}
        {said(review)}
        {bulk(review, &desk, show, shown)}
        <ul class="desk__cards">
            <For
                each=move || shown.get()
                key=|id| *id
                children=move |id| case_card(id, review.cases, review.slug, may_delete, on_step)
            />
        </ul>
        {part(move || review.more.get().then(|| {
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
                    text="What waits for you shows up by itself."
                />
            }
                .erase()
        }))}
    }
    .erase();
    desk.frame("Review", "Nobody but moderators sees what waits here.", content)
}

/// The filters as links, with their counts.
fn tabs(review: Review, show: Memo<Show>) -> AnyView {
    let tabs = Show::ALL.map(|(which, word, label)| {
        let count =
            Memo::new(move |_| review.cases.with(|cases| cases.iter().filter(|case| which.takes(case)).count()));
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

/// What came of the last step, and the way back from it.
fn said(review: Review) -> AnyView {
    let line = move |said: Said| {
        let undo = said.undo.map(|(question, step)| {
            let undo = move |_| review.step(question, None, step.clone());
            view! {
                <button type="button" class="btn btn--small" on:click=undo>
                    "Undo"
                </button>
            }
            .erase()
        });
        view! {
            <Notice
                weight=if said.is_trouble { Weight::Danger } else { Weight::Plain }
                mark=if said.is_trouble { Icon::Alert } else { Icon::Check }
            >
                <p>{said.text}</p>
                {undo}
            </Notice>
        }
        .erase()
    };
    view! { <div role="status">{part(move || review.said.get().map(line))}</div> }.erase()
}

/// Everything that is shown, in one go.
fn bulk(review: Review, desk: &Desk, show: Memo<Show>, shown: Memo<Vec<QuestionId>>) -> AnyView {
    // No more than are taken in one go: the next ones are there when these are done.
    let some = move || shown.with(|shown| shown.iter().take(MAX_BULK).copied().collect::<Vec<_>>());
    let button = |decision: Decision, word: &'static str| {
        let slug = desk.slug.clone();
        let submit = move |event: SubmitEvent| {
            event.prevent_default();
            review.all(some(), decision);
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
                <input type="hidden" name="decision" value=decision.as_str() />
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
    let (approve, decline) = (button(Decision::Approve, "Approve all"), button(Decision::Decline, "Decline all"));
    let is_offered = Memo::new(move |_| show.get() == Show::HeldOrder && shown.with(|shown| shown.len() > 1));
    view! {
        <div class="form__row" hidden=move || !is_offered.get()>
            {approve}
            {decline}
        </div>
    }
    .erase()
}
