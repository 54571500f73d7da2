//! Every statement of the store, as a constant, by noun. A test prepares each of them on both engines.
//!
//! One text for both: `$1` for what is bound, no clock, no `lower()`, no `for update` (an `update .. returning`
//! takes the row's lock on both), sorting by name is left to Rust, whose order the engines do not share.

/// Makes a public constant of each statement, and of all of them the list `ALL` that the test goes through.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub const $name: &str = $sql;)*
        /// Every statement of this noun: name and text.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// What a `QuestionRow` is read from. Never the author.
macro_rules! question_columns {
    () => {
        "id, team_id, body, status, upvotes, created_at, response_text, responded_at,
        pinned_by, pinned_at, frozen_by, frozen_at, author_name"
    };
}

/// The keys of a writer's votes for a question, save one and the 16 latest. A browser has one vote for a question on its
/// way and sends another only when that one was answered, so a key that comes again is one of the latest.
///
/// `+at`: by the index of a tenant's times SQLite would read the keys of all its writers until it has 16 of this one.
macro_rules! older_vote_keys {
    ($writer:literal, $question:literal, $key:literal) => {
        concat!(
            "tenant_id = $1 and writer = ",
            $writer,
            " and subject = ",
            $question,
            " and kind in ('vote', 'withdraw') and operation <> ",
            $key,
            " and operation not in (select operation from operations where tenant_id = $1 and writer = ",
            $writer,
            " and subject = ",
            $question,
            " and kind in ('vote', 'withdraw') order by +at desc, operation desc limit 16)"
        )
    };
}

pub mod account;
pub mod audit;
pub mod backup;
pub mod boards;
pub mod epochs;
pub mod facts;
pub mod group;
pub mod guests;
pub mod housekeeping;
pub mod jobs;
pub mod keys;
pub mod lineage;
pub mod moderation;
pub mod operations;
pub mod people;
pub mod probe;
pub mod questions;
pub mod reports;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod sizes;
pub mod start;
pub mod tables;
pub mod teams;
pub mod tenancy;
pub mod tenants;
pub mod texts;
pub mod threads;
pub mod upgrades;
pub mod votes;
pub mod wal;
pub mod watched;

/// Every statement of the store: name and text.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        audit::ALL,
        backup::ALL,
        boards::ALL,
        account::ALL,
        epochs::ALL,
        facts::ALL,
        guests::ALL,
        housekeeping::ALL,
        jobs::ALL,
        keys::ALL,
        lineage::ALL,
        operations::ALL,
        people::ALL,
        probe::ALL,
        questions::ALL,
        reports::ALL,
        second_factor::ALL,
        sessions::ALL,
        moderation::ALL,
        sign_in::ALL,
        teams::ALL,
        tenancy::ALL,
        tenants::ALL,
        texts::ALL,
        threads::ALL,
        upgrades::ALL,
        votes::ALL,
        watched::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}
