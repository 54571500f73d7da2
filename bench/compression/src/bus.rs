//! The server's own encoder, of which the study needs a part.

#[path = "../../../server/src/bus/coding.rs"]
mod coding;
#[path = "../../../server/src/bus/frame.rs"]
pub mod frame;
#[path = "../../../server/src/bus/framing.rs"]
mod framing;
#[path = "../../../server/src/bus/share.rs"]
mod share;
