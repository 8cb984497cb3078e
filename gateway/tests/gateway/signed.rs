//! Signed tokens: what is taken, and what tricks are not.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, silent, target};
use crate::support::tunnel::{Client, Handshake};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use ring::{hmac, rsa};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use waypost_gateway::Config;
use waypost_tunnel::client::Event;
use waypost_tunnel::{Failure, Open, TlsMode, Token};

/// Somebody who gives out tokens, with a key of each kind.
struct Issuer {
    rsa: rsa::KeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
    secret: Vec<u8>,
    folder: TempDir,
}

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let issuer = Self {
            // Made for these tests with `openssl genpkey`; ring makes no keys of RSA.
            rsa: rsa::KeyPair::from_pkcs8(include_bytes!("support/rsa.pk8")).unwrap(),
            ec: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.as_ref(), &random).unwrap(),
            ed: Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref())
                .unwrap(),
            secret: b"a secret of more than thirty-two octets".to_vec(),
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::write(issuer.keys(), json!({ "keys": issuer.jwks() }).to_string()).unwrap();
        std::fs::write(issuer.secret_file(), [&issuer.secret[..], b"\n"].concat()).unwrap();
        issuer
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("jwks.json")
    }

    fn secret_file(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    fn jwks(&self) -> Vec<Value> {
        let rsa = rsa::PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let point = self.ec.public_key().as_ref();
        vec![
            json!({ "kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": text(&rsa.n), "e": text(&rsa.e) }),
            json!({ "kty": "EC", "kid": "e", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) }),
            json!({ "kty": "OKP", "kid": "d", "crv": "Ed25519", "x": text(self.ed.public_key().as_ref()) }),
            // What sets of identity providers hold besides.
            json!({ "kty": "RSA", "kid": "x", "use": "enc", "n": text(&rsa.n), "e": text(&rsa.e) }),
            json!({ "kty": "EC", "kid": "y", "crv": "P-521", "x": "AA", "y": "AA" }),
        ]
    }

    /// A token with the right signature for the algorithm that its header names.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message =
            format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let octets = message.as_bytes();
        let random = SystemRandom::new();
        let signature = match header["alg"].as_str().unwrap() {
            "RS256" => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, octets, &mut signature).unwrap();
                signature
            }
            "ES256" => self.ec.sign(&random, octets).unwrap().as_ref().to_vec(),
            "EdDSA" => self.ed.sign(octets).as_ref().to_vec(),
            "HS256" => by_secret(&self.secret, octets),
            _ => Vec::new(),
        };
        format!("{message}.{}", text(&signature))
    }

    fn token(&self, algorithm: &str, claims: &Value) -> String {
        self.sign(&json!({ "alg": algorithm, "typ": "JWT" }), claims)
    }
}

fn text(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

fn by_secret(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}

/// Seconds from now.
fn at(seconds: i64) -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap() + seconds
}

fn good() -> Value {
    json!({ "sub": "kim", "exp": at(3600) })
}

fn with(more: Value) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

/// A gateway that takes tokens as the rows of `access.jwt` say, and a mail server.
struct Guarded {
    gateway: Gateway,
    port: u16,
}

async fn guarded(rows: &str) -> Guarded {
    let port = mail::serve(silent).await;
    let target = target(&[port], r#""none""#, None);
    Guarded {
        gateway: Gateway::start(&format!("access.mode = 'token'\n[access.jwt]\n{rows}\n{target}")).await,
        port,
    }
}

impl Guarded {
    async fn ask(&self, token: &str) -> Result<Client, Failure> {
        let socket = Handshake::new(&self.gateway).connect(&self.gateway).await.unwrap();
        let token = Some(Token::new(token.to_owned()));
        let open = Open { host: "localhost".to_owned(), port: self.port, tls: TlsMode::None, token };
        let mut client = Client::ask_as(socket, open, 65_536).await;
        match client.next().await {
            Event::Opened { .. } => Ok(client),
            Event::Failed(failure) => Err(failure),
            other => panic!("{other:?}"),
        }
    }

    async fn code(&self, token: &str) -> String {
        self.ask(token).await.err().map_or("opened".to_owned(), |failure| failure.code)
    }
}

#[tokio::test]
async fn each_algorithm_is_taken_with_its_own_key_and_with_no_other() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let public = guarded(&format!("keys_file = {:?}", issuer.keys())).await;
    let secret = guarded(&format!("secret_file = {:?}", issuer.secret_file())).await;
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let token = issuer.token(algorithm, &good());
        assert_eq!(public.code(&token).await, "opened", "{algorithm}");
        assert_eq!(secret.code(&token).await, "token-required", "{algorithm}");
        if algorithm != "RS256" {
            assert_eq!(
                public.code(&stranger.token(algorithm, &good())).await,
                "token-required",
                "{algorithm}"
            );
        }
    }
    let token = issuer.token("HS256", &good());
    assert_eq!(secret.code(&token).await, "opened");
    assert_eq!(public.code(&token).await, "token-required");
}

#[tokio::test]
async fn a_key_that_is_named_is_the_one_that_counts() {
    let issuer = Issuer::new();
    let guarded = guarded(&format!("keys_file = {:?}", issuer.keys())).await;
    for (algorithm, id, expected) in [
        ("ES256", "e", "opened"),
        ("ES256", "d", "token-required"),
        ("RS256", "x", "token-required"),
        ("EdDSA", "?", "token-required"),
    ] {
        let token = issuer.sign(&json!({ "alg": algorithm, "kid": id }), &good());
        assert_eq!(guarded.code(&token).await, expected, "{algorithm} {id}");
    }
}

#[tokio::test]
async fn tricks_with_the_algorithm_and_the_signature_are_refused() {
    let issuer = Issuer::new();
    let rows = format!("keys_file = {:?}\nsecret_file = {:?}", issuer.keys(), issuer.secret_file());
    let guarded = guarded(&rows).await;
    let head = |header: Value| text(header.to_string().as_bytes());
    let claims = text(good().to_string().as_bytes());
    let right = issuer.token("EdDSA", &good());
    let (message, signature) = right.rsplit_once('.').unwrap();
    let none = head(json!({ "alg": "none" }));
    // A public key taken for the secret of HMAC: the one that a header could choose if it were asked.
    let confused = format!("{}.{claims}", head(json!({ "alg": "HS256", "kid": "d" })));
    let by_public = text(&by_secret(issuer.ed.public_key().as_ref(), confused.as_bytes()));
    let by_text = text(&by_secret(&std::fs::read(issuer.keys()).unwrap(), confused.as_bytes()));
    let stranger = Issuer::new();
    let own_key =
        head(json!({ "alg": "EdDSA", "jwk": stranger.jwks()[2], "jku": "https://evil.example/jwks" }));
    let own_key = format!("{own_key}.{claims}");
    let by_stranger = text(stranger.ed.sign(own_key.as_bytes()).as_ref());
    for (what, token) in [
        ("the right one", right.clone()),
        ("no signature", format!("{message}.")),
        ("no signature and no dot", message.to_owned()),
        ("another's", format!("{message}.{}", "x".repeat(43))),
        ("32 x", format!("{message}.{}", text(&[b'x'; 32]))),
        ("none", format!("{none}.{claims}.")),
        ("none with a signature", format!("{none}.{claims}.{signature}")),
        ("None", format!("{}.{claims}.", head(json!({ "alg": "None" })))),
        ("a public key as a secret", format!("{confused}.{by_public}")),
        ("the file of keys as a secret", format!("{confused}.{by_text}")),
        ("an empty secret", format!("{confused}.{}", text(&by_secret(b"", confused.as_bytes())))),
        (
            "other claims",
            format!(
                "{}.{}.{signature}",
                right.split('.').next().unwrap(),
                text(with(json!({ "sub": "root" })).to_string().as_bytes())
            ),
        ),
        ("its own key", format!("{own_key}.{by_stranger}")),
        ("HS512", issuer.token("HS512", &good())),
        ("critical", issuer.sign(&json!({ "alg": "EdDSA", "crit": ["x"], "x": 1 }), &good())),
        ("empty parts", "..".to_owned()),
        ("dots", ".".repeat(4000)),
        ("no base64", "a.b.c".to_owned()),
    ] {
        let expected = if what == "the right one" { "opened" } else { "token-required" };
        assert_eq!(guarded.code(&token).await, expected, "{what}");
    }
}

#[tokio::test]
async fn times_are_asked_for_and_told() {
    let issuer = Issuer::new();
    let guarded = guarded(&format!("keys_file = {:?}", issuer.keys())).await;
    for (what, claims, expected) in [
        ("ends in a minute", json!({ "sub": "kim", "exp": at(60) }), None),
        ("ended within what clocks differ", json!({ "sub": "kim", "exp": at(-10) }), None),
        ("ended", json!({ "sub": "kim", "exp": at(-120) }), Some("has expired")),
        ("begins later", with(json!({ "nbf": at(120) })), Some("not valid yet")),
        ("has begun", with(json!({ "nbf": at(-120) })), None),
        ("no end", json!({ "sub": "kim" }), Some("does not accept")),
        ("an end in words", json!({ "sub": "kim", "exp": "never" }), Some("does not accept")),
        ("nobody's", json!({ "exp": at(60) }), Some("does not accept")),
        ("somebody without a name", json!({ "sub": "", "exp": at(60) }), Some("does not accept")),
        (
            "somebody with a very long name",
            json!({ "sub": "x".repeat(257), "exp": at(60) }),
            Some("does not accept"),
        ),
        ("a list of names", json!({ "sub": ["kim"], "exp": at(60) }), Some("does not accept")),
        ("no object", json!(["kim"]), Some("does not accept")),
    ] {
        let failure = guarded.ask(&issuer.token("ES256", &claims)).await.err();
        match (failure, expected) {
            (None, None) => {}
            (Some(failure), Some(words)) if failure.code == "token-required" => {
                assert!(failure.message.contains(words), "{what}: {failure:?}");
            }
            (failure, _) => panic!("{what}: {failure:?}"),
        }
    }
}

#[tokio::test]
async fn a_tunnel_ends_with_the_token_that_opened_it() {
    let issuer = Issuer::new();
    let guarded = guarded(&format!("keys_file = {:?}", issuer.keys())).await;
    // 30 s are for clocks that differ: two are left.
    let mut short =
        guarded.ask(&issuer.token("ES256", &json!({ "sub": "kim", "exp": at(-28) }))).await.unwrap();
    let mut long = guarded.ask(&issuer.token("ES256", &good())).await.unwrap();
    // More than a clock can count is no end.
    let mut endless =
        guarded.ask(&issuer.token("ES256", &json!({ "sub": "kim", "exp": u64::MAX }))).await.unwrap();
    let failure = short.failure().await;
    assert_eq!((failure.code.as_str(), failure.retry), ("token-required", false));
    assert!(failure.message.contains("has expired"), "{failure:?}");
    for client in [&mut long, &mut endless] {
        client.end(true).await;
        assert_eq!(client.close_frame().await.0, 1000);
    }
}

#[tokio::test]
async fn issuer_and_audience_count_where_they_are_set_and_an_audience_always() {
    let issuer = Issuer::new();
    let keys = format!("keys_file = {:?}", issuer.keys());
    let open = guarded(&keys).await;
    let strict = guarded(&format!("{keys}\nissuer = 'https://login.example'\naudience = 'waypost'")).await;
    let full = json!({ "iss": "https://login.example", "aud": "waypost" });
    for (more, in_open, in_strict) in [
        (json!({}), "opened", "token-required"),
        (full.clone(), "token-required", "opened"),
        (json!({ "iss": "https://login.example", "aud": ["other", "waypost"] }), "token-required", "opened"),
        (json!({ "iss": "https://login.example" }), "opened", "token-required"),
        (json!({ "iss": "https://evil.example", "aud": "waypost" }), "token-required", "token-required"),
        (json!({ "iss": "https://login.example", "aud": "other" }), "token-required", "token-required"),
    ] {
        let token = issuer.token("EdDSA", &with(more.clone()));
        assert_eq!(open.code(&token).await, in_open, "{more}");
        assert_eq!(strict.code(&token).await, in_strict, "{more}");
    }
}

#[tokio::test]
async fn the_grant_of_a_signed_token_counts_and_one_that_is_not_understood_is_refused() {
    let issuer = Issuer::new();
    let guarded = guarded(&format!("secret_file = {:?}", issuer.secret_file())).await;
    let port = guarded.port;
    for (grant, expected) in [
        (json!({ "targets": [{ "host": "localhost", "ports": [port] }] }), "opened"),
        (json!({ "targets": [{ "host": "localhost" }] }), "opened"),
        (json!({ "targets": [{ "host": "localhost", "ports": [993] }] }), "target-denied"),
        (json!({ "targets": [{ "host": "*.example" }] }), "target-denied"),
        (json!({ "targets": [] }), "target-denied"),
        (json!({ "tunnels": 0 }), "too-many-tunnels"),
        (json!({ "new_tunnels_per_minute": 0 }), "too-many-tunnels"),
        (json!({ "only_on_mondays": true }), "token-required"),
        (json!({ "targets": [{ "host": "localhost", "not_before_noon": 1 }] }), "token-required"),
        (json!({ "targets": "localhost" }), "token-required"),
        (json!({ "tunnels": -1 }), "token-required"),
        (json!("all"), "token-required"),
    ] {
        // Each has its own name, and with it its own shares.
        let claims = json!({ "sub": grant.to_string(), "exp": at(60), "waypost": grant });
        assert_eq!(guarded.code(&issuer.token("HS256", &claims)).await, expected, "{claims}");
    }
}

#[test]
fn keys_that_can_not_be_used_are_named_before_the_start() {
    let issuer = Issuer::new();
    let folder = issuer.folder.path();
    let check = |key: &str, content: Option<&[u8]>| {
        let file = folder.join("file");
        let _ = std::fs::remove_file(&file);
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let text = format!("access.mode = 'token'\n[access.jwt]\n{key} = {file:?}");
        Config::parse(&text).unwrap().check_files().unwrap_err().to_string()
    };
    let oct = br#"{"keys":[{"kty":"oct","k":"c2VjcmV0IG9mIG1vcmUgdGhhbiB0aGlydHktdHdvIG9jdGV0cw"}]}"#;
    let half = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"=="}]}"#;
    let other = br#"{"keys":[{"kty":"EC","crv":"P-384","x":"AA","y":"AA"},{"kty":"later"}]}"#;
    for (key, content, words) in [
        ("keys_file", None, "keys_file"),
        ("keys_file", Some(&b"no json"[..]), "no JSON Web Key Set"),
        ("keys_file", Some(b"{\"keys\":[]}"), "no public key"),
        ("keys_file", Some(other), "no public key"),
        ("keys_file", Some(oct), "secret_file"),
        ("keys_file", Some(half), "not whole"),
        ("secret_file", None, "secret_file"),
        ("secret_file", Some(b"short\n\n                                   \n"), "fewer than 32"),
    ] {
        let error = check(key, content);
        assert!(error.contains(words) && error.contains("file"), "{words}: {error}");
    }
    let unread = check("keys_file", None);
    assert!(!unread.contains("octets"), "{unread}");
}
