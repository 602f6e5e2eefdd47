use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::{
    AuthError,
    forwarded::{Hop, forwarded, x_forwarded_for},
};

/// More proxies than any request passes. A longer list is an attack.
const MAX_HOPS: usize = 32;

/// The proxies that are trusted to report whose requests they forward.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Trusts every proxy in these networks.
    pub fn new(networks: Vec<IpNet>) -> Result<Self, AuthError> {
        if networks.iter().any(|network| network.prefix_len() == 0) {
            return Err(AuthError::Proxies("they hold every address: anybody could say where he is"));
        }
        Ok(Self(networks.into()))
    }

    /// Whether this is the address of a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether no proxy is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a request comes from. Throttling, limits and records use its [`ip`](Self::ip), which is the reader's own. Only
/// whether the gateway's headers count depends on the [`peer`](Self::peer), the other end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    peer: IpAddr,
    ip: IpAddr,
    error: Option<ForwardingError>,
}

/// Why the origin of a request is unclear. It came through a trusted proxy, so the peer's address is not the reader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardingError {
    /// The headers are malformed.
    #[error(
        "Forwarded or X-Forwarded-For can't be read: the proxy must replace what readers send, or add to it"
    )]
    Unreadable,
    /// Both headers are present and disagree: the reader has sent the one that his proxy does not write.
    #[error(
        "Forwarded and X-Forwarded-For name different addresses: the proxy must write one, and take the other away"
    )]
    Contradictory,
}

impl ClientAddress {
    /// The address of a connection without a trusted proxy.
    #[must_use]
    pub fn direct(peer: IpAddr) -> Self {
        let peer = peer.to_canonical();
        Self { peer, ip: peer, error: None }
    }

    /// The address of a request with these headers. They count only if the peer is a trusted proxy.
    #[must_use]
    pub fn of(headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies) -> Self {
        let direct = Self::direct(peer);
        if !proxies.contains(peer) {
            return direct;
        }
        match named(headers, direct.peer, proxies) {
            Ok(ip) => Self { ip, ..direct },
            Err(error) => Self { error: Some(error), ..direct },
        }
    }

    /// The reader's address, or that of the nearest proxy that hides it.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.ip
    }

    /// The other end of the connection.
    #[must_use]
    pub fn peer(self) -> IpAddr {
        self.peer
    }

    /// What limits count as one address: an IPv4 address, or the /64 of an IPv6 address, as one host usually has all of it.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.ip {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
            ip @ IpAddr::V4(_) => ip,
        }
    }

    /// Why the reader's address is unclear, if it is.
    #[must_use]
    pub fn forwarding_error(self) -> Option<ForwardingError> {
        self.error
    }
}

/// The address that the proxies report. A proxy writes only one of the two headers. If both are present there is no telling
/// which is the proxy's, so they must agree.
fn named(headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies) -> Result<IpAddr, ForwardingError> {
    let follow = |hops: Option<Vec<Hop>>| hops.map(|hops| follow(&hops, peer, proxies)).transpose();
    match (follow(forwarded(headers))?, follow(x_forwarded_for(headers))?) {
        (Some(one), Some(other)) if one != other => Err(ForwardingError::Contradictory),
        (one, other) => Ok(one.or(other).unwrap_or(peer)),
    }
}

/// Follows the hops from the connection back to the first address that is no trusted proxy. Whatever comes before that was
/// written by the reader.
fn follow(hops: &[Hop], peer: IpAddr, proxies: &TrustedProxies) -> Result<IpAddr, ForwardingError> {
    if hops.len() > MAX_HOPS {
        return Err(ForwardingError::Unreadable);
    }
    let mut address = peer;
    for hop in hops.iter().rev() {
        if !proxies.contains(address) {
            break;
        }
        match hop {
            Hop::Known(before) => address = *before,
            Hop::Hidden => break,
            Hop::Unreadable => return Err(ForwardingError::Unreadable),
        }
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::{ForwardingError::*, *};

    fn of(peer: &str, headers: &[(&'static str, &str)]) -> ClientAddress {
        let networks = ["10.0.1.0/24", "fd00::/64"].map(|network| network.parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let proxies = TrustedProxies::new(networks.to_vec()).unwrap();
        ClientAddress::of(&map, peer.parse().unwrap(), &proxies)
    }

    fn ip(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let address = of(peer, headers);
        assert_eq!(address.forwarding_error(), None, "{headers:?}");
        address.ip().to_string()
    }

    const XFF: &str = "x-forwarded-for";
    const FORWARDED: &str = "forwarded";

    #[test]
    fn only_from_a_trusted_proxy_are_the_headers_read() {
        for (peer, seen) in [
            ("10.0.1.1", "192.0.2.1"),
            ("::ffff:10.0.1.1", "192.0.2.1"),
            ("fd00::9", "192.0.2.1"),
            ("10.0.2.1", "10.0.2.1"),
            ("::ffff:10.0.2.1", "10.0.2.1"),
            ("192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(ip(peer, &[(XFF, "192.0.2.1")]), seen, "{peer}");
            assert_eq!(ip(peer, &[(FORWARDED, "for=192.0.2.1")]), seen, "{peer}");
        }
    }

    #[test]
    fn the_reader_is_the_last_address_that_is_no_proxy_s() {
        for (list, seen) in [
            ("192.0.2.1", "192.0.2.1"),
            // The reader has sent a list of his own.
            ("203.0.113.9, 192.0.2.1", "192.0.2.1"),
            ("10.0.1.7, 203.0.113.9, 192.0.2.1, 10.0.1.2", "192.0.2.1"),
            ("nonsense, 192.0.2.1", "192.0.2.1"),
            ("unknown, 192.0.2.1", "192.0.2.1"),
            // Everything is a proxy's: the reader is among them.
            ("10.0.1.9, 10.0.1.2", "10.0.1.9"),
            // The last proxy but one does not say.
            ("192.0.2.1, unknown, 10.0.1.2", "10.0.1.2"),
            ("", "10.0.1.1"),
        ] {
            assert_eq!(ip("10.0.1.1", &[(XFF, list)]), seen, "{list}");
        }
        assert_eq!(ip("10.0.1.1", &[(XFF, "203.0.113.9"), (XFF, "192.0.2.1")]), "192.0.2.1");
        assert_eq!(ip("10.0.1.1", &[(FORWARDED, "for=_hidden;proto=https")]), "10.0.1.1");
        assert_eq!(ip("10.0.1.1", &[]), "10.0.1.1");
    }

    #[test]
    fn what_no_proxy_writes_is_no_address() {
        let long = ["192.0.2.1"; MAX_HOPS + 1].join(",");
        for headers in [
            (XFF, "192.0.2.1, nonsense"),
            (XFF, "nonsense, 10.0.1.2"),
            (XFF, long.as_str()),
            // The reader has left a quote open, and the proxy added to it.
            (FORWARDED, "for=\", for=192.0.2.1"),
        ] {
            let address = of("10.0.1.1", &[headers]);
            assert_eq!(address.forwarding_error(), Some(Unreadable), "{headers:?}");
            assert_eq!(address.ip(), address.peer());
        }
    }

    #[test]
    fn of_two_headers_one_may_be_the_reader_s_so_they_have_to_agree() {
        assert_eq!(ip("10.0.1.1", &[(XFF, "192.0.2.1"), (FORWARDED, "for=\"192.0.2.1:80\"")]), "192.0.2.1");
        for forged in ["for=203.0.113.9", "for=unknown"] {
            let address = of("10.0.1.1", &[(XFF, "192.0.2.1"), (FORWARDED, forged)]);
            assert_eq!(address.forwarding_error(), Some(Contradictory), "{forged}");
        }
        // From elsewhere neither counts.
        assert_eq!(ip("192.0.2.7", &[(XFF, "192.0.2.1"), (FORWARDED, "for=203.0.113.9")]), "192.0.2.7");
    }

    #[test]
    fn an_ipv6_network_is_one_and_so_is_an_address_in_both_its_forms() {
        let network = |peer: &str| ClientAddress::direct(peer.parse().unwrap()).network();
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.2"), network("192.0.2.1"));
    }

    #[test]
    fn proxies_anywhere_are_a_mistake() {
        assert!(
            TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "0.0.0.0/0".parse().unwrap()]).is_err()
        );
        assert!(TrustedProxies::new(vec!["::/0".parse().unwrap()]).is_err());
        assert!(TrustedProxies::default().is_empty());
    }
}
