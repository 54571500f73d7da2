//! People from a table: looked at first, then added all at once.

use super::proof::runs;
use super::{RequestContext, Service};
use crate::error::Refusal;
use crate::id::UserId;
use crate::people_import::{self, BadTable, Known, ROWS_MAX, RowFate, Table};
use crate::permission::Action;
use crate::person::{Import, ImportMode};
use crate::ports::NewPerson;
use crate::text::TextProblem;

impl Service {
    /// Reads a table of people and says what comes of each row; adds them when that is wanted and nothing speaks
    /// against it. Those who are here already stay as they are. `encoding` is what the table was taken to be in, where it did
    /// not say so itself.
    ///
    /// # Errors
    /// When the visitor may not manage people, or the table as a whole cannot be read.
    pub async fn import_people(
        &self,
        context: &RequestContext,
        text: &str,
        encoding: Option<String>,
        mode: ImportMode,
    ) -> Result<Import, Refusal> {
        context.require(Action::ManagePeople)?;
        let tenant = context.tenant.id;
        let (manager, _turn) = self.manager(context).await?;
        // One row more for the columns, and one to see that there are too many.
        let rows = self.csv_reader.rows(text, ROWS_MAX + 2);
        let teams = self.store.team_choices(tenant).await?;
        let emails = self.store.email_keys(tenant).await?.into_iter().collect();
        let known = Known { reader: context.actor.role, teams: &teams, emails: &emails, unicode: &*self.unicode };
        let Table { newcomers, rows, ignored } = people_import::read(&rows, known).map_err(refusal)?;
        let is_good = rows.iter().all(|row| row.fate.is_good());
        let goes_ahead = match mode {
            ImportMode::Try => false,
            ImportMode::All => is_good,
            ImportMode::Good => true,
        };
        if goes_ahead && !newcomers.is_empty() {
            if newcomers.iter().any(|newcomer| runs(newcomer.role)) {
                self.require_recent_proof(context)?;
            }
            let at = manager.ending.at;
            let person = |new: people_import::Newcomer| NewPerson {
                id: UserId(self.new_id()),
                name: new.name,
                email: Some(new.email),
                role: new.role,
                memberships: new.memberships,
                at,
            };
            self.store.add_people_by(manager, newcomers.into_iter().map(person).collect()).await?;
        }
        let added = rows.iter().filter(|row| row.fate == RowFate::Add).count();
        Ok(Import { done: goes_ahead, good: is_good, added, rows, ignored, encoding })
    }
}

fn refusal(problem: BadTable) -> Refusal {
    let problem = match problem {
        BadTable::Empty => TextProblem::Empty,
        problem => TextProblem::BadTable { what: problem.predicate() },
    };
    Refusal::field("table", problem)
}
