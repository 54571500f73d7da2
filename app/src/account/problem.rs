//! What a browser is shown that asked for what cannot be had.

use leptos::prelude::*;

use super::AccountDocument;
use crate::ui::icon::Icon;

/// A page with a sentence and the way to the first page.
#[derive(Clone, Debug)]
pub struct ProblemPage {
    /// What it is called.
    pub title: String,
    /// What the matter is.
    pub sentence: String,
}

impl ProblemPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let body = view! {
            <div class="solo__do">
                <a class="btn btn--main" href="/">
                    "To the questions"
                </a>
            </div>
        }
        .into_any();
        AccountDocument {
            mark: Icon::Info,
            title: self.title,
            lead: self.sentence,
            home: "/".to_owned(),
            tenant: None,
            body,
        }
    }
}
