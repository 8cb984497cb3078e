//! Signing in over IMAP (RFC 9051, 6.2; RFC 4959).

use super::dialogue::{Dialogue, Refused};
use super::{Asked, Offer, Way};
use crate::driver::Session;
use crate::{Clock, Connection, SyncError};
use waypost_imap::types::Capabilities;
use waypost_imap::{Client, Command, Event, Handle, Refusal};
use waypost_store::Security;

/// Greeting, capabilities, TLS where it is wanted, authentication.
pub(super) async fn sign_in<C: Connection>(
    session: Session<Client, C>,
    clock: &impl Clock,
    asked: &Asked<'_>,
) -> Result<Session<Client, C>, SyncError> {
    let mut login = Login { session, clock, asked };
    let preauth = login.greeting().await?;
    if asked.security() == Security::StartTls {
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
        self.finish(handle, &mut Dialogue::none()).await
    }

    async fn finish(
        &mut self,
        command: Handle,
        dialogue: &mut Dialogue,
    ) -> Result<Result<(), Refusal>, SyncError> {
        loop {
            match self.next().await? {
                Event::Done { handle, result } if handle == command => return Ok(result.map(drop)),
                Event::Challenge { handle, data } => {
                    let answer = dialogue.answer(&data, self.clock).await;
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
        let capabilities = self.capabilities().await?;
        let offer = Offer {
            mechanisms: capabilities.mechanisms().collect(),
            takes_old: !capabilities.has("LOGINDISABLED"),
            bindings: self.session.channel_bindings(),
        };
        let Err(refused) = self.go(self.asked.way(&offer)?).await else { return Ok(()) };
        match self.asked.showing_way(&offer).filter(|_| refused.may_be_right) {
            Some(way) => self.go(way).await.map_err(|refused| refused.error),
            None => Err(refused.error),
        }
    }

    async fn go(&mut self, way: Way<'_>) -> Result<(), Refused> {
        let (command, mut dialogue) = match way {
            Way::Exchange(mut exchange) => {
                let (mechanism, initial) = (exchange.name().as_str().to_owned(), exchange.initial());
                (Command::Authenticate { mechanism, initial }, Dialogue::of(exchange))
            }
            Way::Old(password) => {
                let username = self.asked.credentials.username.clone();
                (Command::Login { username, password: password.clone() }, Dialogue::none())
            }
        };
        let handle = self.session.machine().enqueue(command);
        let (ended, party) = (self.finish(handle, &mut dialogue).await, self.asked.party);
        let leaves_others = matches!(&ended, Ok(Err(refusal)) if refusal.leaves_other_mechanisms());
        let ended = ended.and_then(|ended| ended.map_err(|refusal| party.imap_login(&refusal)));
        dialogue.conclude(ended, leaves_others, party)
    }
}
