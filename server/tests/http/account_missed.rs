//! Whoever tries to come in and does not is in the log and in the audit, no more often than a flood is worth; so is what
//! the operator does.

use clap::Parser;
use std::time::Duration;

use pulsestage::audit::{Filter, Outcome, PageCursor, Record};
use pulsestage::id::TenantId;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::commands::{Cli, Command, link};
use pulsestage_server::limits::{MISSED_A_MINUTE, NOTED_A_MINUTE};
use pulsestage_server::system::SystemRng;

use crate::support::{Log, PASSWORD, Plan, TestServer, soon};

const ANN: &str = "ann@example.com";
const WRONG: &str = "another lamp hums";

/// The failed sign-ins of a tenant, oldest first, once there are at least so many.
async fn missed(server: &TestServer, tenant: TenantId, at_least: usize) -> Vec<Record> {
    let filter = Filter { outcome: Some(Outcome::Refused), action: Some("sign_in".to_owned()), ..Filter::default() };
    soon("failed sign-ins to be noted", async {
        loop {
            let mut found = server.store.audit(tenant, &filter, PageCursor::NEWEST, 1_000).await.unwrap();
            if found.len() >= at_least {
                found.reverse();
                return found;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
}

fn way(record: &Record) -> &str {
    record.after.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn a_failed_sign_in_is_in_the_audit_and_names_the_person_where_there_is_one() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let tenant = default.tenant.id;
    let ann = server.person_with_password(&default, ANN, Role::Moderator).await;
    let mut count = 0;
    let mut next = async |whose: Option<uuid::Uuid>, by: &str| {
        count += 1;
        let noted = missed(&server, tenant, count).await;
        let last = noted.last().unwrap();
        assert_eq!((noted.len(), last.by, last.subject), (count, None, whose), "{by}: {last:?}");
        assert!(way(last).contains(by), "{by}: {last:?}");
    };
    server.post("/sign-in", &[("email", ANN), ("password", WRONG)]).send().await;
    next(Some(ann.0), "password").await;
    server.post("/sign-in", &[("email", "nobody@example.com"), ("password", WRONG)]).send().await;
    next(None, "password").await;
    let (session, _) = server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.came_in();
    server.post("/password", &[("old", WRONG), ("password", "dusk hums at the lamp")]).cookie(&session).send().await;
    next(Some(ann.0), "password").await;
    server.post("/confirm", &[("password", WRONG)]).cookie(&session).send().await;
    next(Some(ann.0), "password").await;
    let own = server.link_for(&default, ann, PersonLinkPurpose::SignIn).await;
    server.press(&own).send().await.came_in();
    assert_eq!(server.press(&own).send().await.status, 410);
    next(Some(ann.0), "link").await;
    let secret = Secret::new(&SystemRng);
    server.service.put_link(&Slug::default_tenant(), Role::Moderator, secret.hash()).await.unwrap();
    let shared = format!("/sign-in/{}", secret.reveal());
    server.press(&shared).send().await.came_in();
    assert_eq!(server.press(&shared).send().await.status, 410);
    next(None, "link").await;
    // A token that never was is nobody's; and no tenant hears of another's.
    assert_eq!(server.press(&format!("/open/{}", "0".repeat(64))).send().await.status, 410);
    server.post("/t/acme/sign-in", &[("email", ANN), ("password", WRONG)]).send().await;
    assert_eq!(missed(&server, acme.tenant.id, 1).await.len(), 1);
    assert_eq!(missed(&server, tenant, 6).await.len(), 6);
}

#[tokio::test]
async fn a_flood_of_failed_sign_ins_is_noted_in_part() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    server.person_with_password(&default, ANN, Role::Moderator).await;
    for _ in 0..2 * NOTED_A_MINUTE {
        server.post("/sign-in", &[("email", ANN), ("password", WRONG)]).send().await;
    }
    let of_one = usize::try_from(NOTED_A_MINUTE).unwrap();
    assert_eq!(missed(&server, default.tenant.id, of_one).await.len(), of_one);
    // Many accounts together have a bound as well.
    for number in 0..5 {
        let email = format!("person{number}@example.com");
        server.person(&default, &email, Role::Member).await;
        for _ in 0..NOTED_A_MINUTE {
            server.post("/sign-in", &[("email", &email), ("password", WRONG)]).send().await;
        }
    }
    let of_all = usize::try_from(MISSED_A_MINUTE).unwrap();
    assert_eq!(missed(&server, default.tenant.id, of_all).await.len(), of_all);
    server.clock.turn_on(60);
    server.post("/sign-in", &[("email", ANN), ("password", WRONG)]).send().await;
    assert_eq!(missed(&server, default.tenant.id, of_all + 1).await.len(), of_all + 1);
}

#[tokio::test]
async fn the_log_says_that_a_sign_in_failed_and_not_whose() {
    let log = Log::listen();
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.person_with_password(&default, ANN, Role::Moderator).await;
    let said = async |email: &str| {
        let before = log.text().len();
        server.post("/sign-in", &[("email", email), ("password", WRONG)]).send().await;
        let text = log.text().split_off(before);
        let line = text.lines().find(|line| line.contains("a sign-in failed")).expect("a line").to_owned();
        assert!(!text.contains(email) && !text.contains(WRONG), "{text}");
        line[line.find("a sign-in failed").unwrap()..].to_owned()
    };
    let (known, unknown) = (said(ANN).await, said("nobody@example.com").await);
    assert_eq!(known, unknown);
    assert!(known.contains("password") && known.contains(&default.tenant.id.to_string()), "{known}");
}

#[tokio::test]
async fn what_the_operator_does_is_in_both_audits() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let operate = async |name: &str, fields: &[(&str, &str)]| {
        let reply = server.function(name).cookie(&default.owner).form(fields).send().await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.text());
    };
    operate("create_tenant", &[("slug", "fresh"), ("name", "Fresh")]).await;
    operate("limit_tenant", &[("slug", "acme"), ("people", "7")]).await;
    operate("archive_tenant", &[("slug", "acme")]).await;
    operate("restore_tenant", &[("slug", "acme")]).await;
    let line = ["pulsestage", "link", "--tenant", "acme", "--role", "admin"];
    for flags in [&[][..], &["--replace"]] {
        let Some(Command::Link(args)) = Cli::parse_from(line.iter().chain(flags)).command else { panic!("another") };
        link::carry_out(&server.service, &args).await.unwrap();
    }
    let operator = default.context.actor.user;
    let acts = async |tenant: TenantId| {
        let mut found = server.store.audit(tenant, &Filter::default(), PageCursor::NEWEST, 1_000).await.unwrap();
        found.reverse();
        let words =
            ["create_tenant", "limit_tenant", "archive_tenant", "restore_tenant", "make_link", "withdraw_links"];
        found.retain(|record| words.contains(&record.action.as_str()));
        found
    };
    // What is done within a millisecond has no order.
    let told = |records: &[Record]| -> Vec<String> {
        let mut words: Vec<String> = records.iter().map(|record| record.action.clone()).collect();
        words.sort_unstable();
        words
    };
    let of_acme = acts(acme.tenant.id).await;
    assert_eq!(
        told(&of_acme),
        ["archive_tenant", "limit_tenant", "make_link", "make_link", "restore_tenant", "withdraw_links"]
    );
    assert!(of_acme.iter().all(|record| record.by.is_none()), "the operator is nobody there");
    let limited = of_acme.iter().find(|record| record.action == "limit_tenant").unwrap();
    assert!(way(limited).contains("\"people\":7"), "{limited:?}");
    let fresh = server.service.tenants().await.unwrap().into_iter().find(|tenant| tenant.slug == "fresh").unwrap();
    assert_eq!(told(&acts(fresh.id).await), ["create_tenant", "make_link"]);
    let own = acts(default.tenant.id).await;
    let mut expected = [told(&of_acme), told(&acts(fresh.id).await)].concat();
    expected.sort_unstable();
    assert_eq!(told(&own), expected);
    assert!(own.iter().all(|record| way(record).contains("\"tenant\":")), "each names the tenant");
    let by_command = own.iter().filter(|record| record.by.is_none()).count();
    assert_eq!(by_command, 3, "the command line is nobody");
    assert!(own.iter().filter(|record| record.by.is_some()).all(|record| record.by == operator), "who it was");
    // It is on the page in words.
    let page = server.get("/admin/audit").cookie(&default.owner).wants_page().send().await;
    assert!(page.text().contains("Archive tenant"), "{}", page.text());
}
