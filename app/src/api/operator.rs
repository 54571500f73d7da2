//! What the operator calls: an owner of the default tenant, about all tenants.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::tenant::{Made, OperatorView};

use super::{ApiError, ApiJson};
#[cfg(feature = "ssr")]
use super::{
    backend::{authenticate, refuse},
    flash,
};
#[cfg(feature = "ssr")]
use pulsestage::{person::Flash, tenant::TenantLimits};

/// Every tenant with its numbers.
#[server(prefix = "/api/fn", endpoint = "load_tenants", input = GetUrl, output = ApiJson)]
pub async fn load_tenants(#[server(default)] tenant: String) -> Result<OperatorView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let view = service.operator_view(&context).await.map_err(refuse)?;
    let fresh = match flash::take() {
        Some(Flash::Made(made)) => Some(*made),
        _ => None,
    };
    Ok(OperatorView { fresh, ..view })
}

/// Makes a tenant; the answer has the one-time link of its first owner.
#[server(prefix = "/api/fn", endpoint = "create_tenant", output = ApiJson)]
pub async fn create_tenant(#[server(default)] tenant: String, slug: String, name: String) -> Result<Made, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let made = service.operate_create(&context, &slug, &name).await.map_err(refuse)?;
    flash::keep(&Flash::Made(Box::new(made.clone())));
    Ok(made)
}

/// Sets what a tenant is allowed; an empty limit is none.
#[server(prefix = "/api/fn", endpoint = "limit_tenant", output = ApiJson)]
pub async fn limit_tenant(
    #[server(default)] tenant: String,
    slug: String,
    #[server(default)] streams: String,
    #[server(default)] questions: String,
    #[server(default)] people: String,
) -> Result<(), ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let limits = TenantLimits::parse(&streams, &questions, &people).map_err(refuse)?;
    service.operate_limits(&context, &slug, limits).await.map_err(refuse)
}

/// Lets nobody into a tenant any more.
#[server(prefix = "/api/fn", endpoint = "archive_tenant", output = ApiJson)]
pub async fn archive_tenant(#[server(default)] tenant: String, slug: String) -> Result<(), ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.operate_archived(&context, &slug, true).await.map_err(refuse)
}

/// Lets people into a tenant again.
#[server(prefix = "/api/fn", endpoint = "restore_tenant", output = ApiJson)]
pub async fn restore_tenant(#[server(default)] tenant: String, slug: String) -> Result<(), ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.operate_archived(&context, &slug, false).await.map_err(refuse)
}
