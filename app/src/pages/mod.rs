//! One file per address. Pages load what they show, put it live, and wire the components to it.

pub mod admin;
pub mod board;
mod data;
mod form;
mod frame;
mod health;
mod moderator;
mod operator;
mod outcome;
mod people;
mod questions;
mod reports;
mod review;
mod sessions;
mod settings;
pub mod solo;
mod status;
mod tags;
mod teams;

use leptos::prelude::*;

use crate::address::{Address, PageName};
use crate::ui::erase::Erase;
use solo::NotFoundPage;

/// The page that the address names, once what it shows is loaded.
pub async fn page() -> AnyView {
    match Address::of_page().page().1 {
        PageName::Questions => questions::page().await,
        PageName::Admin(path) => admin::admin_page(path).await,
        PageName::Unknown => view! { <NotFoundPage /> }.erase(),
    }
}
