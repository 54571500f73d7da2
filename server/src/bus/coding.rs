//! Content codings of streams (RFC 9110, section 8.4): as it is, or gzip that costs a stream nothing.
//!
//! A gzip stream is one member that never ends: ten fixed bytes of head, then deflate blocks, each of which refers to
//! nothing before it and ends on a byte (RFC 1951 and 1952). So a batch is deflated once and its blocks belong into
//! every stream, and what belongs to one stream alone goes into stored blocks, which need no encoder.

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compress, Compression, FlushCompress};
use std::cell::RefCell;

/// The head of a member: deflate, no flags, no time, unknown system.
const GZIP_HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// Most bytes of one stored block.
const MAX_STORED: usize = 0xffff;
/// Beyond this, time grows and batches hardly shrink (`docs/BENCHMARKS.md`).
const LEVEL: u32 = 6;

thread_local! {
    // Some 300 KiB: one for each thread that ever deflates, not one for each batch.
    static ENCODER: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

/// How the bytes of a stream are coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// As they are.
    #[default]
    Identity,
    /// As a gzip member.
    Gzip,
}

impl Coding {
    /// What a stream begins with, before all else.
    #[must_use]
    pub const fn head(self) -> &'static [u8] {
        match self {
            Self::Identity => &[],
            Self::Gzip => GZIP_HEAD,
        }
    }

    /// Bytes that are meant for one stream.
    #[must_use]
    pub fn wrap(self, bytes: Bytes) -> Bytes {
        match self {
            Self::Identity => bytes,
            Self::Gzip => stored(&bytes),
        }
    }
}

/// Deflates what many streams share. Takes some microseconds of the processor. Nothing stays nothing.
#[must_use]
pub(super) fn deflate(bytes: &[u8]) -> Bytes {
    if bytes.is_empty() {
        return Bytes::new();
    }
    ENCODER.with_borrow_mut(|encoder| deflate_with(encoder, bytes)).unwrap_or_else(|| stored(bytes))
}

/// `None` when the encoder is of no use, which a fresh one never is.
fn deflate_with(encoder: &mut Compress, bytes: &[u8]) -> Option<Bytes> {
    encoder.reset();
    let mut out = Vec::with_capacity(bytes.len() / 2 + 64);
    loop {
        let taken = usize::try_from(encoder.total_in()).ok()?;
        encoder.compress_vec(bytes.get(taken..)?, &mut out, FlushCompress::Sync).ok()?;
        // A flush is complete when it leaves room (zlib's manual at `deflate`).
        if out.len() < out.capacity() {
            return Some(Bytes::from(out));
        }
        out.reserve(out.capacity());
    }
}

/// Blocks that hold bytes as they are, five more for each.
fn stored(bytes: &[u8]) -> Bytes {
    let blocks = bytes.len().div_ceil(MAX_STORED);
    let mut out = BytesMut::with_capacity(bytes.len() + 5 * blocks);
    for block in bytes.chunks(MAX_STORED) {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.put_u8(0);
        out.put_u16_le(length);
        out.put_u16_le(!length);
        out.put_slice(block);
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use proptest::prelude::*;
    use std::io::Read;

    /// What a browser has read of a member that is still being written.
    fn read(parts: &[Bytes]) -> Vec<u8> {
        let member = [GZIP_HEAD, &parts.concat()].concat();
        let (mut decoder, mut text, mut piece) = (GzDecoder::new(&*member), Vec::new(), [0; 997]);
        loop {
            match decoder.read(&mut piece) {
                Ok(0) => return text,
                Ok(length) => text.extend_from_slice(&piece[..length]),
                Err(error) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
                    return text;
                }
            }
        }
    }

    proptest! {
        #[test]
        fn blocks_of_both_kinds_in_any_order_are_one_stream(
            parts in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..2_000)), 0..8)
        ) {
            let text: Vec<u8> = parts.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
            let blocks: Vec<_> =
                parts.iter().map(|(shared, bytes)| if *shared { deflate(bytes) } else { stored(bytes) }).collect();
            prop_assert_eq!(read(&blocks), text);
        }
    }

    #[test]
    fn large_pieces_that_do_not_shrink_are_whole() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        let text: Vec<u8> = std::iter::repeat_with(&mut noise).take(200_000).collect();
        assert_eq!(read(&[deflate(&text), stored(&text)]), [&*text, &*text].concat());
    }

    #[test]
    fn repetition_shrinks() {
        let text = "data: {\"type\":\"question:upvoted\",\"questionId\":1,\"upvotes\":2}\n\n".repeat(5);
        assert!(deflate(text.as_bytes()).len() < text.len() / 3);
    }

    #[test]
    fn nothing_stays_nothing_for_one_stream() {
        assert!(Coding::Gzip.wrap(Bytes::new()).is_empty());
        assert_eq!(Coding::Identity.wrap(Bytes::from_static(b"a")), "a");
    }
}
