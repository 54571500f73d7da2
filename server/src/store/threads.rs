//! Private threads: read for one of their sides, and written with the fact that tells the other.

use async_trait::async_trait;
use pulsestage::audience::Audience;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::event::{Event, QuestionRef};
use pulsestage::id::{MessageId, ParticipantId, QuestionId, TenantId};
use pulsestage::moderation::OwnQuestion;
use pulsestage::ports::{SecretHash, StoreResult, ThreadReader, ThreadStore, Write};
use pulsestage::tenant::Tenant;
use pulsestage::text::MessageBody;
use pulsestage::thread::{MOST_MESSAGES, Message, Side, Thread};
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::note;
use super::cases::{Held, case};
use super::db_error::{DbResult, store_error};
use super::operations::{Claim, Operation, claim};
use super::questions::missing;
use super::rows::TenantRow;
use super::{SqlStore, Tx, sql};

#[async_trait]
impl ThreadStore for SqlStore {
    async fn thread(&self, tenant: TenantId, question: QuestionId, reader: ThreadReader) -> StoreResult<Thread> {
        self.read_thread(tenant, question, reader).await.map_err(store_error)
    }

    async fn thread_link(&self, link: SecretHash) -> StoreResult<Option<(Tenant, QuestionId)>> {
        self.find_thread_link(link).await.map_err(store_error)
    }

    async fn say(
        &self,
        write: Write,
        question: QuestionId,
        writer: ThreadReader,
        id: MessageId,
        body: MessageBody,
    ) -> StoreResult<Thread> {
        self.put_message(write, question, writer, id, body).await.map_err(store_error)
    }

    async fn set_thread_link(
        &self,
        write: Write,
        question: QuestionId,
        asker: ParticipantId,
        link: Option<SecretHash>,
    ) -> StoreResult<()> {
        self.put_thread_link(write, question, asker, link).await.map_err(store_error)
    }
}

/// A row of `thread_messages`, without whoever wrote it.
#[derive(FromRow)]
struct MessageRow {
    id: Uuid,
    body: String,
    at: i64,
    by_asker: i64,
}

/// Where a link leads.
#[derive(FromRow)]
struct LinkRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    question_id: Uuid,
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        let from = if row.by_asker == 1 { Side::Asker } else { Side::Moderators };
        Self { id: MessageId(row.id), from, text: row.body, at: Timestamp(row.at) }
    }
}

impl SqlStore {
    async fn read_thread(&self, tenant: TenantId, id: QuestionId, reader: ThreadReader) -> DbResult<Thread> {
        tx!(self.begin_read(), tx => {
            if let ThreadReader::Asker(asker) = reader {
                must_have_asked(&mut tx, tenant, id, asker).await?;
            }
            thread(&mut tx, tenant, id).await
        })
    }

    async fn find_thread_link(&self, link: SecretHash) -> DbResult<Option<(Tenant, QuestionId)>> {
        let row: Option<LinkRow> = on!(&self.read, pool => sqlx::query_as(sql::threads::THREAD_LINK)
            .bind(link.0.as_slice())
            .fetch_optional(pool)
            .await)?;
        row.map(|row| Ok((row.tenant.into_tenant()?, QuestionId(row.question_id)))).transpose()
    }

    async fn put_message(
        &self,
        write: Write,
        id: QuestionId,
        writer: ThreadReader,
        message: MessageId,
        body: MessageBody,
    ) -> DbResult<Thread> {
        let operation = Operation::new("say", message.0, &[id.0.as_bytes(), body.as_str().as_bytes()]);
        let by = if let ThreadReader::Moderator(by) = writer { Some(by) } else { None };
        written!(self, tx => {
            if let ThreadReader::Asker(asker) = writer {
                must_have_asked(tx, write.tenant, id, asker).await?;
            }
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return thread(tx, write.tenant, id).await;
            }
            let held = Held::take(tx, write.tenant, id).await?;
            if messages(tx, write.tenant, id).await?.len() >= MOST_MESSAGES {
                return Err(Refusal::NotNow.into());
            }
            on!(tx, t => sqlx::query(sql::threads::SAY)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(message.0)
                .bind(by.map(|by| by.0))
                .bind(body.as_str())
                .bind(write.at.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            if let Some(by) = by {
                let entry = Entry::of(by, Act::Reply).team(held.case.question.team_id).subject(id);
                note(tx, &write, entry).await?;
            }
            let fact = Event::Moderated(QuestionRef { question_id: id });
            let mut facts = vec![(Audience::Staff, fact.clone())];
            if by.is_some() {
                facts.push((Audience::Asker(held.author), fact));
            }
            held.tell(tx, &write, facts).await?;
            thread(tx, write.tenant, id).await
        })
    }

    async fn put_thread_link(
        &self,
        write: Write,
        id: QuestionId,
        asker: ParticipantId,
        link: Option<SecretHash>,
    ) -> DbResult<()> {
        written!(self, tx => {
            must_have_asked(tx, write.tenant, id, asker).await?;
            match link {
                Some(link) => on!(tx, t => sqlx::query(sql::threads::PUT_THREAD_LINK)
                    .bind(write.tenant.0)
                    .bind(id.0)
                    .bind(link.0.as_slice())
                    .bind(write.at.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?,
                None => on!(tx, t => sqlx::query(sql::threads::END_THREAD_LINK)
                    .bind(write.tenant.0)
                    .bind(id.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?,
            }
            Ok(())
        })
    }
}

async fn must_have_asked(tx: &mut Tx, tenant: TenantId, id: QuestionId, asker: ParticipantId) -> DbResult<()> {
    let found: i64 = on!(tx, t => sqlx::query_scalar(sql::threads::IS_ASKER)
        .bind(tenant.0)
        .bind(id.0)
        .bind(asker.0)
        .fetch_one(&mut **t)
        .await)?;
    if found == 1 { Ok(()) } else { Err(missing().into()) }
}

pub(super) async fn messages(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Vec<Message>> {
    let rows: Vec<MessageRow> =
        on!(tx, t => sqlx::query_as(sql::threads::MESSAGES).bind(tenant.0).bind(id.0).fetch_all(&mut **t).await)?;
    Ok(rows.into_iter().map(Message::from).collect())
}

async fn thread(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Thread> {
    let question = OwnQuestion::from(case(tx, tenant, id).await?);
    let messages = messages(tx, tenant, id).await?;
    let links: i64 =
        on!(tx, t => sqlx::query_scalar(sql::threads::LINKS).bind(tenant.0).bind(id.0).fetch_one(&mut **t).await)?;
    Ok(Thread { question, messages, has_link: links > 0 })
}
