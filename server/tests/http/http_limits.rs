//! How fast requests may come: one client that sends too many is held back, an audience is not, and other tenants are not affected.

use clap::Parser;
use futures::future::join_all;
use futures::{StreamExt, stream};

use pulsestage::permission::Action;
use pulsestage::ports::RateLimiter;
use pulsestage_server::commands::Cli;
use pulsestage_server::limits::{Limit, LimitArgs};

use crate::support::{Plan, Reply, Room, TestServer, assert_refused, boards, soon};

/// The limits that people get who set none.
pub(crate) fn as_shipped() -> LimitArgs {
    Cli::try_parse_from(["pulsestage"]).unwrap().serve.limits
}

/// A server with some limits, where time stands still.
async fn server(limits: LimitArgs) -> (TestServer, Room, Room) {
    let (server, default, acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    server.clock.stop();
    (server, default, acme)
}

fn rate(text: &str) -> Limit {
    text.parse().unwrap()
}

async fn vote(server: &TestServer, room: &Room, cookie: &str) -> Reply {
    let question = room.open.id.to_string();
    let form = [("tenant", room.slug.as_str()), ("question", &question), ("up", "true")];
    server.function("set_vote").cookie(cookie).form(&form).send().await
}

async fn ask(server: &TestServer, room: &Room, cookie: &str) -> Reply {
    let team = room.team.id.to_string();
    let form = [("tenant", room.slug.as_str()), ("team", &team), ("question", "One more question"), ("again", "true")];
    server.function("ask").cookie(cookie).form(&form).send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_behind_one_address_joins_and_votes_within_a_minute() {
    const PEOPLE: usize = 500;
    // All of them come at one moment: nothing flows in meanwhile.
    let (server, room, _acme) = server(as_shipped()).await;
    let joining = stream::iter(0..PEOPLE).map(|_| async {
        let page = server.get("/").header("x-forwarded-for", "192.0.2.1").send().await;
        assert_eq!(page.status, 200, "{}", page.text());
        let cookie = page.set_cookies()[0].split(';').next().unwrap().to_owned();
        let reply = vote(&server, &room, &cookie).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    });
    joining.buffer_unordered(32).collect::<Vec<()>>().await;
    let board = server.store.snapshot(room.tenant.id, None).await.unwrap().board;
    assert_eq!(board.questions[&room.open.id].upvotes, i64::try_from(PEOPLE).unwrap());
}

#[tokio::test]
async fn impatient_clicks_are_fine() {
    let (server, room, _acme) = server(as_shipped()).await;
    for click in 0..100 {
        assert_eq!(vote(&server, &room, &server.participant(9)).await.status, 200, "click {click}");
    }
}

#[tokio::test]
async fn one_who_hammers_is_told_to_wait_and_is_taken_after_that() {
    let limits = LimitArgs { asks_per_participant: rate("3/30s"), ..LimitArgs::NONE };
    let (server, room, acme) = server(limits).await;
    let me = server.participant(1);
    for _ in 0..3 {
        assert_eq!(ask(&server, &room, &me).await.status, 200);
    }
    let before = boards(&server, &room, &acme).await;
    for _ in 0..20 {
        let reply = ask(&server, &room, &me).await;
        assert_refused("one too many", &reply, 429, "too_many_requests");
        assert_eq!(reply.header("retry-after"), "10");
        assert_eq!(reply.json()["retry_after_s"], 10);
    }
    assert_eq!(boards(&server, &room, &acme).await, before, "nothing was done");
    assert_eq!(ask(&server, &room, &server.participant(2)).await.status, 200, "another person");
    assert_eq!(ask(&server, &acme, &me).await.status, 200, "another tenant, where they are somebody else");
    assert_eq!(vote(&server, &room, &me).await.status, 200, "another action");
    server.clock.turn_on(10);
    assert_eq!(ask(&server, &room, &me).await.status, 200, "as told");
    assert_eq!(ask(&server, &room, &me).await.status, 429, "and one only");
    assert_eq!(server.state.limits().paces.held_back().people, 21);
}

#[tokio::test]
async fn a_form_without_script_comes_back_to_its_page() {
    let limits = LimitArgs { asks_per_participant: rate("1/min"), ..LimitArgs::NONE };
    let (server, room, _acme) = server(limits).await;
    let team = room.team.id.to_string();
    let form = [("team", team.as_str()), ("question", "One more question")];
    let send = || server.function("ask").cookie(&server.participant(1)).form(&form).wants_page().send();
    assert_eq!(send().await.status, 303);
    let refused = send().await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "60"));
    assert!(refused.text().contains("That was too fast. Try again in 60 seconds."), "the page says why");
    assert!(refused.text().contains("One more question</textarea>"), "what was typed is still there");
}

#[tokio::test]
async fn a_noisy_tenant_leaves_its_neighbour_alone() {
    let limits = LimitArgs { writes_per_tenant: rate("20/20s"), reads_per_tenant: rate("20/20s"), ..LimitArgs::NONE };
    let (server, noisy, quiet) = server(limits).await;
    let mut taken = 0;
    for voter in 0..200 {
        let reply = vote(&server, &noisy, &server.participant(voter)).await;
        taken += usize::from(reply.status == 200);
        if reply.status != 200 {
            assert_refused("a noisy tenant", &reply, 429, "too_many_requests");
            assert_eq!(reply.header("retry-after"), "1");
        }
    }
    assert_eq!(taken, 20);
    for voter in 0..20 {
        assert_eq!(vote(&server, &quiet, &server.participant(voter)).await.status, 200);
    }
    let pin = server.function("pin").cookie(&noisy.moderator);
    let reply = pin.form(&[("tenant", &noisy.slug), ("question", &noisy.open.id.to_string())]).send().await;
    assert_eq!(reply.status, 200, "its moderators can still act: {}", reply.text());
    let load = |slug: &str, reader| {
        server.get(&format!("/api/fn/load_board?tenant={slug}")).cookie(&server.participant(reader)).send()
    };
    let mut read = 0;
    for reader in 0..100 {
        read += usize::from(load(&noisy.slug, reader).await.status == 200);
    }
    assert_eq!(read, 20);
    let page = server.get("/").cookie(&server.participant(1)).send().await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "1"), "a page is a board as well");
    assert_eq!(load(&quiet.slug, 1).await.status, 200);
    assert_eq!(server.get("/t/acme/").send().await.status, 200);
}

#[tokio::test]
async fn streams_are_not_requests() {
    let limits = LimitArgs { reads_per_participant: rate("1/h"), reads_per_tenant: rate("1/h"), ..LimitArgs::NONE };
    let (server, _room, _acme) = server(limits).await;
    for _ in 0..50 {
        let call = server.get("/sse").cookie(&server.participant(1));
        crate::support::Wire::of(call.open().await).greeting().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_wait_for_their_turn_and_are_done() {
    let (server, room, acme) = server(LimitArgs { writes_at_once: 1, ..LimitArgs::NONE }).await;
    let paces = server.state.limits().paces.clone();
    let busy = paces.turn(room.tenant.id, Action::Vote).await;
    let before = boards(&server, &room, &acme).await;
    let voters: Vec<_> = (0..50).map(|voter| server.participant(voter)).collect();
    let noisy = join_all(voters.iter().map(|voter| vote(&server, &room, voter)));
    let neighbour = vote(&server, &acme, &voters[0]);
    let end = async {
        while paces.waiting() != 51 {
            tokio::task::yield_now().await;
        }
        assert_eq!(boards(&server, &room, &acme).await, before, "nobody went before their turn");
        drop(busy);
    };
    let (noisy, neighbour, ()) = soon("everybody's turn", async { tokio::join!(noisy, neighbour, end) }).await;
    assert!(noisy.iter().chain([&neighbour]).all(|reply| reply.status == 200));
    assert_eq!(paces.waiting(), 0);
}

#[tokio::test]
async fn a_client_without_a_cookie_leaves_known_participants_their_reads() {
    let limits = LimitArgs {
        reads_per_tenant: rate("300/min"),
        reads_per_unknown_network: rate("100/min"),
        unknown_reads_per_tenant: rate("300/min"),
        newcomers_per_network: rate("6000/min"),
        proxies: 1,
        ..LimitArgs::NONE
    };
    let (server, room, _acme) = server(limits).await;
    let load = async |address: &str, cookie: &str| {
        let call = server.get("/api/fn/load_board?tenant=default").cookie(cookie).header("x-forwarded-for", address);
        call.send().await.status.as_u16()
    };
    let forged = [
        String::new(),
        TestServer::foreign_participant(1),
        format!("pulsestage_s_default={}", "0".repeat(64)),
        "pulsestage_p=garbage".to_owned(),
    ];
    let mut read = 0;
    for n in 0..1_200 {
        read += usize::from(load("192.0.2.1", &forged[n % forged.len()]).await == 200);
    }
    assert_eq!(read, 100, "one network");
    for n in 0..500 {
        read += usize::from(load(&format!("198.51.100.{}", n % 100), "").await == 200);
    }
    assert_eq!(read, 300, "all of them together");
    // Browsers that are given their cookie only now are no better known.
    let page = server.get("/").header("x-forwarded-for", "203.0.113.1").send().await;
    assert_eq!(page.status, 429);
    for n in 0..300 {
        assert_eq!(load("192.0.2.1", &server.participant(n)).await, 200, "a known participant at the same address");
    }
    assert_eq!(load("192.0.2.1", &server.participant(1)).await, 429, "and they have all of their own share");
    assert_eq!(load("192.0.2.1", &room.owner).await, 429, "whoever is signed in is known as well");
    server.clock.turn_on(1);
    assert_eq!(load("192.0.2.1", &room.owner).await, 200);
    assert_eq!(server.state.limits().paces.held_back().unknown, 1_100 + 300 + 1);
}

#[tokio::test]
async fn one_who_asks_and_asks_has_so_many_open_questions_and_no_more() {
    let limits = LimitArgs { open_questions_per_participant: 3, ..LimitArgs::NONE };
    let (server, room, acme) = server(limits).await;
    let me = server.participant(1);
    for _ in 0..3 {
        assert_eq!(ask(&server, &room, &me).await.status, 200);
    }
    let refused = ask(&server, &room, &me).await;
    assert_refused("one too many", &refused, 409, "limit_reached");
    assert!(refused.text().contains("The limit is reached"), "{}", refused.text());
    assert_eq!(ask(&server, &room, &server.participant(2)).await.status, 200, "another person");
    assert_eq!(ask(&server, &acme, &me).await.status, 200, "another tenant");
    let staff = format!("{}; {}", room.moderator, server.participant(3));
    for _ in 0..6 {
        assert_eq!(ask(&server, &room, &staff).await.status, 200, "moderators collect questions");
    }
}

#[tokio::test]
async fn fresh_cookies_make_no_flood_of_questions() {
    let (server, room, _acme) = server(LimitArgs { newcomers_per_network: Limit::NONE, ..as_shipped() }).await;
    let mut asked = 0;
    for n in 0..1_500 {
        asked += usize::from(ask(&server, &room, &server.participant(n)).await.status == 200);
    }
    assert_eq!(asked, 600);
    server.clock.turn_on(60);
    for n in 2_000..3_000 {
        asked += usize::from(ask(&server, &room, &server.participant(n)).await.status == 200);
    }
    assert_eq!(asked, 1_200, "of ten thousand in two minutes");
}
