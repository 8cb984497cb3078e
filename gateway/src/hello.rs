//! The first octets of a client that speaks TLS itself (`passthrough`): they must be a ClientHello for the host that was asked
//! for (RFC 8446, 4.1.2; RFC 6066, 3), so that passthrough is no way round the ban on plaintext, nor to another host behind the
//! same address. Nothing reaches the mail server before that is known.

use crate::Host;
use crate::policy::Denial;
use rustls::server::Acceptor;
use waypost_tunnel::ErrorCode;

/// Holds what a client sends until its ClientHello is whole.
pub(crate) struct AwaitHello {
    acceptor: Acceptor,
    held: Vec<u8>,
}

impl AwaitHello {
    pub(crate) fn new() -> Self {
        Self { acceptor: Acceptor::default(), held: Vec::new() }
    }

    /// Takes octets. Gives all of them, with those held before, once they may go to the mail server.
    pub(crate) fn take(&mut self, octets: &[u8], host: &Host) -> Result<Option<Vec<u8>>, Denial> {
        if self.held.len().saturating_add(octets.len()) > MOST_HELD {
            return Err(no_hello(host, "more octets than a ClientHello has"));
        }
        self.held.extend_from_slice(octets);
        let mut rest = octets;
        while !rest.is_empty() {
            self.acceptor.read_tls(&mut rest).map_err(|error| no_hello(host, error.to_string()))?;
            match self.acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => {
                    names(accepted.client_hello().server_name(), host)?;
                    return Ok(Some(std::mem::take(&mut self.held)));
                }
                Err((error, _)) => return Err(no_hello(host, error.to_string())),
            }
        }
        Ok(None)
    }
}

/// A name stands in the ClientHello; an address never does (RFC 6066, 3).
fn names(server_name: Option<&str>, host: &Host) -> Result<(), Denial> {
    let is_asked = match (host, server_name) {
        (Host::Name(host), Some(name)) => host.eq_ignore_ascii_case(name),
        (Host::Address(_), None) => true,
        (Host::Name(_), None) | (Host::Address(_), Some(_)) => false,
    };
    if is_asked {
        return Ok(());
    }
    Err(Denial::new(
        ErrorCode::TargetDenied,
        format!(
            "The app asked the gateway for {host} and then named another server in TLS. Update the app, or ask its author."
        ),
        "the server name of the ClientHello is not the host",
    ))
}

fn no_hello(host: &Host, detail: impl Into<String>) -> Denial {
    Denial::new(
        ErrorCode::PlaintextDenied,
        format!(
            "The app did not begin with TLS towards {host}, so the gateway passed nothing on. Your password was not sent. Update the app, or choose TLS or STARTTLS by the gateway."
        ),
        detail,
    )
}

/// A ClientHello with shares for post-quantum key agreement has some 2 KiB; one record holds 16 KiB at most (RFC 8446, 5.1).
const MOST_HELD: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};
    use std::sync::Arc;

    fn hello(name: &str) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut octets = Vec::new();
        ClientConnection::new(Arc::new(config), name).unwrap().write_tls(&mut octets).unwrap();
        octets
    }

    fn denied(octets: &[u8], host: &str) -> String {
        let host = Host::parse(host).unwrap();
        AwaitHello::new().take(octets, &host).unwrap_err().code.as_str().to_owned()
    }

    #[test]
    fn a_hello_for_the_host_passes_whole_wherever_it_is_split() {
        let host = Host::parse("Mail.Example").unwrap();
        let sent = hello("mail.example");
        for at in 0..=sent.len() {
            let mut check = AwaitHello::new();
            let (first, second) = sent.split_at(at);
            let early = check.take(first, &host).unwrap();
            assert_eq!(early.is_some(), at == sent.len(), "{at}");
            let given = if early.is_some() { early } else { check.take(second, &host).unwrap() };
            assert_eq!(given.unwrap(), sent, "{at}");
        }
        let mut check = AwaitHello::new();
        let given = sent.iter().find_map(|octet| check.take(&[*octet], &host).unwrap());
        assert_eq!(given.unwrap(), sent);
        let with_more = [sent, b"early data".to_vec()].concat();
        assert_eq!(AwaitHello::new().take(&with_more, &host).unwrap().unwrap(), with_more);
    }

    #[test]
    fn another_name_or_a_missing_one_is_no_hello_for_the_host() {
        assert_eq!(denied(&hello("other.example"), "mail.example"), "target-denied");
        assert_eq!(denied(&hello("192.0.2.1"), "mail.example"), "target-denied");
        assert_eq!(denied(&hello("mail.example"), "192.0.2.1"), "target-denied");
        let address = Host::parse("192.0.2.1").unwrap();
        assert!(AwaitHello::new().take(&hello("192.0.2.1"), &address).unwrap().is_some());
    }

    #[test]
    fn what_is_no_hello_is_refused_at_once() {
        for octets in [
            b"a1 LOGIN kim secret\r\n".as_slice(),
            b"USER kim\r\nPASS secret\r\n",
            // An alert and application data are TLS records, but no beginning.
            &[21, 3, 3, 0, 2, 1, 0],
            &[23, 3, 3, 0, 1, 0],
            // SSL 2, 2.0.
            &[0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10],
        ] {
            assert_eq!(denied(octets, "mail.example"), "plaintext-denied", "{octets:?}");
        }
    }

    #[test]
    fn a_hello_that_never_ends_is_bounded() {
        let host = Host::parse("mail.example").unwrap();
        let mut check = AwaitHello::new();
        // A handshake message of 60,000 octets in records of 1,000: the library would wait for all of it.
        let mut sent = vec![22, 3, 1, 0, 4, 1, 0, 0xea, 0x60];
        let record = [&[22, 3, 1, 3, 0xe8], &[0; 1000][..]].concat();
        let refused = (0..40).find_map(|_| {
            let refusal = check.take(&sent, &host).err();
            sent.clone_from(&record);
            refusal
        });
        assert_eq!(refused.unwrap().code.as_str(), "plaintext-denied");
    }
}
