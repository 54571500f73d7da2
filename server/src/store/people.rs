//! People: added, and what they may do changed.

use pulsestage::audit::{Act, Entry};
use pulsestage::email::Email;
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::permission::{may_grant, may_manage};
use pulsestage::person::Person;
use pulsestage::ports::{Manager, NewPerson};
use pulsestage::text::Name;
use pulsestage::user::{Membership, Role};

use super::audit::{note, unkeyed};
use super::db_error::DbResult;
use super::people_reads::{person, there};
use super::quota::{Counted, room_for};
use super::sessions::{end_all, revoke};
use super::{SqlStore, Tx, sql};
use crate::unicode::{email_key, name_key};

impl SqlStore {
    pub(super) async fn insert_person(&self, tenant: TenantId, new: NewPerson) -> DbResult<Person> {
        written!(self, tx => { insert(tx, tenant, &new).await })
    }

    pub(super) async fn insert_person_by(&self, manager: Manager, new: NewPerson) -> DbResult<Person> {
        written!(self, tx => {
            let held = authority(tx, &manager).await?;
            must_grant(held, new.role)?;
            let person = insert(tx, manager.tenant, &new).await?;
            audit(tx, &manager, Act::Invite, new.id, |entry| added(entry, &new)).await?;
            Ok(person)
        })
    }

    pub(super) async fn insert_people_by(&self, manager: Manager, new: Vec<NewPerson>) -> DbResult<()> {
        written!(self, tx => {
            let held = authority(tx, &manager).await?;
            for person in &new {
                must_grant(held, person.role)?;
                insert(tx, manager.tenant, person).await?;
                audit(tx, &manager, Act::ImportPeople, person.id, |entry| added(entry, person)).await?;
            }
            Ok(())
        })
    }

    pub(super) async fn rename_person(&self, tenant: TenantId, id: UserId, name: Name) -> DbResult<Person> {
        written!(self, tx => {
            set_name(tx, tenant, id, &name).await?;
            there(tx, tenant, id).await
        })
    }

    pub(super) async fn change_profile(
        &self,
        manager: Manager,
        id: UserId,
        name: Name,
        email: Option<Email>,
    ) -> DbResult<Person> {
        written!(self, tx => {
            let (_, before) = managed(tx, &manager, id).await?;
            set_name(tx, manager.tenant, id, &name).await?;
            let written = on!(tx, t => sqlx::query(sql::people::SET_EMAIL)
                .bind(manager.tenant.0)
                .bind(id.0)
                .bind(email.as_ref().map(Email::as_str))
                .bind(email.as_ref().map(email_key))
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            if written == 0 {
                return Err(Refusal::EmailTaken.into());
            }
            let after = there(tx, manager.tenant, id).await?;
            if before.email != after.email {
                // Links that went to the address before open nothing any more.
                for statement in [sql::account::WITHDRAW_ALL, sql::account::FORGET_ADDRESS_CHANGE] {
                    on!(tx, t => sqlx::query(statement)
                        .bind(manager.tenant.0)
                        .bind(id.0)
                        .execute(&mut **t)
                        .await
                        .map(drop))?;
                }
            }
            let changed = |entry: Entry| {
                entry.change("name", &before.name, &after.name).change("email", before.email.as_ref(), after.email.as_ref())
            };
            audit(tx, &manager, Act::EditProfile, id, changed).await?;
            Ok(after)
        })
    }

    pub(super) async fn change_role(&self, manager: Manager, id: UserId, role: Role) -> DbResult<Person> {
        written!(self, tx => {
            let (held, before) = managed(tx, &manager, id).await?;
            must_grant(held, role)?;
            if before.role == role {
                return Ok(before);
            }
            if before.role == Role::Owner {
                must_leave_an_owner(tx, &manager, id).await?;
            }
            on!(tx, t => sqlx::query(sql::people::SET_ROLE)
                .bind(manager.tenant.0)
                .bind(id.0)
                .bind(role.as_str())
                .execute(&mut **t)
                .await
                .map(drop))?;
            end_all(tx, manager.tenant, id, manager.ending).await?;
            audit(tx, &manager, Act::ChangeRole, id, |entry| entry.change("role", before.role, role)).await?;
            there(tx, manager.tenant, id).await
        })
    }

    pub(super) async fn change_membership(
        &self,
        manager: Manager,
        id: UserId,
        team: TeamId,
        role: Option<Role>,
    ) -> DbResult<Person> {
        written!(self, tx => {
            let (_, before) = managed(tx, &manager, id).await?;
            let held = before.memberships.iter().find(|membership| membership.team == team);
            if held.map(|membership| membership.role) == role {
                return Ok(before);
            }
            match role {
                Some(role) => set_membership(tx, manager.tenant, id, Membership { team, role }, manager.ending.at.0).await?,
                None => on!(tx, t => sqlx::query(sql::people::UNSET_MEMBERSHIP)
                    .bind(manager.tenant.0)
                    .bind(team.0)
                    .bind(id.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?,
            }
            revoke(tx, manager.tenant, id, None, manager.ending).await?;
            let held = held.map(|membership| membership.role);
            audit(tx, &manager, Act::ChangeRole, id, |entry| entry.team(team).change("role", held, role)).await?;
            there(tx, manager.tenant, id).await
        })
    }

    pub(super) async fn change_active(&self, manager: Manager, id: UserId, active: bool) -> DbResult<Person> {
        written!(self, tx => {
            let (_, before) = managed(tx, &manager, id).await?;
            if before.is_active() == active {
                return Ok(before);
            }
            if before.role == Role::Owner && !active {
                must_leave_an_owner(tx, &manager, id).await?;
            }
            on!(tx, t => sqlx::query(sql::people::SET_DEACTIVATED)
                .bind(manager.tenant.0)
                .bind(id.0)
                .bind((!active).then_some(manager.ending.at.0))
                .execute(&mut **t)
                .await
                .map(drop))?;
            if !active {
                end_all(tx, manager.tenant, id, manager.ending).await?;
            }
            let act = if active { Act::Reactivate } else { Act::Deactivate };
            audit(tx, &manager, act, id, |entry| entry).await?;
            there(tx, manager.tenant, id).await
        })
    }
}

/// Notes what a manager did to a person.
pub(super) async fn audit(
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
pub(super) async fn insert(tx: &mut Tx, tenant: TenantId, new: &NewPerson) -> DbResult<Person> {
    // An owner gets in whatever the operator's limit: somebody must be able to make room.
    if new.role != Role::Owner {
        room_for(tx, tenant, Counted::People).await?;
    }
    let inserted = on!(tx, t => sqlx::query(sql::people::INSERT)
        .bind(tenant.0)
        .bind(new.id.0)
        .bind(new.role.as_str())
        .bind(new.name.as_str())
        .bind(name_key(new.name.as_str()))
        .bind(new.email.as_ref().map(Email::as_str))
        .bind(new.email.as_ref().map(email_key))
        .bind(new.at.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    if inserted == 0 {
        return Err(Refusal::EmailTaken.into());
    }
    for membership in &new.memberships {
        set_membership(tx, tenant, new.id, *membership, new.at.0).await?;
    }
    there(tx, tenant, new.id).await
}

/// Takes the tenant's row: from here to the commit nobody else changes what its people may do.
pub(super) async fn lock(tx: &mut Tx, tenant: TenantId) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::people::LOCK).bind(tenant.0).execute(&mut **t).await.map(drop))?;
    Ok(())
}

/// What somebody who manages people holds now, with the tenant's row taken: it stays so until the commit.
pub(super) async fn authority(tx: &mut Tx, manager: &Manager) -> DbResult<Role> {
    lock(tx, manager.tenant).await?;
    let own = person(tx, manager.tenant, manager.user).await?.filter(Person::is_active);
    own.map(|own| own.role).ok_or_else(|| Refusal::NotAllowed.into())
}

/// What the manager holds, and whom they are about to change.
pub(super) async fn managed(tx: &mut Tx, manager: &Manager, id: UserId) -> DbResult<(Role, Person)> {
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
    let others: i64 = on!(tx, t => sqlx::query_scalar(sql::people::OTHER_OWNERS)
        .bind(manager.tenant.0)
        .bind(id.0)
        .bind(manager.ending.at.0)
        .fetch_one(&mut **t)
        .await)?;
    if others == 0 { Err(Refusal::LastOwner.into()) } else { Ok(()) }
}

async fn set_name(tx: &mut Tx, tenant: TenantId, id: UserId, name: &Name) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::people::SET_NAME)
        .bind(tenant.0)
        .bind(id.0)
        .bind(name.as_str())
        .bind(name_key(name.as_str()))
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

async fn set_membership(tx: &mut Tx, tenant: TenantId, id: UserId, given: Membership, at: i64) -> DbResult<()> {
    let written = on!(tx, t => sqlx::query(sql::people::SET_MEMBERSHIP)
        .bind(tenant.0)
        .bind(given.team.0)
        .bind(id.0)
        .bind(given.role.as_str())
        .bind(at)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    if written == 0 { Err(Refusal::NotFound { what: Noun::Team }.into()) } else { Ok(()) }
}
