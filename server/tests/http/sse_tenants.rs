//! A tenant's data never reaches another tenant: whatever happens in two tenants at once, every frame of a stream
//! is its own tenant's, filtered or not, replayed or live.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use pulsestage::command::{AnswerQuestion, Ask, CreateTag, SetMark, SetTag, SetVote};
use pulsestage::error::Refusal;
use pulsestage::id::{QuestionId, TagId};

use crate::support::{Plan, Room, TestServer, Wire, soon};

/// Something that happens in one of two tenants; numbers choose among what is there.
#[derive(Clone, Copy, Debug)]
enum TenantAction {
    Ask,
    Vote(usize, bool),
    Answer(usize),
    Tag(usize, usize, bool),
    Pin(usize, bool),
    Freeze(usize, bool),
    Team(u32),
    Palette(u32),
}

fn action() -> impl Strategy<Value = TenantAction> {
    let place = 0..20_usize;
    prop_oneof![
        3 => Just(TenantAction::Ask),
        3 => (place.clone(), any::<bool>()).prop_map(|(q, up)| TenantAction::Vote(q, up)),
        1 => place.clone().prop_map(TenantAction::Answer),
        2 => (place.clone(), place.clone(), any::<bool>()).prop_map(|(q, t, on)| TenantAction::Tag(q, t, on)),
        1 => (place.clone(), any::<bool>()).prop_map(|(q, on)| TenantAction::Pin(q, on)),
        1 => (place, any::<bool>()).prop_map(|(q, on)| TenantAction::Freeze(q, on)),
        1 => any::<u32>().prop_map(TenantAction::Team),
        1 => any::<u32>().prop_map(TenantAction::Palette),
    ]
}

/// Does it in this tenant. A rule of the server may say no; nothing else may.
async fn happens(server: &TestServer, room: &Room, action: TenantAction) {
    let (service, context) = (&server.service, &room.context);
    let board = server.store.snapshot(room.tenant.id, None).await.unwrap().board;
    let questions: Vec<QuestionId> = board.questions.keys().copied().collect();
    let tags: Vec<TagId> = board.tags.iter().map(|tag| tag.id).collect();
    let question = |n: usize| questions[n % questions.len()];
    let slug = &room.slug;
    let done = match action {
        TenantAction::Ask => service
            .ask(context, None, Ask { team: room.team.id, body: format!("A question in {slug}"), name: None })
            .await
            .map(drop),
        TenantAction::Vote(n, up) => {
            service.set_vote(context, None, SetVote { question: question(n), up }).await.map(drop)
        }
        TenantAction::Answer(n) => service
            .answer(
                context,
                None,
                AnswerQuestion { question: question(n), text: format!("An answer in {slug}"), seen: None },
            )
            .await
            .map(drop),
        TenantAction::Tag(n, t, on) => service
            .set_tag(context, None, SetTag { question: question(n), tag: tags[t % tags.len()], on })
            .await
            .map(drop),
        TenantAction::Pin(n, on) => {
            service.set_pinned(context, None, SetMark { question: question(n), on }).await.map(drop)
        }
        TenantAction::Freeze(n, on) => {
            service.set_frozen(context, None, SetMark { question: question(n), on }).await.map(drop)
        }
        TenantAction::Team(n) => service.create_team(context, None, &format!("Team {n} of {slug}")).await.map(drop),
        TenantAction::Palette(n) => {
            let tag = CreateTag { name: format!("Tag {n} of {slug}"), color: "#000000".to_owned() };
            service.create_tag(context, None, tag).await.map(drop)
        }
    };
    let no = [Refusal::Frozen, Refusal::VotingClosed];
    assert!(
        done.is_ok() || done.as_ref().is_err_and(|refusal| no.contains(refusal) || refusal.status() == 409),
        "{action:?}: {done:?}"
    );
}

/// Reads to the tenant's head and looks at every frame on the way.
async fn is_own(wire: &mut Wire, own: &Room, other: &Room, head: pulsestage::event::Cursor) {
    // No slug here can be read into an id by chance: each has a letter that is no hexadecimal digit.
    let foreign =
        [other.tenant.id.to_string(), other.slug.clone(), other.team.id.to_string(), other.tag.id.to_string()];
    let read = async {
        loop {
            let message = wire.message().await;
            assert_eq!(message.envelope().tenant_id, own.tenant.id, "{}", message.raw);
            for mark in &foreign {
                assert!(!message.raw.contains(mark), "{mark} in a frame of {}: {}", own.slug, message.raw);
            }
            if message.cursor() == Some(head) {
                return;
            }
        }
    };
    soon("the head of a log", read).await;
}

async fn streams_keep_apart(actions: &[(bool, TenantAction)]) {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let rooms = [(&default, &acme), (&acme, &default)];
    let mut live = Vec::new();
    for (own, other) in rooms {
        let start = server.store.head(own.tenant.id).await.unwrap();
        for query in [
            "",
            "&events=question:created,question:upvoted",
            &format!("&teamId={}", own.team.id),
            &format!("&teamId={}", other.team.id),
        ] {
            let address = format!("tenantId={}{query}", own.slug);
            live.push((own, other, start, address.clone(), server.stream(&address).await));
        }
    }
    for (in_default, action) in actions {
        happens(&server, if *in_default { &default } else { &acme }, *action).await;
    }
    for (own, _) in rooms {
        // Something to read up to, whatever the actions were.
        server.service.create_team(&own.context, None, &format!("The last of {}", own.slug)).await.unwrap();
    }
    for (own, other, start, address, mut wire) in live {
        let head = server.store.head(own.tenant.id).await.unwrap();
        is_own(&mut wire, own, other, head).await;
        let mut replayed = server.stream(&format!("{address}&last_event_id={start}")).await;
        is_own(&mut replayed, own, other, head).await;
    }
}

#[test]
fn every_frame_is_its_own_tenants() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(Config { cases: 12, max_shrink_iters: 50, failure_persistence: None, ..Config::default() });
    let actions = prop::collection::vec((any::<bool>(), action()), 1..40);
    let outcome = runner.run(&actions, |actions| {
        runtime.block_on(streams_keep_apart(&actions));
        Ok(())
    });
    outcome.unwrap();
}
