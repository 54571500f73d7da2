//! Answers that were made of boards, by what was asked for.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// The most answers of a kind that are kept.
const MOST_KEPT: usize = 32;

/// Answers, at most [`MOST_KEPT`]: one more takes the place of the one that was not asked for for the longest time, so that
/// odd addresses do not take away what many ask for.
#[derive(Debug)]
pub(super) struct AnswerCache<K, V>(Mutex<KeptAnswers<K, V>>);

#[derive(Debug)]
struct KeptAnswers<K, V> {
    answers: HashMap<K, KeptAnswer<V>>,
    /// How often any was asked for.
    asked: u64,
}

#[derive(Debug)]
struct KeptAnswer<V> {
    answer: V,
    /// The number of the last time that it was asked for.
    asked: u64,
}

impl<K, V> Default for AnswerCache<K, V> {
    fn default() -> Self {
        Self(Mutex::new(KeptAnswers { answers: HashMap::new(), asked: 0 }))
    }
}

impl<K: Clone + Eq + Hash, V: Clone> AnswerCache<K, V> {
    /// What is there for this.
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.asked += 1;
        let asked = kept.asked;
        let found = kept.answers.get_mut(key)?;
        found.asked = asked;
        Some(found.answer.clone())
    }

    /// Keeps what was made; what is there already stays.
    pub(super) fn keep(&self, key: K, made: V) -> V {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.asked += 1;
        let asked = kept.asked;
        if kept.answers.len() >= MOST_KEPT && !kept.answers.contains_key(&key) {
            let oldest = kept.answers.iter().min_by_key(|(_, kept)| kept.asked).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| kept.answers.remove(&oldest));
        }
        kept.answers.entry(key).or_insert_with(|| KeptAnswer { answer: made, asked }).answer.clone()
    }

    /// What is there for this, or what is made and kept now.
    pub(super) fn get_or(&self, key: K, make: impl FnOnce() -> V) -> V {
        self.get(&key).unwrap_or_else(|| self.keep(key, make()))
    }

    /// The sizes of all answers, together.
    pub(super) fn sum(&self, size: impl Fn(&V) -> usize) -> usize {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers.values().map(|kept| size(&kept.answer)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_all_the_time_stays() {
        let answers = AnswerCache::default();
        answers.keep("first".to_owned(), 0);
        for number in 0..3 * MOST_KEPT {
            assert_eq!(answers.get("first"), Some(0), "after {number} others");
            answers.keep(format!("other {number}"), number);
        }
        assert_eq!(answers.sum(|_| 1), MOST_KEPT);
        assert_eq!(answers.get("other 0"), None);
        assert_eq!(answers.keep("first".to_owned(), 7), 0, "what is there stays");
    }
}
