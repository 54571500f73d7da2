//! The framing of HTTP/1.1 around what streams are written (RFC 9112, section 7.1), made once with the bytes
//! themselves.
//!
//! A stream whose socket is ours is written whole chunks. They are made together with the bytes that all streams share,
//! so a stream pays nothing for them. Where somebody else frames the body, as hyper does for HTTP/2 and in TLS, or
//! nobody does, as in HTTP/1.0, the same memory is used without what stands around it.

use bytes::{BufMut, Bytes, BytesMut};

use super::coding::Coding;

/// What ends a body of chunks: the last one, without trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Who tells where the bytes of a body end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Not we: the connection, or whatever the bytes are handed to.
    #[default]
    Bare,
    /// Chunks.
    Chunked,
}

/// How a stream is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFormat {
    /// How its bytes are coded.
    pub coding: Coding,
    /// How they are framed.
    pub framing: Framing,
}

/// Bytes in each framing; both share their memory.
#[derive(Clone, Debug, Default)]
pub struct Framed {
    chunk: Bytes,
    bare: Bytes,
}

impl Framed {
    /// Frames these bytes. Nothing stays nothing: a chunk without data is the last one.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::default();
        }
        let size = format!("{:x}\r\n", bytes.len());
        let mut chunk = BytesMut::with_capacity(size.len() + bytes.len() + 2);
        chunk.put_slice(size.as_bytes());
        chunk.put_slice(bytes);
        chunk.put_slice(b"\r\n");
        let chunk = chunk.freeze();
        let bare = chunk.slice(size.len()..size.len() + bytes.len());
        Self { chunk, bare }
    }

    /// The bytes without a frame.
    #[must_use]
    pub const fn bare(&self) -> &Bytes {
        &self.bare
    }

    /// The bytes in this framing.
    #[must_use]
    pub const fn get(&self, framing: Framing) -> &Bytes {
        match framing {
            Framing::Bare => &self.bare,
            Framing::Chunked => &self.chunk,
        }
    }
}

impl StreamFormat {
    /// Bytes that are meant for one stream.
    #[must_use]
    pub fn wrap(self, bytes: Bytes) -> Bytes {
        self.frame(self.coding.wrap(bytes))
    }

    /// The first bytes of a stream.
    #[must_use]
    pub fn first(self, bytes: Bytes) -> Bytes {
        self.frame(Bytes::from([self.coding.head(), &self.coding.wrap(bytes)].concat()))
    }

    /// The last bytes of a stream that ends on purpose.
    #[must_use]
    pub fn last(self, bytes: Bytes) -> Bytes {
        let bytes = self.wrap(bytes);
        match self.framing {
            Framing::Bare => bytes,
            Framing::Chunked => Bytes::from([&bytes, LAST_CHUNK].concat()),
        }
    }

    fn frame(self, bytes: Bytes) -> Bytes {
        match self.framing {
            Framing::Bare => bytes,
            Framing::Chunked => Framed::new(&bytes).chunk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_its_size_its_bytes_and_a_line_break() {
        let framed = Framed::new(b"data: x\n\n");
        assert_eq!(framed.get(Framing::Chunked), "9\r\ndata: x\n\n\r\n");
        assert_eq!(framed.get(Framing::Bare), "data: x\n\n");
        let long = Framed::new(&[b'x'; 0xabc]);
        assert!(long.get(Framing::Chunked).starts_with(b"abc\r\nxx") && long.bare().len() == 0xabc);
    }

    #[test]
    fn nothing_is_no_chunk_for_that_would_be_the_last() {
        assert!(Framed::new(b"").get(Framing::Chunked).is_empty());
        for coding in [Coding::Identity, Coding::Gzip] {
            for framing in [Framing::Bare, Framing::Chunked] {
                assert!(StreamFormat { coding, framing }.wrap(Bytes::new()).is_empty());
            }
        }
    }

    #[test]
    fn the_last_chunk_comes_once_and_only_where_there_are_chunks() {
        let last = |coding, framing| StreamFormat { coding, framing }.last(Bytes::from_static(b"bye"));
        assert_eq!(last(Coding::Identity, Framing::Bare), "bye");
        assert_eq!(last(Coding::Identity, Framing::Chunked), "3\r\nbye\r\n0\r\n\r\n");
        let coded = last(Coding::Gzip, Framing::Chunked);
        assert!(coded.starts_with(b"8\r\n") && coded.ends_with(b"bye\r\n0\r\n\r\n"), "{coded:?}");
    }
}
