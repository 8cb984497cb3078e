//! Signing in over POP3 (RFC 1939, 4 and 7; RFC 2449; RFC 2595; RFC 5034).

use super::Asked;
use crate::driver::Session;
use crate::{Clock, Connection, SyncError};
use waypost_pop3::{Capabilities, Client, Command, Event, Handle, Pop3Error, Refusal};
use waypost_sasl::Mechanism;
use waypost_store::Security;

/// Greeting, capabilities, TLS where it is wanted, authentication.
pub(super) async fn sign_in<C: Connection>(
    session: Session<Client, C>,
    clock: &impl Clock,
    asked: &Asked<'_>,
) -> Result<Session<Client, C>, SyncError> {
    let mut login = Login { session, clock, asked };
    login.greeting().await?;
    login.ask().await?;
    if asked.security == Security::StartTls {
        if !login.capabilities().stls {
            return Err(asked.party.no_tls());
        }
        login.run(Command::Stls).await?.map_err(|refusal| asked.party.pop3_refusal(&refusal))?;
        // What was said before TLS may have come from anybody.
        login.ask().await?;
    }
    login.authenticate().await?;
    // Servers may offer more to those who are signed in, PIPELINING above all (RFC 2449, 5).
    login.ask().await?;
    Ok(login.session)
}

struct Login<'a, 'b, C: Connection, K> {
    session: Session<Client, C>,
    clock: &'a K,
    asked: &'a Asked<'b>,
}

impl<C: Connection, K: Clock> Login<'_, '_, C, K> {
    async fn next(&mut self) -> Result<Event, SyncError> {
        let party = self.asked.party;
        match self.session.next(self.clock).await {
            Some(Event::Failed(error)) => Err(self
                .session
                .failure()
                .map_or_else(|| party.pop3(&error), |failure| party.connection(failure))),
            Some(event) => Ok(event),
            None => Err(party.pop3(&Pop3Error::Closed)),
        }
    }

    async fn greeting(&mut self) -> Result<(), SyncError> {
        while !matches!(self.next().await?, Event::Greeting { .. }) {}
        Ok(())
    }

    /// Asks what the server can do. One that does not know the question can do nothing beyond RFC 1939.
    async fn ask(&mut self) -> Result<(), SyncError> {
        self.run(Command::Capa).await?.or_else(|refusal| match refusal {
            Refusal::Err { .. } => Ok(()),
            other => Err(self.asked.party.pop3_refusal(&other)),
        })
    }

    /// None of them where the server does not know CAPA.
    fn capabilities(&mut self) -> Capabilities {
        self.session.machine().capabilities().cloned().unwrap_or_default()
    }

    async fn run(&mut self, command: Command) -> Result<Result<(), Refusal>, SyncError> {
        let handle = self.session.machine().enqueue(command);
        self.finish(handle, None).await
    }

    async fn finish(
        &mut self,
        command: Handle,
        mut mechanism: Option<Box<dyn Mechanism>>,
    ) -> Result<Result<(), Refusal>, SyncError> {
        loop {
            match self.next().await? {
                Event::Done { handle, result } if handle == command => return Ok(result.map(drop)),
                Event::Challenge { handle, data } => {
                    let answer = mechanism.as_mut().and_then(|mechanism| mechanism.respond(&data).ok());
                    self.session.machine().answer(handle, answer);
                }
                _ => {}
            }
        }
    }

    async fn authenticate(&mut self) -> Result<(), SyncError> {
        let (credentials, party, known) = (&self.asked.credentials, self.asked.party, self.capabilities());
        if let Some(mut mechanism) = self.asked.mechanism(known.sasl.iter().map(String::as_str))? {
            let command =
                Command::Auth { mechanism: mechanism.name().to_owned(), initial: mechanism.initial() };
            let handle = self.session.machine().enqueue(command);
            let ended = self.finish(handle, Some(mechanism)).await?;
            return ended.map_err(|refusal| party.pop3_login(&refusal));
        }
        // A server with capabilities that names neither SASL nor USER takes no password here (RFC 2449, 6.3).
        if known != Capabilities::default() && !known.user {
            let plain = self.asked.security == Security::None;
            return Err(if plain { party.wants_tls(None) } else { party.no_mechanism() });
        }
        // PASS follows only an accepted USER: a refusal of the name must not cost the password.
        let user = Command::User(credentials.username.clone());
        self.run(user).await?.map_err(|refusal| party.pop3_login(&refusal))?;
        let pass = Command::Pass(credentials.password.clone());
        self.run(pass).await?.map_err(|refusal| party.pop3_login(&refusal))
    }
}
