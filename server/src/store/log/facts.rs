//! The log: facts are appended by the write that makes them. A row says what happened to what and has no text of it, so
//! that nothing which is taken back has to be looked for here; `projection` reads facts as they are to be told now.

use pulsestage::audience::Audience;
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::Event;
use pulsestage::id::{TeamId, TenantId};
use pulsestage::ports::Write;

use crate::store::db_error::{DbError, DbResult};
use crate::store::{Tx, sql};

/// A place in the log that this transaction holds: [`write`](LogSlot::write) it or [`give_back`](LogSlot::give_back).
#[must_use]
pub(in crate::store) struct LogSlot {
    tenant: TenantId,
    seq: i64,
}

impl LogSlot {
    /// Takes the next place, and with it the tenant's row. Everything read after this stays as it is until the commit.
    pub(in crate::store) async fn take(tx: &mut Tx, tenant: TenantId) -> DbResult<Self> {
        let seq: Option<i64> = fetch_optional!(scalar tx, sql::facts::TAKE_SEQ, tenant.0)?;
        seq.map(|seq| Self { tenant, seq }).ok_or_else(|| missing().into())
    }

    /// Writes a fact for everybody in this place.
    pub(in crate::store) async fn write(
        self,
        tx: &mut Tx,
        write: &Write,
        team: Option<TeamId>,
        event: &Event,
    ) -> DbResult<()> {
        self.write_for(tx, write, (team, Audience::Everybody), event).await
    }

    /// Writes a fact for this audience in this place.
    pub(in crate::store) async fn write_for(
        self,
        tx: &mut Tx,
        write: &Write,
        (team, audience): (Option<TeamId>, Audience),
        event: &Event,
    ) -> DbResult<()> {
        let (audience, asker) = match audience {
            Audience::Everybody => ("all", None),
            Audience::Staff => ("staff", None),
            Audience::Asker(asker) => ("asker", Some(asker)),
        };
        let signal = || DbError::Unreadable("event to be written", "a signal or a tally is no fact".to_owned());
        let subject = event.subject().filter(|_| event.is_fact()).ok_or_else(signal)?;
        let into = match event {
            Event::Merged(merged) => Some(merged.into.0),
            _ => None,
        };
        execute!(
            tx,
            sql::facts::INSERT,
            self.tenant.0,
            self.seq,
            event.event_type().as_str(),
            team.map(|team| team.0),
            audience,
            asker.map(|asker| asker.0),
            subject,
            into,
            write.at.0,
        )?;
        Ok(())
    }

    /// Writes facts about a team's question in this place and those after it.
    pub(in crate::store) async fn write_all(
        self,
        tx: &mut Tx,
        write: &Write,
        team: TeamId,
        facts: impl IntoIterator<Item = (Audience, Event)>,
    ) -> DbResult<()> {
        let tenant = self.tenant;
        let mut place = Some(self);
        for (audience, event) in facts {
            let here = match place.take() {
                Some(first) => first,
                None => Self::take(tx, tenant).await?,
            };
            here.write_for(tx, write, (Some(team), audience), &event).await?;
        }
        match place {
            Some(unused) => unused.give_back(tx).await,
            None => Ok(()),
        }
    }

    /// Nothing changed, so there is no fact: the next one gets this place.
    pub(in crate::store) async fn give_back(self, tx: &mut Tx) -> DbResult<()> {
        execute!(tx, sql::facts::RETURN_SEQ, self.tenant.0)?;
        Ok(())
    }
}

/// The tenant is not there.
pub(in crate::store) fn missing() -> Refusal {
    Refusal::NotFound { what: Noun::Tenant }
}
