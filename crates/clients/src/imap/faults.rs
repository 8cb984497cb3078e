//! What failed, by the codes of the package. The words for people stand in `web/client/src/faults.ts`; what was exactly wrong is said in
//! the detail.

use super::records::{Kind, Records};
use crate::quote::Quoter;
use waypost_imap::types::{NumberSet, ResponseCode};
use waypost_imap::{ImapError, Refusal};
use waypost_sasl::{NoMechanism, Obstacle, SaslError, ScramRefusal, ServerRefusal};

/// A failure on its way to the page.
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) detail: String,
    /// The server's response code.
    pub(super) reason: Option<ResponseCode>,
    /// The server's words.
    pub(super) text: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), reason: None, text: String::new() }
    }

    /// A command that ended without success.
    pub(super) fn of_command(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::No { code, text } => Self::said("server-refused", code, text),
            Refusal::Bad { code, text } => Self::said("server-rejected", code, text),
            Refusal::Lacks(capability) => Self::new("server-lacks", *capability),
            Refusal::Misuse(why) => Self::new("cannot-send", *why),
            Refusal::Broken(rule) => Self::new("not-imap", *rule),
            Refusal::Cancelled => Self::new("given-up", ""),
            _ => Self::new("connection-lost", ""),
        }
    }

    /// AUTHENTICATE or LOGIN that ended without success (RFC 5530, 3).
    pub(super) fn of_login(refusal: &Refusal) -> Self {
        let Refusal::No { code, text } = refusal else { return Self::of_command(refusal) };
        let ours = match code.as_ref().map_or("", ResponseCode::name) {
            "PRIVACYREQUIRED" => "tls-required",
            "EXPIRED" => "password-expired",
            "UNAVAILABLE" | "SERVERBUG" => "auth-unavailable",
            "INUSE" | "LIMIT" => "mailbox-in-use",
            _ => "auth-failed",
        };
        Self::said(ours, code, text)
    }

    /// The connection ended by an error.
    pub(super) fn of_connection(error: &ImapError) -> Self {
        let (code, text) = match error {
            ImapError::Refused(text) => ("server-busy", text.as_str()),
            ImapError::Limit { .. } => ("server-limit", ""),
            ImapError::Injection => ("starttls-injection", ""),
            ImapError::Closed(text) => ("connection-lost", text.as_deref().unwrap_or_default()),
            ImapError::TimedOut => ("timeout", ""),
            ImapError::PreAuth => ("plaintext-refused", ""),
            ImapError::Abandoned => ("given-up", ""),
            _ => ("not-imap", ""),
        };
        // What a server says is told apart, as its own words.
        let detail = if text.is_empty() { error.to_string() } else { String::new() };
        Self { text: text.to_owned(), ..Self::new(code, detail) }
    }

    /// An exchange that can't begin or go on.
    pub(super) fn of_exchange(error: &SaslError) -> Self {
        let code = match error {
            SaslError::Unencodable(_) => "password-unusable",
            SaslError::NoMechanism(refusal) => without_mechanism(refusal),
            SaslError::TooFewIterations(_) | SaslError::TooManyIterations(_) => "auth-unsafe",
            suspicious if suspicious.is_suspicious() => "server-unproven",
            _ => "auth-broken",
        };
        Self::new(code, error.to_string())
    }

    /// The server refused, and said within the mechanism why.
    pub(super) fn within(self, refusal: Option<&ServerRefusal>) -> Self {
        let code = match refusal {
            // Not now, and later perhaps: no reason within the mechanism is as good to know.
            _ if matches!(self.code, "auth-unavailable" | "mailbox-in-use" | "connection-lost") => self.code,
            Some(ServerRefusal::Token(_)) => "token-refused",
            Some(ServerRefusal::Scram(refusal)) => {
                match refusal {
                    ScramRefusal::ChannelBindingsDontMatch
                    | ScramRefusal::ServerDoesSupportChannelBinding => "channel-mismatch",
                    ScramRefusal::NoResources => "auth-unavailable",
                    ScramRefusal::ChannelBindingNotSupported
                    | ScramRefusal::UnsupportedChannelBindingType => "auth-unsupported",
                    ScramRefusal::InvalidEncoding | ScramRefusal::ExtensionsNotSupported => "auth-broken",
                    _ => self.code,
                }
            }
            _ => self.code,
        };
        Self { code, ..self }
    }

    /// With the server's words fit to be shown.
    pub(super) fn quoted(self, quoter: &Quoter) -> Self {
        Self { text: quoter.quote(&self.text).unwrap_or_default(), ..self }
    }

    fn said(code: &'static str, reason: &Option<ResponseCode>, text: &str) -> Self {
        Self { reason: reason.clone(), text: text.to_owned(), ..Self::new(code, "") }
    }

    /// A command ended by it.
    pub(super) fn write_refused(&self, out: &mut Records, command: u32) {
        out.begin(Kind::Refused).short(command).text(self.code).text(&self.detail);
        write_code(out, self.reason.as_ref());
        out.text(&self.text);
    }

    /// The connection ended by it.
    pub(super) fn write_failed(&self, out: &mut Records) {
        out.begin(Kind::Failed).text(self.code).text(&self.detail).text(&self.text);
    }
}

fn without_mechanism(refusal: &NoMechanism) -> &'static str {
    match refusal.obstacle {
        Obstacle::Forbidden => "auth-not-allowed",
        Obstacle::NeedsTls => "plaintext-refused",
        _ => "auth-unsupported",
    }
}

/// A response code: its name (empty for none), then numbers, then texts, as the page needs them.
pub(super) fn write_code(out: &mut Records, code: Option<&ResponseCode>) {
    out.text(code.map_or("", ResponseCode::name));
    let mut numbers = Vec::new();
    let mut texts: Vec<&str> = Vec::new();
    match code {
        Some(
            ResponseCode::UidNext(number) | ResponseCode::UidValidity(number) | ResponseCode::Unseen(number),
        ) => {
            numbers.push(u64::from(*number));
        }
        Some(ResponseCode::HighestModSeq(number)) => numbers.push(*number),
        Some(ResponseCode::AppendUid(validity, uids)) => {
            numbers.push(u64::from(*validity));
            numbers.extend(unfolded(uids));
        }
        Some(ResponseCode::CopyUid { validity, from, to }) => {
            numbers.push(u64::from(*validity));
            numbers.extend(unfolded(from));
            numbers.extend(unfolded(to));
        }
        Some(ResponseCode::MailboxId(id)) => texts.push(id),
        Some(ResponseCode::MessageLimit { messages, .. }) => numbers.push(u64::from(*messages)),
        _ => {}
    }
    out.count(numbers.len());
    for number in numbers {
        out.long(number);
    }
    match code {
        Some(ResponseCode::PermanentFlags(flags)) => out.texts(flags.iter().map(super::events::flag_name)),
        _ => out.texts(texts),
    };
}

/// UIDs one by one. A server can name billions in a few octets; more than it could have copied are none.
fn unfolded(set: &NumberSet) -> Vec<u64> {
    set.to_vec(MOST_COPIED).unwrap_or_default().into_iter().map(u64::from).collect()
}

/// More messages than one command names.
const MOST_COPIED: usize = 1 << 20;
