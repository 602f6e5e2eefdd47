//! The platform's gateway, which says who asks.

use super::{Site, tokens::Tokens};

const ADMIN: [(&str, &str); 2] =
    [("x-user-id", "0197b2a4-6d1c-7a30-9f60-0c6f2a1b3c4d"), ("x-user-type", "ADMIN")];

fn site(networks: &str) -> Site {
    let roles = "{ADMIN = [\"auditor\"], SELLER = [\"support\"]}";
    Site::alone(&[
        ("LOG_SERVICE__WEB__GATEWAY__NETWORKS", networks),
        ("LOG_SERVICE__WEB__GATEWAY__ROLES", roles),
    ])
}

#[tokio::test]
async fn from_the_gateway_a_user_has_the_roles_of_his_type() {
    let site = site("[\"127.0.0.1/32\"]");
    for (user_type, search, access) in [("ADMIN", 200, 200), ("SELLER", 200, 403), ("CUSTOMER", 403, 403)] {
        let user = [("x-user-id", "7"), ("x-user-type", user_type)];
        let statuses = ["/api/v1/logs", "/api/v1/access"].map(|path| site.get_with(path, &user).status);
        assert_eq!(statuses, [search, access], "{user_type}");
    }
}

#[tokio::test]
async fn a_read_is_recorded_with_the_user_that_the_gateway_names() {
    let site = site("[\"127.0.0.1/32\"]");
    site.get_with("/api/v1/logs", &ADMIN);
    let reads = site.get_with("/api/v1/access", &ADMIN).json();
    assert_eq!(reads["items"][0]["actor_id"], ADMIN[0].1);
    assert_eq!(reads["items"][0]["actor_type"], "GATEWAY");
}

#[tokio::test]
async fn from_any_other_address_the_headers_say_nothing() {
    let site = site("[\"10.0.3.7/32\"]");
    assert_eq!(site.get_with("/api/v1/logs", &ADMIN).status, 401);
    // Nor do headers that claim another address.
    let forged = [ADMIN[0], ADMIN[1], ("x-forwarded-for", "10.0.3.7")];
    assert_eq!(site.get_with("/api/v1/logs", &forged).status, 401);
}

#[tokio::test]
async fn where_no_gateway_is_configured_the_headers_say_nothing() {
    let site = Tokens::file().site_alone();
    assert_eq!(site.get_with("/api/v1/logs", &ADMIN).status, 401);
}
