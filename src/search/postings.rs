//! Which questions have a feature: an inverted index that takes changes.
//!
//! What is settled lies in three arrays without room to spare: for each feature the places of its questions, as
//! distances of one or two bytes. What changed since lies beside them, question by question, and is settled once it is
//! more than a small share; so a change costs little, and a board of thousands takes a megabyte or two.

use std::collections::BTreeMap;

use super::features::{Feature, Kind};
use crate::id::QuestionId;

/// So many changes are kept aside at least.
const LEAST_ASIDE: usize = 32;

/// How much a feature of each kind says, in the order of [`Kind`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    pub(super) word: f32,
    pub(super) three: f32,
    pub(super) four: f32,
    pub(super) sign: f32,
    pub(super) pair: f32,
    pub(super) stem: f32,
    /// How much longer questions are set back: nothing at 0, in full at 1.
    pub(super) length: f32,
}

impl Weights {
    const fn of(&self, kind: Kind) -> f32 {
        match kind {
            Kind::Word => self.word,
            Kind::Three => self.three,
            Kind::Four => self.four,
            Kind::Sign => self.sign,
            Kind::Pair => self.pair,
            Kind::Stem => self.stem,
        }
    }
}

/// The index.
#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    /// The settled questions in order: a place is a position here.
    questions: Vec<QuestionId>,
    /// How many features each of them has; none once it is gone or changed.
    lengths: Vec<u16>,
    /// The features of settled questions, in order.
    features: Vec<Feature>,
    /// Where the places of each feature end in `gaps`.
    ends: Vec<u32>,
    /// The places: each as its distance from the one before, seven bits a byte, the last with its high bit clear.
    gaps: Vec<u8>,
    /// How many settled questions are gone or changed.
    gone: usize,
    /// What is new or changed.
    aside: BTreeMap<QuestionId, Box<[Feature]>>,
    /// How many questions there are, and how many features they have together.
    count: usize,
    total: u64,
}

impl Postings {
    /// The index of these questions.
    pub(super) fn of(questions: impl Iterator<Item = (QuestionId, Vec<Feature>)>) -> Self {
        let mut postings = Self::default();
        for (question, features) in questions {
            postings.set_aside(question, features);
        }
        postings.settle();
        postings
    }

    /// Puts a question in, in place of what it had before. The features are in order.
    pub(super) fn insert(&mut self, question: QuestionId, features: Vec<Feature>) {
        self.remove_quietly(question);
        self.set_aside(question, features);
        self.settle_if_much();
    }

    /// Takes a question out.
    pub(super) fn remove(&mut self, question: QuestionId) {
        self.remove_quietly(question);
        self.settle_if_much();
    }

    /// How much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let settled = 16 * self.questions.capacity()
            + 2 * self.lengths.capacity()
            + 4 * self.features.capacity()
            + 4 * self.ends.capacity()
            + self.gaps.capacity();
        // A node of the map has room for eleven; half of it is used at worst.
        let aside: usize = self.aside.values().map(|features| 4 * features.len() + 16 + 2 * 40).sum();
        settled + aside
    }

    /// The questions that share features with a text, each with how much of what the text's own features say they have, the
    /// most first and among equals the earlier question.
    pub(super) fn likenesses(&self, query: &[Feature], weights: &Weights) -> Vec<(QuestionId, f32)> {
        let mut most = 0.0_f32;
        let mut settled = vec![0.0_f32; self.questions.len()];
        let mut aside = vec![0.0_f32; self.aside.len()];
        let shared = self.shared_aside(query);
        let mut next_shared = shared.iter().peekable();
        let mut places = Vec::new();
        for (at, feature) in query.iter().enumerate() {
            places.clear();
            places.extend(self.places(*feature).filter(|place| self.lengths.get(*place).is_some_and(|n| *n > 0)));
            let mut beside = Vec::new();
            while let Some((_, question)) = next_shared.next_if(|(of, _)| *of == at) {
                beside.push(*question);
            }
            let found = places.len() + beside.len();
            // One that no question has says as much as if this text were here.
            let says = rarity(self.count.max(1), found.max(1)) * weights.of(Kind::of(*feature));
            most += says;
            for place in &places {
                if let Some(score) = settled.get_mut(*place) {
                    *score += says;
                }
            }
            for question in beside {
                if let Some(score) = aside.get_mut(question) {
                    *score += says;
                }
            }
        }
        let mean = self.total as f32 / self.count.max(1) as f32;
        let norm =
            |length: usize| 1.0 / (1.0 - weights.length + weights.length * length as f32 / mean.max(1.0)).max(0.1);
        let settled =
            self.questions.iter().zip(&self.lengths).zip(settled).map(|((id, n), score)| (id, *n as usize, score));
        let aside =
            self.aside.iter().zip(aside).map(|((id, features), score)| (id, length_of(features) as usize, score));
        let mut scores: Vec<_> = settled
            .chain(aside)
            .filter(|(.., score)| *score > 0.0)
            .map(|(id, length, score)| (*id, score / most * norm(length)))
            .collect();
        scores.sort_unstable_by(|(one, a), (other, b)| b.total_cmp(a).then_with(|| one.cmp(other)));
        scores
    }

    /// The features that a question has, for comparing two indexes.
    #[cfg(test)]
    pub(super) fn by_question(&self) -> BTreeMap<QuestionId, Vec<Feature>> {
        let mut all: BTreeMap<QuestionId, Vec<Feature>> = BTreeMap::new();
        for feature in &self.features {
            for place in self.places(*feature).filter(|place| self.lengths[*place] > 0) {
                all.entry(self.questions[place]).or_default().push(*feature);
            }
        }
        all.extend(self.aside.iter().map(|(id, features)| (*id, features.to_vec())));
        all.retain(|_, features| !features.is_empty());
        all
    }

    fn set_aside(&mut self, question: QuestionId, features: Vec<Feature>) {
        self.count += 1;
        self.total += u64::from(length_of(&features));
        self.aside.insert(question, features.into_boxed_slice());
    }

    fn remove_quietly(&mut self, question: QuestionId) {
        let length = match self.aside.remove(&question) {
            Some(features) => length_of(&features),
            None => {
                let place = self.questions.binary_search(&question).ok();
                let Some(length) = place.and_then(|place| self.lengths.get_mut(place)).filter(|n| **n > 0) else {
                    return;
                };
                self.gone += 1;
                std::mem::take(length)
            }
        };
        self.count -= 1;
        self.total -= u64::from(length);
    }

    fn settle_if_much(&mut self) {
        if self.aside.len() + self.gone > LEAST_ASIDE + self.questions.len() / 16 {
            self.settle();
        }
    }

    /// Brings what lies aside into the arrays, and what is gone out of them.
    fn settle(&mut self) {
        let aside = std::mem::take(&mut self.aside);
        // The questions in their new order, and where the settled ones among them were.
        let stayed = self.questions.iter().zip(&self.lengths).enumerate().filter(|(_, (_, n))| **n > 0);
        let mut rows: Vec<(QuestionId, u16, Option<usize>)> = stayed.map(|(at, (id, n))| (*id, *n, Some(at))).collect();
        rows.extend(aside.iter().map(|(id, features)| (*id, length_of(features), None)));
        rows.sort_unstable_by_key(|(id, ..)| *id);
        let mut moved = vec![u32::MAX; self.questions.len()];
        let mut fresh: Vec<u64> = Vec::with_capacity(aside.values().map(|features| features.len()).sum());
        for (place, (id, _, before)) in (0_u32..).zip(&rows) {
            match before.and_then(|before| moved.get_mut(before)) {
                Some(to) => *to = place,
                None => fresh.extend(aside.get(id).into_iter().flatten().map(|of| pack(*of, place))),
            }
        }
        fresh.sort_unstable();
        let old = std::mem::take(self);
        let kept = old.features.iter().flat_map(|feature| {
            let moved = &moved;
            let places = old.places(*feature).filter_map(move |place| moved.get(place).copied());
            places.filter(|place| *place != u32::MAX).map(move |place| pack(*feature, place))
        });
        let mut new =
            Self { count: rows.len(), total: rows.iter().map(|(_, n, _)| u64::from(*n)).sum(), ..Self::default() };
        new.questions = rows.iter().map(|(id, ..)| *id).collect();
        new.lengths = rows.iter().map(|(_, n, _)| *n).collect();
        let mut last = None;
        let merged = Merged { one: kept.peekable(), other: fresh.into_iter().peekable() };
        for packed in merged {
            let (feature, place) = ((packed >> 32) as Feature, packed as u32);
            let from = match last {
                Some((before, place)) if before == feature => place,
                Some(_) | None => {
                    new.features.push(feature);
                    new.ends.push(0);
                    0
                }
            };
            write_gap(&mut new.gaps, place - from);
            if let Some(end) = new.ends.last_mut() {
                *end = u32::try_from(new.gaps.len()).unwrap_or(u32::MAX);
            }
            last = Some((feature, place));
        }
        new.features.shrink_to_fit();
        new.ends.shrink_to_fit();
        new.gaps.shrink_to_fit();
        *self = new;
    }

    /// The places of a feature, in order; also of questions that are gone since.
    fn places(&self, feature: Feature) -> impl Iterator<Item = usize> {
        let at = self.features.binary_search(&feature).ok();
        let gaps = at.and_then(|at| {
            let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
            self.gaps.get(from as usize..*self.ends.get(at)? as usize)
        });
        let (mut place, mut gap, mut shift) = (0_u32, 0_u32, 0_u32);
        gaps.unwrap_or_default().iter().filter_map(move |byte| {
            gap |= u32::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 != 0 {
                return None;
            }
            place += gap;
            (gap, shift) = (0, 0);
            Some(place as usize)
        })
    }

    /// Which features of the query the questions aside have: positions in both, by the query's.
    fn shared_aside(&self, query: &[Feature]) -> Vec<(usize, usize)> {
        let mut shared = Vec::new();
        for (question, features) in self.aside.values().enumerate() {
            let mut rest = &features[..];
            for (at, feature) in query.iter().enumerate() {
                rest = &rest[rest.partition_point(|own| own < feature)..];
                if rest.first() == Some(feature) {
                    shared.push((at, question));
                }
            }
        }
        shared.sort_unstable();
        shared
    }
}

/// How much it says that a question has a feature that so many of all have: that of BM25, by which what is in every question
/// says next to nothing, once for the question and once for the text. So the words that every question begins with, which
/// are most of a text that is half typed, count for little without a list of them for each language.
fn rarity(count: usize, found: usize) -> f32 {
    let (count, found) = (count as f32, found as f32);
    (1.0 + (count - found + 0.5) / (found + 0.5)).ln().powi(2)
}

/// At least 1, which marks a question that is there.
fn length_of(features: &[Feature]) -> u16 {
    u16::try_from(features.len()).unwrap_or(u16::MAX).max(1)
}

const fn pack(feature: Feature, place: u32) -> u64 {
    (feature as u64) << 32 | place as u64
}

fn write_gap(gaps: &mut Vec<u8>, mut gap: u32) {
    while gap > 0x7F {
        gaps.push(gap as u8 | 0x80);
        gap >>= 7;
    }
    gaps.push(gap as u8);
}

/// Two sequences in order, as one.
struct Merged<A: Iterator<Item = u64>, B: Iterator<Item = u64>> {
    one: std::iter::Peekable<A>,
    other: std::iter::Peekable<B>,
}

impl<A: Iterator<Item = u64>, B: Iterator<Item = u64>> Iterator for Merged<A, B> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        match (self.one.peek(), self.other.peek()) {
            (Some(a), Some(b)) if a > b => self.other.next(),
            (None, Some(_)) => self.other.next(),
            _ => self.one.next(),
        }
    }
}
