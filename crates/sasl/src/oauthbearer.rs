//! OAUTHBEARER ([RFC 7628](https://www.rfc-editor.org/rfc/rfc7628)): an access token of OAuth 2.0.

use crate::SaslError;
use crate::exchange::Begun;
use crate::gs2::saslname;
use crate::registry::Start;
use crate::token::{Presented, mailbox, token};

/// ```abnf
/// kvsep       = %x01
/// kvpair      = key "=" value kvsep
/// client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep ; RFC 7628, 3.1
/// ```
/// A refusal is answered with a lone kvsep (3.2.3).
pub(crate) fn start(start: &Start<'_>) -> Result<Begun, SaslError> {
    let attempt = start.attempt;
    let (mailbox, token) = (saslname(mailbox(attempt.credentials)?), token(attempt.credentials)?);
    let server = match attempt.server {
        Some((host, _)) if host.contains('\u{1}') => return Err(SaslError::Unencodable("host name")),
        Some((host, port)) => format!("host={host}\u{1}port={port}\u{1}"),
        None => String::new(),
    };
    // In its final size: growing would leave copies of the token behind.
    let parts = ["n,a=", &mailbox, ",\u{1}", &server, "auth=Bearer ", token, "\u{1}\u{1}"];
    Ok(Presented::begin(parts.concat().into_bytes(), b"\x01"))
}

#[cfg(test)]
mod tests {
    use crate::testing::{begin, begin_at};
    use crate::{Credentials, ServerRefusal};
    use waypost_wire::Base64;
    use waypost_wire::Secret;

    fn credentials() -> Credentials {
        Credentials::token("user@example.com", Secret::from("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="))
    }

    #[test]
    fn rfc_7628_4_1_and_4_2_successful_exchanges_are_sent() {
        for (port, encoded) in [
            (
                143,
                "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
            ),
            (
                587,
                "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
            ),
        ] {
            let mut exchange = begin_at("OAUTHBEARER", &credentials(), "server.example.com", port).unwrap();
            assert_eq!(Base64::STANDARD.encode(exchange.initial().unwrap().expose()), encoded);
            assert_eq!(exchange.accepted(), Ok(()));
        }
    }

    #[test]
    fn rfc_7628_4_3_and_4_4_refusals_are_read_and_answered_with_one_octet() {
        let refused = |encoded: &str| {
            let mut exchange = begin_at("OAUTHBEARER", &credentials(), "server.example.com", 143).unwrap();
            exchange.initial();
            let answer =
                exchange.respond_at_once(&Base64::STANDARD.decode(encoded.as_bytes()).unwrap()).unwrap();
            assert_eq!(Base64::STANDARD.encode(answer.expose()), "AQ==");
            let Some(ServerRefusal::Token(refusal)) = exchange.refusal() else { panic!("it was refused") };
            refusal
        };
        let failed = refused(
            "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=",
        );
        assert_eq!(failed.status.as_deref(), Some("invalid_token"));
        assert_eq!(failed.scope.as_deref(), Some("example_scope"));
        assert_eq!(
            failed.openid_configuration.as_deref(),
            Some("https://example.com/.well-known/openid-configuration")
        );
        let smtp = refused(
            "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NoZW1lcyI6ImJlYXJlciBtYWMiLCJzY29wZSI6Imh0dHBzOi8vbWFpbC5leGFtcGxlLmNvbS8ifQ==",
        );
        assert_eq!(smtp.scope.as_deref(), Some("https://mail.example.com/"));
        assert_eq!(smtp.openid_configuration, None);
    }

    #[test]
    fn a_name_with_marks_of_the_grammar_is_encoded_and_the_server_may_be_unknown() {
        let credentials = Credentials::token("a,b=c", Secret::from("t"));
        let mut exchange = begin("OAUTHBEARER", &credentials).unwrap();
        assert_eq!(exchange.initial().unwrap().expose(), b"n,a=a=2Cb=3Dc,\x01auth=Bearer t\x01\x01");
    }
}
