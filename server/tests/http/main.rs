//! The server from outside: requests through its router, streams byte for byte, whole instances on real sockets.

#[cfg(test)]
mod account_claim;
#[cfg(test)]
mod account_factor;
#[cfg(test)]
mod account_links;
#[cfg(test)]
mod account_missed;
#[cfg(test)]
mod account_oidc;
#[cfg(test)]
mod account_password;
#[cfg(test)]
mod account_proof;
#[cfg(test)]
mod account_steps;
#[cfg(test)]
mod attack;
#[cfg(test)]
mod bus_redis;
#[cfg(test)]
mod bus_replaced;
#[cfg(test)]
mod bus_trouble;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod drill;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod http_accounts;
#[cfg(test)]
mod http_admin;
#[cfg(test)]
mod http_anonymity;
#[cfg(test)]
mod http_attack;
#[cfg(test)]
mod http_audit;
#[cfg(test)]
mod http_board;
#[cfg(test)]
mod http_bodies;
#[cfg(test)]
mod http_check;
#[cfg(test)]
mod http_compression;
#[cfg(test)]
mod http_cookies;
#[cfg(test)]
mod http_device;
#[cfg(test)]
mod http_escaping;
#[cfg(test)]
mod http_export;
#[cfg(test)]
mod http_forms;
#[cfg(test)]
mod http_headers;
#[cfg(test)]
mod http_health;
#[cfg(test)]
mod http_hostile;
#[cfg(test)]
mod http_hosts;
#[cfg(test)]
mod http_join;
mod http_language;
#[cfg(test)]
mod http_limits;
#[cfg(test)]
mod http_logo;
#[cfg(test)]
mod http_moderation;
#[cfg(test)]
mod http_newcomers;
#[cfg(test)]
mod http_once;
#[cfg(test)]
mod http_origin;
#[cfg(test)]
mod http_own;
#[cfg(test)]
mod http_pages;
#[cfg(test)]
mod http_people;
#[cfg(test)]
mod http_policy;
#[cfg(test)]
mod http_private;
#[cfg(test)]
mod http_refusals;
#[cfg(test)]
mod http_reports;
#[cfg(test)]
mod http_search;
#[cfg(test)]
mod http_secrets;
#[cfg(test)]
mod http_seen;
#[cfg(test)]
mod http_session;
#[cfg(test)]
mod http_settings;
#[cfg(test)]
mod http_sign_in;
#[cfg(test)]
mod http_teams;
#[cfg(test)]
mod http_tenancy;
#[cfg(test)]
mod http_texts;
#[cfg(test)]
mod http_threads;
#[cfg(test)]
mod http_totals;
#[cfg(test)]
mod http_trace;
mod http_typed;
#[cfg(test)]
mod http_unicode;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod lifecycle_backup;
#[cfg(test)]
mod lifecycle_crash;
#[cfg(test)]
mod lifecycle_full;
#[cfg(test)]
mod lifecycle_hung;
#[cfg(test)]
mod lifecycle_key;
#[cfg(test)]
mod lifecycle_linger;
#[cfg(test)]
mod lifecycle_mail;
#[cfg(test)]
mod lifecycle_memory;
#[cfg(test)]
mod lifecycle_metrics;
#[cfg(test)]
mod lifecycle_replaced;
#[cfg(test)]
mod lifecycle_stalled;
#[cfg(test)]
mod lifecycle_start;
#[cfg(test)]
mod lifecycle_stop;
#[cfg(test)]
mod live_access;
#[cfg(test)]
mod live_kinds;
#[cfg(test)]
mod live_limits;
#[cfg(test)]
mod live_parked;
#[cfg(test)]
mod live_replaced;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod rehearse;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod sse_burst;
#[cfg(test)]
mod sse_converge;
#[cfg(test)]
mod sse_filter;
#[cfg(test)]
mod sse_limits;
#[cfg(test)]
mod sse_opening;
#[cfg(test)]
mod sse_poll;
#[cfg(test)]
mod sse_resume;
#[cfg(test)]
mod sse_taken_back;
#[cfg(test)]
mod sse_tenants;
#[cfg(test)]
mod sse_tidied;
#[cfg(test)]
mod sse_time;
#[cfg(test)]
mod sse_wire;
#[cfg(test)]
#[expect(dead_code, reason = "shared with the stories about the store, which use more of it")]
#[path = "../common/store.rs"]
mod stage;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
