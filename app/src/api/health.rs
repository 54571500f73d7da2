//! What admins call: how the tenant's streams are doing.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::health::HealthView;

#[cfg(feature = "ssr")]
use super::backend::{authenticate, refuse};
use super::{ApiError, ApiJson};

/// How the streams of the caller's own tenant are doing.
#[server(prefix = "/api/fn", endpoint = "load_health", input = GetUrl, output = ApiJson)]
pub async fn load_health(#[server(default)] tenant: String) -> Result<HealthView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.health(&context).map_err(refuse)
}
