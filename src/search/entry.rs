//! What of a question is searched, folded.

use uuid::Uuid;

use super::fold::fold;
use crate::event::QuestionCreated;
use crate::id::{TagId, TeamId};
use crate::question::{Question, Status};
use crate::tag::Tag;

/// One question's texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) team: TeamId,
    pub(super) status: Status,
    pub(super) body: Box<str>,
    answer: Option<Box<str>>,
    author: Option<Box<str>>,
    tags: Box<[(TagId, Box<str>)]>,
}

impl Entry {
    pub(super) fn of(question: &Question) -> Self {
        Self {
            team: question.team_id,
            status: question.status,
            body: whole(&question.body),
            answer: question.answer.as_ref().map(|answer| whole(&answer.response_text)),
            author: question.author_name.as_deref().map(whole),
            tags: tags(&question.tags),
        }
    }

    pub(super) fn of_created(data: &QuestionCreated) -> Self {
        Self {
            team: data.team_id,
            status: data.status,
            body: whole(&data.body),
            answer: None,
            author: data.author_name.as_deref().map(whole),
            tags: tags(&data.tags),
        }
    }

    /// Whether everybody sees it. No board has one that is held back; should one get there, it is not found.
    pub(super) fn is_shown(&self) -> bool {
        self.status != Status::UnderReview
    }

    /// Gives it another text; whether it reads otherwise.
    pub(super) fn set_body(&mut self, body: &str) -> bool {
        let body = whole(body);
        let is_other = body != self.body;
        self.body = body;
        is_other
    }

    pub(super) fn set_answer(&mut self, answer: Option<&str>) {
        self.answer = answer.map(whole);
    }

    pub(super) fn set_tags(&mut self, now: &[Tag]) {
        self.tags = tags(now);
    }

    pub(super) fn rename_tag(&mut self, tag: &Tag) {
        if self.drop_tag(tag.id.0) {
            let renamed = (tag.id, whole(&tag.name));
            self.tags = std::mem::take(&mut self.tags).into_iter().chain([renamed]).collect();
        }
    }

    /// Takes a tag off; whether it was there.
    pub(super) fn drop_tag(&mut self, tag: Uuid) -> bool {
        let is_there = self.tags.iter().any(|(id, _)| id.0 == tag);
        if is_there {
            self.tags = std::mem::take(&mut self.tags).into_iter().filter(|(id, _)| id.0 != tag).collect();
        }
        is_there
    }

    /// About how much memory it takes, in bytes, with its part of the map.
    pub(super) fn bytes(&self) -> usize {
        let texts: usize = self.texts().map(|text| text.len() + 16).sum();
        texts + 24 * self.tags.len() + 2 * size_of::<Self>()
    }

    /// How well a word is in its texts: the whole word best, then a beginning, then any part; in the question better than
    /// in its tags and its asker's name, and in these better than in its answer. Nothing when it is in none.
    pub(super) fn rank(&self, needle: &Needle) -> Option<u32> {
        let names = self.tags.iter().map(|(_, name)| &**name).chain(self.author.as_deref());
        let in_names = || names.clone().any(|text| text.contains(&*needle.text));
        if self.body.contains(&*needle.text) {
            Some(3 + needle.place_in(&self.body))
        } else if in_names() {
            Some(2)
        } else {
            self.answer.as_deref().is_some_and(|text| text.contains(&*needle.text)).then_some(1)
        }
    }

    /// Whether a word of the question, of its tags or of its asker's name is this one but for a letter. Answers are long.
    pub(super) fn has_nearly(&self, word: &str) -> bool {
        let texts = self.tags.iter().map(|(_, name)| &**name).chain(self.author.as_deref());
        std::iter::once(&*self.body).chain(texts).any(|text| text.split(' ').any(|own| differs_by_one(own, word)))
    }

    /// Its tags, taken out: their order says nothing.
    #[cfg(test)]
    pub(super) fn take_tags(&mut self) -> Vec<(TagId, Box<str>)> {
        std::mem::take(&mut self.tags).into_vec()
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let others = self.tags.iter().map(|(_, name)| &**name);
        std::iter::once(&*self.body).chain(others).chain(self.author.as_deref()).chain(self.answer.as_deref())
    }
}

fn whole(text: &str) -> Box<str> {
    fold(text, usize::MAX).into_boxed_str()
}

fn tags(tags: &[Tag]) -> Box<[(TagId, Box<str>)]> {
    tags.iter().map(|tag| (tag.id, whole(&tag.name))).collect()
}

/// A folded word as it is looked for.
pub(super) struct Needle {
    text: String,
    at_beginning: String,
    whole: String,
    letters: usize,
}

/// A word with fewer letters is looked for at the beginnings of words: "it" is not meant to find "with".
const INNER: usize = 4;
/// A word with fewer letters is no typo of another.
const TYPO: usize = 5;

impl Needle {
    pub(super) fn of(word: &str) -> Self {
        let letters = word.chars().count();
        // Thai and whatever comes behind it in Unicode has words without blanks or signs that say more than a letter.
        let is_short = letters < INNER && word.chars().all(|letter| letter < '\u{E00}');
        let at_beginning = format!(" {word}");
        let text = if is_short { at_beginning.clone() } else { word.to_owned() };
        Self { text, whole: format!("{at_beginning} "), at_beginning, letters }
    }

    /// Whether it is long enough to be another word with a letter wrong.
    pub(super) const fn may_be_typo(&self) -> bool {
        self.letters >= TYPO
    }

    /// 2 for a whole word, 1 for the beginning of one, 0 for another part.
    fn place_in(&self, text: &str) -> u32 {
        if text.contains(&*self.whole) { 2 } else { u32::from(text.contains(&*self.at_beginning)) }
    }
}

/// Whether one word becomes the other by one letter put in, taken out, replaced, or changed with its neighbour.
fn differs_by_one(one: &str, other: &str) -> bool {
    // One change leaves the first or the last letter as it was; most words are told apart by these.
    let ends = |word: &str| (word.bytes().next(), word.bytes().next_back());
    let ((first, last), (other_first, other_last)) = (ends(one), ends(other));
    if one.len().abs_diff(other.len()) > 4 || (first != other_first && last != other_last) {
        return false;
    }
    let shared = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let shared: usize = shared.map(|(letter, _)| letter.len_utf8()).sum();
    let (one, other) = (&one[shared..], &other[shared..]);
    let shared = one.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b);
    let shared: usize = shared.map(|(letter, _)| letter.len_utf8()).sum();
    let (mut one, mut other) = (one[..one.len() - shared].chars(), other[..other.len() - shared].chars());
    match ((one.next(), one.next(), one.next()), (other.next(), other.next(), other.next())) {
        ((_, None, _), (_, None, _)) => true,
        ((Some(a), Some(b), None), (Some(c), Some(d), None)) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_one_letter() {
        for (one, other) in [
            ("parking", "parkin"),
            ("parking", "parkking"),
            ("parking", "barking"),
            ("parking", "praking"),
            ("parking", "parking"),
            ("büro", "buro"),
            ("офис", "офес"),
        ] {
            assert!(differs_by_one(one, other) && differs_by_one(other, one), "{one} {other}");
        }
        for (one, other) in
            [("parking", "park"), ("parking", "bakring"), ("abcd", "badc"), ("", "ab"), ("salary", "celery")]
        {
            assert!(!differs_by_one(one, other) && !differs_by_one(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_short_word_is_a_beginning() {
        let entry = Entry {
            team: TeamId(Uuid::nil()),
            status: Status::Open,
            body: whole("With whom do we park? 新しいオフィス"),
            answer: None,
            author: None,
            tags: Box::default(),
        };
        for (word, found) in [
            ("it", false),
            ("wi", true),
            ("ith", false),
            ("par", true),
            ("ark", false),
            ("with", true),
            ("オフ", true),
            ("新", true),
            ("古", false),
        ] {
            assert_eq!(entry.rank(&Needle::of(word)).is_some(), found, "{word}");
        }
    }
}
