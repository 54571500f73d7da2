//! The little of HTTP/1.1 (RFC 9112) that a client needs which opens thousands of streams: heads and bodies of answers,
//! read as they come. A server may be anything, so whatever is not in order is an error, never a guess.

use std::io;

/// The longest head that is read.
pub(super) const MAX_HEAD: usize = 32 * 1024;
/// The longest line of a chunked body that is no data: a size with extensions, or trailers.
const MAX_LINE: usize = 8 * 1024;

/// What is wrong with an answer.
pub(super) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server's answer is no HTTP/1.1: {what}"))
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The status.
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    /// Whether the server may close the connection after this answer whatever it says: HTTP/1.0.
    old: bool,
}

impl Head {
    /// Reads a head from the front of what came, and how long it is; `None` when its end has not come yet.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return if bytes.len() >= MAX_HEAD { Err(malformed("the head is too long")) } else { Ok(None) };
        };
        let text = str::from_utf8(&bytes[..end]).map_err(|_| malformed("the head is no text"))?;
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let (version, rest) = first.split_once(' ').ok_or_else(|| malformed("no status line"))?;
        let digits = rest.split(' ').next().unwrap_or_default();
        if !["HTTP/1.1", "HTTP/1.0"].contains(&version) || !is_status(digits) {
            return Err(malformed("no status line"));
        }
        let headers = lines.map(header).collect::<io::Result<_>>()?;
        let status = digits.parse().map_err(|_| malformed("no status"))?;
        Ok(Some((Self { status, headers, old: version == "HTTP/1.0" }, end + 4)))
    }

    /// The values of a header, by its name in lower case.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a header, by its name in lower case.
    pub(super) fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Whether the server will take another request on this connection.
    pub(super) fn keeps_alive(&self) -> bool {
        let says_close = self.all("connection").any(|value| has_word(value, "close"));
        !says_close && !self.old
    }

    /// How the body behind this head ends (RFC 9112, section 6.3).
    pub(super) fn body(&self) -> io::Result<Body> {
        if self.status < 200 || self.status == 204 || self.status == 304 {
            return Ok(Body(Framing::Over));
        }
        let mut lengths = self.all("content-length");
        let length = lengths.next();
        if let Some(coding) = self.get("transfer-encoding") {
            // Both at once is how answers are smuggled past readers that believe the other one.
            return match (coding.eq_ignore_ascii_case("chunked"), length) {
                (true, None) => Ok(Body(Framing::Size { size: 0, digits: 0 })),
                _ => Err(malformed("a transfer coding that nobody asked for")),
            };
        }
        let Some(length) = length else { return Ok(Body(Framing::UntilClose)) };
        if lengths.any(|other| other != length) || length.is_empty() || !length.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed("the length is not clear"));
        }
        let left = length.parse().map_err(|_| malformed("the length is not clear"))?;
        Ok(Body(if left == 0 { Framing::Over } else { Framing::Length(left) }))
    }
}

fn is_status(digits: &str) -> bool {
    digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()) && digits.as_bytes()[0] != b'0'
}

fn header(line: &str) -> io::Result<(String, String)> {
    let (name, value) = line.split_once(':').ok_or_else(|| malformed("a header without a colon"))?;
    if name.is_empty() || name.contains([' ', '\t', '\r', '\n']) {
        return Err(malformed("a header with a broken name"));
    }
    Ok((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()))
}

fn has_word(list: &str, word: &str) -> bool {
    list.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
}

/// A body that is being read.
#[derive(Debug)]
pub(super) struct Body(Framing);

/// What comes next in a body.
#[derive(Debug)]
enum Framing {
    /// So many bytes more.
    Length(u64),
    /// Everything until the connection ends.
    UntilClose,
    /// The size of a chunk: what was read of it.
    Size { size: u64, digits: u8 },
    /// The line feed behind a size.
    SizeEnd { size: u64 },
    /// So many bytes more of a chunk.
    Chunk(u64),
    /// The line break behind a chunk: how much of it has come.
    ChunkEnd { cr: bool },
    /// Trailers, which say nothing to us: whether the line is empty so far, and how much was read.
    Trailer { empty: bool, seen: usize },
    /// Nothing.
    Over,
}

impl Body {
    /// Takes the next piece from the front of `input`: how many bytes are used up, the last of which are the piece. An
    /// empty piece means that all of the input is used up or the body is over.
    pub(super) fn take<'a>(&mut self, input: &'a [u8]) -> io::Result<(usize, &'a [u8])> {
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            match &mut self.0 {
                Framing::Over => break,
                Framing::UntilClose => return Ok((input.len(), rest)),
                Framing::Length(left) => {
                    let piece = front(rest, left);
                    if *left == 0 {
                        self.0 = Framing::Over;
                    }
                    return Ok((at + piece.len(), piece));
                }
                Framing::Chunk(left) => {
                    let piece = front(rest, left);
                    if *left == 0 {
                        self.0 = Framing::ChunkEnd { cr: false };
                    }
                    return Ok((at + piece.len(), piece));
                }
                _ => {
                    self.step(input[at])?;
                    at += 1;
                }
            }
        }
        Ok((at, &[]))
    }

    /// One byte of what stands around chunks.
    fn step(&mut self, byte: u8) -> io::Result<()> {
        self.0 = match (&self.0, byte) {
            (Framing::Size { size, digits }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if *digits < 15 => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                Framing::Size { size: size * 16 + u64::from(digit), digits: digits + 1 }
            }
            (Framing::Size { size, digits: 1.. }, b'\r') => Framing::SizeEnd { size: *size },
            (Framing::SizeEnd { size: 0 }, b'\n') => Framing::Trailer { empty: true, seen: 0 },
            (Framing::SizeEnd { size }, b'\n') => Framing::Chunk(*size),
            (Framing::ChunkEnd { cr: false }, b'\r') => Framing::ChunkEnd { cr: true },
            (Framing::ChunkEnd { cr: true }, b'\n') => Framing::Size { size: 0, digits: 0 },
            (Framing::Trailer { empty: true, .. }, b'\n') => Framing::Over,
            (Framing::Trailer { seen, .. }, _) if *seen > MAX_LINE => return Err(malformed("endless trailers")),
            (Framing::Trailer { seen, .. }, b'\n') => Framing::Trailer { empty: true, seen: seen + 1 },
            (Framing::Trailer { empty, seen }, b'\r') => Framing::Trailer { empty: *empty, seen: seen + 1 },
            (Framing::Trailer { seen, .. }, _) => Framing::Trailer { empty: false, seen: seen + 1 },
            _ => return Err(malformed("a broken chunk")),
        };
        Ok(())
    }

    /// Whether all of it has been read.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.0, Framing::Over)
    }

    /// Whether the end of the connection is the body's own end.
    pub(super) const fn ends_with_connection(&self) -> bool {
        matches!(self.0, Framing::UntilClose | Framing::Over)
    }
}

/// As much of the front as is left to come.
fn front<'a>(bytes: &'a [u8], left: &mut u64) -> &'a [u8] {
    let take = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
    *left -= take as u64;
    &bytes[..take]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        Head::parse(text.as_bytes()).unwrap().unwrap().0
    }

    /// The body as it is read when it comes in pieces of this size.
    fn body(headers: &str, bytes: &[u8], piece: usize) -> io::Result<(Vec<u8>, bool)> {
        let mut body = head(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")).body()?;
        let mut read = Vec::new();
        for mut input in bytes.chunks(piece) {
            while !input.is_empty() && !body.is_over() {
                let (used, piece) = body.take(input)?;
                read.extend_from_slice(piece);
                input = &input[used..];
            }
        }
        Ok((read, body.is_over()))
    }

    #[test]
    fn a_head_is_read_when_all_of_it_has_come() {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\n\r\nrest";
        for short in 0..text.len() - 4 {
            assert_eq!(Head::parse(&text.as_bytes()[..short]).unwrap(), None);
        }
        let (head, length) = Head::parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((head.status, length), (200, text.len() - 4));
        assert_eq!(head.all("set-cookie").collect::<Vec<_>>(), ["a=b", "c=d"]);
        assert!(head.keeps_alive());
    }

    #[test]
    fn what_is_no_http_is_refused() {
        for bad in ["HTTP/2 200 OK", "HTTP/1.1 099 No", "HTTP/1.1 2000 No", "200 OK", "HTTP/1.1 200 OK\r\nno colon"] {
            assert!(Head::parse(format!("{bad}\r\n\r\n").as_bytes()).is_err(), "{bad}");
        }
        assert!(Head::parse(&vec![b'x'; MAX_HEAD]).is_err());
        for bad in
            ["content-length: 1\r\ncontent-length: 2\r\n", "content-length: -1\r\n", "transfer-encoding: gzip\r\n"]
        {
            assert!(head(&format!("HTTP/1.1 200 OK\r\n{bad}\r\n")).body().is_err(), "{bad}");
        }
    }

    #[test]
    fn each_kind_of_body_is_read_however_it_is_cut() {
        for piece in 1..12 {
            let chunked = b"5\r\nhello\r\n1\r\n \r\n00a\r\nto you all\r\n0\r\nx: y\r\n\r\n";
            assert_eq!(
                body("transfer-encoding: chunked\r\n", chunked, piece).unwrap(),
                (b"hello to you all".to_vec(), true)
            );
            assert_eq!(body("content-length: 3\r\n", b"abcdef", piece).unwrap(), (b"abc".to_vec(), true));
            assert_eq!(body("connection: close\r\n", b"abcdef", piece).unwrap(), (b"abcdef".to_vec(), false));
        }
    }

    #[test]
    fn broken_chunks_are_refused() {
        for bad in ["\r\n", "g\r\n", "1;x\r\na\r\n", "1\r\nab\r\n", "1\ra", "fffffffffffffffff\r\n"] {
            assert!(body("transfer-encoding: chunked\r\n", bad.as_bytes(), 4).is_err(), "{bad:?}");
        }
    }
}
