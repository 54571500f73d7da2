//! What could not be sent waits on the device, in the outbox of `public/outbox.js`: how it gets there, and what comes of it.

#[cfg(feature = "browser")]
use leptos::prelude::UpdateValue;
#[cfg(any(test, feature = "browser"))]
use pulsestage::command::VoteReceipt;
use pulsestage::id::{OperationId, QuestionId, TeamId};
use serde::de::DeserializeOwned;

use super::Live;
use crate::api::{self, ApiError};
use crate::platform;

/// Something that is sent by a person and must not be lost, as the form that it is sent as.
pub(super) struct Unsent {
    op: OperationId,
    /// The last part of the address of its server function.
    kind: &'static str,
    body: String,
}

impl Unsent {
    /// A vote.
    pub(super) fn vote(tenant: &str, question: QuestionId, up: bool, op: OperationId) -> Self {
        // A slug and an id are letters, digits and hyphens: nothing to escape.
        Self { op, kind: "set_vote", body: format!("tenant={tenant}&question={question}&up={up}&op={op}") }
    }

    /// A question.
    pub(super) fn question(
        tenant: &str,
        team: TeamId,
        text: &str,
        name: Option<&str>,
        again: bool,
        op: OperationId,
    ) -> Self {
        let name = name.map(|name| format!("&name={}", platform::escaped(name))).unwrap_or_default();
        let text = platform::escaped(text);
        let body = format!("tenant={tenant}&team={team}&question={text}{name}&again={again}&op={op}");
        Self { op, kind: "ask", body }
    }

    /// Tells the script of it; whether there is one.
    fn hand(&self, how: &str) -> bool {
        platform::keeper(how, &[&self.op.to_string(), self.kind, &self.body])
    }

    /// Sends it now.
    async fn send<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        #[cfg(feature = "browser")]
        return api::client::call(&["/api/fn/", self.kind].concat(), Some(&self.body)).await;
        #[cfg(not(feature = "browser"))]
        Err(ApiError::Wire(api::WireFault::Lost))
    }

    /// Puts it behind what waits already for the same question.
    pub(super) fn queue(&self) {
        self.hand("queue");
    }
}

/// What the outbox tells of a vote or a question.
#[cfg(any(test, feature = "browser"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutboxNews<'a> {
    /// A vote waits.
    Waits(QuestionId, bool, OperationId),
    /// A vote was taken.
    Sent(VoteReceipt),
    /// A vote was refused or discarded: the panel says which.
    Gone(QuestionId),
    /// A question was taken: its JSON.
    Asked(&'a str),
}

#[cfg(any(test, feature = "browser"))]
impl<'a> OutboxNews<'a> {
    /// Reads one line.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let (word, rest) = line.split_once(' ')?;
        let mut parts = rest.split(' ');
        let mut next = || parts.next();
        Some(match word {
            "asked" => Self::Asked(rest),
            "gone" => Self::Gone(next()?.parse().ok()?),
            "waits" => Self::Waits(next()?.parse().ok()?, next()? == "1", next()?.parse().ok()?),
            "sent" => {
                let (question_id, up) = (next()?.parse().ok()?, next()? == "1");
                Self::Sent(VoteReceipt { question_id, up, upvotes: next()?.parse::<u32>().ok()?.into() })
            }
            _ => return None,
        })
    }
}

impl Live {
    /// Sends something; `None` where it could not be sent and waits in the outbox now. Where there is no outbox it is sent
    /// again and again until patience ends.
    pub(super) async fn send_or_keep<T: DeserializeOwned>(
        self,
        unsent: &Unsent,
        patience_ms: f64,
    ) -> Option<Result<T, ApiError>> {
        let is_kept = unsent.hand("begin");
        let result = self.persist(if is_kept { 0.0 } else { patience_ms }, || unsent.send()).await;
        if is_kept {
            let op = unsent.op.to_string();
            let again = result.as_ref().err().and_then(ApiError::worth_retrying);
            if again.is_some_and(|after| platform::keeper("park", &[&op, &after.to_string()])) {
                return None;
            }
            platform::keeper("end", &[&op]);
        }
        Some(result)
    }

    /// Follows a line that the outbox tells.
    #[cfg(feature = "browser")]
    pub(super) fn hear_outbox(self, line: &str) {
        let Some(news) = OutboxNews::read(line) else { return };
        let next = platform::operation_id();
        if let OutboxNews::Sent(receipt) = &news
            && let Some(keeper) = self.keeper()
        {
            keeper.tell_vote(receipt.question_id, receipt.up);
        }
        self.inner.core.try_update_value(|core| match news {
            OutboxNews::Waits(question, up, op) => core.waits(question, up, op),
            // What is to be sent next waits in the outbox already.
            OutboxNews::Sent(receipt) => drop(core.receipt(receipt, next)),
            OutboxNews::Gone(question) => {
                core.give_up(question);
            }
            OutboxNews::Asked(_) => {}
        });
        self.draw();
        if let OutboxNews::Asked(json) = news
            && let Ok(question) = crate::json::read(json.as_bytes())
        {
            self.asked(&question);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const Q: QuestionId = QuestionId(Uuid::from_u128(1));
    const OP: OperationId = OperationId(Uuid::from_u128(2));

    #[test]
    fn a_vote_is_the_form_that_a_page_without_script_sends() {
        let vote = Unsent::vote("acme", Q, true, OP);
        assert_eq!(vote.body, format!("tenant=acme&question={Q}&up=true&op={OP}"));
    }

    #[test]
    fn the_outbox_is_understood_and_what_it_does_not_say_is_not() {
        let read = |line: &'static str| OutboxNews::read(line);
        assert_eq!(read("asked {\"id\": 1}"), Some(OutboxNews::Asked("{\"id\": 1}")));
        assert_eq!(OutboxNews::read(&format!("gone {Q}")), Some(OutboxNews::Gone(Q)));
        assert_eq!(OutboxNews::read(&format!("waits {Q} 1 {OP}")), Some(OutboxNews::Waits(Q, true, OP)));
        let receipt = VoteReceipt { question_id: Q, up: false, upvotes: 12 };
        assert_eq!(OutboxNews::read(&format!("sent {Q} 0 12")), Some(OutboxNews::Sent(receipt)));
        for line in ["", "asked", "gone", "gone x", "sent x 1 2", "waits 1 1", "other 1 2 3"] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(OutboxNews::read(&format!("sent {Q} 1 -3")), None);
    }
}
