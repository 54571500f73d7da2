//! What one participant asks of a tenant: its page, its board, its stream, and what they write.

use serde::Deserialize;
use std::io;
use uuid::Uuid;

use super::client::{EventStream, HttpAnswer, HttpClient, encode_form};
use crate::http::session::tenant_page;
use crate::system::{SystemClock, SystemRng};
use pulsestage::board::Board;
use pulsestage::command::VoteReceipt;
use pulsestage::event::Cursor;
use pulsestage::id::{QuestionId, TeamId, uuid_v7};
use pulsestage::ports::{Clock, Rng};

/// A participant's browser on the pages of one tenant.
#[derive(Debug)]
pub struct ParticipantClient {
    /// The browser.
    pub http: HttpClient,
    /// The tenant's slug.
    tenant: String,
}

/// What is read of a board's answer, which may have more in another version.
#[derive(Deserialize)]
struct LoadedBoard {
    board: Board,
}

#[derive(Deserialize)]
struct AskedQuestion {
    id: QuestionId,
}

impl ParticipantClient {
    /// A browser on the pages of the tenant with this slug.
    #[must_use]
    pub fn new(http: HttpClient, tenant: &str) -> Self {
        Self { http, tenant: tenant.to_owned() }
    }

    /// Loads the page, which gives a newcomer their cookie.
    ///
    /// # Errors
    /// When there is no page, or no cookie comes with it.
    pub async fn load_page(&mut self) -> io::Result<()> {
        let answer = self.http.get(&tenant_page(&self.tenant)).await?;
        if answer.status != 200 {
            return Err(answer.as_error());
        }
        if self.http.cookie.is_some() { Ok(()) } else { Err(io::Error::other("the page gave no cookie")) }
    }

    /// Loads the board.
    ///
    /// # Errors
    /// When the answer is none.
    pub async fn load_board(&mut self) -> io::Result<Board> {
        let answer = self.http.get(&format!("/api/fn/load_board?tenant={}", self.tenant)).await?;
        Ok(answer.read::<LoadedBoard>()?.board)
    }

    /// Opens the stream, where a board is or at the end of the log.
    ///
    /// # Errors
    /// When there is no stream.
    pub async fn open_stream(&self, from: Option<Cursor>) -> io::Result<EventStream> {
        let from = from.map_or_else(String::new, |from| format!("&last_event_id={from}"));
        self.http.stream(&format!("/sse?tenantId={}{from}", self.tenant)).await
    }

    /// Calls a server function that writes. With an idempotency key it may be called again.
    ///
    /// # Errors
    /// When no whole answer comes, whatever its status.
    pub async fn write(
        &mut self,
        function: &str,
        key: Option<Uuid>,
        fields: &[(&str, &str)],
    ) -> io::Result<HttpAnswer> {
        let key = key.map(|key| key.to_string());
        let mut form = vec![("tenant", self.tenant.as_str())];
        form.extend_from_slice(fields);
        form.extend(key.iter().map(|key| ("op", key.as_str())));
        self.http.post(&format!("/api/fn/{function}"), encode_form(&form)).await
    }

    /// Sends a question.
    ///
    /// # Errors
    /// When no whole answer comes, whatever its status.
    pub async fn send_question(&mut self, key: Option<Uuid>, team: TeamId, body: &str) -> io::Result<HttpAnswer> {
        self.write("ask", key, &[("team", &team.to_string()), ("question", body)]).await
    }

    /// Sends a vote, or takes one back.
    ///
    /// # Errors
    /// When no whole answer comes, whatever its status.
    pub async fn send_vote(&mut self, key: Option<Uuid>, question: QuestionId, up: bool) -> io::Result<HttpAnswer> {
        let up = if up { "true" } else { "false" };
        self.write("set_vote", key, &[("question", &question.to_string()), ("up", up)]).await
    }

    /// Asks a question; it must be taken.
    ///
    /// # Errors
    /// When it is not.
    pub async fn ask(&mut self, team: TeamId, body: &str) -> io::Result<QuestionId> {
        asked(&self.send_question(Some(fresh_key()), team, body).await?)
    }

    /// Votes or takes the vote back; the question's count after it.
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn vote(&mut self, question: QuestionId, up: bool) -> io::Result<i64> {
        Ok(self.send_vote(Some(fresh_key()), question, up).await?.read::<VoteReceipt>()?.upvotes)
    }

    /// Takes back what this client has asked, as the form of its own page does.
    ///
    /// # Errors
    /// When it is not taken back.
    pub async fn withdraw(&mut self, question: QuestionId) -> io::Result<()> {
        let (question, key) = (question.to_string(), fresh_key().to_string());
        let form = encode_form(&[("do", "withdraw"), ("question", &question), ("op", &key)]);
        let answer = self.http.post(&format!("/t/{}/mine", self.tenant), form).await?;
        // The page is led to again when it was done, and drawn when it was not.
        if [200, 303].contains(&answer.status.as_u16()) { Ok(()) } else { Err(answer.as_error()) }
    }
}

/// The question in the answer to `send_question`.
///
/// # Errors
/// When it was not taken.
pub fn asked(answer: &HttpAnswer) -> io::Result<QuestionId> {
    Ok(answer.read::<AskedQuestion>()?.id)
}

/// A fresh idempotency key, as a browser makes it.
#[must_use]
pub fn fresh_key() -> Uuid {
    let mut random = [0; 10];
    SystemRng.fill(&mut random);
    uuid_v7(SystemClock.now(), random)
}
