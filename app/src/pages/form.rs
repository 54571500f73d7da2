//! The plain forms of the admin pages: posted to a server function, with script and without. A form that is refused comes
//! back with everything that was typed, and says at each field what is wrong with it.

use leptos::prelude::*;
use pulsestage::error::Refusal;

use super::frame::Frame;
use crate::api::ReturnedForm;
use crate::ui::erase::Erase;
use crate::ui::field::{Field, hidden, send};
use crate::ui::icon::{Icon, icon};

/// One form of a page.
#[derive(Clone, Debug)]
pub(super) struct Form {
    endpoint: &'static str,
    about: Vec<(&'static str, String)>,
    returned: Option<ReturnedForm>,
}

impl Frame {
    /// A form in this workspace that is posted to a server function.
    pub(super) fn form(&self, endpoint: &'static str, slug: &str) -> Form {
        let returned = self.returned.clone().filter(|returned| returned.endpoint == endpoint);
        Form { endpoint, about: vec![("tenant", slug.to_owned())], returned }
    }
}

impl Form {
    /// What the form is about: a field that nobody sees. It tells this form from others of its kind on the page.
    pub(super) fn about(mut self, name: &'static str, value: impl ToString) -> Self {
        let value = value.to_string();
        self.returned = self.returned.filter(|returned| returned.typed(name) == Some(&value));
        self.about.push((name, value));
        self
    }

    /// Whether this form was just refused.
    pub(super) const fn is_back(&self) -> bool {
        self.returned.is_some()
    }

    /// A field, with what was typed into it where the form came back.
    pub(super) fn field(&self, field: Field) -> AnyView {
        self.field_for(field.name, field)
    }

    /// The same for a field that refusals name otherwise.
    pub(super) fn field_for(&self, named: &str, mut field: Field) -> AnyView {
        field.id = field.id.or_else(|| Some(self.id(field.name)));
        if let Some(returned) = &self.returned {
            field.value = self.value(field.name, String::new());
            field.problem = returned.refusal.as_ref().and_then(|refusal| problem(refusal, named));
            field.first = field.problem.is_some();
        }
        field.draw()
    }

    /// The id of a field: no other form of the page has it.
    fn id(&self, name: &str) -> String {
        let about: String = self.about.iter().skip(1).map(|(_, value)| format!("-{value}")).collect();
        format!("{}{about}-{}", self.endpoint, name.trim_start_matches("settings[").trim_end_matches(']'))
    }

    /// What stands in a field: what was typed where the form came back, or else this.
    pub(super) fn value(&self, name: &str, value: String) -> String {
        self.returned.as_ref().and_then(|returned| returned.typed(name)).map_or(value, str::to_owned)
    }

    /// A box to tick.
    pub(super) fn tick(&self, name: &'static str, label: &'static str, on: bool) -> AnyView {
        let on = self.returned.as_ref().map_or(on, |returned| returned.typed(name).is_some());
        view! {
            <label class="tick">
                <input type="checkbox" name=name value="true" checked=on />
                <span>{label}</span>
            </label>
        }
        .erase()
    }

    /// One of several, each with its own button.
    pub(super) fn radio(
        &self,
        name: &'static str,
        legend: &'static str,
        options: &[(&'static str, &'static str)],
    ) -> AnyView {
        let chosen = self.returned.as_ref().and_then(|returned| returned.typed(name));
        let chosen = chosen.or(options.first().map(|(value, _)| *value)).unwrap_or_default().to_owned();
        let option = |(value, word): &(&'static str, &'static str)| {
            let (value, word) = (*value, *word);
            view! {
                <label class="tick">
                    <input type="radio" name=name value=value checked=chosen == value />
                    <span>{word}</span>
                </label>
            }
            .erase()
        };
        view! {
            <fieldset class="field">
                <legend class="field__label">{legend}</legend>
                {options.iter().map(option).collect_view()}
            </fieldset>
        }
        .erase()
    }

    /// The form around its fields.
    pub(super) fn draw(self, fields: AnyView) -> AnyView {
        view! {
            <form
                class="form"
                method="post"
                action=format!("/api/fn/{}", self.endpoint)
                enctype=(self.endpoint == "import_people").then_some("multipart/form-data")
            >
                {self.about.into_iter().map(|(name, value)| hidden(name, value)).collect_view()}
                {fields}
            </form>
        }
        .erase()
    }

    /// The form behind a line that opens it; open where it came back.
    pub(super) fn behind(self, class: &'static str, mark: Icon, word: AnyView, fields: AnyView) -> AnyView {
        let open = self.is_back();
        opens(class, mark, word, open, self.draw(fields))
    }

    /// A form with a button alone, whose effect is told before it is pressed: a first press only asks.
    pub(super) fn ask_first(
        self,
        mark: Icon,
        word: &'static str,
        effect: impl Into<String>,
        sure: &'static str,
    ) -> AnyView {
        let fields = view! {
            <p class="field__hint" dir="auto">
                {effect.into()}
            </p>
            {send("btn btn--small", Some(mark), sure)}
        }
        .into_any();
        self.behind("more", mark, word.into_any(), fields)
    }
}

/// Something behind a line that opens it.
pub(super) fn opens(class: &'static str, mark: Icon, word: AnyView, open: bool, content: AnyView) -> AnyView {
    view! {
        <details class=class open=open>
            <summary>{icon(mark)} {word}</summary>
            {content}
        </details>
    }
    .erase()
}

/// What a refusal says of one field.
fn problem(refusal: &Refusal, named: &str) -> Option<String> {
    let Refusal::Invalid { fields } = refusal else { return None };
    let field = fields.iter().find(|field| field.field == named)?;
    Some(format!("This {}.", field.problem))
}
