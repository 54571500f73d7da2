//! Statistics: counts by team and stretch of time, read in one transaction and put together here.

use std::collections::HashMap;

use async_trait::async_trait;
use pulsestage::audit::Act;
use pulsestage::export::Scope;
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::ports::{StatisticsStore, StoreResult};
use pulsestage::statistics::{ByModerator, ByTeam, Range, Statistics, Volume, Waits, Window};
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::reports::reach;
use crate::store::{Kind, SqlStore, Tx, sql};

/// The most answered questions that are looked at: what they waited is sorted in memory.
const MOST_WAITS: i64 = 100_000;

/// A statement's arguments, the same for all of them.
#[derive(Clone, Copy)]
struct Asked {
    tenant: TenantId,
    window: Window,
    team: Option<TeamId>,
    reach: Option<Uuid>,
}

/// How many of something there were, by team and bucket.
#[derive(FromRow)]
struct CountRow {
    team_id: Uuid,
    bucket: i64,
    many: i64,
    #[sqlx(default)]
    shown: i64,
}

/// How many people there were in a bucket.
#[derive(FromRow)]
struct PeopleRow {
    bucket: i64,
    many: i64,
}

/// How many people there were in a team.
#[derive(FromRow)]
struct TeamPeopleRow {
    team_id: Uuid,
    many: i64,
}

/// An answered question.
#[derive(FromRow)]
struct WaitRow {
    team_id: Uuid,
    bucket: i64,
    responded_by: Uuid,
    wait: i64,
}

/// How often somebody did something.
#[derive(FromRow)]
struct ActRow {
    user_id: Uuid,
    name: String,
    action: String,
    many: i64,
}

/// A team.
#[derive(FromRow)]
struct NameRow {
    id: Uuid,
    name: String,
}

/// Binds what every statement here takes.
macro_rules! asked {
    ($query:expr, $asked:expr) => {
        $query
            .bind($asked.tenant.0)
            .bind($asked.window.from.0)
            .bind($asked.window.until().0)
            .bind($asked.window.width)
            .bind($asked.team.map(|team| team.0))
            .bind($asked.reach)
    };
}

/// Reads all rows of a statement that takes nothing more.
macro_rules! rows {
    ($tx:expr, $asked:expr, $statement:expr) => {
        on!($tx, t => asked!(sqlx::query_as($statement), $asked).fetch_all(&mut **t).await)
    };
}

#[async_trait]
impl StatisticsStore for SqlStore {
    async fn statistics(
        &self,
        tenant: TenantId,
        scope: Scope,
        team: Option<TeamId>,
        range: Range,
        now: Timestamp,
    ) -> StoreResult<Statistics> {
        self.run(Kind::Report, async move |db| {
            let asked = Asked { tenant, window: range.window(now), team, reach: reach(scope) };
            tx!(db.begin_read(), tx => {
                let mut sums = Sums::new(asked.window, teams(&mut tx, asked).await?);
                let rows: Vec<CountRow> = rows!(&mut tx, asked, sql::reports::ASKED)?;
                sums.add(&rows, |volume, row| { volume.asked += row.many; volume.shown += row.shown; });
                let rows: Vec<CountRow> = rows!(&mut tx, asked, sql::reports::DECLINED)?;
                sums.add(&rows, |volume, row| volume.declined += row.many);
                let rows: Vec<CountRow> = rows!(&mut tx, asked, sql::reports::VOTES)?;
                sums.add(&rows, |volume, row| volume.votes += row.many);
                let rows: Vec<PeopleRow> = rows!(&mut tx, asked, sql::reports::PEOPLE_BY_BUCKET)?;
                sums.people_by_bucket(&rows);
                let rows: Vec<TeamPeopleRow> = rows!(&mut tx, asked, sql::reports::PEOPLE_BY_TEAM)?;
                sums.people_by_team(&rows);
                let people: i64 = on!(&mut tx, t =>
                    asked!(sqlx::query_scalar(sql::reports::PEOPLE), asked).fetch_one(&mut **t).await)?;
                let waits: Vec<WaitRow> = on!(&mut tx, t =>
                    asked!(sqlx::query_as(sql::reports::WAITS), asked).bind(MOST_WAITS).fetch_all(&mut **t).await)?;
                let acts: Vec<ActRow> = rows!(&mut tx, asked, sql::reports::ACTS)?;
                Ok(sums.finish(range, people, &waits, acts))
            })
        })
        .await
    }
}

async fn teams(tx: &mut Tx, asked: Asked) -> DbResult<Vec<NameRow>> {
    Ok(fetch_all!(tx, sql::reports::TEAMS_WITHIN, asked.tenant.0, asked.team.map(|team| team.0), asked.reach)?)
}

/// Statistics on their way.
struct Sums {
    total: Volume,
    buckets: Vec<pulsestage::statistics::Bucket>,
    teams: Vec<ByTeam>,
    place: HashMap<Uuid, usize>,
}

impl Sums {
    fn new(window: Window, mut names: Vec<NameRow>) -> Self {
        names.sort_by_cached_key(|row| (row.name.to_lowercase(), row.id));
        let place = names.iter().enumerate().map(|(place, row)| (row.id, place)).collect();
        let empty = |row: NameRow| {
            let (volume, waits) = (Volume::default(), Waits::default());
            ByTeam { team: TeamId(row.id), name: row.name, volume, waits }
        };
        let teams = names.into_iter().map(empty).collect();
        Self { total: Volume::default(), buckets: window.empty(), teams, place }
    }

    /// Adds counts to their team, their bucket and the whole.
    fn add(&mut self, rows: &[CountRow], add: impl Fn(&mut Volume, &CountRow)) {
        for row in rows {
            add(&mut self.total, row);
            if let Some(volume) = self.bucket(row.bucket) {
                add(volume, row);
            }
            if let Some(team) = self.team(row.team_id) {
                add(&mut team.volume, row);
            }
        }
    }

    fn people_by_bucket(&mut self, rows: &[PeopleRow]) {
        for row in rows {
            if let Some(volume) = self.bucket(row.bucket) {
                volume.participants = row.many;
            }
        }
    }

    fn people_by_team(&mut self, rows: &[TeamPeopleRow]) {
        for row in rows {
            if let Some(team) = self.team(row.team_id) {
                team.volume.participants = row.many;
            }
        }
    }

    fn bucket(&mut self, number: i64) -> Option<&mut Volume> {
        let bucket = self.buckets.get_mut(usize::try_from(number).ok()?)?;
        Some(&mut bucket.volume)
    }

    fn team(&mut self, id: Uuid) -> Option<&mut ByTeam> {
        self.teams.get_mut(*self.place.get(&id)?)
    }

    fn finish(mut self, range: Range, people: i64, waits: &[WaitRow], acts: Vec<ActRow>) -> Statistics {
        self.total.participants = people;
        self.total.answered = i64::try_from(waits.len()).unwrap_or(i64::MAX);
        let (mut by_team, mut by_user): (HashMap<Uuid, Vec<i64>>, HashMap<Uuid, Vec<i64>>) = Default::default();
        for row in waits {
            if let Some(volume) = self.bucket(row.bucket) {
                volume.answered += 1;
            }
            by_team.entry(row.team_id).or_default().push(row.wait);
            by_user.entry(row.responded_by).or_default().push(row.wait);
        }
        for team in &mut self.teams {
            team.waits = Waits::of(by_team.remove(&team.team.0).unwrap_or_default());
            team.volume.answered = team.waits.count;
        }
        Statistics {
            range,
            total: self.total,
            buckets: self.buckets,
            waits: Waits::of(waits.iter().map(|row| row.wait).collect()),
            moderators: moderators(acts, by_user),
            teams: self.teams,
        }
    }
}

/// Puts together what each moderator did, the busiest first.
fn moderators(acts: Vec<ActRow>, mut waits: HashMap<Uuid, Vec<i64>>) -> Vec<ByModerator> {
    let mut people: HashMap<Uuid, ByModerator> = HashMap::new();
    for row in acts {
        let person = people.entry(row.user_id).or_insert_with(|| ByModerator {
            user: UserId(row.user_id),
            name: row.name,
            answers: 0,
            approved: 0,
            declined: 0,
            acts: 0,
            waits: Waits::of(waits.remove(&row.user_id).unwrap_or_default()),
        });
        person.acts += row.many;
        for (act, count) in [
            (Act::Answer, &mut person.answers),
            (Act::Approve, &mut person.approved),
            (Act::Decline, &mut person.declined),
        ] {
            if row.action == act.word() {
                *count += row.many;
            }
        }
    }
    let mut people: Vec<ByModerator> = people.into_values().collect();
    people.sort_by_cached_key(|person| (std::cmp::Reverse(person.acts), person.name.to_lowercase(), person.user));
    people
}
