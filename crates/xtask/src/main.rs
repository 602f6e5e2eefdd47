#![doc = include_str!("../README.md")]

mod new_domain;
mod repository;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use new_domain::NewDomain;
use repository::Repository;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about)]
enum Task {
    NewDomain(NewDomain),
}

fn main() -> ExitCode {
    let Task::NewDomain(domain) = Task::parse();
    match domain.add_to(&Repository::here()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "new-domain: {error}");
            ExitCode::FAILURE
        }
    }
}
