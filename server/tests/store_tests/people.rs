//! People: added, found, listed, and what they may do changed.

use std::sync::Arc;

use pulsestage::email::Email;
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::person::{PeopleFilter, Person};
use pulsestage::ports::{Manager, NewPerson, PeopleStore, SessionStore, StoreError, StoreResult};
use pulsestage::text::Name;
use pulsestage::time::Timestamp;
use pulsestage::user::{Membership, Role};
use tokio::task::JoinSet;

use crate::stage::{START, Stage, stories};

stories![
    a_person_is_found_by_id_and_by_address,
    an_address_is_one_persons,
    people_are_listed_by_name_in_pages,
    any_letters_are_searched_for_as_they_stand,
    nobody_grants_more_than_they_hold,
    the_last_owner_stays,
    of_two_owners_who_demote_each_other_one_stays,
    a_change_of_role_ends_sessions,
    a_role_in_a_team_is_given_and_taken,
    whoever_is_kept_out_is_out_at_once,
    another_tenants_people_are_not_there,
];

fn refused<T>(refusal: Refusal) -> StoreResult<T> {
    Err(StoreError::Refused(refusal))
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

impl Stage {
    fn new_person(&self, name: &str, role: Role) -> NewPerson {
        let email = email(&format!("person-{}@example.com", self.next()));
        let name = Name::parse(name).unwrap();
        NewPerson { id: UserId(self.id()), name, email: Some(email), role, memberships: Vec::new(), at: START }
    }

    async fn person(&self, tenant: TenantId, name: &str, role: Role) -> Person {
        self.store.add_person(tenant, self.new_person(name, role)).await.unwrap()
    }

    fn manager(&self, tenant: TenantId, user: UserId) -> Manager {
        Manager { tenant, user, ending: self.ending() }
    }

    async fn names(&self, tenant: TenantId, text: &str) -> Vec<String> {
        let filter = PeopleFilter { text: text.to_owned(), after: None, limit: 100 };
        self.store.people(tenant, filter).await.unwrap().into_iter().map(|person| person.name).collect()
    }
}

async fn a_person_is_found_by_id_and_by_address(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let membership = Membership { team: home.team.id, role: Role::Moderator };
    let new = NewPerson {
        email: Some(email("Ann.Lee@Example.com")),
        memberships: vec![membership],
        ..stage.new_person("Ann Lee", Role::Member)
    };
    let ann = stage.store.add_person(home.tenant, new.clone()).await.unwrap();
    assert_eq!((ann.id, ann.name.as_str(), ann.role), (new.id, "Ann Lee", Role::Member));
    assert_eq!((ann.email.as_deref(), &ann.memberships), (Some("Ann.Lee@Example.com"), &vec![membership]));
    assert_eq!((ann.created_at, ann.seen_at, ann.deactivated_at), (START, None, None));
    assert_eq!(stage.store.person(home.tenant, ann.id).await, Ok(Some(ann.clone())));
    assert_eq!(stage.store.person_by_email(home.tenant, &email("ann.LEE@example.COM")).await, Ok(Some(ann.clone())));
    assert_eq!(stage.store.person_by_email(home.tenant, &email("bob@example.com")).await, Ok(None));
    assert_eq!(stage.store.person(home.tenant, UserId(stage.id())).await, Ok(None));
    let called = stage.store.set_name(home.tenant, ann.id, Name::parse("Ann Smith").unwrap()).await.unwrap();
    assert_eq!(called, Person { name: "Ann Smith".to_owned(), ..ann });
    assert_eq!(stage.names(home.tenant, "smith").await, ["Ann Smith"]);
    // The moderator of the stage came by a link.
    assert_eq!(stage.store.people_count(home.tenant).await, Ok(2));
}

async fn an_address_is_one_persons(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let owner = stage.person(home.tenant, "Olga", Role::Owner).await;
    let new = |address: &str| NewPerson { email: Some(email(address)), ..stage.new_person("Twin", Role::Member) };
    let first = stage.store.add_person(home.tenant, new("a@example.com")).await.unwrap();
    assert_eq!(stage.store.add_person(home.tenant, new("A@example.com")).await, refused(Refusal::EmailTaken));
    let second = stage.store.add_person(home.tenant, new("b@example.com")).await.unwrap();
    let set = async |id, address: Option<&str>| {
        let manager = stage.manager(home.tenant, owner.id);
        stage.store.set_profile(manager, id, Name::parse("Twin").unwrap(), address.map(email)).await
    };
    assert_eq!(set(second.id, Some("a@EXAMPLE.com")).await, refused(Refusal::EmailTaken));
    assert_eq!(set(second.id, Some("B@example.com")).await.unwrap().email.as_deref(), Some("B@example.com"));
    assert_eq!(set(first.id, None).await.unwrap().email, None);
    assert_eq!(set(second.id, Some("a@example.com")).await.unwrap().email.as_deref(), Some("a@example.com"));
    // People without an address do not stand in each other's way, and other tenants have addresses of their own.
    assert_eq!(set(second.id, None).await.unwrap().email, None);
    let other = stage.home("widgets").await;
    for tenant in [home.tenant, other.tenant] {
        assert!(stage.store.add_person(tenant, new("a@example.com")).await.is_ok());
    }
    let mut race = JoinSet::new();
    for _ in 0..8 {
        let (stage, new) = (stage.clone(), new("race@example.com"));
        race.spawn(async move { stage.store.add_person(home.tenant, new).await });
    }
    let added = race.join_all().await.into_iter().filter(Result::is_ok).count();
    assert_eq!(added, 1);
}

async fn people_are_listed_by_name_in_pages(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for name in ["zoe", "Anna", "anna", "Bo", "Émile"] {
        let mut new = stage.new_person(name, Role::Member);
        new.email = None;
        new.memberships = vec![Membership { team: home.team.id, role: Role::Viewer }];
        stage.store.add_person(home.tenant, new).await.unwrap();
    }
    let all = stage.store.people(home.tenant, PeopleFilter { limit: 100, ..PeopleFilter::default() }).await.unwrap();
    assert_eq!(all.len(), 6);
    let names: Vec<_> = all.iter().map(|person| person.name.to_lowercase()).collect();
    assert_eq!(names[..2], ["anna", "anna"]);
    let mut paged = Vec::new();
    loop {
        let after = paged.last().map(|person: &Person| person.id);
        let page = stage.store.people(home.tenant, PeopleFilter { after, limit: 2, ..PeopleFilter::default() }).await;
        let page = page.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let of_team = all.iter().filter(|person| person.memberships.len() == 1).count();
    assert_eq!(of_team, 5, "each with their own roles");
    let none = PeopleFilter { limit: -1, ..PeopleFilter::default() };
    assert_eq!(stage.store.people(home.tenant, none).await, Ok(vec![]));
}

async fn any_letters_are_searched_for_as_they_stand(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for name in ["100% Ann", "Under_score", "Back\\slash", "Q&A 'quote\"", "Ünal 😀"] {
        stage.person(home.tenant, name.trim(), Role::Member).await;
    }
    for (text, found) in [
        ("100%", "100% Ann"),
        ("r_s", "Under_score"),
        ("k\\s", "Back\\slash"),
        ("&a 'q", "Q&A 'quote\""),
        ("ü", "Ünal 😀"),
        ("😀", "Ünal 😀"),
        ("UNDER", "Under_score"),
    ] {
        assert_eq!(stage.names(home.tenant, text).await, [found], "{text}");
    }
    for nobody in ["%_", "__________", "'; drop table users; --", "\u{0}"] {
        let filter = PeopleFilter { text: nobody.replace('\u{0}', ""), after: None, limit: 100 };
        let found = stage.store.people(home.tenant, filter).await.unwrap();
        assert!(found.is_empty() || nobody == "\u{0}", "{nobody}");
    }
    assert_eq!(stage.names(home.tenant, "@example.com").await.len(), 5, "addresses are looked at as well");
}

async fn nobody_grants_more_than_they_hold(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let owner = stage.person(home.tenant, "Olga", Role::Owner).await;
    let admin = stage.person(home.tenant, "Adam", Role::Admin).await;
    let moderator = stage.person(home.tenant, "Mona", Role::Moderator).await;
    let not_allowed = || refused(Refusal::NotAllowed);
    let by = |user| stage.manager(home.tenant, user);
    let store = &stage.store;
    for (manager, target, role, may) in [
        (admin.id, moderator.id, Role::Admin, true),
        (admin.id, moderator.id, Role::Owner, false),
        (admin.id, admin.id, Role::Owner, false),
        (admin.id, owner.id, Role::Member, false),
        (moderator.id, moderator.id, Role::Member, true),
        (moderator.id, admin.id, Role::Member, false),
        (owner.id, admin.id, Role::Owner, true),
        (UserId(stage.id()), moderator.id, Role::Viewer, false),
    ] {
        let done = store.set_role(by(manager), target, role).await;
        assert_eq!(done.is_ok(), may, "{manager} {target} {role}");
        if !may {
            assert_eq!(done, not_allowed());
        }
    }
    // The moderator was an admin for a moment and made themselves a member; they manage nobody any more.
    assert_eq!(store.set_active(by(moderator.id), admin.id, false).await, not_allowed());
    assert_eq!(store.add_person_by(by(moderator.id), stage.new_person("New", Role::Viewer)).await, not_allowed());
    let admin = stage.person(home.tenant, "Ada", Role::Admin).await;
    assert_eq!(store.add_person_by(by(admin.id), stage.new_person("New", Role::Owner)).await, not_allowed());
    assert!(store.add_person_by(by(admin.id), stage.new_person("New", Role::Admin)).await.is_ok());
    let name = Name::parse("Taken over").unwrap();
    let mine = Some(email("mine@example.com"));
    assert_eq!(store.set_profile(by(admin.id), owner.id, name, mine).await, not_allowed());
    assert_eq!(store.set_active(by(admin.id), owner.id, false).await, not_allowed());
    assert_eq!(store.set_membership(by(admin.id), owner.id, home.team.id, Some(Role::Viewer)).await, not_allowed());
    // A manager who is kept out keeps out nobody.
    store.set_active(by(owner.id), admin.id, false).await.unwrap();
    assert_eq!(store.set_active(by(admin.id), moderator.id, false).await, not_allowed());
}

async fn the_last_owner_stays(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let olga = stage.person(home.tenant, "Olga", Role::Owner).await;
    let by = |user| stage.manager(home.tenant, user);
    let store = &stage.store;
    let last = || refused(Refusal::LastOwner);
    assert_eq!(store.set_role(by(olga.id), olga.id, Role::Admin).await, last());
    assert_eq!(store.set_active(by(olga.id), olga.id, false).await, last());
    // Somebody who can come in neither by an address nor by a session owns nothing.
    let ghost = NewPerson { email: None, ..stage.new_person("Ghost", Role::Owner) };
    store.add_person(home.tenant, ghost).await.unwrap();
    assert_eq!(store.set_role(by(olga.id), olga.id, Role::Admin).await, last());
    let second = stage.person(home.tenant, "Otto", Role::Owner).await;
    store.set_active(by(olga.id), second.id, false).await.unwrap();
    assert_eq!(store.set_role(by(olga.id), olga.id, Role::Admin).await, last());
    store.set_active(by(olga.id), second.id, true).await.unwrap();
    assert_eq!(store.set_role(by(olga.id), olga.id, Role::Admin).await.unwrap().role, Role::Admin);
    assert_eq!(store.set_active(by(second.id), second.id, false).await, last());
    assert_eq!(store.person(home.tenant, second.id).await.unwrap().unwrap().deactivated_at, None);
}

async fn of_two_owners_who_demote_each_other_one_stays(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for round in 0..10 {
        let tenant = stage.store_tenant(round).await;
        let pair = [stage.person(tenant, "Olga", Role::Owner).await, stage.person(tenant, "Otto", Role::Owner).await];
        let mut race = JoinSet::new();
        for (manager, target) in [(pair[0].id, pair[1].id), (pair[1].id, pair[0].id), (pair[0].id, pair[0].id)] {
            let (stage, manager) = (stage.clone(), stage.manager(tenant, manager));
            race.spawn(async move {
                match round % 2 {
                    0 => stage.store.set_role(manager, target, Role::Member).await,
                    _ => stage.store.set_active(manager, target, false).await,
                }
            });
        }
        let done = race.join_all().await;
        assert!(done.iter().any(Result::is_ok), "{done:?}");
        let mut owners = 0;
        for person in &pair {
            let now = stage.store.person(tenant, person.id).await.unwrap().unwrap();
            owners += usize::from(now.role == Role::Owner && now.is_active());
        }
        assert_eq!(owners, 1);
    }
    assert_eq!(stage.store.people_count(home.tenant).await, Ok(1));
}

impl Stage {
    async fn store_tenant(&self, number: i32) -> TenantId {
        use pulsestage::ports::TenantStore;
        self.store.create_tenant(self.new_tenant(&format!("race-{number}"))).await.unwrap().id
    }
}

async fn a_change_of_role_ends_sessions(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let olga = stage.person(home.tenant, "Olga", Role::Owner).await;
    let ann = stage.person(home.tenant, "Ann", Role::Member).await;
    let session = stage.open_session(home.tenant, ann.id).await;
    let revoked = async || stage.store.revocations_since(Timestamp(0)).await.unwrap();
    let before = revoked().await.len();
    let set = async |role| stage.store.set_role(stage.manager(home.tenant, olga.id), ann.id, role).await.unwrap();
    assert_eq!(set(Role::Member).await.role, Role::Member);
    assert!(stage.store.session(session.hash, START).await.unwrap().is_some(), "the same role is no change");
    assert_eq!(revoked().await.len(), before);
    assert_eq!(set(Role::Moderator).await.role, Role::Moderator);
    assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
    let revoked = revoked().await;
    assert_eq!(revoked.len(), before + 1);
    assert!(revoked.iter().any(|(_, r)| (r.tenant, r.user, r.session) == (home.tenant, ann.id, None)));
}

async fn a_role_in_a_team_is_given_and_taken(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let olga = stage.person(home.tenant, "Olga", Role::Owner).await;
    let ann = stage.person(home.tenant, "Ann", Role::Viewer).await;
    let session = stage.open_session(home.tenant, ann.id).await;
    let before = stage.store.revocations_since(Timestamp(0)).await.unwrap().len();
    let set =
        async |team, role| stage.store.set_membership(stage.manager(home.tenant, olga.id), ann.id, team, role).await;
    for role in [Role::Moderator, Role::Moderator, Role::Member] {
        let given = Membership { team: home.team.id, role };
        assert_eq!(set(home.team.id, Some(role)).await.unwrap().memberships, [given]);
        let signed_in = stage.store.session(session.hash, START).await.unwrap().unwrap();
        assert_eq!(signed_in.memberships, [given], "the session goes on with the new role");
    }
    assert_eq!(set(home.team.id, None).await.unwrap().memberships, []);
    assert_eq!(set(home.team.id, None).await.unwrap().memberships, []);
    let after = stage.store.revocations_since(Timestamp(0)).await.unwrap().len();
    assert_eq!(after - before, 3, "streams hear of each change and of nothing else");
    for foreign in [other.team.id, TeamId(stage.id())] {
        assert_eq!(set(foreign, Some(Role::Member)).await, refused(Refusal::NotFound { what: Noun::Team }));
        assert_eq!(set(foreign, None).await.unwrap().memberships, []);
    }
}

async fn whoever_is_kept_out_is_out_at_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let olga = stage.person(home.tenant, "Olga", Role::Owner).await;
    let ann = stage.person(home.tenant, "Ann", Role::Moderator).await;
    let session = stage.open_session(home.tenant, ann.id).await;
    let set = async |active| stage.store.set_active(stage.manager(home.tenant, olga.id), ann.id, active).await.unwrap();
    assert_eq!(set(false).await.deactivated_at, Some(START));
    assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
    assert_eq!(stage.store.sessions_of(home.tenant, ann.id, START).await, Ok(vec![]));
    let revoked = stage.store.revocations_since(Timestamp(0)).await.unwrap();
    assert!(revoked.iter().any(|(_, r)| (r.user, r.session) == (ann.id, None)));
    assert_eq!(set(true).await.deactivated_at, None);
    assert_eq!(stage.store.session(session.hash, START).await, Ok(None), "back means signing in again");
}

async fn another_tenants_people_are_not_there(stage: Arc<Stage>) {
    let (ours, theirs) = (stage.home("acme").await, stage.home("widgets").await);
    let olga = stage.person(ours.tenant, "Olga", Role::Owner).await;
    let ann = stage.person(theirs.tenant, "Ann", Role::Member).await;
    let missing = || refused(Refusal::NotFound { what: Noun::Person });
    let by = || stage.manager(ours.tenant, olga.id);
    let (store, name) = (&stage.store, Name::parse("Stolen").unwrap());
    assert_eq!(store.person(ours.tenant, ann.id).await, Ok(None));
    assert_eq!(store.set_role(by(), ann.id, Role::Admin).await, missing());
    assert_eq!(store.set_active(by(), ann.id, false).await, missing());
    assert_eq!(store.set_membership(by(), ann.id, ours.team.id, Some(Role::Member)).await, missing());
    assert_eq!(store.set_profile(by(), ann.id, name.clone(), None).await, missing());
    assert_eq!(store.set_name(ours.tenant, ann.id, name).await, missing());
    assert_eq!(stage.names(ours.tenant, "ann").await, Vec::<String>::new());
    // Nor does an owner here manage there.
    let there = stage.manager(theirs.tenant, olga.id);
    assert_eq!(store.set_role(there, ann.id, Role::Admin).await, refused(Refusal::NotAllowed));
    assert_eq!(store.person(theirs.tenant, ann.id).await, Ok(Some(ann)));
}
