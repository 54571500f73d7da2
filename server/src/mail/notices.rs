//! Letters about what was done to how people come in, sent after it was done.

use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;

use super::letters::notice;
use crate::background::Background;
use pulsestage::ports::{Mailer, Notice, Notices};

/// Letters that are on their way at once; one more is lost, which the log says.
const AT_ONCE: usize = 64;

/// Sends notices, where mail is set up.
pub struct MailedNotices {
    mailer: Option<Arc<dyn Mailer>>,
    background: Background,
    places: Arc<Semaphore>,
}

impl MailedNotices {
    /// Sends by this, as a part of this work.
    #[must_use]
    pub fn new(mailer: Option<Arc<dyn Mailer>>, background: Background) -> Self {
        Self { mailer, background, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Notices for MailedNotices {
    fn reach(&self) -> bool {
        self.mailer.is_some()
    }

    fn tell(&self, what: Notice) {
        let Some(mailer) = self.mailer.clone() else { return };
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            tracing::warn!(at_once = AT_ONCE, "more letters are to be sent than the mail server takes; one is lost");
            return;
        };
        self.background.spawn("notices by mail", async move {
            // Trouble is in the log already.
            let _sent = mailer.send(notice(what)).await;
            drop(place);
        });
    }
}

impl fmt::Debug for MailedNotices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailedNotices").field("reach", &self.reach()).finish_non_exhaustive()
    }
}
