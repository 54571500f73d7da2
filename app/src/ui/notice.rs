//! A line across the page that says what is the matter and what still works.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::ui::erase::Erase;

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Good to know.
    Plain,
    /// Look out.
    Warn,
    /// Something does not work.
    Danger,
}

impl Weight {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "notice",
            Self::Warn => "notice notice--warn",
            Self::Danger => "notice notice--danger",
        }
    }
}

/// The notice. Its children are sentences and at most one button.
#[component]
pub fn Notice(
    /// How serious it is.
    weight: Weight,
    /// Its icon.
    mark: Icon,
    /// `status` or `alert` when it appears by itself and should be heard.
    #[prop(optional)]
    role: Option<&'static str>,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=weight.class() role=role>
            {icon(mark)}
            {children()}
        </div>
    }
    .erase()
}
