//! A ZIP file that is written as it is sent: sizes and checksums stand behind each file in it (APPNOTE 4.3.9), so nothing
//! is held back until they are known.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::Broken;

/// Deflated, with its sizes behind it, its name in UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
const DEFLATED: u16 = 8;
const VERSION: u16 = 20;
/// The first of January 1980, midnight: files of the same content are the same file.
const MOMENT: [u16; 2] = [0, 0x0021];

/// A file in it that is complete.
struct ZipEntry {
    name: &'static str,
    crc: u32,
    packed: u32,
    size: u32,
    offset: u32,
}

/// A file in it that is being written.
struct Open {
    name: &'static str,
    offset: u32,
    crc: Crc,
    packer: DeflateEncoder<Vec<u8>>,
    packed: u64,
    size: u64,
}

/// A ZIP file on its way.
#[derive(Default)]
pub(super) struct Zip {
    /// How many bytes were given out.
    offset: u64,
    entries: Vec<ZipEntry>,
    open: Option<Open>,
}

impl Zip {
    /// Begins a file; the one before it must have ended.
    pub(super) fn begin(&mut self, out: &mut Vec<u8>, name: &'static str) -> Result<(), Broken> {
        let (offset, from) = (size(self.offset)?, out.len());
        out.extend_from_slice(b"PK\x03\x04");
        for half in [VERSION, FLAGS, DEFLATED].into_iter().chain(MOMENT) {
            out.extend_from_slice(&half.to_le_bytes());
        }
        // The checksum and the sizes are not known yet.
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(&length(name)?.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        self.gave(out, from);
        let packer = DeflateEncoder::new(Vec::new(), Compression::default());
        self.open = Some(Open { name, offset, crc: Crc::new(), packer, packed: 0, size: 0 });
        Ok(())
    }

    /// Adds to the file that was begun.
    pub(super) fn add(&mut self, out: &mut Vec<u8>, data: &[u8]) -> Result<(), Broken> {
        let Some(open) = &mut self.open else { return Err(Broken::TooMuch) };
        open.crc.update(data);
        open.size += data.len() as u64;
        // Into memory, which takes everything.
        open.packer.write_all(data).map_err(|_| Broken::TooMuch)?;
        let from = out.len();
        out.append(open.packer.get_mut());
        open.packed += (out.len() - from) as u64;
        self.gave(out, from);
        Ok(())
    }

    /// Ends the file that was begun.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        let Some(open) = self.open.take() else { return Err(Broken::TooMuch) };
        let from = out.len();
        let rest = open.packer.finish().map_err(|_| Broken::TooMuch)?;
        let packed = size(open.packed + rest.len() as u64)?;
        out.extend_from_slice(&rest);
        let entry =
            ZipEntry { name: open.name, crc: open.crc.sum(), packed, size: size(open.size)?, offset: open.offset };
        out.extend_from_slice(b"PK\x07\x08");
        for word in [entry.crc, entry.packed, entry.size] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        self.entries.push(entry);
        self.gave(out, from);
        Ok(())
    }

    /// Ends the whole: the list of what is in it.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        let (offset, from) = (size(self.offset)?, out.len());
        for entry in &self.entries {
            out.extend_from_slice(b"PK\x01\x02");
            for half in [VERSION, VERSION, FLAGS, DEFLATED].into_iter().chain(MOMENT) {
                out.extend_from_slice(&half.to_le_bytes());
            }
            for word in [entry.crc, entry.packed, entry.size] {
                out.extend_from_slice(&word.to_le_bytes());
            }
            // The name's length; no extra field, no comment, the first disk, no attributes.
            out.extend_from_slice(&length(entry.name)?.to_le_bytes());
            out.extend_from_slice(&[0; 12]);
            out.extend_from_slice(&entry.offset.to_le_bytes());
            out.extend_from_slice(entry.name.as_bytes());
        }
        let listed = size((out.len() - from) as u64)?;
        let count = u16::try_from(self.entries.len()).map_err(|_| Broken::TooMuch)?;
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&listed.to_le_bytes());
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        Ok(())
    }

    fn gave(&mut self, out: &[u8], from: usize) {
        self.offset += (out.len() - from) as u64;
    }
}

/// A size as the plain form has it: below four gigabytes.
fn size(bytes: u64) -> Result<u32, Broken> {
    u32::try_from(bytes).map_err(|_| Broken::TooMuch)
}

fn length(name: &str) -> Result<u16, Broken> {
    u16::try_from(name.len()).map_err(|_| Broken::TooMuch)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use flate2::read::DeflateDecoder;
    use std::io::Read;

    /// The files in a ZIP file, read from its list; every size and checksum is compared.
    pub(in crate::http::export) fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let half = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        let (count, mut at) = (half(end + 10), word(end + 16) as usize);
        let mut files = Vec::new();
        for _ in 0..count {
            assert_eq!(&bytes[at..at + 4], b"PK\x01\x02");
            let (crc, packed, size) = (word(at + 16), word(at + 20) as usize, word(at + 24) as usize);
            let (name_length, local) = (half(at + 28), word(at + 42) as usize);
            let name = String::from_utf8(bytes[at + 46..at + 46 + name_length].to_vec()).unwrap();
            assert_eq!(&bytes[local..local + 4], b"PK\x03\x04");
            assert_eq!(&bytes[local + 30..local + 30 + name_length], name.as_bytes());
            let begin = local + 30 + name_length + half(local + 28);
            let mut content = Vec::new();
            DeflateDecoder::new(&bytes[begin..begin + packed]).read_to_end(&mut content).unwrap();
            let mut sum = Crc::new();
            sum.update(&content);
            assert_eq!((content.len(), sum.sum()), (size, crc), "{name}");
            let behind = begin + packed;
            assert_eq!(&bytes[behind..behind + 4], b"PK\x07\x08");
            assert_eq!((word(behind + 4), word(behind + 8) as usize), (crc, packed));
            files.push((name, content));
            at += 46 + name_length;
        }
        assert_eq!(at, end);
        files
    }

    #[test]
    fn what_is_packed_in_pieces_unpacks_whole() {
        let (mut zip, mut out) = (Zip::default(), Vec::new());
        let long: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
        zip.begin(&mut out, "a/long.bin").unwrap();
        for piece in long.chunks(777) {
            zip.add(&mut out, piece).unwrap();
        }
        zip.end(&mut out).unwrap();
        zip.begin(&mut out, "empty").unwrap();
        zip.end(&mut out).unwrap();
        zip.finish(&mut out).unwrap();
        assert!(out.len() < long.len() / 4, "it is packed");
        assert_eq!(unzip(&out), [("a/long.bin".to_owned(), long), ("empty".to_owned(), Vec::new())]);
    }

    #[test]
    fn nothing_is_added_to_no_file() {
        let (mut zip, mut out) = (Zip::default(), Vec::new());
        assert!(zip.add(&mut out, b"x").is_err() && zip.end(&mut out).is_err());
        assert!(size(1 << 32).is_err());
    }
}
