//! Who asked is in nothing that leaves the server: a story of askers and moderators is played with every answer, every frame,
//! every file and every line of the log kept, and all of it is searched for the people behind the questions. What the
//! database itself knows is only their pseudonyms, where they are needed.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

use pulsestage::ports::Pseudonyms;

use crate::routes::admin_views;
use crate::stage::{Stage, stories};
use crate::support::{Call, Log, Plan, Room, TestServer, Wire, dump};

const ASKER: u128 = 0xA5CE_0001_7E57_0000_0000_0000_0000_0042;
const VOTER: u128 = 0xB0B0_0002_7E57_0000_0000_0000_0000_0043;

/// Everything that was said, by where.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(String, String)>>>);

impl Heard {
    fn keep(&self, place: &str, text: &str) {
        self.0.lock().unwrap().push((place.to_owned(), text.to_owned()));
    }

    /// Sends a call and keeps the answer's head and body.
    async fn call(&self, place: &str, call: Call) -> String {
        let reply = call.send().await;
        let mut head = String::new();
        for (name, value) in &reply.headers {
            head += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
        }
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        self.keep(place, &format!("{} {head}{body}", reply.status));
        body
    }
}

/// Every way in which 16 bytes might be written.
fn spellings(id: Uuid) -> Vec<String> {
    let bytes = id.as_bytes();
    let plain = [
        id.hyphenated().to_string(),
        id.simple().to_string(),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        id.as_u128().to_string(),
        format!("{bytes:?}"),
    ];
    plain.iter().flat_map(|word| [word.clone(), word.to_uppercase()]).collect()
}

async fn act(
    heard: &Heard,
    server: &TestServer,
    room: &Room,
    name: &str,
    cookie: &str,
    fields: &[(&str, &str)],
) -> String {
    let form = [&[("tenant", room.slug.as_str())], fields].concat();
    heard.call(name, server.function(name).cookie(cookie).form(&form)).await
}

/// Asks, and tells the question's id.
async fn ask(heard: &Heard, server: &TestServer, room: &Room, cookie: &str, text: &str) -> String {
    let team = room.team.id.to_string();
    let answer = act(heard, server, room, "ask", cookie, &[("team", &team), ("question", text)]).await;
    let question: serde_json::Value = serde_json::from_str(&answer).unwrap();
    question["id"].as_str().unwrap().to_owned()
}

/// What people and moderators do with questions, all of it heard.
async fn play(heard: &Heard, server: &TestServer, room: &Room) {
    let (asker, voter, moderator) = (server.participant(ASKER), server.participant(VOTER), room.moderator.clone());
    let one = ask(heard, server, room, &asker, "Who is behind this?").await;
    let two = ask(heard, server, room, &asker, "Who was behind this?").await;
    let three = ask(heard, server, room, &asker, "See www.example.com for who I am").await;
    // Somebody who is signed in asks as their account.
    ask(heard, server, room, &room.owner, "Who among us asks this?").await;
    for (name, cookie, fields) in [
        ("set_vote", &voter, vec![("question", &*one), ("up", "true")]),
        ("set_vote", &asker, vec![("question", &*one), ("up", "true")]),
        ("report", &voter, vec![("question", &*two), ("reason", "I do not like it")]),
        ("edit_own", &asker, vec![("question", &*two), ("text", "Who was it, behind this?")]),
        ("claim", &moderator, vec![("question", &*one), ("on", "true")]),
        ("draft", &moderator, vec![("question", &*one), ("text", "Nobody")]),
        ("answer", &moderator, vec![("question", &*one), ("answer", "Nobody knows.")]),
        ("star", &moderator, vec![("question", &*one), ("on", "true")]),
        ("label", &moderator, vec![("question", &*one), ("label", "later")]),
        ("say", &moderator, vec![("question", &*one), ("text", "Do you mean this?")]),
        ("pin", &moderator, vec![("question", &*two)]),
        ("merge", &moderator, vec![("question", &*two), ("into", &*one)]),
        ("split", &moderator, vec![("question", &*two)]),
        ("decide", &moderator, vec![("question", &*three), ("decision", "approve")]),
        ("decline", &moderator, vec![("question", &*three), ("reason", "No adverts")]),
        ("withdraw_own", &asker, vec![("question", &*two)]),
        // What is refused is told as well.
        ("edit_own", &voter, vec![("question", &*one), ("text", "Mine now, is it?")]),
        ("decide", &voter, vec![("question", &*one), ("decision", "hold")]),
    ] {
        act(heard, server, room, name, cookie, &fields).await;
    }
    for fields in [[("do", "say"), ("text", "That is what I mean")], [("do", "link"), ("text", "")]] {
        let page = format!("/t/{}/mine/{one}", room.slug);
        heard.call("the thread", server.request(Method::POST, &page).cookie(&asker).form(&fields)).await;
    }
}

/// Every page, list and file that anybody gets to see.
async fn look(heard: &Heard, server: &TestServer, room: &Room) {
    let (asker, voter) = (server.participant(ASKER), server.participant(VOTER));
    let slug = &room.slug;
    let reads = leptos::server_fn::axum::server_fn_paths().filter(|(_, method)| *method == Method::GET);
    let one = room.open.id;
    let mut paths: Vec<String> =
        reads.map(|(path, _)| format!("{path}?tenant={slug}&question={one}&range=day&team=")).collect();
    paths.extend(["", "/mine", "/admin", "/sign-in"].map(|page| format!("/t/{slug}{page}")));
    for page in admin_views() {
        paths.push(format!("/t/{slug}/admin/{page}"));
    }
    for file in ["questions.csv", "questions.json", "questions.xlsx", "votes.csv", "audit.csv", "audit.jsonl"] {
        paths.push(format!("/export/{file}?tenant={slug}"));
    }
    for path in &paths {
        for (who, cookie) in
            [("asker", &asker), ("voter", &voter), ("owner", &room.owner), ("moderator", &room.moderator)]
        {
            heard.call(&format!("{who} at {path}"), server.get(path).cookie(cookie)).await;
        }
    }
}

stories!(nothing_tells_who_asked);

async fn nothing_tells_who_asked(stage: Arc<Stage>) {
    let log = Log::listen();
    let server = TestServer::on(stage.store.clone(), Plan::default());
    let room = Room::furnish(&server.service, "acme").await;
    let heard = Heard::default();
    let mut wires = Vec::new();
    for cookie in [&server.participant(ASKER), &server.participant(VOTER), &room.moderator, &room.owner] {
        let mut wire = Wire::of(server.get("/sse?tenantId=acme").cookie(cookie).open().await);
        wire.greeting().await;
        wires.push(wire);
    }
    play(&heard, &server, &room).await;
    look(&heard, &server, &room).await;
    // A last fact for everybody says that all before it was read.
    ask(&heard, &server, &room, &server.participant(VOTER), "Is that all of it?").await;
    for wire in &mut wires {
        loop {
            let message = wire.message().await;
            heard.keep("a stream", &message.raw);
            if message.raw.contains("Is that all of it?") {
                break;
            }
        }
    }
    assert!(log.text().contains("published"), "there is a log");
    heard.keep("the log", &log.text());

    let tenant =
        server.service.authenticate("acme", &pulsestage::service::Credentials::default()).await.unwrap().tenant.id;
    let heard = heard.0.lock().unwrap().clone();
    assert!(heard.len() > 150, "{}", heard.len());
    assert!(heard.iter().any(|(_, text)| text.contains("Who is behind this?")), "there is something to be found");
    let account = server.key().account(tenant, room.context.actor.user.unwrap()).0;
    let devices = [ASKER, VOTER].map(Uuid::from_u128).map(Some);
    for device in devices.into_iter().chain([None]) {
        let person = device.map_or(account, |device| server.key().participant(tenant, device).0);
        let code = device.map(|device| server.participant(device.as_u128()));
        let code = code.map(|code| code.rsplit('.').next().unwrap().to_owned());
        let device = device.map(spellings).unwrap_or_default();
        let secrets: Vec<String> = spellings(person).into_iter().chain(device.clone()).chain(code).collect();
        for (place, text) in &heard {
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{place} tells {secret}: {text}");
            }
        }
        // And in all of the database the person is where it has to be, and their browser nowhere.
        for (table, rows) in dump(&stage.url).await {
            for row in rows {
                let text = row.to_string().to_lowercase();
                assert!(!device.iter().any(|word| text.contains(&word.to_lowercase())), "{table}: {text}");
                let is_needed = ["questions", "votes", "reports", "events", "operations"].contains(&table.as_str());
                let is_there = text.contains(&person.simple().to_string());
                assert!(is_needed || !is_there, "{table} knows who asked: {text}");
            }
        }
    }
}
