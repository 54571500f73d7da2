//! The memory that the binary keeps once many have signed in together.
#![cfg(target_os = "linux")]

use futures::StreamExt;
use futures::stream::iter;

use pulsestage::email::Email;
use pulsestage::id::UserId;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::ports::{AccountStore, NewPerson, NewPersonLink, PeopleStore, Rng, TenantStore};
use pulsestage::text::{Name, Slug};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::store::SqlStore;
use pulsestage_server::system::SystemRng;
use uuid::Uuid;

use crate::support::{Folder, PASSWORD, Process, encode_form, open_store};

/// What the process may keep, in KiB: 100 MB. An unoptimised binary is some 25 MB larger than the one that people run,
/// and the system counts its pages in, so of that one its own memory is looked at alone.
const MOST: (&str, u64) =
    if cfg!(debug_assertions) { ("RssAnon", 75_000_000 / 1_024) } else { ("VmRSS", 100_000_000 / 1_024) };

/// Somebody who has set a password by their link.
async fn invite(process: &Process, store: &SqlStore, email: &str) {
    let tenant = store.tenant_by_slug(&Slug::default_tenant()).await.unwrap().unwrap().id;
    let mut id = [0; 16];
    SystemRng.fill(&mut id);
    let at = Timestamp(1);
    let new = NewPerson {
        id: UserId(Uuid::from_bytes(id)),
        name: Name::parse("Ann Lee").unwrap(),
        email: Some(Email::parse(email).unwrap()),
        role: Role::Member,
        memberships: Vec::new(),
        at,
    };
    let user = store.add_person(tenant, new).await.unwrap().id;
    let secret = Secret::new(&SystemRng);
    let expires_at = Timestamp(i64::MAX / 2);
    let link =
        NewPersonLink { hash: secret.hash(), tenant, user, purpose: PersonLinkPurpose::Invitation, at, expires_at };
    store.put_person_link(link).await.unwrap();
    let form = encode_form(&[("name", "Ann Lee"), ("password", PASSWORD)]);
    let answer = process.post(&format!("/open/{}", secret.reveal()), "", &form).await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
}

#[tokio::test]
async fn five_hundred_sign_ins_leave_little_behind() {
    let flags = ["--sign-ins-per-network", "0", "--passwords-per-account", "0"];
    let process = Process::start(Folder::new(), "", &flags).await;
    let store = open_store(&process.data.sqlite_url()).await;
    let emails: Vec<String> = (0..10).map(|n| format!("ann{n}@example.com")).collect();
    for email in &emails {
        invite(&process, &store, email).await;
    }
    let sign_in = async |n: usize| {
        let form = encode_form(&[("email", &emails[n % emails.len()]), ("password", PASSWORD)]);
        process.post("/sign-in", "", &form).await.unwrap().status.as_u16()
    };
    let statuses: Vec<u16> = iter((0..500).map(sign_in)).buffer_unordered(60).collect().await;
    assert_eq!(statuses, vec![303; 500]);
    let figures = ["VmRSS", "RssAnon", "RssFile"].map(|figure| (figure, process.memory_kib(figure)));
    println!("after 500 sign-ins, in KiB: {figures:?}");
    let (figure, most) = MOST;
    assert!(process.memory_kib(figure) < most, "{figures:?}");
}
