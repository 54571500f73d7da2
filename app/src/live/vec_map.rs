//! What is known of a few questions: plain lists, sorted by question. A map of the standard library would be found a
//! little faster and is 5 KB in the browser for each type of value.

use pulsestage::id::QuestionId;

/// Values by question, for a handful of questions or for what is asked of once a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VecMap<T>(Vec<(QuestionId, T)>);

impl<T> Default for VecMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> VecMap<T> {
    fn place(&self, question: QuestionId) -> Result<usize, usize> {
        self.0.binary_search_by(|(id, _)| id.cmp(&question))
    }

    /// Whether there is a value for this question.
    #[must_use]
    pub fn has(&self, question: QuestionId) -> bool {
        self.place(question).is_ok()
    }

    /// The value for this question.
    #[must_use]
    pub fn get(&self, question: QuestionId) -> Option<&T> {
        self.place(question).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    /// The value for this question, to change it.
    pub fn get_mut(&mut self, question: QuestionId) -> Option<&mut T> {
        let at = self.place(question).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Puts a value in the place of the one before, if there was one.
    pub fn put(&mut self, question: QuestionId, value: T) {
        match self.place(question) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (question, value)),
        }
    }

    /// Takes a value out.
    pub fn take(&mut self, question: QuestionId) -> Option<T> {
        self.place(question).ok().map(|at| self.0.remove(at).1)
    }

    /// Takes out what is not of these questions.
    pub fn retain(&mut self, stays: impl Fn(&QuestionId) -> bool) {
        self.0.retain(|(question, _)| stays(question));
    }

    /// All questions with their values, to change these.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (QuestionId, &mut T)> {
        self.0.iter_mut().map(|(question, value)| (*question, value))
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> IntoIterator for VecMap<T> {
    type Item = (QuestionId, T);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Questions with one value each; of two for the same question either may stay.
impl<T> FromIterator<(QuestionId, T)> for VecMap<T> {
    fn from_iter<I: IntoIterator<Item = (QuestionId, T)>>(values: I) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_unstable_by_key(|(question, _)| *question);
        values.dedup_by(|(a, _), (b, _)| a == b);
        Self(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    proptest! {
        /// It holds what a map would hold after the same changes.
        #[test]
        fn it_is_a_map(changes in proptest::collection::vec((0_u128..12, proptest::option::of(any::<u8>())), 0..60)) {
            let (mut few, mut map) = (VecMap::default(), BTreeMap::new());
            for (id, change) in changes {
                let id = QuestionId(Uuid::from_u128(id));
                match change {
                    Some(value) => {
                        few.put(id, value);
                        map.insert(id, value);
                    }
                    None => prop_assert_eq!(few.take(id), map.remove(&id)),
                }
                prop_assert_eq!(few.get(id), map.get(&id));
                prop_assert_eq!(few.has(id), map.contains_key(&id));
                prop_assert_eq!((few.len(), few.is_empty()), (map.len(), map.is_empty()));
            }
            prop_assert_eq!(few, map.into_iter().collect());
        }
    }
}
