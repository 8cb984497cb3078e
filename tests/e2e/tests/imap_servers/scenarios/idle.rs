//! Changes by others, told while they happen.

use super::{Scenario, scenario};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, same};
use std::time::Duration;
use waypost_native::imap::ext::notify::{EventGroup, Notify, NotifyEvent, NotifyMailboxes};
use waypost_native::imap::types::Flag;
use waypost_native::imap::{Command, Response};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("IDLE tells of new mail", new_mail),
    scenario!("IDLE tells of removed mail", removed_mail),
    scenario!("IDLE tells of changed flags", changed_flags),
    scenario!("NOOP tells of new mail", noop),
    scenario!("NOTIFY tells of another mailbox", notify),
];

async fn new_mail(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("idled", [letter("first", b"1\r\n").as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    imap.needs("IDLE").await?;
    let idle = imap.idle().await?;
    stage.raw()?.append(mailbox.as_str(), "", &letter("second", b"2\r\n"))?;
    let told = imap.hears(WITHIN, two).await?;
    imap.finish_idle(idle).await?.ok()?;
    told.ok_or_else(|| Why::lacks("it tells nothing while idling"))
}

async fn removed_mail(stage: &Stage<'_>) -> Verdict {
    let gone = |response: &Response| matches!(response, Response::Expunge(1)).then_some(());
    while_idle(stage, &["STORE 1 +FLAGS (\\Deleted)", "EXPUNGE"], gone).await
}

async fn changed_flags(stage: &Stage<'_>) -> Verdict {
    let flagged = |response: &Response| match response {
        Response::Fetch(fetched) => fetched.flags()?.has(&Flag::Flagged).then_some(()),
        _ => None,
    };
    while_idle(stage, &["STORE 1 +FLAGS (\\Flagged)"], flagged).await
}

/// Another session acts while this one idles.
async fn while_idle(stage: &Stage<'_>, commands: &[&str], told: impl Fn(&Response) -> Option<()>) -> Verdict {
    let messages = [letter("first", b"1\r\n"), letter("second", b"2\r\n")];
    let mailbox = stage.mailbox("idled", messages.iter().map(Vec::as_slice))?;
    let mut imap = stage.selected(&mailbox).await?;
    imap.needs("IDLE").await?;
    let mut raw = stage.raw()?;
    raw.command(&[format!("SELECT \"{}\"", mailbox.as_str()).as_bytes()])?;
    let idle = imap.idle().await?;
    for command in commands {
        raw.command(&[command.as_bytes()])?;
    }
    let told = imap.hears(WITHIN, told).await?;
    imap.finish_idle(idle).await?.ok()?;
    told.ok_or_else(|| Why::lacks("it tells nothing while idling"))
}

async fn noop(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("looked-at", [letter("first", b"1\r\n").as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    stage.raw()?.append(mailbox.as_str(), "", &letter("second", b"2\r\n"))?;
    let answer = imap.run(Command::Noop).await?.ok()?;
    answer.first(two).ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))
}

async fn notify(stage: &Stage<'_>) -> Verdict {
    let selected = stage.mailbox("selected", [])?;
    let other = stage.mailbox("elsewhere", [letter("first", b"1\r\n").as_slice()])?;
    let mut imap = stage.selected(&selected).await?;
    let events = || vec![NotifyEvent::MessageNew(Vec::new()), NotifyEvent::MessageExpunge];
    let groups = vec![
        EventGroup { mailboxes: NotifyMailboxes::Selected, events: events() },
        EventGroup { mailboxes: NotifyMailboxes::Personal, events: events() },
    ];
    imap.run(Notify::Set { status: false, groups }).await?.ok()?;
    stage.raw()?.append(other.as_str(), "", &letter("second", b"2\r\n"))?;
    let told = imap.hears(WITHIN, |response| match response {
        Response::Status(status) if status.mailbox == other => Some(status.messages),
        _ => None,
    });
    same("messages", &told.await?, &Some(Some(2)))?;
    imap.run(Notify::None).await?.ok().map(drop)
}

fn two(response: &Response) -> Option<()> {
    matches!(response, Response::Exists(2)).then_some(())
}

/// Courier looks every second here, Cyrus and Dovecot are told at once.
const WITHIN: Duration = Duration::from_secs(8);
