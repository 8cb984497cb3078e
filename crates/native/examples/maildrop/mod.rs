//! Where the examples of POP3 sign in: `HOST PORT USER [CA.pem]`, with the password in the environment's `PASSWORD`.

use std::error::Error;
use waypost_native::{Connector, Options, Pop3Client, Security};

/// Connects over TLS and signs in. Gives the client and what follows on the command line.
pub(crate) async fn sign_in() -> Result<(Pop3Client, Vec<String>), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let usage = "usage: HOST PORT USER CA.pem|- [MORE...], with PASSWORD in the environment";
    let (host, port) = (words.next().ok_or(usage)?, words.next().ok_or(usage)?.parse()?);
    let (user, roots) = (words.next().ok_or(usage)?, words.next().ok_or(usage)?);
    let mut options = Options::default();
    if roots != "-" {
        options = options.trust_pem(&std::fs::read(roots)?)?;
    }
    let connector = Connector::new(options)?;
    let mut client = Pop3Client::connect(&connector, &host, port, Security::Tls).await?;
    client.login(&user, &std::env::var("PASSWORD")?).await?;
    Ok((client, words.collect()))
}
