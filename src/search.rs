//! What on a board is like a text: the questions that have its words, and those that ask nearly the same.
//!
//! A [`SearchIndex`] is made of a [`Board`] and takes the facts that the board takes; after any of them it finds what an
//! index finds that is made of the board anew. It holds what a board shows and nothing else, so what left the board is found
//! no more.
//!
//! * [`SearchIndex::find`] is for a search box: every word of the text is somewhere in the question, its answer, its tags
//!   or its asker's name.
//! * [`SearchIndex::similar`] is for whoever is about to ask: BM25 over words, their stems, and pieces of three and four
//!   letters; single signs and pairs of them where a writing has no blanks. It says in which order.

mod entry;
mod features;
mod fold;
mod postings;
mod shared;

use std::collections::BTreeMap;

use self::entry::{Entry, Needle};
use self::features::features;
use self::postings::{Postings, Weights};
use crate::board::Board;
use crate::event::{Event, QuestionMerged, QuestionRef};
use crate::id::QuestionId;

pub use fold::{fold, same_text};
pub use shared::SharedIndex;

/// The longest text that is searched for, in characters; what is behind is left out.
pub const MOST_SEARCHED: usize = 200;
/// How many similar questions are told at most.
pub const MOST_SIMILAR: usize = 20;
/// A question whose likeness is below this share of the text's own is not told: it has a few words of every question.
const LEAST_LIKENESS: f32 = 0.13;
/// Nor is one that is so much less alike than the most alike.
const LEAST_OF_BEST: f32 = 0.3;

/// Found by trying the questions of `tests/duplicates/`, half of them; the other half says how well they do.
const WEIGHTS: Weights = Weights { word: 0.5, three: 0.6, four: 0.4, sign: 0.5, pair: 1.0, stem: 0.6, length: 0.5 };

/// A question that is like a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similar {
    /// The question.
    pub question: QuestionId,
    /// How much they have in common, of all that the text has: 1 for the text itself.
    pub likeness: f32,
}

/// The index of one board.
#[derive(Clone, Debug, Default)]
pub struct SearchIndex {
    entries: BTreeMap<QuestionId, Entry>,
    postings: Postings,
}

impl SearchIndex {
    /// The index of this board.
    #[must_use]
    pub fn of(board: &Board) -> Self {
        let questions = board.questions.iter();
        let postings = Postings::of(questions.clone().map(|(id, question)| (*id, features(&question.body))));
        let entries = questions.map(|(id, question)| (*id, Entry::of(question))).collect();
        Self { entries, postings }
    }

    /// Takes in a fact that the board has just taken: one for which [`Board::apply`] said
    /// [`Changed`](crate::board::Applied::Changed). Tallies and signals change nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Created(data) if !self.entries.contains_key(&data.id) => {
                self.entries.insert(data.id, Entry::of_created(data));
                self.postings.insert(data.id, features(&data.body));
            }
            Event::Updated(data) => {
                let Some(entry) = self.entries.get_mut(&data.id) else { return };
                entry.status = data.status;
                entry.set_answer(data.responded_at.and(data.response_text.as_deref()));
                if entry.set_body(&data.body) {
                    self.postings.insert(data.id, features(&data.body));
                }
            }
            Event::Answered(data) => {
                if let Some(entry) = self.entries.get_mut(&data.id) {
                    entry.status = data.status;
                    entry.set_answer(Some(&data.response_text));
                }
            }
            Event::Tagged(data) | Event::Untagged(data) => {
                if let Some(entry) = self.entries.get_mut(&data.question_id) {
                    entry.set_tags(&data.tags);
                }
            }
            Event::TagUpdated(tag) => self.entries.values_mut().for_each(|entry| entry.rename_tag(tag)),
            Event::TagDeleted(gone) => self.entries.values_mut().for_each(|entry| {
                entry.drop_tag(gone.id);
            }),
            Event::Removed(QuestionRef { question_id }) | Event::Merged(QuestionMerged { question_id, .. }) => {
                self.entries.remove(question_id);
                self.postings.remove(*question_id);
            }
            Event::TeamArchived(gone) => {
                let of_team = self.entries.iter().filter(|(_, entry)| entry.team.0 == gone.id);
                for question in of_team.map(|(id, _)| *id).collect::<Vec<_>>() {
                    self.entries.remove(&question);
                    self.postings.remove(question);
                }
            }
            _ => {}
        }
    }

    /// How many questions it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.postings.bytes() + self.entries.values().map(Entry::bytes).sum::<usize>()
    }

    /// The questions with every word of the text, of those that `takes` lets pass, each with how well it has them; `None` for
    /// a text without a word. Of a short word the beginning must be there, of a longer one any part. A longer word that no
    /// question has is taken for a typo: then a word with one letter more, less or other will do.
    #[must_use]
    pub fn find(&self, text: &str, takes: &dyn Fn(QuestionId) -> bool) -> Option<Vec<(QuestionId, u32)>> {
        let folded = fold(text, MOST_SEARCHED);
        let mut words: Vec<&str> = folded.split_whitespace().collect();
        if words.is_empty() {
            return None;
        }
        // The longest first: few questions are left for the others.
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        let shown = self.entries.iter().filter(|(id, entry)| entry.is_shown() && takes(**id));
        let mut left: Vec<(QuestionId, &Entry, u32)> = shown.map(|(id, entry)| (*id, entry, 0)).collect();
        for word in words {
            let needle = Needle::of(word);
            let ranked = left.iter().map(|(id, entry, rank)| Some((*id, *entry, rank + entry.rank(&needle)?)));
            let found: Vec<_> = ranked.flatten().collect();
            if found.is_empty() && needle.may_be_typo() {
                left.retain(|(_, entry, _)| entry.has_nearly(word));
            } else {
                left = found;
            }
        }
        Some(left.into_iter().map(|(id, _, rank)| (id, rank)).collect())
    }

    /// The questions that are most like this text, of those that `takes` lets pass, the most alike first.
    #[must_use]
    pub fn similar(&self, text: &str, limit: usize, takes: &dyn Fn(QuestionId) -> bool) -> Vec<Similar> {
        let query = features(text);
        let likenesses = self.postings.likenesses(&query, &WEIGHTS).into_iter();
        let mut shown = likenesses
            .map(|(question, likeness)| Similar { question, likeness: likeness.min(1.0) })
            .filter(|similar| self.entries.get(&similar.question).is_some_and(Entry::is_shown))
            .filter(|similar| takes(similar.question))
            .peekable();
        let best = shown.peek().map_or(0.0, |similar| similar.likeness);
        shown
            .take_while(|similar| similar.likeness >= LEAST_LIKENESS.max(LEAST_OF_BEST * best))
            .take(limit.min(MOST_SIMILAR))
            .collect()
    }
}

#[cfg(test)]
mod tests;
