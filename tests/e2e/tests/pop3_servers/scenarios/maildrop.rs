//! What lies there, and every octet of it.

use super::{Scenario, scenario};
use crate::stage::{Stage, letter, letters, number_of};
use crate::verdict::{Verdict, Why, ensure, same};
use std::collections::{BTreeMap, BTreeSet};
use waypost_native::Piece;
use waypost_native::pop3::{Command, Options, Refusal};
use waypost_testkit::sample;
use waypost_testkit::servers::Kind;

pub(crate) const ALL: &[Scenario] = &[
    scenario!("STAT and LIST say what is there", stat_and_list),
    scenario!("LIST and UIDL of one message", one),
    scenario!("an empty maildrop", empty),
    scenario!("UIDL is the same in the next session", uidl),
    scenario!("RETR: every octet of the sample mail", sample_mail),
    scenario!("RETR: every octet, without PIPELINING", lockstep),
    scenario!("RETR of what is not there", absent),
    scenario!("RETR left before its end", left),
    scenario!("TOP", top),
    scenario!("a thousand commands ahead of their answers", pipelining),
];

fn fill(stage: &Stage<'_>) -> Result<Vec<Vec<u8>>, Why> {
    let messages = letters();
    stage.fill(messages.iter().map(Vec::as_slice))?;
    Ok(messages)
}

async fn stat_and_list(stage: &Stage<'_>) -> Verdict {
    let messages = fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    let (statistics, listed) = (pop3.stat().await?, pop3.list().await?);
    let numbers: Vec<u32> = listed.iter().map(|(number, _)| *number).collect();
    same("numbers", &numbers, &vec![1, 2, 3])?;
    same("count", &statistics.count, &3)?;
    same("octets", &listed.iter().map(|(_, octets)| octets).sum(), &statistics.octets)?;
    // In any order: Courier lists what came in the same second as it likes.
    let mut said: Vec<u64> = listed.iter().map(|(_, octets)| *octets).collect();
    let mut exact: Vec<u64> = messages.iter().map(|message| message.len() as u64).collect();
    said.sort_unstable();
    exact.sort_unstable();
    if said == exact { Ok(()) } else { Err(Why::lacks("sizes are not those of the messages")) }
}

async fn one(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    let (ids, sizes) = (pop3.uidl().await?, pop3.list().await?);
    for command in [Command::Uidl(Some(2)), Command::List(Some(2))] {
        let answer = pop3.run(command).await?;
        pop3.look_at(&answer);
        let text = format!("{:?}", answer.events);
        let (id, size) =
            (ids.get(1).map(|(_, id)| id.as_str()), sizes.get(1).map(|(_, size)| size.to_string()));
        let found =
            [id.unwrap_or("none"), size.as_deref().unwrap_or("none")].iter().any(|word| text.contains(word));
        ensure(answer.events.len() == 1 && found, || text)?;
    }
    Ok(())
}

async fn empty(stage: &Stage<'_>) -> Verdict {
    stage.fill([])?;
    let mut pop3 = stage.signed_in().await?;
    same("count", &pop3.stat().await?.count, &0)?;
    same("list", &pop3.list().await?, &Vec::new())?;
    same("ids", &pop3.uidl().await?, &Vec::new())?;
    pop3.leave().quit().await.map_err(Why::from)
}

async fn uidl(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut first = stage.signed_in().await?;
    let ids = first.uidl().await?;
    first.leave().quit().await?;
    let mut second = stage.signed_in().await?;
    let again = second.uidl().await?;
    let distinct: BTreeSet<&String> = ids.iter().map(|(_, id)| id).collect();
    ensure(distinct.len() == 3, || format!("{ids:?}"))?;
    same("ids", &again, &ids)
}

/// Retrieves all messages.
async fn retrieved(stage: &Stage<'_>, count: usize, options: Options) -> Result<BTreeMap<u32, Vec<u8>>, Why> {
    let mut pop3 = stage.signed_in_with(options).await?;
    let mut messages: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut retrieval = pop3.retr(1..=u32::try_from(count).unwrap_or(u32::MAX)).await?;
    while let Some(piece) = retrieval.next().await? {
        match piece {
            Piece::Octets { number, data } => messages.entry(number).or_default().extend(data),
            Piece::Ended { number, result } => ensure(result.is_ok(), || format!("{number}: {result:?}"))?,
        }
    }
    Ok(messages)
}

/// Every octet, in any order, but for fields that the server adds: Courier lists what came in the same second as it likes. A last
/// line without its end gets one on the way.
fn compare(found: &BTreeMap<u32, Vec<u8>>, expected: &[Vec<u8>]) -> Verdict {
    same("count", &found.len(), &expected.len())?;
    let whole = |message: &Vec<u8>| match message.ends_with(b"\r\n") {
        true => message.clone(),
        false => [message.as_slice(), b"\r\n"].concat(),
    };
    let exact: BTreeSet<Vec<u8>> = expected.iter().map(whole).collect();
    if found.values().cloned().collect::<BTreeSet<Vec<u8>>>() == exact {
        return Ok(());
    }
    let bare: BTreeSet<Vec<u8>> = exact.iter().map(|message| without_added(message)).collect();
    let came: BTreeSet<Vec<u8>> = found.values().map(|message| without_added(message)).collect();
    let foreign =
        || came.difference(&bare).next().map(|message| String::from_utf8_lossy(message).into_owned());
    ensure(came == bare, || format!("is none of them: {:?}", foreign()))?;
    Err(Why::lacks("it adds fields to messages"))
}

/// A message without the fields that Mailutils keeps in its mboxes.
fn without_added(message: &[u8]) -> Vec<u8> {
    let mut header = true;
    let lines = message.split_inclusive(|octet| *octet == b'\n');
    lines
        .filter(|line| {
            header &= !line.trim_ascii().is_empty();
            !(header && ADDED.iter().any(|field| line.starts_with(field.as_bytes())))
        })
        .flatten()
        .copied()
        .collect()
}

const ADDED: [&str; 5] = ["X-IMAPbase:", "X-UID:", "X-UIDL:", "Status:", "X-Status:"];

async fn sample_mail(stage: &Stage<'_>) -> Verdict {
    let messages = sample::samples(1_772_582_400).into_iter().map(|sample| sample.raw);
    // An mbox can't keep these.
    let mbox = stage.kind() == Kind::Mailutils;
    let mbox_line =
        |message: &[u8]| message.split(|octet| *octet == b'\n').any(|line| line.starts_with(b"From "));
    let messages: Vec<Vec<u8>> = messages.filter(|message| !(mbox && mbox_line(message))).collect();
    stage.fill(messages.iter().map(Vec::as_slice))?;
    compare(&retrieved(stage, messages.len(), Options::default()).await?, &messages)
}

async fn lockstep(stage: &Stage<'_>) -> Verdict {
    let messages = fill(stage)?;
    let mut options = Options::default();
    options.pipelining = false;
    compare(&retrieved(stage, 3, options).await?, &messages)
}

async fn absent(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    for command in [
        Command::Retr(9),
        Command::Top(9, 0),
        Command::Dele(9),
        Command::List(Some(9)),
        Command::Uidl(Some(9)),
    ] {
        let handle = pop3.run(command.clone()).await;
        let refused = matches!(handle, Err(waypost_native::Pop3ClientError::Refused(Refusal::Err { .. })));
        ensure(refused, || format!("{command:?}: {handle:?}"))?;
    }
    same("count", &pop3.stat().await?.count, &3)
}

/// What nobody waits for any more goes by, and what follows is answered.
async fn left(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    let mut retrieval = pop3.retr([1, 2, 3]).await?;
    let first = retrieval.next().await?;
    drop(retrieval);
    ensure(matches!(first, Some(Piece::Octets { number: 1, .. })), || format!("{first:?}"))?;
    same("count", &pop3.stat().await?.count, &3)
}

async fn top(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    let number = number_of(&mut pop3, "Two").await?;
    let mut found = Vec::new();
    for lines in [100, 2, 0] {
        let octets = pop3.top(number, lines).await?;
        found.push(String::from_utf8_lossy(&without_added(&octets)).into_owned());
    }
    let whole = String::from_utf8_lossy(&letter("Two")).into_owned();
    let header = whole.split_once("first").map(|(header, _)| header).unwrap_or_default();
    let expected = vec![whole.clone(), format!("{header}first\r\n.second\r\n"), header.to_owned()];
    if found[0] == whole.replacen("\r\n\r\n", "\r\n\r\n\r\n", 1) {
        return Err(Why::lacks("it has an empty line too many"));
    }
    same("texts", &found, &expected)
}

/// More than fit into what may be ahead at once.
async fn pipelining(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    ensure(pop3.capabilities().pipelining, || "no PIPELINING".to_owned())?;
    let mut retrieval = pop3.retr((0..3000).map(|index| index % 3 + 1)).await?;
    let (mut ended, mut octets) = (Vec::new(), 0);
    while let Some(piece) = retrieval.next().await? {
        match piece {
            Piece::Octets { data, .. } => octets += data.len(),
            Piece::Ended { number, result } => {
                ensure(result.is_ok(), || format!("{number}: {result:?}"))?;
                ended.push(number);
            }
        }
    }
    let expected: Vec<u32> = (0..3000).map(|index| index % 3 + 1).collect();
    same("order", &ended, &expected)?;
    let least: usize = letters().iter().map(Vec::len).sum();
    ensure(octets >= least * 1000, || format!("{octets} octets"))
}
