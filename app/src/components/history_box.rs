//! What was done to a question, for its moderators.

use leptos::prelude::*;
use pulsestage::audit::{Outcome, Record};
use pulsestage::id::QuestionId;

use crate::api::{self, ApiError};
use crate::live::latest_response::LatestResponse;
use crate::platform;
use crate::ui::erase::{Erase, part};
use crate::ui::fold::Fold;
use crate::ui::icon::{Icon, icon};
use crate::ui::text::words_of;
use crate::ui::time::Ago;

/// What of a case moderators change: its version, its star, its label, and how often they wrote to its asker.
pub type CaseRevision = (i64, bool, Option<String>, i64);

/// The history, loaded when it is opened and whenever something is done while it is.
#[component]
pub fn HistoryBox(
    /// The question.
    question: QuestionId,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// What moderators have made of it: another value whenever there is something new to tell.
    revision: Memo<CaseRevision>,
) -> impl IntoView {
    let history = RwSignal::new(None::<Result<Vec<Record>, ApiError>>);
    let open = RwSignal::new(false);
    let loads = LatestResponse::default();
    let load = move |(is_open, _): &(bool, CaseRevision)| {
        let Some(slug) = slug.try_get_value().filter(|_| *is_open) else { return };
        let request = loads.ask();
        platform::spawn(async move {
            let loaded = api::load_history(slug, question).await;
            if loads.take(request) {
                let _gone = history.try_set(Some(loaded));
            }
        });
    };
    Effect::watch(move || (open.get(), revision.get()), move |now, _, _| load(now), false);
    let shown = move || match history.get() {
        None => view! { <p class="field__hint">"Loading"</p> }.erase(),
        Some(Err(error)) => view! {
            <p class="field__error" role="alert">
                {error.to_string()}
            </p>
        }
        .erase(),
        Some(Ok(records)) if records.is_empty() => {
            view! { <p class="field__hint">"No activity by moderators yet."</p> }.erase()
        }
        Some(Ok(records)) => {
            let lines: Vec<AnyView> = records.iter().map(line).collect();
            view! { <ol class="history">{lines}</ol> }.erase()
        }
    };
    view! {
        <Fold open=open face=|| view! { {icon(Icon::Clock)} "History" }>
            {part(shown)}
        </Fold>
    }
    .erase()
}

/// One thing that was done, or refused.
fn line(record: &Record) -> AnyView {
    let who = match (&record.by_name, record.by) {
        (Some(name), _) => name.clone(),
        (None, Some(_)) => "A former member".to_owned(),
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
