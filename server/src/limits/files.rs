//! How many connections this process may have: each is an open file to the operating system.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than this is of no use to one box, and systems without a limit refuse to be told a larger one.
const MOST: u64 = 1 << 20;

/// Raises the limit of open files to what the administrator allows and gives it. Shells and service managers start
/// programs with a soft limit of 1,024 for the sake of very old ones; a server is expected to raise it.
#[must_use]
pub fn raise_open_files() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let (current, wanted) = (current.unwrap_or(MOST), maximum.unwrap_or(MOST).min(MOST));
    let raised = current < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok();
    usize::try_from(if raised { wanted } else { current }).unwrap_or(usize::MAX)
}

/// How many streams fit: a tenth of the files, and at least 64, are kept for pages, the database and everything else.
pub(super) fn streams_of(files: usize) -> usize {
    files.saturating_sub((files / 10).max(64)).max(1)
}

/// How many connections fit, streams among them: as many as there are files, save those that the database and files of
/// pages need. More than streams, so that there are always some for pages and for those who ask whether we live.
pub(super) fn connections_of(files: usize) -> usize {
    files.saturating_sub((files / 20).max(48)).max(2)
}

/// How many of these one tenant, or one network, may have when nothing else is said: a quarter is always left for others.
pub(super) fn share_of(streams: usize) -> usize {
    streams - streams / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_left_for_pages_and_for_neighbours() {
        for (files, streams, of_tenant) in [
            (1_024, 922, 692),
            (20_000, 18_000, 13_500),
            (1_048_576, 943_719, 707_790),
            (100, 36, 27),
            (10, 1, 1),
            (0, 1, 1),
        ] {
            assert_eq!((streams_of(files), share_of(streams_of(files))), (streams, of_tenant), "{files}");
        }
    }

    #[test]
    fn there_are_more_connections_than_streams() {
        for (files, connections) in [(600, 552), (1_024, 973), (20_000, 19_000), (1_048_576, 996_148), (10, 2), (0, 2)]
        {
            assert_eq!(connections_of(files), connections, "{files}");
            assert!(connections_of(files) > streams_of(files), "{files}");
        }
    }

    #[test]
    fn the_limit_is_what_was_raised() {
        let raised = raise_open_files();
        assert!(raised > 0);
        assert_eq!(raise_open_files(), raised);
        assert!(getrlimit(Resource::Nofile).current.is_none_or(|current| current >= raised as u64));
    }
}
