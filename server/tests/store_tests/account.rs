//! What people come in by.

use std::sync::Arc;

use pulsestage::audit::{Act, Filter, PageCursor};
use pulsestage::email::Email;
use pulsestage::error::Refusal;
use pulsestage::id::{TenantId, UserId};
use pulsestage::link::{Identity, LinkPurpose, PersonLinkPurpose};
use pulsestage::password::PasswordHash;
use pulsestage::ports::{
    AccountStore, Admission, AuditStore, LinkStore, LinkUse, Manager, NewLink, NewPerson, NewPersonLink, PeopleStore,
    SessionStore, StoreError, TenantStore,
};
use pulsestage::text::Name;
use pulsestage::user::Role;
use tokio::task::JoinSet;

use crate::stage::{START, Stage, stories};

stories![
    a_password_is_found_by_its_address,
    a_session_takes_the_place_of_another,
    whoever_is_shut_out_comes_in_by_nothing,
    a_link_is_used_once_by_one,
    a_new_password_ends_what_the_old_one_opened,
    of_twenty_who_claim_one_does,
    an_identity_stays_who_it_was,
];

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

fn ann() -> Email {
    Email::parse("Ann@example.com").unwrap()
}

impl Stage {
    async fn ann_of(&self, tenant: TenantId, role: Role) -> UserId {
        self.store.add_person(tenant, self.account_person(role, Some(ann()))).await.unwrap().id
    }

    fn account_person(&self, role: Role, email: Option<Email>) -> NewPerson {
        let name = Name::parse("Ann").unwrap();
        NewPerson { id: UserId(self.id()), name, email, role, memberships: Vec::new(), at: START }
    }

    async fn person_link(&self, tenant: TenantId, user: UserId, purpose: PersonLinkPurpose) -> NewPersonLink {
        let expires_at = START.plus_millis(1_000);
        let link = NewPersonLink { hash: self.hash(), tenant, user, purpose, at: START, expires_at };
        self.store.put_person_link(link).await.unwrap();
        link
    }

    async fn is_open(&self, session: &pulsestage::ports::NewSession) -> bool {
        self.store.session(session.hash, START).await.unwrap().is_some()
    }

    async fn acts(&self, tenant: TenantId) -> Vec<String> {
        let records = self.store.audit(tenant, &Filter::default(), PageCursor::NEWEST, 100).await.unwrap();
        records.into_iter().map(|record| record.action).collect()
    }
}

fn used(link: &NewPersonLink) -> LinkUse {
    LinkUse { tenant: link.tenant, hash: link.hash, purpose: link.purpose, name: None, password: None }
}

async fn a_password_is_found_by_its_address(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let user = stage.ann_of(home.tenant, Role::Member).await;
    let session = stage.session(user);
    stage.store.change_password(home.tenant, hash("one"), session, stage.ending()).await.unwrap().unwrap();
    let typed = Email::parse("aNN@EXAMPLE.com").unwrap();
    let found = stage.store.credentials(home.tenant, &typed).await.unwrap().unwrap();
    assert_eq!((found.user, found.name.as_str(), found.password), (user, "Ann", Some(hash("one"))));
    assert_eq!(found.email.as_deref(), Some("Ann@example.com"));
    assert_eq!(stage.store.credentials(other.tenant, &typed).await, Ok(None));
    assert_eq!(stage.store.credentials_of(other.tenant, user).await, Ok(None));
    let kept = async || stage.store.credentials_of(home.tenant, user).await.unwrap().unwrap().password.unwrap();
    stage.store.rehash(home.tenant, user, &hash("another"), &hash("two")).await.unwrap();
    assert_eq!(kept().await, hash("one"), "it was changed meanwhile");
    stage.store.rehash(home.tenant, user, &hash("one"), &hash("two")).await.unwrap();
    assert_eq!(kept().await, hash("two"));
}

async fn a_session_takes_the_place_of_another(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let user = stage.ann_of(home.tenant, Role::Owner).await;
    let (first, second) = (stage.session(user), stage.session(user));
    let signed_in = stage.store.let_in(home.tenant, first.clone(), None).await.unwrap().unwrap();
    let signed_in = signed_in.signed_in().unwrap();
    assert_eq!((signed_in.user, signed_in.role, signed_in.session), (user, Role::Owner, first.id));
    let instead_of = Some((first.hash, stage.ending()));
    stage.store.let_in(home.tenant, second.clone(), instead_of).await.unwrap().unwrap();
    assert!(!stage.is_open(&first).await && stage.is_open(&second).await);
    let revoked = stage.store.revocations_since(START).await.unwrap();
    assert!(revoked.iter().any(|(_, revocation)| revocation.session == Some(first.id)), "its streams end");
}

async fn whoever_is_shut_out_comes_in_by_nothing(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let owner = stage.store.add_person(home.tenant, stage.account_person(Role::Owner, None)).await.unwrap().id;
    let user = stage.ann_of(home.tenant, Role::Member).await;
    let link = stage.person_link(home.tenant, user, PersonLinkPurpose::SignIn).await;
    assert_eq!(stage.store.let_in(other.tenant, stage.session(user), None).await, Ok(None), "another tenant's");
    let manager = Manager { tenant: home.tenant, user: owner, ending: stage.ending() };
    stage.store.set_active(manager, user, false).await.unwrap();
    assert_eq!(stage.store.credentials(home.tenant, &ann()).await, Ok(None));
    assert_eq!(stage.store.credentials_of(home.tenant, user).await, Ok(None));
    assert_eq!(stage.store.let_in(home.tenant, stage.session(user), None).await, Ok(None));
    assert_eq!(stage.store.person_link(link.hash, START).await, Ok(None));
    let ending = stage.ending();
    assert_eq!(stage.store.use_person_link(used(&link), stage.session(user), None, ending).await, Ok(None));
    let changed = stage.store.change_password(home.tenant, hash("one"), stage.session(user), stage.ending()).await;
    assert_eq!(changed, Ok(None));
}

async fn a_link_is_used_once_by_one(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let user = stage.ann_of(home.tenant, Role::Member).await;
    let withdrawn = stage.person_link(home.tenant, user, PersonLinkPurpose::SignIn).await;
    let link = stage.person_link(home.tenant, user, PersonLinkPurpose::SignIn).await;
    let other = stage.person_link(home.tenant, user, PersonLinkPurpose::Invitation).await;
    assert_eq!(stage.store.person_link(withdrawn.hash, START).await, Ok(None));
    let found = stage.store.person_link(link.hash, START).await.unwrap().unwrap();
    assert_eq!((found.tenant.id, found.user, found.purpose), (home.tenant, user, PersonLinkPurpose::SignIn));
    assert_eq!(stage.store.person_link(link.hash, link.expires_at).await, Ok(None));
    let wrong = LinkUse { purpose: PersonLinkPurpose::Password, ..used(&link) };
    let ending = stage.ending();
    assert_eq!(
        stage.store.use_person_link(wrong, stage.session(user), None, ending).await,
        Ok(None),
        "not its purpose"
    );
    let mut race = JoinSet::new();
    for _ in 0..20 {
        let (stage, session, ending) = (stage.clone(), stage.session(user), stage.ending());
        race.spawn(async move { stage.store.use_person_link(used(&link), session, None, ending).await.unwrap() });
    }
    assert_eq!(race.join_all().await.iter().flatten().count(), 1);
    assert!(stage.store.person_link(other.hash, START).await.unwrap().is_some(), "others stay");
}

async fn a_new_password_ends_what_the_old_one_opened(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let user = stage.ann_of(home.tenant, Role::Member).await;
    let before = stage.open_session(home.tenant, user).await;
    let sign_in = stage.person_link(home.tenant, user, PersonLinkPurpose::SignIn).await;
    let reset = stage.person_link(home.tenant, user, PersonLinkPurpose::Password).await;
    let session = stage.session(user);
    let name = Some(Name::parse("Ann Lee").unwrap());
    let link = LinkUse { name, password: Some(hash("one")), ..used(&reset) };
    let ending = stage.ending();
    stage.store.use_person_link(link, session.clone(), None, ending).await.unwrap().unwrap();
    assert!(!stage.is_open(&before).await && stage.is_open(&session).await);
    assert_eq!(stage.store.person_link(sign_in.hash, START).await, Ok(None));
    let person = stage.store.credentials_of(home.tenant, user).await.unwrap().unwrap();
    assert_eq!((person.name.as_str(), person.password), ("Ann Lee", Some(hash("one"))));
    assert!(stage.acts(home.tenant).await.contains(&Act::SetPassword.word()));
}

async fn of_twenty_who_claim_one_does(stage: Arc<Stage>) {
    let tenant = stage.store.create_tenant(stage.new_tenant("acme")).await.unwrap();
    let (link, _) = stage.link(tenant.id, Role::Owner);
    let link = NewLink { purpose: LinkPurpose::Claim, ..link };
    stage.store.put_link(link).await.unwrap();
    assert_eq!(stage.store.has_owner(tenant.id, START).await, Ok(false));
    assert_eq!(stage.store.claimable(link.hash, START).await, Ok(Some(tenant.clone())));
    assert_eq!(stage.store.claimable(link.hash, link.expires_at).await, Ok(None));
    let mut race = JoinSet::new();
    for number in 0..20 {
        let stage = stage.clone();
        race.spawn(async move {
            let email = Email::parse(&format!("person{number}@example.com")).unwrap();
            let owner = stage.account_person(Role::Owner, Some(email));
            let session = stage.session(owner.id);
            stage.store.claim(tenant.id, link.hash, owner, hash("one"), session).await.unwrap()
        });
    }
    let winners: Vec<_> = race.join_all().await.into_iter().flatten().filter_map(Admission::signed_in).collect();
    assert_eq!(winners.iter().map(|winner| winner.role).collect::<Vec<_>>(), [Role::Owner]);
    assert_eq!(stage.store.people_count(tenant.id).await, Ok(1));
    assert_eq!(stage.store.has_owner(tenant.id, START).await, Ok(true));
    assert!(stage.acts(tenant.id).await.contains(&Act::Claim.word()));
    // A link that comes later claims nothing.
    let (late, _) = stage.link(tenant.id, Role::Owner);
    let late = NewLink { purpose: LinkPurpose::Claim, ..late };
    stage.store.put_link(late).await.unwrap();
    assert_eq!(stage.store.claimable(late.hash, START).await, Ok(None));
    let eve = stage.account_person(Role::Owner, None);
    let session = stage.session(eve.id);
    assert_eq!(stage.store.claim(tenant.id, late.hash, eve, hash("one"), session).await, Ok(None));
}

async fn an_identity_stays_who_it_was(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let user = stage.ann_of(home.tenant, Role::Member).await;
    let bob = stage.store.add_person(home.tenant, stage.account_person(Role::Member, None)).await.unwrap().id;
    let identity = Identity { issuer: "https://id.example.com".to_owned(), subject: "1".to_owned() };
    assert_eq!(stage.store.person_of(home.tenant, &identity).await, Ok(None));
    stage.store.link_identity(home.tenant, user, &identity, START).await.unwrap();
    stage.store.link_identity(home.tenant, bob, &identity, START).await.unwrap();
    assert_eq!(stage.store.person_of(home.tenant, &identity).await, Ok(Some(user)));
    assert_eq!(stage.store.person_of(other.tenant, &identity).await, Ok(None));
    let elsewhere = Identity { issuer: "https://other.example.com".to_owned(), ..identity };
    assert_eq!(stage.store.person_of(home.tenant, &elsewhere).await, Ok(None));
    let twice = stage.store.add_person(home.tenant, stage.account_person(Role::Member, Some(ann()))).await;
    assert_eq!(twice, Err(StoreError::Refused(Refusal::EmailTaken)));
}
