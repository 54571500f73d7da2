//! The forms that a stream of batches can leave in. Each gives, for a batch, the bytes that make it readable at once.

use flate2::{Compress, Compression, Crc, FlushCompress};
use std::io::{self, Write};

/// The head of a gzip member (RFC 1952, section 2.3): deflate, no flags, no time, unknown system.
pub const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Something that takes batches and gives what goes over the wire for each.
pub trait Form {
    /// The bytes for this batch.
    fn batch(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>>;

    /// What a stream begins with, before any batch.
    fn head(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// As it is.
pub struct Plain;

impl Form for Plain {
    fn batch(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        Ok(bytes.to_vec())
    }
}

/// An encoder that a stream keeps for its whole life, flushed after each batch: later batches refer to earlier ones.
pub struct Lasting<W>(pub W, pub fn(&mut W) -> &mut Vec<u8>);

impl<W: Write> Form for Lasting<W> {
    fn batch(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.0.write_all(bytes)?;
        self.0.flush()?;
        Ok(std::mem::take(self.1(&mut self.0)))
    }
}

/// gzip with an encoder for each stream.
pub fn gzip(level: u32) -> impl Form {
    Lasting(flate2::write::GzEncoder::new(Vec::new(), Compression::new(level)), |encoder| encoder.get_mut())
}

/// zstd with an encoder for each stream, and a window of 2^`window` bytes.
pub fn zstd(level: i32, window: u32) -> io::Result<impl Form> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level)?;
    encoder.window_log(window)?;
    Ok(Lasting(encoder, |encoder| encoder.get_mut()))
}

/// brotli with an encoder for each stream, and a window of 2^`window` bytes.
pub fn brotli(quality: u32, window: u32) -> impl Form {
    let encoder = ::brotli::CompressorWriter::new(Vec::new(), 4_096, quality, window);
    Lasting(encoder, |encoder| encoder.get_mut())
}

/// A gzip member of its own for each batch, shared by all streams.
pub struct GzipMembers(pub u32);

impl Form for GzipMembers {
    fn batch(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::new(self.0));
        encoder.write_all(bytes)?;
        encoder.finish()
    }
}

/// A zstd frame of its own for each batch, shared by all streams.
pub struct ZstdFrames(pub zstd::bulk::Compressor<'static>);

impl Form for ZstdFrames {
    fn batch(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.0.compress(bytes)
    }
}

/// Deflate blocks that end on a byte, shared by all streams.
///
/// Every stream is one gzip member that never ends: its own ten bytes of head, then the blocks of the batches it gets.
/// Blocks that refer to nothing before them may come to any stream. Where streams join seldom, blocks may refer to the
/// blocks that every stream has got: the first batch after somebody joined starts anew. A member ends with a checksum
/// of all that was in it, which is the only thing in it that belongs to one stream; see [`end`].
pub struct GzipBlocks {
    encoder: Compress,
    /// A stream joins before each batch whose number is a multiple of this.
    joins_every: usize,
    number: usize,
}

impl GzipBlocks {
    /// Blocks of this level.
    pub fn new(level: u32, joins_every: usize) -> Self {
        Self { encoder: Compress::new(Compression::new(level), false), joins_every, number: 0 }
    }
}

impl Form for GzipBlocks {
    fn batch(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        if self.number.is_multiple_of(self.joins_every) {
            self.encoder.reset();
        }
        self.number += 1;
        // Room for text that does not get smaller, so that one call is enough.
        let mut out = Vec::with_capacity(bytes.len() + 64);
        self.encoder.compress_vec(bytes, &mut out, FlushCompress::Sync)?;
        Ok(out)
    }

    fn head(&self) -> Vec<u8> {
        GZIP_HEAD.to_vec()
    }
}

/// How a member of shared blocks is ended: an empty last block, then checksum and length of everything in it.
pub fn end(sum: &Crc) -> Vec<u8> {
    let mut bytes = vec![0x03, 0x00];
    bytes.extend_from_slice(&sum.sum().to_le_bytes());
    bytes.extend_from_slice(&sum.amount().to_le_bytes());
    bytes
}
