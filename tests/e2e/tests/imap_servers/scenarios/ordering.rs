//! Sorted and threaded by the server.

use super::{Scenario, scenario};
use crate::client::Imap;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::commands::{Numbering, Return};
use waypost_native::imap::ext::sort::{Criterion, Sort, SortKey};
use waypost_native::imap::ext::thread::{Algorithm, Thread, Threads};
use waypost_native::imap::{Response, SearchKey};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("SORT", sort),
    scenario!("SORT with 8-bit keys", sort_8_bit),
    scenario!("SORT=DISPLAY", sort_display),
    scenario!("ESORT", esort),
    scenario!("THREAD=REFERENCES", references),
    scenario!("THREAD=ORDEREDSUBJECT", ordered_subject),
    scenario!("THREAD=REFS", refs),
];

/// A question, an answer to it, an answer to that, and something else; put there in another order.
fn messages() -> [Vec<u8>; 4] {
    let write = |name: &str, from: &str, subject: &str, day: u32, references: &str| {
        let text = format!(
            "From: {from} <{name}@waypost.example>\r\nSubject: {subject}\r\nDate: {day} Mar 2026 10:00:00 +0000\r\n\
             Message-ID: <{name}@waypost.example>\r\n{references}\r\nhello {name}\r\n"
        );
        text.into_bytes()
    };
    let question = "In-Reply-To: <question@waypost.example>\r\nReferences: <question@waypost.example>\r\n";
    let answer = "In-Reply-To: <answer@waypost.example>\r\n\
                  References: <question@waypost.example> <answer@waypost.example>\r\n";
    [
        write("answer", "Bee", "Re: question", 2, question),
        write("question", "Cay", "question", 1, ""),
        write("else", "=?utf-8?Q?=C3=84da?=", "=?utf-8?Q?=C3=BCber?= all else", 4, ""),
        write("thanks", "Ant", "Re: question", 3, answer),
    ]
}

async fn filled(stage: &Stage<'_>) -> Result<Imap, Why> {
    let messages = messages();
    let mailbox = stage.mailbox("ordered", messages.iter().map(Vec::as_slice))?;
    stage.selected(&mailbox).await
}

async fn sort(stage: &Stage<'_>) -> Verdict {
    let mut imap = filled(stage).await?;
    let by_date = sorted(&mut imap, Criterion::Date, false, SearchKey::All).await?;
    same("by date", &by_date, &vec![2, 1, 4, 3])?;
    let by_from = sorted(&mut imap, Criterion::From, true, SearchKey::Subject("question".to_owned())).await?;
    // By the mailbox, not the name: thanks, question, answer.
    same("by sender, reversed", &by_from, &vec![4, 2, 1])
}

async fn sort_8_bit(stage: &Stage<'_>) -> Verdict {
    let mut imap = filled(stage).await?;
    let found = sorted(&mut imap, Criterion::Date, false, SearchKey::Subject("\u{fc}ber".to_owned())).await?;
    same("found", &found, &vec![3])
}

async fn sort_display(stage: &Stage<'_>) -> Verdict {
    let mut imap = filled(stage).await?;
    let found = sorted(&mut imap, Criterion::DisplayFrom, false, SearchKey::Subject("question".to_owned()));
    same("by the sender's name", &found.await?, &vec![4, 1, 2])
}

async fn sorted(
    imap: &mut Imap,
    criterion: Criterion,
    reverse: bool,
    key: SearchKey,
) -> Result<Vec<u32>, Why> {
    let by = vec![SortKey { criterion, reverse }];
    let sort = Sort { numbering: Numbering::Sequence, returns: None, by, keys: vec![key] };
    let answer = imap.run(sort).await?.ok()?;
    let found = answer.first(|response| match response {
        Response::Sort(found) => Some(found.numbers.clone()),
        _ => None,
    });
    found.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))
}

async fn esort(stage: &Stage<'_>) -> Verdict {
    let mut imap = filled(stage).await?;
    let by = vec![SortKey { criterion: Criterion::Date, reverse: false }];
    let returns = Some(vec![Return::Count, Return::All]);
    let sort = Sort { numbering: Numbering::Sequence, returns, by, keys: vec![SearchKey::All] };
    let answer = imap.run(sort).await?.ok()?;
    let found = answer.first(|response| match response {
        Response::ESearch(found) => Some((found.count, found.all.as_ref().map(|all| all.iter().collect()))),
        _ => None,
    });
    same("count and order", &found, &Some((Some(4), Some(vec![2, 1, 4, 3]))))
}

async fn references(stage: &Stage<'_>) -> Verdict {
    let threads = threads(stage, Algorithm::References).await?;
    same("parents", &parents(&threads), &vec![(1, Some(2)), (2, None), (3, None), (4, Some(1))])
}

async fn refs(stage: &Stage<'_>) -> Verdict {
    let threads = threads(stage, Algorithm::Refs).await?;
    same("parents", &parents(&threads), &vec![(1, Some(2)), (2, None), (3, None), (4, Some(1))])
}

/// All of one subject are in one thread; below whom, servers see differently.
async fn ordered_subject(stage: &Stage<'_>) -> Verdict {
    let threads = threads(stage, Algorithm::OrderedSubject).await?;
    let parents = parents(&threads);
    let roots: Vec<u32> =
        parents.iter().filter(|(_, parent)| parent.is_none()).map(|(one, _)| *one).collect();
    same("roots", &roots, &vec![2, 3])?;
    ensure(parents.len() == 4, || format!("{parents:?}"))
}

async fn threads(stage: &Stage<'_>, algorithm: Algorithm) -> Result<Threads, Why> {
    let mut imap = filled(stage).await?;
    let thread = Thread { numbering: Numbering::Sequence, algorithm, keys: vec![SearchKey::All] };
    let answer = imap.run(thread).await?.ok()?;
    let found = answer.first(|response| match response {
        Response::Thread(threads) => Some(threads.clone()),
        _ => None,
    });
    found.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))
}

/// Each message with the one above it, in the order of the numbers.
fn parents(threads: &Threads) -> Vec<(u32, Option<u32>)> {
    let all = threads.messages();
    let above = |parent: Option<usize>| all.get(parent?)?.number;
    let mut parents: Vec<_> = all.iter().filter_map(|one| Some((one.number?, above(one.parent)))).collect();
    parents.sort_unstable();
    parents
}
