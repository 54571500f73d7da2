//! Stories about the store. Each is told once and played on both engines.

#[cfg(test)]
#[path = "../common/store.rs"]
mod stage;

#[cfg(test)]
#[path = "../support/dump.rs"]
mod dump;

#[cfg(test)]
mod account;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod boards;
#[cfg(test)]
mod copying;
#[cfg(test)]
mod epochs;
#[cfg(test)]
mod fold;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod housekeeping;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod key;
#[cfg(test)]
mod lineage;
#[cfg(test)]
mod log;
#[cfg(test)]
mod merges;
#[cfg(test)]
mod moderation;
#[cfg(test)]
mod names;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod people;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod taken_back;
#[cfg(test)]
mod teams;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod threads;
#[cfg(test)]
mod totals;
#[cfg(test)]
mod upgrading;
#[cfg(test)]
mod votes;
#[cfg(test)]
mod watched;
