//! Whether a database is the one that it was, and as far on: a pure function of what is known and what is found.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

use crate::store::{DatabaseHistory, MarkOwner, ServerIdentity};

/// With fewer marks than this in a database none was pruned for their number.
const FEW_MARKS: usize = 128;

/// What an instance knows of its database, kept outside of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDatabase {
    /// The lineage.
    pub lineage: Uuid,
    /// The mark of this instance, and its latest run.
    pub own: Option<(KnownMark, Uuid)>,
    /// The marks of other instances, as they were last seen.
    pub others: Vec<KnownMark>,
}

/// How far an instance has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownMark {
    /// The instance.
    pub instance: Uuid,
    /// Its number.
    pub number: i64,
    /// When it was last there, roughly.
    pub at: i64,
}

impl KnownDatabase {
    /// Whose mark it is.
    #[must_use]
    pub fn owner(&self) -> Option<MarkOwner> {
        self.own.map(|(mark, session)| MarkOwner { instance: mark.instance, session })
    }
}

/// What came of comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineageFinding {
    /// It is the same, and at least as far on.
    Same,
    /// Nobody has used it with this version before, nor has this instance used another.
    First,
    /// It was replaced, and another instance has given every log a new epoch since.
    Renewed,
    /// It was replaced.
    Replaced(Replaced),
}

/// By what a database was found to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It has no lineage, and there was one.
    WithoutLineage,
    /// It is of another lineage.
    Foreign,
    /// It knows less of what an instance has written than that instance, or another that saw it.
    Behind {
        /// As far as was known.
        known: i64,
        /// As far as the database knows; nothing when it does not know the instance.
        found: Option<i64>,
    },
    /// It was written to by a copy of this instance.
    Forked,
    /// It is in another PostgreSQL cluster.
    OtherCluster,
    /// PostgreSQL is on another timeline.
    OtherTimeline {
        /// The one before.
        known: String,
        /// The one now.
        found: String,
    },
    /// The file that says how far was written was put there by somebody else.
    CopiedFolder,
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutLineage => f.write_str("it is an empty or an older one than this server has used here"),
            Self::Foreign => f.write_str("it is not the one that this server has used here before"),
            Self::Behind { known, found: Some(found) } => {
                write!(f, "an instance had written up to mark {known}, and it ends at mark {found}")
            }
            Self::Behind { known, found: None } => {
                write!(f, "an instance had written up to mark {known}, and it does not know that instance")
            }
            Self::Forked => f.write_str("a copy of it was written to elsewhere, and has taken its place"),
            Self::OtherCluster => f.write_str("it is in another PostgreSQL cluster than before"),
            Self::OtherTimeline { known, found } => write!(
                f,
                "PostgreSQL is on timeline {found} and was on {known}, so a standby was promoted or an earlier state recovered"
            ),
            Self::CopiedFolder => f.write_str("the data folder was copied, or put back from a copy"),
        }
    }
}

/// Compares what is known of a database with what it says of itself. `is_copy`: what is known was put there by somebody
/// else than the instance that knew it.
#[must_use]
pub fn judge(known: Option<&KnownDatabase>, is_copy: bool, found: &DatabaseHistory) -> LineageFinding {
    let Some(present) = found.lineages.last() else {
        return if known.is_some() {
            LineageFinding::Replaced(Replaced::WithoutLineage)
        } else {
            LineageFinding::First
        };
    };
    if let (Some(was), Some(is)) = (&present.identity, &found.identity)
        && was != is
    {
        return LineageFinding::Replaced(moved(was, is));
    }
    let Some(known) = known else { return LineageFinding::Same };
    if is_copy {
        return LineageFinding::Replaced(Replaced::CopiedFolder);
    }
    if !found.lineages.iter().any(|lineage| lineage.id == known.lineage) {
        return LineageFinding::Replaced(Replaced::Foreign);
    }
    if present.id != known.lineage {
        return LineageFinding::Renewed;
    }
    match behind(known, found) {
        Some(replaced) => LineageFinding::Replaced(replaced),
        None => LineageFinding::Same,
    }
}

fn moved(was: &ServerIdentity, is: &ServerIdentity) -> Replaced {
    if was.system_identifier == is.system_identifier {
        Replaced::OtherTimeline { known: was.timeline.clone(), found: is.timeline.clone() }
    } else {
        Replaced::OtherCluster
    }
}

fn behind(known: &KnownDatabase, found: &DatabaseHistory) -> Option<Replaced> {
    let find = |instance: Uuid| found.marks.iter().find(|mark| mark.instance == instance);
    let less = |mark: &KnownMark| {
        let found = find(mark.instance).map(|found| found.number);
        (found.unwrap_or(0) < mark.number).then_some(Replaced::Behind { known: mark.number, found })
    };
    let is_gone = |mark: &KnownMark| find(mark.instance).is_none() && was_pruned(mark, found);
    if let Some((mark, session)) = known.own.as_ref().filter(|(mark, _)| !is_gone(mark)) {
        if let Some(replaced) = less(mark) {
            return Some(replaced);
        }
        // A run that ended between its first mark and its file has left the run before in the file.
        let is_known = |other: Uuid, previous: Option<Uuid>| other == *session || previous == Some(*session);
        if find(mark.instance).is_some_and(|found| !is_known(found.session, found.previous_session)) {
            return Some(Replaced::Forked);
        }
    }
    known.others.iter().filter(|mark| !is_gone(mark)).find_map(less)
}

/// Whether a mark that is not there was removed for its age, where there are so many that some are.
fn was_pruned(mark: &KnownMark, found: &DatabaseHistory) -> bool {
    let oldest = found.marks.iter().map(|mark| mark.at).min();
    found.marks.len() >= FEW_MARKS && oldest.is_some_and(|oldest| mark.at <= oldest)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
