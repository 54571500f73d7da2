//! The second factor: turned on and off, asked for, and used.

use pulsestage::audit::{Act, Entry};
use pulsestage::id::{TenantId, UserId};
use pulsestage::ports::{
    CodeTry, CompletedSignIn, Ending, NewSecondFactor, NewSession, PendingSignIn, Proof, SecretHash, SignedIn,
};
use pulsestage::second_factor::{
    FactorCheck, FactorOwner, PENDING_LIFE_MS, Requirement, SecondFactor, TRIES_PER_SIGN_IN, WRONG_CODES,
    WRONG_CODES_MS,
};
use pulsestage::time::Timestamp;

use super::account::{active, replace, signed_in};
use super::audit::{note, unkeyed};
use super::db_error::DbResult;
use super::rows::second_factor::{FactorRow, PendingRow};
use super::sessions::{end_all, open};
use super::{SqlStore, Tx, people, people_reads, sql};

impl SqlStore {
    pub(super) async fn find_second_factor(&self, owner: FactorOwner) -> DbResult<Option<SecondFactor>> {
        let row: Option<FactorRow> = on!(&self.read, pool => sqlx::query_as(sql::second_factor::FACTOR)
            .bind(owner.tenant.0)
            .bind(owner.user.0)
            .fetch_optional(pool)
            .await)?;
        row.map(FactorRow::into_factor).transpose()
    }

    pub(super) async fn find_pending(&self, pending: SecretHash, now: Timestamp) -> DbResult<Option<PendingSignIn>> {
        let row: Option<PendingRow> = on!(&self.read, pool => sqlx::query_as(sql::second_factor::PENDING)
            .bind(pending.0.as_slice())
            .bind(now.0)
            .bind(TRIES_PER_SIGN_IN)
            .fetch_optional(pool)
            .await)?;
        row.map(PendingRow::into_pending).transpose()
    }

    pub(super) async fn turn_on(&self, new: NewSecondFactor) -> DbResult<bool> {
        written!(self, tx => {
            if active(tx, new.owner.tenant, new.owner.user).await?.is_none() {
                return Ok(false);
            }
            enable(tx, &new).await
        })
    }

    pub(super) async fn turn_on_at_sign_in(
        &self,
        new: NewSecondFactor,
        sign_in: CompletedSignIn,
    ) -> DbResult<Option<SignedIn>> {
        written!(self, tx => {
            let owner = new.owner;
            if active(tx, owner.tenant, owner.user).await?.is_none()
                || !is_pending(tx, owner, &sign_in).await?
                || !enable(tx, &new).await?
            {
                return Ok(None);
            }
            complete(tx, owner, sign_in).await
        })
    }

    pub(super) async fn change_recovery_codes(
        &self,
        owner: FactorOwner,
        proof: Proof,
        recovery: Vec<SecretHash>,
        ending: Ending,
    ) -> DbResult<bool> {
        written!(self, tx => {
            people::lock(tx, owner.tenant).await?;
            if !spend(tx, owner, proof).await? {
                return Ok(false);
            }
            remove(tx, sql::second_factor::DROP_RECOVERY_CODES, owner).await?;
            put_recovery_codes(tx, owner, &recovery).await?;
            tell(tx, owner, ending, |entry| entry.after("recovery_codes", "new")).await?;
            Ok(true)
        })
    }

    pub(super) async fn turn_off(&self, owner: FactorOwner, proof: Proof, ending: Ending) -> DbResult<bool> {
        written!(self, tx => {
            people::lock(tx, owner.tenant).await?;
            if !spend(tx, owner, proof).await? {
                return Ok(false);
            }
            drop_factor(tx, owner).await?;
            tell(tx, owner, ending, |entry| entry.change("on", true, false)).await?;
            Ok(true)
        })
    }

    pub(super) async fn take_away_second_factor(&self, owner: FactorOwner, ending: Ending) -> DbResult<bool> {
        written!(self, tx => {
            people::lock(tx, owner.tenant).await?;
            if !drop_factor(tx, owner).await? {
                return Ok(false);
            }
            end_all(tx, owner.tenant, owner.user, ending).await?;
            let entry = Entry::of(None, Act::ChangeSecondFactor).subject(owner.user).change("on", true, false);
            note(tx, &unkeyed(owner.tenant, owner.user, ending.id, ending.at), entry).await?;
            Ok(true)
        })
    }

    pub(super) async fn count_try(
        &self,
        owner: FactorOwner,
        pending: Option<SecretHash>,
        is_totp: bool,
        now: Timestamp,
    ) -> DbResult<CodeTry> {
        written!(self, tx => {
            if let Some(pending) = pending {
                let counted = on!(tx, t => sqlx::query(sql::second_factor::COUNT_TRY)
                    .bind(owner.tenant.0)
                    .bind(owner.user.0)
                    .bind(pending.0.as_slice())
                    .bind(now.0)
                    .bind(TRIES_PER_SIGN_IN)
                    .execute(&mut **t)
                    .await
                    .map(|done| done.rows_affected()))?;
                if counted == 0 {
                    return Ok(CodeTry::Ended);
                }
            }
            if is_totp { count_wrong(tx, owner, now).await } else { Ok(CodeTry::Allowed) }
        })
    }

    pub(super) async fn finish_sign_in(
        &self,
        owner: FactorOwner,
        proof: Proof,
        sign_in: CompletedSignIn,
    ) -> DbResult<Option<SignedIn>> {
        written!(self, tx => {
            if active(tx, owner.tenant, owner.user).await?.is_none()
                || !is_pending(tx, owner, &sign_in).await?
                || !spend(tx, owner, proof).await?
            {
                return Ok(None);
            }
            if let Proof::Recovery(_) = proof {
                let ending = Ending { id: sign_in.session.id.0, at: sign_in.session.at };
                tell(tx, owner, ending, |entry| entry.after("recovery_codes", "used")).await?;
            }
            complete(tx, owner, sign_in).await
        })
    }
}

/// Whether a session must not open before a code is shown: its person has a second factor, or must set one up.
pub(super) async fn must_wait(tx: &mut Tx, tenant: TenantId, session: &NewSession) -> DbResult<bool> {
    let FactorCheck::Asked(requirement) = session.check else { return Ok(false) };
    if has_factor(tx, FactorOwner { tenant, user: session.user }).await? {
        return Ok(true);
    }
    if requirement == Requirement::Off {
        return Ok(false);
    }
    let person = people_reads::there(tx, tenant, session.user).await?;
    Ok(requirement.demands(person.role, &person.memberships))
}

/// Has a session wait for the second factor, under the secret that it would have had.
pub(super) async fn wait(tx: &mut Tx, tenant: TenantId, session: &NewSession) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::second_factor::SWEEP_PENDING)
        .bind(tenant.0)
        .bind(session.user.0)
        .bind(session.at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    on!(tx, t => sqlx::query(sql::second_factor::PUT_PENDING)
        .bind(tenant.0)
        .bind(session.user.0)
        .bind(session.hash.0.as_slice())
        .bind(session.at.0)
        .bind(session.at.plus_millis(PENDING_LIFE_MS).0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

/// Ends every sign-in of a person that waits.
pub(super) async fn end_waiting(tx: &mut Tx, tenant: TenantId, user: UserId) -> DbResult<()> {
    remove(tx, sql::second_factor::DROP_PENDING, FactorOwner { tenant, user }).await.map(drop)
}

async fn has_factor(tx: &mut Tx, owner: FactorOwner) -> DbResult<bool> {
    let row: Option<FactorRow> = on!(tx, t => sqlx::query_as(sql::second_factor::FACTOR)
        .bind(owner.tenant.0)
        .bind(owner.user.0)
        .fetch_optional(&mut **t)
        .await)?;
    Ok(row.is_some())
}

/// Turns a second factor on. Whoever has one already must show it: otherwise somebody at an open browser could put their
/// own in its place.
async fn enable(tx: &mut Tx, new: &NewSecondFactor) -> DbResult<bool> {
    let owner = new.owner;
    let had = has_factor(tx, owner).await?;
    if had {
        let Some(proof) = new.instead_of else { return Ok(false) };
        if !spend(tx, owner, proof).await? {
            return Ok(false);
        }
        drop_factor(tx, owner).await?;
    }
    on!(tx, t => sqlx::query(sql::second_factor::PUT_FACTOR)
        .bind(owner.tenant.0)
        .bind(owner.user.0)
        .bind(new.salt.0.as_slice())
        .bind(new.ending.at.0)
        .bind(new.step)
        .execute(&mut **t)
        .await
        .map(drop))?;
    put_recovery_codes(tx, owner, &new.recovery).await?;
    tell(tx, owner, new.ending, |entry| entry.before("on", had).after("on", true)).await?;
    Ok(true)
}

/// Uses a proof up; says whether it was good.
async fn spend(tx: &mut Tx, owner: FactorOwner, proof: Proof) -> DbResult<bool> {
    let used = match proof {
        Proof::Step(step) => on!(tx, t => sqlx::query(sql::second_factor::USE_STEP)
            .bind(owner.tenant.0)
            .bind(owner.user.0)
            .bind(step)
            .execute(&mut **t)
            .await
            .map(|done| done.rows_affected()))?,
        Proof::Recovery(code) => on!(tx, t => sqlx::query(sql::second_factor::USE_RECOVERY_CODE)
            .bind(owner.tenant.0)
            .bind(owner.user.0)
            .bind(code.0.as_slice())
            .execute(&mut **t)
            .await
            .map(|done| done.rows_affected()))?,
    };
    Ok(used > 0)
}

/// Counts a code of the app as wrong, before it is looked at: a right one sets the count back.
async fn count_wrong(tx: &mut Tx, owner: FactorOwner, now: Timestamp) -> DbResult<CodeTry> {
    let counted = on!(tx, t => sqlx::query(sql::second_factor::COUNT_WRONG)
        .bind(owner.tenant.0)
        .bind(owner.user.0)
        .bind(now.0)
        .bind(now.plus_millis(-WRONG_CODES_MS).0)
        .bind(WRONG_CODES)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    if counted > 0 {
        return Ok(CodeTry::Allowed);
    }
    let since: Option<i64> = on!(tx, t => sqlx::query_scalar(sql::second_factor::WRONG_SINCE)
        .bind(owner.tenant.0)
        .bind(owner.user.0)
        .fetch_optional(&mut **t)
        .await)?;
    // Without a second factor there is nothing to guess: the code confirms one that is being set up.
    Ok(since.map_or(CodeTry::Allowed, |since| CodeTry::After(Timestamp(since).plus_millis(WRONG_CODES_MS))))
}

/// Whether a sign-in still waits. Nobody else completes it meanwhile: the tenant's row is ours.
async fn is_pending(tx: &mut Tx, owner: FactorOwner, sign_in: &CompletedSignIn) -> DbResult<bool> {
    let waiting: i64 = on!(tx, t => sqlx::query_scalar(sql::second_factor::IS_PENDING)
        .bind(owner.tenant.0)
        .bind(owner.user.0)
        .bind(sign_in.pending.0.as_slice())
        .bind(sign_in.session.at.0)
        .fetch_one(&mut **t)
        .await)?;
    Ok(waiting > 0)
}

/// Opens the session that waited. Its person's other sign-ins that wait end: whoever has shown the second factor once
/// has no use for them.
async fn complete(tx: &mut Tx, owner: FactorOwner, sign_in: CompletedSignIn) -> DbResult<Option<SignedIn>> {
    remove(tx, sql::second_factor::DROP_PENDING, owner).await?;
    replace(tx, sign_in.instead_of).await?;
    open(tx, owner.tenant, &sign_in.session).await?;
    signed_in(tx, &sign_in.session).await
}

async fn put_recovery_codes(tx: &mut Tx, owner: FactorOwner, codes: &[SecretHash]) -> DbResult<()> {
    for code in codes {
        on!(tx, t => sqlx::query(sql::second_factor::PUT_RECOVERY_CODE)
            .bind(owner.tenant.0)
            .bind(owner.user.0)
            .bind(code.0.as_slice())
            .execute(&mut **t)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Takes a second factor away, and what waits for it; says whether there was one.
async fn drop_factor(tx: &mut Tx, owner: FactorOwner) -> DbResult<bool> {
    remove(tx, sql::second_factor::DROP_PENDING, owner).await?;
    remove(tx, sql::second_factor::DROP_RECOVERY_CODES, owner).await?;
    Ok(remove(tx, sql::second_factor::DROP_FACTOR, owner).await? > 0)
}

/// Does a statement that removes rows of a person; says how many.
async fn remove(tx: &mut Tx, statement: &'static str, owner: FactorOwner) -> DbResult<u64> {
    Ok(on!(tx, t => sqlx::query(statement)
        .bind(owner.tenant.0)
        .bind(owner.user.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Notes a change in the audit.
async fn tell(tx: &mut Tx, owner: FactorOwner, ending: Ending, with: impl FnOnce(Entry) -> Entry) -> DbResult<()> {
    let entry = with(Entry::of(owner.user, Act::ChangeSecondFactor).subject(owner.user));
    note(tx, &unkeyed(owner.tenant, owner.user, ending.id, ending.at), entry).await
}
