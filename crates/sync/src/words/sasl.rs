//! What went wrong within a mechanism, and what may not be used.

use super::{AUTH_FAILED, AUTH_UNAVAILABLE, CLOSED, Party, Row, row};
use crate::{Blame, ErrorParts, SyncError};
use waypost_sasl::{NoMechanism, Obstacle, SaslError, ScramRefusal, ServerRefusal, TokenRefusal};

impl Party {
    /// An exchange that can't begin or go on.
    pub(crate) fn sasl(&self, error: &SaslError) -> SyncError {
        let row = match error {
            SaslError::Unencodable(_) => return self.unencodable(),
            SaslError::NoMechanism(refusal) => return self.nothing_usable(refusal),
            SaslError::TooFewIterations(_) | SaslError::TooManyIterations(_) => &UNSAFE,
            suspicious if suspicious.is_suspicious() => &UNPROVEN,
            _ => &BROKEN,
        };
        self.error(row, None).detailed(&error.to_string())
    }

    /// Nothing that both sides have may be used; nothing was sent.
    pub(crate) fn nothing_usable(&self, refusal: &NoMechanism) -> SyncError {
        let row = match refusal.obstacle {
            Obstacle::Forbidden => &FORBIDDEN,
            Obstacle::NeedsTls => &NEEDS_TLS,
            _ => &NO_COMMON,
        };
        self.error(row, None).detailed(&refusal.to_string())
    }

    /// The server refused, and said within the mechanism why; `error` is what it said outside of it.
    pub(crate) fn refused_within(&self, refusal: &ServerRefusal, error: SyncError) -> SyncError {
        // Not now, and later perhaps: no reason within the mechanism is as good to know. A server that hangs up has no other.
        if error.retryable && error.code != CLOSED.code {
            return error;
        }
        let (row, reason) = match refusal {
            ServerRefusal::Token(refusal) => (&TOKEN_REFUSED, reason(refusal)),
            ServerRefusal::Scram(refusal) => (scram(refusal), None),
            _ => (&AUTH_FAILED, None),
        };
        let said: Vec<String> = [error.into_parts().server_text, reason.and_then(|text| self.quoted(&text))]
            .into_iter()
            .flatten()
            .collect();
        let server_text = (!said.is_empty()).then(|| said.join(" · "));
        ErrorParts { server_text, ..self.error(row, None).into_parts() }.into()
    }
}

impl SyncError {
    /// With what exactly it was, in brackets.
    fn detailed(self, detail: &str) -> Self {
        ErrorParts { message: format!("{} ({detail})", self.message), ..self.into_parts() }.into()
    }
}

/// The server's reason in one line.
fn reason(refusal: &TokenRefusal) -> Option<String> {
    let part = |what: &str, value: &Option<String>| value.as_ref().map(|value| format!("{what}: {value}"));
    let parts = [
        part("status", &refusal.status),
        part("scope", &refusal.scope),
        part("openid-configuration", &refusal.openid_configuration),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

const fn scram(refusal: &ScramRefusal) -> &'static Row {
    match refusal {
        ScramRefusal::ChannelBindingsDontMatch | ScramRefusal::ServerDoesSupportChannelBinding => &IN_BETWEEN,
        ScramRefusal::NoResources => &AUTH_UNAVAILABLE,
        ScramRefusal::ChannelBindingNotSupported | ScramRefusal::UnsupportedChannelBindingType => &NO_COMMON,
        ScramRefusal::InvalidEncoding | ScramRefusal::ExtensionsNotSupported => &BROKEN,
        // The password or the name, and what the server does not explain.
        _ => &AUTH_FAILED,
    }
}

const NO_COMMON: Row = row(
    "auth-unsupported",
    Blame::Server,
    false,
    "HOST offers no way to sign in that can be used here. Ask its operator for one, such as an app password.",
);
const FORBIDDEN: Row = row(
    "auth-not-allowed",
    Blame::User,
    false,
    "Your settings allow none of the ways by which HOST lets you sign in, so nothing was sent. Check them, or ask its operator.",
);
const NEEDS_TLS: Row = row(
    "plaintext-refused",
    Blame::User,
    false,
    "Without TLS your password would be readable on the way to HOST, so it was not sent. Choose TLS or STARTTLS.",
);
const UNSAFE: Row = row(
    "auth-unsafe",
    Blame::Server,
    false,
    "HOST asks for a proof of your password that is not safe to give, so it was not given. Ask its operator.",
);
const UNPROVEN: Row = row(
    "server-unproven",
    Blame::Server,
    false,
    "HOST has not proven that it knows your password, so it may be another server. Check its name, or try another network.",
);
const IN_BETWEEN: Row = row(
    "channel-mismatch",
    Blame::Network,
    false,
    "Not signed in: somebody on the way to HOST meddles with the connection. Try another network.",
);
const BROKEN: Row = row(
    "auth-broken",
    Blame::Server,
    false,
    "HOST does not sign in by the rules. Ask its operator, or choose another way to sign in.",
);
const TOKEN_REFUSED: Row = row(
    "token-refused",
    Blame::User,
    false,
    "HOST does not accept this access token. Sign in again to get a new one, or ask whoever gave it for the right scope.",
);

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_sasl::Credentials;
    use waypost_wire::Secret;

    fn party() -> Party {
        Party::new("mail.example", 993, &Credentials::token("robin", Secret::from("t0k3n")))
    }

    fn refused(said: Option<&str>, retryable: bool) -> SyncError {
        ErrorParts {
            code: "auth-failed".to_owned(),
            blame: Blame::User,
            retryable,
            message: "no".to_owned(),
            server_text: said.map(str::to_owned),
        }
        .into()
    }

    #[test]
    fn each_kind_of_failure_has_its_code_and_says_what_it_was() {
        for (error, code, word) in [
            (SaslError::TooFewIterations(1), "auth-unsafe", "1 rounds"),
            (SaslError::TooManyIterations(9_999_999), "auth-unsafe", "9999999 rounds"),
            (SaslError::ServerSignatureMissing, "server-unproven", "has not proven"),
            (SaslError::ServerSignatureWrong, "server-unproven", "signature is wrong"),
            (SaslError::ForeignNonce, "server-unproven", "nonce"),
            (SaslError::UnexpectedChallenge, "auth-broken", "asked something"),
            (SaslError::Malformed { rule: "salt", offset: 9 }, "auth-broken", "rule salt at octet 9"),
            (SaslError::Unencodable("token"), "password-unusable", "character"),
        ] {
            let shown = party().sasl(&error);
            assert_eq!((shown.code.as_str(), shown.retryable), (code, false));
            assert!(shown.message.contains(word) && shown.message.contains("mail.example"), "{shown}");
        }
    }

    #[test]
    fn a_refused_token_is_told_apart_with_the_servers_reason_and_without_the_token() {
        let mut refusal = TokenRefusal::default();
        refusal.status = Some("invalid_token".to_owned());
        refusal.scope = Some("mail t0k3n\r\n".to_owned());
        let refusal = ServerRefusal::Token(refusal);
        let shown = party().refused_within(&refusal, refused(Some("[AUTHENTICATIONFAILED] no"), false));
        assert_eq!((shown.code.as_str(), shown.blame), ("token-refused", Blame::User));
        assert_eq!(
            shown.server_text.as_deref(),
            Some("[AUTHENTICATIONFAILED] no · status: invalid_token, scope: mail [redacted]")
        );
        let later = party().refused_within(&refusal, refused(None, true));
        assert_eq!(later.code, "auth-failed");
        let hung_up = ErrorParts { code: "closed".to_owned(), ..refused(None, true).into_parts() }.into();
        assert_eq!(party().refused_within(&refusal, hung_up).code, "token-refused");
    }

    #[test]
    fn what_scram_says_decides_whether_it_is_the_password_or_somebody_in_between() {
        for (refusal, code) in [
            (ScramRefusal::InvalidProof, "auth-failed"),
            (ScramRefusal::UnknownUser, "auth-failed"),
            (ScramRefusal::Unknown("odd".to_owned()), "auth-failed"),
            (ScramRefusal::NoResources, "auth-unavailable"),
            (ScramRefusal::ChannelBindingsDontMatch, "channel-mismatch"),
            (ScramRefusal::ServerDoesSupportChannelBinding, "channel-mismatch"),
            (ScramRefusal::UnsupportedChannelBindingType, "auth-unsupported"),
            (ScramRefusal::InvalidEncoding, "auth-broken"),
        ] {
            let shown = party().refused_within(&ServerRefusal::Scram(refusal), refused(None, false));
            assert_eq!(shown.code, code);
        }
    }
}
