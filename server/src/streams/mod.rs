//! Streams: who may read one, how it begins, and what its client is sent of its tenant's replay buffer.
//!
//! * `stream_permit`: whether somebody may read a stream, and for how long
//! * `opening`: where the live tail starts, and what the client has missed; `opened_stream`: a stream that was granted
//! * `viewer_key`: tells streams apart that do not carry the same
//! * `reader`: a position in the replay buffer; `choice`, `filter`: what is left out for this client
//! * `stream`: one as the body of a response; `upgrade_slot`: where one is left for `park`
//!
//! `http::sse` reads the request and answers it; what is here knows no request.

mod choice;
mod filter;
mod opened_stream;
mod opening;
mod reader;
mod stream;
mod stream_permit;
mod upgrade_slot;
mod viewer_key;

pub(crate) use choice::Choice;
pub(crate) use filter::StreamFilter;
pub(crate) use opened_stream::{Ended, OpenedStream, StreamLease, closing_frame, share_of};
pub use opening::MAX_REPLAY;
pub(crate) use opening::{missed_so_far, retry_millis};
pub(crate) use reader::ReplayReader;
pub(crate) use stream::StreamBody;
pub(crate) use stream_permit::StreamPermit;
pub(crate) use upgrade_slot::UpgradeSlot;
pub(crate) use viewer_key::ViewerKey;
