//! The second factor: turned on and off, asked for, and used.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::id::{TenantId, UserId};
use pulsestage::ports::{
    CodeTry, CompletedSignIn, Ending, NewSecondFactor, NewSession, PendingSignIn, Proof, SecondFactorStore, SecretHash,
    SignedIn, StoreResult,
};
use pulsestage::second_factor::{
    FactorCheck, FactorOwner, PENDING_LIFE_MS, Requirement, SecondFactor, TRIES_PER_SIGN_IN, WRONG_CODES,
    WRONG_CODES_MS,
};
use pulsestage::time::Timestamp;

use crate::store::account::sessions::{end_all, open};
use crate::store::account::{active, replace, signed_in};
use crate::store::audit::{note, unkeyed};
use crate::store::db_error::DbResult;
use crate::store::rows::second_factor::{FactorRow, PendingRow};
use crate::store::{Kind, SqlStore, Tx, people, sql};

#[async_trait]
impl SecondFactorStore for SqlStore {
    async fn second_factor(&self, owner: FactorOwner) -> StoreResult<Option<SecondFactor>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<FactorRow> =
                fetch_optional!(&db.read, sql::second_factor::SECOND_FACTOR, owner.tenant.0, owner.user.0)?;
            row.map(FactorRow::into_factor).transpose()
        })
        .await
    }

    async fn pending_sign_in(&self, pending: SecretHash, now: Timestamp) -> StoreResult<Option<PendingSignIn>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<PendingRow> = fetch_optional!(
                &db.read,
                sql::second_factor::PENDING_SIGN_IN,
                pending.0.as_slice(),
                now.0,
                TRIES_PER_SIGN_IN
            )?;
            row.map(PendingRow::into_pending).transpose()
        })
        .await
    }

    async fn enable_second_factor(&self, new: NewSecondFactor) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                if active(tx, new.owner.tenant, new.owner.user).await?.is_none() {
                    return Ok(false);
                }
                enable(tx, &new).await
            })
        })
        .await
    }

    async fn enable_at_sign_in(&self, new: NewSecondFactor, sign_in: CompletedSignIn) -> StoreResult<Option<SignedIn>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let owner = new.owner;
                if active(tx, owner.tenant, owner.user).await?.is_none()
                    || !is_pending(tx, owner, &sign_in).await?
                    || !enable(tx, &new).await?
                {
                    return Ok(None);
                }
                complete(tx, owner, sign_in).await
            })
        })
        .await
    }

    async fn replace_recovery_codes(
        &self,
        owner: FactorOwner,
        proof: Proof,
        recovery: Vec<SecretHash>,
        ending: Ending,
    ) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                people::lock(tx, owner.tenant).await?;
                if !spend(tx, owner, proof).await? {
                    return Ok(false);
                }
                remove(tx, sql::second_factor::DROP_RECOVERY_CODES, owner).await?;
                put_recovery_codes(tx, owner, &recovery).await?;
                tell(tx, owner, ending, |entry| entry.after("recovery_codes", "new")).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn disable_second_factor(&self, owner: FactorOwner, proof: Proof, ending: Ending) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                people::lock(tx, owner.tenant).await?;
                if !spend(tx, owner, proof).await? {
                    return Ok(false);
                }
                drop_factor(tx, owner).await?;
                tell(tx, owner, ending, |entry| entry.change("on", true, false)).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn reset_second_factor(&self, owner: FactorOwner, ending: Ending) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                people::lock(tx, owner.tenant).await?;
                if !drop_factor(tx, owner).await? {
                    return Ok(false);
                }
                end_all(tx, owner.tenant, owner.user, ending).await?;
                let entry = Entry::of(None, Act::ChangeSecondFactor).subject(owner.user).change("on", true, false);
                note(tx, &unkeyed(owner.tenant, owner.user, ending.id, ending.at), entry).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn count_code_try(
        &self,
        owner: FactorOwner,
        pending: Option<SecretHash>,
        is_totp: bool,
        now: Timestamp,
    ) -> StoreResult<CodeTry> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                if let Some(pending) = pending {
                    let counted = execute!(
                        tx,
                        sql::second_factor::COUNT_CODE_TRY,
                        owner.tenant.0,
                        owner.user.0,
                        pending.0.as_slice(),
                        now.0,
                        TRIES_PER_SIGN_IN,
                    )?;
                    if counted == 0 {
                        return Ok(CodeTry::Ended);
                    }
                }
                if is_totp { count_wrong(tx, owner, now).await } else { Ok(CodeTry::Allowed) }
            })
        })
        .await
    }

    async fn complete_sign_in(
        &self,
        owner: FactorOwner,
        proof: Proof,
        sign_in: CompletedSignIn,
    ) -> StoreResult<Option<SignedIn>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
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
        })
        .await
    }
}

/// Whether a session must not open before a code is shown: its person has a second factor, or must set one up.
pub(in crate::store) async fn must_wait(tx: &mut Tx, tenant: TenantId, session: &NewSession) -> DbResult<bool> {
    let FactorCheck::Asked(requirement) = session.check else { return Ok(false) };
    if has_factor(tx, FactorOwner { tenant, user: session.user }).await? {
        return Ok(true);
    }
    if requirement == Requirement::Off {
        return Ok(false);
    }
    let person = people::there(tx, tenant, session.user).await?;
    Ok(requirement.demands(person.role, &person.memberships))
}

/// Has a session wait for the second factor, under the secret that it would have had.
pub(in crate::store) async fn wait(tx: &mut Tx, tenant: TenantId, session: &NewSession) -> DbResult<()> {
    execute!(tx, sql::second_factor::SWEEP_PENDING, tenant.0, session.user.0, session.at.0)?;
    execute!(
        tx,
        sql::second_factor::PUT_PENDING,
        tenant.0,
        session.user.0,
        session.hash.0.as_slice(),
        session.at.0,
        session.at.plus_millis(PENDING_LIFE_MS).0,
    )?;
    Ok(())
}

/// Ends every sign-in of a person that waits.
pub(in crate::store) async fn end_waiting(tx: &mut Tx, tenant: TenantId, user: UserId) -> DbResult<()> {
    remove(tx, sql::second_factor::DROP_PENDING, FactorOwner { tenant, user }).await.map(drop)
}

async fn has_factor(tx: &mut Tx, owner: FactorOwner) -> DbResult<bool> {
    let row: Option<FactorRow> = fetch_optional!(tx, sql::second_factor::SECOND_FACTOR, owner.tenant.0, owner.user.0)?;
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
    execute!(
        tx,
        sql::second_factor::ENABLE_SECOND_FACTOR,
        owner.tenant.0,
        owner.user.0,
        new.salt.0.as_slice(),
        new.ending.at.0,
        new.step,
    )?;
    put_recovery_codes(tx, owner, &new.recovery).await?;
    tell(tx, owner, new.ending, |entry| entry.before("on", had).after("on", true)).await?;
    Ok(true)
}

/// Uses a proof up; says whether it was good.
async fn spend(tx: &mut Tx, owner: FactorOwner, proof: Proof) -> DbResult<bool> {
    let used = match proof {
        Proof::Step(step) => execute!(tx, sql::second_factor::USE_STEP, owner.tenant.0, owner.user.0, step)?,
        Proof::Recovery(code) => {
            execute!(tx, sql::second_factor::USE_RECOVERY_CODE, owner.tenant.0, owner.user.0, code.0.as_slice())?
        }
    };
    Ok(used > 0)
}

/// Counts a code of the app as wrong, before it is looked at: a right one sets the count back.
async fn count_wrong(tx: &mut Tx, owner: FactorOwner, now: Timestamp) -> DbResult<CodeTry> {
    let counted = execute!(
        tx,
        sql::second_factor::COUNT_WRONG,
        owner.tenant.0,
        owner.user.0,
        now.0,
        now.plus_millis(-WRONG_CODES_MS).0,
        WRONG_CODES,
    )?;
    if counted > 0 {
        return Ok(CodeTry::Allowed);
    }
    let since: Option<i64> = fetch_optional!(scalar tx, sql::second_factor::WRONG_SINCE, owner.tenant.0, owner.user.0)?;
    // Without a second factor there is nothing to guess: the code confirms one that is being set up.
    Ok(since.map_or(CodeTry::Allowed, |since| CodeTry::After(Timestamp(since).plus_millis(WRONG_CODES_MS))))
}

/// Whether a sign-in still waits. Nobody else completes it meanwhile: the tenant's row is ours.
async fn is_pending(tx: &mut Tx, owner: FactorOwner, sign_in: &CompletedSignIn) -> DbResult<bool> {
    let waiting: i64 = fetch_one!(
        scalar tx,
        sql::second_factor::IS_PENDING,
        owner.tenant.0,
        owner.user.0,
        sign_in.pending.0.as_slice(),
        sign_in.session.at.0,
    )?;
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
        execute!(tx, sql::second_factor::PUT_RECOVERY_CODE, owner.tenant.0, owner.user.0, code.0.as_slice())?;
    }
    Ok(())
}

/// Takes a second factor away, and what waits for it; says whether there was one.
async fn drop_factor(tx: &mut Tx, owner: FactorOwner) -> DbResult<bool> {
    remove(tx, sql::second_factor::DROP_PENDING, owner).await?;
    remove(tx, sql::second_factor::DROP_RECOVERY_CODES, owner).await?;
    Ok(remove(tx, sql::second_factor::DISABLE_SECOND_FACTOR, owner).await? > 0)
}

/// Does a statement that removes rows of a person; says how many.
async fn remove(tx: &mut Tx, statement: &'static str, owner: FactorOwner) -> DbResult<u64> {
    Ok(execute!(tx, statement, owner.tenant.0, owner.user.0)?)
}

/// Notes a change in the audit.
async fn tell(tx: &mut Tx, owner: FactorOwner, ending: Ending, with: impl FnOnce(Entry) -> Entry) -> DbResult<()> {
    let entry = with(Entry::of(owner.user, Act::ChangeSecondFactor).subject(owner.user));
    note(tx, &unkeyed(owner.tenant, owner.user, ending.id, ending.at), entry).await
}
