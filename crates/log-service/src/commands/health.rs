use std::{net::IpAddr, process::ExitCode, time::Duration};

use audit_core::terminal::visible_json;
use ureq::{Agent, tls::TlsConfig};

use super::{CommandResult, print};
use audit_config::Config;

use crate::cli::HealthQuestion;

/// The longest that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks the service that runs here how it is, and prints what it says.
pub(super) fn health(config: &Config, question: HealthQuestion) -> CommandResult {
    let Some(mut address) = config.web.bind() else {
        return Err("nothing listens that could be asked: web.bind is empty".into());
    };
    // Where everybody is listened to, this machine is.
    address.set_ip(match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    });
    let scheme = if config.web.has_tls() { "https" } else { "http" };
    // The certificate is for the name that readers know. This asks its own machine, and sends nothing secret.
    let tls = TlsConfig::builder().disable_verification(true).build();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .tls_config(tls)
        .timeout_global(Some(TIMEOUT));
    let agent = Agent::from(config.build());
    let mut answer = agent
        .get(format!("{scheme}://{address}{}", path(question)))
        .call()
        .map_err(|error| format!("no answer from {address}: {error}"))?;
    let is_up = answer.status().is_success();
    print(format!("{}\n", visible_json(&answer.body_mut().read_to_string()?)))?;
    Ok(if is_up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn path(question: HealthQuestion) -> &'static str {
    match question {
        HealthQuestion::All => "/health",
        HealthQuestion::Live => "/health/live",
        HealthQuestion::Ready => "/health/ready",
        HealthQuestion::Ingest => "/health/ingest",
    }
}
