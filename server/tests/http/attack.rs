//! A server under attack: whatever is sent to it is refused in our words, and nothing changes.

use crate::endpoints::Endpoint;
use crate::support::{Boards, Call, Plan, Room, TestServer, assert_refused, boards};

/// A server with two tenants, and what was stored in them before anybody came.
pub(crate) struct Attack {
    pub(crate) server: TestServer,
    pub(crate) default: Room,
    pub(crate) acme: Room,
    pub(crate) before: Boards,
}

impl Attack {
    pub(crate) async fn new() -> Self {
        let (server, default, acme) = TestServer::new(Plan::default()).await;
        let before = boards(&server, &default, &acme).await;
        Self { server, default, acme, before }
    }

    /// Sends it, wants this refusal, and wants nothing to have changed.
    pub(crate) async fn refused(&self, case: &str, call: Call, status: u16, refusal: &str) {
        assert_refused(case, &call.send().await, status, refusal);
        assert_eq!(boards(&self.server, &self.default, &self.acme).await, self.before, "{case} has changed something");
    }

    /// The same for a call of this endpoint with these fields by somebody who may.
    pub(crate) async fn call_refused(
        &self,
        case: &str,
        endpoint: Endpoint,
        form: &[(&'static str, String)],
        status: u16,
        refusal: &str,
    ) {
        let case = format!("{}: {case}", endpoint.name);
        self.refused(&case, endpoint.call(&self.server, &self.default, form), status, refusal).await;
    }
}
