//! What the operator calls: an owner of the default tenant, about all tenants.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::tenant::{OperatorView, Tenant};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::backend::{enter, refuse};
#[cfg(feature = "ssr")]
use pulsestage::tenant::TenantLimits;

/// Every tenant with its numbers.
#[server(prefix = "/api/fn", endpoint = "load_tenants", input = GetUrl)]
pub async fn load_tenants(#[server(default)] tenant: String) -> Result<OperatorView, ApiError> {
    let (service, visit) = enter(&tenant).await?;
    service.operator_view(&visit).await.map_err(refuse)
}

/// Makes a tenant.
#[server(prefix = "/api/fn", endpoint = "create_tenant")]
pub async fn create_tenant(#[server(default)] tenant: String, slug: String, name: String) -> Result<Tenant, ApiError> {
    let (service, visit) = enter(&tenant).await?;
    service.operate_create(&visit, &slug, &name).await.map_err(refuse)
}

/// Sets what a tenant is allowed; an empty limit is none.
#[server(prefix = "/api/fn", endpoint = "limit_tenant")]
pub async fn limit_tenant(
    #[server(default)] tenant: String,
    slug: String,
    #[server(default)] streams: String,
    #[server(default)] questions: String,
    #[server(default)] people: String,
) -> Result<(), ApiError> {
    let (service, visit) = enter(&tenant).await?;
    let limits = TenantLimits::parse(&streams, &questions, &people).map_err(refuse)?;
    service.operate_limits(&visit, &slug, limits).await.map_err(refuse)
}

/// Lets nobody into a tenant any more.
#[server(prefix = "/api/fn", endpoint = "archive_tenant")]
pub async fn archive_tenant(#[server(default)] tenant: String, slug: String) -> Result<(), ApiError> {
    let (service, visit) = enter(&tenant).await?;
    service.operate_archived(&visit, &slug, true).await.map_err(refuse)
}

/// Lets people into a tenant again.
#[server(prefix = "/api/fn", endpoint = "restore_tenant")]
pub async fn restore_tenant(#[server(default)] tenant: String, slug: String) -> Result<(), ApiError> {
    let (service, visit) = enter(&tenant).await?;
    service.operate_archived(&visit, &slug, false).await.map_err(refuse)
}
