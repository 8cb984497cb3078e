//! Mailboxes: listed and selected.

use super::{Scenario, scenario};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::types::{ListPattern, MailboxName, ResponseCode};
use waypost_native::imap::{Command, Refusal, Response};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("LIST", list),
    scenario!("SELECT", select),
    scenario!("EXAMINE", examine),
    scenario!("SELECT of what is not there", select_missing),
];

async fn list(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("listed", [])?;
    let mut imap = stage.signed_in().await?;
    let (reference, pattern) = (MailboxName::new(""), ListPattern::new("*"));
    let everything = Command::List { reference, pattern, special_use: false };
    let answer = imap.run(everything).await?.ok()?;
    let names: Vec<MailboxName> = answer
        .responses
        .iter()
        .filter_map(|response| match response {
            Response::List(listing) => Some(listing.name.clone()),
            _ => None,
        })
        .collect();
    ensure(names.contains(&mailbox), || format!("{mailbox:?} is not among {names:?}"))?;
    ensure(names.contains(&MailboxName::new("INBOX")), || format!("INBOX is not among {names:?}"))
}

async fn select(stage: &Stage<'_>) -> Verdict {
    let messages = [letter("one", b"1\r\n"), letter("two", b"2\r\n")];
    let mailbox = stage.mailbox("selected", messages.iter().map(Vec::as_slice))?;
    let mut imap = stage.signed_in().await?;
    let answer = imap.run(Command::Select(mailbox)).await?.ok()?;
    same("response code", &answer.code(), &Some(&ResponseCode::ReadWrite))?;
    same("EXISTS", &answer.first(exists), &Some(2))?;
    ensure(answer.first(uid_validity).is_some(), || "no UIDVALIDITY".to_owned())
}

async fn examine(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("examined", [letter("one", b"1\r\n").as_slice()])?;
    let mut imap = stage.signed_in().await?;
    let answer = imap.run(Command::Examine(mailbox)).await?.ok()?;
    same("response code", &answer.code(), &Some(&ResponseCode::ReadOnly))?;
    same("EXISTS", &answer.first(exists), &Some(1))
}

async fn select_missing(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.signed_in().await?;
    let name = MailboxName::new(&stage.name("not-there"));
    match imap.run(Command::Select(name)).await?.result {
        Err(Refusal::No { .. }) => Ok(()),
        other => Err(Why::Failed(format!("{other:?}"))),
    }
}

fn exists(response: &Response) -> Option<u32> {
    match response {
        Response::Exists(count) => Some(*count),
        _ => None,
    }
}

fn uid_validity(response: &Response) -> Option<u32> {
    match response {
        Response::Condition { code: Some(ResponseCode::UidValidity(value)), .. } => Some(*value),
        _ => None,
    }
}
