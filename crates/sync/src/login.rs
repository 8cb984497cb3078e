//! From capabilities to a signed-in connection, shared by both protocols: TLS first where it is wanted, then the strongest
//! mechanism that both sides have, then the old commands. No secret is sent before TLS unless the user chose to have none.

mod imap;
mod pop3;

use crate::driver::Session;
use crate::shared::Shared;
use crate::words::Party;
use crate::{Connect, Endpoint, Platform, SyncError, TlsMode};
use waypost_sasl::{Credentials, Mechanism, choose};
use waypost_store::{AccountRecord, Protocol, Security};
use waypost_wire::Secret;

/// The kind of connection that a host makes.
pub(crate) type ConnectionOf<P> = <<P as Platform>::Connect as Connect>::Connection;

/// A signed-in connection.
pub(crate) enum SignedIn<P: Platform> {
    Imap(Session<waypost_imap::Client, ConnectionOf<P>>),
    Pop3(Session<waypost_pop3::Client, ConnectionOf<P>>),
}

/// Connects and signs in.
pub(crate) async fn sign_in<P: Platform>(
    shared: &Shared<P>,
    account: &AccountRecord,
    password: &Secret<String>,
) -> Result<SignedIn<P>, SyncError> {
    let credentials = Credentials { username: account.username.clone(), password: password.clone() };
    let party = Party::new(&account.host, account.port, &credentials);
    let endpoint =
        Endpoint { host: account.host.clone(), port: account.port, tls: tls_mode(account.security) };
    let connected = shared.platform.connector().connect(&endpoint).await;
    let connection = connected.map_err(|error| party.connection(&error))?;
    let clock = shared.platform.clock();
    let asked = Asked { security: account.security, credentials, party: &party };
    match account.protocol {
        Protocol::Imap => {
            let client = waypost_imap::Client::new(waypost_imap::Options::default());
            imap::sign_in(Session::new(client, connection), clock, &asked).await.map(SignedIn::Imap)
        }
        Protocol::Pop3 => {
            let client = waypost_pop3::Client::new(waypost_pop3::Options::default());
            pop3::sign_in(Session::new(client, connection), clock, &asked).await.map(SignedIn::Pop3)
        }
    }
}

/// What a login is given.
struct Asked<'a> {
    security: Security,
    credentials: Credentials,
    party: &'a Party,
}

impl Asked<'_> {
    /// The strongest mechanism that both sides have. It may carry the password as it is: at this point TLS is in force, or the
    /// user chose to have none.
    fn mechanism<'a>(
        &self,
        offered: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Box<dyn Mechanism>>, SyncError> {
        choose(offered, &self.credentials, true).map_err(|_| self.party.unencodable())
    }
}

const fn tls_mode(security: Security) -> TlsMode {
    match security {
        Security::Tls => TlsMode::Implicit,
        Security::StartTls => TlsMode::StartTls,
        Security::None => TlsMode::None,
    }
}
