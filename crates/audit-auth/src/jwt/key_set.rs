//! The keys of a JSON Web Key Set (RFC 7517).

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind,
    jwk::{AlgorithmParameters, Jwk, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// A public key that verifies tokens.
#[derive(Clone, Debug)]
pub(super) struct PublicKey {
    id: Option<String>,
    /// The only algorithm to use it with, if the issuer names one.
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

/// RFC 7517, 5: keys that we don't understand are ignored, one by one.
#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// Returns the keys of a document that can verify signatures.
pub(super) fn parse(json: &[u8]) -> serde_json::Result<Vec<PublicKey>> {
    let document: Document = serde_json::from_slice(json)?;
    Ok(document.keys.into_iter().filter_map(|key| usable(&serde_json::from_value(key).ok()?)).collect())
}

/// Finds the key of a token's header. A token that names none matches only if there is a single key.
pub(super) fn find<'a>(
    keys: &'a [PublicKey],
    id: Option<&str>,
    algorithm: Algorithm,
) -> Option<&'a DecodingKey> {
    let named = match (id, keys) {
        (None, [only]) => only,
        (None, _) => return None,
        (id, keys) => keys.iter().find(|key| key.id.as_deref() == id)?,
    };
    named.algorithm.is_none_or(|only| only == algorithm).then_some(&named.key)
}

fn usable(jwk: &Jwk) -> Option<PublicKey> {
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    // A shared secret in a public document is not secret.
    let public = !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_));
    if !(signs && verifies && public) {
        return None;
    }
    let algorithm = match common.key_algorithm {
        Some(algorithm) => Some(Algorithm::try_from(algorithm).ok()?),
        None => None,
    };
    let key = DecodingKey::from_jwk(jwk).ok()?;
    is_strong(&key).then(|| PublicKey { id: common.key_id.clone(), algorithm, key })
}

/// RFC 7518, 3.3: RSA keys have 2048 bits or more.
fn is_strong(key: &DecodingKey) -> bool {
    match key.kind() {
        DecodingKeyKind::RsaModulusExponent { n, .. } => {
            n.iter().skip_while(|&&byte| byte == 0).count() >= 256
        }
        DecodingKeyKind::SecretOrDer(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(keys: &Value) -> Vec<Option<String>> {
        let keys = parse(&serde_json::to_vec(&json!({"keys": keys})).unwrap()).unwrap();
        keys.into_iter().map(|key| key.id).collect()
    }

    #[test]
    fn only_public_keys_for_signatures_are_taken() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let good = ids(&json!([
            {"kid": "1", "kty": "OKP", "crv": "Ed25519", "x": x},
            {"kid": "2", "kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "key_ops": ["verify"], "alg": "EdDSA"},
            {"kid": "3", "kty": "OKP", "crv": "Ed25519", "x": x, "use": "enc"},
            {"kid": "4", "kty": "OKP", "crv": "Ed25519", "x": x, "key_ops": ["deriveKey"]},
            {"kid": "5", "kty": "oct", "k": x},
            {"kid": "6", "kty": "AKP", "alg": "ML-DSA-44", "pub": x},
            {"kid": "7", "kty": "RSA", "n": x, "e": "AQAB"},
            {"kid": "8", "kty": "RSA", "n": "A".repeat(400), "e": "AQAB"},
            {"kid": "9", "kty": "RSA", "n": x.repeat(8), "e": "AQAB", "alg": "RSA-OAEP"},
            {"kid": "10", "kty": "RSA", "n": x.repeat(8), "e": "AQAB", "alg": "RS256"},
            {"kid": "11", "kty": "RSA"},
            "no key",
        ]));
        assert_eq!(good, ["1", "2", "10"].map(|id| Some(id.to_owned())));
    }

    #[test]
    fn a_key_is_found_by_its_id_for_its_algorithm() {
        let key = |id: Option<&str>, algorithm| PublicKey {
            id: id.map(str::to_owned),
            algorithm,
            key: DecodingKey::from_ed_der(&[]),
        };
        let keys = [key(Some("a"), Some(Algorithm::RS256)), key(Some("b"), None), key(None, None)];
        assert!(find(&keys, Some("a"), Algorithm::RS256).is_some());
        assert!(find(&keys, Some("a"), Algorithm::PS256).is_none());
        assert!(find(&keys, Some("b"), Algorithm::PS256).is_some());
        assert!(find(&keys, Some("c"), Algorithm::RS256).is_none());
        assert!(find(&keys, None, Algorithm::RS256).is_none());
        assert!(find(&keys[..1], None, Algorithm::RS256).is_some());
    }
}
