use std::{env, path::Path};

use audit_core::store::DomainLog;
use figment::{Figment, value::Value};

use crate::{Config, ConfigError, error::Invalid, show, sources};

/// A configuration, and where its values came from.
#[derive(Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// The values without secrets.
    values: Value,
    sources: Figment,
}

impl Loaded {
    /// Reads and checks all sources: the defaults, a file, the environment. `file` is the one that was named, if any.
    #[expect(clippy::disallowed_methods, reason = "the program's configuration: all else is given it")]
    pub fn read(file: Option<&Path>, domains: &[DomainLog]) -> Result<Self, ConfigError> {
        let sources = sources::all(file, env::vars_os())?;
        let mut config: Config =
            sources.extract().map_err(|error| ConfigError::from_figment(&error, &sources))?;
        let values =
            Value::serialize(&config).map_err(|error| ConfigError::from_figment(&error, &sources))?;
        complete(&mut config, domains).map_err(|invalid| ConfigError::at(invalid, &values, &sources))?;
        Ok(Self { config, values, sources })
    }

    /// The effective values as TOML, each with its source. Secrets are hidden.
    #[must_use]
    pub fn show(&self) -> String {
        show::effective(&self.values, &self.sources)
    }
}

/// Lets keys complete each other, and checks what no type can.
fn complete(config: &mut Config, domains: &[DomainLog]) -> Result<(), Invalid> {
    config.database.complete()?;
    config.database.check()?;
    config.ingest.check_domains(domains)?;
    config.telemetry.check()?;
    config.web.check()?;
    config.reading.check(&config.ingest)?;
    config.rabbitmq.check(&config.ingest)
}
