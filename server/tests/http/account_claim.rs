//! The first owner: one claims the installation, and then nobody does.

use pulsestage::service::SignInBrowser;
use pulsestage::session::SessionLabel;
use pulsestage::text::Slug;
use pulsestage_server::auth::Secret;
use pulsestage_server::install;
use pulsestage_server::system::{InstallationKey, SystemRng};
use std::sync::Arc;

use crate::support::{Folder, PASSWORD, Plan, TestServer, open_store};

/// A server as it is after its first start, and the path of the link that claims it.
async fn fresh() -> (TestServer, String, Folder) {
    let folder = Folder::new();
    let store = open_store(&folder.sqlite_url()).await;
    assert!(install::first_tenant(Arc::new(store.clone()), InstallationKey::new([7; 32])).await.unwrap());
    let server = TestServer::on(store, Plan::default());
    let link = offer(&server).await.expect("nobody owns it");
    (server, link, folder)
}

async fn offer(server: &TestServer) -> Option<String> {
    let secret = Secret::new(&SystemRng);
    let offered = server.service.offer_claim(&Slug::default_tenant(), secret.hash()).await.unwrap();
    offered.then(|| format!("/claim/{}", secret.reveal()))
}

const ANN: [(&str, &str); 3] = [("name", "Ann Lee"), ("email", "ann@example.com"), ("password", PASSWORD)];

#[tokio::test]
async fn whoever_has_the_link_becomes_the_owner_and_the_way_is_gone() {
    let (server, link, _folder) = fresh().await;
    let page = server.get(&link).send().await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("autocomplete=\"new-password\"") && !page.text().contains("<script"));
    let (session, place) = server.post(&link, &ANN).send().await.came_in();
    assert_eq!(place, "/second-factor?to=%2Fadmin");
    assert_eq!(server.get("/admin/health").cookie(&session).send().await.status, 200, "an owner sees all");
    for reply in [server.get(&link).send().await, server.post(&link, &ANN).send().await] {
        assert_eq!(reply.status, 410);
        assert!(reply.is_closed());
    }
    assert_eq!(offer(&server).await, None, "the next start prints no link");
    server.post("/sign-in", &[("email", "ann@example.com"), ("password", PASSWORD)]).send().await.came_in();
    let people = server.store.people_count(server.service.tenants().await.unwrap()[0].id).await.unwrap();
    assert_eq!(people, 1, "nobody else was made on the way");
}

#[tokio::test]
async fn what_is_not_right_leaves_the_link_as_it_was() {
    let (server, link, _folder) = fresh().await;
    for (field, value, said) in [
        ("name", "", "is empty"),
        ("email", "ann", "is not in the right form"),
        ("email", "a@b\r\nBcc: c@d", "is not in the right form"),
        ("password", "short", "at least 12 characters"),
        ("password", "ann@example.com", "too easy"),
        ("password", "password1234", "too easy"),
    ] {
        let fields = ANN.map(|(name, good)| (name, if name == field { value } else { good }));
        let reply = server.post(&link, &fields).send().await;
        assert_eq!(reply.status, 422, "{field} {value}");
        assert!(reply.text().contains(said) && reply.is_closed(), "{said}: {}", reply.text());
        assert!(!reply.text().contains(PASSWORD), "a password is not sent back");
    }
    server.post(&link, &ANN).send().await.came_in();
}

#[tokio::test]
async fn of_many_who_claim_at_once_one_does_and_the_others_are_told() {
    let (server, link, _folder) = fresh().await;
    let emails: Vec<String> = (0..8).map(|number| format!("person{number}@example.com")).collect();
    let race = emails
        .iter()
        .map(|email| server.post(&link, &[("name", "Ann"), ("email", email.as_str()), ("password", PASSWORD)]).send());
    let replies = futures::future::join_all(race).await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| !reply.is_closed());
    assert_eq!((won.len(), lost.len()), (1, 7));
    assert!(lost.iter().all(|reply| reply.status == 410 && reply.text().contains("no longer works")));
    assert_eq!(server.store.people_count(server.service.tenants().await.unwrap()[0].id).await.unwrap(), 1);
}

#[tokio::test]
async fn there_is_no_way_but_the_link() {
    let (server, link, _folder) = fresh().await;
    let newer = offer(&server).await.unwrap();
    assert_eq!(server.get(&link).send().await.status, 410, "the last start's link alone is good");
    for path in ["/claim", "/setup", "/install"] {
        assert_eq!(server.get(path).send().await.status, 404, "{path}");
    }
    let slashed = server.get("/claim/").send().await;
    assert_eq!(
        (slashed.status.as_u16(), slashed.header("location")),
        (308, "/claim"),
        "a slash at the end is no other page"
    );
    for token in ["x", &"0".repeat(64), "%3Cscript%3E"] {
        assert_eq!(server.get(&format!("/claim/{token}")).send().await.status, 410);
        assert!(server.post(&format!("/claim/{token}"), &ANN).send().await.is_closed());
    }
    let foreign = server.post(&newer, &ANN).header("origin", "https://evil.example").send().await;
    assert_eq!(foreign.status, 403);
    // An operator's link is no claim once somebody owns the tenant.
    server.post(&newer, &ANN).send().await.came_in();
    let operators = Secret::new(&SystemRng);
    let slug = Slug::default_tenant();
    server.service.put_link(&slug, pulsestage::user::Role::Owner, operators.hash()).await.unwrap();
    let arrival = SignInBrowser {
        session: Secret::new(&SystemRng).hash(),
        label: SessionLabel::default(),
        instead_of: None,
        device: None,
    };
    let claimed = server.service.claim(operators.hash(), "Eve", "eve@example.com", PASSWORD, &arrival).await;
    assert_eq!(claimed, Err(pulsestage::error::Refusal::LinkSpent));
    assert_eq!(server.press(&format!("/sign-in/{}", operators.reveal())).send().await.header("location"), "/admin");
}

#[tokio::test]
async fn a_link_that_claims_runs_out() {
    let (server, _, _folder) = fresh().await;
    server.clock.stop();
    let link = offer(&server).await.unwrap();
    server.clock.turn_on(24 * 60 * 60);
    assert_eq!(server.post(&link, &ANN).send().await.status, 410);
    assert!(offer(&server).await.is_some());
}
