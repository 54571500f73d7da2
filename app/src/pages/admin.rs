//! The admin pages: one list of them, and the one function that draws them, whose code is a file of its own that
//! participants never load. A new page costs its file and its line in [`PAGES`].

use leptos::prelude::*;
use pulsestage::permission::{Action, may};
use pulsestage::tenant::Tenant;
use pulsestage::text::Slug;
use pulsestage::user::Role;

use super::frame::{Here, PageFuture};
use super::solo::NotFoundPage;
use super::{data, health, moderator, operator, people, reports, review, sessions, settings, tags, teams};
use crate::ui::erase::Erase;

/// A page of the admin area.
#[derive(Debug)]
pub struct AdminPage {
    /// What its address has after `/admin/`; nothing for the first page.
    pub path: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Where the navigation has it.
    pub group: Group,
    /// Who sees it.
    pub needs: Needs,
    draw: fn(Here) -> PageFuture,
}

/// The groups of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What to do with the questions.
    Moderate,
    /// What the workspace is like.
    Workspace,
    /// Who is in it.
    People,
    /// What happened in it.
    Insights,
    /// All workspaces.
    Installation,
}

impl Group {
    /// Every group, in the order of the navigation.
    pub const ALL: [Self; 5] = [Self::Moderate, Self::Workspace, Self::People, Self::Insights, Self::Installation];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Moderate => "Moderate",
            Self::Workspace => "Workspace",
            Self::People => "People",
            Self::Insights => "Insights",
            Self::Installation => "Installation",
        }
    }
}

/// Who sees a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Everybody who is signed in.
    SignedIn,
    /// Whoever may do this in the whole workspace.
    Everywhere(Action),
    /// Whoever may do this in one team at least.
    InATeam(Action),
    /// Whoever runs the installation.
    Operator,
}

/// Who looks at an admin page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// What they may do in the whole workspace.
    pub role: Role,
    /// Whether they moderate single teams beside that.
    pub moderates_a_team: bool,
}

impl Reader {
    /// Somebody who sees a page that is only for whoever moderates something.
    pub(super) const fn of_moderators(role: Role) -> Self {
        Self { role, moderates_a_team: true }
    }
}

impl From<Role> for Reader {
    fn from(role: Role) -> Self {
        Self { role, moderates_a_team: false }
    }
}

impl AdminPage {
    const fn new(
        (path, title): (&'static str, &'static str),
        group: Group,
        needs: Needs,
        draw: fn(Here) -> PageFuture,
    ) -> Self {
        Self { path, title, group, needs, draw }
    }

    /// Whether somebody may see it. What they get there is decided by the server again.
    #[must_use]
    pub fn is_for(&self, reader: Reader, tenant: &Tenant) -> bool {
        let allowed = |role, action| may(role, action, &tenant.settings);
        match self.needs {
            Needs::SignedIn => reader.role > Role::Guest,
            Needs::Everywhere(action) => allowed(reader.role, action),
            Needs::InATeam(action) => {
                allowed(reader.role, action) || (reader.moderates_a_team && allowed(Role::Moderator, action))
            }
            Needs::Operator => tenant.slug == Slug::default_tenant().as_str() && allowed(reader.role, Action::Operate),
        }
    }
}

use Group::{Insights, Installation, Moderate, People, Workspace};
use Needs::{Everywhere, InATeam, Operator, SignedIn};

/// Every admin page, in the order of the navigation.
pub static PAGES: [AdminPage; 13] = [
    AdminPage::new(("", "Queue"), Moderate, Everywhere(Action::Moderate), moderator::page),
    AdminPage::new(("review", "Review"), Moderate, InATeam(Action::Moderate), review::page),
    AdminPage::new(("settings", "Settings"), Workspace, Everywhere(Action::EditSettings), settings::page),
    AdminPage::new(("teams", "Teams"), Workspace, Everywhere(Action::EditTeam), teams::page),
    AdminPage::new(("tags", "Tags"), Workspace, Everywhere(Action::EditTag), tags::page),
    AdminPage::new(("data", "Data retention"), Workspace, Everywhere(Action::EditSettings), data::page),
    AdminPage::new(("people", "People"), People, Everywhere(Action::ManagePeople), people::page),
    AdminPage::new(("sessions", "Sessions"), People, SignedIn, sessions::page),
    AdminPage::new(("statistics", "Statistics"), Insights, InATeam(Action::SeeStatistics), reports::statistics::page),
    AdminPage::new(("export", "Export"), Insights, InATeam(Action::Export), reports::export::page),
    AdminPage::new(("audit", "Audit log"), Insights, Everywhere(Action::SeeAudit), reports::audit::page),
    AdminPage::new(("health", "Health"), Insights, Everywhere(Action::SeeHealth), health::page),
    AdminPage::new(("operator", "Workspaces"), Installation, Operator, operator::page),
];

/// Draws the admin page whose address ends with this. Each further function of its kind, even a small one, would be code that
/// participants load.
#[lazy]
pub(super) async fn admin_page(path: String) -> AnyView {
    match PAGES.iter().find(|page| page.path == path) {
        Some(page) => (page.draw)(Here::new(page)).await,
        None => view! { <NotFoundPage /> }.erase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::TenantId;
    use pulsestage::tenant::TenantSettings;

    fn seen(slug: &str, reader: Reader) -> Vec<&'static str> {
        let (id, name) = (TenantId(uuid::Uuid::nil()), "Acme".to_owned());
        let tenant = Tenant { id, slug: slug.to_owned(), name, settings: TenantSettings::default() };
        PAGES.iter().filter(|page| page.is_for(reader, &tenant)).map(|page| page.path).collect()
    }

    #[test]
    fn everybody_sees_the_pages_of_their_role() {
        assert_eq!(seen("acme", Role::Guest.into()), [""; 0]);
        assert_eq!(seen("acme", Role::Member.into()), ["sessions"]);
        let of_a_team = Reader { role: Role::Member, moderates_a_team: true };
        assert_eq!(seen("acme", of_a_team), ["review", "sessions", "statistics", "export"]);
        assert_eq!(seen("acme", Role::Moderator.into()), ["", "review", "sessions", "statistics", "export"]);
        let all: Vec<_> = PAGES.iter().map(|page| page.path).collect();
        for (slug, role, last) in
            [("acme", Role::Admin, "health"), ("acme", Role::Owner, "health"), ("default", Role::Owner, "operator")]
        {
            let end = all.iter().position(|path| *path == last).unwrap();
            assert_eq!(seen(slug, role.into()), all[..=end], "{role} of {slug}");
        }
        assert!(!seen("default", Role::Admin.into()).contains(&"operator"), "admins run no installation");
    }

    #[test]
    fn the_list_is_in_the_order_of_its_groups_and_names_each_page_once() {
        let groups: Vec<_> =
            PAGES.iter().map(|page| Group::ALL.iter().position(|group| *group == page.group)).collect();
        assert!(groups.is_sorted());
        let mut names: Vec<_> = PAGES.iter().flat_map(|page| [page.path, page.title]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 2 * PAGES.len());
    }
}
