//! What staff look back on and take away: the audit, statistics, exports.

use super::{RequestContext, Service};
use crate::audit::{self, Act, AuditView, Entry, PageCursor, Record};
use crate::error::{Noun, Refusal};
use crate::export::{
    ExportChoices, ExportedQuestion, QuestionCursor, QuestionFilter, QuestionQuery, Scope, Voters, word,
};
use crate::id::{QuestionId, TeamId};
use crate::permission::Action;
use crate::statistics::{Range, StatisticsView};

/// Entries on one page of the audit.
const PAGE: i64 = 50;
/// Rows that an export reads at a time.
const EXPORTED_AT_ONCE: i64 = 200;
/// The most entries of a question's history that are shown.
const HISTORY: i64 = 200;

impl Service {
    /// A page of the audit.
    ///
    /// # Errors
    /// When the visitor may not see it, the query cannot be read, or they ask too often.
    pub async fn audit(&self, context: &RequestContext, query: &audit::Query) -> Result<AuditView, Refusal> {
        context.require(Action::SeeAudit)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeAudit)?;
        let (filter, before) = query.parse()?;
        let page = self.audit_page(context, &filter, before, PAGE).await?;
        Ok(AuditView { tenant: context.tenant.clone(), role: context.actor.role, page })
    }

    /// What was done to a question, newest first: for the moderators of its team.
    ///
    /// # Errors
    /// When the visitor may not moderate it, or it is not there.
    pub async fn history(&self, context: &RequestContext, question: QuestionId) -> Result<Vec<Record>, Refusal> {
        self.require_on(context, Action::Moderate, question).await?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::Moderate)?;
        let filter = audit::Filter { subject: Some(question.0), ..audit::Filter::default() };
        Ok(self.store.audit(context.tenant.id, &filter, PageCursor::NEWEST, HISTORY).await?)
    }

    /// Begins to take the audit away, and notes that.
    ///
    /// # Errors
    /// As [`Service::audit`].
    pub async fn begin_audit_export(
        &self,
        context: &RequestContext,
        query: &audit::Query,
    ) -> Result<audit::Filter, Refusal> {
        context.require(Action::SeeAudit)?;
        let (filter, _) = query.parse()?;
        let entry = Entry::of(context.user()?, Act::ExportAudit);
        self.note_taken(context, Action::SeeAudit, entry).await?;
        Ok(filter)
    }

    /// The next page of an audit that is taken away. Asked for each page: a right that ends, ends an export.
    ///
    /// # Errors
    /// When the visitor may not see it.
    pub async fn audit_export_page(
        &self,
        context: &RequestContext,
        filter: &audit::Filter,
        before: PageCursor,
    ) -> Result<audit::Page, Refusal> {
        context.require(Action::SeeAudit)?;
        self.audit_page(context, filter, before, EXPORTED_AT_ONCE).await
    }

    async fn audit_page(
        &self,
        context: &RequestContext,
        filter: &audit::Filter,
        before: PageCursor,
        limit: i64,
    ) -> Result<audit::Page, Refusal> {
        // One more than is shown, to know whether there is another page.
        let mut records = self.store.audit(context.tenant.id, filter, before, limit + 1).await?;
        let more = i64::try_from(records.len()).is_ok_and(|count| count > limit);
        if more {
            records.pop();
        }
        let next = records.last().filter(|_| more).map(PageCursor::from);
        Ok(audit::Page { records, next })
    }

    /// How much was asked, voted and answered: in the whole tenant, in one team, or in those that the visitor moderates.
    ///
    /// # Errors
    /// When the visitor may not see it, or the range or the team cannot be read or is not there.
    pub async fn statistics(
        &self,
        context: &RequestContext,
        range: &str,
        team: &str,
    ) -> Result<StatisticsView, Refusal> {
        let team = word("team", team, |text| text.parse().ok())?;
        let scope = self.scope(context, Action::SeeStatistics, team)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeStatistics)?;
        let range = word("range", range, Range::of_word)?.unwrap_or_default();
        let teams = self.store.teams_within(context.tenant.id, scope).await?;
        if team.is_some_and(|team| teams.iter().all(|known| known.id != team)) {
            return Err(Refusal::NotFound { what: Noun::Team });
        }
        let statistics = self.store.statistics(context.tenant.id, scope, team, range, self.clock.now()).await?;
        Ok(StatisticsView { tenant: context.tenant.clone(), role: context.actor.role, teams, team, statistics })
    }

    /// What an export can be narrowed to.
    ///
    /// # Errors
    /// When the visitor may export nothing.
    pub async fn export_choices(&self, context: &RequestContext) -> Result<ExportChoices, Refusal> {
        let scope = self.scope(context, Action::Export, None)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::Export)?;
        let teams = self.store.teams_within(context.tenant.id, scope).await?;
        let tags = self.store.palette(context.tenant.id).await?;
        Ok(ExportChoices { tenant: context.tenant.clone(), role: context.actor.role, teams, tags })
    }

    /// Begins to take questions or votes away, and notes that.
    ///
    /// # Errors
    /// When the visitor may not, or the query cannot be read or names a team that is not there.
    pub async fn begin_export(
        &self,
        context: &RequestContext,
        query: &QuestionQuery,
        (act, format): (Act, &'static str),
    ) -> Result<QuestionFilter, Refusal> {
        let team = word("team", &query.team, |text| text.parse().ok())?;
        let scope = self.scope(context, Action::Export, team)?;
        let filter = query.parse()?;
        if let Some(team) = team {
            let teams = self.store.teams_within(context.tenant.id, scope).await?;
            if teams.iter().all(|known| known.id != team) {
                return Err(Refusal::NotFound { what: Noun::Team });
            }
        }
        let entry = Entry::of(context.user()?, act).team(team).after("format", format);
        self.note_taken(context, Action::Export, entry).await?;
        Ok(filter)
    }

    /// The next questions of an export, and where the ones after them begin. Asked for each page: a right that ends,
    /// ends an export.
    ///
    /// # Errors
    /// When the visitor may not.
    pub async fn export_page(
        &self,
        context: &RequestContext,
        filter: &QuestionFilter,
        after: QuestionCursor,
    ) -> Result<(Vec<ExportedQuestion>, Option<QuestionCursor>), Refusal> {
        let scope = self.scope(context, Action::Export, filter.team)?;
        let tenant = context.tenant.id;
        let mut page = self.store.exported_questions(tenant, scope, filter, after, EXPORTED_AT_ONCE).await?;
        let is_full = i64::try_from(page.len()).is_ok_and(|count| count == EXPORTED_AT_ONCE);
        let next = page.last().filter(|_| is_full).map(QuestionCursor::from);
        page.retain(|question| filter.matches(question, &*self.unicode));
        Ok((page, next))
    }

    /// Who voted for a question: for an export that gives them pseudonyms.
    ///
    /// # Errors
    /// When the visitor may not.
    pub async fn voters(
        &self,
        context: &RequestContext,
        filter: &QuestionFilter,
        question: QuestionId,
    ) -> Result<Option<Voters>, Refusal> {
        let scope = self.scope(context, Action::Export, filter.team)?;
        Ok(self.store.voters(context.tenant.id, scope, question).await?)
    }

    /// What of the tenant the visitor may do this in.
    fn scope(&self, context: &RequestContext, action: Action, team: Option<TeamId>) -> Result<Scope, Refusal> {
        match team {
            Some(team) => context.require_in(action, team)?,
            None => context.require_somewhere(action)?,
        }
        if context.allows(action) { Ok(Scope::Tenant) } else { context.user().map(Scope::ModeratedBy) }
    }

    /// Notes what is no change and has no transaction of its own.
    async fn note_taken(&self, context: &RequestContext, action: Action, entry: Entry) -> Result<(), Refusal> {
        let (write, _turn) = self.write(context, action, None, context.user()?.0).await?;
        Ok(self.store.note(write, entry).await?)
    }
}
