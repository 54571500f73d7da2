//! The reader's own votes: those the server has, and those on their way.
//!
//! A vote is an intent. From the click on, the page shows what the reader wants; the server's receipt or the stream
//! then says what is. While a vote is on its way nobody can tell whether a tally already holds it, so the count
//! shown never falls behind what the reader's own click must have made of it, and never counts it twice.

use pulsestage::command::VoteReceipt;
use pulsestage::id::{OperationId, QuestionId};

use super::vec_map::VecMap;

/// A vote on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What the reader wants now.
    pub up: bool,
    /// What the request on its way says.
    pub sent: bool,
    /// The idempotency key of that request; a retry has the same.
    pub op: OperationId,
    /// The count when the reader first clicked; nothing while the question is not here.
    base: Option<i64>,
    /// Whether the stream has told a count since the request was sent.
    tally_seen: bool,
    /// Whether it waits in the outbox, which sends it and what follows it.
    kept: bool,
}

/// What to do with a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    /// Send the vote.
    Send,
    /// A request for this question is on its way: when it is back, the latest wish is sent.
    Wait,
    /// One waits in the outbox: this is to wait behind it.
    Queue,
    /// It is what the server has already.
    Nothing,
}

/// What to do after a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The count to take over; absent when the stream knows better.
    pub upvotes: Option<i64>,
    /// The reader has changed their mind meanwhile: what to send now.
    pub send: Option<bool>,
}

/// The reader's votes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// As the server has them.
    counted: VecMap<()>,
    intents: VecMap<Intent>,
}

impl Votes {
    /// The votes that the server had when the board was read.
    #[must_use]
    pub fn new(counted: impl IntoIterator<Item = QuestionId>) -> Self {
        Self { counted: all(counted), intents: VecMap::default() }
    }

    /// Takes over the votes that came with a board that was loaded again; intents stay.
    pub fn reload(&mut self, counted: impl IntoIterator<Item = QuestionId>) {
        self.counted = all(counted);
        for (_, intent) in self.intents.iter_mut() {
            intent.tally_seen = true;
        }
    }

    /// Whether the reader's vote is on this question as far as they are concerned.
    #[must_use]
    pub fn wanted(&self, question: QuestionId) -> bool {
        self.intents.get(question).map_or_else(|| self.counted.has(question), |intent| intent.up)
    }

    /// The count to show where the board has `upvotes`.
    #[must_use]
    pub fn shown(&self, question: QuestionId, upvotes: i64) -> i64 {
        let Some(intent) = self.intents.get(question) else { return upvotes };
        let counted = self.counted.has(question);
        let base = intent.base.unwrap_or(upvotes);
        match (intent.up, counted, intent.sent) {
            (true, false, _) => upvotes.max(base + 1),
            (false, true, _) => upvotes.min(base - 1),
            // Taken back while the first request is still out: its effect may be in the count, and will go again.
            (false, false, true) => upvotes.min(base),
            (true, true, false) => upvotes.max(base),
            (true, true, true) | (false, false, false) => upvotes,
        }
    }

    /// The reader clicked. `upvotes` is the board's count now.
    pub fn click(&mut self, question: QuestionId, up: bool, upvotes: i64, op: OperationId) -> Click {
        if let Some(intent) = self.intents.get_mut(question) {
            let is_other = std::mem::replace(&mut intent.up, up) != up;
            return if intent.kept && is_other { Click::Queue } else { Click::Wait };
        }
        if self.counted.has(question) == up {
            return Click::Nothing;
        }
        self.intents.put(question, Intent { up, sent: up, op, base: Some(upvotes), tally_seen: false, kept: false });
        Click::Send
    }

    /// The vote on its way for this question.
    #[must_use]
    pub fn intent(&self, question: QuestionId) -> Option<Intent> {
        self.intents.get(question).copied()
    }

    /// The vote on its way could not be sent and waits in the outbox; the wish that is to wait behind it, if that is another.
    pub fn keep(&mut self, question: QuestionId) -> Option<bool> {
        let intent = self.intents.get_mut(question)?;
        intent.kept = true;
        (intent.up != intent.sent).then_some(intent.up)
    }

    /// A vote waits in the outbox since another page, or another tab, put it there. `upvotes` is the board's count now, if
    /// the question is here.
    pub fn waits(&mut self, question: QuestionId, up: bool, upvotes: Option<i64>, op: OperationId) {
        match self.intents.get_mut(question) {
            Some(intent) if intent.kept => intent.up = up,
            Some(_) => {}
            None => {
                let intent = Intent { up, sent: up, op, base: upvotes, tally_seen: false, kept: true };
                self.intents.put(question, intent);
            }
        }
    }

    /// Other questions are here now: what waited for one of them has its count.
    pub fn know(&mut self, upvotes: &dyn Fn(QuestionId) -> Option<i64>) {
        for (question, intent) in self.intents.iter_mut() {
            intent.base = intent.base.or_else(|| upvotes(question));
        }
    }

    /// The stream told the count of a question.
    pub fn tally(&mut self, question: QuestionId) {
        if let Some(intent) = self.intents.get_mut(question) {
            intent.tally_seen = true;
        }
    }

    /// The server has carried out a vote; `next` is the key of the request that follows if the reader changed their mind.
    pub fn receipt(&mut self, receipt: VoteReceipt, next: OperationId) -> Settled {
        let question = receipt.question_id;
        if receipt.up {
            self.counted.put(question, ());
        } else {
            self.counted.take(question);
        }
        let Some(intent) = self.intents.get_mut(question) else {
            return Settled { upvotes: None, send: None };
        };
        let upvotes = (!intent.tally_seen).then_some(receipt.upvotes);
        if intent.up == receipt.up {
            self.intents.take(question);
            return Settled { upvotes, send: None };
        }
        *intent = Intent { sent: intent.up, op: next, base: Some(receipt.upvotes), tally_seen: false, ..*intent };
        Settled { upvotes, send: Some(intent.up) }
    }

    /// In another tab of this browser a vote was counted, or taken back. What this page has under way goes on.
    pub fn told(&mut self, question: QuestionId, up: bool) {
        if up {
            self.counted.put(question, ());
        } else {
            self.counted.take(question);
        }
    }

    /// The vote was refused, or could not be brought for too long: what the server has is shown again.
    pub fn give_up(&mut self, question: QuestionId) -> Option<Intent> {
        self.intents.take(question)
    }
}

fn all(questions: impl IntoIterator<Item = QuestionId>) -> VecMap<()> {
    questions.into_iter().map(|question| (question, ())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    const Q: QuestionId = QuestionId(Uuid::from_u128(1));

    fn op(n: u128) -> OperationId {
        OperationId(Uuid::from_u128(n))
    }

    fn receipt(up: bool, upvotes: i64) -> VoteReceipt {
        VoteReceipt { question_id: Q, up, upvotes }
    }

    #[test]
    fn a_click_shows_at_once_and_its_tally_is_not_counted_twice() {
        let mut votes = Votes::default();
        assert_eq!(votes.click(Q, true, 10, op(1)), Click::Send);
        assert!(votes.wanted(Q));
        assert_eq!(votes.shown(Q, 10), 11);
        votes.tally(Q);
        assert_eq!(votes.shown(Q, 11), 11, "the tally may hold the reader's own vote");
        assert_eq!(votes.shown(Q, 14), 14, "others' votes show at once");
    }

    #[test]
    fn a_receipt_without_a_tally_brings_the_count() {
        let mut votes = Votes::default();
        votes.click(Q, true, 10, op(1));
        assert_eq!(votes.receipt(receipt(true, 13), op(2)), Settled { upvotes: Some(13), send: None });
        assert!(votes.wanted(Q));
        assert_eq!(votes.shown(Q, 13), 13);
    }

    #[test]
    fn a_receipt_after_a_tally_leaves_the_count_to_the_stream() {
        let mut votes = Votes::default();
        votes.click(Q, true, 10, op(1));
        votes.tally(Q);
        assert_eq!(votes.receipt(receipt(true, 11), op(2)), Settled { upvotes: None, send: None });
        assert_eq!(votes.shown(Q, 15), 15);
    }

    #[test]
    fn a_board_loaded_meanwhile_counts_as_a_tally() {
        let mut votes = Votes::default();
        votes.click(Q, true, 10, op(1));
        votes.reload([Q]);
        assert_eq!(votes.receipt(receipt(true, 11), op(2)).upvotes, None);
    }

    #[test]
    fn a_change_of_mind_waits_for_the_first_receipt() {
        let mut votes = Votes::default();
        votes.click(Q, true, 10, op(1));
        assert_eq!(votes.click(Q, false, 10, op(2)), Click::Wait);
        assert!(!votes.wanted(Q));
        assert_eq!(votes.shown(Q, 10), 10);
        assert_eq!(votes.shown(Q, 11), 10, "the first request may be in the count");
        assert_eq!(votes.receipt(receipt(true, 11), op(3)), Settled { upvotes: Some(11), send: Some(false) });
        assert_eq!(votes.shown(Q, 11), 10);
        assert_eq!(votes.intent(Q).map(|intent| intent.op), Some(op(3)), "another request has another key");
        assert_eq!(votes.receipt(receipt(false, 10), op(4)), Settled { upvotes: Some(10), send: None });
        assert!(!votes.wanted(Q));
    }

    #[test]
    fn a_vote_in_another_tab_shows_and_leaves_the_count_to_the_stream() {
        let mut votes = Votes::default();
        votes.told(Q, true);
        assert!(votes.wanted(Q));
        assert_eq!(votes.shown(Q, 11), 11);
        assert_eq!(votes.click(Q, true, 11, op(1)), Click::Nothing);
        assert_eq!(votes.click(Q, false, 11, op(2)), Click::Send);
        votes.told(Q, false);
        assert!(!votes.wanted(Q));
        assert_eq!(votes.receipt(receipt(false, 10), op(3)).send, None);
    }

    #[test]
    fn a_refusal_rolls_back() {
        let mut votes = Votes::new([]);
        votes.click(Q, true, 10, op(1));
        assert!(votes.give_up(Q).is_some());
        assert!(!votes.wanted(Q));
        assert_eq!(votes.shown(Q, 10), 10);
    }

    #[test]
    fn what_waits_in_the_outbox_is_shown_and_the_next_wish_waits_behind_it() {
        let mut votes = Votes::default();
        votes.click(Q, true, 10, op(1));
        assert_eq!(votes.keep(Q), None);
        assert_eq!(votes.click(Q, true, 10, op(2)), Click::Wait, "it is the same wish");
        assert_eq!(votes.click(Q, false, 10, op(2)), Click::Queue);
        assert!(!votes.wanted(Q));
        assert_eq!(votes.receipt(receipt(true, 11), op(3)).upvotes, Some(11));
        assert_eq!(votes.click(Q, true, 11, op(4)), Click::Queue, "the second still waits there");
        assert_eq!(votes.receipt(receipt(false, 10), op(5)).upvotes, Some(10));
        assert_eq!(votes.receipt(receipt(true, 11), op(6)), Settled { upvotes: Some(11), send: None });
        assert_eq!((votes.wanted(Q), votes.intent(Q)), (true, None));
    }

    #[test]
    fn a_change_of_mind_before_a_failure_is_not_forgotten() {
        let mut votes = Votes::default();
        votes.click(Q, true, 10, op(1));
        votes.click(Q, false, 10, op(2));
        assert_eq!(votes.keep(Q), Some(false));
    }

    #[test]
    fn what_waited_before_the_page_was_opened_is_shown_as_wished() {
        let mut votes = Votes::default();
        votes.waits(Q, true, Some(10), op(1));
        assert_eq!((votes.wanted(Q), votes.shown(Q, 10)), (true, 11));
        votes.waits(Q, false, Some(10), op(2));
        assert_eq!((votes.wanted(Q), votes.shown(Q, 10)), (false, 10));
        let mut counted = Votes::new([Q]);
        counted.waits(Q, true, Some(10), op(1));
        assert_eq!(counted.shown(Q, 10), 10, "it had arrived, and its answer was lost");
        let mut under_way = Votes::default();
        under_way.click(Q, true, 10, op(1));
        under_way.waits(Q, false, Some(10), op(2));
        assert!(under_way.wanted(Q), "this page's own click is the later one");
    }

    #[test]
    fn what_waits_for_a_question_that_comes_later_is_counted_once() {
        let mut votes = Votes::default();
        votes.waits(Q, true, None, op(1));
        assert_eq!((votes.wanted(Q), votes.shown(Q, 10)), (true, 11), "it is here before anybody said so");
        votes.know(&|_| Some(10));
        assert_eq!(votes.shown(Q, 11), 11, "it has arrived");
        votes.know(&|_| Some(11));
        assert_eq!(votes.shown(Q, 11), 11);
        assert_eq!(votes.receipt(receipt(true, 11), op(2)), Settled { upvotes: Some(11), send: None });
    }

    #[test]
    fn a_double_click_is_one_request() {
        let mut votes = Votes::default();
        assert_eq!(votes.click(Q, true, 0, op(1)), Click::Send);
        assert_eq!(votes.click(Q, true, 0, op(2)), Click::Wait);
        assert_eq!(votes.receipt(receipt(true, 1), op(3)).send, None);
        assert_eq!(votes.click(Q, true, 1, op(4)), Click::Nothing);
    }

    proptest! {
        /// Whatever the reader clicks and however often a receipt lets the next request go, the last wish wins.
        #[test]
        fn the_last_wish_is_what_the_server_has_in_the_end(clicks in proptest::collection::vec((any::<bool>(), any::<bool>()), 1..20)) {
            let mut votes = Votes::default();
            let mut server = false;
            let mut on_its_way: Option<bool> = None;
            let mut n = 0;
            let mut next = || { n += 1; op(n) };
            let carry_out = |votes: &mut Votes, server: &mut bool, sent: bool, key: OperationId| {
                *server = sent;
                votes.receipt(receipt(sent, 10 + i64::from(sent)), key).send
            };
            let mut last = false;
            for (up, receipt_comes) in clicks {
                last = up;
                if votes.click(Q, up, 10 + i64::from(server), next()) == Click::Send {
                    prop_assert_eq!(on_its_way, None, "one request per question at a time");
                    on_its_way = Some(up);
                }
                prop_assert_eq!(votes.wanted(Q), up);
                let shown = votes.shown(Q, 10 + i64::from(server));
                prop_assert_eq!(shown, 10 + i64::from(up), "the page shows the wish");
                if let Some(sent) = on_its_way.filter(|_| receipt_comes) {
                    on_its_way = carry_out(&mut votes, &mut server, sent, next());
                }
            }
            while let Some(sent) = on_its_way {
                on_its_way = carry_out(&mut votes, &mut server, sent, next());
            }
            prop_assert_eq!(server, last);
            prop_assert_eq!(votes.intent(Q), None);
        }
    }
}
