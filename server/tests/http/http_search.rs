//! Searching: what it finds, for whom, and what it does with texts that nobody would type.

use axum::http::Method;
use pulsestage::command::Ask;
use pulsestage::moderation::ReviewDecision;
use serde_json::Value;

use crate::http_tenancy::{call, fields, with};
use crate::support::{Call, Plan, Reply, Room, TestServer, assert_refused};
use pulsestage_server::limits::LimitArgs;

/// An address with a query of these fields.
fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    format!("{path}?{}", query.finish())
}

fn similar(server: &TestServer, tenant: &str, text: &str) -> Call {
    server.get(&address("/api/similar", &[("tenant", tenant), ("text", text)])).cookie(&server.participant(3))
}

fn find(server: &TestServer, tenant: &str, filters: &str) -> Call {
    server.get(&format!("/api/fn/find?tenant={tenant}&{filters}")).cookie(&server.participant(3))
}

/// The texts that were found, in order.
fn texts(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let questions = reply.json()["questions"].as_array().unwrap().clone();
    questions.iter().map(|question| question["body"].as_str().unwrap().to_owned()).collect()
}

async fn ask(server: &TestServer, room: &Room, body: &str) -> Value {
    let ask = Ask { team: room.team.id, body: body.to_owned(), name: None };
    let asked = server.service.ask(&room.context, None, ask).await.unwrap();
    serde_json::to_value(asked).unwrap()
}

#[tokio::test]
async fn what_is_like_a_text_is_told_most_alike_first() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    for body in ["When do we move to the new office?", "Will salaries go up?", "Is the new office bigger?"] {
        ask(&server, &acme, body).await;
    }
    let found = texts(&similar(&server, "acme", "when are we moving into the new ofice").send().await);
    assert_eq!(found[0], "When do we move to the new office?");
    assert!(found.len() <= 3);
    let one =
        server.get("/api/similar?tenant=acme&text=new+office&limit=1").cookie(&server.participant(3)).send().await;
    assert_eq!(texts(&one).len(), 1);
    let most = server.get("/api/similar?tenant=acme&text=the+question+of+acme&limit=4000000000").send().await;
    assert!(texts(&most).len() <= 20);
    for nothing in ["", "?!", "zzzzqqqq"] {
        assert_eq!(texts(&similar(&server, "acme", nothing).send().await), [""; 0], "{nothing}");
    }
    // It is a viewer's own, and nobody between keeps it.
    assert_eq!(similar(&server, "acme", "office").send().await.header("cache-control"), "private, no-cache");
    let bad = server.get("/api/similar?tenant=acme&text=a&limit=many").send().await;
    assert_refused("a limit that is no number", &bad, 400, "malformed");
    assert_eq!(server.request(Method::POST, "/api/similar").form(&[("text", "a")]).send().await.status, 405);
}

#[tokio::test]
async fn a_question_is_found_by_its_words_answer_tags_and_name() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    ask(&server, &acme, "Öffnet die Straße nach Zürich?").await;
    let tag = [("question", acme.open.id.to_string()), ("tag", acme.tag.id.to_string()), ("tenant", "acme".to_owned())];
    assert_eq!(call(&server, "tag", &acme.moderator, &tag).await.status, 200);
    for (filters, found) in [
        ("find=strasse", &["Öffnet die Straße nach Zürich?"][..]),
        ("find=ZURICH+offnet", &["Öffnet die Straße nach Zürich?"]),
        ("find=Zu%CC%88rich", &["Öffnet die Straße nach Zürich?"]),
        ("find=the+answer+of", &["The answered question of acme"]),
        ("find=roadmap", &["The open question of acme"]),
        ("find=frozn", &["The frozen question of acme"]),
        ("find=nothing+of+it", &[]),
        ("find=", &[]),
        ("", &[]),
    ] {
        assert_eq!(texts(&find(&server, "acme", filters).send().await), found, "{filters}");
    }
    // Open and answered alike, of the team that was chosen.
    let all = find(&server, "acme", "find=question&tab=open&sort=oldest").send().await;
    assert_eq!((texts(&all).len(), all.json()["total"].clone()), (4, Value::from(4)));
    let elsewhere = format!("find=question&team={}", acme.other_team.slug);
    assert_eq!(texts(&find(&server, "acme", &elsewhere).send().await).len(), 0);
    let tagged = format!("find=question&tags={}", acme.tag.id);
    assert_eq!(texts(&find(&server, "acme", &tagged).send().await), ["The open question of acme"]);
}

#[tokio::test]
async fn a_page_shows_what_was_searched_for_without_script() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    ask(&server, &acme, "Öffnet die Straße?").await;
    for path in ["/t/acme", "/t/acme/admin"] {
        let page = server.get(&format!("{path}?find=STRASSE")).cookie(&acme.owner).send().await;
        assert_eq!(page.status, 200);
        let text = page.text();
        assert!(text.contains("Öffnet die Straße?") && !text.contains("The open question of acme</h3>"), "{text}");
        assert!(text.contains("1 question matches") && text.contains("name=\"find\""), "{text}");
        assert!(text.contains("value=\"STRASSE\""), "{text}");
    }
    let none = server.get("/t/acme?find=%3Cb%3Enothing%3C%2Fb%3E%22").send().await;
    assert!(none.text().contains("No questions match") && !none.text().contains("<b>nothing"), "{}", none.text());
    let bare = server.get("/t/acme?find=+++").send().await;
    assert!(bare.text().contains("The open question of acme"), "{}", bare.text());
}

#[tokio::test]
async fn what_is_held_back_or_gone_is_found_no_more() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let asked = ask(&server, &acme, "Who pays for the helicopter?").await;
    let id: pulsestage::id::QuestionId = asked["id"].as_str().unwrap().parse().unwrap();
    let finds = async || {
        let similar = texts(&similar(&server, "acme", "who pays the helicopters").send().await);
        let found = texts(&find(&server, "acme", "find=helicopter").send().await);
        let page = server.get("/t/acme?find=helicopter").send().await.text().contains("Who pays for the helicopter?");
        let of = |found: &[String]| found.iter().any(|text| text.contains("helicopter"));
        assert_eq!((of(&similar), of(&found)), (page, page), "{similar:?} {found:?}");
        page
    };
    assert!(finds().await);
    let moderator = server.service.authenticate("acme", &credentials(&server, &acme.owner)).await.unwrap();
    let decide = async |decision: ReviewDecision<String>| {
        server.service.decide(&moderator, None, id, decision, None).await.unwrap();
    };
    decide(ReviewDecision::Hold).await;
    assert!(!finds().await, "held back");
    decide(ReviewDecision::Approve).await;
    assert!(finds().await, "approved");
    decide(ReviewDecision::Edit { body: "Who pays for the bus?".to_owned() }).await;
    assert!(!finds().await, "edited");
    decide(ReviewDecision::Edit { body: "Who pays for the helicopter?".to_owned() }).await;
    assert!(finds().await, "edited back");
    decide(ReviewDecision::Decline { reason: None }).await;
    assert!(!finds().await, "declined");
    decide(ReviewDecision::Restore).await;
    assert_eq!(call(&server, "archive_team", &acme.owner, &fields(&acme)).await.status, 200);
    assert!(!finds().await, "its team was archived");
    assert_eq!(call(&server, "restore_team", &acme.owner, &fields(&acme)).await.status, 200);
    assert!(finds().await, "its team is back");
}

fn credentials(server: &TestServer, cookie: &str) -> pulsestage::service::Credentials {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("cookie", cookie.parse().unwrap());
    server.state.cookies().credentials(&headers)
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    ask(&server, &default, "Does the default tenant know?").await;
    // Another tenant's questions are not there.
    let there = texts(&similar(&server, "acme", "Does the default tenant know?").send().await);
    assert!(there.iter().all(|text| !text.contains("default")), "{there:?}");
    assert_eq!(texts(&find(&server, "acme", "find=default").send().await), [""; 0]);
    assert_refused("no tenant", &similar(&server, "nowhere", "a").send().await, 404, "not_found");
    // A team without guests is not there for them, nor for the index that others searched before.
    let closed = with(fields(&acme), &[("guests", "no")]);
    assert_eq!(texts(&find(&server, "acme", "find=open+question").send().await), ["The open question of acme"]);
    assert_eq!(call(&server, "change_team", &acme.owner, &closed).await.status, 200);
    for reply in
        [similar(&server, "acme", "the open question").send().await, find(&server, "acme", "find=open").send().await]
    {
        assert_eq!(texts(&reply), [""; 0]);
    }
    let own = find(&server, "acme", "find=open").cookie(&acme.owner).send().await;
    assert_eq!(texts(&own), ["The open question of acme"], "its people find it");
    assert_eq!(texts(&find(&server, "acme", "find=open").send().await), [""; 0], "and guests still do not");
    // A workspace without guests answers none of them.
    let shut = with(fields(&acme), &[("guests", "no"), ("settings[guests_allowed]", "false")]);
    assert_eq!(call(&server, "change_settings", &acme.owner, &shut).await.status, 200);
    assert_refused("similar", &similar(&server, "acme", "open").send().await, 403, "not_signed_in");
    assert_refused("find", &find(&server, "acme", "find=open").send().await, 403, "not_signed_in");
}

#[tokio::test]
async fn moderators_are_told_what_is_like_a_question() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let one = ask(&server, &acme, "When do we move to the new office?").await;
    ask(&server, &acme, "When are we moving into the new office?").await;
    let other =
        Ask { team: acme.other_team.id, body: "When do we move to the new office, people?".to_owned(), name: None };
    server.service.ask(&acme.context, None, other).await.unwrap();
    let id = one["id"].as_str().unwrap();
    let nowhere = uuid::Uuid::from_u128(7).to_string();
    let ids = format!("{id},{nowhere},nonsense,{}", acme.open.id);
    let path = address("/api/fn/similar_to", &[("tenant", "acme"), ("questions", &ids)]);
    let told = server.get(&path).cookie(&acme.moderator).send().await;
    assert_eq!(told.status, 200, "{}", told.text());
    let told = told.json();
    assert_eq!(told.as_array().unwrap().len(), 2, "those that are there: {told}");
    assert_eq!(told[0]["question"], id);
    let bodies: Vec<&str> =
        told[0]["similar"].as_array().unwrap().iter().map(|it| it["body"].as_str().unwrap()).collect();
    assert_eq!(bodies[0], "When are we moving into the new office?", "neither itself nor another team's: {bodies:?}");
    assert!(!bodies.iter().any(|text| text.contains("people")), "{bodies:?}");
    assert_refused("a guest", &server.get(&path).cookie(&server.participant(3)).send().await, 403, "not_signed_in");
    // Another tenant's moderator is nobody here.
    let foreign = server.get(&path).cookie(&default.moderator).send().await;
    assert_refused("a stranger", &foreign, 403, "not_signed_in");
}

#[tokio::test]
async fn strange_texts_are_no_trouble() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let (long, longer) = ("word ".repeat(190), "word ".repeat(2_000));
    let (signs, marks) = ("字".repeat(300), "e\u{301}".repeat(300));
    for text in [
        ".*",
        "(",
        "[^",
        "\\",
        "%",
        "_",
        "'; drop table questions; --",
        "\"",
        "<script>alert(1)</script>",
        "\u{202E}noitseuq\u{202C} \u{200F}\u{200E}\u{2067}",
        "\u{0}",
        "a\u{0}b",
        "\u{FFFF}",
        "👩\u{200D}👩\u{200D}👧",
        &long,
        &longer,
        &signs,
        &marks,
    ] {
        for reply in [
            similar(&server, "acme", text).send().await,
            find(&server, "acme", &address("", &[("find", text)])[1..]).send().await,
            server.get(&address("/t/acme", &[("find", text)])).send().await,
        ] {
            // What fits into no address is told so.
            let fits = text.len() < 1_000;
            let case = text.escape_unicode().take(40).collect::<String>();
            assert!(reply.status == 200 || (!fits && reply.status == 414), "{case}: {} {}", reply.status, reply.text());
            assert!(!reply.text().contains("<script>alert(1)"));
        }
    }
    // Half of a surrogate pair is no text in UTF-8.
    for path in ["/api/similar?tenant=acme&text=%ED%A0%80", "/api/similar?tenant=acme&text=%FF"] {
        let reply = server.get(path).send().await;
        assert!(reply.status == 400 || reply.status == 200, "{path}: {}", reply.text());
    }
    let page = server.get("/t/acme?find=%ED%A0%80").send().await;
    assert!(page.status == 400 || page.status == 200, "{}", page.status);
}

#[tokio::test]
async fn whoever_searches_without_end_is_held_back_and_can_still_read() {
    let limits = LimitArgs { searches_per_participant: "3/h".parse().unwrap(), ..LimitArgs::NONE };
    let (server, _default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    for _ in 0..3 {
        assert_eq!(similar(&server, "acme", "office").send().await.status, 200);
    }
    for reply in [similar(&server, "acme", "office").send().await, find(&server, "acme", "find=office").send().await] {
        assert_refused("one search more", &reply, 429, "too_many_requests");
        assert!(!reply.header("retry-after").is_empty());
    }
    let page = server.get("/t/acme?find=open").cookie(&server.participant(3)).send().await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("The open question of acme"));
    let other = server.get("/api/similar?tenant=acme&text=office").cookie(&server.participant(4)).send().await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn the_same_text_is_asked_again_only_on_purpose() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let team = acme.team.id.to_string();
    let ask = |text: &str, more: &[(&str, &str)]| {
        let fields: Vec<_> =
            [("tenant", "acme"), ("team", &team), ("question", text)].into_iter().chain(more.iter().copied()).collect();
        server.function("ask").cookie(&server.participant(5)).form(&fields)
    };
    assert_eq!(ask("When is lunch?", &[("again", "false")]).send().await.status, 200);
    let refused = ask("when is LUNCH", &[("again", "false")]).send().await;
    assert_refused("the same text", &refused, 409, "name_taken");
    assert_eq!(refused.json()["what"], "question");
    assert_eq!(refused.json()["message"], "You already asked this. Ask again?");
    assert_eq!(ask("when is LUNCH", &[("again", "true")]).send().await.status, 200);
    // Without script: the form comes back, filled in, and is sent again on purpose.
    let page = ask("When is lunch?", &[("again", "false")]).wants_page().send().await;
    assert_eq!(page.status, 409, "{}", page.text());
    assert!(page.text().contains("You already asked this. Ask again?"), "{}", page.text());
    assert!(page.text().contains("When is lunch?</textarea>"), "{}", page.text());
    assert!(page.text().contains("name=\"again\" value=\"true\""), "{}", page.text());
    assert_eq!(ask("When is lunch?", &[("again", "true")]).wants_page().send().await.status, 303);
    // A client of before, which cannot say that it means it, is not asked.
    assert_eq!(ask("When is lunch?", &[]).send().await.status, 200);
    // Somebody else asks what they like.
    let fields = [("tenant", "acme"), ("team", team.as_str()), ("question", "When is lunch?")];
    assert_eq!(server.function("ask").cookie(&server.participant(6)).form(&fields).send().await.status, 200);
}
