//! Writing an answer. What was begun is kept until it is saved or put away, wherever its question goes meanwhile.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::Textarea;
use leptos::prelude::*;
use pulsestage::error::Refusal;
use pulsestage::id::QuestionId;
use pulsestage::text::{ANSWER_MAX, AnswerText, check};

use super::claims::Claims;
use super::edit_session::{EditSession, offer_undo};
use super::queue_row::OnModerate;
use crate::live::vec_map::VecMap;
use crate::live::{Moderation, Progress};
use crate::platform;
use crate::ui::erase::{Erase, part};
use crate::ui::field::{Submit, TextArea};
use crate::ui::icon::{Icon, icon};

/// The answers that were begun on this page. `Copy`.
#[derive(Clone, Copy, Debug)]
pub struct Drafts(StoredValue<VecMap<String>>);

impl Default for Drafts {
    fn default() -> Self {
        Self(StoredValue::new(VecMap::default()))
    }
}

impl Drafts {
    /// Whether an answer to this question was begun.
    #[must_use]
    pub fn has(&self, question: QuestionId) -> bool {
        self.0.try_with_value(|drafts| drafts.has(question)).unwrap_or_default()
    }

    fn get(&self, question: QuestionId) -> Option<String> {
        self.0.try_with_value(|drafts| drafts.get(question).cloned()).flatten()
    }

    fn keep(&self, question: QuestionId, text: String) {
        self.0.try_update_value(|drafts| drafts.put(question, text));
    }

    fn forget(&self, question: QuestionId) {
        self.0.try_update_value(|drafts| drafts.take(question));
    }
}

/// The editor under a question.
#[component]
pub fn AnswerEditor(
    /// The question.
    question: QuestionId,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The answer that it has, or nothing.
    initial: String,
    /// Answers that were begun.
    drafts: Drafts,
    /// Who is at which question.
    claims: Option<Claims>,
    /// The moderator wants this done.
    on_moderate: OnModerate,
    /// The moderator is done here.
    on_close: Callback<()>,
) -> impl IntoView {
    let area = NodeRef::<Textarea>::new();
    let begun = drafts.get(question).unwrap_or_else(|| initial.clone());
    let text = RwSignal::new(begun.clone());
    let progress = RwSignal::new(None::<ArcReadSignal<Progress>>);
    let refused_here = RwSignal::new(None::<String>);
    let fate = Memo::new(move |_| progress.get().map(|progress| progress.get()).unwrap_or_default());
    let error = Signal::derive(move || refused_here.get().or_else(|| fate.get().problem()));
    let is_first = initial.is_empty();
    let seen = EditSession::of(question, claims);
    // The name under which the device keeps it, beyond this page.
    let draft = format!("answer-{question}");
    let sent = draft.clone();
    let close = move || {
        drafts.forget(question);
        on_close.run(());
    };
    let before = initial.clone();
    seen.look(move |case| {
        // What a moderator kept for later is gone on with, unless something was typed here.
        let kept = case.draft.map(|draft| draft.text).filter(|_| text.with_untracked(|text| *text == before));
        if let (Some(kept), Some(area)) = (kept, area.get_untracked()) {
            area.set_value(&kept);
            text.set(kept);
        }
    });

    Effect::new(move || {
        if let Some(area) = area.get() {
            let _ = area.focus();
        }
    });
    Effect::new(move |seen: Option<()>| {
        let now = text.get();
        if seen.is_some() {
            refused_here.set(None);
            if now == initial {
                drafts.forget(question);
            } else {
                drafts.keep(question, now);
            }
        }
    });
    Effect::new(move || {
        match fate.get() {
            Progress::Done => {
                platform::keeper("drop", &[&sent]);
                if is_first {
                    offer_undo(question);
                }
                close();
            }
            // What it is now is above; whoever saves again has seen it.
            Progress::Refused(Refusal::Changed) => seen.look(drop),
            _ => {}
        }
    });

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if fate.get_untracked().is_pending() {
            return;
        }
        let typed = text.get_untracked();
        match check(&typed, AnswerText::LENGTH) {
            Ok(()) => {
                refused_here.set(None);
                progress.set(Some(on_moderate.run(Moderation::Answer { question, text: typed, seen: seen.version() })));
            }
            Err(problem) => {
                refused_here.set(Some(Refusal::field("answer", problem).to_string()));
                if let Some(area) = area.get_untracked() {
                    let _ = area.focus();
                }
            }
        }
    };
    let keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            if let Some(form) = area.get_untracked().and_then(|area| area.form()) {
                let _ = form.request_submit();
            }
        }
        // Escape puts away an editor in which nothing was changed. Words are never thrown away by one key.
        "Escape" if !drafts.has(question) => close(),
        _ => {}
    };
    let (draft_kept, draft_dropped) = (draft.clone(), draft.clone());
    let id = format!("q-{question}-answer");
    let area_id = format!("{id}-text");
    view! {
        <div class="q__panel" id=id on:keydown=keydown>
            <form class="form" method="post" action="/api/fn/answer" novalidate on:submit=submit>
                <input type="hidden" name="tenant" value=slug.get_value() />
                <input type="hidden" name="question" value=question.to_string() />
                <TextArea
                    id=area_id
                    name="answer"
                    label="Answer"
                    initial=begun
                    min=1
                    max=Memo::new(|_| ANSWER_MAX)
                    hint="Everyone sees it under the question. **Bold**, *italic*, - lists and links are understood."
                    text=text
                    error=error
                    draft=draft.clone()
                    node_ref=area
                />
                {part(move || {
                    seen.is_theirs()
                        .then(|| {
                            view! {
                                <p class="field__hint" role="status">
                                    "Another moderator is working on this question. Whoever saves second is told what changed."
                                </p>
                            }
                                .erase()
                        })
                })}
                <div class="form__row">
                    <Submit
                        class="btn btn--main btn--small"
                        face=|| view! { {icon(Icon::Check)} "Save answer" }.erase()
                        busy=Signal::derive(move || fate.get().is_pending())
                    />
                    <button
                        class="btn btn--small"
                        type="button"
                        data-drop=draft_kept
                        on:click=move |_| seen.keep(text, close)
                    >
                        "Save draft"
                    </button>
                    <button
                        class="btn btn--quiet btn--small"
                        type="button"
                        data-drop=draft_dropped
                        on:click=move |_| close()
                    >
                        "Cancel"
                    </button>
                </div>
            </form>
        </div>
    }
    .erase()
}
