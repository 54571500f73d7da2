//! People: found and listed.

use pulsestage::email::Email;
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{TenantId, UserId};
use pulsestage::person::{PeopleFilter, Person, TeamChoice};
use pulsestage::team::Team;
use uuid::Uuid;

use super::db_error::DbResult;
use super::rows::people::{MemberRow, PersonRow};
use super::rows::{MembershipRow, TeamRow, teams_by_name};
use super::{SqlStore, Tx, sql};
use crate::unicode::{email_key, name_key};

impl SqlStore {
    pub(super) async fn list_team_choices(&self, tenant: TenantId) -> DbResult<Vec<TeamChoice>> {
        let rows: Vec<TeamRow> = on!(&self.read, pool => sqlx::query_as(sql::people::TEAM_CHOICES)
            .bind(tenant.0)
            .fetch_all(pool)
            .await)?;
        let choice = |Team { id, slug, name, .. }: Team| TeamChoice { id, slug, name };
        Ok(teams_by_name(rows).into_iter().map(choice).collect())
    }

    pub(super) async fn list_staff_names(&self, tenant: TenantId) -> DbResult<Vec<(UserId, String)>> {
        let rows: Vec<(Uuid, String)> = on!(&self.read, pool => sqlx::query_as(sql::people::STAFF_NAMES)
            .bind(tenant.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
    }

    pub(super) async fn list_email_keys(&self, tenant: TenantId) -> DbResult<Vec<String>> {
        Ok(on!(&self.read, pool => sqlx::query_scalar(sql::people::EMAIL_KEYS).bind(tenant.0).fetch_all(pool).await)?)
    }

    pub(super) async fn list_people(&self, tenant: TenantId, filter: PeopleFilter) -> DbResult<Vec<Person>> {
        let mut tx = self.begin_read().await?;
        let listed = page(&mut tx, tenant, &filter).await;
        tx.end(listed).await
    }

    pub(super) async fn count_people(&self, tenant: TenantId) -> DbResult<i64> {
        Ok(on!(&self.read, pool => sqlx::query_scalar(sql::people::COUNT).bind(tenant.0).fetch_one(pool).await)?)
    }

    pub(super) async fn find_person(&self, tenant: TenantId, id: UserId) -> DbResult<Option<Person>> {
        let mut tx = self.begin_read().await?;
        let found = person(&mut tx, tenant, id).await;
        tx.end(found).await
    }

    pub(super) async fn find_person_by_email(&self, tenant: TenantId, email: &Email) -> DbResult<Option<Person>> {
        let mut tx = self.begin_read().await?;
        let found = by_email(&mut tx, tenant, email).await;
        tx.end(found).await
    }
}

/// A person, who must be there.
pub(super) async fn there(tx: &mut Tx, tenant: TenantId, id: UserId) -> DbResult<Person> {
    person(tx, tenant, id).await?.ok_or_else(|| Refusal::NotFound { what: Noun::Person }.into())
}

pub(super) async fn person(tx: &mut Tx, tenant: TenantId, id: UserId) -> DbResult<Option<Person>> {
    let row: Option<PersonRow> =
        on!(tx, t => sqlx::query_as(sql::people::BY_ID).bind(tenant.0).bind(id.0).fetch_optional(&mut **t).await)?;
    with_memberships(tx, tenant, row).await
}

/// The person with this address.
pub(super) async fn by_email(tx: &mut Tx, tenant: TenantId, email: &Email) -> DbResult<Option<Person>> {
    let row: Option<PersonRow> = on!(tx, t => sqlx::query_as(sql::people::BY_EMAIL)
        .bind(tenant.0)
        .bind(email_key(email))
        .fetch_optional(&mut **t)
        .await)?;
    with_memberships(tx, tenant, row).await
}

async fn with_memberships(tx: &mut Tx, tenant: TenantId, row: Option<PersonRow>) -> DbResult<Option<Person>> {
    let Some(row) = row else { return Ok(None) };
    let rows: Vec<MembershipRow> = on!(tx, t => sqlx::query_as(sql::people::MEMBERSHIPS)
        .bind(tenant.0)
        .bind(row.id())
        .fetch_all(&mut **t)
        .await)?;
    let memberships = rows.into_iter().map(MembershipRow::into_membership).collect::<DbResult<_>>()?;
    row.into_person(memberships).map(Some)
}

async fn page(tx: &mut Tx, tenant: TenantId, filter: &PeopleFilter) -> DbResult<Vec<Person>> {
    let after = match filter.after {
        Some(id) => {
            let key: Option<String> = on!(tx, t => sqlx::query_scalar(sql::people::NAME_KEY)
                .bind(tenant.0)
                .bind(id.0)
                .fetch_optional(&mut **t)
                .await)?;
            (key.unwrap_or_default(), id.0)
        }
        // Before everybody.
        None => (String::new(), Uuid::nil()),
    };
    let (like, limit) = (pattern(&filter.text), filter.limit.max(0));
    let rows: Vec<PersonRow> = on!(tx, t => sqlx::query_as(sql::people::PAGE)
        .bind(tenant.0)
        .bind(&after.0)
        .bind(after.1)
        .bind(&like)
        .bind(limit)
        .fetch_all(&mut **t)
        .await)?;
    let members: Vec<MemberRow> = on!(tx, t => sqlx::query_as(sql::people::PAGE_MEMBERSHIPS)
        .bind(tenant.0)
        .bind(&after.0)
        .bind(after.1)
        .bind(&like)
        .bind(limit)
        .fetch_all(&mut **t)
        .await)?;
    let mut people = rows.into_iter().map(|row| row.into_person(Vec::new())).collect::<DbResult<Vec<_>>>()?;
    for row in members {
        let (user, membership) = row.into_member()?;
        if let Some(person) = people.iter_mut().find(|person| person.id == user) {
            person.memberships.push(membership);
        }
    }
    Ok(people)
}

/// What contains this text, as a pattern in which no letter of it means anything else.
fn pattern(text: &str) -> String {
    let escaped = name_key(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
