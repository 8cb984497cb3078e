//! Why a connection could not be made: the codes of the tunnel and of native transports.

use super::{CLOSED, INJECTION, Party, Row, TIMED_OUT, row};
use crate::{Blame, ConnectError, ErrorParts, SyncError};

impl Party {
    /// A connection that could not be made, or broke. The code stays as it is; a code of a later gateway brings its own sentence.
    pub(crate) fn connection(&self, error: &ConnectError) -> SyncError {
        match ROWS.iter().find(|row| row.code == error.code) {
            // Only who looked at the certificate knows what is wrong with it.
            Some(row) if row.code == "tls-certificate" && error.message.contains("certificate") => {
                ErrorParts { message: error.message.clone(), ..self.error(row, None).into_parts() }.into()
            }
            Some(row) => self.error(row, None),
            None => ErrorParts {
                code: error.code.clone(),
                blame: error.blame,
                retryable: error.retryable,
                message: error.message.clone(),
                server_text: None,
            }
            .into(),
        }
    }
}

/// A name that is not found and a handshake that fails may be a network that is still waking up, or a page to log in to a
/// network's access point: they are tried again.
const ROWS: [Row; 23] = [
    row(
        "name-not-found",
        Blame::User,
        true,
        "There is no server named HOST. Check the name for a typing error.",
    ),
    row(
        "refused",
        Blame::Server,
        true,
        "HOST refuses connections on port PORT. Check the port and the protection, or try again later.",
    ),
    row(
        "unreachable",
        Blame::Server,
        true,
        "HOST can't be reached. Check the server name and your network, or try again later.",
    ),
    TIMED_OUT,
    row(
        "tls-certificate",
        Blame::Server,
        false,
        "Not connected: the certificate of HOST is not trusted. Check the server name, or ask its operator.",
    ),
    row(
        "tls-handshake",
        Blame::Server,
        true,
        "HOST does not speak TLS on port PORT. Check the port, or choose another protection.",
    ),
    INJECTION,
    CLOSED,
    row(
        "target-denied",
        Blame::Gateway,
        false,
        "This gateway does not connect to HOST. Ask whoever runs the gateway to allow it.",
    ),
    row(
        "port-denied",
        Blame::Gateway,
        false,
        "This gateway does not connect to port PORT of HOST. Check the port, or ask whoever runs the gateway.",
    ),
    row(
        "address-denied",
        Blame::Gateway,
        false,
        "HOST has a private address, and this gateway connects to none. Ask whoever runs the gateway to allow it.",
    ),
    row(
        "plaintext-denied",
        Blame::Gateway,
        false,
        "This gateway does not connect without TLS. Choose TLS or STARTTLS, or ask whoever runs the gateway.",
    ),
    row(
        "passthrough-unsupported",
        Blame::Gateway,
        false,
        "This gateway can't pass sealed connections along. Ask whoever runs the gateway to update it.",
    ),
    row(
        "token-required",
        Blame::User,
        false,
        "This gateway wants an access token. Ask whoever runs the gateway for one.",
    ),
    row(
        "unsupported-version",
        Blame::Gateway,
        false,
        "This app and the gateway are of different versions. Try to load the page again, or ask whoever runs the gateway.",
    ),
    row(
        "too-many-tunnels",
        Blame::Gateway,
        true,
        "The gateway has no room for another connection. Wait: it is tried again.",
    ),
    row(
        "tunnel-limit",
        Blame::Gateway,
        true,
        "The gateway allows no more on one connection to HOST. Wait: it is tried again.",
    ),
    row(
        "idle",
        Blame::Gateway,
        true,
        "The gateway ended a connection to HOST that was silent. Wait: it is tried again.",
    ),
    row("shutdown", Blame::Gateway, true, "The gateway is being restarted. Wait: it is tried again."),
    row(
        "internal",
        Blame::Gateway,
        true,
        "The gateway has a fault. Ask whoever runs the gateway to look at its log.",
    ),
    row(
        "protocol",
        Blame::Gateway,
        true,
        "The gateway broke the rules of the tunnel. Ask whoever runs the gateway to update it.",
    ),
    row(
        "gateway-unreachable",
        Blame::Gateway,
        true,
        "The gateway does not answer. Check your network, or ask whoever runs the gateway.",
    ),
    row(
        "gateway-refused",
        Blame::Gateway,
        false,
        "The gateway refused this page. Check the address that the page was opened by, or ask whoever runs the gateway.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use waypost_sasl::Credentials;
    use waypost_wire::Secret;

    #[test]
    fn every_code_of_a_connection_stays_and_has_its_own_sentence_that_says_what_to_do() {
        let credentials = Credentials::password("robin", Secret::from("x"));
        let party = Party::new("mail.example", 993, &credentials);
        let mut sentences = HashSet::new();
        for row in &ROWS {
            let error = ConnectError {
                code: row.code.to_owned(),
                blame: Blame::Device,
                retryable: false,
                message: "a driver's words".to_owned(),
            };
            let shown = party.connection(&error);
            assert_eq!(shown.code, row.code);
            let words: Vec<String> = shown
                .message
                .split(|letter: char| !letter.is_alphanumeric())
                .map(str::to_lowercase)
                .collect();
            let verbs = ["check", "ask", "try", "choose", "wait", "tried"];
            assert!(verbs.iter().any(|verb| words.iter().any(|word| word == verb)), "{}", shown.message);
            assert!(words.len() < 35, "{}", shown.message);
            assert!(sentences.insert(shown.into_parts().message));
        }
        let expired = ConnectError {
            code: "tls-certificate".to_owned(),
            blame: Blame::Server,
            retryable: false,
            message: "The certificate of mail.example has expired. Ask its operator to renew it.".to_owned(),
        };
        assert_eq!(party.connection(&expired).message, expired.message);
        let later = ConnectError {
            code: "of-tomorrow".to_owned(),
            blame: Blame::Gateway,
            retryable: true,
            message: "The gateway has a new reason.".to_owned(),
        };
        let shown = party.connection(&later);
        assert_eq!((&shown.code, &shown.message), (&later.code, &later.message));
    }
}
