//! The body of a request, which has to come: whoever sends nothing for a while, or takes too long in all, is cut off.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits::Activity;

/// Something of a body has to come in this time.
const PROGRESS: Duration = Duration::from_secs(15);
/// A whole form has to be there in this time.
const FORM: Duration = Duration::from_secs(60);
/// A form with a file in it, which may be a thousand times as large.
const FILE: Duration = Duration::from_secs(300);

/// A body that is given up when it does not come.
pub(super) struct TimedBody<B> {
    body: B,
    activity: Activity,
    /// Whether its connection is counted as one that waits for its client.
    is_waiting: bool,
    ends: Instant,
    /// Runs while there is nothing to read.
    timer: Option<Pin<Box<Sleep>>>,
    is_late: LateFlag,
}

/// Whether a body did not come in time, for whoever answers.
#[derive(Clone, Debug, Default)]
pub(super) struct LateFlag(Arc<AtomicBool>);

impl LateFlag {
    /// Whether it did not.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What reading a body that is late gives.
#[derive(Clone, Copy, Debug)]
struct TookTooLong;

impl fmt::Display for TookTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body did not come in time")
    }
}

impl Error for TookTooLong {}

impl<B> TimedBody<B> {
    /// A body that begins to come now; with a file in it, it has more time.
    pub(super) fn new(body: B, has_file: bool, activity: Activity) -> (Self, LateFlag) {
        let (ends, is_late) = (Instant::now() + if has_file { FILE } else { FORM }, LateFlag::default());
        (Self { body, activity, is_waiting: false, ends, timer: None, is_late: is_late.clone() }, is_late)
    }

    fn set_waiting(&mut self, is_waiting: bool) {
        match (self.is_waiting, is_waiting) {
            (false, true) => self.activity.pause(),
            (true, false) => self.activity.resume(),
            _ => {}
        }
        self.is_waiting = is_waiting;
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.timer = None;
            self.set_waiting(false);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let until = self.ends.min(Instant::now() + PROGRESS);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.as_mut().poll(cx).is_pending() {
            self.set_waiting(true);
            return Poll::Pending;
        }
        self.set_waiting(false);
        self.is_late.0.store(true, Ordering::Release);
        Poll::Ready(Some(Err(TookTooLong.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for TimedBody<B> {
    fn drop(&mut self) {
        self.set_waiting(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{ConnectionLimits, Connections};
    use http_body_util::{BodyExt, StreamBody};
    use std::convert::Infallible;
    use tokio::sync::mpsc;

    type Piece = Result<Frame<Bytes>, Infallible>;

    /// A body that comes as it is sent.
    fn body(
        has_file: bool,
    ) -> (mpsc::UnboundedSender<Piece>, TimedBody<impl Body<Data = Bytes, Error = Infallible>>, LateFlag) {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let pieces = futures::stream::poll_fn(move |cx| receiver.poll_recv(cx));
        let connections = Connections::new(ConnectionLimits::default());
        let activity = connections.admit([127, 0, 0, 1].into()).unwrap().activity();
        let (body, late) = TimedBody::new(StreamBody::new(pieces), has_file, activity);
        (sender, body, late)
    }

    fn piece() -> Piece {
        Ok(Frame::data(Bytes::from_static(b"x")))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_coming_is_given_up() {
        let (sender, body, late) = body(false);
        sender.send(piece()).unwrap();
        let began = Instant::now();
        assert!(body.collect().await.is_err() && late.is_set());
        assert_eq!(began.elapsed().as_secs(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_drop_by_drop_has_a_minute_and_one_with_a_file_five() {
        for (has_file, seconds) in [(false, 60), (true, 300)] {
            let (sender, body, late) = body(has_file);
            let dripping = tokio::spawn(async move {
                while sender.send(piece()).is_ok() {
                    tokio::time::sleep(Duration::from_secs(14)).await;
                }
            });
            let began = Instant::now();
            assert!(body.collect().await.is_err() && late.is_set());
            assert_eq!(began.elapsed().as_secs(), seconds);
            dripping.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_slowly_is_taken() {
        let (sender, body, late) = body(false);
        tokio::spawn(async move {
            for _ in 0..4 {
                sender.send(piece()).unwrap();
                tokio::time::sleep(Duration::from_secs(14)).await;
            }
        });
        assert_eq!(body.collect().await.unwrap().to_bytes().as_ref(), b"xxxx");
        assert!(!late.is_set());
    }
}
