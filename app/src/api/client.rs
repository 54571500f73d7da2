//! How the browser calls what every participant needs. `server_fn` has a client for every kind of body, of stream and of
//! error, made anew for each function; for four functions that take plain forms this is a tenth of it. What else there is
//! goes by `server_fn`, in the files of the pages that need it.

use send_wrapper::SendWrapper;
use serde::de::DeserializeOwned;

use super::{ApiError, WireFault};
use crate::json;
use crate::platform::{self, Fetched};

/// Asks for what is at an address, or sends a form there, as `server_fn` would. The request is taken back when this is
/// dropped.
pub(crate) async fn call<T: DeserializeOwned>(address: &str, form: Option<&str>) -> Result<T, ApiError> {
    // A page's future has to be `Send` on the server; here there is one thread.
    let body = SendWrapper::new(send(address, form)).await?;
    json::read(&body).map_err(|_| ApiError::Wire(WireFault::Unreadable))
}

async fn send(address: &str, form: Option<&str>) -> Result<Vec<u8>, ApiError> {
    let Some(Fetched { status, body }) = platform::fetch(address, form).await else {
        return Err(ApiError::Wire(WireFault::Lost));
    };
    let body = body.to_vec();
    if status < 400 {
        return Ok(body);
    }
    Err(json::read(&body).unwrap_or(ApiError::Wire(WireFault::Unreadable)))
}
