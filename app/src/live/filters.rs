//! What a reader wants to see, as the page's address carries it.

use leptos_router::params::ParamsMap;
use pulsestage::id::TagId;
use std::fmt::Write;

/// Which questions a tab shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Those that wait for an answer.
    #[default]
    Open,
    /// Those that have one.
    Answered,
    /// Both.
    All,
}

impl Tab {
    /// Every tab, in the order on the page.
    pub const ALL: [Self; 3] = [Self::Open, Self::Answered, Self::All];

    /// The word in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::All => "all",
        }
    }
}

/// What comes first, after the pinned questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The question with the most votes.
    #[default]
    Votes,
    /// The latest question.
    Newest,
    /// The earliest question.
    Oldest,
}

impl Sort {
    /// Every order, as the page lists them.
    pub const ALL: [Self; 3] = [Self::Votes, Self::Newest, Self::Oldest];

    /// The word in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Votes => "votes",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }
}

/// What a reader chose to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Open, answered or all.
    pub tab: Tab,
    /// The order.
    pub sort: Sort,
    /// The slug of one team, or all teams. A slug that no team has shows all teams.
    pub team: Option<String>,
    /// Questions with any of these tags, or all questions. Tags that the palette does not have count for nothing.
    pub tags: Vec<TagId>,
}

impl Filters {
    /// Reads the filters out of an address; what is not known is ignored.
    #[must_use]
    pub fn from_params(params: &ParamsMap) -> Self {
        let mut filters = Self::default();
        if let Some(word) = params.get_str("tab") {
            filters.tab = Tab::ALL.into_iter().find(|tab| tab.as_str() == word).unwrap_or_default();
        }
        if let Some(word) = params.get_str("sort") {
            filters.sort = Sort::ALL.into_iter().find(|sort| sort.as_str() == word).unwrap_or_default();
        }
        filters.team = params.get("team").filter(|slug| pulsestage::text::Slug::parse(slug).is_ok());
        for tag in params.get_all("tag").unwrap_or_default().iter().filter_map(|id| id.parse().ok()) {
            if !filters.tags.contains(&tag) {
                filters.tags.push(tag);
            }
        }
        filters
    }

    /// The query that says the same, with its `?`; empty for the filters that a bare address means.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: &dyn std::fmt::Display| {
            let mark = if query.is_empty() { '?' } else { '&' };
            // Words, slugs and ids need no escaping, and writing to a String does not fail.
            let _ = write!(query, "{mark}{name}={value}");
        };
        if self.tab != Tab::default() {
            add("tab", &self.tab.as_str());
        }
        if self.sort != Sort::default() {
            add("sort", &self.sort.as_str());
        }
        if let Some(team) = &self.team {
            add("team", team);
        }
        for tag in &self.tags {
            add("tag", tag);
        }
        query
    }

    /// The same with another tab.
    #[must_use]
    pub fn with_tab(&self, tab: Tab) -> Self {
        Self { tab, ..self.clone() }
    }

    /// The same with another order.
    #[must_use]
    pub fn with_sort(&self, sort: Sort) -> Self {
        Self { sort, ..self.clone() }
    }

    /// The same with one team, or all.
    #[must_use]
    pub fn with_team(&self, team: Option<String>) -> Self {
        Self { team, ..self.clone() }
    }

    /// The same with this tag chosen if it was not, and not chosen if it was.
    #[must_use]
    pub fn toggling_tag(&self, tag: TagId) -> Self {
        let mut other = self.clone();
        match other.tags.iter().position(|chosen| *chosen == tag) {
            Some(place) => drop(other.tags.remove(place)),
            None => other.tags.push(tag),
        }
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn params(query: &str) -> ParamsMap {
        let mut params = ParamsMap::new();
        for (name, value) in query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('=')) {
            params.insert(name.to_owned(), value.to_owned());
        }
        params
    }

    fn filters() -> impl Strategy<Value = Filters> {
        let tags = proptest::collection::btree_set(any::<u128>(), 0..4);
        (0..3usize, 0..3usize, proptest::option::of("[a-z][a-z0-9]{0,9}"), tags).prop_map(|(tab, sort, team, tags)| {
            Filters {
                tab: Tab::ALL[tab],
                sort: Sort::ALL[sort],
                team,
                tags: tags.into_iter().map(|id| TagId(Uuid::from_u128(id))).collect(),
            }
        })
    }

    #[test]
    fn a_bare_address_means_open_by_votes() {
        assert_eq!(Filters::from_params(&params("")), Filters::default());
        assert_eq!(Filters::default().to_query(), "");
    }

    #[test]
    fn what_is_not_known_is_ignored() {
        let read = Filters::from_params(&params("tab=closed&sort=%00&team=A%20b&tag=7&utm_source=mail&sort2=x"));
        assert_eq!(read, Filters::default());
    }

    #[test]
    fn a_tag_is_chosen_once() {
        let tag = TagId(Uuid::from_u128(7));
        let read = Filters::from_params(&params(&format!("tag={tag}&tag={tag}")));
        assert_eq!(read.tags, [tag]);
        assert_eq!(read.toggling_tag(tag), Filters::default());
        assert_eq!(read.toggling_tag(tag).toggling_tag(tag), read);
    }

    proptest! {
        #[test]
        fn an_address_reads_back_what_it_says(filters in filters()) {
            prop_assert_eq!(Filters::from_params(&params(&filters.to_query())), filters);
        }

        #[test]
        fn no_address_panics(query in ".*") {
            let _ = Filters::from_params(&params(&query));
        }
    }
}
