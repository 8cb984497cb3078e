//! Ways in.

use super::{Scenario, scenario};
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure};
use waypost_native::imap::{Command, Refusal, State};
use waypost_native::sasl::{Credentials, choose};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("TLS from the first octet", implicit_tls),
    scenario!("STARTTLS", starttls),
    scenario!("LOGIN", login),
    scenario!("a wrong password", wrong_password),
    scenario!("AUTHENTICATE PLAIN", plain),
    scenario!("AUTHENTICATE LOGIN", authenticate_login),
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

async fn plain(stage: &Stage<'_>) -> Verdict {
    by_mechanism(stage, "PLAIN").await
}

async fn authenticate_login(stage: &Stage<'_>) -> Verdict {
    by_mechanism(stage, "LOGIN").await
}

async fn by_mechanism(stage: &Stage<'_>, name: &str) -> Verdict {
    let mut imap = stage.protected().await?;
    let offered = imap.capabilities().await?.mechanisms().any(|offered| offered.eq_ignore_ascii_case(name));
    if !offered {
        return Err(Why::lacks(format!("AUTH={name}")));
    }
    let user = stage.user();
    let credentials = Credentials { username: user.name.clone(), password: user.password.as_str().into() };
    let mechanism = choose([name].into_iter(), &credentials, true)
        .map_err(|error| Why::Failed(error.to_string()))?
        .ok_or_else(|| Why::Failed(format!("this client has no {name}")))?;
    imap.authenticate(mechanism).await?.ok()?;
    imap.run(Command::Noop).await?.ok().map(drop)
}
