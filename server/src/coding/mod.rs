//! Content codings of bodies that are the same for many (RFC 9110, section 8.4): made once, and put together where a few
//! bytes of them are one client's own. What belongs to one answer alone is compressed by tower-http as it is sent.

mod shared;
mod template;

use axum::http::header::ACCEPT_ENCODING;
use axum::http::{HeaderMap, HeaderValue};
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};
use std::io::Write;

pub use shared::SharedBody;
pub use template::PageTemplate;

/// How hard bodies are compressed that many are sent: beyond these, time grows and they hardly shrink
/// (`docs/BENCHMARKS.md`).
const GZIP_LEVEL: u32 = 6;
const BROTLI_QUALITY: i32 = 5;
const ZSTD_LEVEL: i32 = 6;
/// The logarithm of brotli's window: what a board's JSON refers back to is seldom farther away.
const BROTLI_WINDOW: i32 = 20;

/// How the bytes of a body are coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BodyCoding {
    /// As they are.
    #[default]
    Identity,
    /// As a gzip member.
    Gzip,
    /// As a Zstandard frame.
    Zstd,
    /// As a brotli stream.
    Brotli,
}

impl BodyCoding {
    /// Every coding, from the least to the most wanted where a body is made once: as they shrink it.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Gzip, Self::Zstd, Self::Brotli];

    /// The word in `Content-Encoding`; none for bytes as they are.
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::Brotli => Some("br"),
        }
    }

    /// The value of `Content-Encoding`.
    #[must_use]
    pub fn header(self) -> Option<HeaderValue> {
        self.as_str().map(HeaderValue::from_static)
    }

    /// The one of these that the client likes best (RFC 9110, section 12.5.3); of two that it likes as much the one that
    /// is more wanted. Bytes as they are where it takes none of them.
    #[must_use]
    pub fn accepted(headers: &HeaderMap, offered: &[Self]) -> Self {
        let asked = Accepted::of(headers);
        let offered = offered.iter().copied().map(|coding| (asked.weight(coding), coding));
        offered.filter(|(weight, _)| *weight > 0).max().map_or(Self::Identity, |(_, coding)| coding)
    }

    /// The bytes in this coding; as they are where the encoder is of no use, which a fresh one never is.
    fn encode(self, bytes: &[u8]) -> Option<Bytes> {
        match self {
            Self::Identity => Some(Bytes::copy_from_slice(bytes)),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(buffer(bytes), Compression::new(GZIP_LEVEL));
                encoder.write_all(bytes).ok()?;
                encoder.finish().ok().map(Bytes::from)
            }
            Self::Zstd => zstd::bulk::compress(bytes, ZSTD_LEVEL).ok().map(Bytes::from),
            Self::Brotli => brotli(bytes, BrotliPart::Whole),
        }
    }
}

/// What a client takes, in thousandths.
#[derive(Default)]
struct Accepted {
    named: Vec<(String, u16)>,
    others: u16,
}

impl Accepted {
    fn of(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        for item in values.flat_map(|value| value.split(',')) {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            let weight = weight.map_or(1_000, |q| q.trim().parse::<f32>().map_or(0, thousandths));
            match name.as_str() {
                "" => {}
                "*" => accepted.others = weight,
                "x-gzip" => accepted.named.push(("gzip".to_owned(), weight)),
                _ => accepted.named.push((name, weight)),
            }
        }
        accepted
    }

    fn weight(&self, coding: BodyCoding) -> u16 {
        let word = coding.as_str().unwrap_or("identity");
        let named = self.named.iter().rev().find(|(name, _)| name == word).map(|(_, weight)| *weight);
        // Bytes as they are need not be named to be taken, but nobody likes them better for it.
        named.unwrap_or(if coding == BodyCoding::Identity { self.others.max(1) } else { self.others })
    }
}

/// A weight as it is written, between 0 and 1.
fn thousandths(weight: f32) -> u16 {
    if (0.0..=1.0).contains(&weight) { (weight * 1_000.0).round() as u16 } else { 0 }
}

/// Room for what these bytes may become.
fn buffer(bytes: &[u8]) -> Vec<u8> {
    Vec::with_capacity(bytes.len() / 4 + 64)
}

/// What of a brotli stream is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BrotliPart {
    /// All of it.
    Whole,
    /// Its head and the first part, after which others may stand.
    First,
    /// A part that refers to nothing before it, so that it may stand after any other.
    Next,
}

fn brotli(bytes: &[u8], part: BrotliPart) -> Option<Bytes> {
    let is_part = part != BrotliPart::Whole;
    let params = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: bytes.len(),
        bare_stream: is_part,
        byte_align: is_part,
        appendable: is_part,
        catable: part == BrotliPart::Next,
        use_dictionary: part != BrotliPart::Next,
        ..BrotliEncoderParams::default()
    };
    let mut coded = buffer(bytes);
    brotli::BrotliCompress(&mut &*bytes, &mut coded, &params).ok()?;
    Some(coded.into())
}

/// Deflate blocks that refer to nothing before them and end on a byte (RFC 1951).
fn deflate(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = Compress::new(Compression::new(GZIP_LEVEL), false);
    let mut coded = buffer(bytes);
    loop {
        let taken = usize::try_from(encoder.total_in()).ok()?;
        encoder.compress_vec(bytes.get(taken..)?, &mut coded, FlushCompress::Sync).ok()?;
        // A flush is complete when it leaves room (zlib's manual at `deflate`).
        if coded.len() < coded.capacity() {
            return Some(coded.into());
        }
        coded.reserve(coded.capacity());
    }
}

#[cfg(test)]
mod tests;
