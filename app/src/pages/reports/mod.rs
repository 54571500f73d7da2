//! Pages that look back: the audit log, statistics, and files to take away. Their filters are plain forms, so they work
//! before and without a script, and every view of them has an address.

pub(super) mod audit;
pub(super) mod export;
pub(super) mod statistics;

use leptos::prelude::*;
use pulsestage::team::TeamName;
use pulsestage::time::Timestamp;

use crate::ui::erase::Erase;
use crate::ui::field::Field;

/// A moment as people read it, in UTC, to the second.
fn moment(at: Timestamp) -> AnyView {
    let text = at.to_rfc3339();
    let words = text.get(..19).unwrap_or(&text).replace('T', " ");
    view! { <time datetime=text>{words}</time> }.erase()
}

/// A moment that may be left empty.
fn moment_field(name: &'static str, label: &'static str, value: &str) -> AnyView {
    Field::line("datetime-local", name, label).value(value).draw()
}

/// One of several, by a word; all of them at first.
fn choice(
    name: &'static str,
    label: &'static str,
    any: &str,
    chosen: &str,
    options: impl IntoIterator<Item = (String, String)>,
) -> AnyView {
    let any = (!any.is_empty()).then(|| (String::new(), any.to_owned()));
    Field::choice(name, label, any.into_iter().chain(options)).value(chosen).draw()
}

/// The teams to choose from.
fn team_options(teams: Vec<TeamName>) -> impl Iterator<Item = (String, String)> {
    teams.into_iter().map(|team| (team.id.to_string(), team.name))
}
