//! Texts: taken away by their writers and by nobody else, erased everywhere, and kept as long as a tenant says.

use std::sync::Arc;

use pulsestage::audit::{Filter, PageCursor};
use pulsestage::error::Refusal;
use pulsestage::id::{MessageId, ParticipantId, QuestionId};
use pulsestage::moderation::{Note, ReviewDecision, Standing};
use pulsestage::ports::{
    AuditStore, BoardStore, LogStore, ModerationStore, NewQuestion, QuestionStore, ReportStore, StoreError, TextStore,
    ThreadReader, ThreadStore, Write,
};
use pulsestage::retention::{REMOVED, Retention, Written};
use pulsestage::text::{MessageBody, Name};
use pulsestage::time::{DAY_MS, Timestamp};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::stage::{Home, START, Stage, body, stories};
use crate::taken_back::are_gone_from;

stories![
    somebody_takes_away_all_of_theirs_and_nothing_of_others,
    what_is_erased_is_nowhere,
    erasing_leaves_votes_and_others_alone,
    an_erased_question_does_not_come_back,
    old_texts_go_and_numbers_stay,
    a_hold_keeps_everything,
    a_text_that_is_written_again_goes_again,
    the_retention_is_noted_and_kept,
];

/// Words that are in no other text.
const SECRETS: [&str; 8] = [
    "quokkabody",
    "quokkafirst",
    "quokkaanswer",
    "quokkathread",
    "quokkareply",
    "quokkareason",
    "Quokkaname",
    "quokkadraft",
];

/// One participant with something of everything.
struct ContentAuthor {
    id: ParticipantId,
    question: QuestionId,
    /// Their question's key.
    asking: (Write, NewQuestion),
    /// Somebody else's question, which they reported and voted for.
    other: QuestionId,
}

fn at(moment: i64) -> Timestamp {
    START.plus_millis(moment)
}

async fn said(stage: &Stage, home: &Home, question: QuestionId, by: ThreadReader, text: &str) {
    let message = MessageId(stage.id());
    let text = MessageBody::parse(text).unwrap();
    stage.store.say(stage.write(home.tenant), question, by, message, text).await.unwrap();
}

async fn writer(stage: &Stage, home: &Home) -> ContentAuthor {
    let (store, by) = (&stage.store, home.moderator);
    let id = stage.participant();
    let new = NewQuestion {
        author: id,
        body: body("quokkafirst, is it?"),
        author_name: Some(Name::parse("Quokkaname").unwrap()),
        ..stage.new_question(home.team.id, "?")
    };
    let write = Write { writer: id.0, ..stage.write(home.tenant) };
    let question = store.ask(write, new.clone()).await.unwrap().id;
    let edit = ReviewDecision::Edit { body: body("quokkabody, is it?") };
    store.decide(stage.write(home.tenant), question, edit, None, by).await.unwrap();
    let draft = Note::Draft(Some("quokkadraft so far".to_owned()));
    said(stage, home, question, ThreadReader::Asker(id), "quokkathread, please").await;
    said(stage, home, question, ThreadReader::Moderator(by), "quokkareply, surely").await;
    store.set_thread_link(stage.write(home.tenant), question, id, Some(stage.hash())).await.unwrap();
    stage.answer(home, question, "quokkaanswer, perhaps").await.unwrap();
    store.remark(stage.write(home.tenant), question, draft, by).await.unwrap();
    let other = stage.ask(home, "Somebody else's?").await.id;
    stage.vote(home, other, id, true).await.unwrap();
    store.report(stage.write(home.tenant), other, id, "quokkareason, really".to_owned()).await.unwrap();
    ContentAuthor { id, question, asking: (write, new), other }
}

/// Everything of every table that may hold a text.
async fn everything(stage: &Stage) -> String {
    const TABLES: [&str; 6] = [
        "select coalesce(string_agg(coalesce(body, '') || coalesce(original_body, '') || coalesce(response_text, '') \
         || coalesce(draft_text, '') || coalesce(author_name, '') || coalesce(label, '') || coalesce(removal_reason, '') \
         || coalesce(hold_reason, ''), ' '), '') from questions",
        "select coalesce(string_agg(body, ' '), '') from thread_messages",
        "select coalesce(string_agg(reason, ' '), '') from reports",
        "select coalesce(string_agg(coalesce(before, '') || coalesce(after, ''), ' '), '') from audit_log \
         where action = 'change_retention'",
        "select coalesce(string_agg(cast(e.type as text), ' '), '') from events e",
        "select cast(count(*) as text) from thread_links where tenant_id is null",
    ];
    let mut all = String::new();
    for sql in TABLES {
        let text: String = if let Some(path) = stage.url.strip_prefix("sqlite://") {
            let mut file = SqliteConnection::connect(path).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut file).await.unwrap()
        } else {
            let mut server = PgConnection::connect(&stage.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut server).await.unwrap()
        };
        all += &text;
    }
    all
}

async fn somebody_takes_away_all_of_theirs_and_nothing_of_others(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (mine, theirs) = (writer(&stage, &home).await, writer(&stage, &home).await);
    let written = stage.store.written_by(home.tenant, mine.id).await.unwrap();
    let [question] = &written.questions[..] else { panic!("{written:?}") };
    assert_eq!((question.id, question.standing, question.votes), (mine.question, Standing::Answered, 0));
    assert_eq!(question.text, "quokkabody, is it?");
    assert_eq!(question.original_text.as_deref(), Some("quokkafirst, is it?"));
    assert_eq!(question.name.as_deref(), Some("Quokkaname"));
    assert_eq!(question.answer.as_deref(), Some("quokkaanswer, perhaps"));
    assert_eq!(question.messages.len(), 2);
    assert_eq!(written.reports.iter().map(|report| report.question_id).collect::<Vec<_>>(), [mine.other]);
    assert_eq!(written.votes.iter().map(|vote| vote.question_id).collect::<Vec<_>>(), [mine.other]);
    let json = serde_json::to_string(&written).unwrap();
    for id in [mine.id.0, theirs.id.0, home.moderator.0] {
        assert!(!json.contains(&id.to_string()), "an id of a person");
    }
    assert!(!json.contains("quokkadraft"), "a draft is the moderators'");
    let elsewhere = stage.home("widgets").await;
    assert_eq!(stage.store.written_by(elsewhere.tenant, mine.id).await.unwrap(), Written::default());
}

async fn what_is_erased_is_nowhere(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let mine = writer(&stage, &home).await;
    let before = everything(&stage).await;
    for secret in SECRETS {
        assert!(before.contains(secret), "{secret} was never there");
    }
    let erased = stage.store.erase_written(stage.write(home.tenant), mine.id).await.unwrap();
    assert_eq!((erased.questions, erased.reports), (1, 1));
    are_gone_from(&stage.url, &SECRETS).await;
    let again = stage.store.erase_written(stage.write(home.tenant), mine.id).await.unwrap();
    assert_eq!((again.questions, again.reports), (0, 0), "there is nothing left of it");
    let written = stage.store.written_by(home.tenant, mine.id).await.unwrap();
    assert_eq!(written.questions[0].standing, Standing::Withdrawn);
    assert_eq!((written.questions[0].text.as_str(), written.questions[0].messages.len()), ("", 0));
    // The key stays used, and what it was used for is not told by its hash.
    let (write, new) = mine.asking;
    assert_eq!(stage.store.ask(write, new).await.unwrap_err(), StoreError::Refused(Refusal::OperationReused));
}

async fn erasing_leaves_votes_and_others_alone(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (mine, theirs) = (writer(&stage, &home).await, writer(&stage, &home).await);
    let open = stage.ask(&home, "Open?").await.id;
    stage.vote(&home, open, mine.id, true).await.unwrap();
    let head = stage.store.head(home.tenant).await.unwrap();
    let before = stage.store.written_by(home.tenant, theirs.id).await.unwrap();
    stage.store.erase_written(stage.write(home.tenant), mine.id).await.unwrap();
    assert_eq!(stage.store.written_by(home.tenant, theirs.id).await.unwrap(), before);
    let board = stage.store.snapshot(home.tenant, Some(mine.id)).await.unwrap();
    assert!(!board.board.questions.contains_key(&mine.question), "it is off the board, answered as it was");
    assert!(board.board.questions.contains_key(&theirs.question));
    assert_eq!(board.board.questions[&open].upvotes, 1);
    assert!(board.voted.contains(&open) && board.voted.contains(&mine.other), "votes stay");
    assert_eq!(stage.store.case(home.tenant, mine.other).await.unwrap().reports, 1, "so does that it was reported");
    assert_eq!(stage.store.recount(home.tenant).await.unwrap().1.len(), 0);
    let facts = stage.store.facts_after(home.tenant, head.seq, 100).await.unwrap();
    let told = serde_json::to_string(&facts.iter().map(|fact| format!("{fact:?}")).collect::<Vec<_>>()).unwrap();
    assert!(told.contains("Removed"), "screens that are open lose it: {told}");
}

async fn an_erased_question_does_not_come_back(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let mine = writer(&stage, &home).await;
    stage
        .store
        .decide(stage.write(home.tenant), mine.question, ReviewDecision::Delete, None, home.moderator)
        .await
        .unwrap();
    stage.store.erase_written(stage.write(home.tenant), mine.id).await.unwrap();
    for verdict in [ReviewDecision::Undelete, ReviewDecision::Restore, ReviewDecision::Approve] {
        let refused = stage.store.decide(stage.write(home.tenant), mine.question, verdict, None, home.moderator).await;
        assert_eq!(refused.unwrap_err(), StoreError::Refused(Refusal::NotNow));
    }
}

/// What a tenant keeps for so many days.
async fn keep_for(stage: &Stage, home: &Home, days: Option<u32>, hold: bool) -> Retention {
    let new = Retention { days, hold_since: hold.then_some(START) };
    stage.store.set_retention(stage.write(home.tenant), new, Some(home.moderator)).await.unwrap()
}

async fn expire(stage: &Stage, home: &Home, now: Timestamp) -> u64 {
    let mut all = 0;
    loop {
        let removed = stage.store.remove_expired(stage.write_at(home.tenant, now), 10).await.unwrap();
        all += removed;
        if removed == 0 {
            return all;
        }
    }
}

async fn old_texts_go_and_numbers_stay(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let (mine, theirs) = (writer(&stage, &home).await, stage.ask(&other, "quokkabody of another tenant?").await.id);
    let open = stage.ask(&home, "quokkabody, open?").await.id;
    let voter = stage.participant();
    stage.vote(&home, open, voter, true).await.unwrap();
    assert_eq!(expire(&stage, &home, at(1_000 * DAY_MS)).await, 0, "everything is kept unless somebody says otherwise");
    keep_for(&stage, &home, Some(30), false).await;
    assert_eq!(expire(&stage, &home, at(30 * DAY_MS)).await, 0, "none of it is older");
    assert!(expire(&stage, &home, at(30 * DAY_MS + 1)).await > 0);
    let board = stage.store.snapshot(home.tenant, Some(voter)).await.unwrap();
    let question = &board.board.questions[&open];
    assert_eq!((question.body.as_str(), question.upvotes), (REMOVED, 1));
    let question = &board.board.questions[&mine.question];
    assert_eq!((question.body.as_str(), question.author_name.as_deref()), (REMOVED, None));
    assert_eq!(question.answer.as_ref().unwrap().response_text, REMOVED);
    assert_eq!(board.voted, [open]);
    let theirs = stage.store.case(other.tenant, theirs).await.unwrap();
    assert_eq!(theirs.question.body, "quokkabody of another tenant?");
    stage
        .store
        .decide(stage.write(other.tenant), theirs.question.id, ReviewDecision::Delete, None, other.moderator)
        .await
        .unwrap();
    stage.sneak("update questions set body = '' where body like '%another tenant%'").await;
    stage.store.remove_expired(stage.write_at(home.tenant, at(31 * DAY_MS)), 10).await.unwrap();
    let after = everything(&stage).await;
    for secret in SECRETS {
        assert!(!after.contains(secret), "{secret} is there still");
    }
    assert_eq!(expire(&stage, &home, at(31 * DAY_MS)).await, 0, "once is enough");
}

async fn a_hold_keeps_everything(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    writer(&stage, &home).await;
    let before = everything(&stage).await;
    let held = keep_for(&stage, &home, Some(1), true).await;
    assert_eq!(held.hold_since, Some(START));
    assert_eq!(expire(&stage, &home, at(100 * DAY_MS)).await, 0);
    assert!(everything(&stage).await.starts_with(&before[..20]));
    keep_for(&stage, &home, Some(1), false).await;
    assert!(expire(&stage, &home, at(100 * DAY_MS)).await > 0);
}

async fn a_text_that_is_written_again_goes_again(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let new = NewQuestion { author: asker, ..stage.new_question(home.team.id, "quokkafirst?") };
    let question = stage.store.ask(stage.write(home.tenant), new).await.unwrap().id;
    keep_for(&stage, &home, Some(1), false).await;
    assert!(expire(&stage, &home, at(2 * DAY_MS)).await > 0);
    let later = stage.write_at(home.tenant, at(2 * DAY_MS));
    stage.store.edit_own(later, question, asker, body("quokkabody?"), None).await.unwrap();
    stage.answer(&home, question, "quokkaanswer").await.unwrap();
    assert!(expire(&stage, &home, at(2 * DAY_MS)).await > 0);
    let after = everything(&stage).await;
    assert!(!after.contains("quokka"), "{after}");
}

async fn the_retention_is_noted_and_kept(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    assert_eq!(stage.store.retention(home.tenant).await.unwrap(), Retention::default());
    let write = stage.write(home.tenant);
    let new = Retention { days: Some(30), hold_since: None };
    for _ in 0..2 {
        assert_eq!(stage.store.set_retention(write, new, Some(home.moderator)).await.unwrap(), new);
    }
    let held = Retention { days: Some(30), hold_since: Some(at(5)) };
    assert_eq!(stage.store.set_retention(stage.write_at(home.tenant, at(5)), held, None).await.unwrap(), held);
    let again = Retention { days: Some(60), hold_since: Some(at(9)) };
    let kept = stage.store.set_retention(stage.write_at(home.tenant, at(9)), again, None).await.unwrap();
    assert_eq!(kept, Retention { days: Some(60), hold_since: Some(at(5)) }, "a hold keeps its beginning");
    assert_eq!(stage.store.retention(home.tenant).await.unwrap(), kept);
    assert_eq!(stage.store.retention(other.tenant).await.unwrap(), Retention::default());
    let filter = Filter { action: Some("change_retention".to_owned()), ..Filter::default() };
    let noted = stage.store.audit(home.tenant, &filter, PageCursor::NEWEST, 10).await.unwrap();
    assert_eq!(noted.len(), 3, "{noted:?}");
    assert_eq!(noted.iter().filter(|record| record.by.is_none()).count(), 2);
}
