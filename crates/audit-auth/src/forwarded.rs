//! The headers in which proxies report whose request they forward: `Forwarded` (RFC 7239) and its predecessor
//! `X-Forwarded-For`.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderValue};

/// Where one proxy received a request from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// An address.
    Known(IpAddr),
    /// The proxy hides it: `unknown`, an obfuscated name, or a `Forwarded` without `for`.
    Hidden,
    /// Not valid in either header.
    Unreadable,
}

/// The hops of `Forwarded`; the last one is that of the proxy nearest to us. `None` without the header.
pub(crate) fn forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    hops(headers, "forwarded", |line| elements(line).unwrap_or_else(|| vec![Hop::Unreadable]))
}

/// The hops of `X-Forwarded-For`.
pub(crate) fn x_forwarded_for(headers: &HeaderMap) -> Option<Vec<Hop>> {
    hops(headers, "x-forwarded-for", |line| {
        line.split(',').map(str::trim).filter(|node| !node.is_empty()).map(hop).collect()
    })
}

/// Whether a proxy has forwarded the request, as far as it says so.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    let is_proxys =
        |name: &str| matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-");
    headers.keys().any(|name| is_proxys(name.as_str()))
}

/// A proxy appends to the last line or adds a line of its own. Each line is parsed by itself, so that a quote that the
/// sender has left open doesn't swallow the next line.
fn hops(headers: &HeaderMap, name: &str, read: impl Fn(&str) -> Vec<Hop>) -> Option<Vec<Hop>> {
    let lines = headers.get_all(name);
    let read = |line: &HeaderValue| line.to_str().map_or_else(|_| vec![Hop::Unreadable], &read);
    headers.contains_key(name).then(|| lines.iter().flat_map(read).collect())
}

/// The elements of one line, in order: `for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"`.
fn elements(line: &str) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    // The element so far: nothing, pairs without `for`, or its `for`.
    let mut element = None;
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(BLANK);
        if !rest.is_empty() && !rest.starts_with([',', ';']) {
            let (name, value, after) = pair(rest)?;
            if !name.eq_ignore_ascii_case("for") {
                element.get_or_insert(None);
            } else if element.replace(Some(hop(&value))).flatten().is_some() {
                return None;
            }
            rest = after.trim_start_matches(BLANK);
        }
        if let Some(more) = rest.strip_prefix(';') {
            rest = more;
            continue;
        }
        hops.extend(element.take().map(|node| node.unwrap_or(Hop::Hidden)));
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None if rest.is_empty() => return Some(hops),
            None => return None,
        }
    }
}

const BLANK: [char; 2] = [' ', '\t'];

/// Splits off `name=value` or `name="value"` at the beginning of the text.
fn pair(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return None;
    }
    let Some(quoted) = rest.strip_prefix('"') else {
        // Lenient: a token may have no colon, as before a port. Commas and quotes are excluded, so nothing is ambiguous.
        let end = rest.find([',', ';', ' ', '\t']).unwrap_or(rest.len());
        let (value, after) = rest.split_at(end);
        return (!value.is_empty() && !value.contains('"')).then(|| (name, value.to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((name, value, &quoted[at + 1..])),
            (_, '\\') => value.push(chars.next()?.1),
            (_, char) => value.push(char),
        }
    }
}

/// Parses a node of either header: an address, `unknown` or `_name`, with or without a port.
fn hop(node: &str) -> Hop {
    let (name, port) =
        if let Some((address, rest)) = node.strip_prefix('[').and_then(|node| node.split_once(']')) {
            (address, rest.strip_prefix(':').or((!rest.is_empty()).then_some("")))
        } else if node.matches(':').count() == 1 {
            node.split_once(':').map_or((node, None), |(name, port)| (name, Some(port)))
        } else {
            (node, None)
        };
    if port.is_some_and(|port| !is_name(port) && port.parse::<u16>().is_err()) {
        return Hop::Unreadable;
    }
    if name.eq_ignore_ascii_case("unknown") || is_name(name) {
        return Hop::Hidden;
    }
    // Java adds the network interface to some IPv6 addresses: `fe80:0:0:0:0:0:0:1%eth0`.
    let without_zone = || name.split_once('%')?.0.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    let address = name.parse::<IpAddr>().ok().or_else(without_zone);
    address.map_or(Hop::Unreadable, |address| Hop::Known(address.to_canonical()))
}

/// Whether this is an obfuscated identifier (RFC 7239, 6.3).
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() > 1 && text.starts_with('_') && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(address: &str) -> Hop {
        Hop::Known(address.parse().unwrap())
    }

    fn headers(name: &'static str, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        headers
    }

    fn read(lines: &[&str]) -> Vec<Hop> {
        forwarded(&headers("forwarded", lines)).unwrap()
    }

    #[test]
    fn forwarded_is_read_as_its_standard_says() {
        for (line, hops) in [
            ("for=192.0.2.43", vec![known("192.0.2.43")]),
            ("For=\"[2001:db8:cafe::17]:4711\"", vec![known("2001:db8:cafe::17")]),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![known("192.0.2.60")]),
            ("proto=http; FOR=192.0.2.60 ;by=\"a,b;for=x\"", vec![known("192.0.2.60")]),
            ("for=192.0.2.43, for=\"198.51.100.17:80\"", vec![known("192.0.2.43"), known("198.51.100.17")]),
            ("for=192.0.2.43,for=\"[2001:db8::1]\"", vec![known("192.0.2.43"), known("2001:db8::1")]),
            ("for=\"::ffff:192.0.2.1\"", vec![known("192.0.2.1")]),
            ("for=\"192.0.2.1:_port\"", vec![known("192.0.2.1")]),
            ("for=\"1\\92.0.2.1\"", vec![known("192.0.2.1")]),
            ("for=\"[fe80:0:0:0:0:0:0:1%eth0]:4711\"", vec![known("fe80::1")]),
            ("for=192.0.2.1:80", vec![known("192.0.2.1")]),
            ("for=unknown, for=_hidden, for=\"_SEVKISEK:80\", for=\"unknown:1\"", vec![Hop::Hidden; 4]),
            ("proto=https, for=192.0.2.1", vec![Hop::Hidden, known("192.0.2.1")]),
            (", ,for=192.0.2.1;, ;", vec![known("192.0.2.1")]),
            ("", vec![]),
        ] {
            assert_eq!(read(&[line]), hops, "{line}");
        }
    }

    #[test]
    fn what_is_no_node_is_unreadable_by_itself() {
        for node in [
            "192.0.2.300",
            "example.com",
            "_",
            "_a b",
            "[::1",
            "[192.0.2.1]x",
            "1.2.3.4:x",
            "1.2.3.4:99999",
            "192.0.2.1%eth0",
            "::g",
        ] {
            let line = format!("for=\"{node}\", for=192.0.2.1");
            assert_eq!(read(&[&line]), [Hop::Unreadable, known("192.0.2.1")], "{node}");
        }
    }

    #[test]
    fn what_is_no_list_is_unreadable_as_a_whole() {
        for line in [
            "for=\", for=192.0.2.1",
            "for=\"192.0.2.9\"\", for=192.0.2.1",
            "for=\"_x, for=\"[2001:db8::1]\"",
            "for=\"a\\",
            "x, for=192.0.2.1",
            "for = 192.0.2.1",
            "for=192.0.2.1 for=192.0.2.2",
            "for=192.0.2.1;for=192.0.2.2",
            "for=",
            "=192.0.2.1",
            "192.0.2.1",
            "for=192.0.2.1\u{a0}",
        ] {
            assert_eq!(read(&[line]), [Hop::Unreadable], "{line}");
        }
    }

    #[test]
    fn a_line_that_its_sender_left_open_swallows_nothing_of_the_next() {
        assert_eq!(read(&["for=\"", "for=192.0.2.1"]), [Hop::Unreadable, known("192.0.2.1")]);
    }

    #[test]
    fn x_forwarded_for_has_bare_addresses_ports_and_what_proxies_write_instead() {
        let lines = ["192.0.2.1, 2001:db8::1 ,,unknown", "[2001:db8::2]:80,198.51.100.1:4711, [::1], x"];
        let expected = [
            known("192.0.2.1"),
            known("2001:db8::1"),
            Hop::Hidden,
            known("2001:db8::2"),
            known("198.51.100.1"),
            known("::1"),
            Hop::Unreadable,
        ];
        assert_eq!(x_forwarded_for(&headers("x-forwarded-for", &lines)).unwrap(), expected);
        assert_eq!(x_forwarded_for(&HeaderMap::new()), None);
    }
}
