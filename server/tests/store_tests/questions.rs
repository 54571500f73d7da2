//! Questions through their life: what each change makes of them, and which fact it leaves.

use std::sync::Arc;

use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, QuestionAnswered, QuestionCreated, QuestionFrozen, QuestionPinned, QuestionTags};
use pulsestage::moderation::Hold;
use pulsestage::ports::{BoardStore, ModerationStore, NewQuestion, QuestionStore, Store, StoreError, TagStore};
use pulsestage::question::{Answer, Stamp, Status};

use crate::stage::{START, Stage, stories};

stories![
    a_question_is_asked,
    one_asker_has_so_many_open_questions_and_no_more,
    the_same_text_is_asked_again_only_on_purpose,
    of_two_equal_questions_at_once_one_is_asked,
    whether_anything_can_be_written_is_tried,
    an_answer_is_given_and_changed,
    a_frozen_question_takes_no_answer,
    a_question_under_review_is_not_there,
    marks_are_set_and_lifted_once,
    tags_go_on_and_off_once,
];

async fn a_question_is_asked(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let hostile = "Why?\n<script>alert('x')</script> '; drop table questions; -- 🎉 日本 \u{202e}";
    let asked = stage.ask(&home, hostile).await;
    assert_eq!(
        (asked.body.as_str(), asked.status, asked.upvotes),
        (hostile.trim_end_matches([' ', '\u{202e}']), Status::Open, 0)
    );
    assert_eq!((asked.team_id, asked.created_at, asked.tags.len()), (home.team.id, START, 0));
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(board.questions[&asked.id], asked);
    let log = stage.log(home.tenant).await;
    let fact = log.last().unwrap();
    let envelope = fact.envelope.as_ref().unwrap();
    assert_eq!(envelope.event, Event::Created(QuestionCreated::of(&asked)));
    assert_eq!((fact.team, envelope.tenant_id, envelope.timestamp), (Some(home.team.id), home.tenant, START));
}

async fn one_asker_has_so_many_open_questions_and_no_more(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let new = |text: &str| NewQuestion { author: asker, most_open: Some(2), ..stage.new_question(home.team.id, text) };
    let ask = async |text: &str| stage.store.ask(stage.write(home.tenant), new(text)).await;
    let first = ask("One?").await.unwrap().id;
    let held = NewQuestion { hold: Some(Hold::PreModeration), ..new("Two?") };
    let (again, before) = (stage.write(home.tenant), stage.log(home.tenant).await.len());
    stage.store.ask(again, held.clone()).await.unwrap();
    let full = Err(StoreError::Refused(Refusal::LimitReached { what: Noun::Question }));
    assert_eq!(ask("Three?").await, full, "one that waits counts as well");
    let wider = NewQuestion { most_open: Some(3), ..new("Three?") };
    stage.store.ask(again, held).await.expect("what was done already is no further one");
    stage.store.ask(stage.write(home.tenant), wider).await.unwrap();
    assert_eq!(ask("Four?").await, full);
    assert!(stage.log(home.tenant).await.len() > before);
    stage.ask(&home, "Another's?").await;
    for (question, text) in [(first, "Yes.")] {
        stage.answer(&home, question, text).await.unwrap();
    }
    assert_eq!(ask("Four?").await, full, "two are open still");
    let other = stage.home("widgets").await;
    let elsewhere = NewQuestion { author: asker, most_open: Some(2), ..stage.new_question(other.team.id, "There?") };
    stage.store.ask(stage.write(other.tenant), elsewhere).await.unwrap();
}

async fn the_same_text_is_asked_again_only_on_purpose(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let new = |text: &str| NewQuestion { author: asker, only_once: true, ..stage.new_question(home.team.id, text) };
    let ask = async |new: NewQuestion| stage.store.ask(stage.write(home.tenant), new).await;
    let before = Err(StoreError::Refused(Refusal::ASKED_BEFORE));
    let (write, first) = (stage.write(home.tenant), new("Wann öffnet die Kantine?"));
    let asked = stage.store.ask(write, first.clone()).await.unwrap();
    assert_eq!(stage.store.ask(write, first).await.unwrap().id, asked.id, "a repeated request is no second question");
    for again in ["Wann öffnet die Kantine?", "wann oeffnet die  KANTINE", "Wann o\u{308}ffnet die Kantine??"] {
        assert_eq!(ask(new(again)).await, before, "{again}");
    }
    let log = stage.log(home.tenant).await.len();
    assert_eq!(ask(new("Wann öffnet die Kantine?")).await, before);
    assert_eq!(stage.log(home.tenant).await.len(), log, "a refusal is no fact");
    // Others ask what they like, and so does the asker once they said so, elsewhere, or when it is about something else.
    for other in [
        NewQuestion { author: stage.participant(), ..new("Wann öffnet die Kantine?") },
        NewQuestion { only_once: false, ..new("Wann öffnet die Kantine?") },
        new("Wann öffnet die Kantine wieder?"),
    ] {
        ask(other).await.unwrap();
    }
    let widgets = stage.home("widgets").await;
    let there = NewQuestion { author: asker, ..stage.new_question(widgets.team.id, "Wann öffnet die Kantine?") };
    stage.store.ask(stage.write(widgets.tenant), NewQuestion { only_once: true, ..there }).await.unwrap();
    // One that waits counts; one that has left the board does not.
    let held = ask(NewQuestion { hold: Some(Hold::PreModeration), ..new("Is this shown?") }).await.unwrap();
    assert_eq!(ask(new("Is this shown?")).await, before);
    stage.store.withdraw_own(stage.write(home.tenant), held.id, asker).await.unwrap();
    ask(new("Is this shown?")).await.unwrap();
}

async fn of_two_equal_questions_at_once_one_is_asked(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let asks = (0..8).map(|_| {
        let new = NewQuestion { author: asker, only_once: true, ..stage.new_question(home.team.id, "Twice?") };
        let (stage, write) = (stage.clone(), stage.write(home.tenant));
        tokio::spawn(async move { stage.store.ask(write, new).await })
    });
    let mut taken = 0;
    for ask in asks.collect::<Vec<_>>() {
        match ask.await.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error, StoreError::Refused(Refusal::ASKED_BEFORE)),
        }
    }
    assert_eq!(taken, 1);
}

async fn whether_anything_can_be_written_is_tried(stage: Arc<Stage>) {
    for ms in 0..3 {
        stage.store.probe(START.plus_millis(ms)).await.unwrap();
    }
}

async fn an_answer_is_given_and_changed(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "When?").await.id;
    for (text, ms) in [("Soon.", 1), ("In Q2.", 2)] {
        let at = START.plus_millis(ms);
        let text = pulsestage::text::AnswerText::parse(text).unwrap();
        let answered = stage
            .store
            .answer(stage.write_at(home.tenant, at), question, text.clone(), None, home.moderator)
            .await
            .unwrap();
        assert_eq!(answered.status, Status::Answered);
        assert_eq!(answered.answer, Some(Answer { response_text: text.to_string(), responded_at: at }));
        let said = QuestionAnswered {
            id: question,
            response_text: text.to_string(),
            responded_at: at,
            status: Status::Answered,
        };
        assert_eq!(stage.log(home.tenant).await.last().unwrap().event(), Some(&Event::Answered(said)));
        assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions[&question], answered);
    }
}

async fn a_frozen_question_takes_no_answer(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Frozen?").await.id;
    let frozen = stage.freeze(&home, question, true).await.unwrap();
    let before = stage.log(home.tenant).await.len();
    assert_eq!(stage.answer(&home, question, "No.").await, Err(StoreError::Refused(Refusal::Frozen)));
    assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions[&question], frozen);
    assert_eq!(stage.log(home.tenant).await.len(), before);
    stage.freeze(&home, question, false).await.unwrap();
    stage.answer(&home, question, "Now I may.").await.unwrap();
}

async fn a_question_under_review_is_not_there(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Held back?").await.id;
    stage.sneak("update questions set status = 'UNDER_REVIEW'").await;
    let before = stage.log(home.tenant).await.len();
    let missing = Err(StoreError::Refused(Refusal::NotFound { what: Noun::Question }));
    assert_eq!(stage.answer(&home, question, "No.").await, missing);
    for on in [true, false] {
        assert_eq!(stage.freeze(&home, question, on).await, missing);
        assert_eq!(stage.store.set_pinned(stage.write(home.tenant), question, on, home.moderator).await, missing);
        assert_eq!(stage.store.set_tag(stage.write(home.tenant), question, home.tag.id, on).await, missing);
    }
    assert_eq!(stage.log(home.tenant).await.len(), before);
}

async fn marks_are_set_and_lifted_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Marked?").await.id;
    // Also on one that is answered.
    stage.answer(&home, question, "Yes.").await.unwrap();
    let start = stage.log(home.tenant).await.len();
    for (step, on) in (1..).zip([false, true, true, false, false, true]) {
        let write = || stage.write_at(home.tenant, START.plus_millis(step));
        let pinned = stage.store.set_pinned(write(), question, on, home.moderator).await.unwrap();
        let frozen = stage.store.set_frozen(write(), question, on, home.moderator).await.unwrap();
        // The third step asks for what the second did: the mark stays that of the second.
        let set_at = if step == 3 { 2 } else { step };
        let mark = on.then_some(Stamp { by: home.moderator, at: START.plus_millis(set_at) });
        assert_eq!((pinned.pinned, frozen.frozen), (mark, mark), "step {step}");
        assert_eq!(frozen.pinned, mark);
    }
    // Each fact has its place, and says how the question is marked now.
    let said: Vec<Event> =
        stage.log(home.tenant).await.split_off(start).into_iter().map(|fact| fact.envelope.unwrap().event).collect();
    let (by, at) = (Some(home.moderator), Some(START.plus_millis(6)));
    let pinned = QuestionPinned { question_id: question, is_pinned: true, pinned_by: by, pinned_at: at };
    let frozen = QuestionFrozen { question_id: question, is_frozen: true, frozen_by: by, frozen_at: at };
    let now = vec![Event::Pinned(pinned), Event::Frozen(frozen)];
    assert_eq!(said, [now.clone(), now.clone(), now].concat());
}

async fn tags_go_on_and_off_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Tagged?").await.id;
    let (zebra, apple) =
        (stage.tag(home.tenant, "zebra").await.unwrap(), stage.tag(home.tenant, "Äpfel").await.unwrap());
    let product = &home.tag;
    let start = stage.log(home.tenant).await.len();
    let set = async |tag: &pulsestage::tag::Tag, on| {
        stage.store.set_tag(stage.write(home.tenant), question, tag.id, on).await.unwrap().tags
    };
    assert_eq!(set(&zebra, false).await, []);
    assert_eq!(set(&zebra, true).await, std::slice::from_ref(&zebra));
    assert_eq!(set(product, true).await, [product.clone(), zebra.clone()]);
    assert_eq!(set(product, true).await, [product.clone(), zebra.clone()]);
    assert_eq!(set(&apple, true).await, [product.clone(), zebra.clone(), apple.clone()]);
    assert_eq!(set(&zebra, false).await, [product.clone(), apple.clone()]);
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(board.questions[&question].tags, [product.clone(), apple.clone()]);
    assert_eq!(board.tags, [product.clone(), zebra.clone(), apple.clone()]);

    let said: Vec<Event> =
        stage.log(home.tenant).await.split_off(start).into_iter().map(|fact| fact.envelope.unwrap().event).collect();
    // Each fact has its place, and says which tags are on it now.
    let now = || QuestionTags { question_id: question, tags: vec![product.clone(), apple.clone()] };
    let expected = [now(), now(), now()].map(Event::Tagged).into_iter().chain([Event::Untagged(now())]);
    assert_eq!(said, expected.collect::<Vec<_>>());
}
