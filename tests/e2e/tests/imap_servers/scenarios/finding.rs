//! What SEARCH can do beyond listing.

use super::{Scenario, scenario};
use crate::client::{Answer, Imap};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use std::time::Duration;
use waypost_native::imap::commands::{Fetch, Messages, PartialRange, Return, Search};
use waypost_native::imap::ext::esearch::Findings;
use waypost_native::imap::types::SequenceSet;
use waypost_native::imap::{FetchItem, Response, SearchKey};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("ESEARCH", esearch),
    scenario!("ESEARCH of nothing", esearch_nothing),
    scenario!("SEARCHRES", searchres),
    scenario!("WITHIN", within),
    scenario!("SEARCH=FUZZY", fuzzy),
    scenario!("CONTEXT=SEARCH", context),
    scenario!("PARTIAL", partial),
];

async fn filled(stage: &Stage<'_>) -> Result<(Imap, String), Why> {
    let messages = ["one", "two", "three"].map(|subject| letter(subject, b"hello\r\n"));
    let mailbox = stage.mailbox("searched", messages.iter().map(Vec::as_slice))?;
    Ok((stage.selected(&mailbox).await?, mailbox.as_str().to_owned()))
}

fn subject(word: &str) -> Vec<SearchKey> {
    vec![SearchKey::Subject(word.to_owned())]
}

async fn esearch(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _) = filled(stage).await?;
    let search = [Return::Min, Return::Max, Return::Count, Return::All];
    let search = search.into_iter().fold(Search::by_number(subject("t")), Search::returning);
    let found = findings(&imap.run(search).await?.ok()?)?;
    same("min, max, count", &(found.min, found.max, found.count), &(Some(2), Some(3), Some(2)))?;
    same("all", &found.all.map(|all| all.iter().collect()), &Some(vec![2, 3]))
}

async fn esearch_nothing(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _) = filled(stage).await?;
    let search = Search::by_number(subject("nothing")).returning(Return::Count).returning(Return::All);
    let found = findings(&imap.run(search).await?.ok()?)?;
    ensure(found.count == Some(0) && found.all.is_none(), || format!("{found:?}"))
}

async fn searchres(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _) = filled(stage).await?;
    imap.needs("SEARCHRES").await?;
    imap.run(Search::by_number(subject("t")).returning(Return::Save)).await?.ok()?;
    let fetch = Fetch::new(Messages::Numbers(SequenceSet::saved()), vec![FetchItem::Uid]);
    let answer = imap.run(fetch).await?.ok()?;
    let numbers: Vec<u32> = answer.messages.iter().map(|(fetched, _)| fetched.sequence).collect();
    same("fetched", &numbers, &vec![2, 3])
}

async fn within(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _) = filled(stage).await?;
    let young = numbers(&imap.run(Search::by_number(vec![SearchKey::Younger(3600)])).await?.ok()?);
    same("younger than an hour", &young, &vec![1, 2, 3])?;
    let old = numbers(&imap.run(Search::by_number(vec![SearchKey::Older(3600)])).await?.ok()?);
    same("older than an hour", &old, &Vec::new())
}

/// Without an index of words a server may find nothing.
async fn fuzzy(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _) = filled(stage).await?;
    let key = SearchKey::Fuzzy(Box::new(SearchKey::Subject("three".to_owned())));
    let found = numbers(&imap.run(Search::by_number(vec![key])).await?.ok()?);
    if found.is_empty() {
        return Err(Why::lacks("it takes the search and has no index of words"));
    }
    same("found", &found, &vec![3])
}

/// The server tells when the result changes.
async fn context(stage: &Stage<'_>) -> Verdict {
    let (mut imap, mailbox) = filled(stage).await?;
    let search = Search::by_uid(subject("t")).returning(Return::Update).returning(Return::Count);
    let found = findings(&imap.run(search).await?.ok()?)?;
    same("count", &found.count, &Some(2))?;
    stage.raw()?.append(&mailbox, "", &letter("ten", b"hello\r\n"))?;
    let answer = imap.run(waypost_native::imap::Command::Noop).await?.ok()?;
    let changed = |response: &Response| match response {
        Response::ESearch(found) if !found.changes.is_empty() => Some(()),
        _ => None,
    };
    let told = match answer.first(changed) {
        Some(()) => Some(()),
        None => imap.hears(Duration::from_secs(3), changed).await?,
    };
    told.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))
}

async fn partial(stage: &Stage<'_>) -> Verdict {
    let (mut imap, _) = filled(stage).await?;
    let range = PartialRange::first(1, 2).ok_or_else(|| Why::Failed("0".to_owned()))?;
    let search = Search::by_number(vec![SearchKey::All]).returning(Return::Partial(range));
    let found = findings(&imap.run(search).await?.ok()?)?;
    let numbers: Option<Vec<u32>> = found.partial.map(|(_, numbers)| numbers.iter().collect());
    same("the first two", &numbers, &Some(vec![1, 2]))
}

fn findings(answer: &Answer) -> Result<Findings, Why> {
    let found = answer.first(|response| match response {
        Response::ESearch(found) => Some((**found).clone()),
        _ => None,
    });
    found.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))
}

fn numbers(answer: &Answer) -> Vec<u32> {
    let of = |response: &Response| match response {
        Response::Search(found) => found.numbers.clone(),
        _ => Vec::new(),
    };
    answer.responses.iter().flat_map(of).collect()
}
