//! What can go wrong on the way to a mail server, in the engine's words.

use waypost_sync::{Blame, ConnectError};
use waypost_tunnel::{ErrorCode, Failure, Fault};

/// A failure that the tunnel reported: the code passes through.
pub(super) fn tunnel(failure: Failure) -> ConnectError {
    let Failure { code, fault, retry, message, .. } = failure;
    // The tunnel can't know who cut a WebSocket; nearly always it is the network.
    let blame = if code == ErrorCode::Closed.as_str() { Blame::Network } else { blame(fault) };
    ConnectError { code, blame, retryable: retry, message }
}

/// Whose fault it is, from where the engine stands: the gateway's policy is part of the gateway.
fn blame(fault: Fault) -> Blame {
    match fault {
        Fault::Client => Blame::Caller,
        Fault::Server => Blame::Server,
        Fault::Policy | Fault::Gateway => Blame::Gateway,
    }
}

/// The WebSocket never opened. A browser tells a page no reason.
pub(super) fn gateway_unreachable() -> ConnectError {
    error(
        "gateway-unreachable",
        Blame::Gateway,
        true,
        "The gateway does not answer. Your mail on this device is all here; changes wait. Start the gateway or try again later.",
    )
}

/// The WebSocket opened, but what is there does not speak the tunnel's protocol.
pub(super) fn gateway_refused() -> ConnectError {
    error(
        "gateway-refused",
        Blame::Gateway,
        true,
        "The gateway took the connection and closed it at once. Check the gateway's address and its log.",
    )
}

/// The gateway took the connection, and the mail server behind it did not answer in time.
pub(super) fn timeout() -> ConnectError {
    error(
        "timeout",
        Blame::Server,
        true,
        "The mail server did not answer in time. Check its name and port, or try again later.",
    )
}

/// The mail server's stream ended in the middle.
pub(super) fn cut() -> ConnectError {
    error("closed", Blame::Server, true, "The mail server cut the connection. The app tries again.")
}

/// The connection had ended before. Whoever closes one waits for nothing more of it, so whoever hears this did not close it.
pub(super) fn over() -> ConnectError {
    error(
        "closed",
        Blame::Network,
        true,
        "The connection to the server ended. Check your network; it is tried again.",
    )
}

fn error(code: &str, blame: Blame, retryable: bool, message: &str) -> ConnectError {
    ConnectError { code: code.to_owned(), blame, retryable, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_of_the_tunnel_passes_through_and_keeps_its_blame() {
        for code in ErrorCode::ALL {
            let mapped = tunnel(Failure::new(code, "It failed."));
            assert_eq!(mapped.code, code.as_str());
            assert_eq!(mapped.retryable, code.retry());
            let expected = match code.fault() {
                _ if code == ErrorCode::Closed => Blame::Network,
                Fault::Client => Blame::Caller,
                Fault::Server => Blame::Server,
                Fault::Policy | Fault::Gateway => Blame::Gateway,
            };
            assert_eq!(mapped.blame, expected);
        }
    }

    #[test]
    fn a_gateway_that_is_down_and_one_that_refuses_are_told_apart_from_all_of_the_tunnel() {
        let mut codes: BTreeSet<String> =
            ErrorCode::ALL.iter().map(|code| code.as_str().to_owned()).collect();
        assert!(codes.insert(gateway_unreachable().code));
        assert!(codes.insert(gateway_refused().code));
        for code in [timeout().code, cut().code, over().code] {
            assert!(ErrorCode::parse(&code).is_some(), "{code} is one of docs/TUNNEL.md");
        }
    }
}
