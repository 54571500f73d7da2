//! `stock-axum PORT`: what one gets by following axum's documentation. Its `Sse` response over tokio's broadcast
//! channel behind `axum::serve`, with every setting at its default.

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use futures::Stream;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Sender};

/// Events that a slow subscriber may be behind.
const CAPACITY: usize = 1_024;

async fn subscribe(State(events): State<Sender<String>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = futures::stream::unfold(events.subscribe(), |mut received| async move {
        loop {
            match received.recv().await {
                Ok(text) => return Some((Ok(Event::default().data(text)), received)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

async fn publish(State(events): State<Sender<String>>, text: String) -> &'static str {
    // Without subscribers there is nobody to tell.
    let _nobody = events.send(text);
    "taken\n"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: stock-axum PORT")?.parse()?;
    let (events, _) = broadcast::channel(CAPACITY);
    let router = Router::new().route("/sub", get(subscribe)).route("/pub", post(publish)).with_state(events);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    Ok(axum::serve(listener, router).await?)
}
