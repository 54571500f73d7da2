//! From hyper to the router: what the connection knows goes along with every request.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::{Body as _, Incoming};
use hyper::service::Service;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::ConnectionContext;
use super::body::{LateFlag, TimedBody};
use crate::http::language::ClientLanguage;
use crate::limits::Activity;
use crate::streams::UpgradeSlot;

/// The service of one connection.
#[derive(Clone, Debug)]
pub(super) struct ConnectionService {
    /// Answers requests.
    router: Router,
    /// Who is at the other end.
    peer: SocketAddr,
    /// Is told when there is something to answer.
    activity: Activity,
    /// Where streams are left, when the connection can be taken over.
    upgrade_slot: Option<UpgradeSlot>,
    used: Used,
    /// Cancelled when answers are to end their connections.
    told: CancellationToken,
}

/// Whether a connection has had a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Used(Arc<AtomicBool>);

impl Used {
    /// Whether it has.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl ConnectionService {
    /// The service of a connection that comes from this address.
    pub(super) fn new(
        context: &ConnectionContext,
        peer: SocketAddr,
        activity: Activity,
        upgrade_slot: Option<UpgradeSlot>,
    ) -> Self {
        let (router, told) = (context.router.clone(), context.stopping.told.clone());
        Self { router, peer, activity, upgrade_slot, used: Used::default(), told }
    }

    /// Tells whether it has had a request.
    pub(super) fn used(&self) -> Used {
        self.used.clone()
    }

    /// A request whose body has to come in time, if it has one.
    fn timed(&self, request: Request<Incoming>) -> (Request<Body>, Option<LateFlag>) {
        if request.body().is_end_stream() {
            return (request.map(Body::new), None);
        }
        let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let has_file = kind.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"));
        let (head, body) = request.into_parts();
        let (body, late) = TimedBody::new(body, has_file, self.activity.clone());
        (Request::from_parts(head, Body::new(body)), Some(late))
    }
}

/// The answer to whoever did not send what they began to (RFC 9110, section 15.5.9).
fn too_late(client: &ClientLanguage) -> Response<Body> {
    let mut response = client.refuse(StatusCode::REQUEST_TIMEOUT);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response<Body>;
    type Error = Infallible;
    // Boxed, for hyper wants to move it.
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let busy = self.activity.begin();
        self.used.0.store(true, Ordering::Release);
        let told = (request.version() < Version::HTTP_2).then(|| self.told.clone());
        let (mut request, late) = self.timed(request);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        // For a stream that stays with hyper: it is no reason to let its connection go.
        request.extensions_mut().insert(self.activity.clone());
        let client = ClientLanguage::of(request.method(), request.uri().path(), request.headers());
        let upgrade_slot = self.upgrade_slot.clone();
        if let Some(upgrade_slot) = &upgrade_slot {
            request.extensions_mut().insert(upgrade_slot.clone());
        }
        let answer = self.router.clone().oneshot(request);
        Box::pin(async move {
            let mut response = answer.await?;
            if told.is_some_and(|told| told.is_cancelled()) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            if late.is_some_and(|late| late.is_set()) {
                return Ok(too_late(&client));
            }
            let _busy = busy;
            match upgrade_slot.filter(UpgradeSlot::is_claimed) {
                None => Ok(response),
                Some(upgrade_slot) => {
                    upgrade_slot.complete(response.into_parts().0);
                    // The connection ends here for hyper: its socket is taken away while it waits for this answer.
                    pending().await
                }
            }
        })
    }
}
