//! Sessions: opened, found, listed, ended, and the word of it passed on.

use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::ports::{Ending, NewSession, SecretHash, SignedIn};
use pulsestage::session::{Revocation, Session};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use uuid::Uuid;

use super::audit::{note, unkeyed};
use super::db_error::DbResult;
use super::rows::MembershipRow;
use super::rows::people::{EndedRow, OpenSessionRow, RevocationRow, SessionRow};
use super::{SqlStore, Tx, people, people_reads, second_factor, sql};

impl SqlStore {
    pub(super) async fn find_session(&self, hash: SecretHash, now: Timestamp) -> DbResult<Option<SignedIn>> {
        let row: Option<OpenSessionRow> = on!(&self.read, pool => sqlx::query_as(sql::sessions::BY_SECRET)
            .bind(hash.0.as_slice())
            .bind(now.0)
            .fetch_optional(pool)
            .await)?;
        let Some(row) = row else { return Ok(None) };
        let mut person = row.into_signed_in()?;
        // Whoever may do everything needs no more; it is also what most staff are.
        if person.role < Role::Moderator {
            let rows: Vec<MembershipRow> = on!(&self.read, pool => sqlx::query_as(sql::sign_in::MEMBERSHIPS)
                .bind(person.tenant.id.0)
                .bind(person.user.0)
                .fetch_all(pool)
                .await)?;
            person.memberships = rows.into_iter().map(MembershipRow::into_membership).collect::<DbResult<_>>()?;
        }
        Ok(Some(person))
    }

    pub(super) async fn list_sessions(&self, tenant: TenantId, user: UserId, now: Timestamp) -> DbResult<Vec<Session>> {
        let rows: Vec<SessionRow> = on!(&self.read, pool => sqlx::query_as(sql::sessions::OF_PERSON)
            .bind(tenant.0)
            .bind(user.0)
            .bind(now.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(Session::from).collect())
    }

    pub(super) async fn start_session(&self, tenant: TenantId, session: NewSession) -> DbResult<()> {
        written!(self, tx => {
            // Whoever keeps people out holds the tenant's row: once that is ours it is known who may come in.
            people::lock(tx, tenant).await?;
            if !people_reads::there(tx, tenant, session.user).await?.is_active() {
                return Err(Refusal::NotFound { what: Noun::Person }.into());
            }
            open(tx, tenant, &session).await.map(drop)
        })
    }

    pub(super) async fn note_session(&self, hash: SecretHash, now: Timestamp) -> DbResult<()> {
        written!(self, tx => {
            // The person's row before the session's, as those do who end sessions.
            for statement in [sql::people::TOUCH, sql::sessions::TOUCH] {
                on!(tx, t => sqlx::query(statement)
                    .bind(hash.0.as_slice())
                    .bind(now.day().0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?;
            }
            Ok(())
        })
    }

    pub(super) async fn drop_session(&self, hash: SecretHash, ending: Ending) -> DbResult<Option<TenantId>> {
        written!(self, tx => {
            let ended: Option<EndedRow> = on!(tx, t => sqlx::query_as(sql::sessions::END)
                .bind(hash.0.as_slice())
                .fetch_optional(&mut **t)
                .await)?;
            let Some(ended) = ended else { return Ok(None) };
            let (tenant, user, session) = ended.into_ids();
            let entry = Entry::of(user, Act::SignOut).subject(user).before("session", session);
            note(tx, &unkeyed(tenant, user, ending.id, ending.at), entry).await?;
            revoke(tx, tenant, user, Some(session), ending).await?;
            Ok(Some(tenant))
        })
    }

    pub(super) async fn drop_session_of(
        &self,
        tenant: TenantId,
        user: UserId,
        id: SessionId,
        ending: Ending,
    ) -> DbResult<bool> {
        written!(self, tx => {
            let ended = on!(tx, t => sqlx::query(sql::sessions::REVOKE)
                .bind(tenant.0)
                .bind(user.0)
                .bind(id.0)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            if ended > 0 {
                revoke(tx, tenant, user, Some(id), ending).await?;
            }
            Ok(ended > 0)
        })
    }

    pub(super) async fn drop_sessions_of(&self, tenant: TenantId, user: UserId, ending: Ending) -> DbResult<()> {
        written!(self, tx => { end_all(tx, tenant, user, ending).await })
    }

    pub(super) async fn list_revocations(&self, since: Timestamp) -> DbResult<Vec<(Uuid, Revocation)>> {
        let rows: Vec<RevocationRow> = on!(&self.read, pool => sqlx::query_as(sql::sessions::REVOCATIONS)
            .bind(since.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(RevocationRow::into_revocation).collect())
    }

    pub(super) async fn drop_revocations(&self, until: Timestamp) -> DbResult<()> {
        written!(self, tx => {
            on!(tx, t => sqlx::query(sql::sessions::FORGET_REVOCATIONS)
                .bind(until.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            Ok(())
        })
    }
}

/// Opens a session for somebody who is there, unless the second factor is asked for first: says whether it did. Every
/// session begins here, so no way in passes by. Clears away those of theirs that have run out.
pub(super) async fn open(tx: &mut Tx, tenant: TenantId, session: &NewSession) -> DbResult<bool> {
    if second_factor::must_wait(tx, tenant, session).await? {
        second_factor::wait(tx, tenant, session).await?;
        return Ok(false);
    }
    on!(tx, t => sqlx::query(sql::sessions::SWEEP)
        .bind(tenant.0)
        .bind(session.user.0)
        .bind(session.at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    on!(tx, t => sqlx::query(sql::sessions::INSERT)
        .bind(tenant.0)
        .bind(session.user.0)
        .bind(session.hash.0.as_slice())
        .bind(session.id.0)
        .bind(session.label.as_str())
        .bind(session.at.0)
        .bind(session.at.day().0)
        .bind(session.expires_at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    let entry = Entry::of(session.user, Act::SignIn).subject(session.user).after("session", session.id);
    note(tx, &unkeyed(tenant, session.user, session.id.0, session.at), entry).await?;
    Ok(true)
}

/// Ends all sessions of a person, and sign-ins that wait for the second factor, and says so.
pub(super) async fn end_all(tx: &mut Tx, tenant: TenantId, user: UserId, ending: Ending) -> DbResult<()> {
    second_factor::end_waiting(tx, tenant, user).await?;
    on!(tx, t => sqlx::query(sql::sessions::REVOKE_ALL)
        .bind(tenant.0)
        .bind(user.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    revoke(tx, tenant, user, None, ending).await
}

/// Says that an access has ended, so that every instance ends the streams that it concerns.
pub(super) async fn revoke(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    session: Option<SessionId>,
    ending: Ending,
) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::sessions::INSERT_REVOCATION)
        .bind(ending.id)
        .bind(tenant.0)
        .bind(user.0)
        .bind(session.map(|session| session.0))
        .bind(ending.at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}
