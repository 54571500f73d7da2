//! A page that is the same for many but for a few bytes: compressed once, and filled with what is one client's own.
//!
//! The parts between the places that are filled refer to nothing outside of themselves, so they may stand in any stream of
//! their coding, and what is filled in stands uncompressed between them. So filling costs no encoder. And how long the
//! answer is says nothing of what was filled in: text that others chose is never compressed together with it.

use bytes::{BufMut, Bytes, BytesMut};
use flate2::Crc;
use std::sync::OnceLock;

use super::{BodyCoding, BrotliPart, brotli, deflate};

/// The head of a gzip member: deflate, no flags, no time, unknown system (RFC 1952).
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// The last deflate block, a stored one of no bytes (RFC 1951, section 3.2.4).
const GZIP_LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];
/// The last, empty meta-block of a brotli stream (RFC 7932, section 9.2).
const BROTLI_LAST: u8 = 3;
/// A page shrinks at least by so much; where it does not, it is given more room as it is filled.
const SHRUNK: usize = 4;
/// Most bytes that are filled into one place: what a stored block holds in either coding.
const MOST_FILLED: usize = 0xffff;

/// A page with places to fill.
#[derive(Debug)]
pub struct PageTemplate {
    parts: Vec<TemplatePart>,
}

#[derive(Debug)]
enum TemplatePart {
    Shared(SharedPart),
    /// The value of this number.
    Filled(usize),
}

#[derive(Debug)]
struct SharedPart {
    plain: Bytes,
    crc: Crc,
    deflated: OnceLock<Option<Bytes>>,
    brotli: OnceLock<Option<Bytes>>,
}

impl SharedPart {
    fn new(plain: Bytes) -> Self {
        let mut crc = Crc::new();
        crc.update(&plain);
        Self { plain, crc, deflated: OnceLock::new(), brotli: OnceLock::new() }
    }
}

impl PageTemplate {
    /// The codings in which it can be filled.
    pub const CODINGS: [BodyCoding; 3] = [BodyCoding::Identity, BodyCoding::Gzip, BodyCoding::Brotli];

    /// The page `drawn`, with a place wherever one of these values stands in it now.
    #[must_use]
    pub fn new(drawn: Bytes, values: &[&str]) -> Self {
        let mut parts = Vec::new();
        let (mut from, mut at) = (0, 0);
        while at < drawn.len() {
            let found = values.iter().position(|value| !value.is_empty() && drawn[at..].starts_with(value.as_bytes()));
            match found {
                Some(number) => {
                    parts.push(TemplatePart::Shared(SharedPart::new(drawn.slice(from..at))));
                    parts.push(TemplatePart::Filled(number));
                    at += values[number].len();
                    from = at;
                }
                None => at += 1,
            }
        }
        parts.push(TemplatePart::Shared(SharedPart::new(drawn.slice(from..))));
        Self { parts }
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let plain = self.parts.iter().map(|part| match part {
            TemplatePart::Shared(part) => part.plain.len(),
            TemplatePart::Filled(_) => 0,
        });
        // With its codings, whether they are made yet or not.
        plain.sum::<usize>() * 3 / 2
    }

    /// The page with these values in its places, in this coding; `None` when it is not to be had in it.
    #[must_use]
    pub fn fill(&self, values: &[&str], coding: BodyCoding) -> Option<Bytes> {
        if values.iter().any(|value| value.len() > MOST_FILLED) {
            return None;
        }
        match coding {
            BodyCoding::Identity => Some(self.plain(values)),
            BodyCoding::Gzip => self.gzip(values),
            BodyCoding::Brotli => self.brotli(values),
            BodyCoding::Zstd => None,
        }
    }

    /// How much room the page takes as it is, with these values.
    fn room(&self, values: &[&str]) -> usize {
        let parts = self.parts.iter().map(|part| match part {
            TemplatePart::Shared(part) => part.plain.len(),
            TemplatePart::Filled(number) => value(values, *number).len(),
        });
        parts.sum()
    }

    fn plain(&self, values: &[&str]) -> Bytes {
        let mut page = BytesMut::with_capacity(self.room(values));
        for part in &self.parts {
            match part {
                TemplatePart::Shared(part) => page.put_slice(&part.plain),
                TemplatePart::Filled(number) => page.put_slice(value(values, *number)),
            }
        }
        page.freeze()
    }

    fn gzip(&self, values: &[&str]) -> Option<Bytes> {
        let mut page = BytesMut::with_capacity(self.room(values) / SHRUNK);
        page.put_slice(&GZIP_HEAD);
        let mut crc = Crc::new();
        for part in &self.parts {
            match part {
                TemplatePart::Shared(part) => {
                    page.put_slice(part.deflated.get_or_init(|| deflate(&part.plain)).as_ref()?);
                    crc.combine(&part.crc);
                }
                TemplatePart::Filled(number) => {
                    let bytes = value(values, *number);
                    let length = u16::try_from(bytes.len()).ok()?;
                    page.put_u8(0);
                    page.put_u16_le(length);
                    page.put_u16_le(!length);
                    page.put_slice(bytes);
                    crc.update(bytes);
                }
            }
        }
        page.put_slice(&GZIP_LAST);
        page.put_u32_le(crc.sum());
        page.put_u32_le(crc.amount());
        Some(page.freeze())
    }

    fn brotli(&self, values: &[&str]) -> Option<Bytes> {
        let mut page = BytesMut::with_capacity(self.room(values) / SHRUNK);
        for (number, part) in self.parts.iter().enumerate() {
            match part {
                // The first has the stream's head, also when there is nothing else in it.
                TemplatePart::Shared(part) if number == 0 => {
                    page.put_slice(part.brotli.get_or_init(|| brotli(&part.plain, BrotliPart::First)).as_ref()?);
                }
                TemplatePart::Shared(part) if part.plain.is_empty() => {}
                TemplatePart::Shared(part) => {
                    page.put_slice(part.brotli.get_or_init(|| brotli(&part.plain, BrotliPart::Next)).as_ref()?);
                }
                TemplatePart::Filled(number) => {
                    let bytes = value(values, *number);
                    let Some(length) = bytes.len().checked_sub(1) else { continue };
                    // RFC 7932, section 9.2: not the last, four nibbles of length, uncompressed; then to the next byte.
                    let head = (u32::try_from(length).ok()? << 3) | (1 << 19);
                    page.put_slice(&head.to_le_bytes()[..3]);
                    page.put_slice(bytes);
                }
            }
        }
        page.put_u8(BROTLI_LAST);
        Some(page.freeze())
    }
}

/// The bytes of a value; nothing where there is none.
fn value<'a>(values: &[&'a str], number: usize) -> &'a [u8] {
    values.get(number).copied().unwrap_or_default().as_bytes()
}
