//! Searching.

use super::{Scenario, scenario};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, same};
use waypost_native::imap::{Command, Response, SearchKey};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("SEARCH", search),
    scenario!("SEARCH of nothing", search_nothing),
    scenario!("SEARCH with 8-bit in a subject", search_subject),
    scenario!("SEARCH with 8-bit in a text", search_text),
];

fn messages() -> [Vec<u8>; 3] {
    let coded = letter("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", b"nothing here\r\n");
    let text = String::from_utf8(letter("plain", "ein K\u{e4}se\r\n".as_bytes())).expect("it is UTF-8");
    let typed = text.replace(
        "\r\n\r\n",
        "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    );
    [coded, typed.into_bytes(), letter("needle", b"in the hay\r\n")]
}

async fn search(stage: &Stage<'_>) -> Verdict {
    same("found", &find(stage, SearchKey::Subject("needle".to_owned())).await?, &vec![3])?;
    let both = SearchKey::Or(
        Box::new(SearchKey::Subject("needle".to_owned())),
        Box::new(SearchKey::Not(Box::new(SearchKey::Body("nothing".to_owned())))),
    );
    same("found", &find(stage, both).await?, &vec![2, 3])
}

async fn search_nothing(stage: &Stage<'_>) -> Verdict {
    same("found", &find(stage, SearchKey::Subject("no-such-thing".to_owned())).await?, &Vec::new())
}

async fn search_subject(stage: &Stage<'_>) -> Verdict {
    found_or_lacking(&find(stage, SearchKey::Subject("gr\u{fc}\u{df}e".to_owned())).await?, &[1])
}

async fn search_text(stage: &Stage<'_>) -> Verdict {
    found_or_lacking(&find(stage, SearchKey::Body("K\u{e4}se".to_owned())).await?, &[2])
}

/// A server that takes the search and finds nothing does not compare these characters.
fn found_or_lacking(found: &[u32], expected: &[u32]) -> Verdict {
    if found.is_empty() {
        return Err(Why::lacks("it takes the search and finds nothing"));
    }
    same("found", &found, &expected)
}

async fn find(stage: &Stage<'_>, key: SearchKey) -> Result<Vec<u32>, Why> {
    let messages = messages();
    let mailbox = stage.mailbox("searched", messages.iter().map(Vec::as_slice))?;
    let mut imap = stage.selected(&mailbox).await?;
    let answer = imap.run(Command::UidSearch(vec![key])).await?.or_lacking()?;
    let mut numbers: Vec<u32> = answer
        .responses
        .iter()
        .filter_map(|response| match response {
            Response::Search(found) => Some(found.numbers.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    numbers.sort_unstable();
    // UIDs of a new mailbox begin with the same number everywhere but on pymap.
    let first = first_uid(&mut imap).await?;
    Ok(numbers.into_iter().map(|uid| uid - first + 1).collect())
}

async fn first_uid(imap: &mut crate::client::Imap) -> Result<u32, Why> {
    let all = imap.run(Command::UidSearch(vec![SearchKey::All])).await?.ok()?;
    let uids = all.first(|response| match response {
        Response::Search(found) => found.numbers.iter().min().copied(),
        _ => None,
    });
    uids.ok_or_else(|| Why::Failed("SEARCH ALL found nothing".to_owned()))
}
