//! The address of the page: the page that its path names, and its query as a signal.
//!
//! The server reads it from the request, the browser from its address bar. A link that changes nothing but the query of the
//! page that is open is followed without loading a document (`public/start.js`); every other link is the browser's.

use leptos::prelude::*;

/// The page that a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageName {
    /// The questions of a tenant.
    Questions,
    /// The admin page whose address ends with this; empty for the first.
    Admin(String),
    /// None of ours.
    Unknown,
}

/// What stands behind the question mark of an address: decoded names with their values, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageQuery(Vec<(String, String)>);

impl PageQuery {
    /// Reads a query, with or without its question mark.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let pairs = text.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self(pairs.map(|(name, value)| (decoded(name, b' '), decoded(value, b' '))).collect())
    }

    /// The value of this name; of several the last.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs().filter(|(known, _)| *known == name).last().map(|(_, value)| value)
    }

    /// Every name with its value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The query that says this, with its question mark.
    #[must_use]
    pub fn text_of(pairs: &[(&str, &str)]) -> String {
        let mut text = String::new();
        for (name, value) in pairs {
            text.push(if text.is_empty() { '?' } else { '&' });
            encode(name, &mut text);
            text.push('=');
            encode(value, &mut text);
        }
        text
    }
}

/// The address of the page. `Copy`, in context.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    path: StoredValue<String>,
    query: RwSignal<PageQuery>,
}

impl Address {
    /// Puts the address of the page into context.
    pub fn provide(path: &str, query: &str) -> Self {
        let address = Self { path: StoredValue::new(path.to_owned()), query: RwSignal::new(PageQuery::parse(query)) };
        provide_context(address);
        address
    }

    /// The address of this page; the first page's where nobody said it.
    #[must_use]
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self::provide("/", ""))
    }

    /// The path as it was asked for.
    #[must_use]
    pub fn path(self) -> String {
        self.path.get_value()
    }

    /// The query, which a link of the page may change.
    #[must_use]
    pub fn query(self) -> Signal<PageQuery> {
        self.query.into()
    }

    /// The slug of the tenant that the path names, if it names one, and the page.
    #[must_use]
    pub fn page(self) -> (Option<String>, PageName) {
        self.path.with_value(|path| page_of(path))
    }

    /// The query is another one now.
    #[cfg(feature = "browser")]
    pub(crate) fn set_query(self, text: &str) {
        let query = PageQuery::parse(text);
        if self.query.try_with_untracked(|known| *known != query) == Some(true) {
            self.query.set(query);
        }
    }
}

fn page_of(path: &str) -> (Option<String>, PageName) {
    // One slash at the end is nobody's; more than one, or one too many between, makes another address.
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut rest = path.split('/').skip(1);
    let (tenant, mut next) = match rest.next() {
        Some("t") => match rest.next() {
            Some(slug) if !slug.is_empty() => (Some(decoded(slug, b'+')), rest.next()),
            _ => return (None, PageName::Unknown),
        },
        first => (None, first),
    };
    let page = match next.take() {
        None => PageName::Questions,
        Some("admin") => match (rest.next(), rest.next()) {
            (None, _) => PageName::Admin(String::new()),
            (Some(view), None) if !view.is_empty() => PageName::Admin(decoded(view, b'+')),
            _ => PageName::Unknown,
        },
        Some(_) => PageName::Unknown,
    };
    (tenant, page)
}

/// A part of an address without its percent signs; bytes that are no text become the replacement character.
fn decoded(text: &str, plus: u8) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match first {
            b'+' => plus,
            b'%' => match after.split_first_chunk() {
                Some((digits, after)) => match hex(*digits) {
                    Some(byte) => {
                        rest = after;
                        byte
                    }
                    None => b'%',
                },
                None => b'%',
            },
            byte => *byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    // Two digits of sixteen make a byte.
    Some((high? * 16 + low?) as u8)
}

fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            for digit in [byte >> 4, byte & 15] {
                into.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_names_a_page() {
        let admin = |view: &str| PageName::Admin(view.to_owned());
        for (path, tenant, page) in [
            ("/", None, PageName::Questions),
            ("", None, PageName::Questions),
            ("/t/acme", Some("acme"), PageName::Questions),
            ("/t/acme/", Some("acme"), PageName::Questions),
            ("/t/%61cme", Some("acme"), PageName::Questions),
            ("/admin", None, admin("")),
            ("/admin/", None, admin("")),
            ("/admin/people", None, admin("people")),
            ("/t/acme/admin", Some("acme"), admin("")),
            ("/t/acme/admin/audit", Some("acme"), admin("audit")),
            ("/t", None, PageName::Unknown),
            ("/t/", None, PageName::Unknown),
            ("/t//", None, PageName::Unknown),
            ("//", None, PageName::Unknown),
            ("//evil.example/", None, PageName::Unknown),
            ("/admin/people/x", None, PageName::Unknown),
            ("/nowhere", None, PageName::Unknown),
        ] {
            assert_eq!(page_of(path), (tenant.map(str::to_owned), page), "{path}");
        }
        assert_eq!(page_of("/t/acme/nowhere").1, PageName::Unknown);
    }

    #[test]
    fn a_query_is_read_as_forms_write_it() {
        let query = PageQuery::parse("?text=a+b%20c&after=7&after=8&empty=&bare&%C3%BC=%zz%4&bad=%ff");
        let read: Vec<_> = query.pairs().collect();
        let expected = [
            ("text", "a b c"),
            ("after", "7"),
            ("after", "8"),
            ("empty", ""),
            ("bare", ""),
            ("ü", "%zz%4"),
            ("bad", "\u{fffd}"),
        ];
        assert_eq!(read, expected);
        assert_eq!((query.get("after"), query.get("nothing")), (Some("8"), None));
    }

    proptest! {
        #[test]
        fn a_query_reads_back_what_it_says(pairs in proptest::collection::vec((".{1,8}", ".{0,8}"), 0..4)) {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let text = PageQuery::text_of(&pairs);
            prop_assert!(text.is_ascii());
            let query = PageQuery::parse(&text);
            prop_assert_eq!(query.pairs().collect::<Vec<_>>(), pairs);
        }

        #[test]
        fn no_address_panics(text in ".*") {
            let _ = (PageQuery::parse(&text), page_of(&text));
        }
    }
}
