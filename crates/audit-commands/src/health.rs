use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use audit_core::terminal::{visible, visible_json};
use clap::{Args, ValueEnum};
use http_client::Trust;
use serde::Deserialize;

use crate::{
    context::Context,
    exit::CommandResult,
    terminal::{TerminalStyle, print},
};

/// Show the health of the service that runs on this machine, at the configured address.
///
/// The exit status is 0 if it is up, and 1 if it is down or does not answer.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// What to check.
    #[arg(value_name = "WHAT", value_enum, default_value_t)]
    check: HealthCheck,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: HealthFormat,
}

/// What the answer looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum HealthFormat {
    /// One line per component, for people.
    Text,
    /// The service's answer, as it is.
    #[default]
    Json,
}

/// The part of the service's answer that people need.
#[derive(Debug, Deserialize)]
struct Health {
    status: String,
    #[serde(default)]
    components: BTreeMap<String, Component>,
}

#[derive(Debug, Deserialize)]
struct Component {
    status: String,
    reason: Option<String>,
    warning: Option<String>,
}

/// What is checked.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum HealthCheck {
    /// Everything: reading and storing.
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
        return Err("the service has no address to ask: web.bind is empty".into());
    };
    let address = on_this_machine(bind);
    let scheme = if context.config.web.has_tls() { "https" } else { "http" };
    // The certificate is for the name that readers know. This asks its own machine, and sends nothing secret.
    let mut answer = http_client::agent(Trust::Anybody, TIMEOUT)
        .get(format!("{scheme}://{address}{}", args.check.path()))
        .call()
        .map_err(|error| format!("no answer from {address}: {error}"))?;
    let is_up = answer.status().is_success();
    let body = answer.body_mut().read_to_string()?;
    match args.format {
        HealthFormat::Json => print(format!("{}\n", visible_json(&body)))?,
        HealthFormat::Text => print(lines(serde_json::from_str(&body)?))?,
    };
    Ok(if is_up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn lines(health: Health) -> String {
    let service = Component { status: health.status, reason: None, warning: None };
    let components = std::iter::once(("service".to_owned(), service)).chain(health.components);
    let style = TerminalStyle::of_stdout();
    let line = |(name, Component { status, reason, warning }): (String, Component)| {
        let why = reason.or(warning).map(|why| format!(": {why}")).unwrap_or_default();
        let line = format!("{status:<8} {name}{why}");
        format!("{}\n", style.line(status == "DOWN", &visible(&line)))
    };
    components.map(line).collect()
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
