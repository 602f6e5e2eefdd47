//! The page and the API, as a browser and a program meet them: real requests to the running service.

mod dead_letters;
mod document;
mod export;
mod gateway;
mod headers;
mod health;
mod jwt;
mod limits;
pub mod metrics;
mod open;
mod other_sites;
mod problems;
mod proxies;
mod questions;
mod records;
mod refusals;
mod schemathesis;
mod search;
mod session;
mod staying;
mod tail;
mod tls;
mod tokens;
mod with_prometheus;

use std::any::Any;

use serde_json::Value;
use ureq::{Agent, Body, RequestBuilder, http::Response, typestate::WithoutBody};

use test_servers::{PATIENCE, Running};

use crate::fixture::Fixture;

/// A service that listens.
pub struct Site {
    pub service: Running,
    address: String,
    agent: Agent,
    /// What must be there for as long as it runs.
    kept: Vec<Box<dyn Any>>,
}

/// What came back, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    pub body: String,
}

const HEARD: &str = "the page and the API are at ";

impl Site {
    pub fn of(place: &Fixture) -> Self {
        Self::with(place, &[])
    }

    /// One that nothing was stored in.
    fn alone(variables: &[(&str, &str)]) -> Self {
        let place = Fixture::sqlite();
        Self::with(&place, variables).keeping(place)
    }

    fn keeping(mut self, what: impl Any) -> Self {
        self.kept.push(Box::new(what));
        self
    }

    pub fn with(place: &Fixture, variables: &[(&str, &str)]) -> Self {
        Self::on(place.serve_with(variables))
    }

    pub fn on(service: Running) -> Self {
        service.wait_for_log(HEARD, 1);
        let said = service.log().iter().find_map(|line| {
            let message = line["message"].as_str().or_else(|| line["fields"]["message"].as_str())?;
            Some(message.split_once(HEARD)?.1.to_owned())
        });
        // Listening everywhere, it is reached here.
        let address = said.unwrap().replace("0.0.0.0", "127.0.0.1");
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE));
        Self { service, address, agent: config.build().into(), kept: Vec::new() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn request(&self, path: &str, headers: &[(&str, &str)]) -> RequestBuilder<WithoutBody> {
        let request = self.agent.get(self.url(path));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// Asks from any thread; the answer's text, given that it went well.
    #[cfg(feature = "heavy-tests")]
    pub fn reader(&self) -> impl Fn(&str) -> String + Send + use<> {
        let (agent, address) = (self.agent.clone(), self.address.clone());
        move |path| {
            let answer = Answer::of(agent.get(format!("{address}{path}")).call().unwrap());
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            answer.body
        }
    }

    fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        Answer::of(self.request(path, headers).call().unwrap())
    }

    /// Asks with a bearer token.
    fn get_as(&self, token: &str, path: &str) -> Answer {
        self.get_with(path, &[("authorization", &format!("Bearer {token}"))])
    }

    /// Sends a form.
    fn post(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let request = self.agent.post(self.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send_form(fields.iter().copied()).unwrap())
    }

    /// Sends JSON.
    fn post_json(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let request = self.agent.post(self.url(path)).content_type("application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send(body.to_string()).unwrap())
    }

    /// What was answered, given that it went well.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }
}

impl Answer {
    fn of(mut response: Response<Body>) -> Self {
        let body = response.body_mut().with_config().limit(1 << 30).read_to_string().unwrap();
        Self { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    pub fn text(&self) -> &str {
        &self.body
    }

    /// A header's text; empty if there is none.
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The `Set-Cookie` header of a cookie.
    fn cookie(&self, name: &str) -> &str {
        let prefix = format!("{name}=");
        self.cookies().into_iter().find(|cookie| cookie.starts_with(&prefix)).unwrap()
    }

    /// The values of all `Set-Cookie` headers.
    fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// Text as it stands in an address.
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
