//! Sessions: somebody signed in with one browser.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{SessionId, TenantId, UserId};
use crate::time::Timestamp;

/// The longest label, in characters.
const LABEL_MAX: usize = 60;

/// An open session as its owner sees it listed. What opens it is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// What it is called.
    pub id: SessionId,
    /// The browser.
    pub label: String,
    /// When somebody signed in.
    pub created_at: Timestamp,
    /// The day on which it was last used.
    pub seen_at: Option<Timestamp>,
    /// Over from then on.
    pub expires_at: Timestamp,
}

/// Stands in a revocation for everybody without an account. Nobody has this id.
pub const GUESTS: UserId = UserId(Uuid::nil());

/// An access that has ended: one session, or all of a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revocation {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// The session; all of the person's when absent.
    pub session: Option<SessionId>,
}

/// What a session is called where it is listed: the browser and the system it runs on, nothing that tells one
/// person's from another's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionLabel(String);

/// Browsers by the word that tells them, those first that also name others.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems in the same way.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl SessionLabel {
    /// Makes a label of what a browser says of itself; anybody may say anything there.
    #[must_use]
    pub fn of_user_agent(said: &str) -> Self {
        let find =
            |known: &[(&str, &'static str)]| known.iter().find(|(word, _)| said.contains(word)).map(|(_, name)| *name);
        match (find(&BROWSERS), find(&SYSTEMS)) {
            (Some(browser), Some(system)) => Self(format!("{browser} on {system}")),
            (Some(browser), None) => Self(browser.to_owned()),
            _ => Self(said.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LABEL_MAX).collect()),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn browsers_are_called_by_their_names() {
        for (said, label) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 \
                 Safari/537.36 Edg/141.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", ""),
        ] {
            assert_eq!(SessionLabel::of_user_agent(said).as_str(), label);
        }
    }

    proptest! {
        #[test]
        fn a_label_is_short_and_plain(said in ".*") {
            let label = SessionLabel::of_user_agent(&said);
            prop_assert!(label.as_str().len() <= LABEL_MAX);
            prop_assert!(label.as_str().chars().all(|c| c.is_ascii_graphic() || c == ' '));
        }
    }
}
