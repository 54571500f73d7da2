//! What a browser asked, as its own page has it: seen and changed from there alone, without script; and reports.

use axum::http::Method;
use pulsestage::command::Ask;
use pulsestage::error::Refusal;
use pulsestage::service::Credentials;
use pulsestage::tenant::Names;
use uuid::Uuid;

use crate::support::{ASKER, Call, Plan, Room, TestServer};

fn mine(server: &TestServer, room: &Room, device: u128) -> Call {
    server.get(&format!("/t/{}/mine", room.slug)).cookie(&server.participant(device))
}

fn post(server: &TestServer, path: &str, device: u128, fields: &[(&str, &str)]) -> Call {
    server.request(Method::POST, path).cookie(&server.participant(device)).form(fields)
}

#[tokio::test]
async fn only_the_browser_that_asked_sees_it_there() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let own = mine(&server, &acme, ASKER).send().await;
    assert_eq!((own.status.as_u16(), own.header("cache-control")), (200, "private, no-store"));
    assert!(own.text().contains(&format!("id=\"q-{}\"", acme.open.id)), "{}", own.text());
    assert!(own.text().contains("On the board") && own.text().matches("<script").count() == 1, "{}", own.text());
    for nobody in [mine(&server, &acme, 7), server.get("/t/acme/mine").cookie(&server.participant(7))] {
        let page = nobody.send().await.text().to_owned();
        assert!(page.contains("Nothing asked yet") && !page.contains(&acme.open.body), "{page}");
    }
    // The same browser is somebody else in another tenant, and there are tenants that are none.
    let there = server.get("/mine").cookie(&server.participant(ASKER)).send().await.text().to_owned();
    assert!(!there.contains(&acme.open.id.to_string()), "{there}");
    assert_eq!(server.get("/t/nowhere/mine").send().await.status, 404);
}

#[tokio::test]
async fn it_is_edited_and_taken_back_by_plain_forms() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let (path, id) = (format!("/t/{}/mine", acme.slug), acme.open.id.to_string());
    let edit = |text: &'static str| [("question", id.clone()), ("do", "edit".to_owned()), ("text", text.to_owned())];
    let send = async |device: u128, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post(&server, &path, device, &fields).send().await
    };
    let saved = send(ASKER, &edit("Said in <b>better</b> words?")).await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, &*format!("{path}#q-{id}")));
    assert!(mine(&server, &acme, ASKER).send().await.text().contains("Said in &lt;b&gt;better&lt;/b&gt; words?"));

    // What was typed is still there, with what is wrong.
    let short = send(ASKER, &edit("x")).await;
    assert_eq!(short.status, 422, "{}", short.text());
    assert!(short.text().contains(">x</textarea>") && short.text().contains("role=\"alert\""), "{}", short.text());
    let foreign = send(7, &edit("Not mine at all?")).await;
    assert_eq!(foreign.status, 404);
    assert_eq!(send(ASKER, &[("question", "nonsense".to_owned())]).await.status, 404);

    let withdraw = [("question", id.clone()), ("do", "withdraw".to_owned())];
    assert_eq!(send(7, &withdraw).await.status, 404);
    assert_eq!(send(ASKER, &withdraw).await.status, 303);
    let page = mine(&server, &acme, ASKER).send().await.text().to_owned();
    assert!(page.contains("Withdrawn by you"), "{page}");
    assert_eq!(send(ASKER, &edit("Too late for this?")).await.status, 409);
    let board = server.get("/api/fn/load_board?tenant=acme").send().await.text().to_owned();
    assert!(!board.contains(&id), "{board}");
}

#[tokio::test]
async fn an_edit_takes_every_length_that_asking_takes() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let longest = pulsestage::settings::LONGEST_QUESTION as usize;
    let version = server.get("/api/fn/load_settings?tenant=acme").cookie(&acme.owner).send().await.json();
    let (version, max) = (version["version"].to_string(), longest.to_string());
    let form = crate::http_tenancy::with(
        crate::http_tenancy::fields(&acme),
        &[("settings[version]", &version), ("settings[question_max]", &max)],
    );
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut form: Vec<(&str, &str)> = form.into_iter().filter(|(name, _)| name.starts_with("settings")).collect();
    form.push(("tenant", "acme"));
    let saved = server.function("change_settings").cookie(&acme.owner).form(&form).send().await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    let (team, id, path) = (acme.team.id.to_string(), acme.open.id.to_string(), format!("/t/{}/mine", acme.slug));
    for (sign, number) in [("a", longest), ("é", longest), ("字", longest), ("😀", longest), ("😀", longest + 1)]
    {
        let (text, fits) = (sign.repeat(number), number <= longest);
        let ask = [("tenant", "acme"), ("team", &*team), ("question", &*text)];
        let asked = server.function("ask").cookie(&server.participant(5)).form(&ask).send().await;
        assert_eq!(asked.status, if fits { 200 } else { 422 }, "asking {number} {sign}");
        let edit = [("question", &*id), ("do", "edit"), ("text", &*text)];
        let edited = post(&server, &path, ASKER, &edit).send().await;
        assert_eq!(edited.status, if fits { 303 } else { 422 }, "editing {number} {sign}");
    }
    // Line ends that browsers send as two are one.
    let lines = "a\r\n".repeat(longest / 2 - 1) + "ab";
    let edited = post(&server, &path, ASKER, &[("question", &*id), ("do", "edit"), ("text", &*lines)]).send().await;
    assert_eq!(edited.status, 303);
    // What else is typed there is as long as it may be.
    let message = "😀".repeat(1_000);
    assert_eq!(post(&server, &format!("{path}/{id}"), ASKER, &[("text", &*message)]).send().await.status, 303);
    let words = "😀".repeat(400);
    let words = [("why", "It is something else"), ("words", &*words)];
    let reported = post(&server, &format!("/t/acme/report/{}", acme.frozen.id), 7, &words).send().await;
    assert_eq!(reported.status, 200, "{}", reported.text());
}

#[tokio::test]
async fn a_question_is_reported_once_by_each_and_waits_after_three() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let path = format!("/t/{}/report/{}", acme.slug, acme.open.id);
    let form = server.get(&path).cookie(&server.participant(7)).send().await;
    assert!(form.status == 200 && form.text().contains("Report a question"), "{}", form.text());
    let fields = [("why", "Something else"), ("words", "<script>alert(1)</script>")];
    assert_eq!(server.request(Method::POST, &path).form(&fields).send().await.status, 401, "without a cookie");
    for device in [7, 7, 8, 9] {
        let sent = post(&server, &path, device, &fields).send().await;
        assert!(sent.status == 200 && sent.text().contains("Thank you"), "{device}: {}", sent.text());
    }
    // Now it waits, so there is nothing to be reported.
    assert_eq!(post(&server, &path, 10, &fields).send().await.status, 404);
    assert_eq!(server.get(&path).send().await.status, 404);
    assert_eq!(server.get("/t/acme/report/nonsense").send().await.status, 404);
    let page = mine(&server, &acme, ASKER).send().await.text().to_owned();
    assert!(page.contains("Waiting for review"), "{page}");
}

#[tokio::test]
async fn names_are_kept_where_they_are_shown_and_nowhere_else() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let caller = Credentials { device: Some(Uuid::from_u128(21)), ..Credentials::default() };
    let mut context = server.service.authenticate(&default.slug, &caller).await.unwrap();
    let ask = |name: Option<&str>| Ask {
        team: default.team.id,
        body: "Who is it that asks?".to_owned(),
        name: name.map(ToOwned::to_owned),
    };
    for (names, given, kept) in [
        (Names::Anonymous, Some("Ann"), Ok(None)),
        (Names::Optional, Some("  Ann\n Bell "), Ok(Some("Ann Bell"))),
        (Names::Optional, Some("  "), Ok(None)),
        (Names::Optional, None, Ok(None)),
        (Names::Required, Some("Ann"), Ok(Some("Ann"))),
        (Names::Required, None, Err(())),
        (Names::Required, Some(" "), Err(())),
    ] {
        context.tenant.settings.names = names;
        let asked = server.service.ask(&context, None, ask(given)).await;
        match kept {
            Ok(kept) => assert_eq!(asked.unwrap().author_name.as_deref(), kept, "{names:?} {given:?}"),
            Err(()) => assert!(matches!(asked, Err(Refusal::Invalid { .. })), "{asked:?}"),
        }
    }
    let board = server.service.board(&context).await.unwrap();
    let shown: Vec<_> = board.board.questions.values().filter_map(|question| question.author_name.clone()).collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert_eq!(board.own.len(), 5, "this browser's own");
    context.actor.participant = None;
    assert!(server.service.board(&context).await.unwrap().own.is_empty());
}
