//! The table of mechanisms, and the choice among them. A new one is a file and a row here.

use crate::credentials::Kind;
use crate::exchange::{Begun, Exchange};
use crate::policy::{Name, NoMechanism, Obstacle, Strength};
use crate::{
    Channel, Credentials, Nonce, Policy, SaslError, anonymous, cram_md5, external, login, oauthbearer, plain,
    scram, xoauth2,
};
use core::fmt;
use waypost_wire::Secret;

/// One mechanism.
pub(crate) struct Row {
    /// As registered with IANA.
    pub(crate) name: &'static str,
    pub(crate) strength: Strength,
    /// The proof that it takes.
    proof: Kind,
    /// Whether it can carry an authorization identity.
    acts: bool,
    start: fn(&Start<'_>) -> Result<Begun, SaslError>,
}

/// Two rows are one if their names are.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Row {}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// What a mechanism begins with.
pub(crate) struct Start<'a> {
    pub(crate) attempt: &'a Attempt<'a>,
    /// The server offers SCRAM with channel binding, whether that was chosen or not.
    pub(crate) server_binds: bool,
}

const fn row(
    name: &'static str,
    strength: Strength,
    proof: Kind,
    acts: bool,
    start: fn(&Start<'_>) -> Result<Begun, SaslError>,
) -> Row {
    Row { name, strength, proof, acts, start }
}

/// The preferred first: by strength, then by hash. Channel binding comes before a longer hash, because it stops whoever stands in
/// between, and no attack on SHA-1 reaches its use in HMAC. OAUTHBEARER is the standard, XOAUTH2 its forerunner.
pub(crate) static ROWS: [Row; 13] = [
    row("SCRAM-SHA-512-PLUS", Strength::Bound, Kind::Password, true, scram::start_sha512_plus),
    row("SCRAM-SHA-256-PLUS", Strength::Bound, Kind::Password, true, scram::start_sha256_plus),
    row("SCRAM-SHA-1-PLUS", Strength::Bound, Kind::Password, true, scram::start_sha1_plus),
    row("EXTERNAL", Strength::Bound, Kind::External, true, external::start),
    row("SCRAM-SHA-512", Strength::Mutual, Kind::Password, true, scram::start_sha512),
    row("SCRAM-SHA-256", Strength::Mutual, Kind::Password, true, scram::start_sha256),
    row("SCRAM-SHA-1", Strength::Mutual, Kind::Password, true, scram::start_sha1),
    row("CRAM-MD5", Strength::Digest, Kind::Password, false, cram_md5::start),
    row("OAUTHBEARER", Strength::Shown, Kind::Token, true, oauthbearer::start),
    row("XOAUTH2", Strength::Shown, Kind::Token, true, xoauth2::start),
    row("PLAIN", Strength::Shown, Kind::Password, true, plain::start),
    row("LOGIN", Strength::Shown, Kind::Password, false, login::start),
    row("ANONYMOUS", Strength::Nothing, Kind::Nothing, false, anonymous::start),
];

pub(crate) fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// One try to sign in: who, under which rules, over which connection.
pub struct Attempt<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) channel: &'a Channel,
    pub(crate) nonce: Nonce,
    pub(crate) nfkc: &'a dyn Fn(&str) -> String,
    pub(crate) server: Option<(&'a str, u16)>,
    pub(crate) policy: &'a Policy,
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Attempt")
            .field("credentials", self.credentials)
            .field("policy", self.policy)
            .finish_non_exhaustive()
    }
}

impl<'a> Attempt<'a> {
    /// A try. The nonce makes it unlike every other. Unicode's normalisation form KC is the host's own or [`crate::nfkc`]; only SCRAM
    /// needs it, for names and passwords that are not of ASCII.
    #[must_use]
    pub const fn new(
        credentials: &'a Credentials,
        policy: &'a Policy,
        channel: &'a Channel,
        nonce: Nonce,
        nfkc: &'a dyn Fn(&str) -> String,
    ) -> Self {
        Self { credentials, channel, nonce, nfkc, server: None, policy }
    }

    /// At this server: OAUTHBEARER says whom the token is meant for (RFC 7628, 3.1).
    #[must_use]
    pub const fn at(mut self, host: &'a str, port: u16) -> Self {
        self.server = Some((host, port));
        self
    }

    /// Whether a mechanism may be used. What a protocol had before SASL counts as LOGIN: IMAP's LOGIN, POP3's USER and PASS.
    #[must_use]
    pub fn permits(&self, name: &str) -> bool {
        find(name).is_some_and(|row| self.obstacle(row).is_none())
    }

    /// Begins the preferred mechanism that both sides have and that may be used.
    ///
    /// # Errors
    /// `NoMechanism`, or `Unencodable` if the credentials can't be carried; nothing was sent. Another mechanism is not tried
    /// then: it would be a weaker one.
    pub fn choose<'b>(&self, offered: impl IntoIterator<Item = &'b str>) -> Result<Exchange, SaslError> {
        self.choose_from(Offer::of(offered), Strength::Bound)
    }

    /// Begins the preferred of those that show the password, for after one was refused that does not show it and
    /// [`Exchange::may_lack_secret`]. It is none that the policy forbids, and none without TLS unless that is allowed, so that
    /// whoever can make the first fail gains nothing: they could as well have offered only this one.
    ///
    /// # Errors
    /// As [`Attempt::choose`].
    pub fn choose_showing<'b>(
        &self,
        offered: impl IntoIterator<Item = &'b str>,
    ) -> Result<Exchange, SaslError> {
        self.choose_from(Offer::of(offered), Strength::Shown)
    }

    fn choose_from(&self, offer: Offer, at_most: Strength) -> Result<Exchange, SaslError> {
        let usable =
            |row: &&'static Row| offer.has(row) && row.strength <= at_most && self.obstacle(row).is_none();
        let Some(row) = ROWS.iter().find(usable) else {
            return Err(SaslError::NoMechanism(Box::new(self.refusal(offer))));
        };
        let server_binds = offer.known.iter().any(|row| scram::is_bound(row.name));
        let begun = (row.start)(&Start { attempt: self, server_binds })?;
        Ok(Exchange::new(Name::of(row), begun))
    }

    fn obstacle(&self, row: &'static Row) -> Option<Obstacle> {
        let (credentials, channel) = (self.credentials, self.channel);
        if row.proof != credentials.kind() {
            Some(Obstacle::OtherProof)
        } else if credentials.authorization.is_some() && !row.acts {
            Some(Obstacle::CannotActAs)
        } else if !self.policy.allows(Name::of(row)) {
            Some(Obstacle::Forbidden)
        } else if scram::is_bound(row.name) && channel.bindings.is_empty() {
            Some(Obstacle::NeedsChannelBinding)
        } else if row.strength == Strength::Shown && !channel.encrypted && !self.policy.plaintext {
            Some(Obstacle::NeedsTls)
        } else {
            None
        }
    }

    fn refusal(&self, offer: Offer) -> NoMechanism {
        let nearest = offer.known.iter().filter_map(|row| self.obstacle(row)).max();
        let obstacle = nearest.unwrap_or(Obstacle::Unknown);
        let hindered = offer.known.iter().filter(|row| self.obstacle(row) == nearest);
        NoMechanism {
            hindered: hindered.map(|row| Name::of(row)).collect(),
            offered: offer.shown,
            allowed: Name::all().filter(|name| self.permits(name.as_str())).collect(),
            obstacle,
        }
    }
}

/// What a server offers.
struct Offer {
    /// Well-formed names, in upper case, for people.
    shown: Vec<String>,
    known: Vec<&'static Row>,
}

impl Offer {
    fn of<'b>(names: impl IntoIterator<Item = &'b str>) -> Self {
        let mut offer = Self { shown: Vec::new(), known: Vec::new() };
        for name in names {
            if let Some(row) = find(name).filter(|row| !offer.has(row)) {
                offer.known.push(row);
            }
            if offer.shown.len() < MOST_SHOWN && is_name(name) {
                let name = name.to_ascii_uppercase();
                if !offer.shown.contains(&name) {
                    offer.shown.push(name);
                }
            }
        }
        offer
    }

    fn has(&self, row: &Row) -> bool {
        self.known.contains(&row)
    }
}

/// ```abnf
/// sasl-mech = 1*20mech-char ; RFC 4422, 3.1
/// mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
/// ```
/// In lower case too: servers are read without case.
fn is_name(name: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
    (1..=20).contains(&name.len()) && name.bytes().all(fits)
}

/// All messages by which a mechanism would show the secret of these credentials to this server, and the secret itself: what must
/// not be repeated in a log or an error. Octets, not base64.
#[must_use]
pub fn revealing(credentials: &Credentials, host: &str, port: u16) -> Vec<Secret<Vec<u8>>> {
    let Some(secret) = credentials.secret().filter(|secret| !secret.expose().is_empty()) else {
        return Vec::new();
    };
    let (policy, channel) = (Policy::default(), Channel::tls(Vec::new()));
    // Nothing that shows a secret has a nonce or prepares it.
    let (nonce, as_typed) = (Nonce::from_random([0; Nonce::LENGTH]), str::to_owned);
    let attempt = Attempt::new(credentials, &policy, &channel, nonce, &as_typed).at(host, port);
    let start = Start { attempt: &attempt, server_binds: false };
    let shows = |row: &&Row| row.strength == Strength::Shown && row.proof == credentials.kind();
    let begun = ROWS.iter().filter(shows).filter_map(|row| (row.start)(&start).ok()?.first);
    begun.chain([Secret::new(secret.expose().as_bytes().to_vec())]).collect()
}

/// Names of the server's that a refusal shows: servers offer a dozen.
const MOST_SHOWN: usize = 32;

#[cfg(test)]
mod tests;
