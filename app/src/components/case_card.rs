//! A question as its moderators review it: why it waits or is gone, its texts, and what can be done.

use leptos::ev::SubmitEvent;
use leptos::html::{Input, Select, Textarea};
use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::moderation::{Case, Removal};
use pulsestage::question::Status;

use super::case_why::why;
use super::history_box::HistoryBox;
use super::thread_box::ThreadBox;
use crate::live::{Decision, Step};
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::text::thousands;
use crate::ui::time::Ago;

/// Most questions that are offered to merge with.
const MERGE_CHOICES: usize = 100;

/// What a card asks to be done: with which question, as it was seen.
type OnStep = Callback<(QuestionId, i64, Step)>;

/// One question.
#[component]
pub fn CaseCard(
    /// The case.
    case: Case,
    /// All cases, to merge with.
    others: RwSignal<Vec<Case>>,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// Whether the moderator may delete.
    may_delete: bool,
    /// The moderator wants this done.
    on_step: OnStep,
) -> impl IntoView {
    let title = format!("case-{}", case.question.id);
    let labelled = title.clone();
    let card = Card { id: case.question.id, version: case.version, slug, on_step };
    let first = counts_of(&case);
    let counts = Memo::new(move |_| {
        let now = others.with(|cases| cases.iter().find(|case| case.question.id == card.id).map(counts_of));
        now.unwrap_or(first)
    });
    view! {
        <li class="panel desk__card" aria-labelledby=labelled>
            {why(&case)}
            <p class="words" id=title dir="auto">
                {case.question.body.clone()}
            </p>
            {case.original.clone().map(|original| view! {
                <details class="more">
                    <summary>"As it was asked"</summary>
                    <p dir="auto">{original}</p>
                </details>
            }.erase())}
            <p class="small">
                {part(move || match counts.get().0 {
                    1 => view! { <span>"1 vote"</span> }.erase(),
                    many => view! { <span>{thousands(many)} " votes"</span> }.erase(),
                })}
                <Ago at=case.question.created_at />
                {case.label.clone().map(|label| view! { <span class="chip" dir="auto">{label}</span> }.erase())}
            </p>
            {buttons(card, &case, may_delete)}
            {more(card, &case, others)}
            <ThreadBox question=case.question.id slug=slug unanswered=Memo::new(move |_| counts.get().1) />
            <HistoryBox question=case.question.id slug=slug />
        </li>
    }
    .erase()
}

/// What of a case is counted: votes, and messages of its asker that wait for an answer.
fn counts_of(case: &Case) -> (i64, i64) {
    (case.question.upvotes, case.unanswered)
}

/// What every form of a card needs. `Copy`.
#[derive(Clone, Copy)]
struct Card {
    id: QuestionId,
    version: i64,
    slug: StoredValue<String>,
    on_step: OnStep,
}

impl Card {
    /// A plain form to a server function; with script, the step that it stands for.
    fn form(self, endpoint: &'static str, step: impl Fn() -> Option<Step> + 'static, fields: AnyView) -> AnyView {
        let submit = move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(step) = step() {
                self.on_step.run((self.id, self.version, step));
            }
        };
        view! {
            <form class="form__row" method="post" action=format!("/api/fn/{endpoint}") on:submit=submit>
                <input type="hidden" name="tenant" value=self.slug.get_value() />
                <input type="hidden" name="question" value=self.id.to_string() />
                <input type="hidden" name="seen" value=self.version.to_string() />
                {fields}
            </form>
        }
        .erase()
    }

    fn decide(self, decision: Decision, class: &'static str, mark: Icon, word: &'static str) -> AnyView {
        let fields = view! {
            <button class=class type="submit" name="decision" value=decision.as_str()>
                {icon(mark)}
                {word}
            </button>
        };
        self.form("decide", move || Some(Step::Decide(decision)), fields.erase())
    }
}

fn buttons(card: Card, case: &Case, may_delete: bool) -> AnyView {
    let removal = case.removed.as_ref().map(|removed| removed.removal);
    let waits = case.question.status == Status::UnderReview;
    let main = match removal {
        None if waits => Some(card.decide(Decision::Approve, "btn btn--main btn--small", Icon::Check, "Approve")),
        None => Some(card.decide(Decision::Hold, "btn btn--small", Icon::Lock, "Hold back")),
        Some(Removal::Declined) => Some(card.decide(Decision::Restore, "btn btn--small", Icon::Undo, "Bring back")),
        Some(Removal::Deleted) if may_delete => {
            Some(card.decide(Decision::Undelete, "btn btn--small", Icon::Undo, "Bring back"))
        }
        Some(Removal::Merged) => Some(card.form(
            "split",
            || Some(Step::Split),
            view! { <button class="btn btn--small" type="submit">{icon(Icon::Undo)} "Split again"</button> }.erase(),
        )),
        Some(Removal::Deleted | Removal::Withdrawn) => None,
    };
    let reopen = (removal.is_none() && case.question.status == Status::Answered)
        .then(|| card.decide(Decision::Reopen, "btn btn--small", Icon::Undo, "Take the answer back"));
    let starred = case.starred;
    let star = card.form(
        "star",
        move || Some(Step::Star(!starred)),
        view! {
            <button class="btn btn--small btn--quiet" type="submit" name="on" value=(!starred).to_string() aria-pressed=starred.to_string()>
                {if starred { "★ Starred" } else { "☆ Star" }}
            </button>
        }
        .erase(),
    );
    let delete = (may_delete && matches!(removal, None | Some(Removal::Declined)))
        .then(|| card.decide(Decision::Delete, "btn btn--small btn--quiet", Icon::X, "Delete"));
    view! {
        <div class="review__do">
            {main}
            {(removal.is_none()).then(|| decline(card))}
            {reopen}
            {star}
            {delete}
        </div>
    }
    .erase()
}

/// Declining is two steps: the reason is what its asker reads.
fn decline(card: Card) -> AnyView {
    let reason = NodeRef::<Input>::new();
    let id = format!("reason-{}", card.id);
    let fields = view! {
        <label class="field__label" for=id.clone()>
            "Reason, for its asker"
        </label>
        <input class="input" id=id node_ref=reason name="reason" maxlength="500" dir="auto" autocomplete="off" />
        <button class="btn btn--small" type="submit">
            "Decline"
        </button>
    }
    .erase();
    let step = move || Some(Step::Decline(reason.get_untracked().map(|input| input.value()).unwrap_or_default()));
    view! {
        <details class="more">
            <summary>{icon(Icon::X)} "Decline"</summary>
            {card.form("decline", step, fields)}
        </details>
    }
    .erase()
}

/// Editing, labels, merging.
fn more(card: Card, case: &Case, others: RwSignal<Vec<Case>>) -> AnyView {
    let (text, label, target) = (NodeRef::<Textarea>::new(), NodeRef::<Input>::new(), NodeRef::<Select>::new());
    let ids = ["text", "label", "into"].map(|name| format!("{name}-{}", card.id));
    let [text_id, label_id, into_id] = ids.clone();
    let [text_for, label_for, into_for] = ids;
    let edit = card.form(
        "edit",
        move || text.get_untracked().map(|area| Step::Edit(area.value())),
        view! {
            <label class="field__label" for=text_for>
                "Text"
            </label>
            <textarea class="input" id=text_id node_ref=text name="text" rows="3" dir="auto" prop:value=case.question.body.clone()>
                {case.question.body.clone()}
            </textarea>
            <button class="btn btn--small" type="submit">
                "Change the text"
            </button>
        }
        .erase(),
    );
    let word = card.form(
        "label",
        move || label.get_untracked().map(|input| Step::Label(input.value())),
        view! {
            <label class="field__label" for=label_for>
                "Label, for moderators"
            </label>
            <input class="input" id=label_id node_ref=label name="label" maxlength="40" value=case.label.clone() dir="auto" autocomplete="off" />
            <button class="btn btn--small" type="submit">
                "Label"
            </button>
        }
        .erase(),
    );
    let (own, team, is_public) = (card.id, case.question.team_id, case.is_public());
    let choices: Vec<_> = others.with_untracked(|cases| {
        let same = cases
            .iter()
            .filter(|other| other.is_public() && other.question.id != own && other.question.team_id == team);
        let option = |other: &Case| {
            let words: String = other.question.body.chars().take(80).collect();
            view! { <option value=other.question.id.to_string()>{words}</option> }.erase()
        };
        same.take(MERGE_CHOICES).map(option).collect()
    });
    let merge = (is_public && !choices.is_empty()).then(|| {
        card.form(
            "merge",
            move || target.get_untracked().and_then(|select| select.value().parse().ok()).map(Step::Merge),
            view! {
                <label class="field__label" for=into_for>
                    "The same as"
                </label>
                <select class="input" id=into_id node_ref=target name="into">
                    {choices}
                </select>
                <button class="btn btn--small" type="submit">
                    "Merge into it"
                </button>
            }
            .erase(),
        )
    });
    let edit = case.removed.is_none().then_some(edit);
    view! {
        <details class="more">
            <summary>{icon(Icon::Edit)} "Edit, label, merge"</summary>
            {edit}
            {word}
            {merge}
        </details>
    }
    .erase()
}
