//! Another text or a label for a question, and merging it with one that says the same.

use leptos::html::{Input, Select, Textarea};
use leptos::prelude::*;
use pulsestage::moderation::{Case, Note, ReviewDecision};

use super::case_forms::Card;
use crate::live::{CaseList, NearFeed, ReviewAction};
use crate::ui::erase::{Erase, part};
use crate::ui::fold::Fold;
use crate::ui::icon::{Icon, icon};
use crate::ui::text::escaped;

/// Most questions that are offered to merge with.
const MERGE_CHOICES: usize = 100;
/// Most characters of each.
const CHOICE_LENGTH: usize = 80;

/// Editing, labels, merging.
pub(super) fn more(card: Card, cases: RwSignal<CaseList>, feed: NearFeed) -> AnyView {
    let open = RwSignal::new(false);
    let is_there = card.is_there();
    view! {
        <Fold open=open face=|| view! { {icon(Icon::Edit)} "Edit, label, merge" }>
            {part(move || is_there.get().then(|| edit(card)))}
            {label(card)}
            {merge(card, cases, feed, open)}
        </Fold>
    }
    .erase()
}

/// A text as it was when somebody began to change it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Basis {
    text: String,
    version: i64,
}

impl Basis {
    fn of(case: &Case) -> Self {
        Self { text: case.question.body.clone(), version: case.version }
    }

    /// Whether what is typed is as good on top of what there is `now`. Over another text it is not: its moderator has not
    /// seen that one, and is told so when they save.
    fn carries_over(&self, now: &Self, typed: &str) -> bool {
        self.text == now.text || typed == self.text || typed == now.text
    }
}

fn edit(card: Card) -> AnyView {
    let area = NodeRef::<Textarea>::new();
    let first = card.case.with_untracked(Basis::of);
    let text = first.text.clone();
    let basis = StoredValue::new(first);
    Effect::watch(
        move || card.case.with(Basis::of),
        move |now, _, _| {
            let Some((area, had)) = area.get_untracked().zip(basis.try_get_value()) else { return };
            let typed = area.value();
            if !had.carries_over(now, &typed) {
                return;
            }
            if typed == had.text && typed != now.text {
                area.set_value(&now.text);
            }
            basis.set_value(now.clone());
        },
        false,
    );
    let action = move || {
        let seen = basis.try_get_value()?.version;
        // Whoever is refused was told of the other text, so that their next try may replace it.
        basis.set_value(card.case.try_with_untracked(Basis::of)?);
        let edit = ReviewDecision::Edit { body: area.get_untracked()?.value() };
        Some((seen, ReviewAction::Decide(edit)))
    };
    let id = format!("text-{}", card.id);
    let fields = view! {
        <label class="field__label" for=id.clone()>
            "Text"
        </label>
        <textarea
            class="input"
            id=id
            node_ref=area
            name="text"
            rows="3"
            dir="auto"
            data-draft=format!("edit-{}", card.id)
        >
            {escaped(text)}
        </textarea>
        <button class="btn btn--small" type="submit">
            "Save text"
        </button>
    };
    card.form("edit", action, fields.erase())
}

fn label(card: Card) -> AnyView {
    let input = NodeRef::<Input>::new();
    let label = Memo::new(move |_| card.case.with(|case| case.label.clone().unwrap_or_default()));
    Effect::watch(
        move || label.get(),
        move |now, before, _| {
            // What somebody has typed stays.
            let untouched = |input: &leptos::web_sys::HtmlInputElement| Some(&input.value()) == before;
            if let Some(input) = input.get_untracked().filter(untouched) {
                input.set_value(now);
            }
        },
        false,
    );
    let id = format!("label-{}", card.id);
    let fields = view! {
        <label class="field__label" for=id.clone()>
            "Label, only moderators see it"
        </label>
        <input class="input" id=id node_ref=input name="label" maxlength="80" value=label.get_untracked() dir="auto" autocomplete="off" />
        <button class="btn btn--small" type="submit">
            "Save label"
        </button>
    };
    let action = move || card.now(ReviewAction::Note(Note::Label(Some(input.get_untracked()?.value()))));
    card.form("label", action, fields.erase())
}

/// The choices are drawn when they are wanted: every card would have a hundred otherwise.
fn merge(card: Card, cases: RwSignal<CaseList>, feed: NearFeed, open: RwSignal<bool>) -> AnyView {
    let target = NodeRef::<Select>::new();
    let choices = Memo::new(move |_| {
        let of = card.case.with(|case| case.removed.is_none().then_some(case.question.team_id));
        let Some(team) = of.filter(|_| open.get()) else { return Vec::new() };
        let words = |body: &str| body.chars().take(CHOICE_LENGTH).collect::<String>();
        // What is most like it first, wherever on the board; then the latest.
        let mut choices: Vec<_> =
            feed.of(card.id).iter().map(|question| (question.id, words(&question.body))).collect();
        let near: Vec<_> = choices.iter().map(|(id, _)| *id).collect();
        cases.with(|cases| {
            let same = |other: &&Case| {
                let question = &other.question;
                other.is_public() && question.id != card.id && question.team_id == team && !near.contains(&question.id)
            };
            let others = cases.cases().iter().filter(same).take(MERGE_CHOICES);
            choices.extend(others.map(|other| (other.question.id, words(&other.question.body))));
        });
        choices
    });
    let is_offered = Memo::new(move |_| choices.with(|choices| !choices.is_empty()));
    let form = move || {
        let id = format!("into-{}", card.id);
        let fields = view! {
            <label class="field__label" for=id.clone()>
                "Merge into"
            </label>
            <select class="input" id=id node_ref=target name="into">
                <For each=move || choices.get() key=Clone::clone let((question, words))>
                    <option value=question.to_string()>{words}</option>
                </For>
            </select>
            <button class="btn btn--small" type="submit">
                "Merge"
            </button>
        };
        let action = move || card.now(ReviewAction::Merge(target.get_untracked()?.value().parse().ok()?));
        card.form("merge", action, fields.erase())
    };
    part(move || is_offered.get().then(form)).into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_good_until_somebody_else_has_changed_the_text() {
        let basis = |text: &str, version| Basis { text: text.to_owned(), version };
        let began = basis("Why?", 1);
        assert!(began.carries_over(&basis("Why?", 2), "Why not?"), "somebody starred it");
        assert!(began.carries_over(&basis("How?", 2), "Why?"), "nothing was typed yet");
        assert!(began.carries_over(&basis("Why not?", 2), "Why not?"), "it was saved");
        assert!(!began.carries_over(&basis("How?", 2), "Why not?"));
    }
}
