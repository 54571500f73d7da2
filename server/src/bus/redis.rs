//! Notifications between instances: Redis carries the id of the tenant that changed, nothing more.
//!
//! Notifications are published and received at most once, in any order, and that is enough: each instance reads the
//! database they share. While Redis is away screens of other instances follow with the poller's tick; when it is back
//! every open channel looks once.

use futures::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::Bus;
use pulsestage::id::TenantId;
use pulsestage::ports::{Change, Notifier};

/// The topic of the notifications.
pub const TOPIC: &str = "pulsestage:look";
/// Notifications that may wait to be published; what comes beyond is dropped, for those before it say the same.
const QUEUE: usize = 1_024;
/// How long Redis may take to answer or to be reached.
const PATIENCE: Duration = Duration::from_secs(2);
/// The wait before Redis is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Notifies this instance and every other one.
#[derive(Clone, Debug)]
pub struct RedisNotifier {
    here: Bus,
    there: mpsc::Sender<(TenantId, Change)>,
}

impl RedisNotifier {
    /// Joins this instance's bus to those of others through Redis. Its tasks run in `tasks` until `stop`; a Redis
    /// that cannot be reached is tried again and again.
    ///
    /// # Errors
    /// When the address is not one of a Redis.
    pub fn join(url: &str, bus: Bus, stop: &CancellationToken, tasks: &TaskTracker) -> Result<Self, RedisError> {
        let client = Client::open(url)?;
        let me = bus.instance();
        let (there, queue) = mpsc::channel(QUEUE);
        tasks.spawn(stop.clone().run_until_cancelled_owned(publish(client.clone(), me, queue)));
        tasks.spawn(stop.clone().run_until_cancelled_owned(listen(client, me, bus.clone())));
        Ok(Self { here: bus, there })
    }
}

impl Notifier for RedisNotifier {
    fn notify(&self, tenant: TenantId, look: Change) {
        self.here.notify(tenant, look);
        // A full queue has notifications enough; a closed one means that we are stopping.
        let _dropped_when_full = self.there.try_send((tenant, look));
    }
}

/// Publishes what is queued, each tenant and look once however often it was notified meanwhile.
async fn publish(client: Client, me: Uuid, mut queue: mpsc::Receiver<(TenantId, Change)>) {
    let mut waiting = Vec::new();
    let mut connection = None;
    while queue.recv_many(&mut waiting, QUEUE).await > 0 {
        waiting.sort_by_key(|(tenant, look)| (*tenant, word(*look)));
        waiting.dedup();
        let mut pipe = redis::pipe();
        for (tenant, look) in waiting.drain(..) {
            pipe.publish(TOPIC, format!("{me} {tenant} {}", word(look))).ignore();
        }
        if let Err(error) = send(&client, &mut connection, &pipe).await {
            connection = None;
            tracing::warn!(%error, "Redis did not take a notification; other instances will be late until it is back");
        }
    }
}

async fn send(
    client: &Client,
    connection: &mut Option<ConnectionManager>,
    pipe: &redis::Pipeline,
) -> Result<(), RedisError> {
    if connection.is_none() {
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        *connection = Some(client.get_connection_manager_with_config(settings).await?);
    }
    match connection {
        Some(connection) => pipe.query_async(connection).await,
        None => Ok(()),
    }
}

/// Receives the notifications of other instances, for ever.
async fn listen(client: Client, me: Uuid, bus: Bus) {
    let mut was_heard = true;
    loop {
        match hear(&client, me, &bus).await {
            Ok(()) => was_heard = true,
            // Said once, not with every try.
            Err(error) if was_heard => {
                was_heard = false;
                tracing::warn!(%error, "Redis does not deliver; changes of other instances come late until it is back");
            }
            Err(_) => {}
        }
        sleep(RETRY).await;
    }
}

/// Receives until the connection ends.
async fn hear(client: &Client, me: Uuid, bus: &Bus) -> Result<(), RedisError> {
    let mut heard = client.get_async_pubsub().await?;
    heard.subscribe(TOPIC).await?;
    tracing::info!("receiving notifications of other instances through Redis");
    // Whatever was notified while we did not receive is read now.
    bus.notify_all();
    let mut messages = heard.on_message();
    while let Some(message) = messages.next().await {
        let text = message.get_payload::<String>().unwrap_or_default();
        match parse(&text) {
            Some((from, _, _)) if from == me => {}
            Some((_, tenant, look)) => bus.notify(tenant, look),
            None => tracing::debug!("a message on the topic in Redis cannot be read"),
        }
    }
    Ok(())
}

fn parse(text: &str) -> Option<(Uuid, TenantId, Change)> {
    let mut words = text.split(' ');
    let from = words.next()?.parse().ok()?;
    let tenant = words.next()?.parse().ok()?;
    let look = match words.next()? {
        "facts" => Change::Facts,
        "taken_back" => Change::TakenBack,
        "tallies" => Change::Tallies,
        "access" => Change::Access,
        _ => return None,
    };
    words.next().is_none().then_some((from, tenant, look))
}

const fn word(look: Change) -> &'static str {
    match look {
        Change::Facts => "facts",
        Change::TakenBack => "taken_back",
        Change::Tallies => "tallies",
        Change::Access => "access",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_reads_back_and_garbage_is_no_ring() {
        let (me, tenant) = (Uuid::from_u128(1), TenantId(Uuid::from_u128(2)));
        for look in [Change::Facts, Change::TakenBack, Change::Tallies, Change::Access] {
            assert_eq!(parse(&format!("{me} {tenant} {}", word(look))), Some((me, tenant, look)));
        }
        for garbage in ["", "x", &format!("{me}"), &format!("{me} {tenant} all"), &format!("{me} {tenant} facts x")] {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
    }
}
