//! Two instances on one database, with a real Redis between them: it is quick while Redis is there, late while it
//! is not, and never wrong.

use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

use pulsestage::board::{Applied, Board};
use pulsestage::command::{Ask, SetVote};

use crate::stage::{Stage, stories};
use crate::support::{Folder, Plan, Redis, Room, TestServer, Wire, free_port, open_store, soon};

stories!(a_redis_that_dies_and_comes_back, a_redis_that_never_was_there);

/// The bus looks by itself this often; five changes that follow each other cannot come that way in less than four times it.
const SLOW_TICK: Duration = Duration::from_secs(3);

/// Says loudly that Redis is missing; where everything must be there, that is a failure.
fn is_missing() {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI=true, and redis-server is not installed");
    eprintln!(
        "NOT TESTED: redis-server is not installed, so nothing is known of several instances (apt-get install redis-server)"
    );
}

/// A browser at the second instance.
struct Screen {
    wire: Wire,
    board: Board,
    seq: i64,
}

impl Screen {
    async fn at(server: &TestServer, room: &Room) -> Self {
        let board = server.store.snapshot(room.tenant.id, None).await.unwrap().board;
        let wire = server.stream(&format!("tenantId={}&last_event_id={}", room.slug, board.cursor)).await;
        Self { wire, seq: board.cursor.seq, board }
    }

    /// Reads until the question is there with this many votes.
    async fn shows(&mut self, body: &str, upvotes: i64) {
        let read = async {
            while !self.board.questions.values().any(|question| question.body == body && question.upvotes == upvotes) {
                let message = self.wire.message().await;
                if message.envelope().event.is_fact() {
                    self.seq += 1;
                    assert_eq!(message.cursor().unwrap().seq, self.seq, "a fact is lost or doubled");
                }
                assert_ne!(message.fold_into(&mut self.board), Applied::Resync, "{}", message.raw);
            }
        };
        soon(body, read).await;
    }
}

/// Changes made at one instance, each waited for at the other; says how long they took together.
async fn changes(server: &TestServer, room: &Room, screen: &mut Screen, name: &str, count: usize) -> Duration {
    let began = Instant::now();
    for n in 0..count {
        let body = format!("{name} {n}");
        let question = server
            .service
            .ask(&room.context, None, Ask { team: room.team.id, body: body.clone(), name: None })
            .await
            .unwrap();
        screen.shows(&body, 0).await;
        server.service.set_vote(&room.context, None, SetVote { question: question.id, up: true }).await.unwrap();
        screen.shows(&body, 1).await;
    }
    began.elapsed()
}

/// Two instances on the stage's database.
async fn two_instances(stage: &Stage, redis_port: u16) -> (TestServer, TestServer) {
    let plan = Plan { redis_url: Some(Redis::url(redis_port)), window: Duration::from_millis(20), ..Plan::default() };
    let instance = async || TestServer::on(open_store(&stage.url).await, plan.clone());
    (instance().await, instance().await)
}

async fn a_redis_that_dies_and_comes_back(stage: Arc<Stage>) {
    let (folder, port) = (Folder::new(), free_port());
    let Some(redis) = Redis::start(&folder, port).await else { return is_missing() };
    let (here, there) = two_instances(&stage, port).await;
    let room = Room::furnish(&here.service, "default").await;
    redis.is_heard().await;
    let mut screen = Screen::at(&there, &room).await;
    let mut own = Screen::at(&here, &room).await;

    let took = changes(&here, &room, &mut screen, "While Redis is there", 5).await;
    assert!(took < SLOW_TICK * 2, "Redis is there, yet ten changes took {took:?}");
    drop(redis);
    // The slow tick brings them.
    changes(&here, &room, &mut screen, "While Redis is away", 2).await;
    let took = changes(&here, &room, &mut own, "On the same instance", 5).await;
    assert!(took < SLOW_TICK * 2, "one instance needs no Redis, yet ten changes took {took:?}");
    let redis = Redis::start(&folder, port).await.unwrap();
    redis.is_heard().await;
    let took = changes(&here, &room, &mut screen, "When Redis is back", 5).await;
    assert!(took < SLOW_TICK * 2, "Redis is back, yet ten changes took {took:?}");
    // The other way round as well.
    let took = changes(&there, &room, &mut own, "From the other side", 5).await;
    assert!(took < SLOW_TICK * 2, "ten changes the other way took {took:?}");

    let stored = here.store.snapshot(room.tenant.id, None).await.unwrap().board;
    for screen in [&mut screen, &mut own] {
        screen.shows("When Redis is back 4", 1).await;
        screen.shows("From the other side 4", 1).await;
        assert_eq!(screen.board, stored);
    }
    for server in [here, there] {
        server.close().await;
    }
}

async fn a_redis_that_never_was_there(stage: Arc<Stage>) {
    let (here, there) = two_instances(&stage, free_port()).await;
    let room = Room::furnish(&here.service, "default").await;
    let mut screen = Screen::at(&there, &room).await;
    changes(&here, &room, &mut screen, "Without Redis", 1).await;
    assert_eq!(screen.board, here.store.snapshot(room.tenant.id, None).await.unwrap().board);
    for server in [here, there] {
        server.close().await;
    }
}
