//! The server from outside: requests through its router, streams byte for byte, whole instances on real sockets.

mod bus_redis;
mod bus_trouble;
mod endpoints;
mod http_attack;
mod http_bodies;
mod http_forms;
mod http_headers;
mod http_once;
mod http_pages;
mod http_private;
mod http_session;
mod life_stop;
mod sse_burst;
mod sse_converge;
mod sse_filter;
mod sse_opening;
mod sse_resume;
mod sse_tenants;
mod sse_time;
mod sse_wire;
#[expect(dead_code, reason = "shared with the stories about the store, which use more of it")]
#[path = "../common/store.rs"]
mod stage;
#[path = "../support/mod.rs"]
mod support;
