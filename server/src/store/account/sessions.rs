//! Sessions: opened, found, listed, ended, and the word of it passed on.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::ports::{Ending, NewSession, SecretHash, SessionStore, SignedIn, StoreResult};
use pulsestage::session::{Revocation, Session};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use uuid::Uuid;

use crate::store::account::second_factor;
use crate::store::audit::{note, unkeyed};
use crate::store::db_error::DbResult;
use crate::store::rows::MembershipRow;
use crate::store::rows::people::{EndedRow, OpenSessionRow, RevocationRow, SessionRow};
use crate::store::{Kind, SqlStore, Tx, people, sql};

#[async_trait]
impl SessionStore for SqlStore {
    async fn session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<SignedIn>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<OpenSessionRow> =
                fetch_optional!(&db.read, sql::sessions::SESSION, hash.0.as_slice(), now.0)?;
            let Some(row) = row else { return Ok(None) };
            let mut person = row.into_signed_in()?;
            // Whoever may do everything needs no more; it is also what most staff are.
            if person.role < Role::Moderator {
                let rows: Vec<MembershipRow> =
                    fetch_all!(&db.read, sql::sign_in::MEMBERSHIPS, person.tenant.id.0, person.user.0)?;
                person.memberships = rows.into_iter().map(MembershipRow::into_membership).collect::<DbResult<_>>()?;
            }
            Ok(Some(person))
        })
        .await
    }

    async fn sessions_of(&self, tenant: TenantId, user: UserId, now: Timestamp) -> StoreResult<Vec<Session>> {
        self.run(Kind::SignIn, async move |db| {
            let rows: Vec<SessionRow> = fetch_all!(&db.read, sql::sessions::SESSIONS_OF, tenant.0, user.0, now.0)?;
            Ok(rows.into_iter().map(Session::from).collect())
        })
        .await
    }

    async fn open_session(&self, tenant: TenantId, session: NewSession) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                // Whoever keeps people out holds the tenant's row: once that is ours it is known who may come in.
                people::lock(tx, tenant).await?;
                if !people::there(tx, tenant, session.user).await?.is_active() {
                    return Err(Refusal::NotFound { what: Noun::Person }.into());
                }
                open(tx, tenant, &session).await.map(drop)
            })
        })
        .await
    }

    async fn touch_session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                // The person's row before the session's, as those do who end sessions.
                for statement in [sql::people::TOUCH_PERSON, sql::sessions::TOUCH_SESSION] {
                    execute!(tx, statement, hash.0.as_slice(), now.day().0)?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn end_session(&self, hash: SecretHash, ending: Ending) -> StoreResult<Option<TenantId>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let ended: Option<EndedRow> = fetch_optional!(tx, sql::sessions::END_SESSION, hash.0.as_slice())?;
                let Some(ended) = ended else { return Ok(None) };
                let (tenant, user, session) = ended.into_ids();
                let entry = Entry::of(user, Act::SignOut).subject(user).before("session", session);
                note(tx, &unkeyed(tenant, user, ending.id, ending.at), entry).await?;
                revoke(tx, tenant, user, Some(session), ending).await?;
                Ok(Some(tenant))
            })
        })
        .await
    }

    async fn revoke_session(&self, tenant: TenantId, user: UserId, id: SessionId, ending: Ending) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let ended = execute!(tx, sql::sessions::REVOKE_SESSION, tenant.0, user.0, id.0)?;
                if ended > 0 {
                    revoke(tx, tenant, user, Some(id), ending).await?;
                }
                Ok(ended > 0)
            })
        })
        .await
    }

    async fn revoke_sessions(&self, tenant: TenantId, user: UserId, ending: Ending) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| written!(db, tx => { end_all(tx, tenant, user, ending).await })).await
    }

    async fn revocations_since(&self, since: Timestamp) -> StoreResult<Vec<(Uuid, Revocation)>> {
        self.run(Kind::SignIn, async move |db| {
            let rows: Vec<RevocationRow> = fetch_all!(&db.read, sql::sessions::REVOCATIONS_SINCE, since.0)?;
            Ok(rows.into_iter().map(RevocationRow::into_revocation).collect())
        })
        .await
    }

    async fn forget_revocations(&self, until: Timestamp) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                execute!(tx, sql::sessions::FORGET_REVOCATIONS, until.0)?;
                Ok(())
            })
        })
        .await
    }
}

/// Opens a session for somebody who is there, unless the second factor is asked for first: says whether it did. Every
/// session begins here, so no way in passes by. Clears away those of theirs that have run out.
pub(in crate::store) async fn open(tx: &mut Tx, tenant: TenantId, session: &NewSession) -> DbResult<bool> {
    if second_factor::must_wait(tx, tenant, session).await? {
        second_factor::wait(tx, tenant, session).await?;
        return Ok(false);
    }
    execute!(tx, sql::sessions::SWEEP, tenant.0, session.user.0, session.at.0)?;
    execute!(
        tx,
        sql::sessions::OPEN_SESSION,
        tenant.0,
        session.user.0,
        session.hash.0.as_slice(),
        session.id.0,
        session.label.as_str(),
        session.at.0,
        session.at.day().0,
        session.expires_at.0,
    )?;
    let entry = Entry::of(session.user, Act::SignIn).subject(session.user).after("session", session.id);
    note(tx, &unkeyed(tenant, session.user, session.id.0, session.at), entry).await?;
    Ok(true)
}

/// Ends all sessions of a person, and sign-ins that wait for the second factor, and says so.
pub(in crate::store) async fn end_all(tx: &mut Tx, tenant: TenantId, user: UserId, ending: Ending) -> DbResult<()> {
    second_factor::end_waiting(tx, tenant, user).await?;
    execute!(tx, sql::sessions::REVOKE_SESSIONS, tenant.0, user.0)?;
    revoke(tx, tenant, user, None, ending).await
}

/// Says that an access has ended, so that every instance ends the streams that it concerns.
pub(in crate::store) async fn revoke(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    session: Option<SessionId>,
    ending: Ending,
) -> DbResult<()> {
    execute!(
        tx,
        sql::sessions::INSERT_REVOCATION,
        ending.id,
        tenant.0,
        user.0,
        session.map(|session| session.0),
        ending.at.0,
    )?;
    Ok(())
}
