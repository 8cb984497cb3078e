//! Messages that go elsewhere, or for good.

use super::{Scenario, scenario};
use crate::client::Imap;
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::commands::{Close, Copy, Expunge, Messages, Move, UidExpunge, Unselect};
use waypost_native::imap::types::{Flag, MailboxName, ResponseCode, SequenceSet};
use waypost_native::imap::{Command, Refusal, Response, StoreAction};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("COPY", copy),
    scenario!("COPY says the UIDs", copy_uid),
    scenario!("COPY to what is not there", copy_nowhere),
    scenario!("MOVE", r#move),
    scenario!("EXPUNGE", expunge),
    scenario!("UID EXPUNGE", uid_expunge),
    scenario!("CLOSE", close),
    scenario!("UNSELECT", unselect),
];

/// A session in a mailbox of these three, and another mailbox.
async fn three(stage: &Stage<'_>) -> Result<(Imap, MailboxName, MailboxName), Why> {
    let messages = ["one", "two", "three"].map(|subject| letter(subject, b"hello\r\n"));
    let from = stage.mailbox("from", messages.iter().map(Vec::as_slice))?;
    let to = stage.mailbox("to", [])?;
    Ok((stage.selected(&from).await?, from, to))
}

/// By sequence number: the first and the last.
fn outer() -> SequenceSet {
    SequenceSet::from_numbers([1, 3]).expect("numbers above 0")
}

async fn copy(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _, to) = three(stage).await?;
    imap.run(Copy { messages: Messages::Numbers(outer()), mailbox: to.clone() }).await?.ok()?;
    same("here", &imap.subjects().await?, &words(&["one", "two", "three"]))?;
    if stage.selected(&to).await?.subjects().await?.is_empty() {
        return Err(Why::lacks("what it copies is empty"));
    }
    same("there", &stage.selected(&to).await?.subjects().await?, &words(&["one", "three"]))
}

async fn copy_uid(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _, to) = three(stage).await?;
    imap.needs("UIDPLUS").await?;
    let answer = imap.run(Copy { messages: Messages::Numbers(outer()), mailbox: to }).await?.ok()?;
    match answer.code() {
        Some(ResponseCode::CopyUid { from, to, .. }) => same("UIDs", &(from.count(), to.count()), &(2, 2)),
        other => Err(Why::Failed(format!("{other:?}"))),
    }
}

async fn copy_nowhere(stage: &Stage<'_>) -> Verdict {
    let (mut imap, ..) = three(stage).await?;
    let mailbox = MailboxName::new(&stage.name("not-there"));
    match imap.run(Copy { messages: Messages::Numbers(outer()), mailbox }).await?.result {
        Err(Refusal::No { code: Some(ResponseCode::TryCreate), .. }) => Ok(()),
        Err(Refusal::No { .. }) => Err(Why::lacks("it does not say TRYCREATE")),
        other => Err(Why::Failed(format!("{other:?}"))),
    }
}

async fn r#move(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _, to) = three(stage).await?;
    let answer = imap.run(Move { messages: Messages::Numbers(outer()), mailbox: to.clone() }).await?.ok()?;
    same("EXPUNGE", &expunged(&answer.responses), &2)?;
    same("here", &imap.subjects().await?, &words(&["two"]))?;
    same("there", &stage.selected(&to).await?.subjects().await?, &words(&["one", "three"]))
}

async fn expunge(stage: &Stage<'_>) -> Verdict {
    let (mut imap, ..) = three(stage).await?;
    delete(&mut imap, &[1, 3]).await?;
    let answer = imap.run(Expunge).await?.ok()?;
    same("EXPUNGE", &expunged(&answer.responses), &2)?;
    same("left", &imap.subjects().await?, &words(&["two"]))
}

async fn uid_expunge(stage: &Stage<'_>) -> Verdict {
    let (mut imap, ..) = three(stage).await?;
    imap.needs("UIDPLUS").await?;
    let uids = delete(&mut imap, &[1, 3]).await?;
    let last = uids.last().copied().and_then(SequenceSet::single);
    let last = last.ok_or_else(|| Why::Failed("no UID".to_owned()))?;
    imap.run(UidExpunge(last)).await?.ok()?;
    same("left", &imap.subjects().await?, &words(&["one", "two"]))
}

async fn close(stage: &Stage<'_>) -> Verdict {
    let (mut imap, from, _) = three(stage).await?;
    delete(&mut imap, &[1]).await?;
    imap.run(Close).await?.ok()?;
    same("left", &stage.selected(&from).await?.subjects().await?, &words(&["two", "three"]))
}

async fn unselect(stage: &Stage<'_>) -> Verdict {
    let (mut imap, from, _) = three(stage).await?;
    delete(&mut imap, &[1]).await?;
    imap.run(Unselect).await?.ok()?;
    let left = stage.selected(&from).await?.subjects().await?;
    same("left", &left, &words(&["one", "two", "three"]))?;
    ensure(imap.run(Expunge).await?.result.is_err(), || "a mailbox is still selected".to_owned())
}

/// Marks these sequence numbers as deleted; gives their UIDs.
async fn delete(imap: &mut Imap, numbers: &[u32]) -> Result<Vec<u32>, Why> {
    let set =
        SequenceSet::from_numbers(numbers.iter().copied()).ok_or_else(|| Why::Failed("0".to_owned()))?;
    let items = vec![waypost_native::imap::FetchItem::Uid];
    let answer = imap.run(Command::Fetch { set, items }).await?.ok()?;
    let uids: Vec<u32> =
        answer.messages.iter().filter_map(|(fetched, _)| Some(fetched.uid?.as_u32())).collect();
    let set =
        SequenceSet::from_numbers(uids.iter().copied()).ok_or_else(|| Why::Failed("no UID".to_owned()))?;
    let flags = vec![Flag::Deleted];
    imap.run(Command::UidStore { set, action: StoreAction::Add, silent: false, flags }).await?.ok()?;
    Ok(uids)
}

/// How many messages left, by EXPUNGE or by VANISHED.
fn expunged(responses: &[Response]) -> usize {
    responses.iter().filter(|response| matches!(response, Response::Expunge(_))).count()
}

fn words(subjects: &[&str]) -> Vec<String> {
    subjects.iter().map(|&subject| subject.to_owned()).collect()
}
