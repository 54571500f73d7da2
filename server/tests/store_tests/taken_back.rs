//! What was taken back is gone: from every table, from the log, and on SQLite from the file and its write-ahead log.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pulsestage::error::Refusal;
use pulsestage::moderation::{Note, ReviewDecision};
use pulsestage::ports::{ModerationStore, NewQuestion, QuestionStore, TagStore, TeamChange, TeamStore};
use pulsestage::team::TeamSettings;
use pulsestage::text::{Color, Name};
use tokio::time::{sleep, timeout};

use crate::dump::dump;
use crate::stage::{Home, Stage, body, stories};

stories![
    what_is_taken_back_is_in_no_table_and_in_no_file,
    a_withdrawn_question_stays_so,
    an_asker_who_edits_leaves_no_first_text,
    many_that_are_taken_back_at_once_are_gone,
];

/// How long until the write-ahead log is empty, on a machine with other things to do.
const SOON: Duration = Duration::from_secs(30);

/// A question that has this text and this name.
async fn named(stage: &Stage, home: &Home, text: &str, name: &str) -> NewQuestion {
    let name = Some(Name::parse(name).unwrap());
    NewQuestion { author_name: name, ..stage.new_question(home.team.id, text) }
}

/// Fails while one of these texts is in a table; on SQLite, waits until none is in a file of the database.
async fn are_gone(stage: &Stage, texts: &[&str]) {
    are_gone_from(&stage.url, texts).await;
}

/// The same for the database at this address.
pub(crate) async fn are_gone_from(url: &str, texts: &[&str]) {
    for (table, rows) in dump(url).await {
        for row in rows {
            let row = row.to_string();
            assert!(texts.iter().all(|text| !row.contains(text)), "{table}: {row}");
        }
    }
    let Some(path) = url.strip_prefix("sqlite://") else { return };
    let gone = timeout(SOON, async {
        while !found_in_files(path, texts).is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(gone.await.is_ok(), "{:?}", found_in_files(path, texts));
}

/// Which texts are in the files of a database.
fn found_in_files(path: &str, texts: &[&str]) -> HashSet<String> {
    let files = ["", "-wal"].map(|end| format!("{path}{end}"));
    let bytes: Vec<u8> =
        files.iter().filter(|file| Path::new(file).exists()).flat_map(|file| std::fs::read(file).unwrap()).collect();
    let is_there = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    texts.iter().filter(|text| is_there(text)).map(|text| (*text).to_owned()).collect()
}

async fn what_is_taken_back_is_in_no_table_and_in_no_file(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (tenant, by) = (home.tenant, home.moderator);
    let store = &stage.store;
    let asked = async |text: &str, name: &str| {
        let new = named(&stage, &home, text, name).await;
        (new.author, store.ask(stage.write(tenant), new).await.unwrap().id)
    };
    let (asker, one) = asked("zq-first-text", "zq-name").await;
    let team = stage.team(tenant, "Zq Team").await.unwrap();
    let tag = stage.tag(tenant, "zq-tag").await.unwrap().id;
    store.set_tag(stage.write(tenant), one, tag, true).await.unwrap();
    store.remark(stage.write(tenant), one, Note::Draft(Some("zq-draft".to_owned())), by).await.unwrap();
    store.remark(stage.write(tenant), one, Note::Label(Some("zq-label".to_owned())), by).await.unwrap();
    store.report(stage.write(tenant), one, stage.participant(), "zq-report".to_owned()).await.unwrap();
    let edit = ReviewDecision::Edit { body: body("zq-edited-by-a-moderator") };
    store.decide(stage.write(tenant), one, edit, None, by).await.unwrap();
    stage.answer(&home, one, "zq-first-answer").await.unwrap();
    stage.answer(&home, one, "zq-second-answer").await.unwrap();
    store.decide(stage.write(tenant), one, ReviewDecision::Reopen, None, by).await.unwrap();
    let mut write = stage.write(tenant);
    write.writer = asker.0;
    store.edit_own(write, one, asker, body("zq-edited-by-its-asker"), None).await.unwrap();
    are_gone(&stage, &["zq-first-text", "zq-edited-by-a-moderator", "zq-first-answer", "zq-second-answer"]).await;

    store.withdraw_own(stage.write(tenant), one, asker).await.unwrap();
    let change = TeamChange { id: team.id, name: Name::parse("Another").unwrap(), settings: TeamSettings::default() };
    store.change_team(stage.write(tenant), change).await.unwrap();
    let (another, blue) = (Name::parse("Another").unwrap(), Color::parse("#112233").unwrap());
    store.change_tag(stage.write(tenant), tag, another, blue).await.unwrap();
    are_gone(&stage, &["zq-edited-by-its-asker", "zq-name", "zq-draft", "zq-label", "zq-report"]).await;
    // What staff called teams and tags is their own deed: it is in the audit, and told to nobody else.
    let told = format!("{:?}", stage.log(tenant).await);
    assert!(!["zq-tag", "Zq Team", "zq-name"].iter().any(|text| told.contains(text)), "{told}");
}

async fn a_withdrawn_question_stays_so(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let new = named(&stage, &home, "zq-text", "zq-name").await;
    let asker = new.author;
    let id = stage.store.ask(stage.write(home.tenant), new).await.unwrap().id;
    let own = stage.store.withdraw_own(stage.write(home.tenant), id, asker).await.unwrap();
    assert_eq!(own.body, "");
    for verdict in [ReviewDecision::Restore, ReviewDecision::Undelete, ReviewDecision::Approve, ReviewDecision::Delete]
    {
        let refused = stage.store.decide(stage.write(home.tenant), id, verdict, None, home.moderator).await;
        assert_eq!(refused, Err(Refusal::NotNow.into()));
    }
    let case = stage.store.case(home.tenant, id).await.unwrap();
    assert_eq!((case.question.body.as_str(), case.question.author_name, case.original), ("", None, None));
}

async fn an_asker_who_edits_leaves_no_first_text(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let new = stage.new_question(home.team.id, "zq-first");
    let asker = new.author;
    let id = stage.store.ask(stage.write(home.tenant), new).await.unwrap().id;
    let edit = ReviewDecision::Edit { body: body("By a moderator") };
    let case = stage.store.decide(stage.write(home.tenant), id, edit, None, home.moderator).await.unwrap();
    assert_eq!(case.original.as_deref(), Some("zq-first"), "moderators see what they changed");
    assert!(!format!("{:?}", stage.log(home.tenant).await).contains("zq-first"), "and nobody else does");
    stage.store.edit_own(stage.write(home.tenant), id, asker, body("By its asker"), None).await.unwrap();
    assert_eq!(stage.store.case(home.tenant, id).await.unwrap().original, None);
    are_gone(&stage, &["zq-first"]).await;
}

/// Rows move between pages of the file as there are more of them; none leaves its text behind.
async fn many_that_are_taken_back_at_once_are_gone(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let mut asked = Vec::new();
    for number in 0..300_usize {
        let new = stage.new_question(home.team.id, &format!("zq-many {}", "x".repeat(number % 450)));
        let asker = new.author;
        asked.push((asker, stage.store.ask(stage.write(home.tenant), new).await.unwrap().id));
    }
    for (number, (asker, id)) in asked.into_iter().enumerate() {
        if number % 3 == 0 {
            let text = body(&"Longer than before? ".repeat(number % 20 + 1));
            stage.store.edit_own(stage.write(home.tenant), id, asker, text, None).await.unwrap();
        } else {
            stage.store.withdraw_own(stage.write(home.tenant), id, asker).await.unwrap();
        }
    }
    are_gone(&stage, &["zq-many"]).await;
}
