//! Where a page is: the addresses of a tenant's views.

use pulsestage::window::Filters;

/// One of the views of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// The questions, for everybody.
    Questions,
    /// The moderators' queue.
    Queue,
    /// Another admin page.
    Admin,
}

/// A view of a tenant, as its address says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageUrl {
    /// The tenant's slug, or nothing where the address names none.
    slug: Option<String>,
    /// Which view.
    pub kind: ViewKind,
}

impl PageUrl {
    /// The place of an address with this slug, or none.
    #[must_use]
    pub const fn new(slug: Option<String>, kind: ViewKind) -> Self {
        Self { slug, kind }
    }

    /// The address of one of the tenant's views.
    #[must_use]
    pub fn of(&self, kind: ViewKind) -> String {
        let address = self.room()
            + match kind {
                ViewKind::Questions => "",
                ViewKind::Queue | ViewKind::Admin => "/admin",
            };
        if address.is_empty() { "/".to_owned() } else { address }
    }

    /// The address of a page beside the views: `/mine` for what this browser asked.
    #[must_use]
    pub fn beside(&self, page: &str) -> String {
        self.room() + page
    }

    fn room(&self) -> String {
        self.slug.as_ref().map(|slug| "/t/".to_owned() + slug).unwrap_or_default()
    }

    /// The address of this view under these filters.
    #[must_use]
    pub fn under(&self, filters: &Filters) -> String {
        self.of(self.kind) + &filters.to_query()
    }

    /// The same from a later row on, for pages without script.
    #[must_use]
    pub fn from(&self, filters: &Filters, row: usize) -> String {
        let address = self.under(filters);
        let mark = if address.contains('?') { '&' } else { '?' };
        if row == 0 { address } else { format!("{address}{mark}offset={row}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::window::{Sort, Tab};

    #[test]
    fn a_tenant_that_the_address_does_not_name_stays_unnamed() {
        let place = PageUrl::new(None, ViewKind::Queue);
        assert_eq!(place.of(ViewKind::Questions), "/");
        assert_eq!(place.under(&Filters::default()), "/admin");
        assert_eq!(place.of(ViewKind::Admin), "/admin");
        assert_eq!(place.beside("/mine"), "/mine");
    }

    #[test]
    fn the_filters_are_in_the_address() {
        let place = PageUrl::new(Some("acme".to_owned()), ViewKind::Questions);
        let filters = Filters::default().with_tab(Tab::All).with_sort(Sort::Newest);
        assert_eq!(place.under(&filters), "/t/acme?tab=all&sort=newest");
        assert_eq!(place.from(&filters, 50), "/t/acme?tab=all&sort=newest&offset=50");
        assert_eq!(place.from(&Filters::default(), 50), "/t/acme?offset=50");
        assert_eq!(place.from(&Filters::default(), 0), "/t/acme");
        assert_eq!(place.of(ViewKind::Queue), "/t/acme/admin");
        assert_eq!(place.beside("/mine"), "/t/acme/mine");
    }
}
