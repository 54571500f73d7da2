//! Streams as the crowd opens them: many, some at a time, each of them greeted.

use anyhow::bail;
use tokio::task::JoinSet;

use pulsestage::event::Cursor;
use pulsestage_server::audience::{EventStream, ParticipantClient};

/// Streams that are opened at the same time.
const AT_ONCE: usize = 64;

/// Opens a stream, at a cursor or at the end of the log, and reads its greeting.
pub(crate) async fn open_stream(browser: &ParticipantClient, from: Option<Cursor>) -> anyhow::Result<EventStream> {
    let mut stream = browser.open_stream(from).await?;
    while let Some(message) = stream.next_message().await? {
        if message.kind() == "connected" {
            return Ok(stream);
        }
    }
    bail!("a stream was ended at once: it is over a limit")
}

/// Opens so many streams, some at a time.
pub(crate) async fn open_all(
    newcomer: impl Fn() -> ParticipantClient,
    count: usize,
) -> anyhow::Result<Vec<EventStream>> {
    let mut openers = JoinSet::new();
    for first in 0..AT_ONCE.min(count) {
        let browser = newcomer();
        openers.spawn(async move {
            let mut streams = Vec::new();
            for _ in (first..count).step_by(AT_ONCE) {
                streams.push(open_stream(&browser, None).await?);
            }
            anyhow::Ok(streams)
        });
    }
    let mut streams = Vec::with_capacity(count);
    while let Some(opened) = openers.join_next().await {
        streams.extend(opened??);
    }
    Ok(streams)
}
