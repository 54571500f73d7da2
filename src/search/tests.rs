//! What a search may count on: the index follows its board, and what left the board is found no more.

use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::event::{Cursor, Epoch, Gone, QuestionAnswered, QuestionCreated, QuestionTags, QuestionUpdated};
use crate::id::{TagId, TeamId, TenantId};
use crate::question::Status;
use crate::tag::Tag;
use crate::time::Timestamp;

const EPOCH: Epoch = Epoch(7);

fn id(number: u128) -> QuestionId {
    QuestionId(Uuid::from_u128(number))
}

fn created(number: u128, body: &str) -> Event {
    Event::Created(QuestionCreated {
        id: id(number),
        body: body.to_owned(),
        upvotes: 0,
        status: Status::Open,
        team_id: TeamId(Uuid::from_u128(number % 3)),
        created_at: Timestamp(1),
        tags: Vec::new(),
        is_pinned: false,
        is_frozen: false,
        author_name: None,
    })
}

fn board(texts: &[&str]) -> Board {
    let mut board = Board::empty(TenantId(Uuid::nil()), Cursor { epoch: EPOCH, seq: 0 });
    for (at, text) in texts.iter().enumerate() {
        let seq = at as i64 + 1;
        let _ = board.apply(Some(Cursor { epoch: EPOCH, seq }), &created(at as u128, text));
    }
    board
}

fn found(index: &SearchIndex, text: &str) -> Vec<u128> {
    let found = index.find(text, &|_| true).unwrap_or_default();
    found.into_iter().map(|(question, _)| question.0.as_u128()).collect()
}

fn alike(index: &SearchIndex, text: &str) -> Vec<u128> {
    index.similar(text, 3, &|_| true).into_iter().map(|similar| similar.question.0.as_u128()).collect()
}

#[test]
fn a_search_minds_neither_accents_nor_capitals_nor_spelling() {
    let index = SearchIndex::of(&board(&[
        "Wann öffnet die Straße nach Zürich?",
        "Çalışma saatleri İstanbul'da değişecek mi?",
        "Łódź: kiedy remont?",
        "متى نحصل على الرواتب؟",
        "我们什么时候搬到新办公室？",
        "ガソリン代は出ますか",
        "사무실은 언제 이전하나요?",
        "Où est le café?",
    ]));
    for (text, question) in [
        ("strasse", 0),
        ("STRAẞE", 0),
        ("oeffnet", 0),
        ("offnet", 0),
        ("zu\u{308}rich", 0),
        ("Ｚürich", 0),
        ("ISTANBUL", 1),
        ("calisma degisecek", 1),
        ("ÇALIŞMA", 1),
        ("lodz", 2),
        ("LO\u{301}DZ\u{301}", 2),
        ("رواتب", 3),
        ("الرَّوَاتِب", 3),
        ("办公室", 4),
        ("ｶﾞｿﾘﾝ", 5),
        ("カ\u{3099}ソリン", 5),
        ("사무실", 6),
        ("\u{1109}\u{1161}\u{1106}\u{116E}\u{1109}\u{1175}\u{11AF}", 6),
        ("cafe ou", 7),
        ("CAFE\u{301}", 7),
    ] {
        assert_eq!(found(&index, text), [question], "{}", text.escape_unicode());
    }
}

#[test]
fn every_word_must_be_there_and_a_typo_is_forgiven() {
    let index = SearchIndex::of(&board(&["Parking at the new office?", "Office hours?", "When is parking free?"]));
    for (text, questions) in [
        ("parking", &[0, 2][..]),
        ("office parking", &[0]),
        ("off", &[0, 1]),
        ("parkng", &[0, 2]),
        ("offcie hours", &[1]),
        ("salary", &[]),
        ("office salary", &[]),
    ] {
        assert_eq!(found(&index, text), questions, "{text}");
    }
    for nothing in ["", "  ", "?!", "\u{200F}\u{202E}", "\u{0}"] {
        assert_eq!(index.find(nothing, &|_| true), None, "{nothing:?}");
    }
}

#[test]
fn a_word_says_more_in_a_question_than_in_what_is_around_it() {
    let mut index = SearchIndex::of(&board(&["Carpark?", "Parking fees?", "A park?", "An answer?", "A tag?"]));
    index.apply(&Event::Answered(QuestionAnswered {
        id: id(3),
        response_text: "In the park.".to_owned(),
        responded_at: Timestamp(1),
        status: Status::Answered,
    }));
    let tag = Tag { id: TagId(Uuid::nil()), name: "Parks".to_owned(), color: "#000000".to_owned() };
    index.apply(&Event::Tagged(QuestionTags { question_id: id(4), tags: vec![tag] }));
    let mut found = index.find("park", &|_| true).unwrap();
    found.sort_by_key(|(_, rank)| std::cmp::Reverse(*rank));
    assert_eq!(found.iter().map(|(question, _)| question.0.as_u128()).collect::<Vec<_>>(), [2, 1, 0, 4, 3]);
}

#[test]
fn only_what_may_be_seen_is_searched() {
    let index = SearchIndex::of(&board(&["Parking one", "Parking two", "Parking three"]));
    let found = index.find("parking", &|question| question == id(1)).unwrap();
    assert_eq!(found.into_iter().map(|(question, _)| question).collect::<Vec<_>>(), [id(1)]);
    let similar = index.similar("parking", 3, &|question| question == id(1));
    assert_eq!(similar.iter().map(|similar| similar.question).collect::<Vec<_>>(), [id(1)]);
}

#[test]
fn the_most_alike_comes_first_and_the_text_itself_is_wholly_alike() {
    let texts = ["When do we move to the new office?", "When is the new menu due?", "Who pays for the parking?"];
    let index = SearchIndex::of(&board(&texts));
    assert_eq!(alike(&index, "when are we moving into our new ofice")[0], 0);
    for (at, text) in texts.iter().enumerate() {
        let first = index.similar(text, 1, &|_| true);
        assert_eq!(first[0].question, id(at as u128));
    }
    assert!(alike(&index, "Bananas").is_empty());
    assert!(alike(&SearchIndex::default(), "Bananas").is_empty());
}

#[test]
fn strange_texts_are_searched_like_others() {
    let index = SearchIndex::of(&board(&["a.*(b|c)+[^d]\\", "Why?\u{0}", "שלום", "👩‍👩‍👧"]));
    let long = "word ".repeat(2_000);
    for text in [".*", "(", "[", "\\", "%", "'", "a.*(b|c)+[^d]\\", &long, &"字".repeat(10_000), "\u{202E}why\u{202C}"]
    {
        let _any = (index.find(text, &|_| true), index.similar(text, 3, &|_| true));
    }
    assert_eq!(found(&index, "\u{202E}why\u{202C}"), [1]);
}

/// Two thousand questions of ordinary length, each with a word of its own.
fn many() -> Board {
    let words =
        ["salary", "parking", "office", "remote", "training", "holiday", "budget", "canteen", "bonus", "strategy"];
    let texts: Vec<String> = (0..2_000_usize)
        .map(|n| {
            let word = |k: usize| words[(n * 7 + k * 13 + n / 11) % words.len()];
            format!("When will the {} for {} in area{n} be {} and does {} change?", word(0), word(1), word(2), word(3))
        })
        .collect();
    board(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn two_thousand_questions_take_less_than_five_megabytes() {
    let index = SearchIndex::of(&many());
    assert!(index.bytes() < 5_000_000, "{}", index.bytes());
    assert_eq!(found(&index, "area1234"), [1234]);
    assert_eq!(alike(&index, "area1234 parking")[0], 1234);
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "parking",
        "Parkplatz",
        "the",
        "when",
        "Gehälter",
        "salary",
        "salaries",
        "office",
        "我们",
        "办公室",
        "رواتب",
        "новый",
        "?",
    ]);
    vec(word, 0..6).prop_map(|words| words.join(" "))
}

fn tag() -> impl Strategy<Value = Tag> {
    (0..3_u128, words()).prop_map(|(n, name)| Tag { id: TagId(Uuid::from_u128(n)), name, color: "#3B82F6".to_owned() })
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL.to_vec())
}

fn fact() -> impl Strategy<Value = Event> {
    let question = || (0..80_u128).prop_map(id);
    prop_oneof![
        6 => (0..80_u128, words(), status(), vec(tag(), 0..2)).prop_map(|(number, body, status, tags)| {
            match created(number, &body) {
                Event::Created(data) => Event::Created(QuestionCreated { status, tags, author_name: Some(body), ..data }),
                other => other,
            }
        }),
        2 => (question(), words(), status(), prop::option::of(words())).prop_map(|(id, body, status, response_text)| {
            Event::Updated(QuestionUpdated { id, body, status, responded_at: Some(Timestamp(2)), response_text })
        }),
        1 => (question(), words(), status()).prop_map(|(id, response_text, status)| {
            Event::Answered(QuestionAnswered { id, response_text, responded_at: Timestamp(3), status })
        }),
        1 => (question(), vec(tag(), 0..3)).prop_map(|(question_id, tags)| Event::Tagged(QuestionTags { question_id, tags })),
        2 => question().prop_map(|question_id| Event::Removed(QuestionRef { question_id })),
        1 => (question(), question()).prop_map(|(question_id, into)| Event::Merged(QuestionMerged { question_id, into })),
        1 => tag().prop_map(Event::TagUpdated),
        1 => (0..3_u128).prop_map(|n| Event::TagDeleted(Gone { id: Uuid::from_u128(n) })),
        1 => (0..9_u128).prop_map(|n| Event::TeamArchived(Gone { id: Uuid::from_u128(n) })),
    ]
}

/// What there is to know of an index, whatever the way it came about.
type Known = (Vec<(QuestionId, Entry, Vec<(TagId, Box<str>)>)>, BTreeMap<QuestionId, Vec<features::Feature>>);

fn known(index: &SearchIndex) -> Known {
    let entries = index.entries.iter().map(|(id, entry)| {
        let mut entry = entry.clone();
        let mut tags = entry.take_tags();
        tags.sort();
        (*id, entry, tags)
    });
    (entries.collect(), index.postings.by_question())
}

proptest! {
    /// The law of the index: after any facts it is the index of the board.
    #[test]
    fn the_index_follows_its_board(facts in vec(fact(), 0..160), text in words()) {
        let mut board = Board::empty(TenantId(Uuid::nil()), Cursor { epoch: EPOCH, seq: 0 });
        let mut index = SearchIndex::of(&board);
        for (at, fact) in facts.iter().enumerate() {
            let _ = board.apply(Some(Cursor { epoch: EPOCH, seq: at as i64 + 1 }), fact);
            index.apply(fact);
        }
        let anew = SearchIndex::of(&board);
        prop_assert_eq!(known(&index), known(&anew));
        prop_assert_eq!(index.len(), board.questions.len());
        prop_assert_eq!(index.find(&text, &|_| true), anew.find(&text, &|_| true));
        prop_assert_eq!(index.similar(&text, 20, &|_| true), anew.similar(&text, 20, &|_| true));
        for (question, _) in index.find(&text, &|_| true).unwrap_or_default() {
            prop_assert!(board.questions[&question].status != Status::UnderReview);
        }
    }

    #[test]
    fn what_was_removed_is_found_no_more(texts in vec(words(), 1..60), gone in any::<prop::sample::Index>()) {
        let mut index = SearchIndex::of(&board(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
        let gone = id(gone.index(texts.len()) as u128);
        index.apply(&Event::Removed(QuestionRef { question_id: gone }));
        for text in &texts {
            prop_assert!(index.find(text, &|_| true).unwrap_or_default().iter().all(|(question, _)| *question != gone));
            prop_assert!(index.similar(text, 20, &|_| true).iter().all(|similar| similar.question != gone));
        }
    }

    #[test]
    fn what_is_folded_stays_as_it_is(text in any::<String>(), more in "[a-zA-Zäöüßæéłİı가각がカ\u{3099}\u{309A}\u{1161}ａｶﾞ ]{0,20}") {
        for text in [text, more] {
            let once = fold(&text, usize::MAX);
            prop_assert_eq!(fold(&once, usize::MAX), once.clone(), "{}", text.escape_unicode());
            prop_assert!(same_text(&text, &text));
        }
    }

    /// The beginning of a text folds to the beginning of what the text folds to: a word is found while it is typed.
    #[test]
    fn a_word_is_found_from_its_first_letters_on(text in "[a-zäöüßéł]{1,12}", cut in any::<prop::sample::Index>()) {
        let index = SearchIndex::of(&board(&[&format!("x {text} y")]));
        let typed: String = text.chars().take(cut.index(text.chars().count()) + 1).collect();
        prop_assert_eq!(found(&index, &typed), [0]);
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>(), searched in any::<String>()) {
        let index = SearchIndex::of(&board(&[&text]));
        let _any = (index.find(&searched, &|_| true), index.similar(&searched, 3, &|_| true));
        if !fold(&text, usize::MAX).is_empty() {
            prop_assert_eq!(alike(&index, &text).len().min(1), usize::from(!features(&text).is_empty()));
        }
    }
}
