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
    /// Whether there is a way to the first page: a page that comes again by itself needs none.
    pub leads_on: bool,
}

impl ProblemPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let way = || {
            view! {
                <div class="solo__do">
                    <a class="btn btn--main" href="/">
                        "Go to questions"
                    </a>
                </div>
            }
        };
        let body = self.leads_on.then(way).into_any();
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
