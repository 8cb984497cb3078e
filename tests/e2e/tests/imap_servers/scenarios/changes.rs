//! What others changed, told when asked.

use super::{Scenario, scenario};
use crate::client::flags_in;
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::commands::{Change, Fetch, Known, Messages, Select, Store};
use waypost_native::imap::types::{Flag, MailboxName, ResponseCode, SequenceSet};
use waypost_native::imap::{Command, FetchItem, Response, StoreAction};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("flags and messages changed by another session", seen),
    scenario!("CONDSTORE: only what changed is fetched", condstore),
    scenario!("CONDSTORE: a change in between is noticed", unchanged_since),
    scenario!("QRESYNC", qresync),
];

fn everyone() -> SequenceSet {
    SequenceSet::from_number(1).expect("1 is a number")
}

fn five(stage: &Stage<'_>) -> Result<MailboxName, Why> {
    let messages = ["one", "two", "three", "four", "five"].map(|subject| letter(subject, b"hello\r\n"));
    stage.mailbox("changed", messages.iter().map(Vec::as_slice))
}

/// Another session flags the first, removes the second and appends a sixth.
fn change(stage: &Stage<'_>, mailbox: &MailboxName) -> Result<(), Why> {
    let mut raw = stage.raw()?;
    for command in [
        format!("SELECT \"{}\"", mailbox.as_str()).as_str(),
        "STORE 1 +FLAGS (\\Flagged)",
        "STORE 2 +FLAGS (\\Deleted)",
        "EXPUNGE",
        "CLOSE",
    ] {
        ensure(raw.command(&[command.as_bytes()])?.is_ok(), || format!("preparing it: {command}"))?;
    }
    raw.append(mailbox.as_str(), "", &letter("six", b"hello\r\n"))?;
    Ok(())
}

async fn seen(stage: &Stage<'_>) -> Verdict {
    let mailbox = five(stage)?;
    let mut imap = stage.selected(&mailbox).await?;
    change(stage, &mailbox)?;
    let told = imap.run(Command::Noop).await?.ok()?;
    let subjects = imap.subjects().await?;
    if subjects.len() == 5 && !subjects.contains(&"two".to_owned()) {
        let fetch = Command::Fetch { set: everyone(), items: vec![FetchItem::Flags] };
        let answer = imap.run(fetch).await?.ok()?;
        let first = answer.messages.first().map(|(fetched, _)| flags_in(fetched)).unwrap_or_default();
        ensure(first.contains(&Flag::Flagged), || format!("{first:?}"))?;
        same("left", &subjects, &["one", "three", "four", "five", "six"].map(str::to_owned).to_vec())
    } else {
        Err(Why::lacks(format!("it tells {} things and shows {subjects:?}", told.responses.len())))
    }
}

/// The highest mod-sequence and the UIDVALIDITY of a mailbox that is being selected.
fn state(responses: &[Response]) -> (Option<u64>, Option<u32>) {
    let (mut highest, mut validity) = (None, None);
    for response in responses {
        match response {
            Response::Condition { code: Some(ResponseCode::HighestModSeq(value)), .. } => {
                highest = Some(*value)
            }
            Response::Condition { code: Some(ResponseCode::UidValidity(value)), .. } => {
                validity = Some(*value)
            }
            _ => {}
        }
    }
    (highest, validity)
}

async fn condstore(stage: &Stage<'_>) -> Verdict {
    let mailbox = five(stage)?;
    let mut imap = stage.signed_in().await?;
    let select = Select { condstore: true, ..Select::new(mailbox.clone()) };
    let answer = imap.run(select).await?.ok()?;
    let (Some(highest), _) = state(&answer.responses) else {
        return Err(Why::Failed("no HIGHESTMODSEQ".to_owned()));
    };
    change(stage, &mailbox)?;
    imap.run(Command::Noop).await?.ok()?;
    let fetch = Fetch {
        changed_since: Some(highest),
        ..Fetch::new(Messages::Uids(everyone()), vec![FetchItem::Flags])
    };
    let answer = imap.run(fetch).await?.ok()?;
    let changed: Vec<u32> = answer.messages.iter().map(|(fetched, _)| fetched.sequence).collect();
    same("changed", &changed, &vec![1, 5])?;
    let newer = answer.messages.iter().all(|(fetched, _)| fetched.mod_sequence > Some(highest));
    ensure(newer, || format!("{:?}", answer.messages))
}

async fn unchanged_since(stage: &Stage<'_>) -> Verdict {
    let mailbox = five(stage)?;
    let mut imap = stage.signed_in().await?;
    let select = Select { condstore: true, ..Select::new(mailbox.clone()) };
    let (Some(highest), _) = state(&imap.run(select).await?.ok()?.responses) else {
        return Err(Why::Failed("no HIGHESTMODSEQ".to_owned()));
    };
    change(stage, &mailbox)?;
    imap.run(Command::Noop).await?.ok()?;
    let store = Store {
        messages: Messages::Numbers(SequenceSet::range(1, 2).ok_or_else(|| Why::Failed("0".to_owned()))?),
        change: Change::Flags(StoreAction::Add, vec![Flag::Answered]),
        silent: false,
        unchanged_since: Some(highest),
    };
    let answer = imap.run(store).await?.ok()?;
    match answer.code() {
        Some(ResponseCode::Modified(numbers)) => {
            same("not stored", &numbers.iter().collect::<Vec<_>>(), &vec![1])
        }
        other => Err(Why::Failed(format!("{other:?}"))),
    }
}

async fn qresync(stage: &Stage<'_>) -> Verdict {
    let mailbox = five(stage)?;
    let mut imap = stage.signed_in().await?;
    imap.needs("QRESYNC").await?;
    imap.run(Command::Enable(vec!["QRESYNC".to_owned()])).await?.ok()?;
    let (Some(mod_sequence), Some(validity)) =
        state(&imap.run(Select::new(mailbox.clone())).await?.ok()?.responses)
    else {
        return Err(Why::Failed("no HIGHESTMODSEQ or UIDVALIDITY".to_owned()));
    };
    drop(imap);
    change(stage, &mailbox)?;
    let mut imap = stage.signed_in().await?;
    imap.run(Command::Enable(vec!["QRESYNC".to_owned()])).await?.ok()?;
    let known = Some(Known { validity, mod_sequence, uids: None, matches: None });
    let answer = imap.run(Select { known, ..Select::new(mailbox) }).await?.ok()?;
    let gone = answer.first(|response| match response {
        Response::Vanished { earlier: true, uids } => Some(uids.iter().collect::<Vec<_>>()),
        _ => None,
    });
    same("gone", &gone, &Some(vec![2]))?;
    let changed: Vec<_> =
        answer.messages.iter().filter_map(|(fetched, _)| Some(fetched.uid?.as_u32())).collect();
    same("changed", &changed, &vec![1, 6])
}
