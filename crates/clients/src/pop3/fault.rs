//! What went wrong, as a code. Blame and sentence of each stand in web/client/src/clients/pop3-faults.ts; the codes are the engine's
//! for the same failures.

use waypost_pop3::{Pop3Error, Refusal, ResponseCode};
use waypost_sasl::{Obstacle, SaslError};

/// A failure of a command or of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Stable.
    pub(crate) code: &'static str,
    /// The server's own words, not yet fit to be shown.
    pub(crate) said: Option<String>,
}

impl Fault {
    pub(crate) const fn of(code: &'static str) -> Self {
        Self { code, said: None }
    }

    /// The connection ended by an error.
    pub(crate) fn connection(error: &Pop3Error) -> Self {
        match error {
            Pop3Error::Refused(said) => Self { code: "server-busy", said: Some(said.clone()) },
            Pop3Error::Limit { .. } => Self::of("server-limit"),
            Pop3Error::Injection => Self::of("starttls-injection"),
            Pop3Error::Closed => Self::of("connection-lost"),
            Pop3Error::TimedOut => Self::of("timeout"),
            // A broken frame, and kinds that later versions add.
            _ => Self::of("not-pop3"),
        }
    }

    /// A command ended without success.
    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Self::refused(refusal, "server-refused")
    }

    /// AUTH, APOP, USER or PASS did. Without a code it is the password: most servers have no codes.
    pub(crate) fn login(refusal: &Refusal) -> Self {
        Self::refused(refusal, "auth-failed")
    }

    fn refused(refusal: &Refusal, otherwise: &'static str) -> Self {
        match refusal {
            Refusal::Err { code, text } => {
                let said = code.as_ref().map_or_else(|| text.clone(), |code| format!("[{code}] {text}"));
                Self { code: coded(code.as_ref()).unwrap_or(otherwise), said: Some(said) }
            }
            Refusal::Misuse(_) | Refusal::Lacks(_) => Self::of("cannot-send"),
            Refusal::Broken(_) => Self::of("not-pop3"),
            Refusal::UpdateUnknown => Self::of("update-unknown"),
            _ => Self::of("connection-lost"),
        }
    }

    /// An exchange of SASL can't begin or go on.
    pub(crate) fn sasl(error: &SaslError) -> Self {
        Self::of(match error {
            SaslError::Unencodable(_) => "password-unusable",
            SaslError::NoMechanism(refusal) => match refusal.obstacle {
                Obstacle::Forbidden => "auth-not-allowed",
                Obstacle::NeedsTls => "plaintext-refused",
                _ => "auth-unsupported",
            },
            SaslError::TooFewIterations(_) | SaslError::TooManyIterations(_) => "auth-unsafe",
            suspicious if suspicious.is_suspicious() => "server-unproven",
            _ => "auth-broken",
        })
    }
}

/// RFC 2449, 8; RFC 3206.
fn coded(code: Option<&ResponseCode>) -> Option<&'static str> {
    match code? {
        ResponseCode::InUse => Some("mailbox-in-use"),
        ResponseCode::LoginDelay => Some("login-delay"),
        ResponseCode::SysTemp => Some("auth-unavailable"),
        ResponseCode::SysPerm => Some("mailbox-broken"),
        ResponseCode::Auth => Some("auth-failed"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Option<ResponseCode>) -> Refusal {
        Refusal::Err { code, text: "no".to_owned() }
    }

    #[test]
    fn rfc_3206_codes_say_more_than_the_command_that_was_refused() {
        for (code, login, other) in [
            (None, "auth-failed", "server-refused"),
            (Some(ResponseCode::InUse), "mailbox-in-use", "mailbox-in-use"),
            (Some(ResponseCode::LoginDelay), "login-delay", "login-delay"),
            (Some(ResponseCode::SysTemp), "auth-unavailable", "auth-unavailable"),
            (Some(ResponseCode::SysPerm), "mailbox-broken", "mailbox-broken"),
            (Some(ResponseCode::Utf8), "auth-failed", "server-refused"),
        ] {
            let refusal = refused(code);
            assert_eq!(Fault::login(&refusal).code, login);
            assert_eq!(Fault::refusal(&refusal).code, other);
        }
    }

    #[test]
    fn an_end_of_the_connection_is_told_from_an_unknown_update() {
        assert_eq!(Fault::refusal(&Refusal::ConnectionEnded).code, "connection-lost");
        assert_eq!(Fault::refusal(&Refusal::UpdateUnknown).code, "update-unknown");
    }
}
