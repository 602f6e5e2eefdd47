//! Traces, sent to a collector by OTLP (protobuf over HTTP).

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use http_client::Trust;
use opentelemetry::{KeyValue, global};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use secrecy::ExposeSecret;
use tracing::{info, warn};
use ureq::{
    Agent,
    http::{HeaderMap, HeaderName, HeaderValue},
};

use audit_config::TelemetryConfig;

/// The longest that sending a batch of spans may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that shutting down waits for spans that are not sent yet.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);
/// The largest answer that is read. Its body is not needed.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Sends spans, on a thread of its own, and drops them when too many are pending.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends spans from now on, if the configuration says where to.
    pub fn export(config: &TelemetryConfig) -> Result<Option<Self>, ExporterBuildError> {
        let Some(endpoint) = config.otlp_endpoint() else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(TIMEOUT)
            .with_http_client(Client::new(config))
            .build()?;
        let service = Resource::builder_empty()
            .with_service_name("log-service")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider =
            SdkTracerProvider::builder().with_resource(service).with_batch_exporter(exporter).build();
        global::set_tracer_provider(provider.clone());
        Ok(Some(Self(provider)))
    }

    /// Sends what is left, within seconds.
    pub async fn finish(self) {
        let sending = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(SHUTDOWN_TIMEOUT));
        if let Ok(Err(error)) = sending.await {
            warn!(%error, "the last traces were not sent");
        }
    }
}

/// The exporter's HTTP client. It blocks, and only the exporter's own thread uses it.
#[derive(Debug)]
struct Client {
    agent: Agent,
    headers: HeaderMap,
    is_failing: AtomicBool,
}

impl Client {
    fn new(config: &TelemetryConfig) -> Self {
        let agent = http_client::agent(Trust::System, TIMEOUT);
        Self { agent, headers: headers(config), is_failing: AtomicBool::new(false) }
    }

    fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        request.headers_mut().extend(self.headers.clone());
        let (parts, body) = self.agent.run(request.map(|body| body.to_vec()))?.into_parts();
        let body = body.into_with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }

    /// Logs once that the collector refuses traces, and once that it takes them again.
    fn log_change(&self, failure: Option<String>) {
        match (failure, self.is_failing.load(Relaxed)) {
            (Some(error), false) => {
                warn!(%error, "the collector does not take traces: those that are not sent in time are dropped");
                self.is_failing.store(true, Relaxed);
            }
            (None, true) => {
                info!("the collector takes traces again");
                self.is_failing.store(false, Relaxed);
            }
            _ => {}
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.send(request);
        self.log_change(match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("its answer's status is {}", answer.status().as_u16())),
            Err(error) => Some(error.to_string()),
        });
        Ok(answer?)
    }
}

/// The headers that the configuration adds to each request. They were checked when it was read.
fn headers(config: &TelemetryConfig) -> HeaderMap {
    let header = |(name, value): (String, secrecy::SecretString)| {
        let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some((name.parse::<HeaderName>().ok()?, value))
    };
    config.otlp_headers().into_iter().filter_map(header).collect()
}
