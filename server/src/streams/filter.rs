//! What a stream chose to see.

use crate::bus::frame::Frame;
use pulsestage::event::{EVENT_TYPES, EventKind, EventType};
use pulsestage::id::TeamId;
use pulsestage::service::TeamFilter;
use uuid::Uuid;

/// A set of event types, a bit for each. A stream keeps it for as long as it is open, and an address may name a type as
/// often as it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct EventTypes(u64);

const _: () = assert!(EVENT_TYPES.len() <= 64, "each event type has a bit");

impl EventTypes {
    fn parse(text: &str) -> Result<Self, String> {
        text.split(',').try_fold(Self::default(), |Self(bits), name| match name.trim().parse() {
            Ok(event_type) => Ok(Self(bits | Self::bit(event_type))),
            Err(_) => Err(format!("Unknown event type; take any of {}", EVENT_TYPES.join(", "))),
        })
    }

    const fn bit(event_type: EventType) -> u64 {
        1 << event_type as u64
    }

    const fn has(self, event_type: EventType) -> bool {
        self.0 & Self::bit(event_type) != 0
    }
}

/// Which frames a stream is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamFilter {
    /// The types to send; all when absent.
    types: Option<EventTypes>,
    /// The team to send for; all when absent.
    team: Option<TeamId>,
    /// The teams that its client may see; all when absent.
    team_filter: Option<TeamFilter>,
}

impl StreamFilter {
    /// Reads the filters of an address. An empty one is none.
    pub(crate) fn parse(events: Option<&str>, team: Option<&str>) -> Result<Self, String> {
        let named = events.filter(|text| !text.is_empty());
        let types = named.map(EventTypes::parse).transpose()?;
        let team =
            team.filter(|text| !text.is_empty()).map(|text| text.parse().map_err(|_| "teamId is not an id".to_owned()));
        Ok(Self { types, team: team.transpose()?, team_filter: None })
    }

    /// The same for a client that may see these teams alone.
    pub(crate) fn seen_by(self, team_filter: Option<TeamFilter>) -> Self {
        Self { team_filter, ..self }
    }

    /// What it lets pass, in bytes: the same for equal filters and for no others.
    pub(crate) fn write_into(&self, bytes: &mut Vec<u8>) {
        let types = self.types.map_or(u64::MAX, |EventTypes(bits)| bits);
        bytes.extend_from_slice(&types.to_be_bytes());
        bytes.extend_from_slice(self.team.map_or(Uuid::nil(), |TeamId(team)| team).as_bytes());
        if let Some((others, teams)) = self.team_filter.as_ref().map(TeamFilter::sorted) {
            bytes.push(u8::from(others));
            teams.iter().for_each(|TeamId(team)| bytes.extend_from_slice(team.as_bytes()));
        }
    }

    /// Whether every frame passes.
    pub(crate) const fn is_open(&self) -> bool {
        self.types.is_none() && self.team.is_none() && self.team_filter.is_none()
    }

    /// Whether this frame passes.
    pub(crate) fn takes(&self, frame: &Frame) -> bool {
        // Signals go to everybody: without them a client cannot tell that the stream is alive.
        if frame.event_type.is_some_and(|event_type| event_type.kind() == EventKind::Signal) {
            return true;
        }
        let is_named = self.types.is_none_or(|types| frame.event_type.is_some_and(|event_type| types.has(event_type)));
        // What concerns the whole tenant concerns each of its teams.
        let team = self.team.is_none() || frame.team.is_none() || self.team == frame.team;
        let is_seen = self.team_filter.as_ref().zip(frame.team).is_none_or(|(team_filter, team)| team_filter.has(team));
        is_named && team && is_seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use pulsestage::audience::Audience;

    fn frame(name: &str, team: Option<u128>) -> Frame {
        Frame {
            bytes: Bytes::new(),
            event_type: name.parse().ok(),
            team: team.map(|n| TeamId(Uuid::from_u128(n))),
            cursor: None,
            audience: Audience::Everybody,
            counts: None,
            about: None,
        }
    }

    #[test]
    fn types_and_teams_are_chosen_and_signals_always_pass() {
        let team = Uuid::from_u128(1).to_string();
        let filter = StreamFilter::parse(Some("question:created, question:upvoted"), Some(&team)).unwrap();
        assert!(filter.takes(&frame("question:created", Some(1))));
        assert!(!filter.takes(&frame("question:created", Some(2))));
        assert!(!filter.takes(&frame("question:pinned", Some(1))));
        assert!(filter.takes(&frame("heartbeat", None)));
        assert!(!filter.is_open());
    }

    #[test]
    fn a_type_that_is_named_often_is_kept_once() {
        let all = EVENT_TYPES.join(",");
        let often = vec![all.as_str(); 100].join(",");
        let filter = StreamFilter::parse(Some(&often), None).unwrap();
        assert_eq!(filter, StreamFilter::parse(Some(&all), None).unwrap());
        assert!(EVENT_TYPES.iter().all(|kind| filter.takes(&frame(kind, None))));
        let one = StreamFilter::parse(Some("question:pinned,question:pinned, question:pinned"), None).unwrap();
        assert_eq!(one, StreamFilter::parse(Some("question:pinned"), None).unwrap());
        assert!(std::mem::size_of::<StreamFilter>() <= 80, "{}", std::mem::size_of::<StreamFilter>());
    }

    #[test]
    fn an_empty_filter_is_none_and_garbage_is_refused() {
        assert!(StreamFilter::parse(Some(""), Some("")).unwrap().is_open());
        assert!(StreamFilter::parse(Some("question:created,"), None).is_err());
        assert!(StreamFilter::parse(Some("<script>"), None).unwrap_err().starts_with("Unknown event type"));
        assert!(StreamFilter::parse(None, Some("1")).is_err());
    }
}
