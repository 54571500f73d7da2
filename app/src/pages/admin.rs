//! The pages of those who moderate and run a room: one route, whose code is a file of its own that participants never
//! load. Every further route, even a lazy one, would be code that they do load.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use leptos_router::{LazyRoute, lazy_route};

use super::outcome::Loading;
use super::{NotFoundPage, health, moderator, operator, people, reports, review, sessions, settings, tags, teams};
use crate::ui::erase::Erase;

/// The queue, or what the address names behind it.
pub enum AdminPage {
    /// The moderators' queue.
    Queue(Loading),
    /// How the streams are doing.
    Health,
    /// What waits for a moderator.
    Review,
    /// The tenant's settings.
    Settings,
    /// The tenant's teams.
    Teams,
    /// The tenant's palette.
    Tags,
    /// All tenants, for the operator.
    Operator,
    /// The tenant's people.
    People,
    /// Sessions of the reader, or of somebody else.
    Sessions,
    /// What was done.
    Audit,
    /// How much there was.
    Statistics,
    /// Files to take away.
    Export,
    /// There is no such page.
    Unknown,
}

#[lazy_route]
impl LazyRoute for AdminPage {
    fn data() -> Self {
        let view = use_params_map().with_untracked(|params| params.get("view"));
        match view.as_deref() {
            None => Self::Queue(Loading::begin()),
            Some("health") => Self::Health,
            Some("review") => Self::Review,
            Some("settings") => Self::Settings,
            Some("teams") => Self::Teams,
            Some("tags") => Self::Tags,
            Some("operator") => Self::Operator,
            Some("people") => Self::People,
            Some("sessions") => Self::Sessions,
            Some("audit") => Self::Audit,
            Some("statistics") => Self::Statistics,
            Some("export") => Self::Export,
            Some(_) => Self::Unknown,
        }
    }

    fn view(this: Self) -> AnyView {
        match this {
            AdminPage::Queue(board) => moderator::page(board),
            AdminPage::Health => health::page(),
            AdminPage::Review => review::page(),
            AdminPage::Settings => settings::page(),
            AdminPage::Teams => teams::page(),
            AdminPage::Tags => tags::page(),
            AdminPage::Operator => operator::page(),
            AdminPage::People => people::page(),
            AdminPage::Sessions => sessions::page(),
            AdminPage::Audit => reports::audit::page(),
            AdminPage::Statistics => reports::statistics::page(),
            AdminPage::Export => reports::export::page(),
            AdminPage::Unknown => view! { <NotFoundPage /> }.erase(),
        }
    }
}
