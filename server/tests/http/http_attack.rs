//! Every server function as an attacker sees it: a clear 4xx as JSON, and nothing stored.

use crate::attack::Attack;
use crate::endpoints::{Endpoint, Field, WRITES, and, with};
use crate::support::{Plan, TestServer, boards};

/// Texts that hurt those who paste them into markup, SQL, paths or logs.
const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; drop table questions; --",
    "' or '1'='1",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "%00%0d%0aSet-Cookie: a=b",
    "{{7*7}}",
];

#[tokio::test]
async fn ids_that_are_none_or_nobodys_or_anothers() {
    let attack = Attack::new().await;
    for endpoint in WRITES {
        let good = endpoint.form(&attack.default);
        for field in endpoint.fields {
            let Some(noun) = field.noun() else { continue };
            let huge = "a".repeat(10_000);
            let garbage = ["", "1", "not-an-id", "018f0000-0000-7000-8000-00000000000g", huge.as_str()];
            for bad in garbage.into_iter().chain(HOSTILE) {
                attack
                    .call_refused(
                        &format!("{noun} {bad:.40}"),
                        endpoint,
                        &with(&good, field.name(), bad),
                        400,
                        "malformed",
                    )
                    .await;
            }
            let others = field.good(&attack.acme);
            let nobodys = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"];
            for id in nobodys.into_iter().chain([others.as_str()]) {
                attack
                    .call_refused(&format!("{noun} {id}"), endpoint, &with(&good, field.name(), id), 404, "not_found")
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn tenants_that_are_none() {
    let attack = Attack::new().await;
    let long = "a".repeat(5_000);
    for bad in ["nope", "DEFAULT", "default ", "../default", "default\0", "ä", long.as_str()].into_iter().chain(HOSTILE)
    {
        for endpoint in WRITES {
            let form = with(&endpoint.form(&attack.default), "tenant", bad);
            attack.call_refused(&format!("tenant {bad:.40}"), endpoint, &form, 404, "not_found").await;
        }
        let query = crate::support::encode_form(&[("tenant", bad)]);
        let call = attack.server.get(&format!("/api/fn/load_board?{query}"));
        attack.refused(&format!("load_board of {bad:.40}"), call, 404, "not_found").await;
    }
}

#[tokio::test]
async fn texts_beyond_their_limits() {
    let attack = Attack::new().await;
    for endpoint in WRITES {
        for field in endpoint.fields {
            let bad = match field {
                Field::Text(_, min, max) => {
                    let short = if *min > 1 { "x".repeat(min - 1) } else { "\u{200B}".to_owned() };
                    vec![
                        String::new(),
                        " \r\n\t".to_owned(),
                        "\u{2060}\u{FEFF}".to_owned(),
                        "\0\0\0\0".to_owned(),
                        short,
                        "ü".repeat(max + 1),
                    ]
                }
                Field::Color => {
                    ["", "red", "#12345", "#GGGGGG", "red;background:url(//x)", "#1234567"].map(str::to_owned).to_vec()
                }
                _ => continue,
            };
            for text in bad {
                let form = with(&endpoint.form(&attack.default), field.name(), &text);
                attack.call_refused(&format!("{} {text:.40?}", field.name()), endpoint, &form, 422, "invalid").await;
            }
        }
        if endpoint.fields.contains(&Field::Up) {
            for bad in ["", "1", "yes", "TRUE", "null"] {
                attack
                    .call_refused(bad, endpoint, &with(&endpoint.form(&attack.default), "up", bad), 400, "malformed")
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn questions_that_are_closed() {
    let attack = Attack::new().await;
    let (frozen, answered) = (attack.default.frozen.id.to_string(), attack.default.answered.id.to_string());
    let of = |name| WRITES.into_iter().find(|endpoint: &Endpoint| endpoint.name == name).unwrap();
    let (vote, answer) = (of("set_vote"), of("answer"));
    attack.call_refused("frozen", vote, &with(&vote.form(&attack.default), "question", &frozen), 409, "frozen").await;
    attack
        .call_refused("answered", vote, &with(&vote.form(&attack.default), "question", &answered), 409, "voting_closed")
        .await;
    attack
        .call_refused("frozen", answer, &with(&answer.form(&attack.default), "question", &frozen), 409, "frozen")
        .await;
}

#[tokio::test]
async fn fields_that_come_twice_nested_or_with_a_bad_key() {
    let attack = Attack::new().await;
    for endpoint in WRITES {
        let good = endpoint.form(&attack.default);
        for field in endpoint.fields {
            let twice = and(&good, field.name(), &field.good(&attack.default));
            attack.call_refused("twice", endpoint, &twice, 400, "malformed").await;
            let deep = format!("{}{}=x", field.name(), "[a]".repeat(50));
            for body in [format!("{}[]=x", field.name()), format!("{}[0][a]=x&tenant=default", field.name()), deep] {
                let call = attack
                    .server
                    .function(endpoint.name)
                    .raw("application/x-www-form-urlencoded", body.clone().into_bytes());
                let call = call.cookie(&endpoint.cookie(&attack.server, &attack.default));
                attack.refused(&format!("{}: {body:.40}", endpoint.name), call, 400, "malformed").await;
            }
        }
        for bad in ["1", "not-a-key", "<script>", "' or 1=1 --"] {
            attack.call_refused(&format!("op {bad}"), endpoint, &and(&good, "op", bad), 400, "malformed").await;
        }
    }
}

#[tokio::test]
async fn hostile_text_is_stored_as_text() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let cookie = server.participant(5);
    for text in HOSTILE {
        let asked = server
            .function("ask")
            .cookie(&cookie)
            .form(&[("team", &default.team.id.to_string()), ("question", text), ("again", "true")])
            .send()
            .await;
        assert_eq!(asked.json()["body"], text);
        let question = asked.json()["id"].as_str().unwrap().to_owned();
        let answered = server
            .function("answer")
            .cookie(&default.moderator)
            .form(&[("question", &question), ("answer", text)])
            .send()
            .await;
        assert_eq!(answered.json()["answer"]["responseText"], text);
        let team = server.function("create_team").cookie(&default.owner).form(&[("name", text)]).send().await;
        assert_eq!(team.json()["name"], text);
        let tag = server
            .function("create_tag")
            .cookie(&default.owner)
            .form(&[("name", text), ("color", "#000000")])
            .send()
            .await;
        assert_eq!(tag.json()["name"], text);
        let tag = tag.json()["id"].as_str().unwrap().to_owned();
        let tagged = server
            .function("tag")
            .cookie(&default.moderator)
            .form(&[("question", &question), ("tag", &tag)])
            .send()
            .await;
        assert_eq!(tagged.json()["tags"][0]["name"], text);
    }
    let (board, _) = boards(&server, &default, &acme).await;
    let stored: Vec<&str> = board.questions.values().map(|question| question.body.as_str()).collect();
    assert!(HOSTILE.iter().all(|text| stored.contains(text)), "{stored:?}");
    let page = server.get("/").cookie(&cookie).send().await;
    assert_eq!(page.status, 200);
    for raw in ["<script>alert(1)", "<img src=x"] {
        assert!(!page.text().contains(raw), "{raw} stands in the page as markup");
    }
    assert!(page.text().contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the text is shown as text");
}
