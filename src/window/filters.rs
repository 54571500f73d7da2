//! What a reader chose to see, as the page's address carries it.

use std::fmt::{Display, Write};

use crate::board::Board;
use crate::id::TagId;
use crate::search::MOST_SEARCHED;
use crate::text::Slug;

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
    /// The question that gathers votes now: many votes, and asked not long ago.
    Trending,
    /// The latest question.
    Newest,
    /// The earliest question.
    Oldest,
}

impl Sort {
    /// Every order, as the page lists them.
    pub const ALL: [Self; 4] = [Self::Votes, Self::Trending, Self::Newest, Self::Oldest];

    /// The word in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Votes => "votes",
            Self::Trending => "trending",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }
}

/// What a reader chose to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filters {
    /// Open, answered or all.
    pub tab: Tab,
    /// The order.
    pub sort: Sort,
    /// The slug of one team, or all teams. A slug that no team has shows all teams.
    pub team: Option<String>,
    /// Questions with any of these tags, or all questions. Tags that the palette does not have count for nothing.
    pub tags: Vec<TagId>,
    /// The words that are searched for; empty when none are. They have an answer of their own: what they find, open and
    /// answered, in place of the list.
    pub find: String,
}

impl Filters {
    /// The most tags that an address can choose. More have no meaning: a palette is a line of buttons.
    pub const MOST_TAGS: usize = 64;

    /// Reads the filters out of the decoded pairs of a query. What is not known is ignored, and of two values for what
    /// can have one the last counts.
    #[must_use]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut filters = Self::default();
        for (name, value) in pairs {
            filters.read(name, value);
        }
        filters
    }

    /// Takes over one pair of a query; whether its name is one of a filter's.
    pub fn read(&mut self, name: &str, value: &str) -> bool {
        match name {
            "tab" => self.tab = Tab::ALL.into_iter().find(|tab| tab.as_str() == value).unwrap_or_default(),
            "sort" => self.sort = Sort::ALL.into_iter().find(|sort| sort.as_str() == value).unwrap_or_default(),
            "team" => self.team = Slug::parse(value).ok().map(|_| value.to_owned()),
            "tag" => {
                if let Ok(tag) = value.parse()
                    && self.tags.len() < Self::MOST_TAGS
                    && !self.tags.contains(&tag)
                {
                    self.tags.push(tag);
                }
            }
            "find" => self.find = searched(value),
            _ => return false,
        }
        true
    }

    /// The same choice in the one form in which this board knows it: without what it does not have, the tags in order.
    #[must_use]
    pub fn known_on(&self, board: &Board) -> Self {
        let team = self.team.clone().filter(|slug| board.teams.iter().any(|team| team.slug == *slug));
        let mut tags = self.tags.clone();
        tags.retain(|tag| board.tags.iter().any(|known| known.id == *tag));
        tags.sort_unstable();
        Self { team, tags, find: String::new(), ..*self }
    }

    /// The query that says the same, with its `?`; empty for the filters that a bare address means.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: &dyn Display| {
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
        if !self.find.is_empty() {
            add("find", &escaped(&self.find));
        }
        query
    }

    /// The same with other words searched for, or none.
    #[must_use]
    pub fn with_find(&self, words: &str) -> Self {
        Self { find: searched(words), ..self.clone() }
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

/// Words as they are searched for: without blanks around them and signs that nobody types, and not without end.
fn searched(words: &str) -> String {
    let typed: String = words.trim().chars().filter(|sign| !sign.is_control()).take(MOST_SEARCHED).collect();
    typed.trim().to_owned()
}

/// A text as the value of a query.
fn escaped(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            b' ' => escaped.push('+'),
            _ => escaped.extend([
                '%',
                char::from(DIGITS[usize::from(byte >> 4)]),
                char::from(DIGITS[usize::from(byte & 15)]),
            ]),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn read(query: &str) -> Filters {
        Filters::from_pairs(query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('=')))
    }

    fn filters() -> impl Strategy<Value = Filters> {
        let tags = proptest::collection::btree_set(any::<u128>(), 0..4);
        (0..3usize, 0..Sort::ALL.len(), proptest::option::of("[a-z][a-z0-9]{0,9}"), tags).prop_map(
            |(tab, sort, team, tags)| Filters {
                tab: Tab::ALL[tab],
                sort: Sort::ALL[sort],
                team,
                tags: tags.into_iter().map(|id| TagId(Uuid::from_u128(id))).collect(),
                find: String::new(),
            },
        )
    }

    #[test]
    fn words_that_are_searched_for_are_in_the_address() {
        let filters = Filters::default().with_find("  Zürich & 100%?\u{0} \n");
        assert_eq!(filters.find, "Zürich & 100%?");
        assert_eq!(filters.to_query(), "?find=Z%C3%BCrich+%26+100%25%3F");
        assert_eq!(read("find=%20").find, "%20", "a query is decoded before it is read");
        assert_eq!(Filters::from_pairs([("find", " \u{200A} ")]), Filters::default());
        assert_eq!(Filters::default().with_find(&"字".repeat(10_000)).find.chars().count(), MOST_SEARCHED);
        assert_eq!(filters.with_find(""), Filters::default());
    }

    #[test]
    fn a_bare_address_means_open_by_votes() {
        assert_eq!(read(""), Filters::default());
        assert_eq!(Filters::default().to_query(), "");
    }

    #[test]
    fn what_is_not_known_is_ignored() {
        assert_eq!(read("tab=closed&sort=%00&team=A b&tag=7&utm_source=mail&sort2=x"), Filters::default());
    }

    #[test]
    fn the_last_of_two_values_counts() {
        assert_eq!(read("tab=all&tab=answered&team=a1&team=b1").tab, Tab::Answered);
        assert_eq!(read("team=a1&team=b1").team.as_deref(), Some("b1"));
        assert_eq!(read("team=a1&team=B%20").team, None);
    }

    #[test]
    fn a_tag_is_chosen_once_and_not_without_end() {
        let tag = TagId(Uuid::from_u128(7));
        let chosen = read(&format!("tag={tag}&tag={tag}"));
        assert_eq!(chosen.tags, [tag]);
        assert_eq!(chosen.toggling_tag(tag), Filters::default());
        assert_eq!(chosen.toggling_tag(tag).toggling_tag(tag), chosen);
        let many: Vec<String> = (0..1_000).map(|n| format!("tag={}", TagId(Uuid::from_u128(n)))).collect();
        assert_eq!(read(&many.join("&")).tags.len(), Filters::MOST_TAGS);
    }

    proptest! {
        #[test]
        fn an_address_reads_back_what_it_says(filters in filters()) {
            prop_assert_eq!(read(&filters.to_query()), filters);
        }

        #[test]
        fn no_address_panics(query in ".*") {
            let _ = read(&query);
        }
    }
}
