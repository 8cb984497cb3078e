//! Signing in over IMAP (RFC 9051, 6.2; RFC 4959).

use super::Asked;
use crate::driver::Session;
use crate::{Clock, Connection, SyncError};
use waypost_imap::types::Capabilities;
use waypost_imap::{Client, Command, Event, Handle, Refusal};
use waypost_sasl::Mechanism;
use waypost_store::Security;

/// Greeting, capabilities, TLS where it is wanted, authentication.
pub(super) async fn sign_in<C: Connection>(
    session: Session<Client, C>,
    clock: &impl Clock,
    asked: &Asked<'_>,
) -> Result<Session<Client, C>, SyncError> {
    let mut login = Login { session, clock, asked };
    let preauth = login.greeting().await?;
    if asked.security == Security::StartTls {
        // A server that greets with PREAUTH can't be asked for TLS any more: somebody on the way may have written it.
        if preauth || !login.capabilities().await?.has("STARTTLS") {
            return Err(asked.party.no_tls());
        }
        login.run(Command::StartTls).await?.map_err(|refusal| asked.party.imap_refusal(&refusal))?;
    }
    if !preauth {
        login.authenticate().await?;
    }
    login.capabilities().await?;
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
                .map_or_else(|| party.imap(&error), |failure| party.connection(failure))),
            Some(event) => Ok(event),
            None => Err(party.imap_refusal(&Refusal::ConnectionEnded)),
        }
    }

    /// Whether the server takes us as signed in already.
    async fn greeting(&mut self) -> Result<bool, SyncError> {
        loop {
            if let Event::Greeting { preauth, .. } = self.next().await? {
                return Ok(preauth);
            }
        }
    }

    /// Runs a command to its end; challenges have no answer.
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

    /// What the server can do now: as it said by itself, or asked for.
    async fn capabilities(&mut self) -> Result<Capabilities, SyncError> {
        if self.session.machine().capabilities().is_none() {
            let party = self.asked.party;
            self.run(Command::Capability).await?.map_err(|refusal| party.imap_refusal(&refusal))?;
        }
        Ok(self.session.machine().capabilities().cloned().unwrap_or_default())
    }

    async fn authenticate(&mut self) -> Result<(), SyncError> {
        let (capabilities, party) = (self.capabilities().await?, self.asked.party);
        if let Some(mut mechanism) = self.asked.mechanism(capabilities.mechanisms())? {
            let command = Command::Authenticate {
                mechanism: mechanism.name().to_owned(),
                initial: mechanism.initial(),
            };
            let handle = self.session.machine().enqueue(command);
            let ended = self.finish(handle, Some(mechanism)).await?;
            return ended.map_err(|refusal| party.imap_login(&refusal));
        }
        if capabilities.has("LOGINDISABLED") {
            let plain = self.asked.security == Security::None;
            return Err(if plain { party.wants_tls(None) } else { party.no_mechanism() });
        }
        let credentials = &self.asked.credentials;
        let command =
            Command::Login { username: credentials.username.clone(), password: credentials.password.clone() };
        self.run(command).await?.map_err(|refusal| party.imap_login(&refusal))
    }
}
