//! Ways in.

use super::{Scenario, scenario};
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure};
use waypost_native::imap::{Command, Refusal, State};
use waypost_native::sasl::{Attempt, Channel, Credentials, Exchange, Nonce, Policy};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("TLS from the first octet", implicit_tls),
    scenario!("STARTTLS", starttls),
    scenario!("LOGIN", login),
    scenario!("a wrong password", wrong_password),
];

async fn implicit_tls(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.tls().await?;
    imap.run(stage.login()).await?.ok()?;
    let state = imap.state();
    ensure(imap.is_protected() && state == State::Authenticated, || format!("state {state:?}"))?;
    imap.run(Command::Logout).await?.ok().map(drop)
}

async fn starttls(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.plain().await?;
    imap.needs("STARTTLS").await?;
    imap.run(Command::StartTls).await?.ok()?;
    imap.run(stage.login()).await?.ok()?;
    ensure(imap.is_protected(), || "no TLS after STARTTLS".to_owned())
}

async fn login(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.protected().await?;
    imap.run(stage.login()).await?.ok()?;
    imap.run(Command::Noop).await?.ok().map(drop)
}

/// It is refused, and the right one is still taken.
async fn wrong_password(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.protected().await?;
    let username = stage.user().name.clone();
    let refused = imap.run(Command::Login { username, password: "wrong".into() }).await?.result;
    ensure(matches!(refused, Err(Refusal::No { .. })), || format!("{refused:?}"))?;
    imap.run(stage.login()).await?.ok().map(drop)
}

/// A scenario for a mechanism of passwords.
macro_rules! by_password {
    ($mechanism:literal) => {
        Scenario {
            name: concat!("AUTHENTICATE ", $mechanism),
            run: |stage| Box::pin(async { by_mechanism(stage, $mechanism, by_password(stage)).await }),
        }
    };
}

/// A scenario for a mechanism of tokens.
macro_rules! by_token {
    ($mechanism:literal) => {
        Scenario {
            name: concat!("AUTHENTICATE ", $mechanism),
            run: |stage| Box::pin(async { by_mechanism(stage, $mechanism, by_token(stage)).await }),
        }
    };
}

pub(crate) const MECHANISMS: &[Scenario] = &[
    by_password!("PLAIN"),
    by_password!("LOGIN"),
    by_password!("CRAM-MD5"),
    by_password!("SCRAM-SHA-1"),
    by_password!("SCRAM-SHA-256"),
    by_password!("SCRAM-SHA-512"),
    by_token!("OAUTHBEARER"),
    by_token!("XOAUTH2"),
    scenario!("a wrong password by the strongest mechanism", wrong_by_mechanism),
];

fn by_password(stage: &Stage<'_>) -> Credentials {
    let user = stage.user();
    Credentials::password(&user.name, user.password.as_str().into())
}

/// Servers that take no token are not asked.
fn by_token(stage: &Stage<'_>) -> Credentials {
    let user = stage.user();
    Credentials::token(&user.name, stage.server.token(user).unwrap_or_default().as_str().into())
}

async fn by_mechanism(stage: &Stage<'_>, name: &str, credentials: Credentials) -> Verdict {
    let mut imap = stage.protected().await?;
    let offered = imap.capabilities().await?.mechanisms().any(|offered| offered.eq_ignore_ascii_case(name));
    if !offered {
        return Err(Why::lacks(format!("AUTH={name}")));
    }
    let exchange = begin(stage, [name], &credentials)?;
    match imap.authenticate(exchange).await?.result {
        // The secret is right: what the server offers does not work there.
        Err(Refusal::No { text, .. } | Refusal::Bad { text, .. }) => {
            Err(Why::lacks(format!("offered, and refused with the right secret: {text}")))
        }
        result => result.map(drop).map_err(Why::from),
    }?;
    imap.run(Command::Noop).await?.ok().map(drop)
}

/// It is refused, and nothing weaker follows by itself.
async fn wrong_by_mechanism(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.protected().await?;
    let known = imap.capabilities().await?;
    let credentials = Credentials::password(&stage.user().name, "wrong".into());
    let exchange = begin(stage, known.mechanisms(), &credentials)?;
    let refused = imap.authenticate(exchange).await?.result;
    ensure(matches!(refused, Err(Refusal::No { .. })), || format!("{refused:?}"))?;
    imap.run(stage.login()).await?.ok().map(drop)
}

fn begin<'a>(
    stage: &Stage<'_>,
    offered: impl IntoIterator<Item = &'a str>,
    credentials: &Credentials,
) -> Result<Exchange, Why> {
    let (policy, channel) = (Policy::default(), Channel::tls(Vec::new()));
    // Neither random nor normalised: names and passwords are of ASCII and thrown away, and a test that fails shall fail again.
    let nonce = Nonce::from_random([7; Nonce::LENGTH]);
    let port = stage.server.tls_port().unwrap_or_else(|| stage.server.port());
    let attempt = Attempt::new(credentials, &policy, &channel, nonce, &str::to_owned).at("localhost", port);
    attempt.choose(offered).map_err(|error| Why::Failed(error.to_string()))
}
