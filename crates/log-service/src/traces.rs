//! Traces, sent to a collector by OTLP (protobuf over HTTP).

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use opentelemetry::{KeyValue, global};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use secrecy::ExposeSecret;
use tracing::{info, warn};
use ureq::{
    Agent,
    http::{HeaderMap, HeaderName, HeaderValue},
    tls::{Certificate, RootCerts, TlsConfig},
};

use audit_config::TelemetryConfig;

/// The longest that sending a batch of spans may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that the end waits for what is not sent yet.
const AT_THE_END: Duration = Duration::from_secs(3);
/// An answer's body says nothing that is needed.
const LARGEST_ANSWER: u64 = 64 * 1024;

/// What sends spans. A thread of its own does; it drops them when too many wait.
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
        let sending = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(AT_THE_END));
        if let Ok(Err(error)) = sending.await {
            warn!(%error, "the last traces were not sent");
        }
    }
}

/// Sends by the client that is in the tree already. It blocks: only the exporter's own thread uses it.
#[derive(Debug)]
struct Client {
    agent: Agent,
    headers: HeaderMap,
    away: AtomicBool,
}

impl Client {
    fn new(config: &TelemetryConfig) -> Self {
        let found = rustls_native_certs::load_native_certs().certs;
        let roots: Vec<_> = found.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build();
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(tls);
        Self { agent: agent.build().into(), headers: headers(config), away: AtomicBool::new(false) }
    }

    fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        request.headers_mut().extend(self.headers.clone());
        let (parts, body) = self.agent.run(request.map(|body| body.to_vec()))?.into_parts();
        let body = body.into_with_config().limit(LARGEST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }

    /// Says once that traces are not taken, and once that they are again.
    fn tell(&self, failure: Option<String>) {
        match (failure, self.away.load(Relaxed)) {
            (Some(error), false) => {
                warn!(%error, "the collector does not take traces: those that are not sent in time are dropped");
                self.away.store(true, Relaxed);
            }
            (None, true) => {
                info!("the collector takes traces again");
                self.away.store(false, Relaxed);
            }
            _ => {}
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.send(request);
        self.tell(match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("its answer's status is {}", answer.status().as_u16())),
            Err(error) => Some(error.to_string()),
        });
        Ok(answer?)
    }
}

/// What the configuration adds to each request. It was checked when it was read.
fn headers(config: &TelemetryConfig) -> HeaderMap {
    let header = |(name, value): (String, secrecy::SecretString)| {
        let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some((name.parse::<HeaderName>().ok()?, value))
    };
    config.otlp_headers().into_iter().filter_map(header).collect()
}
