//! Messages put into mailboxes, and their flags.

use super::{Scenario, scenario};
use crate::client::{Imap, flags_in, subject_in};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::types::{DateTime, Flag, ResponseCode, SequenceSet};
use waypost_native::imap::{Command, FetchItem, StoreAction};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("APPEND with flags and date", append),
    scenario!("APPEND with a date of another zone", append_zone),
    scenario!("APPEND says the UID", append_uid),
    scenario!("STORE of flags", store),
    scenario!("flags seen by another session", store_seen),
    scenario!("STORE of keywords", keywords),
];

fn everyone() -> SequenceSet {
    SequenceSet::from_number(1).expect("1 is a number")
}

async fn append(stage: &Stage<'_>) -> Verdict {
    let date = DateTime { unix_seconds: 1_772_704_800, zone_minutes: 0 };
    let (flags, found) = appended(stage, date).await?;
    ensure(flags.contains(&Flag::Seen) && flags.contains(&Flag::Flagged), || format!("flags {flags:?}"))?;
    same("date", &found, &date.unix_seconds)
}

async fn append_zone(stage: &Stage<'_>) -> Verdict {
    let date = DateTime { unix_seconds: 1_772_704_800, zone_minutes: 330 };
    let (_, found) = appended(stage, date).await?;
    if found - date.unix_seconds == 330 * 60 {
        return Err(Why::lacks("it takes the hour and forgets the zone"));
    }
    same("date", &found, &date.unix_seconds)
}

/// Flags and date of a message that was appended with `\Seen` and `\Flagged`.
async fn appended(stage: &Stage<'_>, date: DateTime) -> Result<(Vec<Flag>, i64), Why> {
    let mailbox = stage.mailbox("appended", [])?;
    let mut imap = stage.signed_in().await?;
    let append = Command::Append {
        mailbox: mailbox.clone(),
        flags: vec![Flag::Seen, Flag::Flagged],
        date: Some(date),
        message: letter("appended", b"hello\r\n"),
    };
    imap.run(append).await?.ok()?;
    imap.run(Command::Select(mailbox)).await?.ok()?;
    let items = vec![FetchItem::Uid, FetchItem::Flags, FetchItem::InternalDate];
    let answer = imap.run(Command::Fetch { set: everyone(), items }).await?.ok()?;
    let [(fetched, _)] = answer.messages.as_slice() else {
        return Err(Why::Failed(format!("{} messages", answer.messages.len())));
    };
    let date = fetched.internal_date.ok_or_else(|| Why::Failed("no date".to_owned()))?;
    Ok((flags_in(fetched), date.unix_seconds))
}

async fn append_uid(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("numbered", [letter("first", b"1\r\n").as_slice()])?;
    let mut imap = stage.signed_in().await?;
    imap.needs("UIDPLUS").await?;
    let append = Command::Append {
        mailbox: mailbox.clone(),
        flags: Vec::new(),
        date: None,
        message: letter("second", b"2\r\n"),
    };
    let answer = imap.run(append).await?.ok()?;
    let Some(ResponseCode::AppendUid(_, uids)) = answer.code() else {
        return Err(Why::Failed(format!("code {:?}", answer.code())));
    };
    let set =
        uids.iter().next().and_then(SequenceSet::single).ok_or_else(|| Why::Failed("UID 0".to_owned()))?;
    imap.run(Command::Select(mailbox)).await?.ok()?;
    let answer = imap.run(Command::UidFetch { set, items: vec![FetchItem::Envelope] }).await?.ok()?;
    let subjects: Vec<_> = answer.messages.iter().filter_map(|(fetched, _)| subject_in(fetched)).collect();
    same("subjects", &subjects, &vec![b"second".to_vec()])
}

async fn store(stage: &Stage<'_>) -> Verdict {
    flags(stage, &[Flag::Seen, Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Draft]).await
}

async fn keywords(stage: &Stage<'_>) -> Verdict {
    flags(stage, &[Flag::Keyword("$Forwarded".to_owned()), Flag::Keyword("of-ours".to_owned())]).await
}

/// Flags come and go.
async fn flags(stage: &Stage<'_>, wanted: &[Flag]) -> Verdict {
    let mailbox = stage.mailbox("flagged", [letter("flagged", b"hello\r\n").as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    imap.run(change(StoreAction::Add, wanted)).await?.or_lacking()?;
    let found = flags_of(&mut imap, wanted).await?;
    if found.is_empty() {
        return Err(Why::lacks("they are taken and forgotten"));
    }
    same("count of flags", &found.len(), &wanted.len())?;
    imap.run(change(StoreAction::Remove, wanted)).await?.ok()?;
    let found = flags_of(&mut imap, wanted).await?;
    ensure(found.is_empty(), || format!("still {found:?}"))
}

async fn store_seen(stage: &Stage<'_>) -> Verdict {
    let wanted = [Flag::Seen, Flag::Flagged];
    let mailbox = stage.mailbox("seen-by-all", [letter("flagged", b"hello\r\n").as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    imap.run(change(StoreAction::Add, &wanted)).await?.ok()?;
    let mut other = stage.selected(&mailbox).await?;
    match flags_of(&mut other, &wanted).await?.len() {
        0 => Err(Why::lacks("others see them only after the mailbox was closed")),
        count => same("count of flags", &count, &wanted.len()),
    }
}

fn change(action: StoreAction, flags: &[Flag]) -> Command {
    Command::UidStore { set: everyone(), action, silent: false, flags: flags.to_vec() }
}

/// Which of these flags the first message has.
async fn flags_of(imap: &mut Imap, wanted: &[Flag]) -> Result<Vec<Flag>, Why> {
    let fetch = Command::Fetch { set: everyone(), items: vec![FetchItem::Flags] };
    let answer = imap.run(fetch).await?.ok()?;
    let flags = answer.messages.first().map(|(fetched, _)| flags_in(fetched)).unwrap_or_default();
    Ok(flags.into_iter().filter(|flag| wanted.contains(flag)).collect())
}
