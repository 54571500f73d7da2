//! The fields of the account pages.

use leptos::prelude::*;

use super::Problems;
use crate::ui::erase::Erase;
use crate::ui::field;
pub(super) use crate::ui::field::Field;
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};

impl Field {
    /// Somebody's address.
    pub(super) fn email(autocomplete: &'static str, value: &str) -> Self {
        let autocomplete = Some(autocomplete);
        Self { autocomplete, ..Self::line("email", "email", "Email address").value(value).max(254).required() }
    }

    /// A password that there is already.
    pub(super) fn password(name: &'static str, label: &'static str) -> Self {
        let autocomplete = Some("current-password");
        Self { autocomplete, ..Self::line("password", name, label).max(1_024).required() }
    }

    /// A password that is to be.
    pub(super) fn new_password(name: &'static str, label: &'static str) -> Self {
        let least = pulsestage::password::PASSWORD_MIN;
        let hint = format!("At least {least} characters. A few random words work well.");
        Self { autocomplete: Some("new-password"), ..Self::password(name, label).hint(hint) }
    }

    /// A code of an authenticator app.
    pub(super) fn code(name: &'static str, label: &'static str) -> Self {
        let field = Self::text(name, label).max(64).required().hint("The six digits in the app.");
        Self { autocomplete: Some("one-time-code"), keys: Some("numeric"), ..field }
    }

    /// A recovery code.
    pub(super) fn recovery_code(name: &'static str, label: &'static str) -> Self {
        Self::text(name, label).max(64).required().hint("Ten letters and digits. Each code works once.")
    }

    /// What somebody is called.
    pub(super) fn name(value: &str) -> Self {
        let field = Self::text("name", "Your name").value(value).max(pulsestage::text::NAME_MAX).required();
        Self { autocomplete: Some("name"), ..field }
    }

    /// The keyboard begins here.
    pub(super) fn first(self) -> Self {
        Self { first: true, ..self }
    }

    /// It may be left empty.
    pub(super) fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// Draws it, with what is wrong with it. With a problem the keyboard begins where it is.
    pub(super) fn draw_with(self, problems: &Problems) -> AnyView {
        let problem = problems.of(self.name);
        let first = problem.is_some() || (self.first && problems.fields.is_empty());
        Self { problem, first, ..self }.draw()
    }
}

/// A field that nobody sees.
pub(super) fn hidden(name: &'static str, value: &str) -> AnyView {
    field::hidden(name, value)
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
    field::send(if is_main { "btn btn--main" } else { "btn" }, None, word)
}
