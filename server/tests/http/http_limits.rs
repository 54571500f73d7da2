//! How fast requests may come: one who hammers is held back, a hall is not, and neighbours notice nothing.

use clap::Parser;
use futures::future::join_all;
use futures::{StreamExt, stream};

use pulsestage::permission::Action;
use pulsestage::ports::Pace;
use pulsestage_server::config::Cli;
use pulsestage_server::limits::{Limit, LimitArgs};

use crate::support::{House, Plan, Reply, Room, assert_refused, boards, soon};

/// The limits that people get who set none.
fn as_shipped() -> LimitArgs {
    Cli::try_parse_from(["pulsestage"]).unwrap().serve.limits
}

/// A house with some limits, where time stands still.
async fn house(limits: LimitArgs) -> (House, Room, Room) {
    let (house, default, acme) = House::new(Plan { limits, ..Plan::default() }).await;
    house.clock.stop();
    (house, default, acme)
}

fn rate(text: &str) -> Limit {
    text.parse().unwrap()
}

async fn vote(house: &House, room: &Room, cookie: &str) -> Reply {
    let question = room.open.id.to_string();
    let form = [("tenant", room.slug.as_str()), ("question", &question), ("up", "true")];
    house.function("set_vote").cookie(cookie).form(&form).send().await
}

async fn ask(house: &House, room: &Room, cookie: &str) -> Reply {
    let team = room.team.id.to_string();
    let form = [("tenant", room.slug.as_str()), ("team", &team), ("question", "One more question")];
    house.function("ask").cookie(cookie).form(&form).send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_behind_one_address_joins_and_votes_within_a_minute() {
    const PEOPLE: usize = 500;
    // All of them come at one moment: nothing flows in meanwhile.
    let (house, room, _acme) = house(as_shipped()).await;
    let joining = stream::iter(0..PEOPLE).map(|_| async {
        let page = house.get("/").header("x-forwarded-for", "192.0.2.1").send().await;
        assert_eq!(page.status, 200, "{}", page.text());
        let cookie = page.set_cookies()[0].split(';').next().unwrap().to_owned();
        let reply = vote(&house, &room, &cookie).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    });
    joining.buffer_unordered(32).collect::<Vec<()>>().await;
    let board = house.store.snapshot(room.tenant.id, None).await.unwrap().board;
    assert_eq!(board.questions[&room.open.id].upvotes, i64::try_from(PEOPLE).unwrap());
}

#[tokio::test]
async fn impatient_clicks_are_fine() {
    let (house, room, _acme) = house(as_shipped()).await;
    for click in 0..100 {
        assert_eq!(vote(&house, &room, &house.participant(9)).await.status, 200, "click {click}");
    }
}

#[tokio::test]
async fn one_who_hammers_is_told_to_wait_and_is_taken_after_that() {
    let limits = LimitArgs { asks_per_participant: rate("3/30s"), ..LimitArgs::NONE };
    let (house, room, acme) = house(limits).await;
    let me = house.participant(1);
    for _ in 0..3 {
        assert_eq!(ask(&house, &room, &me).await.status, 200);
    }
    let before = boards(&house, &room, &acme).await;
    for _ in 0..20 {
        let reply = ask(&house, &room, &me).await;
        assert_refused("one too many", &reply, 429, "too_many_requests");
        assert_eq!(reply.header("retry-after"), "10");
        assert_eq!(reply.json()["retry_after_s"], 10);
    }
    assert_eq!(boards(&house, &room, &acme).await, before, "nothing was done");
    assert_eq!(ask(&house, &room, &house.participant(2)).await.status, 200, "another person");
    assert_eq!(ask(&house, &acme, &me).await.status, 200, "another tenant, where they are somebody else");
    assert_eq!(vote(&house, &room, &me).await.status, 200, "another deed");
    house.clock.turn_on(10);
    assert_eq!(ask(&house, &room, &me).await.status, 200, "as told");
    assert_eq!(ask(&house, &room, &me).await.status, 429, "and one only");
    assert_eq!(house.state.limits().paces.held_back().people, 21);
}

#[tokio::test]
async fn a_form_without_script_comes_back_to_its_page() {
    let limits = LimitArgs { asks_per_participant: rate("1/min"), ..LimitArgs::NONE };
    let (house, room, _acme) = house(limits).await;
    let team = room.team.id.to_string();
    let form = [("team", team.as_str()), ("question", "One more question")];
    let send = || house.function("ask").cookie(&house.participant(1)).form(&form).wants_page().send();
    assert_eq!(send().await.status, 303);
    let refused = send().await;
    assert_eq!(refused.status, 303);
    let page = house.get(refused.header("location").trim_start_matches("http://ask.test")).send().await;
    assert!(page.text().contains("That was too fast. Try again in 60 seconds."), "the page says why");
}

#[tokio::test]
async fn a_noisy_tenant_leaves_its_neighbour_alone() {
    let limits = LimitArgs { writes_per_tenant: rate("20/20s"), reads_per_tenant: rate("20/20s"), ..LimitArgs::NONE };
    let (house, noisy, quiet) = house(limits).await;
    let mut taken = 0;
    for voter in 0..200 {
        let reply = vote(&house, &noisy, &house.participant(voter)).await;
        taken += usize::from(reply.status == 200);
        if reply.status != 200 {
            assert_refused("a noisy tenant", &reply, 429, "too_many_requests");
            assert_eq!(reply.header("retry-after"), "1");
        }
    }
    assert_eq!(taken, 20);
    for voter in 0..20 {
        assert_eq!(vote(&house, &quiet, &house.participant(voter)).await.status, 200);
    }
    let pin = house.function("pin").cookie(&noisy.moderator);
    let reply = pin.form(&[("tenant", &noisy.slug), ("question", &noisy.open.id.to_string())]).send().await;
    assert_eq!(reply.status, 200, "its moderators can still act: {}", reply.text());
    let load = |slug: &str| house.get(&format!("/api/fn/load_board?tenant={slug}")).send();
    let mut read = 0;
    for _ in 0..100 {
        read += usize::from(load(&noisy.slug).await.status == 200);
    }
    assert_eq!(read, 20);
    let page = house.get("/").cookie(&house.participant(1)).send().await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "1"), "a page is a board as well");
    assert_eq!(load(&quiet.slug).await.status, 200);
    assert_eq!(house.get("/t/acme/").send().await.status, 200);
}

#[tokio::test]
async fn streams_are_not_requests() {
    let limits = LimitArgs { reads_per_participant: rate("1/h"), reads_per_tenant: rate("1/h"), ..LimitArgs::NONE };
    let (house, _room, _acme) = house(limits).await;
    for _ in 0..50 {
        let call = house.get("/sse").cookie(&house.participant(1));
        crate::support::Wire::of(call.open().await).greeting().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_wait_for_their_turn_and_are_done() {
    let (house, room, acme) = house(LimitArgs { writes_at_once: 1, ..LimitArgs::NONE }).await;
    let paces = house.state.limits().paces.clone();
    let busy = paces.turn(room.tenant.id, Action::Vote).await;
    let before = boards(&house, &room, &acme).await;
    let voters: Vec<_> = (0..50).map(|voter| house.participant(voter)).collect();
    let noisy = join_all(voters.iter().map(|voter| vote(&house, &room, voter)));
    let neighbour = vote(&house, &acme, &voters[0]);
    let end = async {
        while paces.waiting() != 51 {
            tokio::task::yield_now().await;
        }
        assert_eq!(boards(&house, &room, &acme).await, before, "nobody went before their turn");
        drop(busy);
    };
    let (noisy, neighbour, ()) = soon("everybody's turn", async { tokio::join!(noisy, neighbour, end) }).await;
    assert!(noisy.iter().chain([&neighbour]).all(|reply| reply.status == 200));
    assert_eq!(paces.waiting(), 0);
}
