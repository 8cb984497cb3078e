//! From capabilities to a signed-in connection, shared by both protocols: TLS first where it is wanted, then the strongest
//! mechanism that both sides have and that the user allows, then the old commands. No secret is sent before TLS unless the user
//! chose to have none.

mod dialogue;
mod imap;
mod pop3;

use crate::driver::Session;
use crate::shared::Shared;
use crate::words::Party;
use crate::{Access, Connect, Endpoint, Entropy, Platform, SyncError, TlsMode};
use waypost_sasl::{
    Attempt, Channel, ChannelBinding, Credentials, Exchange, NoMechanism, Nonce, Policy, SaslError,
};
use waypost_store::{AccountRecord, Protocol, Security};
use waypost_wire::Secret;

/// The kind of connection that a host makes.
pub(crate) type ConnectionOf<P> = <<P as Platform>::Connect as Connect>::Connection;

/// A signed-in connection.
pub(crate) enum SignedIn<P: Platform> {
    Imap(Box<Session<waypost_imap::Client, ConnectionOf<P>>>),
    Pop3(Box<Session<waypost_pop3::Client, ConnectionOf<P>>>),
}

/// Connects and signs in.
pub(crate) async fn sign_in<P: Platform>(
    shared: &Shared<P>,
    account: &AccountRecord,
    access: &Access,
) -> Result<SignedIn<P>, SyncError> {
    let credentials = access.credentials(&account.username);
    let party = Party::new(&account.host, account.port, &credentials);
    let endpoint =
        Endpoint { host: account.host.clone(), port: account.port, tls: tls_mode(account.security) };
    let connected = shared.platform.connector().connect(&endpoint).await;
    let connection = connected.map_err(|error| party.connection(&error))?;
    let clock = shared.platform.clock();
    let mut random = [0; Nonce::LENGTH];
    shared.platform.entropy().fill(&mut random);
    let nfkc = |text: &str| shared.platform.nfkc(text);
    let asked = Asked { account, credentials, policy: &access.policy, party: &party, random, nfkc: &nfkc };
    match account.protocol {
        Protocol::Imap => {
            let client = waypost_imap::Client::new(waypost_imap::Options::default());
            let session = imap::sign_in(Session::new(client, connection), clock, &asked).await?;
            Ok(SignedIn::Imap(Box::new(session)))
        }
        Protocol::Pop3 => {
            let mut options = waypost_pop3::Options::default();
            options.allow_apop = access.policy.apop;
            let client = waypost_pop3::Client::new(options);
            let session = pop3::sign_in(Session::new(client, connection), clock, &asked).await?;
            Ok(SignedIn::Pop3(Box::new(session)))
        }
    }
}

/// What a login is given.
struct Asked<'a> {
    account: &'a AccountRecord,
    credentials: Credentials,
    policy: &'a Policy,
    party: &'a Party,
    /// Of this connection alone, on which one mechanism is begun.
    random: [u8; Nonce::LENGTH],
    nfkc: &'a dyn Fn(&str) -> String,
}

/// What a server takes on this connection.
struct Offer<'a> {
    mechanisms: Vec<&'a str>,
    /// What the protocol had before SASL.
    takes_old: bool,
    bindings: Vec<ChannelBinding>,
}

/// How to sign in.
enum Way<'a> {
    /// By a mechanism of SASL.
    Exchange(Exchange),
    /// By what the protocol had before SASL, with this password: it shows it, and the user allows that.
    Old(&'a Secret<String>),
}

impl Asked<'_> {
    fn security(&self) -> Security {
        self.account.security
    }

    /// The strongest mechanism that both sides have and that the user allows; else, where the server takes them, the old commands,
    /// which count as LOGIN.
    fn way(&self, offer: &Offer<'_>) -> Result<Way<'_>, SyncError> {
        self.attempt(offer, |attempt| match attempt.choose(offer.mechanisms.iter().copied()) {
            Ok(exchange) => Ok(Way::Exchange(exchange)),
            Err(SaslError::NoMechanism(refusal)) => self.old_way(attempt, offer, &refusal),
            Err(error) => Err(self.party.sasl(&error)),
        })
    }

    /// Another, after one was refused that does not show the password; `None` where the user allows none that does.
    fn showing_way(&self, offer: &Offer<'_>) -> Option<Way<'_>> {
        self.attempt(offer, |attempt| {
            let exchange = attempt.choose_showing(offer.mechanisms.iter().copied()).ok().map(Way::Exchange);
            exchange.or_else(|| self.old_password(attempt).filter(|_| offer.takes_old).map(Way::Old))
        })
    }

    /// At this point TLS is in force, or the user chose to have none and thereby allowed what shows the password.
    fn attempt<T>(&self, offer: &Offer<'_>, run: impl FnOnce(&Attempt<'_>) -> T) -> T {
        let (policy, channel) = match self.security() {
            Security::None => (self.policy.clone().with_plaintext(), Channel::plain()),
            Security::Tls | Security::StartTls => (self.policy.clone(), Channel::tls(offer.bindings.clone())),
        };
        let nonce = Nonce::from_random(self.random);
        let attempt = Attempt::new(&self.credentials, &policy, &channel, nonce, self.nfkc);
        run(&attempt.at(&self.account.host, self.account.port))
    }

    fn old_password(&self, attempt: &Attempt<'_>) -> Option<&Secret<String>> {
        self.credentials.secret().filter(|_| attempt.permits("LOGIN"))
    }

    fn old_way(
        &self,
        attempt: &Attempt<'_>,
        offer: &Offer<'_>,
        refusal: &NoMechanism,
    ) -> Result<Way<'_>, SyncError> {
        match (self.old_password(attempt), offer.takes_old) {
            (Some(password), true) => Ok(Way::Old(password)),
            (Some(_), false) if self.security() == Security::None => Err(self.party.wants_tls(None)),
            (Some(_), false) => Err(self.party.no_mechanism()),
            (None, false) => Err(self.party.nothing_usable(refusal)),
            // They are named among what the server offers.
            (None, true) => match attempt.choose(offer.mechanisms.iter().copied().chain(["LOGIN"])) {
                Err(error) => Err(self.party.sasl(&error)),
                Ok(_) => Err(self.party.nothing_usable(refusal)),
            },
        }
    }
}

const fn tls_mode(security: Security) -> TlsMode {
    match security {
        Security::Tls => TlsMode::Implicit,
        Security::StartTls => TlsMode::StartTls,
        Security::None => TlsMode::None,
    }
}
