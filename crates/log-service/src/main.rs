#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod config;
mod database;
mod domains;
mod health;
mod metrics;
mod powerful_role;
mod shown;
mod shutdown;
mod telemetry;
mod traces;
mod web;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::try_parse() {
        Ok(cli) => commands::run(cli),
        Err(error) => cli::tell(&error),
    }
}
