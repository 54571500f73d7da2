//! What was done to a question, for its moderators.

use leptos::html::Details;
use leptos::prelude::*;
use pulsestage::audit::{Outcome, Record};
use pulsestage::id::QuestionId;

use crate::api::{self, ApiError};
use crate::platform;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::text::words_of;
use crate::ui::time::Ago;

/// The history, loaded anew whenever it is opened.
#[component]
pub fn HistoryBox(
    /// The question.
    question: QuestionId,
    /// The tenant's slug.
    slug: StoredValue<String>,
) -> impl IntoView {
    let history = RwSignal::new(None::<Result<Vec<Record>, ApiError>>);
    let details = NodeRef::<Details>::new();
    let toggle = move |_| {
        let is_open = details.get_untracked().is_some_and(|details| details.open());
        let Some(slug) = slug.try_get_value().filter(|_| is_open) else { return };
        platform::spawn(async move {
            let loaded = api::load_history(slug, question).await;
            let _gone = history.try_set(Some(loaded));
        });
    };
    let shown = move || match history.get() {
        None => view! { <p class="field__hint">"Loading"</p> }.erase(),
        Some(Err(error)) => view! {
            <p class="field__error" role="alert">
                {error.to_string()}
            </p>
        }
        .erase(),
        Some(Ok(records)) if records.is_empty() => {
            view! { <p class="field__hint">"No moderator has done anything to it."</p> }.erase()
        }
        Some(Ok(records)) => {
            let lines: Vec<AnyView> = records.iter().map(line).collect();
            view! { <ol class="history">{lines}</ol> }.erase()
        }
    };
    view! {
        <details class="more" node_ref=details on:toggle=toggle>
            <summary>{icon(Icon::Clock)} "History"</summary>
            {part(shown)}
        </details>
    }
    .erase()
}

/// One thing that was done, or refused.
fn line(record: &Record) -> AnyView {
    let who = match (&record.by_name, record.by) {
        (Some(name), _) => name.clone(),
        (None, Some(_)) => "Somebody who is gone".to_owned(),
        (None, None) => "The operator".to_owned(),
    };
    let refused = (record.outcome == Outcome::Refused).then_some(" (refused)");
    view! {
        <li>
            <b>{words_of(&record.action)}</b>
            {refused}
            " by "
            <bdi>{who}</bdi>
            ", "
            <Ago at=record.at />
        </li>
    }
    .erase()
}
