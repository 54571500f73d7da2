//! Cases: read, changed by a pure function of the domain, kept, and told to whom they concern. All in one transaction.

use pulsestage::audience::Audience;
use pulsestage::event::{Event, QuestionRef, QuestionReviewed};
use pulsestage::id::{ParticipantId, QuestionId, TenantId};
use pulsestage::moderation::{Case, public_facts};
use pulsestage::ports::Write;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::log::facts::LogSlot;
use crate::store::questions::missing;
use crate::store::rows::CaseRow;
use crate::store::{Tx, sql};

/// A case in a transaction that holds its tenant's row: nobody else changes it before the end.
pub(in crate::store) struct Held {
    pub(in crate::store) case: Case,
    pub(in crate::store) author: ParticipantId,
    place: LogSlot,
}

impl Held {
    /// Takes the tenant's row, then reads the case.
    pub(in crate::store) async fn take(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Self> {
        let place = LogSlot::take(tx, tenant).await?;
        let case = case(tx, tenant, id).await?;
        let author: Uuid = fetch_one!(scalar tx, sql::moderation::AUTHOR, tenant.0, id.0)?;
        Ok(Self { case, author: ParticipantId(author), place })
    }

    /// Keeps what the case has become and writes the facts of it: what everybody sees, what moderators ask for again,
    /// and where the question stands for its asker.
    pub(in crate::store) async fn becomes(self, tx: &mut Tx, write: &Write, after: Case) -> DbResult<Case> {
        keep(tx, write, &after).await?;
        let mut facts: Vec<_> =
            public_facts(&self.case, &after).into_iter().map(|fact| (Audience::Everybody, fact)).collect();
        let (question_id, standing) = (after.question.id, after.standing());
        facts.push((Audience::Staff, Event::Moderated(QuestionRef { question_id })));
        if self.case.standing() != standing {
            let reviewed = Event::Reviewed(QuestionReviewed { question_id, standing });
            facts.push((Audience::Asker(self.author), reviewed));
        }
        self.place.write_all(tx, write, after.question.team_id, facts).await?;
        Ok(after)
    }

    /// Tells moderators that what they know of the question is another now.
    pub(in crate::store) async fn noted(self, tx: &mut Tx, write: &Write) -> DbResult<Case> {
        let id = self.case.question.id;
        let fact = Event::Moderated(QuestionRef { question_id: id });
        let team = self.case.question.team_id;
        self.place.write_for(tx, write, (Some(team), Audience::Staff), &fact).await?;
        case(tx, write.tenant, id).await
    }

    /// Writes these facts about the question, which itself is as it was.
    pub(in crate::store) async fn tell(
        self,
        tx: &mut Tx,
        write: &Write,
        facts: Vec<(Audience, Event)>,
    ) -> DbResult<()> {
        self.place.write_all(tx, write, self.case.question.team_id, facts).await
    }

    /// Nothing has changed.
    pub(in crate::store) async fn leave(self, tx: &mut Tx) -> DbResult<Case> {
        self.place.give_back(tx).await?;
        Ok(self.case)
    }
}

/// A case as it is now.
pub(in crate::store) async fn case(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Case> {
    let row: Option<CaseRow> = fetch_optional!(tx, sql::moderation::CASE, tenant.0, id.0)?;
    let row = row.ok_or_else(missing)?;
    let tags = crate::store::questions::tags_of(tx, tenant, id).await?;
    row.into_case(tags)
}

async fn keep(tx: &mut Tx, write: &Write, after: &Case) -> DbResult<()> {
    let (question, removed) = (&after.question, after.removed.as_ref());
    let answer = question.answer.as_ref();
    execute!(
        tx,
        sql::moderation::KEEP,
        write.tenant.0,
        question.id.0,
        question.status.as_str(),
        &question.body,
        after.version,
        after.hold.as_ref().map(ToString::to_string),
        removed.map(|removed| removed.removal.as_str()),
        removed.and_then(|removed| removed.by).map(|by| by.0),
        removed.map(|removed| removed.at.0),
        removed.and_then(|removed| removed.reason.as_deref()),
        removed.and_then(|removed| removed.into).map(|into| into.0),
        after.original.as_deref(),
        answer.map(|answer| answer.response_text.as_str()),
        answer.map(|answer| answer.responded_at.0),
        after.claim.map(|claim| claim.by.0),
        after.claim.map(|claim| claim.at.0),
    )?;
    Ok(())
}
