#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod config;
mod database;
mod domains;
mod metrics;
mod powerful_role;
mod shutdown;
mod telemetry;
mod traces;
mod vitals;
mod web;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    commands::run(cli::Cli::parse())
}
