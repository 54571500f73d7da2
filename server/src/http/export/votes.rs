//! VoteRows as a file from which anybody can count again: a row for each vote, with the question, the count that everybody
//! was shown, and a pseudonym of the voter.
//!
//! A pseudonym is made with a key that is drawn for this file and forgotten with it: within the file it shows that nobody
//! voted twice, and of two files nobody can tell which pseudonyms are one person's. The rows of a question are in the
//! order of the pseudonyms, so that their order tells nothing either, and no row says when a vote was cast.

use std::collections::VecDeque;

use axum::response::Response;

use super::cells::Cell;
use super::{Broken, Pages, Reader, csv, respond};
use crate::auth::secret::hex;
use crate::system::InstallationKey;
use pulsestage::audit::Act;
use pulsestage::error::Refusal;
use pulsestage::export::{QuestionCursor, QuestionFilter, QuestionQuery, Voters};
use pulsestage::id::QuestionId;
use pulsestage::ports::Rng;

/// How many bytes of a pseudonym are given: no two of an audience come to the same.
const PSEUDONYM: usize = 12;

/// Begins the file.
pub(super) async fn open(reader: Reader, query: &QuestionQuery, rng: &dyn Rng) -> Result<Response, Refusal> {
    let context = reader.authenticate().await?;
    let filter = reader.service.begin_export(&context, query, (Act::ExportVotes, "csv")).await?;
    let mut key = [0; 32];
    rng.fill(&mut key);
    let (questions, next) = (VecDeque::new(), Some(QuestionCursor::OLDEST));
    let votes = VoteRows { reader, filter, key: InstallationKey::new(key), questions, next, begun: false };
    Ok(respond(&context, "votes", "csv", "text/csv; charset=utf-8", votes))
}

struct VoteRows {
    reader: Reader,
    filter: QuestionFilter,
    key: InstallationKey,
    /// Those of the page that was read whose votes are still to come.
    questions: VecDeque<QuestionId>,
    /// Where the page after it begins.
    next: Option<QuestionCursor>,
    begun: bool,
}

impl Pages for VoteRows {
    async fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, Broken> {
        if !std::mem::replace(&mut self.begun, true) {
            csv::titles(out, &["question", "total", "voter"]);
        }
        let context = self.reader.authenticate().await?;
        if let Some(question) = self.questions.pop_front() {
            if let Some(voters) = self.reader.service.voters(&context, &self.filter, question).await? {
                self.add(out, &voters);
            }
        } else if let Some(at) = self.next {
            let (page, next) = self.reader.service.export_page(&context, &self.filter, at).await?;
            self.questions.extend(page.iter().map(|question| question.id));
            self.next = next;
        }
        Ok(!self.questions.is_empty() || self.next.is_some())
    }
}

impl VoteRows {
    /// One row for each vote; one without a voter when there is none, so that a count of nothing can be held against it.
    fn add(&self, out: &mut Vec<u8>, of: &Voters) {
        let pseudonym = |voter: &pulsestage::id::ParticipantId| {
            let code = self.key.mac("voter of an export", voter.0.as_bytes());
            hex(&code[..PSEUDONYM])
        };
        let mut voters: Vec<Option<String>> = of.voters.iter().map(|voter| Some(pseudonym(voter))).collect();
        voters.sort_unstable();
        if voters.is_empty() {
            voters.push(None);
        }
        for voter in voters {
            csv::row(out, [of.question.to_string().into(), Cell::Number(of.total), voter.into()]);
        }
    }
}
