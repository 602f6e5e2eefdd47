//! The page as people use it: the real program and a real browser, which `deploy/servers/install browser` installs.
//!
//! Every test has a service with the sample events and a window of its own. All of them are in one module, so that
//! `--skip in_a_browser::` leaves them out where no browser can be had.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: what goes wrong fails the test")]
#![expect(clippy::disallowed_methods, reason = "tests are told by variables what to do")]

mod in_a_browser;
mod site;
mod window;
