//! The second factor: who is asked for it, and what of it is good once.

use std::sync::Arc;

use pulsestage::audit::{Act, Filter, PageCursor};
use pulsestage::email::Email;
use pulsestage::id::{TenantId, UserId};
use pulsestage::link::PersonLinkPurpose;
use pulsestage::password::PasswordHash;
use pulsestage::ports::{
    AccountStore, Admission, AuditStore, CodeTry, CompletedSignIn, LinkStore, LinkUse, NewPerson, NewPersonLink,
    NewSecondFactor, NewSession, PeopleStore, Proof, SecondFactorStore, SecretHash, SessionStore,
};
use pulsestage::second_factor::{
    FactorCheck, FactorOwner, PENDING_LIFE_MS, Requirement, Salt, TRIES_PER_SIGN_IN, WRONG_CODES, WRONG_CODES_MS,
};
use pulsestage::text::Name;
use pulsestage::user::Role;
use tokio::task::JoinSet;

use crate::stage::{START, Stage, stories};

stories![
    nobody_with_a_second_factor_is_in_before_it,
    who_must_have_one_sets_it_up_first,
    a_code_is_good_once,
    of_twenty_with_one_code_one_is_in,
    a_recovery_code_is_good_once,
    wrong_codes_are_counted,
    a_sign_in_does_not_wait_for_ever,
    what_is_on_changes_only_with_a_proof,
    a_reset_ends_what_was_open,
    another_password_ends_what_waits,
];

impl Stage {
    async fn factor_person(&self, tenant: TenantId, role: Role) -> FactorOwner {
        let id = UserId(self.id());
        let email = Some(Email::parse(&format!("{}@example.com", id.0.simple())).unwrap());
        let new = NewPerson { id, name: Name::parse("Ann").unwrap(), email, role, memberships: Vec::new(), at: START };
        FactorOwner { tenant, user: self.store.add_person(tenant, new).await.unwrap().id }
    }

    fn factor(&self, owner: FactorOwner, step: i64) -> NewSecondFactor {
        let recovery = vec![self.hash(), self.hash()];
        NewSecondFactor { owner, salt: Salt([3; 16]), step, recovery, instead_of: None, ending: self.ending() }
    }

    /// Somebody whose second factor is on since step 1, and their recovery codes.
    async fn with_factor(&self, tenant: TenantId) -> (FactorOwner, Vec<SecretHash>) {
        let owner = self.factor_person(tenant, Role::Owner).await;
        let new = self.factor(owner, 1);
        assert_eq!(self.store.enable_second_factor(new.clone()).await, Ok(true));
        (owner, new.recovery)
    }

    /// A sign-in by password that waits.
    async fn waiting(&self, owner: FactorOwner) -> SecretHash {
        let session = self.session(owner.user);
        let admission = self.store.let_in(owner.tenant, session.clone(), None).await.unwrap().unwrap();
        assert!(matches!(admission, Admission::SecondFactor(_)));
        session.hash
    }

    fn completed(&self, owner: FactorOwner, pending: SecretHash) -> CompletedSignIn {
        let session = NewSession { check: FactorCheck::Passed, ..self.session(owner.user) };
        CompletedSignIn { pending, session, instead_of: None }
    }

    async fn complete(&self, owner: FactorOwner, proof: Proof, pending: SecretHash) -> bool {
        let sign_in = self.completed(owner, pending);
        let session = sign_in.session.hash;
        let done = self.store.complete_sign_in(owner, proof, sign_in).await.unwrap().is_some();
        assert_eq!(
            self.store.session(session, START).await.unwrap().is_some(),
            done,
            "a session is open if it says so"
        );
        done
    }

    async fn factor_changes(&self, tenant: TenantId) -> usize {
        let records = self.store.audit(tenant, &Filter::default(), PageCursor::NEWEST, 100).await.unwrap();
        records.iter().filter(|record| record.action == Act::ChangeSecondFactor.word()).count()
    }
}

async fn nobody_with_a_second_factor_is_in_before_it(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let (owner, _) = stage.with_factor(home.tenant).await;
    let had = stage.session(owner.user);
    stage.store.open_session(home.tenant, NewSession { check: FactorCheck::Passed, ..had.clone() }).await.unwrap();
    // By password.
    let by_password = stage.session(owner.user);
    let instead_of = Some((had.hash, stage.ending()));
    let admission = stage.store.let_in(home.tenant, by_password.clone(), instead_of).await.unwrap().unwrap();
    assert!(matches!(admission, Admission::SecondFactor(awaited) if awaited.tenant.id == home.tenant));
    assert!(stage.store.session(had.hash, START).await.unwrap().is_some(), "the browser keeps the session it had");
    let mut tried = vec![by_password.hash];
    // By links of every purpose.
    for purpose in PersonLinkPurpose::ALL {
        let (session, hash) = (stage.session(owner.user), stage.hash());
        let link = NewPersonLink {
            hash,
            tenant: home.tenant,
            user: owner.user,
            purpose,
            at: START,
            expires_at: START.plus_millis(1_000),
        };
        stage.store.put_person_link(link).await.unwrap();
        let password = (purpose != PersonLinkPurpose::SignIn).then(|| PasswordHash::new("x".to_owned()));
        let using = LinkUse { tenant: home.tenant, hash, purpose, name: None, password };
        let used = stage.store.use_person_link(using, session.clone(), None, stage.ending()).await.unwrap();
        assert!(matches!(used, Some(Admission::SecondFactor(_))), "{purpose:?}");
        tried.push(session.hash);
    }
    // By whatever opens a session of anybody.
    let by_hand = stage.session(owner.user);
    stage.store.open_session(home.tenant, by_hand.clone()).await.unwrap();
    tried.push(by_hand.hash);
    for hash in tried {
        assert_eq!(stage.store.session(hash, START).await, Ok(None));
    }
    // Who has none is let in, and the second factor of one tenant is none of another's.
    let plain = stage.factor_person(other.tenant, Role::Owner).await;
    let admission = stage.store.let_in(other.tenant, stage.session(plain.user), None).await.unwrap().unwrap();
    assert!(admission.signed_in().is_some());
    let elsewhere = FactorOwner { tenant: other.tenant, ..owner };
    assert_eq!(stage.store.second_factor(elsewhere).await, Ok(None));
}

async fn who_must_have_one_sets_it_up_first(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let asked = |session, requirement| NewSession { check: FactorCheck::Asked(requirement), ..session };
    for (role, requirement, waits) in [
        (Role::Owner, Requirement::Off, false),
        (Role::Owner, Requirement::Admins, true),
        (Role::Moderator, Requirement::Admins, false),
        (Role::Moderator, Requirement::Staff, true),
        (Role::Member, Requirement::Staff, false),
    ] {
        let owner = stage.factor_person(tenant, role).await;
        let session = asked(stage.session(owner.user), requirement);
        let admission = stage.store.let_in(tenant, session.clone(), None).await.unwrap().unwrap();
        assert_eq!(matches!(admission, Admission::SecondFactor(_)), waits, "{role} {requirement:?}");
        assert_eq!(stage.store.session(session.hash, START).await.unwrap().is_none(), waits);
        if !waits {
            continue;
        }
        let pending = stage.store.pending_sign_in(session.hash, START).await.unwrap().unwrap();
        assert_eq!((pending.user, pending.factor), (owner.user, None));
        assert!(!stage.complete(owner, Proof::Step(9), session.hash).await, "there is nothing to prove yet");
        let sign_in = stage.completed(owner, session.hash);
        let signed_in = stage.store.enable_at_sign_in(stage.factor(owner, 1), sign_in.clone()).await.unwrap().unwrap();
        assert_eq!((signed_in.user, signed_in.session), (owner.user, sign_in.session.id));
        let again = stage.completed(owner, session.hash);
        assert_eq!(stage.store.enable_at_sign_in(stage.factor(owner, 2), again).await, Ok(None), "once");
    }
    // A link that makes somebody is no way around it.
    let (link, session) = stage.link(tenant, Role::Owner);
    stage.store.put_link(link).await.unwrap();
    let session = asked(session, Requirement::Admins);
    let redeemed = stage.store.redeem_link(link.hash, session.clone()).await.unwrap();
    assert!(matches!(redeemed, Some(Admission::SecondFactor(_))));
    assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
}

async fn a_code_is_good_once(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let (owner, _) = stage.with_factor(tenant).await;
    let pending = stage.waiting(owner).await;
    assert!(!stage.complete(owner, Proof::Step(1), pending).await, "it confirmed the set-up");
    assert!(stage.complete(owner, Proof::Step(3), pending).await, "a wrong one does not end the sign-in");
    assert!(!stage.complete(owner, Proof::Step(4), pending).await, "the sign-in is complete");
    let pending = stage.waiting(owner).await;
    for used in [3, 2] {
        assert!(!stage.complete(owner, Proof::Step(used), pending).await, "{used}");
    }
    assert!(stage.complete(owner, Proof::Step(5), pending).await);
}

async fn of_twenty_with_one_code_one_is_in(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let (owner, _) = stage.with_factor(tenant).await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(stage.waiting(owner).await);
    }
    let mut race = JoinSet::new();
    for pending in waiting {
        let (stage, sign_in) = (stage.clone(), stage.completed(owner, pending));
        race.spawn(async move { stage.store.complete_sign_in(owner, Proof::Step(7), sign_in).await.unwrap() });
    }
    assert_eq!(race.join_all().await.iter().flatten().count(), 1);
}

async fn a_recovery_code_is_good_once(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let (owner, codes) = stage.with_factor(home.tenant).await;
    let (stranger, _) = stage.with_factor(other.tenant).await;
    let pending = stage.waiting(stranger).await;
    assert!(!stage.complete(stranger, Proof::Recovery(codes[0]), pending).await, "another person's");
    let left = async || stage.store.second_factor(owner).await.unwrap().unwrap().recovery_codes;
    assert_eq!(left().await, 2);
    let pending = stage.waiting(owner).await;
    assert!(stage.complete(owner, Proof::Recovery(codes[0]), pending).await);
    assert_eq!(left().await, 1);
    let pending = stage.waiting(owner).await;
    assert!(!stage.complete(owner, Proof::Recovery(codes[0]), pending).await);
    assert!(stage.complete(owner, Proof::Recovery(codes[1]), pending).await);
    assert_eq!(stage.factor_changes(home.tenant).await, 3, "turned on, and two codes used");
}

async fn wrong_codes_are_counted(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let (owner, _) = stage.with_factor(tenant).await;
    let pending = stage.waiting(owner).await;
    let count = async |pending, is_totp, after| {
        stage.store.count_code_try(owner, pending, is_totp, START.plus_millis(after)).await.unwrap()
    };
    for _ in 0..TRIES_PER_SIGN_IN {
        assert_eq!(count(Some(pending), true, 0).await, CodeTry::Allowed);
    }
    assert_eq!(count(Some(pending), true, 0).await, CodeTry::Ended);
    assert_eq!(stage.store.pending_sign_in(pending, START).await, Ok(None), "back to the password");
    for _ in TRIES_PER_SIGN_IN..WRONG_CODES {
        assert_eq!(count(None, true, 1).await, CodeTry::Allowed);
    }
    let refused = CodeTry::After(START.plus_millis(WRONG_CODES_MS));
    assert_eq!(count(None, true, 2).await, refused);
    let pending = stage.waiting(owner).await;
    assert_eq!(count(Some(pending), true, 2).await, refused, "whichever sign-in it is");
    assert_eq!(count(Some(pending), false, 2).await, CodeTry::Allowed, "a recovery code is no guess");
    assert_eq!(count(None, true, WRONG_CODES_MS).await, CodeTry::Allowed, "an hour later");
    // A right code sets the count back.
    for _ in 0..WRONG_CODES - 1 {
        count(None, true, WRONG_CODES_MS).await;
    }
    assert!(stage.complete(owner, Proof::Step(9), pending).await);
    assert_eq!(count(None, true, WRONG_CODES_MS).await, CodeTry::Allowed);
}

async fn a_sign_in_does_not_wait_for_ever(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let (owner, _) = stage.with_factor(tenant).await;
    let pending = stage.waiting(owner).await;
    let late = START.plus_millis(PENDING_LIFE_MS);
    assert!(stage.store.pending_sign_in(pending, late.plus_millis(-1)).await.unwrap().is_some());
    assert_eq!(stage.store.pending_sign_in(pending, late).await, Ok(None));
    assert_eq!(stage.store.count_code_try(owner, Some(pending), true, late).await, Ok(CodeTry::Ended));
    let sign_in = stage.completed(owner, pending);
    let sign_in = CompletedSignIn { session: NewSession { at: late, ..sign_in.session }, ..sign_in };
    assert_eq!(stage.store.complete_sign_in(owner, Proof::Step(9), sign_in).await, Ok(None));
    assert!(!stage.complete(owner, Proof::Step(9), stage.hash()).await, "a secret that nobody was given");
}

async fn what_is_on_changes_only_with_a_proof(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let (owner, codes) = stage.with_factor(tenant).await;
    let another = |instead_of| NewSecondFactor { salt: Salt([4; 16]), instead_of, ..stage.factor(owner, 20) };
    let store = &stage.store;
    for proof in [None, Some(Proof::Step(1)), Some(Proof::Recovery(stage.hash()))] {
        assert_eq!(store.enable_second_factor(another(proof)).await, Ok(false), "{proof:?}");
    }
    assert_eq!(store.replace_recovery_codes(owner, Proof::Step(1), vec![], stage.ending()).await, Ok(false));
    assert_eq!(store.disable_second_factor(owner, Proof::Step(1), stage.ending()).await, Ok(false));
    assert_eq!(store.second_factor(owner).await.unwrap().unwrap().salt, Salt([3; 16]));
    let fresh = vec![stage.hash()];
    assert_eq!(store.replace_recovery_codes(owner, Proof::Step(2), fresh.clone(), stage.ending()).await, Ok(true));
    assert_eq!(store.disable_second_factor(owner, Proof::Recovery(codes[0]), stage.ending()).await, Ok(false));
    assert_eq!(store.enable_second_factor(another(Some(Proof::Step(3)))).await, Ok(true));
    assert_eq!(store.second_factor(owner).await.unwrap().unwrap().salt, Salt([4; 16]));
    assert_eq!(store.disable_second_factor(owner, Proof::Recovery(fresh[0]), stage.ending()).await, Ok(false));
    assert_eq!(store.disable_second_factor(owner, Proof::Step(21), stage.ending()).await, Ok(true));
    assert_eq!(store.second_factor(owner).await, Ok(None));
    assert_eq!(store.disable_second_factor(owner, Proof::Step(22), stage.ending()).await, Ok(false));
    assert_eq!(stage.factor_changes(tenant).await, 4);
}

async fn a_reset_ends_what_was_open(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let (owner, _) = stage.with_factor(tenant).await;
    let pending = stage.waiting(owner).await;
    assert!(stage.complete(owner, Proof::Step(2), pending).await);
    let (session, waiting) = (stage.session(owner.user), stage.waiting(owner).await);
    stage.store.open_session(tenant, NewSession { check: FactorCheck::Passed, ..session.clone() }).await.unwrap();
    assert_eq!(stage.store.reset_second_factor(owner, stage.ending()).await, Ok(true));
    assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
    assert_eq!(stage.store.pending_sign_in(waiting, START).await, Ok(None));
    assert_eq!(stage.store.reset_second_factor(owner, stage.ending()).await, Ok(false));
    let admission = stage.store.let_in(tenant, stage.session(owner.user), None).await.unwrap().unwrap();
    assert!(admission.signed_in().is_some());
    assert_eq!(stage.factor_changes(tenant).await, 2);
}

async fn another_password_ends_what_waits(stage: Arc<Stage>) {
    let tenant = stage.home("acme").await.tenant;
    let (owner, _) = stage.with_factor(tenant).await;
    let waiting = stage.waiting(owner).await;
    let session = NewSession { check: FactorCheck::Passed, ..stage.session(owner.user) };
    let password = PasswordHash::new("another".to_owned());
    stage.store.change_password(tenant, password, session, stage.ending()).await.unwrap().unwrap();
    assert_eq!(stage.store.pending_sign_in(waiting, START).await, Ok(None));
    assert!(!stage.complete(owner, Proof::Step(9), waiting).await);
}
