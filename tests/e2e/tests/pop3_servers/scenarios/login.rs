//! Ways in.

use super::{Scenario, scenario};
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure};
use waypost_native::pop3::{Command, Options, Refusal, ResponseCode, State};
use waypost_native::sasl::{Attempt, Channel, Credentials, Exchange, Nonce, Policy};
use waypost_native::{Pop3ClientError, Security};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("TLS from the first octet", implicit_tls),
    scenario!("STLS", stls),
    scenario!("without TLS", plain),
    scenario!("CAPA before and after the login", capabilities),
    scenario!("USER and PASS", user_and_pass),
    scenario!("APOP", apop),
    scenario!("a wrong password is refused and the right one still taken", wrong_password),
    scenario!("a wrong password says [AUTH]", wrong_password_code),
    scenario!("sign in by what is best", best),
];

async fn implicit_tls(stage: &Stage<'_>) -> Verdict {
    let mut pop3 = stage.signed_in().await?;
    let state = pop3.session().machine().state();
    let protected = pop3.session().transport().tls().is_some();
    ensure(protected && state == State::Transaction, || format!("state {state:?}"))?;
    pop3.leave().quit().await.map_err(Why::from)
}

async fn stls(stage: &Stage<'_>) -> Verdict {
    let mut pop3 = stage.connect(Security::StartTls, Options::default()).await?;
    ensure(pop3.session().transport().tls().is_some(), || "no TLS after STLS".to_owned())?;
    pop3.login(&stage.user().name, &stage.user().password).await?;
    pop3.stat().await?;
    Ok(())
}

async fn plain(stage: &Stage<'_>) -> Verdict {
    let mut pop3 = stage.connect(Security::None, Options::default()).await?;
    pop3.login(&stage.user().name, &stage.user().password).await?;
    pop3.stat().await?;
    Ok(())
}

async fn capabilities(stage: &Stage<'_>) -> Verdict {
    let mut pop3 = stage.tls().await?;
    let before = pop3.capabilities();
    ensure(before.user || !before.sasl.is_empty(), || format!("no way in: {before:?}"))?;
    pop3.login(&stage.user().name, &stage.user().password).await?;
    let after = pop3.capabilities();
    let answer = pop3.run(Command::Capa).await?;
    pop3.look_at(&answer);
    ensure(after.uidl && after.top && after.pipelining, || format!("{after:?}"))
}

async fn user_and_pass(stage: &Stage<'_>) -> Verdict {
    let mut pop3 = stage.tls().await?;
    pop3.run(Command::User(stage.user().name.clone())).await?;
    pop3.run(Command::Pass(stage.user().password.as_str().into())).await?;
    pop3.run(Command::Noop).await?;
    Ok(())
}

/// The digest is right: a server with a time stamp that refuses it does not keep the password.
async fn apop(stage: &Stage<'_>) -> Verdict {
    let mut options = Options::default();
    options.allow_apop = true;
    let mut pop3 = stage.connect(Security::Tls, options).await?;
    let timestamp = pop3.session().machine().apop_timestamp().cloned();
    let timestamp = timestamp.ok_or_else(|| Why::lacks("a time stamp in the greeting"))?;
    let (username, digest) = attempt(stage, &by_password(stage), |attempt| attempt.apop(timestamp.as_str()))
        .ok_or_else(|| Why::Failed("the policy allows APOP".to_owned()))?;
    match pop3.run(Command::Apop { username, digest }).await {
        Err(Pop3ClientError::Refused(Refusal::Err { text, .. })) => {
            Err(Why::lacks(format!("offered, and refused with the right digest: {text}")))
        }
        other => other.map(drop).map_err(Why::from),
    }?;
    pop3.stat().await?;
    Ok(())
}

async fn refused(stage: &Stage<'_>) -> Result<(crate::client::Pop3, Option<ResponseCode>), Why> {
    let mut pop3 = stage.tls().await?;
    pop3.run(Command::User(stage.user().name.clone())).await?;
    match pop3.run(Command::Pass("wrong".into())).await {
        Err(Pop3ClientError::Refused(Refusal::Err { code, .. })) => Ok((pop3, code)),
        other => Err(Why::Failed(format!("{other:?}"))),
    }
}

async fn wrong_password(stage: &Stage<'_>) -> Verdict {
    let (mut pop3, _) = refused(stage).await?;
    match pop3.login(&stage.user().name, &stage.user().password).await {
        Err(Pop3ClientError::Ended | Pop3ClientError::Connection(_) | Pop3ClientError::Transport(_)) => {
            Err(Why::lacks("it hangs up"))
        }
        other => other.map_err(Why::from),
    }
}

async fn wrong_password_code(stage: &Stage<'_>) -> Verdict {
    match refused(stage).await?.1 {
        Some(ResponseCode::Auth) => Ok(()),
        None => Err(Why::lacks("no code")),
        other => Err(Why::Failed(format!("{other:?}"))),
    }
}

/// SASL where the server has it, and what shows the password where that is all that works: Mailutils.
async fn best(stage: &Stage<'_>) -> Verdict {
    let mut pop3 = stage.tls().await?;
    pop3.sign_in(&by_password(stage), &Policy::default().with_apop()).await?;
    pop3.stat().await?;
    Ok(())
}

/// A scenario for a mechanism of passwords.
macro_rules! by_password {
    ($mechanism:literal) => {
        Scenario {
            name: concat!("AUTH ", $mechanism),
            run: |stage| Box::pin(async { by_mechanism(stage, $mechanism, by_password(stage)).await }),
        }
    };
}

/// A scenario for a mechanism of tokens.
macro_rules! by_token {
    ($mechanism:literal) => {
        Scenario {
            name: concat!("AUTH ", $mechanism),
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
    let mut pop3 = stage.tls().await?;
    if !pop3.capabilities().has_mechanism(name) {
        return Err(Why::lacks(format!("SASL {name}")));
    }
    let exchange = attempt(stage, &credentials, |attempt| attempt.choose([name]));
    let mut exchange: Exchange = exchange.map_err(|error| Why::Failed(error.to_string()))?;
    match pop3.authenticate(&mut exchange).await {
        // The secret is right: what the server offers does not work there.
        Err(Pop3ClientError::Refused(Refusal::Err { text, .. })) => {
            Err(Why::lacks(format!("offered, and refused with the right secret: {text}")))
        }
        other => other.map_err(Why::from),
    }?;
    pop3.stat().await?;
    Ok(())
}

fn attempt<T>(stage: &Stage<'_>, credentials: &Credentials, run: impl FnOnce(&Attempt<'_>) -> T) -> T {
    let (policy, channel) = (Policy::default().with_apop(), Channel::tls(Vec::new()));
    // Neither random nor normalised: names and passwords are of ASCII and thrown away, and a test that fails shall fail again.
    let nonce = Nonce::from_random([7; Nonce::LENGTH]);
    let port = stage.server.pop3s_port().unwrap_or_default();
    run(&Attempt::new(credentials, &policy, &channel, nonce, &str::to_owned).at("localhost", port))
}
