//! The fields of the doors.

use leptos::prelude::*;

use super::Problems;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};

/// One field of a form that browsers and password managers are to understand.
pub(super) struct Field {
    /// Its name in the form, which is its id as well.
    pub(super) name: &'static str,
    /// Its label.
    pub(super) label: &'static str,
    /// What browsers take it for: `email`, `password` or `text`.
    pub(super) kind: &'static str,
    /// What it is filled with, in the words of the HTML standard.
    pub(super) autocomplete: &'static str,
    /// What to know before typing.
    pub(super) hint: Option<String>,
    /// What stands in it.
    pub(super) value: String,
    /// The most characters.
    pub(super) max: u32,
    /// Whether the keyboard begins here.
    pub(super) first: bool,
    /// Whether it may be left empty.
    pub(super) optional: bool,
    /// Whether it is there to be read alone.
    pub(super) fixed: bool,
    /// Which keys a phone shows, where its kind does not say so.
    pub(super) keys: Option<&'static str>,
}

impl Field {
    /// Somebody's address.
    pub(super) fn email(autocomplete: &'static str, value: &str) -> Self {
        let value = value.to_owned();
        Self {
            name: "email",
            label: "E-mail address",
            kind: "email",
            autocomplete,
            hint: None,
            value,
            max: 254,
            first: false,
            optional: false,
            fixed: false,
            keys: None,
        }
    }

    /// A password that there is already.
    pub(super) fn password(name: &'static str, label: &'static str) -> Self {
        let (kind, autocomplete) = ("password", "current-password");
        Self {
            name,
            label,
            kind,
            autocomplete,
            hint: None,
            value: String::new(),
            max: 1_024,
            first: false,
            optional: false,
            fixed: false,
            keys: None,
        }
    }

    /// A password that is to be.
    pub(super) fn new_password(name: &'static str, label: &'static str) -> Self {
        let least = pulsestage::password::PASSWORD_MIN;
        let hint = format!("At least {least} characters. A few words that only you would put together are good.");
        Self { autocomplete: "new-password", hint: Some(hint), ..Self::password(name, label) }
    }

    /// A code of an authenticator app.
    pub(super) fn code(name: &'static str, label: &'static str) -> Self {
        let hint = Some("Six digits, as the app shows them now.".to_owned());
        let keys = Some("numeric");
        Self { label, kind: "text", autocomplete: "one-time-code", max: 64, hint, keys, ..Self::password(name, label) }
    }

    /// A recovery code.
    pub(super) fn recovery_code(name: &'static str, label: &'static str) -> Self {
        let hint = Some("Ten letters and digits. Each code works once.".to_owned());
        Self { kind: "text", autocomplete: "off", max: 64, hint, ..Self::password(name, label) }
    }

    /// What somebody is called.
    pub(super) fn name(value: &str) -> Self {
        let (value, max) = (value.to_owned(), pulsestage::text::NAME_MAX);
        Self {
            name: "name",
            label: "Your name",
            kind: "text",
            autocomplete: "name",
            hint: None,
            value,
            max,
            first: false,
            optional: false,
            fixed: false,
            keys: None,
        }
    }

    /// The keyboard begins here.
    pub(super) fn first(self) -> Self {
        Self { first: true, ..self }
    }

    /// It may be left empty.
    pub(super) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Draws it, with what is wrong with it.
    pub(super) fn draw(self, problems: &Problems) -> AnyView {
        let Self { name, label, kind, autocomplete, hint, value, max, first, optional, fixed, keys } = self;
        let problem = problems.of(name);
        let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
        let described = [hint.is_some().then(|| hint_id.clone()), problem.is_some().then(|| error_id.clone())];
        let described: Vec<String> = described.into_iter().flatten().collect();
        let is_wrong = problem.is_some();
        // With a problem the keyboard begins where it is.
        let starts = is_wrong || (first && problems.fields.is_empty());
        let error = problem.map(|sentence| {
            view! {
                <p class="field__error" id=error_id>
                    {icon(Icon::Alert)}
                    <span>{sentence}</span>
                </p>
            }
            .erase()
        });
        let hint = hint.map(|hint| {
            view! {
                <span class="field__hint" id=hint_id>
                    {hint}
                </span>
            }
            .erase()
        });
        let spelled = (kind == "text").then_some("auto");
        view! {
            <div class="field">
                <label class="field__label" for=name>
                    {label}
                </label>
                <input
                    class="input"
                    id=name
                    name=name
                    type=kind
                    value=value
                    maxlength=max
                    required=!optional
                    readonly=fixed
                    dir=spelled
                    autocomplete=autocomplete
                    inputmode=keys
                    autocapitalize=(kind == "email").then_some("none")
                    spellcheck=(kind != "text").then_some("false")
                    autofocus=starts
                    aria-describedby=(!described.is_empty()).then(|| described.join(" "))
                    aria-invalid=is_wrong.then_some("true")
                />
                {error}
                {hint}
            </div>
        }
        .erase()
    }
}

/// A field that nobody sees.
pub(super) fn hidden(name: &'static str, value: &str) -> AnyView {
    view! { <input type="hidden" name=name value=value.to_owned() /> }.erase()
}

/// What was wrong with the whole form, before it. It is read aloud when the page is there.
pub(super) fn whole_problem(problems: &Problems) -> AnyView {
    problems
        .whole
        .clone()
        .map(|sentence| {
            view! {
                <Notice weight=Weight::Warn mark=Icon::Alert>
                    <p role="alert">{sentence}</p>
                </Notice>
            }
            .erase()
        })
        .into_any()
}

/// The button that sends a form.
pub(super) fn send(word: &'static str, is_main: bool) -> AnyView {
    view! {
        <button class=if is_main { "btn btn--main" } else { "btn" } type="submit">
            {word}
        </button>
    }
    .erase()
}
