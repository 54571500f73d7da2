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

use crate::store::audit::note;
use crate::store::db_error::DbResult;
use crate::store::moderation::cases::{Held, case};
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::questions::missing;
use crate::store::rows::TenantRow;
use crate::store::{Kind, SqlStore, Tx, sql};

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

#[async_trait]
impl ThreadStore for SqlStore {
    async fn thread(&self, tenant: TenantId, id: QuestionId, reader: ThreadReader) -> StoreResult<Thread> {
        self.run(Kind::Moderate, async move |db| {
            tx!(db.begin_read(), tx => {
                if let ThreadReader::Asker(asker) = reader {
                    must_have_asked(&mut tx, tenant, id, asker).await?;
                }
                thread(&mut tx, tenant, id).await
            })
        })
        .await
    }

    async fn thread_link(&self, link: SecretHash) -> StoreResult<Option<(Tenant, QuestionId)>> {
        self.run(Kind::Moderate, async move |db| {
            let row: Option<LinkRow> = fetch_optional!(&db.read, sql::threads::THREAD_LINK, link.0.as_slice())?;
            row.map(|row| Ok((row.tenant.into_tenant()?, QuestionId(row.question_id)))).transpose()
        })
        .await
    }

    async fn say(
        &self,
        write: Write,
        id: QuestionId,
        writer: ThreadReader,
        message: MessageId,
        body: MessageBody,
    ) -> StoreResult<Thread> {
        self.run(Kind::Moderate, async move |db| {
            let operation = Operation::new("say", message.0, &[id.0.as_bytes(), body.as_str().as_bytes()]);
            let by = if let ThreadReader::Moderator(by) = writer { Some(by) } else { None };
            written!(db, tx => {
                if let ThreadReader::Asker(asker) = writer {
                    must_have_asked(tx, write.tenant, id, asker).await?;
                }
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return thread(tx, write.tenant, id).await;
                }
                let held = Held::take(tx, write.tenant, id).await?;
                if messages(tx, write.tenant, id).await?.len() >= MOST_MESSAGES {
                    return Err(Refusal::NotNow.into());
                }
                execute!(
                    tx,
                    sql::threads::SAY,
                    write.tenant.0,
                    id.0,
                    message.0,
                    by.map(|by| by.0),
                    body.as_str(),
                    write.at.0,
                )?;
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
        })
        .await
    }

    async fn set_thread_link(
        &self,
        write: Write,
        id: QuestionId,
        asker: ParticipantId,
        link: Option<SecretHash>,
    ) -> StoreResult<()> {
        self.run(Kind::Moderate, async move |db| {
            written!(db, tx => {
                must_have_asked(tx, write.tenant, id, asker).await?;
                match link {
                    Some(link) => execute!(
                        tx, sql::threads::PUT_THREAD_LINK, write.tenant.0, id.0, link.0.as_slice(), write.at.0
                    ).map(drop)?,
                    None => execute!(tx, sql::threads::END_THREAD_LINK, write.tenant.0, id.0).map(drop)?,
                }
                Ok(())
            })
        })
        .await
    }
}

async fn must_have_asked(tx: &mut Tx, tenant: TenantId, id: QuestionId, asker: ParticipantId) -> DbResult<()> {
    let found: i64 = fetch_one!(scalar tx, sql::threads::IS_ASKER, tenant.0, id.0, asker.0)?;
    if found == 1 { Ok(()) } else { Err(missing().into()) }
}

pub(in crate::store) async fn messages(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Vec<Message>> {
    let rows: Vec<MessageRow> = fetch_all!(tx, sql::threads::MESSAGES, tenant.0, id.0)?;
    Ok(rows.into_iter().map(Message::from).collect())
}

async fn thread(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Thread> {
    let question = OwnQuestion::from(case(tx, tenant, id).await?);
    let messages = messages(tx, tenant, id).await?;
    let links: i64 = fetch_one!(scalar tx, sql::threads::LINKS, tenant.0, id.0)?;
    Ok(Thread { question, messages, has_link: links > 0 })
}
