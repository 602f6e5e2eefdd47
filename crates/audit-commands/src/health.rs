use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use audit_core::terminal::visible_json;
use clap::{Args, ValueEnum};
use http_client::Trust;

use crate::{context::Context, exit::CommandResult, terminal::print};

/// Ask the service that runs on this machine how it is, at the address of the configuration.
///
/// Prints what it says. The exit status is 0 if what was asked after is up, and 1 if not, or if nobody answers.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// What to ask after.
    #[arg(value_name = "WHAT", value_enum, default_value_t)]
    check: HealthCheck,
}

/// What is checked.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum HealthCheck {
    /// Everything: reading, and all that storing needs.
    #[default]
    All,
    /// The process.
    Live,
    /// Reading.
    Ready,
    /// Storing: the broker, the database, and each domain.
    Ingest,
}

impl HealthCheck {
    fn path(self) -> &'static str {
        match self {
            Self::All => "/health",
            Self::Live => "/health/live",
            Self::Ready => "/health/ready",
            Self::Ingest => "/health/ingest",
        }
    }
}

/// The longest that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn health(context: &Context<'_>, args: &HealthArgs) -> CommandResult {
    let Some(bind) = context.config.web.bind() else {
        return Err("nothing listens that could be asked: web.bind is empty".into());
    };
    let address = on_this_machine(bind);
    let scheme = if context.config.web.has_tls() { "https" } else { "http" };
    // The certificate is for the name that readers know. This asks its own machine, and sends nothing secret.
    let mut answer = http_client::agent(Trust::Anybody, TIMEOUT)
        .get(format!("{scheme}://{address}{}", args.check.path()))
        .call()
        .map_err(|error| format!("no answer from {address}: {error}"))?;
    let is_up = answer.status().is_success();
    print(format!("{}\n", visible_json(&answer.body_mut().read_to_string()?)))?;
    Ok(if is_up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The address by which this machine reaches a listener. An unspecified address means all of its addresses.
fn on_this_machine(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}
