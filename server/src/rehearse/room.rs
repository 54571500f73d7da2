//! The room that is rehearsed in: the addresses of one tenant, and what participants ask of them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io;

use super::client::{Answer, Client, EventStream, form_value};
use super::http::malformed;
use crate::http::session::tenant_page;
use crate::system::{SystemClock, SystemRng};
use pulsestage::board::Board;
use pulsestage::event::Cursor;
use pulsestage::id::{QuestionId, TeamId, uuid_v7};
use pulsestage::ports::{Clock, Rng};
use pulsestage::text::Slug;

/// One tenant of a server.
#[derive(Debug)]
pub(super) struct Room {
    /// The tenant.
    pub(super) tenant: Slug,
}

#[derive(Deserialize)]
struct View {
    board: Board,
}

#[derive(Deserialize)]
struct Asked {
    id: QuestionId,
}

#[derive(Deserialize)]
struct Receipt {
    upvotes: i64,
}

impl Room {
    /// Loads the page, which gives a newcomer their cookie.
    pub(super) async fn load_page(&self, client: &mut Client) -> io::Result<()> {
        good(client.get(&tenant_page(self.tenant.as_str())).await?)?;
        if client.has_cookie() { Ok(()) } else { Err(io::Error::other("the page gave no cookie")) }
    }

    /// Loads the board.
    pub(super) async fn load_board(&self, client: &mut Client) -> io::Result<Board> {
        let answer = client.get(&format!("/api/fn/load_board?tenant={}", self.tenant.as_str())).await?;
        Ok(read::<View>(&good(answer)?)?.board)
    }

    /// Opens the stream where a board is.
    pub(super) async fn open_stream(&self, client: &Client, from: Cursor) -> io::Result<EventStream> {
        client.stream(&format!("/sse?tenantId={}&last_event_id={from}", self.tenant.as_str())).await
    }

    /// Asks a question.
    pub(super) async fn ask(&self, client: &mut Client, team: TeamId, body: &str) -> io::Result<QuestionId> {
        let tenant = self.tenant.as_str();
        let form = format!("tenant={tenant}&team={}&question={}&op={}", team.0, form_value(body), operation());
        Ok(read::<Asked>(&good(client.post("/api/fn/ask", &form).await?)?)?.id)
    }

    /// Takes back what this client has asked, as the form of its own page does.
    pub(super) async fn withdraw(&self, client: &mut Client, question: QuestionId) -> io::Result<()> {
        let form = format!("do=withdraw&question={}&op={}", question.0, operation());
        let answer = client.post(&format!("/t/{}/mine", self.tenant.as_str()), &form).await?;
        // The page is led to again when it was done, and drawn when it was not.
        if answer.status == 303 { Ok(()) } else { good(answer).map(drop) }
    }

    /// Votes or takes the vote back; the question's count after it.
    pub(super) async fn vote(&self, client: &mut Client, question: QuestionId, up: bool) -> io::Result<i64> {
        let form = format!("tenant={}&question={}&up={up}&op={}", self.tenant.as_str(), question.0, operation());
        Ok(read::<Receipt>(&good(client.post("/api/fn/set_vote", &form).await?)?)?.upvotes)
    }
}

/// A fresh idempotency key, as a browser makes it.
fn operation() -> uuid::Uuid {
    let mut random = [0; 10];
    SystemRng.fill(&mut random);
    uuid_v7(SystemClock.now(), random)
}

fn good(answer: Answer) -> io::Result<Vec<u8>> {
    if answer.status == 200 {
        return Ok(answer.body);
    }
    let text: String = String::from_utf8_lossy(&answer.body).chars().filter(|c| !c.is_control()).take(200).collect();
    Err(io::Error::other(format!("the server answered {}: {text}", answer.status)))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    serde_json::from_slice(body).map_err(|error| malformed(&format!("its JSON cannot be read: {error}")))
}
