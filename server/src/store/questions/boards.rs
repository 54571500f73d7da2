//! The board, read in one transaction.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use pulsestage::board::Board;
use pulsestage::event::{Cursor, TeamTotals};
use pulsestage::id::{ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{BoardStore, Participation, Snapshot, StoreResult};
use pulsestage::tenant::Tenant;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::log::facts::missing;
use crate::store::rows::{
    HeadRow, QuestionRow, QuestionTagRow, TagRow, TeamRow, TeamTotalsRow, TenantRow, tags_by_name, teams_by_name,
};
use crate::store::{Kind, SqlStore, Tx, sql};

#[async_trait]
impl BoardStore for SqlStore {
    async fn snapshot(&self, tenant: TenantId, viewer: Option<ParticipantId>) -> StoreResult<Snapshot> {
        self.run(Kind::Board, async move |db| {
            tx!(db.begin_read(), tx => {
                let head: Option<HeadRow> =
                    fetch_optional!(&mut tx, sql::facts::HEAD, tenant.0)?;
                let cursor = Cursor::from(head.ok_or_else(missing)?);
                let about: Option<TenantRow> =
                    fetch_optional!(&mut tx, sql::tenants::BY_ID, tenant.0)?;
                let about = about.ok_or_else(missing)?.into_tenant()?;
                let teams: Vec<TeamRow> =
                    fetch_all!(&mut tx, sql::boards::TEAMS, tenant.0)?;
                let tags: Vec<TagRow> =
                    fetch_all!(&mut tx, sql::boards::TAGS, tenant.0)?;
                let questions: Vec<QuestionRow> =
                    fetch_all!(&mut tx, sql::boards::QUESTIONS, tenant.0)?;
                let question_tags: Vec<QuestionTagRow> =
                    fetch_all!(&mut tx, sql::boards::QUESTION_TAGS, tenant.0)?;
                let (mut own, mut voted): (Vec<Uuid>, Vec<Uuid>) = (Vec::new(), Vec::new());
                if let Some(viewer) = viewer {
                    for (statement, ids) in [(sql::boards::OWN, &mut own), (sql::boards::VOTED, &mut voted)] {
                        *ids = fetch_all!(scalar &mut tx, statement, tenant.0, viewer.0)?;
                    }
                    own.sort_unstable();
                }

                let mut board = Board::empty(tenant, cursor);
                board.teams = teams_by_name(teams);
                board.tags = tags_by_name(tags);
                board.totals = team_totals(&mut tx, &about).await?;
                board.questions = with_tags(questions, &board, &question_tags)?;
                let shown = |ids: Vec<Uuid>| {
                    ids.into_iter().map(QuestionId).filter(|id| board.questions.contains_key(id)).collect()
                };
                let (own, voted) = (shown(own), shown(voted));
                Ok(Snapshot { tenant: about, board, voted, own })
            })
        })
        .await
    }

    async fn participation(&self, tenant: TenantId, viewer: ParticipantId) -> StoreResult<Participation> {
        self.run(Kind::Board, async move |db| {
            tx!(db.begin_read(), tx => {
                let mut own: Vec<Uuid> = fetch_all!(scalar &mut tx, sql::boards::OWN, tenant.0, viewer.0)?;
                let voted: Vec<Uuid> = fetch_all!(scalar &mut tx, sql::boards::VOTED, tenant.0, viewer.0)?;
                own.sort_unstable();
                let questions = |ids: Vec<Uuid>| ids.into_iter().map(QuestionId).collect();
                Ok(Participation { own: questions(own), voted: questions(voted) })
            })
        })
        .await
    }
}

/// How many questions each team has, by team, if the tenant shows that.
pub(in crate::store) async fn team_totals(tx: &mut Tx, tenant: &Tenant) -> DbResult<Vec<TeamTotals>> {
    if !tenant.settings.show_totals {
        return Ok(Vec::new());
    }
    let rows: Vec<TeamTotalsRow> = fetch_all!(tx, sql::boards::TEAM_TOTALS, tenant.id.0)?;
    let mut totals: Vec<TeamTotals> = rows.into_iter().map(TeamTotals::from).collect();
    totals.sort_unstable_by_key(|totals| totals.id);
    Ok(totals)
}

/// Puts each question's tags on it, in the palette's order.
fn with_tags(
    rows: Vec<QuestionRow>,
    board: &Board,
    question_tags: &[QuestionTagRow],
) -> DbResult<BTreeMap<QuestionId, pulsestage::question::Question>> {
    let place: HashMap<Uuid, usize> = board.tags.iter().enumerate().map(|(place, tag)| (tag.id.0, place)).collect();
    let mut places: HashMap<Uuid, Vec<usize>> = HashMap::new();
    for row in question_tags {
        if let Some(place) = place.get(&row.tag_id) {
            places.entry(row.question_id).or_default().push(*place);
        }
    }
    rows.into_iter()
        .map(|row| {
            let mut tags = places.remove(&row.id().0).unwrap_or_default();
            tags.sort_unstable();
            let tags = tags.into_iter().filter_map(|place| board.tags.get(place).cloned()).collect();
            Ok((row.id(), row.into_question(tags)?))
        })
        .collect()
}
