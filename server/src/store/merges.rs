//! Merges: one question's votes become another's, each voter's once, until the two are split again.
//!
//! The order of locks holds: the tenant's row, then the source's, then votes, then the target's. A vote for the source
//! that is under way waits for the source's row and then finds it off the board; one for the target has its own row
//! before ours, and `on conflict do nothing` waits for it, so that nobody is counted twice.

use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::id::{QuestionId, UserId};
use pulsestage::moderation::Case;
use pulsestage::ports::{Merge, Write};

use super::audit::note;
use super::cases::{Held, case};
use super::operations::{Claim, Operation, claim};
use super::trouble::Done;
use super::{SqlStore, Tx, sql};

impl SqlStore {
    pub(super) async fn merge_cases(&self, write: Write, merge: Merge, by: UserId) -> Done<Case> {
        let Merge { source, target, own_votes } = merge;
        let operation = Operation::new("merge", source.0, &[source.0.as_bytes(), target.0.as_bytes()]);
        written!(self, tx => {
            if let Claim::Done(_) = claim(tx, &write, &operation).await? {
                return case(tx, write.tenant, target).await;
            }
            let held = Held::take(tx, write.tenant, source).await?;
            let into = case(tx, write.tenant, target).await?;
            let same_team = held.case.question.team_id == into.question.team_id;
            if source == target || !same_team || !into.is_public() {
                return Err(Refusal::NotNow.into());
            }
            let after = held.case.clone().merged(target, by, write.at)?;
            let entry = Entry::of(by, Act::Merge).team(after.question.team_id).subject(source);
            note(tx, &write, entry.change("into", None::<QuestionId>, target)).await?;
            held.becomes(tx, &write, after).await?;
            on!(tx, t => sqlx::query(sql::moderation::NOTE_MERGED)
                .bind(write.tenant.0)
                .bind(source.0)
                .bind(target.0)
                .bind(own_votes)
                .execute(&mut **t)
                .await
                .map(drop))?;
            let came = on!(tx, t => sqlx::query(sql::moderation::CAST_MERGED)
                .bind(write.tenant.0)
                .bind(source.0)
                .bind(write.at.0)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            recount(tx, &write, target, i64::try_from(came).unwrap_or(i64::MAX)).await?;
            case(tx, write.tenant, target).await
        })
    }

    pub(super) async fn split_case(&self, write: Write, source: QuestionId, by: UserId) -> Done<Case> {
        let operation = Operation::new("split", source.0, &[source.0.as_bytes(), by.0.as_bytes()]);
        written!(self, tx => {
            if let Claim::Done(_) = claim(tx, &write, &operation).await? {
                return case(tx, write.tenant, source).await;
            }
            let held = Held::take(tx, write.tenant, source).await?;
            let (after, removed) = held.case.clone().split()?;
            let target = removed.into.ok_or(Refusal::NotNow)?;
            let entry = Entry::of(by, Act::Split).team(after.question.team_id).subject(source);
            note(tx, &write, entry.change("into", target, None::<QuestionId>)).await?;
            let went = on!(tx, t => sqlx::query(sql::moderation::UNCAST_MERGED)
                .bind(write.tenant.0)
                .bind(source.0)
                .bind(target.0)
                .bind(removed.at.0)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            on!(tx, t => sqlx::query(sql::moderation::FORGET_MERGED)
                .bind(write.tenant.0)
                .bind(source.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            held.becomes(tx, &write, after).await?;
            recount(tx, &write, target, -i64::try_from(went).unwrap_or(0)).await?;
            recount(tx, &write, source, 0).await?;
            case(tx, write.tenant, source).await
        })
    }
}

/// Counts votes that came or went together.
async fn recount(tx: &mut Tx, write: &Write, question: QuestionId, by: i64) -> Done<()> {
    on!(tx, t => sqlx::query(sql::moderation::RECOUNT)
        .bind(write.tenant.0)
        .bind(question.0)
        .bind(by)
        .bind(write.at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}
