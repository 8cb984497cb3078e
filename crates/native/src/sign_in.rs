//! Signing in over IMAP: the strongest mechanism of SASL that both sides have and that the caller allows, else LOGIN.

use crate::imap::{Command, Event};
use crate::{ClientError, ImapClient};
use waypost_sasl::{Attempt, Channel, Credentials, Exchange, Nonce, Policy, SaslError, Strength, nfkc};

impl ImapClient {
    /// Signs in with a password, by the strongest mechanism that the server offers, or by LOGIN where it offers none.
    ///
    /// # Errors
    /// The server refused, it offers only what would show the password to others, or it did not prove what it must.
    pub async fn login(&mut self, username: &str, password: &str) -> Result<(), ClientError> {
        self.sign_in(&Credentials::password(username, password.into()), &Policy::default()).await
    }

    /// Signs in with these credentials, by mechanisms that this policy allows. Without TLS secrets may be shown: whoever connects with
    /// [`crate::Security::None`] allowed that. The login is bound to the TLS connection where the policy asks for [`Strength::Bound`].
    ///
    /// # Errors
    /// As [`ImapClient::login`]. [`ClientError::Login`] ends what the connection is good for.
    pub async fn sign_in(&mut self, credentials: &Credentials, policy: &Policy) -> Result<(), ClientError> {
        let capabilities = self.capabilities().await?;
        let offered: Vec<&str> = capabilities.mechanisms().collect();
        let takes_login = !capabilities.has("LOGINDISABLED");
        let (channel, policy) = if self.secure {
            let bindings = self.session.transport().channel_bindings();
            let wanted = policy.at_least >= Strength::Bound;
            (Channel::tls(bindings.into_iter().filter(|_| wanted).collect()), policy.clone())
        } else {
            (Channel::plain(), policy.clone().with_plaintext())
        };
        let (host, port) = self.server.clone();
        let random = self.session.transport().random().map_err(ClientError::Transport)?;
        // What follows a first mechanism shows the password and has no nonce.
        let attempt = |choose: fn(&Attempt<'_>, Vec<&str>) -> Result<Exchange, SaslError>| {
            let nonce = Nonce::from_random(random);
            let attempt = Attempt::new(credentials, &policy, &channel, nonce, &nfkc).at(&host, port);
            (choose(&attempt, offered.clone()), takes_login && attempt.permits("LOGIN"))
        };
        match attempt(|attempt, offered| attempt.choose(offered)) {
            (Ok(mut exchange), _) => match self.authenticate(&mut exchange).await {
                Err(ClientError::Refused(refusal))
                    if refusal.leaves_other_mechanisms() && exchange.may_lack_secret() =>
                {
                    match attempt(|attempt, offered| attempt.choose_showing(offered)) {
                        (Ok(mut showing), _) => self.authenticate(&mut showing).await,
                        (Err(_), true) => self.login_command(credentials).await,
                        (Err(error), false) => Err(ClientError::Login(error)),
                    }
                }
                other => other,
            },
            (Err(SaslError::NoMechanism(_)), true) => self.login_command(credentials).await,
            (Err(error), _) => Err(ClientError::Login(error)),
        }
    }

    async fn login_command(&mut self, credentials: &Credentials) -> Result<(), ClientError> {
        let password = credentials.secret().cloned();
        let password = password.ok_or(ClientError::Login(SaslError::Unencodable("password")))?;
        let command = Command::Login { username: credentials.username.clone(), password };
        self.run(command).await.map(drop)
    }

    /// Signs in by this exchange. A key is derived at once: about a second for the largest count that is taken.
    ///
    /// # Errors
    /// The server refused, its challenge was none of this mechanism, or it did not prove what it must.
    pub async fn authenticate(&mut self, exchange: &mut Exchange) -> Result<(), ClientError> {
        let (mechanism, initial) = (exchange.name().as_str().to_owned(), exchange.initial());
        let handle = self.start(Command::Authenticate { mechanism, initial }).await?;
        loop {
            match self.next().await? {
                Event::Challenge { handle, data } => {
                    let answer = exchange.respond_at_once(&data).ok();
                    self.session.machine().answer(handle, answer);
                }
                Event::Done { handle: ended, result } if ended == handle => {
                    return match (exchange.failure().cloned(), result) {
                        (Some(error), _) => Err(ClientError::Login(error)),
                        (None, Ok(_)) => exchange.accepted().map_err(ClientError::Login),
                        (None, Err(refusal)) => Err(ClientError::Refused(refusal)),
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
        let _ = |client: &'static mut ImapClient, credentials: &'static Credentials| {
            drop(moves(async move { client.sign_in(credentials, &Policy::default()).await }));
        };
    }
}
