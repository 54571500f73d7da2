//! Fields: a label above, a hint or an error below. What is typed before the page is alive is kept.
//!
//! [`TextArea`] and [`TextLine`] follow what is typed; [`Field`] is drawn once, for forms that are posted.

use leptos::html::{Input, Textarea};
use leptos::prelude::*;
use pulsestage::text::units;

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
    /// The name under which the device keeps what is typed, until it is sent.
    #[prop(into)]
    draft: String,
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
                // Without a script the browser knows the limits. With one, a long text may be typed and then cut down.
                minlength=Signal::derive(move || (!alive.get()).then_some(min))
                maxlength=Signal::derive(move || (!alive.get()).then_some(units(max.get())))
                required
                dir="auto"
                data-draft=draft
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
                maxlength=units(max)
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

/// A field of a plain form, which is drawn once: on the pages that the server draws and on admin pages.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    /// Its id, where that is not its name.
    pub id: Option<String>,
    /// Its label.
    pub label: &'static str,
    /// What is typed or chosen in it.
    pub control: Control,
    /// What it is filled with, in the words of the HTML standard; nothing keeps the browser from filling it.
    pub autocomplete: Option<&'static str>,
    /// What to know before typing.
    pub hint: Option<String>,
    /// What stands in it.
    pub value: String,
    /// Most characters.
    pub max: Option<u32>,
    /// Whether the keyboard begins here.
    pub first: bool,
    /// Whether the browser sends no form in which it is empty.
    pub required: bool,
    /// Whether it is there to be read alone.
    pub fixed: bool,
    /// Which keys a phone shows, where its kind does not say so.
    pub keys: Option<&'static str>,
    /// Why it was not taken.
    pub problem: Option<String>,
}

/// What kind of field it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// One line, as the `type` of the `<input>`.
    Line(&'static str),
    /// A text of so many lines.
    Area(u8),
    /// One of these: the value and its words.
    Choice(Vec<(String, String)>),
}

impl Default for Control {
    fn default() -> Self {
        Self::Line("text")
    }
}

impl Field {
    /// A line of text.
    #[must_use]
    pub fn text(name: &'static str, label: &'static str) -> Self {
        Self { name, label, ..Self::default() }
    }

    /// A line of another kind.
    #[must_use]
    pub fn line(kind: &'static str, name: &'static str, label: &'static str) -> Self {
        Self { control: Control::Line(kind), ..Self::text(name, label) }
    }

    /// One of several.
    #[must_use]
    pub fn choice<V: Into<String>, W: Into<String>>(
        name: &'static str,
        label: &'static str,
        options: impl IntoIterator<Item = (V, W)>,
    ) -> Self {
        let options = options.into_iter().map(|(value, words)| (value.into(), words.into())).collect();
        Self { control: Control::Choice(options), ..Self::text(name, label) }
    }

    /// What stands in it.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// What to know before typing.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The most characters.
    #[must_use]
    pub fn max(self, max: u32) -> Self {
        Self { max: Some(max), ..self }
    }

    /// It is not to be empty.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AnyView {
        let Self { name, id, label, control, autocomplete, hint, value, max, first, required, fixed, keys, problem } =
            self;
        let id = id.unwrap_or_else(|| name.to_owned());
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let described = [hint.is_some().then(|| hint_id.clone()), problem.is_some().then(|| error_id.clone())];
        let described: Vec<String> = described.into_iter().flatten().collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let invalid = problem.is_some().then_some("true");
        let error = problem.map(|sentence| {
            view! {
                <p class="field__error" id=error_id>
                    {icon(Icon::Alert)}
                    <span>{sentence}</span>
                </p>
            }
            .erase()
        });
        let hint = hint.map(|hint| view! { <span class="field__hint" id=hint_id>{hint}</span> }.erase());
        let input = match control {
            Control::Line(kind) => {
                let is_text = matches!(kind, "text" | "search");
                view! {
                    <input
                        class="input"
                        id=id.clone()
                        name=name
                        type=kind
                        value=value
                        min=(kind == "number").then_some("0")
                        // An address is counted in bytes.
                        maxlength=max.map(|max| if kind == "email" { max } else { units(max) })
                        required=required
                        readonly=fixed
                        dir=is_text.then_some("auto")
                        autocomplete=autocomplete.unwrap_or("off")
                        inputmode=keys
                        autocapitalize=(kind == "email").then_some("none")
                        spellcheck=(!is_text).then_some("false")
                        autofocus=first
                        aria-describedby=described
                        aria-invalid=invalid
                    />
                }
                .erase()
            }
            Control::Area(rows) => view! {
                <textarea
                    class="input"
                    id=id.clone()
                    name=name
                    rows=rows.to_string()
                    required=required
                    dir="auto"
                    autofocus=first
                    aria-describedby=described
                    aria-invalid=invalid
                >
                    {escaped(value)}
                </textarea>
            }
            .erase(),
            Control::Choice(options) => {
                let option = |(one, words): (String, String)| {
                    let is_chosen = one == value;
                    view! {
                        <option value=one selected=is_chosen>
                            {words}
                        </option>
                    }
                    .erase()
                };
                let options: Vec<_> = options.into_iter().map(option).collect();
                view! {
                    <select
                        class="input"
                        id=id.clone()
                        name=name
                        autofocus=first
                        aria-describedby=described
                        aria-invalid=invalid
                    >
                        {options}
                    </select>
                }
                .erase()
            }
        };
        view! {
            <div class="field">
                <label class="field__label" for=id>
                    {label}
                </label>
                {input}
                {error}
                {hint}
            </div>
        }
        .erase()
    }
}

/// A field that nobody sees.
#[must_use]
pub fn hidden(name: &'static str, value: impl Into<String>) -> AnyView {
    view! { <input type="hidden" name=name value=value.into() /> }.erase()
}

/// The button that sends a plain form.
#[must_use]
pub fn send(class: &'static str, mark: Option<Icon>, word: &'static str) -> AnyView {
    view! {
        <button class=class type="submit">
            {mark.map(icon)}
            {word}
        </button>
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
