//! What the tabs of one browser tell each other: a line for each part. Pure.
//!
//! One tab, the *leader*, has the stream, and tells the others, its *followers*, each message as it came. On the channel of
//! all tabs of a tenant nothing is said of what a stream carries; that is on a channel whose name has the viewer key: tabs of
//! whoever may be sent something else do not have it.

use super::stream_state::Connection;

/// One thing that a tab says. `at` is when the leader says it: a tab that was frozen hears it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TabMessage<'a> {
    /// A tab asks to be told everything after its cursor; it knows everything up to that time, and up to that number of a
    /// leader's, if it followed one. On the channel of all.
    Ask { tab: &'a str, viewer: &'a str, cursor: &'a str, since: u64, leader: &'a str, number: u32 },
    /// A tab asks whether the leader is there. On the channel of all.
    Ping { is_seen: bool },
    /// The leader is there, its stream is of this viewer key if it is known, and it has told so much. On the channel of all.
    Here { leader: &'a str, viewer: &'a str, number: u32, at: u64 },
    /// The leader leads no more. On the channel of all.
    Gone { leader: &'a str },
    /// The leader tells a tab what it asked for, and that it is told everything from the next number on.
    Welcome { leader: &'a str, tab: &'a str, number: u32, at: u64, state: Connection, missed: Vec<(&'a str, &'a str)> },
    /// The leader does not have what a tab asked for: the server does.
    Behind { leader: &'a str, tab: &'a str },
    /// A message of the stream: its `id:` and its data.
    Relay { leader: &'a str, number: u32, at: u64, id: &'a str, data: &'a str },
    /// How the leader's stream stands.
    State { leader: &'a str, state: Connection },
    /// The reader has voted for a question, or taken the vote back.
    Vote { question: &'a str, up: bool },
}

impl<'a> TabMessage<'a> {
    /// Reads one; nothing when it is not of this version.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut lines = text.split('\n');
        let mut part = || lines.next();
        Some(match part()? {
            "ask" => Self::Ask {
                tab: part()?,
                viewer: part()?,
                cursor: part()?,
                since: part()?.parse().ok()?,
                leader: part()?,
                number: part()?.parse().ok()?,
            },
            "ping" => Self::Ping { is_seen: part()? == "1" },
            "here" => {
                let (leader, viewer) = (part()?, part()?);
                Self::Here { leader, viewer, number: part()?.parse().ok()?, at: part()?.parse().ok()? }
            }
            "gone" => Self::Gone { leader: part()? },
            "welcome" => {
                let (leader, tab, number, at) = (part()?, part()?, part()?.parse().ok()?, part()?.parse().ok()?);
                let state = state_of(part()?)?;
                let mut missed = Vec::new();
                while let Some(id) = part() {
                    missed.push((id, part()?));
                }
                Self::Welcome { leader, tab, number, at, state, missed }
            }
            "behind" => Self::Behind { leader: part()?, tab: part()? },
            "relay" => {
                let (leader, number, at) = (part()?, part()?.parse().ok()?, part()?.parse().ok()?);
                Self::Relay { leader, number, at, id: part()?, data: part()? }
            }
            "state" => Self::State { leader: part()?, state: state_of(part()?)? },
            "vote" => Self::Vote { question: part()?, up: part()? == "1" },
            _ => return None,
        })
    }

    /// Writes it. The parts have no line breaks: they are ids, cursors, and JSON on one line.
    pub(super) fn write(&self) -> String {
        let flag = |on: &bool| if *on { "1" } else { "0" };
        match self {
            Self::Ask { tab, viewer, cursor, since, leader, number } => {
                lines(&["ask", tab, viewer, cursor, &since.to_string(), leader, &number.to_string()])
            }
            Self::Ping { is_seen } => lines(&["ping", flag(is_seen)]),
            Self::Here { leader, viewer, number, at } => {
                lines(&["here", leader, viewer, &number.to_string(), &at.to_string()])
            }
            Self::Gone { leader } => lines(&["gone", leader]),
            Self::Welcome { leader, tab, number, at, state, missed } => {
                let (number, at) = (number.to_string(), at.to_string());
                let mut parts = vec!["welcome", leader, tab, &number, &at, word_of(*state)];
                for (id, data) in missed {
                    parts.extend([id, data]);
                }
                lines(&parts)
            }
            Self::Behind { leader, tab } => lines(&["behind", leader, tab]),
            Self::Relay { leader, number, at, id, data } => {
                lines(&["relay", leader, &number.to_string(), &at.to_string(), id, data])
            }
            Self::State { leader, state } => lines(&["state", leader, word_of(*state)]),
            Self::Vote { question, up } => lines(&["vote", question, flag(up)]),
        }
    }
}

fn lines(parts: &[&str]) -> String {
    parts.join("\n")
}

const STATES: [(Connection, &str); 6] = [
    (Connection::Connecting, "c"),
    (Connection::Live, "l"),
    (Connection::Polling, "p"),
    (Connection::Delayed, "d"),
    (Connection::Reconnecting, "r"),
    (Connection::Offline, "o"),
];

fn word_of(state: Connection) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, word)| word)
}

fn state_of(word: &str) -> Option<Connection> {
    STATES.iter().find(|(_, known)| *known == word).map(|(state, _)| *state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state() -> impl Strategy<Value = Connection> {
        prop::sample::select(STATES.map(|(state, _)| state).to_vec())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            (a, b, c) in ("[0-9a-f-]{0,16}", "[0-9a-f]{0,16}", "[ -~é]{0,30}"),
            (number, since, flag) in (any::<u32>(), any::<u64>(), any::<bool>()),
            state in state(),
            missed in prop::collection::vec(("[0-9a-f-]{0,9}", "[ -~]{0,20}"), 0..5),
        ) {
            let missed: Vec<(&str, &str)> = missed.iter().map(|(id, data)| (&**id, &**data)).collect();
            for message in [
                TabMessage::Ask { tab: &a, viewer: &b, cursor: &c, since, leader: &b, number },
                TabMessage::Ping { is_seen: flag },
                TabMessage::Here { leader: &a, viewer: &b, number, at: since },
                TabMessage::Gone { leader: &a },
                TabMessage::Welcome { leader: &a, tab: &b, number, at: since, state, missed },
                TabMessage::Behind { leader: &a, tab: &b },
                TabMessage::Relay { leader: &a, number, at: since, id: &b, data: &c },
                TabMessage::State { leader: &a, state },
                TabMessage::Vote { question: &a, up: flag },
            ] {
                let written = message.write();
                prop_assert_eq!(TabMessage::read(&written), Some(message));
            }
        }

        #[test]
        fn what_others_say_is_passed_over(text in ".*") {
            let _ = TabMessage::read(&text);
        }
    }

    #[test]
    fn half_of_one_is_none() {
        for text in
            ["", "hello", "ask\n1", "relay\n1\nx\n\n{}", "relay\n1\n2\n", "state\n1\nz", "welcome\n1\n2\n3\nl\n9"]
        {
            assert_eq!(TabMessage::read(text), None, "{text:?}");
        }
    }
}
