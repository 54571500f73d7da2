//! People: added, and what they may do changed.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::email::Email;
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::permission::{may_grant, may_manage};
use pulsestage::person::{PeopleFilter, Person, TeamChoice};
use pulsestage::ports::{Manager, NewPerson, PeopleStore, SecretHash, StoreResult};
use pulsestage::team::Team;
use pulsestage::text::Name;
use pulsestage::time::Timestamp;
use pulsestage::user::{Membership, Role};
use uuid::Uuid;

use crate::deadline::Work;
use crate::store::account::sessions::{end_all, revoke};
use crate::store::audit::{note, unkeyed};
use crate::store::db_error::DbResult;
use crate::store::rows::account::CredentialsRow;
use crate::store::rows::people::{MemberRow, PersonRow};
use crate::store::rows::{MembershipRow, TeamRow, teams_by_name};
use crate::store::tenancy::quota::{Counted, room_for};
use crate::store::{Kind, SqlStore, Tx, sql};
use crate::unicode::{email_key, name_key};

mod guests;

#[async_trait]
impl PeopleStore for SqlStore {
    async fn add_person(&self, tenant: TenantId, new: NewPerson) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| written!(db, tx => { insert(tx, tenant, &new).await })).await
    }

    async fn add_person_by(&self, manager: Manager, new: NewPerson) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| {
            written!(db, tx => {
                let held = authority(tx, &manager).await?;
                must_grant(held, new.role)?;
                let person = insert(tx, manager.tenant, &new).await?;
                audit(tx, &manager, Act::Invite, new.id, |entry| added(entry, &new)).await?;
                Ok(person)
            })
        })
        .await
    }

    async fn add_people_by(&self, manager: Manager, new: Vec<NewPerson>) -> StoreResult<()> {
        self.run_as(Kind::People, Work::Long, async move |db| {
            written!(db, tx => {
                let held = authority(tx, &manager).await?;
                for person in &new {
                    must_grant(held, person.role)?;
                    insert(tx, manager.tenant, person).await?;
                    audit(tx, &manager, Act::ImportPeople, person.id, |entry| added(entry, person)).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn set_name(&self, tenant: TenantId, id: UserId, name: Name) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| {
            written!(db, tx => {
                set_name(tx, tenant, id, &name).await?;
                there(tx, tenant, id).await
            })
        })
        .await
    }

    async fn set_profile(&self, manager: Manager, id: UserId, name: Name, email: Option<Email>) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| {
            written!(db, tx => {
                let (_, before) = managed(tx, &manager, id).await?;
                set_name(tx, manager.tenant, id, &name).await?;
                let written = execute!(
                    tx,
                    sql::people::SET_EMAIL,
                    manager.tenant.0,
                    id.0,
                    email.as_ref().map(Email::as_str),
                    email.as_ref().map(email_key),
                )?;
                if written == 0 {
                    return Err(Refusal::EmailTaken.into());
                }
                let after = there(tx, manager.tenant, id).await?;
                if before.email != after.email {
                    // Links that went to the address before open nothing any more.
                    for statement in [sql::account::WITHDRAW_ALL, sql::account::FORGET_ADDRESS_CHANGE] {
                        execute!(tx, statement, manager.tenant.0, id.0)?;
                    }
                }
                let changed = |entry: Entry| {
                    entry.change("name", &before.name, &after.name).change("email", before.email.as_ref(), after.email.as_ref())
                };
                audit(tx, &manager, Act::EditProfile, id, changed).await?;
                Ok(after)
            })
        })
        .await
    }

    async fn set_role(&self, manager: Manager, id: UserId, role: Role) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| {
            written!(db, tx => {
                let (held, before) = managed(tx, &manager, id).await?;
                must_grant(held, role)?;
                if before.role == role {
                    return Ok(before);
                }
                if before.role == Role::Owner {
                    must_leave_an_owner(tx, &manager, id).await?;
                }
                execute!(tx, sql::people::SET_ROLE, manager.tenant.0, id.0, role.as_str())?;
                end_all(tx, manager.tenant, id, manager.ending).await?;
                audit(tx, &manager, Act::ChangeRole, id, |entry| entry.change("role", before.role, role)).await?;
                there(tx, manager.tenant, id).await
            })
        })
        .await
    }

    async fn set_membership(
        &self,
        manager: Manager,
        id: UserId,
        team: TeamId,
        role: Option<Role>,
    ) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| {
            written!(db, tx => {
                let (_, before) = managed(tx, &manager, id).await?;
                let held = before.memberships.iter().find(|membership| membership.team == team);
                if held.map(|membership| membership.role) == role {
                    return Ok(before);
                }
                match role {
                    Some(role) => set_membership(tx, manager.tenant, id, Membership { team, role }, manager.ending.at.0).await?,
                    None => execute!(tx, sql::people::UNSET_MEMBERSHIP, manager.tenant.0, team.0, id.0).map(drop)?,
                }
                revoke(tx, manager.tenant, id, None, manager.ending).await?;
                let held = held.map(|membership| membership.role);
                audit(tx, &manager, Act::ChangeRole, id, |entry| entry.team(team).change("role", held, role)).await?;
                there(tx, manager.tenant, id).await
            })
        })
        .await
    }

    async fn set_active(&self, manager: Manager, id: UserId, active: bool) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| {
            written!(db, tx => {
                let (_, before) = managed(tx, &manager, id).await?;
                if before.is_active() == active {
                    return Ok(before);
                }
                if before.role == Role::Owner && !active {
                    must_leave_an_owner(tx, &manager, id).await?;
                }
                execute!(
                    tx, sql::people::SET_ACTIVE, manager.tenant.0, id.0, (!active).then_some(manager.ending.at.0)
                )?;
                if !active {
                    end_all(tx, manager.tenant, id, manager.ending).await?;
                }
                let act = if active { Act::Reactivate } else { Act::Deactivate };
                audit(tx, &manager, act, id, |entry| entry).await?;
                there(tx, manager.tenant, id).await
            })
        })
        .await
    }

    async fn team_choices(&self, tenant: TenantId) -> StoreResult<Vec<TeamChoice>> {
        self.run(Kind::People, async move |db| {
            let rows: Vec<TeamRow> = fetch_all!(&db.read, sql::people::TEAM_CHOICES, tenant.0)?;
            let choice = |Team { id, slug, name, .. }: Team| TeamChoice { id, slug, name };
            Ok(teams_by_name(rows).into_iter().map(choice).collect())
        })
        .await
    }

    async fn staff_names(&self, tenant: TenantId) -> StoreResult<Vec<(UserId, String)>> {
        self.run(Kind::People, async move |db| {
            let rows: Vec<(Uuid, String)> = fetch_all!(&db.read, sql::people::STAFF_NAMES, tenant.0)?;
            Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
        })
        .await
    }

    async fn email_keys(&self, tenant: TenantId) -> StoreResult<Vec<String>> {
        self.run_as(Kind::People, Work::Long, async move |db| {
            Ok(fetch_all!(scalar & db.read, sql::people::EMAIL_KEYS, tenant.0)?)
        })
        .await
    }

    async fn people(&self, tenant: TenantId, filter: PeopleFilter) -> StoreResult<Vec<Person>> {
        self.run(Kind::People, async move |db| tx!(db.begin_read(), tx => { page(&mut tx, tenant, &filter).await }))
            .await
    }

    async fn people_count(&self, tenant: TenantId) -> StoreResult<i64> {
        self.run(Kind::People, async move |db| Ok(fetch_one!(scalar & db.read, sql::people::PEOPLE_COUNT, tenant.0)?))
            .await
    }

    async fn person(&self, tenant: TenantId, id: UserId) -> StoreResult<Option<Person>> {
        self.run(Kind::People, async move |db| tx!(db.begin_read(), tx => { person(&mut tx, tenant, id).await })).await
    }

    async fn person_by_email(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<Person>> {
        self.run(Kind::People, async move |db| tx!(db.begin_read(), tx => { by_email(&mut tx, tenant, email).await }))
            .await
    }

    async fn put_invitation(
        &self,
        manager: Manager,
        id: UserId,
        link: SecretHash,
        until: Timestamp,
    ) -> StoreResult<Person> {
        self.run(Kind::People, async move |db| {
            written!(db, tx => {
                let person = invitable(tx, &manager, id).await?;
                if !person.is_active() {
                    return Err(Refusal::NotFound { what: Noun::Person }.into());
                }
                execute!(tx, sql::people::WITHDRAW_LINKS, manager.tenant.0, id.0, INVITATION)?;
                execute!(
                    tx,
                    sql::people::PUT_INVITATION,
                    manager.tenant.0,
                    id.0,
                    INVITATION,
                    link.0.as_slice(),
                    manager.ending.at.0,
                    until.0,
                )?;
                Ok(person)
            })
        })
        .await
    }
}

/// Notes what a manager did to a person.
pub(in crate::store) async fn audit(
    tx: &mut Tx,
    manager: &Manager,
    act: Act,
    id: UserId,
    more: impl FnOnce(Entry) -> Entry,
) -> DbResult<()> {
    let Manager { tenant, user, ending } = *manager;
    let entry = more(Entry::of(user, act).subject(id));
    note(tx, &unkeyed(tenant, user, ending.id, ending.at), entry).await
}

/// What is noted of somebody who is added.
fn added(entry: Entry, new: &NewPerson) -> Entry {
    entry.after("name", new.name.as_str()).after("email", new.email.as_ref().map(Email::as_str)).after("role", new.role)
}

/// Adds a person with their roles by team.
pub(in crate::store) async fn insert(tx: &mut Tx, tenant: TenantId, new: &NewPerson) -> DbResult<Person> {
    // An owner gets in whatever the operator's limit: somebody must be able to make room.
    if new.role != Role::Owner {
        room_for(tx, tenant, Counted::People).await?;
    }
    let inserted = execute!(
        tx,
        sql::people::ADD_PERSON,
        tenant.0,
        new.id.0,
        new.role.as_str(),
        new.name.as_str(),
        name_key(new.name.as_str()),
        new.email.as_ref().map(Email::as_str),
        new.email.as_ref().map(email_key),
        new.at.0,
    )?;
    if inserted == 0 {
        return Err(Refusal::EmailTaken.into());
    }
    for membership in &new.memberships {
        set_membership(tx, tenant, new.id, *membership, new.at.0).await?;
    }
    there(tx, tenant, new.id).await
}

/// Takes the tenant's row: from here to the commit nobody else changes what its people may do.
pub(in crate::store) async fn lock(tx: &mut Tx, tenant: TenantId) -> DbResult<()> {
    execute!(tx, sql::people::LOCK, tenant.0)?;
    Ok(())
}

/// What somebody who manages people holds now, with the tenant's row taken: it stays so until the commit.
pub(in crate::store) async fn authority(tx: &mut Tx, manager: &Manager) -> DbResult<Role> {
    lock(tx, manager.tenant).await?;
    let own = person(tx, manager.tenant, manager.user).await?.filter(Person::is_active);
    own.map(|own| own.role).ok_or_else(|| Refusal::NotAllowed.into())
}

/// What the manager holds, and whom they are about to change.
pub(in crate::store) async fn managed(tx: &mut Tx, manager: &Manager, id: UserId) -> DbResult<(Role, Person)> {
    let held = authority(tx, manager).await?;
    let person = there(tx, manager.tenant, id).await?;
    // Whoever manages people may change themselves.
    let is_own = id == manager.user && may_grant(held, held);
    if is_own || may_manage(held, person.role) { Ok((held, person)) } else { Err(Refusal::NotAllowed.into()) }
}

fn must_grant(manager: Role, given: Role) -> DbResult<()> {
    if may_grant(manager, given) { Ok(()) } else { Err(Refusal::NotAllowed.into()) }
}

async fn must_leave_an_owner(tx: &mut Tx, manager: &Manager, id: UserId) -> DbResult<()> {
    let others: i64 = fetch_one!(scalar tx, sql::people::OTHER_OWNERS, manager.tenant.0, id.0, manager.ending.at.0)?;
    if others == 0 { Err(Refusal::LastOwner.into()) } else { Ok(()) }
}

pub(in crate::store) async fn set_name(tx: &mut Tx, tenant: TenantId, id: UserId, name: &Name) -> DbResult<()> {
    execute!(tx, sql::people::SET_NAME, tenant.0, id.0, name.as_str(), name_key(name.as_str()))?;
    Ok(())
}

async fn set_membership(tx: &mut Tx, tenant: TenantId, id: UserId, given: Membership, at: i64) -> DbResult<()> {
    let written = execute!(tx, sql::people::SET_MEMBERSHIP, tenant.0, given.team.0, id.0, given.role.as_str(), at)?;
    if written == 0 { Err(Refusal::NotFound { what: Noun::Team }.into()) } else { Ok(()) }
}

/// A person, who must be there.
pub(in crate::store) async fn there(tx: &mut Tx, tenant: TenantId, id: UserId) -> DbResult<Person> {
    person(tx, tenant, id).await?.ok_or_else(|| Refusal::NotFound { what: Noun::Person }.into())
}

pub(in crate::store) async fn person(tx: &mut Tx, tenant: TenantId, id: UserId) -> DbResult<Option<Person>> {
    let row: Option<PersonRow> = fetch_optional!(tx, sql::people::PERSON, tenant.0, id.0)?;
    with_memberships(tx, tenant, row).await
}

/// The person with this address.
pub(in crate::store) async fn by_email(tx: &mut Tx, tenant: TenantId, email: &Email) -> DbResult<Option<Person>> {
    let row: Option<PersonRow> = fetch_optional!(tx, sql::people::PERSON_BY_EMAIL, tenant.0, email_key(email))?;
    with_memberships(tx, tenant, row).await
}

async fn with_memberships(tx: &mut Tx, tenant: TenantId, row: Option<PersonRow>) -> DbResult<Option<Person>> {
    let Some(row) = row else { return Ok(None) };
    let rows: Vec<MembershipRow> = fetch_all!(tx, sql::people::MEMBERSHIPS, tenant.0, row.id())?;
    let mut memberships = rows.into_iter().map(MembershipRow::into_membership).collect::<DbResult<Vec<_>>>()?;
    memberships.sort_unstable_by_key(|membership| membership.team);
    row.into_person(memberships).map(Some)
}

async fn page(tx: &mut Tx, tenant: TenantId, filter: &PeopleFilter) -> DbResult<Vec<Person>> {
    let after = match filter.after {
        Some(id) => {
            let key: Option<String> = fetch_optional!(scalar tx, sql::people::NAME_KEY, tenant.0, id.0)?;
            (key.unwrap_or_default(), id.0)
        }
        // Before everybody.
        None => (String::new(), Uuid::nil()),
    };
    let (like, limit) = (pattern(&filter.text), filter.limit.max(0));
    let rows: Vec<PersonRow> = fetch_all!(tx, sql::people::PEOPLE, tenant.0, &after.0, after.1, &like, limit)?;
    let members: Vec<MemberRow> =
        fetch_all!(tx, sql::people::PEOPLE_MEMBERSHIPS, tenant.0, &after.0, after.1, &like, limit)?;
    let mut people = rows.into_iter().map(|row| row.into_person(Vec::new())).collect::<DbResult<Vec<_>>>()?;
    for row in members {
        let (user, membership) = row.into_member()?;
        if let Some(person) = people.iter_mut().find(|person| person.id == user) {
            person.memberships.push(membership);
        }
    }
    for person in &mut people {
        person.memberships.sort_unstable_by_key(|membership| membership.team);
    }
    Ok(people)
}

/// What contains this text, as a pattern in which no letter of it means anything else.
fn pattern(text: &str) -> String {
    let escaped = name_key(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// What an invitation is for, as the database calls it.
const INVITATION: &str = "invitation";

/// Whom a manager may send a link: those whom they manage, and somebody with a role that they may give who was never here,
/// so that there is nobody to be taken for.
async fn invitable(tx: &mut Tx, manager: &Manager, id: UserId) -> DbResult<Person> {
    let held = authority(tx, manager).await?;
    let person = there(tx, manager.tenant, id).await?;
    let known: Option<CredentialsRow> = fetch_optional!(tx, sql::account::CREDENTIALS_OF, manager.tenant.0, id.0)?;
    let was_here = person.seen_at.is_some() || known.is_some_and(|known| known.has_password());
    if !was_here && may_grant(held, person.role) {
        return Ok(person);
    }
    Ok(managed(tx, manager, id).await?.1)
}
