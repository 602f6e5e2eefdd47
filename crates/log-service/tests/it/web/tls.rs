//! TLS that the service ends itself.

use std::{
    fs,
    io::Read,
    net::TcpStream,
    process::{Command, Output},
};

use tempfile::TempDir;
use test_servers::{PATIENCE, make_certificate};
use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::{
    Site,
    tokens::{SUPPORT, Tokens},
};
use crate::fixture::{Fixture, eventually};

/// Certificate and key, and the authority that readers know it by.
struct Files(TempDir);

impl Files {
    fn made() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        make_certificate(files.0.path());
        files
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn variables<'a>(certificate: &'a str, key: &'a str) -> [(&'static str, &'a str); 2] {
        [("LOG_SERVICE__WEB__TLS__CERTIFICATE", certificate), ("LOG_SERVICE__WEB__TLS__KEY", key)]
    }

    fn site(&self, place: &Fixture, others: &[(&str, &str)]) -> Site {
        let (certificate, key) = (self.path("cert.pem"), self.path("key.pem"));
        let mut site = Site::with(place, &[&Self::variables(&certificate, &key), others].concat());
        site.agent = self.agent();
        site
    }

    /// One that knows this authority and no other.
    fn agent(&self) -> Agent {
        let pem = fs::read(self.path("ca.pem")).unwrap();
        let authority = parse_pem(&pem).find_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        let roots: [Certificate<'static>; 1] = [authority.unwrap()];
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE))
            .max_idle_connections(0)
            .tls_config(tls);
        config.build().into()
    }
}

fn knows(site: &Site, agent: &Agent) -> bool {
    agent.get(site.url("/health/live")).call().is_ok()
}

#[tokio::test]
async fn readers_are_served_over_tls_and_the_cookie_travels_over_it_only() {
    let (files, tokens, place) = (Files::made(), Tokens::file(), Fixture::sqlite());
    let site = files.site(&place, &[("LOG_SERVICE__WEB__TOKENS_FILE", &tokens.path())]);
    assert!(site.url("/").starts_with("https://127.0.0.1:"), "{}", site.url("/"));
    assert_eq!(site.get_as(SUPPORT, "/api/v1/logs").status, 200);
    let signed_in = site.post("/sign-in", &[("token", SUPPORT)], &[]);
    let cookie = signed_in.cookies()[0];
    assert!(cookie.starts_with("__Host-session=") && cookie.contains("; Secure"), "{cookie}");
    let plain = site.url("/health/live").replace("https://", "http://");
    assert!(site.agent.get(plain).call().is_err());
    assert!(!knows(&site, &Files::made().agent()));
}

#[tokio::test]
async fn the_command_asks_over_tls_how_the_service_is() {
    let (files, place) = (Files::made(), Fixture::sqlite());
    let site = files.site(&place, &[]);
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let address = site.address.trim_start_matches("https://");
    let mut command = place.command(&["health", "ready"]);
    command.env("LOG_SERVICE__WEB__BIND", address).envs(Files::variables(&certificate, &key));
    let answer = command.output().unwrap();
    assert!(answer.status.success(), "{answer:?}");
    assert!(String::from_utf8(answer.stdout).unwrap().contains("UP"));
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_and_a_broken_one_is_not() {
    let (files, renewed, place) = (Files::made(), Files::made(), Fixture::sqlite());
    let site = files.site(&place, &[]);
    let replace = |name, with: &[u8]| fs::write(files.path(name), with).unwrap();
    assert!(knows(&site, &files.agent()));

    for name in ["key.pem", "cert.pem"] {
        replace(name, &fs::read(renewed.path(name)).unwrap());
    }
    let (old, new) = (files.agent(), renewed.agent());
    eventually("the certificate to be read again", async || knows(&site, &new)).await;
    assert!(!knows(&site, &old));

    replace("key.pem", b"no key");
    eventually("the warning", async || {
        assert!(knows(&site, &new), "the last certificate stays in force");
        site.service.log().iter().any(|line| line.to_string().contains("can't be read again"))
    })
    .await;
    replace("key.pem", &fs::read(renewed.path("key.pem")).unwrap());
    let read = |site: &Site| {
        let log = site.service.log();
        log.iter().filter(|line| line.to_string().contains("the TLS certificate was read again")).count()
    };
    eventually("it to be read once more", async || knows(&site, &new) && read(&site) >= 2).await;
}

#[tokio::test]
async fn who_begins_no_handshake_keeps_nobody_waiting_and_is_cut_off() {
    let (files, place) = (Files::made(), Fixture::sqlite());
    let site = files.site(&place, &[]);
    let address = site.address.trim_start_matches("https://");
    let silent: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert!(knows(&site, &files.agent()));
    for mut connection in silent {
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(connection.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn files_that_are_of_no_use_end_the_start_with_what_is_wrong() {
    let (files, other, place) = (Files::made(), Files::made(), Fixture::sqlite());
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let started = |certificate: &str, key: &str| -> Output {
        let mut command: Command = place.command(&["serve"]);
        command.envs(Files::variables(certificate, key)).output().unwrap()
    };
    for (certificate, key, told) in [
        (&*certificate, "", "web.tls.certificate needs its key"),
        ("", &*key, "web.tls.key needs its certificate"),
        ("/nowhere/cert.pem", &key, "/nowhere/cert.pem can't be read"),
        (&certificate, "/nowhere/key.pem", "/nowhere/key.pem can't be read"),
        (&key, &key, "key.pem has no certificate in PEM"),
        (&certificate, &certificate, "cert.pem has no private key in PEM"),
        (&certificate, &other.path("key.pem"), "can't be used"),
    ] {
        let output = started(certificate, key);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains("web.tls") && said.contains(told), "{told}: {said}");
        assert!(!said.contains("BEGIN"), "{said}");
    }
}
