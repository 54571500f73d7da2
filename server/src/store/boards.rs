//! The board, read in one transaction.

use std::collections::{BTreeMap, HashMap};

use pulsestage::board::Board;
use pulsestage::event::Cursor;
use pulsestage::id::{ParticipantId, QuestionId, TenantId};
use pulsestage::ports::Snapshot;
use uuid::Uuid;

use super::db_error::DbResult;
use super::facts::missing;
use super::rows::{HeadRow, QuestionRow, QuestionTagRow, TagRow, TeamRow, TenantRow, tags_by_name, teams_by_name};
use super::{SqlStore, sql};

impl SqlStore {
    pub(super) async fn read_board(&self, tenant: TenantId, viewer: Option<ParticipantId>) -> DbResult<Snapshot> {
        tx!(self.begin_read(), tx => {
            let head: Option<HeadRow> =
                on!(&mut tx, t => sqlx::query_as(sql::facts::HEAD).bind(tenant.0).fetch_optional(&mut **t).await)?;
            let cursor = Cursor::from(head.ok_or_else(missing)?);
            let about: Option<TenantRow> =
                on!(&mut tx, t => sqlx::query_as(sql::tenants::BY_ID).bind(tenant.0).fetch_optional(&mut **t).await)?;
            let about = about.ok_or_else(missing)?.into_tenant()?;
            let teams: Vec<TeamRow> =
                on!(&mut tx, t => sqlx::query_as(sql::boards::TEAMS).bind(tenant.0).fetch_all(&mut **t).await)?;
            let tags: Vec<TagRow> =
                on!(&mut tx, t => sqlx::query_as(sql::boards::TAGS).bind(tenant.0).fetch_all(&mut **t).await)?;
            let questions: Vec<QuestionRow> =
                on!(&mut tx, t => sqlx::query_as(sql::boards::QUESTIONS).bind(tenant.0).fetch_all(&mut **t).await)?;
            let question_tags: Vec<QuestionTagRow> =
                on!(&mut tx, t => sqlx::query_as(sql::boards::QUESTION_TAGS).bind(tenant.0).fetch_all(&mut **t).await)?;
            let (mut own, mut voted): (Vec<Uuid>, Vec<Uuid>) = (Vec::new(), Vec::new());
            if let Some(viewer) = viewer {
                for (statement, ids) in [(sql::boards::OWN, &mut own), (sql::boards::VOTED, &mut voted)] {
                    *ids = on!(&mut tx, t => sqlx::query_scalar(statement)
                        .bind(tenant.0)
                        .bind(viewer.0)
                        .fetch_all(&mut **t)
                        .await)?;
                }
            }

            let mut board = Board::empty(tenant, cursor);
            board.teams = teams_by_name(teams);
            board.tags = tags_by_name(tags);
            board.questions = with_tags(questions, &board, &question_tags)?;
            let shown = |ids: Vec<Uuid>| {
                ids.into_iter().map(QuestionId).filter(|id| board.questions.contains_key(id)).collect()
            };
            let (own, voted) = (shown(own), shown(voted));
            Ok(Snapshot { tenant: about, board, voted, own })
        })
    }
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
