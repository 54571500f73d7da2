//! The private thread between an asker and the moderators over HTTP: who has a part in it, in which way, and until when.

use axum::http::Method;
use pulsestage::command::SetVote;
use pulsestage::text::Slug;
use pulsestage::thread::MOST_MESSAGES;
use pulsestage::user::Role;

use crate::support::{ASKER, Call, Plan, Reply, Room, TestServer, Wire, assert_refused, signed_in};

fn own_page(room: &Room) -> String {
    format!("/t/{}/mine/{}", room.slug, room.open.id)
}

fn send(server: &TestServer, path: &str, device: u128, fields: &[(&str, &str)]) -> Call {
    server.request(Method::POST, path).cookie(&server.participant(device)).form(fields)
}

fn say(server: &TestServer, room: &Room, cookie: &str, text: &str) -> Call {
    let form = [("tenant", room.slug.as_str()), ("question", &room.open.id.to_string()), ("text", text)];
    server.function("say").cookie(cookie).form(&form)
}

fn load(server: &TestServer, room: &Room, cookie: &str) -> Call {
    server.get(&format!("/api/fn/load_thread?tenant={}&question={}", room.slug, room.open.id)).cookie(cookie)
}

/// Makes a link, as its asker does, and gives its path.
async fn link(server: &TestServer, room: &Room) -> String {
    let made = send(server, &own_page(room), ASKER, &[("do", "link")]).send().await;
    let text = made.text();
    assert_eq!(made.status, 200, "{text}");
    let at = text.find("/thread/").unwrap_or_else(|| panic!("no link in {text}"));
    text[at..].split('"').next().unwrap().to_owned()
}

fn is_spent(reply: &Reply) -> bool {
    reply.status == 410 && !reply.text().contains("May I add")
}

#[tokio::test]
async fn asker_and_moderator_write_to_each_other_and_stay_unknown() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let (asker, other) = (server.participant(ASKER), server.participant(7));
    let mut of_asker = Wire::of(server.get("/sse?tenantId=acme").cookie(&asker).open().await);
    let mut of_other = Wire::of(server.get("/sse?tenantId=acme").cookie(&other).open().await);
    for wire in [&mut of_asker, &mut of_other] {
        wire.greeting().await;
    }
    let (page, text) = (own_page(&acme), "May I add <b>something</b>?\nIt is long.");
    let sent = send(&server, &page, ASKER, &[("text", text)]).send().await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, &*page));
    let read = load(&server, &acme, &acme.moderator).send().await.json();
    assert_eq!(read["messages"][0]["text"], text);
    assert_eq!(read["messages"][0]["from"], "asker");
    let replied = say(&server, &acme, &acme.moderator, "Do, please.").send().await;
    assert_eq!(replied.json()["messages"].as_array().map(Vec::len), Some(2), "{}", replied.text());

    // Whoever asked is told where they are, and nobody else that there is anything.
    let told = of_asker.until("question:moderated").await.pop().unwrap();
    assert_eq!(told.json()["data"]["questionId"].as_str(), Some(&*acme.open.id.to_string()));
    server.service.set_vote(&acme.context, None, SetVote { question: acme.spare.id, up: true }).await.ok();
    for message in of_other.until("question:upvoted").await {
        assert_ne!(message.kind(), "question:moderated");
    }
    let shown = server.get(&page).cookie(&asker).send().await;
    assert_eq!((shown.header("cache-control"), shown.header("referrer-policy")), ("no-store", "strict-origin"));
    assert!(shown.text().contains("May I add &lt;b&gt;something") && shown.text().contains("Do, please."));
    assert_eq!(shown.text().matches("<script").count(), 1, "what keeps a draft: {}", shown.text());
}

#[tokio::test]
async fn it_is_nobody_elses() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let page = own_page(&acme);
    send(&server, &page, ASKER, &[("text", "May I add something?")]).send().await;
    for path in [&page, &format!("/mine/{}", acme.open.id), &"/t/acme/mine/nonsense".to_owned()] {
        for device in [7, ASKER].into_iter().filter(|device| path != &page || *device != ASKER) {
            let seen = server.get(path).cookie(&server.participant(device)).send().await;
            assert_eq!(seen.status, 404, "{path} {device}");
            for what in ["say", "link", "unlink"] {
                let tried = send(&server, path, device, &[("do", what), ("text", "Me too")]).send().await;
                assert_eq!(tried.status, 404, "{path} {device} {what}");
            }
        }
        assert_eq!(server.get(path).send().await.status, 404, "without a cookie");
    }
    let viewer = signed_in(&server.service, &Slug::parse(&acme.slug).unwrap(), Role::Viewer).await.0;
    let member = signed_in(&server.service, &Slug::parse(&acme.slug).unwrap(), Role::Member).await.0;
    for cookie in [&viewer, &member] {
        assert_refused("load_thread", &load(&server, &acme, cookie).send().await, 403, "not_allowed");
        assert_refused("say", &say(&server, &acme, cookie, "As a moderator").send().await, 403, "not_allowed");
    }
    for cookie in [&default.moderator, &default.owner, &server.participant(ASKER)] {
        assert_refused("load_thread", &load(&server, &acme, cookie).send().await, 403, "not_signed_in");
        assert_refused("say", &say(&server, &acme, cookie, "As a moderator").send().await, 403, "not_signed_in");
    }
    let thread = load(&server, &acme, &acme.moderator).send().await.json();
    assert_eq!(thread["messages"].as_array().map(Vec::len), Some(1));
    assert_eq!(thread["hasLink"], false);
}

#[tokio::test]
async fn a_link_opens_it_anywhere_until_it_is_taken_back() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    send(&server, &own_page(&acme), ASKER, &[("text", "May I add something?")]).send().await;
    let first = link(&server, &acme).await;
    // As nobody, and as often as one likes: it is a key and no ticket.
    for _ in 0..2 {
        let seen = server.get(&first).send().await;
        assert!(seen.status == 200 && seen.text().contains("May I add something?"), "{}", seen.text());
        assert_eq!((seen.header("cache-control"), seen.header("referrer-policy")), ("no-store", "strict-origin"));
        assert!(!seen.text().contains("Create private link") && !seen.text().contains(acme.frozen.body.as_str()));
    }
    let sent = server.request(Method::POST, &first).form(&[("text", "From my phone")]).send().await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, &*first));
    let thread = load(&server, &acme, &acme.moderator).send().await.json();
    assert_eq!(
        (&thread["messages"][1]["text"], &thread["messages"][1]["from"]),
        (&"From my phone".into(), &"asker".into())
    );
    // It says nothing else and does nothing else.
    let tried = server.request(Method::POST, &first).form(&[("do", "link"), ("text", "")]).send().await;
    assert!(tried.status == 422 && !tried.text().contains("Your private link"), "{}", tried.text());

    let second = link(&server, &acme).await;
    assert!(is_spent(&server.get(&first).send().await), "another took its place");
    assert!(is_spent(&server.request(Method::POST, &first).form(&[("text", "Still here?")]).send().await));
    assert_eq!(server.get(&second).send().await.status, 200);
    let ended = send(&server, &own_page(&acme), ASKER, &[("do", "unlink")]).send().await;
    assert_eq!(ended.status, 303);
    for path in [&*second, "/thread/x", "/thread/%00", &format!("/thread/{}", "A".repeat(5_000))] {
        assert!(is_spent(&server.get(path).send().await), "{path}");
    }
    assert_eq!(load(&server, &acme, &acme.moderator).send().await.json()["messages"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_and_kept_in_its_box() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let (page, by_link) = (own_page(&acme), link(&server, &acme).await);
    let long = "x".repeat(1_001);
    for (text, words) in [(" \u{200B} ", "empty"), (&*long, "at most 1000")] {
        for path in [&page, &by_link] {
            let refused = send(&server, path, ASKER, &[("text", text)]).send().await;
            assert!(refused.status == 422 && refused.text().contains("role=\"alert\""), "{}", refused.text());
            assert!(refused.text().contains(words), "{words}: {}", refused.text());
            assert!(text != long || refused.text().contains(&long), "what was typed is still there");
        }
        assert_refused("say", &say(&server, &acme, &acme.moderator, text).send().await, 422, "invalid");
    }
    let thread = load(&server, &acme, &acme.moderator).send().await.json();
    assert_eq!(thread["messages"].as_array().map(Vec::len), Some(0));
    for number in 0..MOST_MESSAGES {
        let said = say(&server, &acme, &acme.moderator, &format!("Message {number}")).send().await;
        assert_eq!(said.status, 200, "{}", said.text());
    }
    for path in [&page, &by_link] {
        assert_eq!(send(&server, path, ASKER, &[("text", "One too many")]).send().await.status, 409);
        let full = server.get(path).cookie(&server.participant(ASKER)).send().await;
        assert!(full.text().contains("This conversation is full"), "{}", full.text());
    }
    assert_refused("say", &say(&server, &acme, &acme.moderator, "And one").send().await, 409, "not_now");
}
