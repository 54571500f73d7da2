//! Merges: one question's votes become another's, each voter's once, until the two are split again.
//!
//! A vote that a merge brought says which question it was cast for. What brings it may be one of several merges, and the
//! question that got it may be merged into another in turn, so a split looks for another merge that brings the same vote
//! before it takes one back, and goes on to wherever the votes went from there.
//!
//! The order of locks holds: the tenant's row, then the source's, then votes, then the target's. A vote for the source
//! that is under way waits for the source's row and then finds it off the board; one for the target has its own row
//! before ours, and `on conflict do nothing` waits for it, so that nobody is counted twice.

use async_trait::async_trait;
use pulsestage::audience::Audience;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::event::{Event, QuestionRef};
use pulsestage::id::{QuestionId, TeamId, UserId};
use pulsestage::moderation::Case;
use pulsestage::ports::{Merge, MergeStore, StoreResult, Write};
use uuid::Uuid;

use crate::store::audit::note;
use crate::store::db_error::DbResult;
use crate::store::log::facts::LogSlot;
use crate::store::moderation::cases::{Held, case};
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::{Kind, SqlStore, Tx, sql};

#[async_trait]
impl MergeStore for SqlStore {
    async fn merge(&self, write: Write, merge: Merge, by: UserId) -> StoreResult<Case> {
        self.run(Kind::Moderate, async move |db| {
            let Merge { source, target } = merge;
            let operation = Operation::new("merge", source.0, &[source.0.as_bytes(), target.0.as_bytes()]);
            let merged = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return case(tx, write.tenant, target).await;
                }
                let held = Held::take(tx, write.tenant, source).await?;
                let into = case(tx, write.tenant, target).await?;
                let same_team = held.case.question.team_id == into.question.team_id;
                if source == target || !same_team || !into.is_public() {
                    return Err(Refusal::NotNow.into());
                }
                let after = held.case.clone().merged(target, by, write.at)?;
                let team = after.question.team_id;
                let entry = |of: QuestionId| Entry::of(by, Act::Merge).team(team).subject(of);
                note(tx, &write, entry(source).after("into", target)).await?;
                note(tx, &write, entry(target).after("from", source)).await?;
                held.becomes(tx, &write, after).await?;
                tell_moderators(tx, &write, team, target).await?;
                let came = execute!(tx, sql::moderation::CAST_MERGED, write.tenant.0, source.0, target.0, write.at.0)?;
                recount(tx, &write, target, i64::try_from(came).unwrap_or(i64::MAX)).await?;
                case(tx, write.tenant, target).await
            })?;
            db.truncate_log();
            Ok(merged)
        })
        .await
    }

    async fn split(&self, write: Write, source: QuestionId, by: UserId) -> StoreResult<Case> {
        self.run(Kind::Moderate, async move |db| {
            let operation = Operation::new("split", source.0, &[source.0.as_bytes(), by.0.as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return case(tx, write.tenant, source).await;
                }
                let held = Held::take(tx, write.tenant, source).await?;
                let (after, removed) = held.case.clone().split()?;
                let target = removed.into.ok_or(Refusal::NotNow)?;
                let team = after.question.team_id;
                let entry = |of: QuestionId| Entry::of(by, Act::Split).team(team).subject(of);
                note(tx, &write, entry(source).before("into", target)).await?;
                note(tx, &write, entry(target).before("from", source)).await?;
                held.becomes(tx, &write, after).await?;
                tell_moderators(tx, &write, team, target).await?;
                uncast(tx, &write, source, target).await?;
                recount(tx, &write, source, 0).await?;
                case(tx, write.tenant, source).await
            })
        })
        .await
    }
}

/// Takes back what a question brought to the one that it was merged into, as far as nothing else brings it; and so on
/// from there, where that one's votes are another's.
async fn uncast(tx: &mut Tx, write: &Write, source: QuestionId, target: QuestionId) -> DbResult<()> {
    let (mut source, mut target) = (source, target);
    loop {
        let [went, _] = {
            let mut rows = [0; 2];
            for (statement, rows) in
                [sql::moderation::UNCAST_MERGED, sql::moderation::CAST_BY_ANOTHER].into_iter().zip(&mut rows)
            {
                *rows = execute!(&mut *tx, statement, write.tenant.0, target.0, source.0)?;
            }
            rows
        };
        recount(tx, write, target, -i64::try_from(went).unwrap_or(0)).await?;
        let next: Option<Uuid> = fetch_optional!(
            scalar &mut *tx, sql::moderation::MERGED_INTO, write.tenant.0, target.0
        )?;
        let Some(next) = next else { return Ok(()) };
        (source, target) = (target, QuestionId(next));
    }
}

/// Tells moderators that what they know of the other question is another now.
async fn tell_moderators(tx: &mut Tx, write: &Write, team: TeamId, question_id: QuestionId) -> DbResult<()> {
    let place = LogSlot::take(tx, write.tenant).await?;
    place.write_for(tx, write, (Some(team), Audience::Staff), &Event::Moderated(QuestionRef { question_id })).await
}

/// Counts votes that came or went together.
async fn recount(tx: &mut Tx, write: &Write, question: QuestionId, by: i64) -> DbResult<()> {
    execute!(tx, sql::moderation::RECOUNT, write.tenant.0, question.0, by, write.at.0)?;
    Ok(())
}
