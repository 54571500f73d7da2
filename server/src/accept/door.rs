//! From hyper to the router: what the connection knows goes along with every request.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::Pin;
use tower::ServiceExt;

use crate::http::sse::Berth;

/// The service of one connection.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// Answers requests.
    pub(super) router: Router,
    /// Who is at the other end.
    pub(super) peer: SocketAddr,
    /// Where streams are left, when the connection can be taken over.
    pub(super) berth: Option<Berth>,
}

impl Service<Request<Incoming>> for Door {
    type Response = Response<Body>;
    type Error = Infallible;
    // Boxed, for hyper wants to move it.
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let berth = self.berth.clone();
        if let Some(berth) = &berth {
            request.extensions_mut().insert(berth.clone());
        }
        let answer = self.router.clone().oneshot(request);
        Box::pin(async move {
            let response = answer.await?;
            match berth.filter(Berth::is_claimed) {
                None => Ok(response),
                Some(berth) => {
                    berth.complete(response.into_parts().0);
                    // The connection ends here for hyper: its socket is taken away while it waits for this answer.
                    pending().await
                }
            }
        })
    }
}
