//! The private thread of a question, where its moderators read and write it.

use leptos::ev::SubmitEvent;
use leptos::html::Textarea;
use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::text::{MessageBody, units};
use pulsestage::thread::{Message, Side, Thread};

use crate::api::{self, ApiError};
use crate::platform;
use crate::ui::erase::{Erase, part};
use crate::ui::fold::Fold;
use crate::ui::icon::{Icon, icon};
use crate::ui::time::Ago;

/// The thread, loaded when it is opened and whenever its asker has written.
#[component]
pub fn ThreadBox(
    /// The question.
    question: QuestionId,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// How many messages of its asker nobody has answered.
    unanswered: Memo<i64>,
) -> impl IntoView {
    let thread = RwSignal::new(None::<Thread>);
    let trouble = RwSignal::new(None::<ApiError>);
    let told = move |answer: Result<Thread, ApiError>| {
        let (now, wrong) = answer.map_or_else(|error| (None, Some(error)), |thread| (Some(thread), None));
        let _gone = trouble.try_set(wrong);
        let known = thread.try_with_untracked(|known| known.as_ref().map_or(0, |known| known.messages.len()));
        // Messages are never taken back: a shorter thread was overtaken on its way.
        if let (Some(now), Some(known)) = (now, known)
            && now.messages.len() >= known
        {
            thread.set(Some(now));
        }
    };
    let area = NodeRef::<Textarea>::new();
    let is_sending = StoredValue::new(false);
    let load = move || {
        let Some(slug) = slug.try_get_value() else { return };
        platform::spawn(async move { told(api::load_thread(slug, question).await) });
    };
    let open = RwSignal::new(false);
    Effect::watch(
        move || (open.get(), unanswered.get()),
        move |(is_open, _), _, _| {
            if *is_open {
                load();
            }
        },
        false,
    );
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(text) = area.get_untracked().map(|area| area.value()) else { return };
        let Some(slug) = slug.try_get_value() else { return };
        // The message stays in the field until it is kept: a second click must not say it twice.
        if is_sending.get_value() {
            return;
        }
        is_sending.set_value(true);
        platform::spawn(async move {
            let said = api::say(slug, question, text, Some(platform::operation_id())).await;
            if let (Ok(_), Some(area)) = (&said, area.try_get_untracked().flatten()) {
                area.set_value("");
                platform::keeper("drop", &[&format!("thread-{question}")]);
            }
            let _gone = is_sending.try_set_value(false);
            told(said);
        });
    };
    let id = format!("thread-{question}");
    let shown = move || match thread.get() {
        None if trouble.with(Option::is_some) => ().into_any(),
        None => view! { <p class="field__hint">"Loading"</p> }.erase(),
        Some(thread) => {
            let messages: Vec<AnyView> = thread.messages.iter().map(|one| message(one, Side::Moderators)).collect();
            view! { <ol class="thread">{messages}</ol> }.erase()
        }
    };
    let wrong = move || {
        trouble.get().map(|error| {
            view! {
                <p class="field__error" role="alert">
                    {error.to_string()}
                </p>
            }
            .erase()
        })
    };
    let face = move || {
        view! {
            {icon(Icon::Message)}
            {move || match unanswered.get() {
                0 => "Private messages".to_owned(),
                1 => "Private messages: 1 new".to_owned(),
                many => format!("Private messages: {many} new"),
            }}
        }
    };
    view! {
        <Fold open=open face=face>
            {part(shown)}
            <form class="form" method="post" action="/api/fn/say" on:submit=submit>
                <input type="hidden" name="tenant" value=slug.get_value() />
                <input type="hidden" name="question" value=question.to_string() />
                <label class="field__label" for=id.clone()>
                    "Message to the person who asked"
                </label>
                <textarea
                    class="input"
                    id=id
                    name="text"
                    rows="2"
                    maxlength=units(MessageBody::LENGTH.max)
                    required
                    dir="auto"
                    data-draft=format!("thread-{question}")
                    node_ref=area
                ></textarea>
                {part(wrong)}
                <p class="field__hint">"They don't see your name."</p>
                <button class="btn btn--small" type="submit">
                    "Send"
                </button>
            </form>
        </Fold>
    }
    .erase()
}

/// One message, on its side, as the other side or the same reads it.
pub fn message(message: &Message, reader: Side) -> AnyView {
    let (class, who) = match (message.from, reader) {
        (Side::Asker, Side::Asker) => ("thread__one thread__one--asker", "You"),
        (Side::Asker, Side::Moderators) => ("thread__one thread__one--asker", "The person who asked"),
        (Side::Moderators, _) => ("thread__one", "Moderators"),
    };
    view! {
        <li class=class>
            <p class="small">
                <b>{who}</b>
                <Ago at=message.at />
            </p>
            <p dir="auto">{message.text.clone()}</p>
        </li>
    }
    .erase()
}
