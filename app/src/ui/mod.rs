//! Pieces of every page that know no word of the domain: icons, fields, menus, sheets, times, toasts.

pub mod copy;
pub mod counter;
pub mod dom;
pub mod empty;
pub mod erase;
pub mod field;
pub mod fold;
pub mod icon;
pub mod live_region;
pub mod menu;
pub mod notice;
pub mod sheet;
pub mod text;
pub mod theme;
pub mod time;
pub mod title;
pub mod toast;
