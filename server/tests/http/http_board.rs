//! The board in parts: the whole of it for everybody who may read it, windows of rows, and what is one reader's own; and the
//! page that begins with a window.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use pulsestage::board::Board;
use pulsestage::command::{BoardView, PersonalPart};
use pulsestage::event::Cursor;
use pulsestage::id::{ParticipantId, QuestionId, uuid_v7};
use pulsestage::ports::{NewQuestion, Store, Write};
use pulsestage::question::Question;
use pulsestage::tag::TagsView;
use pulsestage::tenant::Tenant;
use pulsestage::text::QuestionBody;
use pulsestage::time::Timestamp;
use pulsestage::window::{BoardCounts, LARGEST_BOARD, ROWS};
use serde::Deserialize;
use uuid::Uuid;

use crate::http_tenancy::{fields, with};
use crate::support::{Plan, Reply, Room, TestServer, assert_refused};

#[derive(Deserialize)]
struct WholeAnswer {
    tenant: Tenant,
    board: Board,
}

#[derive(Deserialize)]
struct RowsAnswer {
    cursor: Cursor,
    total: usize,
    counts: BoardCounts,
    offset: u32,
    #[serde(default)]
    next: Option<u32>,
    questions: Vec<Question>,
}

/// Fills a room with so many more questions, the later ones with more votes to come first, without their going through the
/// use cases.
async fn fill(store: &Arc<dyn Store>, room: &Room, count: u32) -> Vec<QuestionId> {
    let at = |n: u32| Timestamp(1_759_919_400_000 + i64::from(n) * 1_000);
    let id = |kind: u8, n: u32| {
        let mut random = [kind; 10];
        random[..4].copy_from_slice(&n.to_be_bytes());
        uuid_v7(at(n), random)
    };
    let ask = async |n: u32| {
        let write = Write {
            tenant: room.tenant.id,
            operation: pulsestage::id::OperationId(id(1, n)),
            writer: id(2, n),
            at: at(n),
        };
        let new = NewQuestion {
            only_once: false,
            id: QuestionId(id(3, n)),
            team: room.team.id,
            body: QuestionBody::parse(&format!("Filling {n}: what will change?"), room.tenant.settings.question_length)
                .unwrap(),
            author: ParticipantId(id(4, n)),
            hold: None,
            author_name: None,
            most_open: None,
        };
        store.ask(write, new).await.unwrap().id
    };
    let mut asked = Vec::new();
    for some in (0..count).collect::<Vec<_>>().chunks(500) {
        asked.extend(join_all(some.iter().map(|n| ask(*n))).await);
    }
    asked
}

/// Calls a server function with this cookie alone.
async fn call(server: &TestServer, name: &str, cookie: &str, form: &[(&str, String)]) -> Reply {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    server.function(name).cookie(cookie).form(&form).send().await
}

async fn whole(server: &TestServer, query: &str, cookie: &str) -> (Reply, WholeAnswer) {
    let reply = server.get(&format!("/api/board{query}")).cookie(cookie).send().await;
    let read = reply.read();
    (reply, read)
}

async fn rows(server: &TestServer, query: &str) -> RowsAnswer {
    server.get(&format!("/api/rows?{query}")).send().await.read()
}

#[tokio::test]
async fn the_whole_board_is_the_one_that_is_loaded_for_each() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (room, other, query) in [(&default, &acme, ""), (&acme, &default, "?tenant=acme")] {
        let loaded: BoardView = server.get(&format!("/api/fn/load_board{query}")).send().await.read();
        for cookie in [String::new(), server.participant(1), room.moderator.clone(), other.owner.clone()] {
            let (reply, read) = whole(&server, query, &cookie).await;
            assert_eq!((read.board, read.tenant), (loaded.board.clone(), loaded.tenant.clone()));
            assert_eq!(reply.header("content-type"), "application/json");
            assert_eq!(reply.header("cache-control"), "private, no-cache");
            assert!(!reply.text().contains(&other.slug), "something of {} is in it", other.slug);
            assert!(reply.set_cookies().is_empty());
        }
    }
    let stream = server.stream(&format!("last_event_id={}", whole(&server, "", "").await.1.board.cursor)).await;
    drop(stream);
}

#[tokio::test]
async fn a_board_that_has_not_changed_is_not_sent_again() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (first, _) = whole(&server, "", "").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = |tag: &str, query: &str| server.get(&format!("/api/board{query}")).header("if-none-match", tag).send();
    for known in [tag.clone(), format!("\"x\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()] {
        let reply = again(&known, "").await;
        assert_eq!((reply.status.as_u16(), reply.body.len(), reply.header("etag")), (304, 0, &*tag), "{known}");
    }
    assert_eq!(again(&tag, "?tenant=acme").await.status, 200, "another tenant's board is another");
    assert_eq!(again("W/\"0-0\"", "").await.status, 200);
    let vote = [("question", default.open.id.to_string()), ("up", "true".to_owned())];
    assert_eq!(call(&server, "set_vote", &server.participant(1), &vote).await.status, 200);
    let changed = again(&tag, "").await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
}

/// Right at once, whoever wrote and whoever reads, and whatever of it is read.
#[tokio::test]
async fn what_was_acknowledged_is_on_every_board_that_is_read_afterwards() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (one, other) = (server.participant(1), server.participant(2));
    let question = async |id: &str| {
        let id: QuestionId = QuestionId(id.parse().unwrap());
        let mut shown = Vec::new();
        for cookie in [&one, &other, &String::new(), &default.moderator] {
            shown.push(whole(&server, "", cookie).await.1.board.questions.get(&id).cloned());
            let loaded: BoardView = server.get("/api/fn/load_board").cookie(cookie).send().await.read();
            shown.push(loaded.board.questions.get(&id).cloned());
            let page = server.get("/?tab=all").cookie(cookie).send().await;
            let is_shown = page.text().contains(&format!("id=\"q-{id}\""));
            assert_eq!(is_shown, shown[0].is_some(), "the page of {cookie}");
        }
        shown.push(rows(&server, "tab=all&limit=500").await.questions.into_iter().find(|question| question.id == id));
        assert!(shown.iter().all(|question| *question == shown[0]), "{shown:?}");
        shown[0].clone()
    };
    let ask = [("team", default.team.id.to_string()), ("question", "Is this on every board?".to_owned())];
    let id = call(&server, "ask", &one, &ask).await.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(question(&id).await.unwrap().upvotes, 0);
    for (voter, up, upvotes) in [(2, true, 1), (3, true, 2), (4, true, 3), (3, false, 2)] {
        let vote = [("question", id.clone()), ("up", up.to_string())];
        assert_eq!(call(&server, "set_vote", &server.participant(voter), &vote).await.status, 200);
        assert_eq!(question(&id).await.unwrap().upvotes, upvotes);
    }
    let edit = [("question", id.clone()), ("text", "Is it on them still?".to_owned())];
    assert_eq!(call(&server, "edit", &default.moderator, &edit).await.status, 200);
    assert_eq!(question(&id).await.unwrap().body, "Is it on them still?");
    let decline = [("question", id.clone()), ("reason", "Somebody's name is in it.".to_owned())];
    assert_eq!(call(&server, "decline", &default.moderator, &decline).await.status, 200);
    assert_eq!(question(&id).await, None);
}

#[tokio::test]
async fn whoever_may_not_read_a_board_gets_nothing_of_it() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    // It was read, so there is something to get.
    assert_eq!(whole(&server, "?tenant=acme", &acme.moderator).await.0.status, 200);
    let inner = with(fields(&acme), &[("guests", "no"), ("name", "Inner circle")]);
    assert_eq!(call(&server, "change_team", &acme.owner, &inner).await.status, 200);
    for path in ["/api/board?tenant=acme", "/api/rows?tenant=acme&tab=all", "/api/mine?tenant=acme", "/t/acme?tab=all"]
    {
        for cookie in [String::new(), server.participant(1)] {
            let text = server.get(path).cookie(&cookie).send().await;
            assert_eq!(text.status, 200, "{path}");
            assert!(!text.text().contains("Inner circle") && !text.text().contains("question of acme"), "{path}");
        }
        let own = server.get(path).cookie(&acme.moderator).send().await;
        assert!(path.contains("mine") || own.text().contains("The open question of acme"), "{path}");
    }
    let tag = whole(&server, "?tenant=acme", &acme.moderator).await.0.header("etag").to_owned();
    let guessed = server.get("/api/board?tenant=acme").header("if-none-match", &tag).send().await;
    assert_eq!(guessed.status, 200, "what others have is not what a guest has");
    let shut = with(fields(&acme), &[("settings[guests_allowed]", "false")]);
    assert_eq!(call(&server, "change_settings", &acme.owner, &shut).await.status, 200);
    for path in ["/api/board?tenant=acme", "/api/rows?tenant=acme", "/api/mine?tenant=acme"] {
        let call = server.get(path).header("if-none-match", &tag).cookie(&server.participant(1));
        assert_refused(path, &call.send().await, 403, "not_signed_in");
        let own = server.get(path).cookie(&acme.moderator).send().await;
        assert_eq!(own.status, 200, "{path}");
    }
}

#[tokio::test]
async fn addresses_that_mean_nothing_are_refused_and_odd_ones_are_read_as_far_as_they_can_be() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for path in ["/api/board", "/api/rows", "/api/mine"] {
        for tenant in ["nowhere", "A%20b", "%00", "..%2f"] {
            let reply = server.get(&format!("{path}?tenant={tenant}")).send().await;
            assert_refused(path, &reply, 404, "not_found");
        }
        let post = server.request(axum::http::Method::POST, path).form(&[("tenant", "default")]).send().await;
        assert_refused(path, &post, 405, "method_not_allowed");
        let head = server.request(axum::http::Method::HEAD, path).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
    }
    let all = rows(&server, "tab=all").await;
    for odd in
        ["tab=all&limit=-1", "tab=all&offset=x", "tab=all&offset=-5", "tab=all&team=nobody&tag=7&q=", "tab=all&&=&%"]
    {
        let read = rows(&server, odd).await;
        assert_eq!((read.offset, read.total, read.questions.len()), (0, all.total, all.questions.len()), "{odd}");
    }
    assert_eq!(rows(&server, "tab=all&limit=0").await.questions.len(), 1);
    assert_eq!(rows(&server, "tab=all&offset=999999").await.questions, all.questions, "rows may have gone meanwhile");
}

#[tokio::test]
async fn what_is_ones_own_is_told_apart() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let reader = server.participant(1);
    let ask = [("team", default.team.id.to_string()), ("question", "Mine?".to_owned())];
    let own = call(&server, "ask", &reader, &ask).await.json()["id"].as_str().unwrap().to_owned();
    let vote = [("question", default.open.id.to_string()), ("up", "true".to_owned())];
    assert_eq!(call(&server, "set_vote", &reader, &vote).await.status, 200);
    let reply = server.get("/api/mine").cookie(&reader).send().await;
    assert_eq!(reply.header("cache-control"), "private, no-store");
    let mine: PersonalPart = reply.read();
    let loaded: BoardView = server.get("/api/fn/load_board").cookie(&reader).send().await.read();
    assert_eq!((&mine.voted[..], &mine.own), (&[default.open.id][..], &loaded.own));
    assert_eq!((mine.own[0].to_string(), mine.voted, mine.role), (own, loaded.voted, loaded.role));
    assert_ne!(mine.form_key, loaded.form_key);
    for other in [String::new(), server.participant(2), default.moderator.clone()] {
        let theirs: PersonalPart = server.get("/api/mine").cookie(&other).send().await.read();
        assert!(theirs.own.is_empty() && theirs.voted.is_empty());
    }
}

#[tokio::test]
async fn a_page_of_a_large_board_begins_with_a_window_and_leads_to_the_rest() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let filling = fill(&server.store, &default, 120).await;
    let all = rows(&server, "limit=500").await;
    assert_eq!((all.total, all.counts.all, all.counts.open, all.questions.len()), (124, 124, 123, 123));
    for cookie in [String::new(), server.participant(1), default.moderator.clone()] {
        let mut shown = Vec::new();
        for offset in [0, 50, 100] {
            let page = server.get(&format!("/?offset={offset}")).cookie(&cookie).send().await;
            assert_eq!(page.status, 200);
            let ids = cards(page.text());
            assert_eq!(ids.len(), if offset == 100 { 23 } else { ROWS as usize });
            assert!(page.text().contains("123 open, 1 answered"), "the counts are the whole board's");
            shown.extend(ids);
        }
        assert_eq!(shown, all.questions.iter().map(|question| question.id).collect::<Vec<_>>());
        // What a link names is in the window, wherever it stands and whatever was chosen.
        let (last, answered) = (filling[0], default.answered.id);
        let page = server.get(&format!("/?q={last}")).cookie(&cookie).send().await;
        assert!(cards(page.text()).contains(&last));
        let led = server.get(&format!("/?q={answered}&sort=oldest")).cookie(&cookie).send().await;
        let to = format!("/?tab=answered&sort=oldest&q={answered}#q-{answered}");
        assert_eq!((led.status.as_u16(), led.header("location")), (303, &*to));
        let page = server.get(to.split('#').next().unwrap()).cookie(&cookie).send().await;
        assert!(cards(page.text()).contains(&answered));
        let nowhere = server.get(&format!("/?q={}", Uuid::from_u128(7))).cookie(&cookie).send().await;
        assert_eq!((nowhere.status.as_u16(), cards(nowhere.text()).len()), (200, ROWS as usize));
    }
}

#[tokio::test]
async fn a_tag_is_counted_on_the_whole_board() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let before = |view: &TagsView| view.tags.iter().find(|used| used.tag.id == default.tag.id).unwrap().questions;
    let load = async || server.get("/api/fn/load_tags").cookie(&default.owner).send().await.read::<TagsView>();
    let first = before(&load().await);
    for question in fill(&server.store, &default, 70).await {
        let tag = [("question", question.to_string()), ("tag", default.tag.id.to_string())];
        assert_eq!(call(&server, "tag", &default.moderator, &tag).await.status, 200);
    }
    assert_eq!(before(&load().await), first + 70);
    let page = server.get("/admin/tags").cookie(&default.owner).send().await;
    assert!(page.text().contains(&format!("Used on {} questions", first + 70)));
}

/// The questions whose cards are in a page, in its order.
fn cards(html: &str) -> Vec<QuestionId> {
    let ids = html.split(" id=\"q-").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok());
    ids.map(QuestionId).collect()
}

#[tokio::test]
async fn ten_thousand_questions_are_read_in_windows() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let filling = fill(&server.store, &default, 10_000).await;
    assert!(filling.len() > LARGEST_BOARD as usize);
    assert_refused("the whole board", &server.get("/api/board").send().await, 413, "too_large");
    let (mut ids, mut next) = (BTreeSet::new(), Some(0));
    while let Some(offset) = next {
        let read = rows(&server, &format!("tab=all&sort=newest&limit=500&offset={offset}")).await;
        assert_eq!((read.total, read.counts.all, read.offset), (10_004, 10_004, offset));
        assert_eq!(read.cursor, server.store.head(default.tenant.id).await.unwrap());
        ids.extend(read.questions.iter().map(|question| question.id));
        next = read.next;
    }
    assert_eq!(ids.len(), 10_004);
    for cookie in [String::new(), server.participant(1)] {
        let page = server.get("/").cookie(&cookie).header("accept-encoding", "gzip").send().await;
        assert_eq!((page.status.as_u16(), page.header("content-encoding")), (200, "gzip"));
        assert!(page.body.len() < 25_000, "{} bytes on the wire", page.body.len());
    }
    // A page that is loaded again has as many rows as it had, where they stand.
    let window = "/api/fn/load_board?tenant=&window=offset%3D400%26limit%3D150%26tab%3Dall%26sort%3Doldest";
    let again: BoardView = server.get(window).send().await.read();
    let there = rows(&server, "tab=all&sort=oldest&offset=400&limit=150").await;
    let part = again.part.unwrap();
    assert_eq!((part.total, part.offset, part.next, part.counts.all), (10_004, 400, Some(550), 10_004));
    assert_eq!(again.board.questions.len(), 150);
    assert!(there.questions.iter().all(|question| again.board.questions.get(&question.id) == Some(question)));
    for (odd, offset, count) in [("?", 0, 50), ("offset%3Dx%26limit%3D-1%26%26", 0, 50), ("limit%3D99999", 0, 500)] {
        let view: BoardView = server.get(&format!("/api/fn/load_board?window={odd}")).send().await.read();
        assert_eq!((view.part.map(|part| part.offset), view.board.questions.len()), (Some(offset), count), "{odd}");
    }
    // The whole board is still to be had as it always was.
    let loaded: BoardView = server.get("/api/fn/load_board").send().await.read();
    assert_eq!((loaded.board.questions.len(), loaded.part), (10_004, None));
    let reads = server.state.boards().reads();
    assert!(reads.loaded <= 3, "{reads:?}");
}

/// All that differs between the pages of two newcomers is what is each one's own.
#[tokio::test]
async fn newcomers_share_a_page_and_nothing_that_is_their_own() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let page = async |path: &str, agent: &str, cookie: &str| {
        let call = server.get(path).cookie(cookie).header("user-agent", agent).header("accept-language", agent);
        call.send().await
    };
    for path in ["/", "/?tab=all", "/t/acme/", "/t/acme?sort=newest"] {
        let (one, other) = (page(path, "somebody", "").await, page(path, "nobody", "").await);
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
        assert!(!one.text().contains("somebody") && !other.text().contains("somebody"));
        let cookie = |reply: &Reply| reply.set_cookies()[0].split(';').next().unwrap().to_owned();
        assert_ne!(cookie(&one), cookie(&other));
        assert_ne!(key(&one), key(&other), "no two forms have one key");
        assert_eq!(same(&one), same(&other));
        // Drawn for somebody alone, for their cookies, it is the same page.
        let known = page(path, "somebody", &format!("{}; x=1", server.participant(7))).await;
        assert_eq!(same(&known), same(&one), "{path}");
        assert!(known.set_cookies().iter().all(|cookie| cookie.starts_with("pulsestage_r_")));
    }
    // With a vote, a session or another cookie a page is drawn for its reader.
    let (voter, idle) = (server.participant(8), server.participant(9));
    assert_eq!(same(&page("/", "", &idle).await), same(&page("/", "", "").await));
    let vote = [("question", default.open.id.to_string()), ("up", "true".to_owned())];
    assert_eq!(call(&server, "set_vote", &voter, &vote).await.status, 200);
    let (voted, others) = (page("/", "", &voter).await, page("/", "", "").await);
    assert_ne!(same(&voted), same(&others), "their vote shows");
    assert_eq!(same(&page("/", "", &idle).await), same(&others), "and nobody else's page has it");
    assert!(page("/", "", &default.moderator).await.text().contains("/admin"));
    let dark = page("/", "", "theme=dark").await;
    assert_eq!(dark.set_cookies().len(), 2);
    assert!(dark.text().contains("data-theme=\"dark\"") && !page("/", "", "").await.text().contains("data-theme"));
    let asked = [("team", default.team.id.to_string()), ("question", "New here?".to_owned())];
    let first = page("/", "", "").await;
    let cookie = first.set_cookies()[0].split(';').next().unwrap().to_owned();
    assert_eq!(call(&server, "ask", &cookie, &asked).await.status, 200, "the cookie makes a participant");
    assert!(page("/", "", "").await.text().contains("New here?"), "the next newcomer sees it at once");
}

/// The key of the form on a page.
fn key(reply: &Reply) -> String {
    let key = reply.text().split("name=\"op\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(Uuid::parse_str(&key).is_ok());
    key
}

/// A page without what is new in each answer.
fn same(reply: &Reply) -> String {
    let nonce = nonce(reply.header("content-security-policy"));
    reply.text().replace(&key(reply), "KEY").replace(&nonce, "NONCE")
}

/// The number that the scripts of a page carry; what is in no page where they carry none.
fn nonce(policy: &str) -> String {
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    nonce.unwrap_or("no nonce at all").to_owned()
}
