//! What the tests of the mechanisms begin with.

use crate::{Attempt, Channel, Credentials, Exchange, Nonce, Policy, SaslError};
use waypost_wire::Secret;

pub(crate) fn password(username: &str, password: &str) -> Credentials {
    Credentials::password(username, Secret::from(password))
}

/// Begins a mechanism over TLS, as the only one that is offered.
pub(crate) fn begin(name: &str, credentials: &Credentials) -> Result<Exchange, SaslError> {
    begin_on(name, credentials, &Channel::tls(Vec::new()), "rOprNGfwEbeRWgbNEkqO")
}

pub(crate) fn begin_at(
    name: &str,
    credentials: &Credentials,
    host: &str,
    port: u16,
) -> Result<Exchange, SaslError> {
    let (policy, channel) = (Policy::default(), Channel::tls(Vec::new()));
    let nonce = Nonce::from_random([0; Nonce::LENGTH]);
    Attempt::new(credentials, &policy, &channel, nonce, &crate::nfkc).at(host, port).choose([name])
}

pub(crate) fn begin_on(
    name: &str,
    credentials: &Credentials,
    channel: &Channel,
    nonce: &str,
) -> Result<Exchange, SaslError> {
    let policy = Policy::default();
    Attempt::new(credentials, &policy, channel, Nonce::parse(nonce)?, &crate::nfkc).choose(name.split(' '))
}
