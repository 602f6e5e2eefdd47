use http::{HeaderName, HeaderValue, Uri};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tracing_subscriber::EnvFilter;

use crate::{error::Invalid, show::hidden};

/// Section `[telemetry]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Which messages are logged.
    #[serde(deserialize_with = "log_filter", serialize_with = "as_text")]
    pub filter: EnvFilter,
    /// The form of log lines.
    pub format: LogFormat,
    otlp_endpoint: String,
    #[serde(serialize_with = "hidden")]
    otlp_headers: SecretString,
}

impl TelemetryConfig {
    /// The collector's address without a path, if traces are exported.
    #[must_use]
    pub fn otlp_endpoint(&self) -> Option<&str> {
        Some(self.otlp_endpoint.trim_end_matches('/')).filter(|endpoint| !endpoint.is_empty())
    }

    /// The headers of each request there.
    #[must_use]
    pub fn otlp_headers(&self) -> Vec<(String, SecretString)> {
        let headers =
            self.otlp_headers.expose_secret().split(',').filter_map(|header| header.split_once('='));
        headers.map(|(name, value)| (name.trim().to_owned(), value.trim().into())).collect()
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let is_address = |endpoint: &str| {
            let uri = endpoint.parse::<Uri>().unwrap_or_default();
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some()
                && uri.query().is_none()
        };
        if self.otlp_endpoint().is_some_and(|endpoint| !is_address(endpoint)) {
            let problem = "expected an address, such as http://localhost:4318";
            return Err(Invalid::new("telemetry.otlp_endpoint", problem));
        }
        let headers = self.otlp_headers();
        let given = self.otlp_headers.expose_secret();
        let is_header = |(name, value): &(String, SecretString)| {
            name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(value.expose_secret()).is_ok()
        };
        if !given.is_empty() && (headers.len() != given.split(',').count() || !headers.iter().all(is_header))
        {
            let problem = "expected headers, such as authorization=Bearer …, separated by commas";
            return Err(Invalid::new("telemetry.otlp_headers", problem));
        }
        Ok(())
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

fn log_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EnvFilter, D::Error> {
    EnvFilter::try_new(String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn as_text<S: Serializer>(filter: &EnvFilter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(filter)
}
