//! What is fetched is what lies on the server, octet by octet.

use super::{Scenario, scenario};
use crate::messages;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use std::time::Duration;
use tokio::time::timeout;
use waypost_native::imap::types::{MailboxName, Section, SequenceSet};
use waypost_native::imap::{Command, FetchItem};
use waypost_testkit::servers::Kind;

pub(crate) const ALL: &[Scenario] = &[
    scenario!("every octet of odd messages", odd_messages),
    scenario!("every octet of what is appended", appended),
    scenario!("every octet of the sample mail", sample_mail),
    scenario!("envelope and structure of the sample mail", structures),
    scenario!("a part of a message", partial),
    scenario!("a line that begins with From, fetched twice", mbox_line),
];

async fn odd_messages(stage: &Stage<'_>) -> Verdict {
    let messages: Vec<Vec<u8>> = messages::odd().into_iter().map(|(_, message)| message).collect();
    let mailbox = stage.mailbox("odd", messages.iter().map(Vec::as_slice))?;
    let found = fetched(stage, &mailbox).await?;
    for ((name, message), found) in messages::odd().iter().zip(&found) {
        let (found, expected) = (comparable(stage.kind(), found), comparable(stage.kind(), message));
        ensure(found == expected, || {
            format!(
                "{name}: {} octets, {} were appended; {}",
                found.len(),
                expected.len(),
                differ(&found, &expected)
            )
        })?;
    }
    same("count", &found.len(), &messages.len())
}

/// What goes up through the client lies there, as a plain socket sees it.
async fn appended(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("went-up", [])?;
    let mut imap = stage.signed_in().await?;
    for (name, message) in messages::odd() {
        let (mailbox, flags) = (mailbox.clone(), Vec::new());
        let ended = imap.run(Command::Append { mailbox, flags, date: None, message }).await?.result;
        ensure(ended.is_ok(), || format!("{name}: {ended:?}"))?;
    }
    let mut raw = stage.raw()?;
    raw.command(&[format!("EXAMINE \"{}\"", mailbox.as_str()).as_bytes()])?;
    for ((name, message), number) in messages::odd().iter().zip(1..) {
        let sent = raw.command(&[format!("FETCH {number} BODY.PEEK[]").as_bytes()])?;
        let found = sent.literal().ok_or_else(|| Why::Failed(format!("{name}: {}", sent.tagged)))?;
        let (found, expected) = (comparable(stage.kind(), found), comparable(stage.kind(), message));
        ensure(found == expected, || format!("{name}: {}", differ(&found, &expected)))?;
    }
    Ok(())
}

async fn sample_mail(stage: &Stage<'_>) -> Verdict {
    let (mailbox, messages) = stage.sample()?;
    let found = fetched(stage, mailbox).await?;
    for (message, found) in messages.iter().zip(&found) {
        let (found, expected) = (comparable(stage.kind(), found), comparable(stage.kind(), message));
        if found != expected && stage.kind() == Kind::Pymap {
            return Err(Why::lacks("it keeps damaged messages mended"));
        }
        ensure(found == expected, || differ(&found, &expected))?;
    }
    same("count", &found.len(), &messages.len())
}

async fn structures(stage: &Stage<'_>) -> Verdict {
    let (mailbox, messages) = stage.sample()?;
    let mut imap = stage.selected(mailbox).await?;
    let items = vec![
        FetchItem::Uid,
        FetchItem::Flags,
        FetchItem::InternalDate,
        FetchItem::Size,
        FetchItem::Envelope,
        FetchItem::BodyStructure,
    ];
    let answer = imap.run(Command::Fetch { set: everyone(), items }).await?.ok()?;
    same("count", &answer.messages.len(), &messages.len())?;
    for (fetched, _) in &answer.messages {
        ensure(fetched.unparsed.is_empty(), || format!("not understood: {:?}", fetched.unparsed))?;
        let whole = fetched.uid.is_some()
            && fetched.flags().is_some()
            && fetched.internal_date.is_some()
            && fetched.size.is_some()
            && fetched.envelope().is_some()
            && fetched.body_structure().is_some();
        ensure(whole, || format!("message {} lacks something: {fetched:?}", fetched.sequence))?;
    }
    Ok(())
}

async fn partial(stage: &Stage<'_>) -> Verdict {
    let message = messages::letter("partial", b"0123456789\r\n");
    let mailbox = stage.mailbox("partial", [message.as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    let items = vec![FetchItem::Body { section: Section::default(), partial: Some((6, 17)) }];
    let answer = imap.run(Command::Fetch { set: everyone(), items }).await?.ok()?;
    let body = answer.messages.iter().find_map(|(_, bodies)| bodies.first());
    same(
        "octets 6 to 22",
        &body.map(|body| String::from_utf8_lossy(body).into_owned()),
        &Some("Kim Oduya <kim@wa".to_owned()),
    )
}

/// In an mbox such a line begins a message. Mailutils counts its message anew at every look, and announces more than it sends.
async fn mbox_line(stage: &Stage<'_>) -> Verdict {
    let message = messages::letter("harbour", b"Hello.\r\nFrom the harbour, with regards.\r\n");
    let mailbox = stage.mailbox("from", [message.as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    let items = || vec![FetchItem::Size, FetchItem::Body { section: Section::default(), partial: None }];
    for _ in 0..2 {
        let fetch = imap.run(Command::Fetch { set: everyone(), items: items() });
        let answer = timeout(Duration::from_secs(5), fetch).await;
        let answer = answer.map_err(|_| Why::lacks("it announces more octets than it sends"))??.ok()?;
        let body = answer.messages.iter().find_map(|(_, bodies)| bodies.first()).cloned().unwrap_or_default();
        let (found, expected) = (comparable(stage.kind(), &body), comparable(stage.kind(), &message));
        ensure(found == expected, || differ(&found, &expected))?;
    }
    Ok(())
}

/// What the client says lies in a mailbox. It is held against what the server sends to a plain socket.
async fn fetched(stage: &Stage<'_>, mailbox: &MailboxName) -> Result<Vec<Vec<u8>>, Why> {
    let mut imap = stage.selected(mailbox).await?;
    let items = vec![FetchItem::Uid, FetchItem::Body { section: Section::default(), partial: None }];
    let answer = imap.run(Command::Fetch { set: everyone(), items }).await?.ok()?;
    let found: Vec<Vec<u8>> = answer
        .messages
        .into_iter()
        .map(|(_, bodies)| bodies.into_iter().next().unwrap_or_default())
        .collect();
    let mut raw = stage.raw()?;
    raw.command(&[format!("EXAMINE \"{}\"", mailbox.as_str()).as_bytes()])?;
    let sent = raw.command(&[b"FETCH 1:* (UID BODY.PEEK[])"])?.untagged;
    for (number, body) in found.iter().enumerate() {
        let literal = [format!("{{{}}}\r\n", body.len()).as_bytes(), body].concat();
        let there = sent.windows(literal.len()).any(|window| window == literal);
        ensure(there, || format!("message {} is not what the server sends", number + 1))?;
    }
    Ok(found)
}

fn everyone() -> SequenceSet {
    SequenceSet::from_number(1).expect("1 is a number")
}

/// A message without what this server is known to change in it: before it is compared, what came and what was put there are both
/// made so.
fn comparable(kind: Kind, message: &[u8]) -> Vec<u8> {
    match kind {
        Kind::Dovecot | Kind::Cyrus => message.to_vec(),
        // Ends a last line that has no end.
        Kind::Courier if message.ends_with(b"\n") => message.to_vec(),
        Kind::Courier => [message, b"\r\n"].concat(),
        // Keeps mail in mbox files: fields of its own at the end of the header, line ends of its own at the end.
        Kind::Mailutils => without_own_fields(message).trim_ascii_end().to_vec(),
        // Keeps bare line feeds, and folds long header fields anew.
        Kind::Pymap => {
            let message = without_carriage_returns(message);
            let end = message.windows(2).position(|octets| octets == b"\n\n").unwrap_or(message.len());
            let (header, rest) = message.split_at(end);
            let header = header.iter().copied().filter(|octet| !octet.is_ascii_whitespace());
            header.chain(rest.iter().copied()).collect()
        }
    }
}

fn without_carriage_returns(message: &[u8]) -> Vec<u8> {
    let follows = |at: usize| message.get(at + 1) == Some(&b'\n');
    let kept = message.iter().enumerate().filter(|(at, octet)| **octet != b'\r' || !follows(*at));
    kept.map(|(_, octet)| *octet).collect()
}

fn without_own_fields(message: &[u8]) -> Vec<u8> {
    const FIELDS: [&[u8]; 4] = [b"X-IMAPbase:", b"X-UID:", b"Status:", b"X-Status:"];
    let end = message.windows(4).position(|octets| octets == b"\r\n\r\n").map_or(message.len(), |at| at + 2);
    let (header, rest) = message.split_at(end);
    let lines = header.split_inclusive(|&octet| octet == b'\n');
    let kept: Vec<&[u8]> = lines.filter(|line| !FIELDS.iter().any(|field| line.starts_with(field))).collect();
    [kept.concat().as_slice(), rest].concat()
}

/// Where two messages part.
fn differ(found: &[u8], expected: &[u8]) -> String {
    let at = found
        .iter()
        .zip(expected)
        .position(|(one, other)| one != other)
        .unwrap_or(found.len().min(expected.len()));
    let around = |octets: &[u8]| {
        let end = octets.len().min(at + 30);
        String::from_utf8_lossy(octets.get(at.saturating_sub(20)..end).unwrap_or_default()).into_owned()
    };
    format!("at octet {at}: {:?}, expected {:?}", around(found), around(expected))
}
