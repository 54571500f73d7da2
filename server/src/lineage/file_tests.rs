use super::*;
use crate::lineage::KnownMark;
use crate::system::{SystemClock, SystemRng};
use pulsestage::ports::Rng;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use uuid::Uuid;

/// A folder of a test's own, gone when the test is over.
struct MarkFolder(PathBuf);

impl MarkFolder {
    fn new() -> Self {
        let mut random = [0; 16];
        SystemRng.fill(&mut random);
        let path = std::env::temp_dir().join(format!("pulsestage-mark-{}", Uuid::from_bytes(random).simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn mark(&self) -> PathBuf {
        self.0.join(NAME)
    }
}

impl Drop for MarkFolder {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}

fn known(number: i64) -> KnownDatabase {
    let mark = |instance: u128, number| KnownMark { instance: Uuid::from_u128(instance), number, at: number };
    let others = (0..200).map(|other| mark(other, i64::try_from(other).unwrap())).collect();
    KnownDatabase { lineage: Uuid::from_u128(1), own: Some((mark(u128::MAX, number), Uuid::from_u128(2))), others }
}

fn opened(folder: &MarkFolder) -> OpenedFile {
    open(&folder.0).unwrap().unwrap()
}

fn number(opened: &OpenedFile) -> Option<i64> {
    opened.known.as_ref().and_then(|known| known.own).map(|(mark, _)| mark.number)
}

#[test]
fn what_was_written_last_is_read_and_the_latest_others_with_it() {
    let folder = MarkFolder::new();
    let mut first = opened(&folder);
    assert_eq!((&first.known, first.is_copy), (&None, false));
    for number in 1..=5 {
        first.file.write(&known(number), &SystemClock).unwrap();
    }
    first.file.handle().unwrap().sync_data().unwrap();
    assert_eq!(std::fs::metadata(folder.mark()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(is_locked(&folder.0));
    assert!(open(&folder.0).unwrap().is_none(), "one process has it");
    drop(first);
    assert!(!is_locked(&folder.0));
    let again = opened(&folder);
    assert_eq!((number(&again), again.is_copy), (Some(5), false));
    let others = again.known.unwrap().others;
    assert_eq!((others.len(), others[0].number), (MOST_OTHERS, 199));
}

#[test]
fn a_write_that_broke_off_leaves_the_one_before() {
    let folder = MarkFolder::new();
    let mut file = opened(&folder).file;
    for number in 1..=4 {
        file.write(&known(number), &SystemClock).unwrap();
    }
    // The fourth turn is in the first slot.
    file.file.write_all_at(b"torn", 200).unwrap();
    drop(file);
    let mut again = opened(&folder);
    assert_eq!(number(&again), Some(3));
    again.file.write(&known(9), &SystemClock).unwrap();
    drop(again);
    assert_eq!(number(&opened(&folder)), Some(9));
    for text in [&b""[..], b"\n", b"nonsense\nof somebody\n", &[0xFF; 9_000]] {
        std::fs::write(folder.mark(), text).unwrap();
        assert_eq!(number(&opened(&folder)), None, "{text:?}");
    }
}

/// A minute ago.
struct Early;

impl Clock for Early {
    fn now(&self) -> pulsestage::time::Timestamp {
        SystemClock.now().plus_millis(-60_000)
    }
}

#[test]
fn a_copy_is_recognised_however_it_was_made() {
    let (folder, copy) = (MarkFolder::new(), MarkFolder::new());
    opened(&folder).file.write(&known(1), &SystemClock).unwrap();
    let text = std::fs::read(folder.mark()).unwrap();
    let modified = std::fs::metadata(folder.mark()).unwrap().modified().unwrap();
    std::fs::copy(folder.mark(), copy.mark()).unwrap();
    assert!(opened(&copy).is_copy, "in another file");
    assert!(!opened(&folder).is_copy);
    // In the same file, with the time that it had: as programs do that keep what they can. The one that is put back says
    // that it was written a while ago.
    opened(&folder).file.put(&KnownDatabase { others: vec![], ..known(1) }, &Early).unwrap();
    let early = std::fs::read(folder.mark()).unwrap();
    assert_ne!(early, text);
    std::fs::write(folder.mark(), early).unwrap();
    File::options().write(true).open(folder.mark()).unwrap().set_modified(modified).unwrap();
    let mut put_back = opened(&folder);
    assert!(put_back.is_copy);
    put_back.file.write(&known(2), &SystemClock).unwrap();
    drop(put_back);
    assert!(!opened(&folder).is_copy);
}

#[test]
fn a_file_system_with_a_clock_of_its_own_raises_no_alarm() {
    struct Late;
    impl Clock for Late {
        fn now(&self) -> pulsestage::time::Timestamp {
            SystemClock.now().plus_millis(3_600_000)
        }
    }
    let folder = MarkFolder::new();
    let mut first = opened(&folder);
    first.file.write(&known(1), &Late).unwrap();
    assert!(!first.file.has_clock);
    drop(first);
    let again = opened(&folder);
    assert_eq!((number(&again), again.is_copy), (Some(1), false));
}
