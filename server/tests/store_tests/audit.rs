//! The audit: one entry for each thing that was done, none for what was not, and none ever changes.

use std::sync::Arc;

use pulsestage::audit::{Act, Entry, Filter, Outcome, PageCursor, Record};
use pulsestage::id::{TenantId, UserId};
use pulsestage::permission::Action;
use pulsestage::ports::{AuditStore, Ending, LinkStore, QuestionStore, SessionStore, TagStore};
use pulsestage::text::AnswerText;
use pulsestage::user::Role;
use pulsestage_server::store::sql;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

use crate::stage::{START, Stage, stories};

stories![
    each_act_leaves_one_entry,
    what_changes_nothing_leaves_none,
    entries_never_change,
    entries_are_pruned_by_age_and_in_no_other_way,
    the_audit_is_read_page_by_page,
    the_audit_is_filtered,
    nobody_reads_another_tenants,
];

/// All of a tenant's entries, oldest first.
async fn all(stage: &Stage, tenant: TenantId) -> Vec<Record> {
    let mut all = stage.store.audit(tenant, &Filter::default(), PageCursor::NEWEST, 1_000).await.unwrap();
    all.reverse();
    all
}

fn answer(text: &str) -> AnswerText {
    AnswerText::parse(text).unwrap()
}

async fn each_act_leaves_one_entry(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Why?").await.id;
    let (tenant, by) = (home.tenant, home.moderator);
    let begun = all(&stage, tenant).await;
    let words: Vec<&str> = begun.iter().map(|record| record.action.as_str()).collect();
    assert_eq!(words.len(), 3, "asking is no moderator's act: {words:?}");
    for word in ["sign_in", "create_team", "create_tag"] {
        assert!(words.contains(&word), "{word} is not in {words:?}");
    }

    let store = &stage.store;
    let at = |second: i64| stage.write_at(tenant, START.plus_millis(second * 1_000));
    store.answer(at(1), question, answer("Because."), None, by).await.unwrap();
    store.answer(at(2), question, answer("Because!!"), None, by).await.unwrap();
    for on in [true, false] {
        let second = if on { 3 } else { 6 };
        store.set_tag(at(second), question, home.tag.id, on).await.unwrap();
        store.set_pinned(at(second + 1), question, on, by).await.unwrap();
        store.set_frozen(at(second + 2), question, on, by).await.unwrap();
    }
    let expected = [
        (Act::Answer, Some(r#"{"answerLength":null}"#), Some(r#"{"answerLength":8}"#)),
        (Act::Answer, Some(r#"{"answerLength":8}"#), Some(r#"{"answerLength":9}"#)),
        (Act::Tag, None, Some(r#"{"tag":"Product"}"#)),
        (Act::Pin, Some(r#"{"pinned":false}"#), Some(r#"{"pinned":true}"#)),
        (Act::Freeze, Some(r#"{"frozen":false}"#), Some(r#"{"frozen":true}"#)),
        (Act::Untag, Some(r#"{"tag":"Product"}"#), None),
        (Act::Unpin, Some(r#"{"pinned":true}"#), Some(r#"{"pinned":false}"#)),
        (Act::Unfreeze, Some(r#"{"frozen":true}"#), Some(r#"{"frozen":false}"#)),
    ];
    let since: Vec<Record> = all(&stage, tenant).await.split_off(begun.len());
    assert_eq!(since.len(), expected.len(), "{since:?}");
    for (record, (act, before, after)) in since.iter().zip(expected) {
        assert_eq!(record.action, act.word());
        assert_eq!((record.before.as_deref(), record.after.as_deref()), (before, after), "{act:?}");
        assert_eq!((record.subject, record.outcome), (Some(question.0), Outcome::Done), "{act:?}");
        assert_eq!((record.team, record.team_name.as_deref()), (Some(home.team.id), Some("Engineering")), "{act:?}");
    }
    assert_eq!((since[0].by, since[0].by_name.as_deref()), (Some(by), Some("Moderator")));

    let (link, session) = stage.link(tenant, Role::Admin);
    store.put_link(link).await.unwrap();
    store.redeem_link(link.hash, session.clone()).await.unwrap().unwrap();
    let ending = Ending { at: START.plus_millis(9), ..stage.ending() };
    store.end_session(session.hash, ending).await.unwrap();
    let filter = Filter { by: Some(session.user), ..Filter::default() };
    let theirs = store.audit(tenant, &filter, PageCursor::NEWEST, 10).await.unwrap();
    let words: Vec<&str> = theirs.iter().map(|record| record.action.as_str()).collect();
    assert_eq!(words, ["sign_out", "sign_in"]);
    let named = Some(format!(r#"{{"session":"{}"}}"#, session.id));
    assert_eq!((&theirs[0].before, &theirs[1].after), (&named, &named));
}

async fn what_changes_nothing_leaves_none(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Why?").await.id;
    let store = &stage.store;
    let (pin, text) = (stage.write(home.tenant), stage.write(home.tenant));
    let begun = all(&stage, home.tenant).await.len();
    for _ in 0..3 {
        store.set_pinned(pin, question, true, home.moderator).await.unwrap();
        store.answer(text, question, answer("Because."), None, home.moderator).await.unwrap();
    }
    assert_eq!(all(&stage, home.tenant).await.len(), begun + 2, "a repetition is no second act");
    // Pinned already, not tagged, not frozen, not there, taken.
    store.set_pinned(stage.write(home.tenant), question, true, home.moderator).await.unwrap();
    store.set_tag(stage.write(home.tenant), question, home.tag.id, false).await.unwrap();
    store.set_frozen(stage.write(home.tenant), question, false, home.moderator).await.unwrap();
    let nowhere = pulsestage::id::QuestionId(stage.id());
    store.answer(stage.write(home.tenant), nowhere, answer("No."), None, home.moderator).await.unwrap_err();
    stage.team(home.tenant, "Engineering").await.unwrap_err();
    stage.tag(home.tenant, "PRODUCT").await.unwrap_err();
    store.end_session(stage.hash(), stage.ending()).await.unwrap();
    assert_eq!(all(&stage, home.tenant).await.len(), begun + 2);
}

async fn entries_never_change(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let before = all(&stage, home.tenant).await;
    let attempts = [
        "update audit_log set action = 'nothing'",
        "update audit_log set outcome = 'refused', user_id = null",
        "delete from audit_log",
        "delete from audit_log where action = 'sign_in'",
    ];
    if let Some(path) = stage.url.strip_prefix("sqlite://") {
        let mut file = SqliteConnection::connect(path).await.unwrap();
        for attempt in attempts {
            let error = file.execute(attempt).await.unwrap_err().to_string();
            assert!(error.contains("the audit only grows"), "{attempt}: {error}");
        }
    } else {
        let mut server = PgConnection::connect(&stage.url).await.unwrap();
        for attempt in attempts.into_iter().chain(["truncate audit_log"]) {
            let error = server.execute(attempt).await.unwrap_err().to_string();
            assert!(error.contains("the audit only grows"), "{attempt}: {error}");
        }
    }
    assert_eq!(all(&stage, home.tenant).await, before);
}

async fn entries_are_pruned_by_age_and_in_no_other_way(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let theirs = all(&stage, other.tenant).await;
    for number in 1..=10 {
        let entry = Entry::of(home.moderator, Act::Label).after("label", number);
        stage.store.note(stage.write_at(home.tenant, START.plus_millis(number * 10)), entry).await.unwrap();
    }
    let begun = all(&stage, home.tenant).await;
    let prune =
        async |until: i64, most| stage.store.prune_audit(home.tenant, START.plus_millis(until), most).await.unwrap();
    assert_eq!(prune(0, 500).await, 0, "none is older");
    assert_eq!(prune(51, 3).await, 3, "a batch and no more");
    while prune(51, 3).await > 0 {}
    let left = all(&stage, home.tenant).await;
    assert_eq!(left, begun[begun.len() - 5..], "what is newer stays as it was");
    assert_eq!(all(&stage, other.tenant).await, theirs);
    // What let it happen is gone with it: nothing is deleted behind it, and no newer one while it is there.
    let attempts = [
        ("", "delete from audit_log"),
        (
            "insert into audit_retention (id, until) values (1, 1759919400060)",
            "delete from audit_log where at >= 1759919400060",
        ),
        ("", "update audit_log set at = 0"),
    ];
    for (first, attempt) in attempts {
        if !first.is_empty() {
            stage.sneak(first).await;
        }
        let error = if let Some(path) = stage.url.strip_prefix("sqlite://") {
            SqliteConnection::connect(path).await.unwrap().execute(attempt).await.unwrap_err().to_string()
        } else {
            PgConnection::connect(&stage.url).await.unwrap().execute(attempt).await.unwrap_err().to_string()
        };
        assert!(error.contains("the audit only grows"), "{attempt}: {error}");
    }
    assert_eq!(all(&stage, home.tenant).await, left);
    stage.store.note_pruned(home.tenant, START, 8, stage.id(), START.plus_millis(1_000)).await.unwrap();
    let noted = all(&stage, home.tenant).await.pop().unwrap();
    assert_eq!((noted.action.as_str(), noted.by), ("prune_audit", None));
    assert_eq!(noted.after.as_deref(), Some(r#"{"until":"2025-10-08T10:30:00Z","entries":8}"#));
}

#[test]
fn no_statement_changes_an_entry() {
    for (name, text) in sql::all().filter(|(_, text)| text.contains("audit_log")) {
        let changes = ["update audit_log", "do update"].iter().any(|word| text.contains(word));
        // The one that prunes deletes by age alone, and the database takes it only where the operator lets it.
        let deletes = text.contains("delete from audit_log") && !(name == "PRUNE_AUDIT" && text.contains("at < $2"));
        assert!(!changes && !deletes, "{name}: {text}");
    }
}

async fn the_audit_is_read_page_by_page(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    // Many at the same moment: the id decides among them.
    for number in 0..25 {
        let entry = Entry::of(home.moderator, Act::Label).after("label", number);
        stage.store.note(stage.write_at(home.tenant, START.plus_millis(number / 10)), entry).await.unwrap();
    }
    let whole = stage.store.audit(home.tenant, &Filter::default(), PageCursor::NEWEST, 1_000).await.unwrap();
    assert!(whole.is_sorted_by_key(|record| std::cmp::Reverse(PageCursor::from(record))));
    let (mut read, mut mark) = (Vec::new(), PageCursor::NEWEST);
    loop {
        let page = stage.store.audit(home.tenant, &Filter::default(), mark, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        mark = last.into();
        read.extend(page);
    }
    assert_eq!(read, whole);
    for limit in [0, -1, i64::MIN] {
        let none = stage.store.audit(home.tenant, &Filter::default(), PageCursor::NEWEST, limit).await;
        assert_eq!(none, Ok(Vec::new()), "{limit}");
    }
}

async fn the_audit_is_filtered(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (mine, other) = (stage.ask(&home, "Mine?").await.id, stage.ask(&home, "Other?").await.id);
    let somebody = UserId(stage.id());
    let note = async |at, entry| stage.store.note(stage.write_at(home.tenant, at), entry).await.unwrap();
    let (t1, t2, t3) = (START.plus_millis(1_000), START.plus_millis(2_000), START.plus_millis(3_000));
    note(t1, Entry::of(home.moderator, Act::Star).subject(mine)).await;
    note(t2, Entry::of(somebody, Act::Star).subject(other)).await;
    note(t3, Entry::refused(somebody, Action::SeeHealth).team(home.team.id)).await;
    note(t3, Entry::of(None, Act::Unstar).subject(mine)).await;
    let count = async |filter: Filter| {
        let filter = Filter { from: filter.from.or(Some(t1)), ..filter };
        stage.store.audit(home.tenant, &filter, PageCursor::NEWEST, 100).await.unwrap().len()
    };
    let none = Filter::default;
    assert_eq!(count(none()).await, 4);
    assert_eq!(count(Filter { by: Some(somebody), ..none() }).await, 2);
    assert_eq!(count(Filter { action: Some("star".to_owned()), ..none() }).await, 2);
    assert_eq!(count(Filter { action: Some("see_health".to_owned()), ..none() }).await, 1);
    assert_eq!(count(Filter { outcome: Some(Outcome::Refused), ..none() }).await, 1);
    assert_eq!(count(Filter { subject: Some(mine.0), ..none() }).await, 2);
    assert_eq!(count(Filter { subject: Some(mine.0), action: Some("star".to_owned()), ..none() }).await, 1);
    assert_eq!(count(Filter { from: Some(t2), until: Some(t3), ..none() }).await, 1);
    assert_eq!(count(Filter { by: Some(UserId(stage.id())), ..none() }).await, 0);
    for hostile in ["%", "' or 1=1 --", "", "STAR", "\u{202e}"] {
        assert_eq!(count(Filter { action: Some(hostile.to_owned()), ..none() }).await, 0, "{hostile:?}");
    }
}

async fn nobody_reads_another_tenants(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let theirs = stage.ask(&other, "Theirs?").await.id;
    stage.store.set_pinned(stage.write(other.tenant), theirs, true, other.moderator).await.unwrap();
    for filter in [
        Filter { subject: Some(theirs.0), ..Filter::default() },
        Filter { by: Some(other.moderator), ..Filter::default() },
    ] {
        assert_eq!(stage.store.audit(home.tenant, &filter, PageCursor::NEWEST, 10).await, Ok(Vec::new()));
        assert!(!stage.store.audit(other.tenant, &filter, PageCursor::NEWEST, 10).await.unwrap().is_empty());
    }
}
