//! What a moderator decides with one press, as forms that also work without script.

use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::moderation::{Case, Note, Removal, ReviewDecision};
use pulsestage::question::Status;

use crate::live::ReviewAction;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};

/// What a card asks to be done: with which question, as it was seen.
pub(super) type OnAction = Callback<(QuestionId, i64, ReviewAction)>;

/// What every form of a card needs. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Card {
    pub(super) id: QuestionId,
    pub(super) case: Memo<Case>,
    pub(super) slug: StoredValue<String>,
    pub(super) on_action: OnAction,
}

impl Card {
    /// An action on the question as the card shows it now.
    pub(super) fn now(self, action: ReviewAction) -> Option<(i64, ReviewAction)> {
        Some((self.case.try_with_untracked(|case| case.version)?, action))
    }

    /// A plain form to a server function; with script, the action that it stands for and the version it is about.
    pub(super) fn form(
        self,
        endpoint: &'static str,
        action: impl Fn() -> Option<(i64, ReviewAction)> + 'static,
        fields: AnyView,
    ) -> AnyView {
        let submit = move |event: SubmitEvent| {
            event.prevent_default();
            if let Some((seen, action)) = action() {
                self.on_action.run((self.id, seen, action));
            }
        };
        view! {
            <form class="form__row" method="post" action=format!("/api/fn/{endpoint}") on:submit=submit>
                <input type="hidden" name="tenant" value=self.slug.get_value() />
                <input type="hidden" name="question" value=self.id.to_string() />
                <input type="hidden" name="seen" value=move || self.case.with(|case| case.version.to_string()) />
                {fields}
            </form>
        }
        .erase()
    }

    fn decide(self, decision: ReviewDecision<String>, class: &'static str, mark: Icon, word: &'static str) -> AnyView {
        let fields = view! {
            <button class=class type="submit" name="decision" value=decision.as_str()>
                {icon(mark)}
                {word}
            </button>
        };
        self.form("decide", move || self.now(ReviewAction::Decide(decision.clone())), fields.erase())
    }

    /// Whether it has not been taken off the board.
    pub(super) fn is_there(self) -> Memo<bool> {
        Memo::new(move |_| self.case.with(|case| case.removed.is_none()))
    }
}

/// The decisions that can be made now.
pub(super) fn buttons(card: Card, may_delete: bool) -> AnyView {
    let stands = Memo::new(move |_| {
        card.case.with(|case| (case.removed.as_ref().map(|removed| removed.removal), case.question.status))
    });
    let is_there = card.is_there();
    let reopen = move || {
        (stands.get() == (None, Status::Answered))
            .then(|| card.decide(ReviewDecision::Reopen, "btn btn--small", Icon::Undo, "Remove the answer"))
    };
    let delete = move || {
        (may_delete && matches!(stands.get().0, None | Some(Removal::Declined)))
            .then(|| card.decide(ReviewDecision::Delete, "btn btn--small btn--quiet", Icon::X, "Delete"))
    };
    view! {
        <div class="review__do">
            {part(move || main(card, stands.get(), may_delete))}
            {part(move || is_there.get().then(|| decline(card)))}
            {part(reopen)}
            {star(card)}
            {part(delete)}
        </div>
    }
    .erase()
}

/// What is most likely wanted.
fn main(card: Card, (removal, status): (Option<Removal>, Status), may_delete: bool) -> Option<AnyView> {
    Some(match removal {
        None if status == Status::UnderReview => {
            card.decide(ReviewDecision::Approve, "btn btn--main btn--small", Icon::Check, "Approve")
        }
        None => card.decide(ReviewDecision::Hold, "btn btn--small", Icon::Lock, "Hold for review"),
        Some(Removal::Declined) => card.decide(ReviewDecision::Restore, "btn btn--small", Icon::Undo, "Restore"),
        Some(Removal::Deleted) if may_delete => {
            card.decide(ReviewDecision::Undelete, "btn btn--small", Icon::Undo, "Restore")
        }
        Some(Removal::Merged) => {
            let button =
                view! { <button class="btn btn--small" type="submit">{icon(Icon::Undo)} "Undo merge"</button> };
            card.form("split", move || card.now(ReviewAction::Split), button.erase())
        }
        Some(Removal::Deleted | Removal::Withdrawn) => return None,
    })
}

/// A star for moderators. The button stays the same element, so that it keeps the keyboard.
fn star(card: Card) -> AnyView {
    let starred = Memo::new(move |_| card.case.with(|case| case.starred));
    let button = view! {
        <button
            class="btn btn--small btn--quiet"
            type="submit"
            name="on"
            value=move || (!starred.get()).to_string()
            aria-pressed=move || starred.get().to_string()
        >
            {move || if starred.get() { "★ Starred" } else { "☆ Star" }}
        </button>
    };
    let action = move || card.now(ReviewAction::Note(Note::Star(!starred.try_get_untracked()?)));
    card.form("star", action, button.erase())
}

/// Declining is two steps: the reason is what its asker reads.
fn decline(card: Card) -> AnyView {
    let reason = NodeRef::<Input>::new();
    let id = format!("reason-{}", card.id);
    let fields = view! {
        <label class="field__label" for=id.clone()>
            "Reason, shown to the person who asked"
        </label>
        <input class="input" id=id node_ref=reason name="reason" maxlength="1000" dir="auto" autocomplete="off" data-draft=format!("decline-{}", card.id) />
        <button class="btn btn--small" type="submit">
            "Decline"
        </button>
    }
    .erase();
    let action = move || {
        let reason = reason.get_untracked().map(|input| input.value());
        card.now(ReviewAction::Decide(ReviewDecision::Decline { reason }))
    };
    view! {
        <details class="more">
            <summary>{icon(Icon::X)} "Decline"</summary>
            {card.form("decline", action, fields)}
        </details>
    }
    .erase()
}
