#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod domains;
mod metrics;
mod role_watch;
mod shutdown;
mod telemetry;
mod traces;
mod vitals;
mod web;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::try_parse() {
        Ok(cli) => commands::run(cli),
        Err(error) => cli::tell(&error),
    }
}
