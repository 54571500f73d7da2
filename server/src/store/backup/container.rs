//! The file of a backup: a line that says what it is, a gzip stream of lines of JSON, and a line with the SHA-256 of all
//! before it. Written and read from one end to the other, with a memory that does not grow with it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::auth::secret::hex;

/// How every backup of ours begins, before the number of its form.
const NAME: &str = "pulsestage-backup ";
/// The form that this version writes and reads.
const FORM: u32 = 1;
/// What stands before the checksum at the end.
const SUM: &str = "\nsha256 ";
/// The length of the end: that, 64 digits, and the end of the line.
const END: u64 = 8 + 64 + 1;
/// The longest line. A logo is the longest value, and at most 64 KiB.
const LONGEST_LINE: u64 = 64 << 20;

/// Why a file is no backup that can be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableBackup {
    /// It is not there, or may not be read.
    #[error("it cannot be read")]
    Io(#[source] io::Error),
    /// It is a folder.
    #[error("it is a folder and no file")]
    Folder,
    /// It has no bytes.
    #[error("it is empty")]
    Empty,
    /// It is a database file.
    #[error("it is a SQLite database and no backup: stop the server and put it in the place of pulsestage.db")]
    Database,
    /// It is something else.
    #[error("it is no backup of PulseStage")]
    Foreign,
    /// A newer version wrote it.
    #[error("it was written by a newer version of PulseStage: use that one")]
    Newer,
    /// Its end is missing.
    #[error("its end is missing: it was cut off when it was written or copied")]
    Truncated,
    /// Its bytes are not those that were written.
    #[error("its content is not what was written: the checksum differs")]
    Checksum,
    /// Its bytes are those that were written, and yet cannot be understood.
    #[error("its content cannot be understood: {0}")]
    Content(String),
}

impl UnreadableBackup {
    /// Whether it is, or was, a backup that came to harm: any other file may be as it should be.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Empty | Self::Truncated | Self::Checksum | Self::Content(_))
    }

    pub(in crate::store) fn content(why: impl ToString) -> Self {
        Self::Content(why.to_string())
    }
}

/// AccessRegister bytes on and counts them into the checksum.
struct Hashing<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes a backup.
pub(in crate::store) struct Writer<W: Write> {
    lines: GzEncoder<Hashing<BufWriter<W>>>,
}

impl<W: Write> Writer<W> {
    pub(in crate::store) fn new(to: W) -> io::Result<Self> {
        let mut to = Hashing { to: BufWriter::new(to), hash: Sha256::new() };
        writeln!(to, "{NAME}{FORM}")?;
        Ok(Self { lines: GzEncoder::new(to, Compression::fast()) })
    }

    pub(in crate::store) fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.write_all(b"\n")
    }

    /// Writes the end.
    pub(in crate::store) fn finish(self) -> io::Result<W> {
        let Hashing { mut to, hash } = self.lines.finish()?;
        writeln!(to, "{SUM}{}", hex(&hash.finalize()))?;
        to.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

/// A backup whose checksum is right.
pub(in crate::store) struct Checked {
    file: File,
    head: u64,
    length: u64,
}

/// Opens a backup and compares its checksum.
pub(in crate::store) fn check(path: &Path) -> Result<Checked, UnreadableBackup> {
    let mut file = File::open(path).map_err(UnreadableBackup::Io)?;
    let meta = file.metadata().map_err(UnreadableBackup::Io)?;
    if meta.is_dir() {
        return Err(UnreadableBackup::Folder);
    }
    let length = meta.len();
    let head = read_head(&mut file, length)?;
    if length < head + END {
        return Err(UnreadableBackup::Truncated);
    }
    let mut end = [0; END as usize];
    file.seek(SeekFrom::Start(length - END)).map_err(UnreadableBackup::Io)?;
    file.read_exact(&mut end).map_err(UnreadableBackup::Io)?;
    let sum = std::str::from_utf8(&end).ok().and_then(|end| end.strip_prefix(SUM)?.strip_suffix('\n'));
    let Some(sum) = sum else { return Err(UnreadableBackup::Truncated) };
    file.rewind().map_err(UnreadableBackup::Io)?;
    if hash_of(&mut file, length - END)? != sum {
        return Err(UnreadableBackup::Checksum);
    }
    Ok(Checked { file, head, length })
}

/// Reads the first line; how long it is.
fn read_head(file: &mut File, length: u64) -> Result<u64, UnreadableBackup> {
    const SQLITE: &[u8] = b"SQLite format 3\0";
    if length == 0 {
        return Err(UnreadableBackup::Empty);
    }
    let mut bytes = Vec::new();
    Read::by_ref(file).take(64).read_to_end(&mut bytes).map_err(UnreadableBackup::Io)?;
    if bytes.starts_with(SQLITE) {
        return Err(UnreadableBackup::Database);
    }
    if NAME.as_bytes().starts_with(&bytes) {
        return Err(UnreadableBackup::Truncated);
    }
    let line = bytes.strip_prefix(NAME.as_bytes()).ok_or(UnreadableBackup::Foreign)?;
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let form: u32 = std::str::from_utf8(&line[..digits])
        .ok()
        .and_then(|form| form.parse().ok())
        .ok_or(UnreadableBackup::Foreign)?;
    match line.get(digits) {
        None => Err(UnreadableBackup::Truncated),
        Some(b'\n') if form > FORM => Err(UnreadableBackup::Newer),
        Some(b'\n') if form == FORM => Ok((NAME.len() + digits + 1) as u64),
        Some(_) => Err(UnreadableBackup::Foreign),
    }
}

fn hash_of(file: &mut File, length: u64) -> Result<String, UnreadableBackup> {
    let mut hash = Sha256::new();
    let mut left = length;
    let mut bytes = vec![0; 1 << 16];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        match file.read(&mut bytes[..most]).map_err(UnreadableBackup::Io)? {
            0 => return Err(UnreadableBackup::Truncated),
            read => {
                hash.update(&bytes[..read]);
                left -= read as u64;
            }
        }
    }
    Ok(hex(&hash.finalize()))
}

/// Reads the lines of a backup.
pub(in crate::store) struct Lines {
    from: BufReader<GzDecoder<BufReader<io::Take<File>>>>,
    line: Vec<u8>,
}

impl Checked {
    pub(in crate::store) fn lines(mut self) -> Result<Lines, UnreadableBackup> {
        self.file.seek(SeekFrom::Start(self.head)).map_err(UnreadableBackup::Io)?;
        let content = self.file.take(self.length - self.head - END);
        Ok(Lines { from: BufReader::new(GzDecoder::new(BufReader::new(content))), line: Vec::new() })
    }
}

impl Lines {
    /// The next line; nothing at the end.
    pub(in crate::store) fn next(&mut self) -> Result<Option<&[u8]>, UnreadableBackup> {
        self.line.clear();
        let read = self.from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        if read.map_err(UnreadableBackup::content)? == 0 {
            return Ok(None);
        }
        self.line.strip_suffix(b"\n").map(Some).ok_or_else(|| UnreadableBackup::content("a line has no end"))
    }
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
