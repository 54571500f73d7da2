//! Teams.

use std::collections::HashSet;

use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::Event;
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::ports::{NewTeam, Write};
use pulsestage::team::{Team, TeamState};
use pulsestage::text::{SLUG_MAX, Slug};

use super::audit::note;
use super::db_error::DbResult;
use super::facts::LogSlot;
use super::operations::{Claim, Operation, claim};
use super::rows::TeamRow;
use super::{SqlStore, Tx, sql};
use crate::unicode::name_key;

impl SqlStore {
    pub(super) async fn insert_team(&self, write: Write, new: NewTeam) -> DbResult<Team> {
        let NewTeam { id, slug, name, code } = new;
        // The slug is made of the name, or of the id where the name has no letter for it: it is not asked for.
        let operation = Operation::new("create_team", id.0, &[name.as_str().as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(made) = claim(tx, &write, &operation).await? {
                return team(tx, write.tenant, TeamId(made)).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let taken: Vec<String> = on!(tx, t => sqlx::query_scalar(sql::teams::SLUGS)
                .bind(write.tenant.0)
                .fetch_all(&mut **t)
                .await)?;
            let slug = free_slug(slug, &taken.into_iter().collect());
            let inserted = on!(tx, t => sqlx::query(sql::teams::INSERT)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(&slug)
                .bind(name.as_str())
                .bind(name_key(name.as_str()))
                .bind(write.at.0)
                .bind(code.as_str())
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            if inserted == 0 {
                return Err(Refusal::NameTaken { what: Noun::Team }.into());
            }
            let team = Team { id, slug, name: name.into_string(), state: TeamState::Open };
            // Of the team itself, for there may be people who are not to see it.
            place.write(tx, &write, Some(id), &Event::TeamCreated(team.clone())).await?;
            let entry = Entry::of(UserId(write.writer), Act::CreateTeam).team(id).subject(id);
            note(tx, &write, entry.after("name", &team.name).after("slug", &team.slug)).await?;
            Ok(team)
        })
    }
}

/// A team of the tenant.
pub(super) async fn team(tx: &mut Tx, tenant: TenantId, id: TeamId) -> DbResult<Team> {
    let row: Option<TeamRow> =
        on!(tx, t => sqlx::query_as(sql::teams::TEAM).bind(tenant.0).bind(id.0).fetch_optional(&mut **t).await)?;
    row.map(Team::from).ok_or_else(|| Refusal::NotFound { what: Noun::Team }.into())
}

/// The slug itself, or with the first of `-2`, `-3`, .. that nobody has; cut so that it is never too long.
fn free_slug(slug: Slug, taken: &HashSet<String>) -> String {
    let slug = slug.into_string();
    if !taken.contains(&slug) {
        return slug;
    }
    let mut number = 2_u64;
    loop {
        let suffix = format!("-{number}");
        // A slug is ASCII, so every index is between characters.
        let stem = slug.get(..slug.len().min(SLUG_MAX - suffix.len())).unwrap_or(&slug).trim_end_matches('-');
        let candidate = format!("{stem}{suffix}");
        if !taken.contains(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_slug_gets_the_first_free_number_and_stays_a_slug() {
        let slug = |raw: &str| Slug::parse(raw).unwrap();
        let taken = |slugs: &[&str]| slugs.iter().map(|s| (*s).to_owned()).collect::<HashSet<_>>();
        assert_eq!(free_slug(slug("ops"), &taken(&[])), "ops");
        assert_eq!(free_slug(slug("ops"), &taken(&["ops", "ops-2"])), "ops-3");
        let long = format!("{}-x", "a".repeat(38));
        let made = free_slug(slug(&long), &taken(&[&long]));
        assert_eq!(made, format!("{}-2", "a".repeat(38)));
        assert_eq!(free_slug(slug(&long), &taken(&[&long, &made])), format!("{}-3", "a".repeat(38)));
        let full = "b".repeat(SLUG_MAX);
        assert!(Slug::parse(&free_slug(slug(&full), &taken(&[&full]))).is_ok());
    }
}
