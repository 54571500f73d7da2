//! What people see: pages and components, the server functions behind them, and the live board in the browser.

// A page's type is as deep as its markup; cargo-leptos erases it in development, plain cargo does not.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod account;
pub mod address;
pub mod api;
pub mod branding;
pub mod components;
#[cfg(feature = "ssr")]
mod device;
#[cfg(feature = "ssr")]
pub mod join;
#[cfg(any(test, feature = "browser"))]
mod json;
pub mod live;
mod page_data;
pub mod pages;
mod platform;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "browser")]
mod start;
pub mod ui;

#[cfg(feature = "ssr")]
pub use device::{DeviceScript, Erasure};
#[cfg(feature = "ssr")]
pub use shell::{DESCRIPTION, SiteFiles, ThemeSheet, shell};
#[cfg(feature = "browser")]
pub use start::start;
