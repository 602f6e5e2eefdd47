use std::{collections::HashMap, net::IpAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;
use uuid::Uuid;

use crate::{AuthError, AuthMethod, GatewaySettings, Reader, Roles};

const USER_ID: &str = "x-user-id";
const USER_TYPE: &str = "x-user-type";

/// Identifies readers by the headers of the platform's gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    networks: Vec<IpNet>,
    roles: HashMap<String, Roles>,
}

impl Gateway {
    pub(crate) fn new(settings: GatewaySettings) -> Result<Self, AuthError> {
        let GatewaySettings { networks, roles } = settings;
        if networks.is_empty() {
            return Err(AuthError::Gateway("networks is empty: name the addresses of the gateway"));
        }
        if networks.iter().any(|network| network.prefix_len() == 0) {
            return Err(AuthError::Gateway("networks holds every address: anybody could say who he is"));
        }
        Ok(Self { networks, roles })
    }

    /// Whether this is an address of the gateway.
    pub(crate) fn is_at(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.networks.iter().any(|network| network.contains(&peer))
    }

    /// The reader that the gateway reports. From any other address the headers are ignored, and also if one of them occurs
    /// twice: then somebody in front of the gateway may have added it.
    pub(crate) fn identify(&self, headers: &HeaderMap, peer: IpAddr) -> Option<Reader> {
        if !self.is_at(peer) {
            return None;
        }
        let (id, user_type) = (single(headers, USER_ID)?, single(headers, USER_TYPE)?);
        let roles = self.roles.get(user_type).cloned().unwrap_or_default();
        Reader::new(id, Uuid::try_parse(id).ok(), roles, AuthMethod::Gateway)
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Permission, Role};

    const ID: &str = "0197b2a4-6d1c-7a30-9f60-0c6f2a1b3c4d";

    fn gateway(networks: &[&str]) -> Result<Gateway, AuthError> {
        Gateway::new(GatewaySettings {
            networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
            roles: HashMap::from([("ADMIN".to_owned(), [Role::Auditor].into_iter().collect())]),
        })
    }

    fn identify(peer: &str, headers: &[(&'static str, &str)]) -> Option<Reader> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        gateway(&["10.1.0.0/16", "fd00::/8"]).unwrap().identify(&map, peer.parse().unwrap())
    }

    #[test]
    fn the_gateways_word_is_taken_from_its_addresses_only() {
        let headers = [(USER_ID, ID), (USER_TYPE, "ADMIN")];
        for peer in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"] {
            let reader = identify(peer, &headers).unwrap();
            assert_eq!(
                (reader.name(), reader.id(), reader.auth_method()),
                (ID, ID.parse().ok(), AuthMethod::Gateway)
            );
            assert!(reader.may(Permission::Export));
        }
        for peer in ["10.2.0.1", "::ffff:10.2.0.1", "127.0.0.1", "2001:db8::1"] {
            assert_eq!(identify(peer, &headers), None, "{peer}");
        }
    }

    #[test]
    fn a_user_type_without_roles_may_do_nothing() {
        let reader = identify("10.1.2.3", &[(USER_ID, "7"), (USER_TYPE, "CUSTOMER")]).unwrap();
        assert_eq!((reader.id(), reader.roles().count()), (None, 0));
    }

    #[test]
    fn half_or_double_headers_are_none() {
        for headers in [
            &[(USER_ID, ID)][..],
            &[(USER_TYPE, "ADMIN")],
            &[(USER_ID, "1"), (USER_ID, "2"), (USER_TYPE, "ADMIN")],
            &[(USER_ID, "1"), (USER_TYPE, "CUSTOMER"), (USER_TYPE, "ADMIN")],
            &[(USER_ID, ""), (USER_TYPE, "ADMIN")],
        ] {
            assert_eq!(identify("10.1.2.3", headers), None, "{headers:?}");
        }
    }

    #[test]
    fn a_gateway_anywhere_is_a_mistake() {
        assert!(gateway(&[]).is_err());
        assert!(gateway(&["10.0.0.0/8", "0.0.0.0/0"]).is_err());
        assert!(gateway(&["::/0"]).is_err());
    }
}
