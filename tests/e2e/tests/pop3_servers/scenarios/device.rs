//! The engine with a store: what one session knows, the next does not take again, whatever ids the server gives.

use super::{Scenario, scenario};
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use tokio::task::LocalSet;
use waypost_e2e::{Device, Memory, Relay};
use waypost_native::Options;
use waypost_store::{Pop3Settings, Protocol, Security};
use waypost_sync::{AccountSettings, AccountState, SyncError};
use waypost_wire::Secret;

pub(crate) const ALL: &[Scenario] =
    &[scenario!("mail that is left on the server is taken once over all sessions", taken_once)];

/// So long that one message more or less shows in what a session carries. Without a Message-ID, by which it would be known whatever
/// its size: Mailutils adds lines.
fn long(subject: &str) -> Vec<u8> {
    let head =
        format!("From: kim@waypost.example\r\nTo: robin@waypost.example\r\nSubject: {subject}\r\n\r\n");
    [head.as_bytes(), b"All work and no play.\r\n".repeat(LINES).as_slice()].concat()
}

async fn taken_once(stage: &Stage<'_>) -> Verdict {
    LocalSet::new().run_until(sessions(stage)).await
}

async fn sessions(stage: &Stage<'_>) -> Verdict {
    stage.fill(["One", "Two", "Three"].map(long).iter().map(Vec::as_slice))?;
    let relay = Relay::start(stage.server.pop3s_port().ok_or_else(|| Why::lacks("POP3"))?).await;
    let password = || Secret::new(stage.user().password.clone());
    let start = |store| {
        let pem = std::fs::read(stage.server.ca_pem()).map_err(|error| Why::Failed(error.to_string()))?;
        Ok::<_, Why>(Device::with(Options::default().trust_pem(&pem)?, store))
    };

    let device = start(Memory::default())?;
    let settings = AccountSettings {
        protocol: Protocol::Pop3,
        address: stage.user().name.clone(),
        host: "localhost".to_owned(),
        port: relay.port,
        security: Security::Tls,
        username: stage.user().name.clone(),
        pop3: Pop3Settings::default(),
    };
    let account = device.engine.add_account(settings, password()).await?.id;
    online(&device, account).await?;
    let first = device.inbox(account).await;
    same("messages of the first session", &first.len(), &3)?;
    ensure(first.iter().all(|row| row.body), || format!("{first:?}"))?;

    let before = relay.octets_down();
    let device = start(device.kill())?;
    device.engine.sign_in(account, password()).await?;
    online(&device, account).await?;
    let again = relay.octets_down() - before;
    ensure(again < long("").len(), || format!("the second session carried {again} octets"))?;
    same("messages after it", &device.inbox(account).await, &first)?;
    let notices = device.engine.accounts().await?.remove(0).notices;
    ensure(notices.is_empty(), || format!("{notices:?}"))?;

    stage.append(&long("Four"))?;
    let before = relay.octets_down();
    let device = start(device.kill())?;
    device.engine.sign_in(account, password()).await?;
    online(&device, account).await?;
    let carried = relay.octets_down() - before;
    let length = long("").len();
    ensure((length..2 * length).contains(&carried), || {
        format!("the third session carried {carried} octets")
    })?;
    let mut subjects: Vec<String> = device.inbox(account).await.into_iter().map(|row| row.subject).collect();
    subjects.sort();
    same("all messages", &subjects, &["Four", "One", "Three", "Two"].map(str::to_owned).to_vec())
}

/// Waits for the end of a look; the scenario has a time.
async fn online(device: &Device, account: u32) -> Verdict {
    loop {
        match device.engine.state(account) {
            AccountState::Online => return Ok(()),
            AccountState::Offline { error, .. } => return Err(error.into()),
            _ => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
}

impl From<SyncError> for Why {
    fn from(error: SyncError) -> Self {
        Self::Failed(format!("{}: {} {:?}", error.code, error.message, error.server_text))
    }
}

/// About 66 KB.
const LINES: usize = 3_000;
