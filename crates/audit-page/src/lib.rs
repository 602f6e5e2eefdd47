#![doc = include_str!("../README.md")]

mod access_log;
mod api;
mod assets;
mod components;
mod context;
mod dead_letters;
mod error;
mod error_page;
mod event;
mod flash;
mod frame;
mod language;
mod local_url;
mod nav_item;
mod overview;
mod page;
mod preferences;
mod routes;
mod search;
mod sign_in;
mod texts;
mod timeline;
mod view;

pub use error_page::render_error;
pub use routes::routes;
