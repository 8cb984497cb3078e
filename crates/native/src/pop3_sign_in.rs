//! Signing in over POP3: the strongest mechanism of SASL that both sides have and that the caller allows, else APOP where it is
//! allowed, else USER and PASS.

use crate::pop3::{Capabilities, Command, Event, Refusal};
use crate::{Pop3Client, Pop3ClientError};
use waypost_sasl::{Attempt, Channel, Credentials, Exchange, Nonce, Policy, SaslError, Strength, nfkc};
use waypost_wire::Secret;

/// What the protocol had before SASL, as far as it may be used.
struct OldWays {
    /// Name and digest.
    apop: Option<(String, Secret<String>)>,
    user: bool,
}

impl Pop3Client {
    /// Signs in with a password, by the strongest mechanism that the server offers, or by USER and PASS where it offers none.
    ///
    /// # Errors
    /// The server refused, it offers only what would show the password to others, or it did not prove what it must.
    pub async fn login(&mut self, username: &str, password: &str) -> Result<(), Pop3ClientError> {
        self.sign_in(&Credentials::password(username, password.into()), &Policy::default()).await
    }

    /// Signs in with these credentials, by mechanisms that this policy allows. Without TLS secrets may be shown: whoever connects with
    /// [`crate::Security::None`] allowed that. The login is bound to the TLS connection where the policy asks for [`Strength::Bound`].
    /// APOP is used where the policy and the options of the machine allow it and no mechanism may be used. Messages come as they
    /// are afterwards where the server can ([`Command::Utf8`]).
    ///
    /// # Errors
    /// As [`Pop3Client::login`]. [`Pop3ClientError::Login`] ends what the connection is good for.
    pub async fn sign_in(
        &mut self,
        credentials: &Credentials,
        policy: &Policy,
    ) -> Result<(), Pop3ClientError> {
        if self.capabilities().utf8 {
            match self.run(Command::Utf8).await {
                Ok(_) | Err(Pop3ClientError::Refused(Refusal::Err { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        let known = self.capabilities();
        let (channel, policy) = if self.secure {
            let bindings = self.session.transport().channel_bindings();
            let wanted = policy.at_least >= Strength::Bound;
            (Channel::tls(bindings.into_iter().filter(|_| wanted).collect()), policy.clone())
        } else {
            (Channel::plain(), policy.clone().with_plaintext())
        };
        let (host, port) = self.server.clone();
        let random = self.session.transport().random().map_err(Pop3ClientError::Transport)?;
        let timestamp = self.session.machine().apop_timestamp().cloned();
        // What follows a first mechanism has no nonce.
        let attempt = |choose: fn(&Attempt<'_>, &Capabilities) -> Result<Exchange, SaslError>| {
            let attempt = Attempt::new(credentials, &policy, &channel, Nonce::from_random(random), &nfkc);
            let attempt = attempt.at(&host, port);
            let apop = timestamp.as_ref().and_then(|timestamp| attempt.apop(timestamp.as_str()));
            // A server with capabilities that does not name USER does not take it (RFC 2449, 6.3).
            let takes_user = known.user || known == Capabilities::default();
            (choose(&attempt, &known), OldWays { apop, user: takes_user && attempt.permits("LOGIN") })
        };
        match attempt(|attempt, known| attempt.choose(known.sasl.iter().map(String::as_str))) {
            (Ok(mut exchange), _) => match self.authenticate(&mut exchange).await {
                Err(Pop3ClientError::Refused(refusal))
                    if refusal.leaves_other_mechanisms() && exchange.may_lack_secret() =>
                {
                    match attempt(|attempt, known| {
                        attempt.choose_showing(known.sasl.iter().map(String::as_str))
                    }) {
                        (Ok(mut showing), _) => self.authenticate(&mut showing).await,
                        (Err(_), OldWays { user: true, .. }) => self.user_and_pass(credentials).await,
                        (Err(error), _) => Err(Pop3ClientError::Login(error)),
                    }
                }
                other => other,
            },
            (Err(error), OldWays { apop: None, user: false }) => Err(Pop3ClientError::Login(error)),
            (Err(SaslError::NoMechanism(_)), old) => self.old_ways(credentials, old).await,
            (Err(error), _) => Err(Pop3ClientError::Login(error)),
        }?;
        // Servers may offer more to those who are signed in, PIPELINING above all (RFC 2449, 5).
        self.ask().await
    }

    async fn old_ways(&mut self, credentials: &Credentials, old: OldWays) -> Result<(), Pop3ClientError> {
        if let Some((username, digest)) = old.apop {
            match self.run(Command::Apop { username, digest }).await {
                // Servers offer APOP to users whose password they don't keep.
                Err(Pop3ClientError::Refused(refusal)) if old.user && refusal.leaves_other_mechanisms() => {}
                ended => return ended.map(drop),
            }
        }
        self.user_and_pass(credentials).await
    }

    /// PASS follows only an accepted USER: a refusal of the name must not cost the password.
    async fn user_and_pass(&mut self, credentials: &Credentials) -> Result<(), Pop3ClientError> {
        let password = credentials.secret().cloned();
        let password = password.ok_or(Pop3ClientError::Login(SaslError::Unencodable("password")))?;
        self.run(Command::User(credentials.username.clone())).await?;
        self.run(Command::Pass(password)).await.map(drop)
    }

    /// Signs in by this exchange. A key is derived at once: about a second for the largest count that is taken.
    ///
    /// # Errors
    /// The server refused, its challenge was none of this mechanism, or it did not prove what it must.
    pub async fn authenticate(&mut self, exchange: &mut Exchange) -> Result<(), Pop3ClientError> {
        let (mechanism, initial) = (exchange.name().as_str().to_owned(), exchange.initial());
        let handle = self.start(Command::Auth { mechanism, initial }).await?;
        loop {
            match self.next().await? {
                Event::Challenge { handle, data } => {
                    let answer = exchange.respond_at_once(&data).ok();
                    self.session.machine().answer(handle, answer);
                }
                Event::Done { handle: ended, result } if ended == handle => {
                    return match (exchange.failure().cloned(), result) {
                        (Some(error), _) => Err(Pop3ClientError::Login(error)),
                        (None, Ok(_)) => exchange.accepted().map_err(Pop3ClientError::Login),
                        (None, Err(refusal)) => Err(Pop3ClientError::Refused(refusal)),
                    };
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves<T: Send>(value: T) -> T {
        value
    }

    /// Compiles only if it is so.
    #[test]
    fn a_login_may_move_between_threads() {
        let _ = |client: &'static mut Pop3Client, credentials: &'static Credentials| {
            drop(moves(async move { client.sign_in(credentials, &Policy::default()).await }));
        };
    }
}
