//! Files that are taken away: by whom, with what in them, and with nothing in them that is nobody's business.

use axum::http::StatusCode;
use http_body_util::BodyExt;
use std::collections::HashSet;
use std::process::Command;

use pulsestage::audit::{Act, Filter, PageCursor};
use pulsestage::command::{Ask, SetVote};
use pulsestage::id::ParticipantId;
use pulsestage::service::RequestContext;
use pulsestage::text::Slug;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Folder, Plan, Room, TestServer, assert_refused, signed_in};

/// Every file there is, and whether it is for admins alone.
const FILES: [(&str, bool); 6] = [
    ("questions.csv", false),
    ("questions.json", false),
    ("questions.xlsx", false),
    ("votes.csv", false),
    ("audit.csv", true),
    ("audit.jsonl", true),
];

/// The room's owner as another participant.
fn as_participant(room: &Room, number: u128) -> RequestContext {
    let mut context = room.context.clone();
    context.actor.participant = Some(ParticipantId(Uuid::from_u128(number)));
    context
}

#[tokio::test]
async fn each_file_is_for_those_of_their_own_tenant_who_may_have_it() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let slug = Slug::default_tenant();
    let mut people = vec![
        ("nobody", String::new(), false, false),
        ("a guest", server.participant(1), false, false),
        ("another tenant's owner", acme.owner.clone(), false, false),
    ];
    for role in [Role::Viewer, Role::Member, Role::Moderator, Role::Admin, Role::Owner] {
        let cookie = signed_in(&server.service, &slug, role).await.0;
        people.push((role.as_str(), cookie, role >= Role::Moderator, role >= Role::Admin));
    }
    for (who, cookie, exports, audits) in people {
        for (file, for_admins) in FILES {
            let reply = server.get(&format!("/export/{file}")).cookie(&cookie).send().await;
            let case = format!("{who} {file}");
            if if for_admins { audits } else { exports } {
                assert_eq!(reply.status, StatusCode::OK, "{case}");
                let (name, ending) = file.split_once('.').unwrap();
                let disposition = format!("attachment; filename=\"{name}-default.{ending}\"");
                assert_eq!(reply.header("content-disposition"), disposition, "{case}");
                assert_eq!(reply.header("cache-control"), "private, no-store", "{case}");
                assert_eq!(reply.header("x-content-type-options"), "nosniff", "{case}");
                assert!(!reply.body.windows(4).any(|bytes| bytes == b"acme"), "{case}");
            } else {
                let word =
                    if ["viewer", "member", "moderator"].contains(&who) { "not_allowed" } else { "not_signed_in" };
                assert_refused(&case, &reply, 403, word);
            }
        }
    }
    for (path, status) in [
        ("/export/questions.txt", 404),
        ("/export/", 404),
        ("/export/..%2fquestions.csv", 404),
        ("/export/questions.csv?tenant=nowhere", 404),
        ("/export/questions.csv?tenant=%F0%9F%98%80", 404),
    ] {
        let reply = server.get(path).cookie(&default.owner).send().await;
        assert_eq!(reply.status.as_u16(), status, "{path}");
    }
    assert_eq!(server.request(axum::http::Method::POST, "/export/questions.csv").send().await.status, 405);
}

#[tokio::test]
async fn what_people_type_is_no_formula_and_no_author_is_told() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let hostile = ["=HYPERLINK(\"http://x\")", "+1+1", "-2+3", "@SUM(A1)", "say \"no\", and\nmore; \u{202e}rtl"];
    for (number, body) in hostile.into_iter().enumerate() {
        let context = as_participant(&default, 100 + number as u128);
        server
            .service
            .ask(&context, None, Ask { team: default.team.id, body: body.to_owned(), name: None })
            .await
            .unwrap();
    }
    let mut texts = Vec::new();
    for (file, _) in FILES {
        let reply = server.get(&format!("/export/{file}")).cookie(&default.owner).send().await;
        assert_eq!(reply.status, 200, "{file}");
        texts.push(reply);
    }
    let csv = texts[0].text().strip_prefix('\u{feff}').unwrap();
    assert!(csv.starts_with("id,votes,team,state,asked_at,question,"));
    for start in ["=", "+", "-", "@"] {
        assert!(csv.contains(&format!(",\"'{start}")), "{start}");
        assert!(!csv.contains(&format!(",{start}")) && !csv.contains(&format!(",\"{start}")), "{start}");
    }
    let json: Vec<Value> = serde_json::from_slice(&texts[1].body).unwrap();
    let bodies: HashSet<&str> = json.iter().map(|question| question["text"].as_str().unwrap()).collect();
    assert_eq!(json.len(), 4 + hostile.len());
    // Signs that turn a text do not stay in it.
    assert!(hostile.iter().all(|body| bodies.contains(&*body.replace('\u{202e}', ""))), "programs get it: {bodies:?}");
    assert!(texts[2].body.starts_with(b"PK\x03\x04"));
    for reply in &texts {
        for number in 100..100 + hostile.len() as u128 {
            let id = Uuid::from_u128(number);
            let text = String::from_utf8_lossy(&reply.body);
            assert!(!text.contains(&id.to_string()) && !text.contains(&id.simple().to_string()));
        }
    }
}

#[tokio::test]
async fn an_independent_script_counts_what_was_shown_and_no_two_files_name_anybody_alike() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for number in 200..274 {
        let context = as_participant(&default, number);
        for _ in 0..3 {
            server.service.set_vote(&context, None, SetVote { question: default.open.id, up: true }).await.unwrap();
        }
    }
    let get = async |path: &str| server.get(path).cookie(&default.moderator).send().await;
    let (votes, again) = (get("/export/votes.csv").await, get("/export/votes.csv").await);
    let voters = |text: &str| {
        let rows = text.lines().skip(1).filter_map(|line| line.rsplit(',').next().map(str::to_owned));
        rows.filter(|voter| !voter.is_empty()).collect::<HashSet<_>>()
    };
    assert_eq!(voters(votes.text()).len(), 74, "74 people, one vote each");
    assert!(voters(votes.text()).is_disjoint(&voters(again.text())));
    assert!(votes.text().contains(&format!("{},74,", default.open.id)));
    assert!(votes.text().contains(&format!("{},0,\r\n", default.frozen.id)), "a question without votes is there");

    let folder = Folder::new();
    let (votes_file, questions_file) = (folder.path().join("votes.csv"), folder.path().join("questions.csv"));
    let questions = get("/export/questions.csv").await;
    let count = |votes: &str, questions: &str| {
        std::fs::write(&votes_file, votes).unwrap();
        std::fs::write(&questions_file, questions).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/recount");
        let output = Command::new(script).arg(&votes_file).arg(&questions_file).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = count(votes.text(), questions.text());
    assert_eq!((code, said.as_str()), (Some(0), "4 questions, 74 votes, 0 differ\n"));
    // A vote that is missing, one that is there twice, a count that was made up.
    let without = votes.text().replacen(&voters(votes.text()).into_iter().next().unwrap(), "", 1);
    let twice = format!("{}{}\r\n", votes.text(), votes.text().lines().find(|line| line.contains(",74,")).unwrap());
    let lie = votes.text().replace(",74,", ",75,");
    for (case, votes) in [("missing", without), ("twice", twice), ("lie", lie)] {
        assert_eq!(count(&votes, questions.text()).0, Some(1), "{case}");
    }
    assert_eq!(count("nonsense", questions.text()).0, Some(2));
}

#[tokio::test]
async fn a_query_narrows_a_file_and_a_bad_one_is_refused() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let count = async |query: &str| {
        let reply = server.get(&format!("/export/questions.json?{query}")).cookie(&default.owner).send().await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        serde_json::from_slice::<Vec<Value>>(&reply.body).unwrap().len()
    };
    assert_eq!(count("").await, 4);
    assert_eq!(count("state=answered").await, 1);
    assert_eq!(count("text=FROZEN").await, 1);
    assert_eq!(count("text=%25_'%22%5C").await, 0);
    assert_eq!(count("from=2001-01-01&until=2001-01-02T00:00").await, 0);
    assert_eq!(count(&format!("team={}", default.team.id)).await, 4);
    assert_eq!(count(&format!("team={}", default.other_team.id)).await, 0);
    assert_eq!(count("team=&state=&tag=&from=&until=&text=&unknown=1").await, 4);
    for (query, status) in [
        (format!("team={}", acme.team.id), 404),
        ("team=x".to_owned(), 422),
        ("state=deleted".to_owned(), 422),
        ("from=never".to_owned(), 422),
        ("from=2025-02-31".to_owned(), 422),
        ("from=2025-02-29".to_owned(), 422),
        ("until=2025-04-31T10:00".to_owned(), 422),
        ("until=2025-13-01".to_owned(), 422),
        ("until=2025-10-08T24:00".to_owned(), 422),
        ("from=2025-10-08T10:60:00".to_owned(), 422),
        ("from=31.02.2025".to_owned(), 422),
        ("from=31-01-2025".to_owned(), 422),
        ("tag='%20or%201=1".to_owned(), 422),
        (format!("text={}", "x".repeat(201)), 422),
        ("team=1&team=2".to_owned(), 400),
    ] {
        for file in ["questions.csv", "questions.xlsx", "votes.csv"] {
            let reply = server.get(&format!("/export/{file}?{query}")).cookie(&default.owner).send().await;
            assert_eq!(reply.status.as_u16(), status, "{file}?{query}");
        }
    }
}

#[tokio::test]
async fn texts_are_found_however_they_are_written() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let context = as_participant(&default, 1);
    for body in ["Wann zieht Zürich um?", "Wann zieht Zu\u{308}rich wieder um?"] {
        let ask = Ask { team: default.team.id, body: body.to_owned(), name: None };
        server.service.ask(&context, None, ask).await.unwrap();
    }
    for text in ["z%C3%BCrich", "zu%CC%88rich", "Z%C3%9CRICH", "%EF%BC%BA%C3%BCrich", "z%C2%AD%C3%BCrich"] {
        let found = server.get(&format!("/export/questions.json?text={text}")).cookie(&default.owner).send().await;
        assert_eq!(found.json().as_array().unwrap().len(), 2, "{text}");
    }
}

#[tokio::test]
async fn times_are_told_to_the_second_in_one_form() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let is_time = |text: &str| text.len() == 20 && text.ends_with('Z') && Timestamp::from_rfc3339(text).is_some();
    let get = async |file: &str| server.get(&format!("/export/{file}")).cookie(&default.owner).send().await;
    let questions = get("questions.json").await.json();
    let times: Vec<&Value> = questions.as_array().unwrap().iter().map(|question| &question["askedAt"]).collect();
    assert!(times.iter().all(|time| is_time(time.as_str().unwrap())), "{times:?}");
    let answered: Vec<&Value> = questions.as_array().unwrap().iter().map(|question| &question["answeredAt"]).collect();
    let answered: Vec<&str> = answered.into_iter().filter_map(Value::as_str).collect();
    assert!(!answered.is_empty() && answered.iter().all(|time| is_time(time)), "{answered:?}");
    for (file, start) in [("questions.csv", "T"), ("audit.csv", "T"), ("audit.jsonl", "T")] {
        let text = get(file).await.text().to_owned();
        let times: Vec<&str> = text
            .split([',', '"', '\n'])
            .filter(|part| part.len() >= 20 && part.get(10..11) == Some(start) && part.ends_with('Z'))
            .collect();
        assert!(!times.is_empty() && times.iter().all(|time| is_time(time)), "{file}: {times:?}");
    }
    let asker = server.participant(crate::support::ASKER);
    let written = server.get("/mine/written.json").cookie(&asker).send().await.json();
    assert!(is_time(written["questions"][0]["askedAt"].as_str().unwrap()), "{written}");
}

#[tokio::test]
async fn a_file_is_noted_and_ends_with_the_right_to_it() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for number in 0..450 {
        let context = as_participant(&default, 1_000 + number);
        let body = format!("Question number {number}");
        server.service.ask(&context, None, Ask { team: default.team.id, body, name: None }).await.unwrap();
    }
    let whole = server.get("/export/questions.json").cookie(&default.moderator).send().await;
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&whole.body).unwrap().len(), 454);
    let filter = Filter { action: Some(Act::ExportQuestions.word()), ..Filter::default() };
    let noted = server.store.audit(default.tenant.id, &filter, PageCursor::NEWEST, 10).await.unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].after.as_deref(), Some(r#"{"format":"json"}"#));

    let mut body = server.get("/export/questions.json").cookie(&default.moderator).open().await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"[\n{") && first.len() < whole.body.len() / 2, "it comes in pieces");
    let out = server.request(axum::http::Method::POST, "/sign-out").cookie(&default.moderator);
    out.form(&[("tenant", "default")]).send().await;
    assert!(body.frame().await.unwrap().is_err(), "half a file does not look like a whole one");
}
