//! Fields: a label above, a hint or an error below. What is typed before the page is alive is kept.

use leptos::html::{Input, Textarea};
use leptos::prelude::*;

use super::counter::{level, used, warning, words};
use super::dom;
use super::icon::{Icon, icon};
use crate::ui::erase::{Erase, part};
use crate::ui::text::escaped;

/// A text of several lines with its limits and a counter.
#[component]
pub fn TextArea(
    /// Its id; the ids of its hint, counter and error hang on it.
    #[prop(into)]
    id: String,
    /// Its name in the form.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What stands in it at first.
    #[prop(optional, into)]
    initial: String,
    /// Fewest characters.
    min: u32,
    /// Most characters.
    max: Memo<u32>,
    /// What to know before typing.
    #[prop(into)]
    hint: Signal<String>,
    /// An example, shown while it is empty.
    #[prop(optional)]
    placeholder: &'static str,
    /// What is typed now.
    text: RwSignal<String>,
    /// Why it was not taken.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// The element itself, for whoever must clear or focus it.
    node_ref: NodeRef<Textarea>,
) -> impl IntoView {
    let alive = dom::alive();
    let count = Memo::new(move |_| text.with(|text| used(text)));
    let level = move || level(count.get(), max.get());
    Effect::new(move || {
        if let Some(area) = node_ref.get() {
            text.set(area.value());
        }
    });
    let ids = [id.clone(), format!("{id}-hint"), format!("{id}-count"), format!("{id}-error")];
    let [id, hint_id, count_id, error_id] = ids;
    let described = {
        let [hint_id, count_id, error_id] = [hint_id.clone(), count_id.clone(), error_id.clone()];
        move || match error.with(Option::is_some) {
            true => format!("{hint_id} {count_id} {error_id}"),
            false => format!("{hint_id} {count_id}"),
        }
    };
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <textarea
                class="input"
                id=id
                name=name
                rows="4"
                // Without a script the browser holds the limits. With one, a long text may be typed and then cut down.
                minlength=Signal::derive(move || (!alive.get()).then_some(min))
                maxlength=Signal::derive(move || (!alive.get()).then_some(max.get()))
                required
                dir="auto"
                placeholder=placeholder
                aria-describedby=Signal::derive(described)
                aria-invalid=Signal::derive(move || error.with(Option::is_some).then_some("true"))
                node_ref=node_ref
                on:input=move |event| text.set(event_target_value(&event))
            >
                {escaped(initial)}
            </textarea>
            <FieldError id=error_id error=error />
            <div class="field__foot">
                <span class="field__hint" id=hint_id>
                    {hint}
                </span>
                <span class=Signal::derive(move || level().class()) id=count_id>
                    {Signal::derive(move || words(count.get(), max.get()))}
                </span>
                <span class="vh" role="status">
                    {Signal::derive(move || warning(level()))}
                </span>
            </div>
        </div>
    }
    .erase()
}

/// A text of one line.
#[component]
pub fn TextLine(
    /// Its id; the ids of its hint and error hang on it.
    #[prop(into)]
    id: String,
    /// Its name in the form.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// Most characters.
    max: u32,
    /// What to know before typing.
    #[prop(into)]
    hint: String,
    /// Why it was not taken.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// The element itself, for whoever must read, clear or focus it.
    node_ref: NodeRef<Input>,
) -> impl IntoView {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || match error.with(Option::is_some) {
            true => format!("{hint_id} {error_id}"),
            false => hint_id.clone(),
        }
    };
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <input
                class="input"
                id=id
                name=name
                type="text"
                maxlength=max
                required
                dir="auto"
                autocomplete="off"
                aria-describedby=Signal::derive(described)
                aria-invalid=Signal::derive(move || error.with(Option::is_some).then_some("true"))
                node_ref=node_ref
            />
            <FieldError id=error_id error=error />
            <div class="field__foot">
                <span class="field__hint" id=hint_id>
                    {hint}
                </span>
            </div>
        </div>
    }
    .erase()
}

/// Why a field was not taken, under it.
#[component]
pub fn FieldError(
    /// The id that the field is described by.
    id: String,
    /// The sentence, when there is one.
    error: Signal<Option<String>>,
) -> impl IntoView {
    part(move || {
        error.get().map(|sentence| {
            view! {
                <p class="field__error" id=id.clone() role="alert">
                    {icon(Icon::Alert)}
                    <span>{sentence}</span>
                </p>
            }
            .erase()
        })
    })
}

/// The button that sends a form. While the form is on its way it keeps the keyboard and takes no second press.
#[component]
pub fn Submit(
    /// Its classes.
    class: &'static str,
    /// What is on it.
    #[prop(into)]
    face: ViewFn,
    /// Whether the form is on its way.
    #[prop(into)]
    busy: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            class=class
            type="submit"
            aria-disabled=Signal::derive(move || busy.get().then_some("true"))
            aria-busy=Signal::derive(move || busy.get().then_some("true"))
        >
            {part(move || match busy.get() {
                true => view! { <span class="spin" aria-hidden="true"></span> "Sending" }.erase(),
                false => face.run(),
            })}
        </button>
    }
    .erase()
}
