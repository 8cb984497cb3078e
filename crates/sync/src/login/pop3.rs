//! Signing in over POP3 (RFC 1939, 4 and 7; RFC 2449; RFC 2595; RFC 5034; RFC 6856, 2).

use super::dialogue::{Dialogue, Refused};
use super::{Asked, Offer, Way};
use crate::driver::Session;
use crate::{Clock, Connection, SyncError};
use waypost_pop3::{Capabilities, Client, Command, Event, Handle, Pop3Error, Refusal};
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
    if asked.security() == Security::StartTls {
        if !login.capabilities().stls {
            return Err(asked.party.no_tls());
        }
        login.run(Command::Stls).await?.map_err(|refusal| asked.party.pop3_refusal(&refusal))?;
        // What was said before TLS may have come from anybody.
        login.ask().await?;
    }
    login.take_utf8().await?;
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

    /// Has messages with headers in UTF-8 come as they are: a server may else change them or refuse them (RFC 6856, 2 and 5).
    async fn take_utf8(&mut self) -> Result<(), SyncError> {
        if !self.capabilities().utf8 {
            return Ok(());
        }
        self.run(Command::Utf8).await?.or_else(|refusal| match refusal {
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

    async fn authenticate(&mut self) -> Result<(), SyncError> {
        let known = self.capabilities();
        let offer = Offer {
            mechanisms: known.sasl.iter().map(String::as_str).collect(),
            // A server with capabilities that does not name USER does not take it (RFC 2449, 6.3).
            takes_old: known.user || known == Capabilities::default(),
            bindings: self.session.channel_bindings(),
        };
        let way = self.asked.way(&offer);
        if !matches!(way, Ok(Way::Exchange(_))) && self.apop(&offer, way.is_ok()).await? {
            return Ok(());
        }
        let Err(refused) = self.go(way?).await else { return Ok(()) };
        match self.asked.showing_way(&offer).filter(|_| refused.may_be_right) {
            Some(way) => self.go(way).await.map_err(|refused| refused.error),
            None => Err(refused.error),
        }
    }

    /// Signs in by APOP where the user allows it and the server can; says whether we are in. Where another way follows, a refusal is no
    /// end: servers offer APOP to users whose password they don't keep.
    async fn apop(&mut self, offer: &Offer<'_>, another: bool) -> Result<bool, SyncError> {
        let Some(timestamp) = self.session.machine().apop_timestamp().cloned() else { return Ok(false) };
        let made = self.asked.attempt(offer, |attempt| attempt.apop(timestamp.as_str()));
        let Some((username, digest)) = made else { return Ok(false) };
        match self.run(Command::Apop { username, digest }).await? {
            Ok(()) => Ok(true),
            Err(refusal) if another && refusal.leaves_other_mechanisms() => Ok(false),
            Err(refusal) => Err(self.asked.party.pop3_login(&refusal)),
        }
    }

    async fn go(&mut self, way: Way<'_>) -> Result<(), Refused> {
        let party = self.asked.party;
        let (command, mut dialogue) = match way {
            Way::Exchange(mut exchange) => {
                let (mechanism, initial) = (exchange.name().as_str().to_owned(), exchange.initial());
                (Command::Auth { mechanism, initial }, Dialogue::of(exchange))
            }
            Way::Old(password) => {
                // PASS follows only an accepted USER: a refusal of the name must not cost the password.
                let user = self.run(Command::User(self.asked.credentials.username.clone())).await;
                let user = user.and_then(|ended| ended.map_err(|refusal| party.pop3_login(&refusal)));
                user.map_err(Refused::finally)?;
                (Command::Pass(password.clone()), Dialogue::none())
            }
        };
        let handle = self.session.machine().enqueue(command);
        let ended = self.finish(handle, &mut dialogue).await;
        let leaves_others = matches!(&ended, Ok(Err(refusal)) if refusal.leaves_other_mechanisms());
        let ended = ended.and_then(|ended| ended.map_err(|refusal| party.pop3_login(&refusal)));
        dialogue.conclude(ended, leaves_others, party)
    }
}
