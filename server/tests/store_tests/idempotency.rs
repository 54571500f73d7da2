//! The same key twice is the same write once, also when both come at once.

use std::sync::Arc;

use pulsestage::error::Refusal;
use pulsestage::id::{QuestionId, TagId, TeamId};
use pulsestage::ports::{
    BoardStore, LinkStore, NewQuestion, NewTeam, QuestionStore, StoreError, StoreResult, TagStore, TeamStore,
    VoteStore, Write,
};
use pulsestage::text::{AnswerText, Color, Name, Slug};
use pulsestage::user::Role;
use tokio::task::JoinSet;

use crate::stage::{Home, Stage, ballot, body, stories};

stories![
    a_repeated_write_is_done_once,
    twins_at_once_are_done_once,
    a_repetition_returns_what_is_there_now,
    a_key_is_not_used_for_something_else,
    a_refused_write_leaves_its_key_unused,
    keys_of_two_writers_never_meet,
];

/// Each kind of write; the number tells apart what else is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum WriteKind {
    Ask(u8),
    Vote,
    Withdraw,
    Answer(u8),
    Tag,
    Untag,
    Pin,
    Unpin,
    Freeze,
    Unfreeze,
    CreateTeam(u8),
    CreateTag(u8),
}

const KINDS: [WriteKind; 15] = [
    WriteKind::Ask(0),
    WriteKind::Ask(1),
    WriteKind::Vote,
    WriteKind::Withdraw,
    WriteKind::Tag,
    WriteKind::Untag,
    WriteKind::Pin,
    WriteKind::Unpin,
    WriteKind::Answer(0),
    WriteKind::Answer(1),
    WriteKind::Freeze,
    WriteKind::Unfreeze,
    WriteKind::CreateTeam(0),
    WriteKind::CreateTag(0),
    WriteKind::CreateTag(1),
];

/// Does it, as a request would: ids that the server makes are fresh each time. What came back, as text.
async fn act(stage: &Stage, home: &Home, question: QuestionId, kind: WriteKind, write: Write) -> StoreResult<String> {
    let (store, voter, by) = (&stage.store, pulsestage::id::ParticipantId(write.writer), home.moderator);
    let name = |number| Name::parse(&format!("Name {number}")).unwrap();
    Ok(match kind {
        WriteKind::Ask(number) => {
            let new = stage.new_question(home.team.id, &format!("Question {number}?"));
            format!("{:?}", store.ask(write, new).await?)
        }
        WriteKind::Vote => format!("{:?}", store.set_vote(write, ballot(question, voter, true)).await?),
        WriteKind::Withdraw => format!("{:?}", store.set_vote(write, ballot(question, voter, false)).await?),
        WriteKind::Answer(number) => {
            let text = AnswerText::parse(&format!("Answer {number}.")).unwrap();
            format!("{:?}", store.answer(write, question, text, None, by).await?)
        }
        WriteKind::Tag => format!("{:?}", store.set_tag(write, question, home.tag.id, true).await?),
        WriteKind::Untag => format!("{:?}", store.set_tag(write, question, home.tag.id, false).await?),
        WriteKind::Pin => format!("{:?}", store.set_pinned(write, question, true, by).await?),
        WriteKind::Unpin => format!("{:?}", store.set_pinned(write, question, false, by).await?),
        WriteKind::Freeze => format!("{:?}", store.set_frozen(write, question, true, by).await?),
        WriteKind::Unfreeze => format!("{:?}", store.set_frozen(write, question, false, by).await?),
        WriteKind::CreateTeam(number) => {
            let slug = Slug::parse(&format!("team-{}", stage.next())).unwrap();
            let new = NewTeam { id: TeamId(stage.id()), slug, name: name(number), code: stage.code() };
            format!("{:?}", store.create_team(write, new).await?)
        }
        WriteKind::CreateTag(number) => {
            let color = Color::parse("#10B981").unwrap();
            format!("{:?}", store.create_tag(write, TagId(stage.id()), name(number), color).await?)
        }
    })
}

async fn a_repeated_write_is_done_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Twice?").await.id;
    for kind in KINDS {
        let write = stage.write(home.tenant);
        let first = act(&stage, &home, question, kind, write).await.unwrap();
        let after_one = stage.store.snapshot(home.tenant, None).await.unwrap();
        let later = Write { at: write.at.plus_millis(5), ..write };
        assert_eq!(act(&stage, &home, question, kind, later).await.unwrap(), first, "{kind:?}");
        assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap(), after_one, "{kind:?}");
    }
    stage.log(home.tenant).await;
}

async fn twins_at_once_are_done_once(stage: Arc<Stage>) {
    let home = Arc::new(stage.home("acme").await);
    let question = stage.ask(&home, "At once?").await.id;
    for kind in KINDS {
        let before = stage.log(home.tenant).await.len();
        let write = stage.write(home.tenant);
        let mut twins = JoinSet::new();
        for _ in 0..6 {
            let (stage, home) = (stage.clone(), home.clone());
            twins.spawn(async move { act(&stage, &home, question, kind, write).await.unwrap() });
        }
        let answers = twins.join_all().await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{kind:?}: {answers:?}");
        let facts = stage.log(home.tenant).await.len() - before;
        let expected = usize::from(!matches!(kind, WriteKind::Vote | WriteKind::Withdraw));
        assert_eq!(facts, expected, "{kind:?}");
    }
    assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.len(), 3);
}

async fn a_repetition_returns_what_is_there_now(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (asking, author) = (stage.write(home.tenant), stage.participant());
    let new = || NewQuestion {
        id: QuestionId(stage.id()),
        team: home.team.id,
        body: body("What is there now?"),
        author,
        hold: None,
        author_name: None,
        only_once: false,
        most_open: None,
    };
    let question = stage.store.ask(asking, new()).await.unwrap().id;
    let voting = stage.write(home.tenant);
    assert_eq!(stage.store.set_vote(voting, ballot(question, author, true)).await.unwrap().upvotes, 1);
    stage.vote(&home, question, author, false).await.unwrap();
    stage.vote(&home, question, stage.participant(), true).await.unwrap();
    stage.vote(&home, question, stage.participant(), true).await.unwrap();
    // The vote was taken back since, and the repetition does not cast it again.
    let receipt = stage.store.set_vote(voting, ballot(question, author, true)).await.unwrap();
    assert_eq!((receipt.up, receipt.upvotes), (false, 2));
    let answered = stage.answer(&home, question, "This.").await.unwrap();
    assert_eq!(stage.store.ask(asking, new()).await.unwrap(), answered);
    // The question is closed by now; the repetition of an old vote is still no new vote to be refused.
    assert!(stage.store.set_vote(voting, ballot(question, author, true)).await.is_ok());
}

async fn a_key_is_not_used_for_something_else(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (question, other) = (stage.ask(&home, "This?").await.id, stage.ask(&home, "Or that?").await.id);
    let reused = Err(StoreError::Refused(Refusal::OperationReused));
    for used_for in KINDS {
        let write = stage.write(home.tenant);
        act(&stage, &home, question, used_for, write).await.unwrap();
        let before = stage.store.snapshot(home.tenant, None).await.unwrap();
        for kind in KINDS.into_iter().filter(|kind| *kind != used_for) {
            assert_eq!(act(&stage, &home, question, kind, write).await, reused, "{used_for:?} then {kind:?}");
        }
        // Nor for the same thing done to another question.
        if !matches!(used_for, WriteKind::Ask(_) | WriteKind::CreateTeam(_) | WriteKind::CreateTag(_)) {
            assert_eq!(act(&stage, &home, other, used_for, write).await, reused, "{used_for:?}");
        }
        assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap(), before, "{used_for:?}");
    }
}

async fn a_refused_write_leaves_its_key_unused(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Not yet?").await.id;
    stage.freeze(&home, question, true).await.unwrap();
    let (voting, answering) = (stage.write(home.tenant), stage.write(home.tenant));
    let refused = Err(StoreError::Refused(Refusal::Frozen));
    assert_eq!(act(&stage, &home, question, WriteKind::Vote, voting).await, refused);
    assert_eq!(act(&stage, &home, question, WriteKind::Answer(0), answering).await, refused);
    stage.freeze(&home, question, false).await.unwrap();
    assert!(act(&stage, &home, question, WriteKind::Vote, voting).await.is_ok());
    assert!(act(&stage, &home, question, WriteKind::Answer(0), answering).await.is_ok());
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(board.questions[&question].upvotes, 1);
    assert!(board.questions[&question].answer.is_some());
}

async fn keys_of_two_writers_never_meet(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let write = stage.write(home.tenant);
    let second_writer = Write { writer: stage.id(), ..write };
    let second_tenant = Write { tenant: other.tenant, ..write };
    let new = |home: &Home| NewQuestion { body: body("Same key?"), ..stage.new_question(home.team.id, "?") };
    let one = stage.store.ask(write, new(&home)).await.unwrap().id;
    let two = stage.store.ask(second_writer, new(&home)).await.unwrap().id;
    let three = stage.store.ask(second_tenant, new(&other)).await.unwrap().id;
    assert!(one != two && two != three);
    let (link, session) = stage.link(home.tenant, Role::Moderator);
    stage.store.put_link(link).await.unwrap();
    assert!(stage.store.redeem_link(link.hash, session).await.unwrap().is_some());
    assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.len(), 2);
}
