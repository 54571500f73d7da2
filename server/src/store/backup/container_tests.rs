use super::*;
use crate::system::SystemRng;
use proptest::prelude::*;
use pulsestage::ports::Rng;
use std::path::PathBuf;

/// A file of a test's own, gone when the test is over.
struct ArchiveFile(PathBuf);

impl ArchiveFile {
    fn new(bytes: &[u8]) -> Self {
        let mut random = [0; 16];
        SystemRng.fill(&mut random);
        let path = std::env::temp_dir().join(format!("pulsestage-container-{}", hex(&random)));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn fault(&self) -> Option<UnreadableBackup> {
        match check(&self.0) {
            Ok(checked) => read_all(checked).err(),
            Err(error) => Some(error),
        }
    }
}

impl Drop for ArchiveFile {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.0);
    }
}

fn read_all(checked: Checked) -> Result<Vec<String>, UnreadableBackup> {
    let (mut lines, mut read) = (checked.lines()?, Vec::new());
    while let Some(line) = lines.next()? {
        read.push(serde_json::from_slice(line).unwrap());
    }
    Ok(read)
}

fn written(lines: &[String]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    lines.iter().for_each(|line| writer.line(line).unwrap());
    writer.finish().unwrap()
}

#[test]
fn what_is_no_backup_is_told_apart() {
    let whole = written(&["one".to_owned(), "two\nlines".to_owned()]);
    let fault = |bytes: &[u8]| ArchiveFile::new(bytes).fault().unwrap();
    assert!(ArchiveFile::new(&whole).fault().is_none());
    assert!(matches!(fault(b""), UnreadableBackup::Empty));
    assert!(matches!(fault(b"SQLite format 3\0 and so on"), UnreadableBackup::Database));
    assert!(matches!(fault(b"nonsense"), UnreadableBackup::Foreign));
    assert!(matches!(fault(b"pulsestage-backup x\n"), UnreadableBackup::Foreign));
    assert!(matches!(fault(b"pulsestage-backup 2\n and so on"), UnreadableBackup::Newer));
    let folder = check(&std::env::temp_dir()).err().unwrap();
    assert!(matches!(folder, UnreadableBackup::Folder));
    let nowhere = check(Path::new("/nowhere/at/all")).err().unwrap();
    assert!(matches!(&nowhere, UnreadableBackup::Io(_)) && !nowhere.is_damage());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(lines in proptest::collection::vec(".{0,80}", 0..20)) {
        let paper = ArchiveFile::new(&written(&lines));
        prop_assert_eq!(read_all(check(&paper.0).unwrap()).unwrap(), lines);
    }

    #[test]
    fn a_part_of_a_backup_is_none(lines in proptest::collection::vec(".{0,80}", 0..20), cut in any::<prop::sample::Index>()) {
        let bytes = written(&lines);
        let fault = ArchiveFile::new(&bytes[..cut.index(bytes.len())]).fault();
        prop_assert!(fault.is_some_and(|fault| fault.is_damage()));
    }

    #[test]
    fn no_bit_may_be_another(lines in proptest::collection::vec(".{0,80}", 0..20), place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = written(&lines);
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        prop_assert!(ArchiveFile::new(&bytes).fault().is_some(), "byte {}", place);
    }

    #[test]
    fn nothing_else_is_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(ArchiveFile::new(&bytes).fault().is_some());
    }
}
