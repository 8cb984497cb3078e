//! What FETCH and APPEND can do beyond RFC 3501.

use super::{Scenario, scenario};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::FetchItem;
use waypost_native::imap::commands::{Append, Appended, Change, Content, Fetch, Messages, Part, Store};
use waypost_native::imap::ext::catenate::Url;
use waypost_native::imap::types::{Annotation, AnnotationEntry, Attribute, ResponseCode, SequenceSet};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("BINARY: decoded parts", binary),
    scenario!("BINARY: APPEND with NUL", binary_append),
    scenario!("PREVIEW", preview),
    scenario!("SAVEDATE", save_date),
    scenario!("OBJECTID", object_id),
    scenario!("ANNOTATE", annotate),
    scenario!("MULTIAPPEND", multiappend),
    scenario!("CATENATE", catenate),
    scenario!("CATENATE from the selected mailbox", catenate_here),
];

fn first() -> Messages {
    Messages::Numbers(SequenceSet::single(1).expect("1 is a number"))
}

/// An attribute of the first message that has this text.
async fn attribute(stage: &Stage<'_>, message: &[u8], item: FetchItem) -> Result<Vec<Attribute>, Why> {
    let mailbox = stage.mailbox("attributed", [message])?;
    let mut imap = stage.selected(&mailbox).await?;
    let answer = imap.run(Fetch::new(first(), vec![item])).await?.ok()?;
    let attributes = answer.messages.into_iter().next().map(|(fetched, _)| fetched.attributes);
    attributes.ok_or_else(|| Why::Failed("no message".to_owned()))
}

fn encoded() -> Vec<u8> {
    b"From: kim@waypost.example\r\nSubject: encoded\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n\
      Content-Transfer-Encoding: base64\r\n\r\nAAECAwQF/w==\r\n"
        .to_vec()
}

async fn binary(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("binary", [encoded().as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    let items = vec![FetchItem::Binary { part: vec![1], partial: None }];
    let answer = imap.run(Fetch::new(first(), items)).await?.ok()?;
    let body = answer.messages.iter().find_map(|(_, bodies)| bodies.first().cloned());
    same("octets", &body, &Some(vec![0, 1, 2, 3, 4, 5, 255]))
}

async fn binary_append(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("binary", [])?;
    let mut imap = stage.signed_in().await?;
    let message = b"From: kim@waypost.example\r\nSubject: NUL\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n\
                    Content-Transfer-Encoding: binary\r\n\r\n\x00\x01\x02\r\n";
    let appended =
        Appended { content: Content::Binary(message.to_vec().into()), ..Appended::new(Vec::new()) };
    imap.run(Append { mailbox: mailbox.clone(), messages: vec![appended] }).await?.or_lacking()?;
    let mut imap = stage.selected(&mailbox).await?;
    let items = vec![FetchItem::Binary { part: vec![1], partial: None }];
    let answer = imap.run(Fetch::new(first(), items)).await;
    let answer =
        answer.map_err(|_| Why::lacks("it takes the message and hangs up when asked for it"))?.ok()?;
    let body = answer.messages.iter().find_map(|(_, bodies)| bodies.first().cloned());
    same("octets", &body, &Some(b"\x00\x01\x02\r\n".to_vec()))
}

async fn preview(stage: &Stage<'_>) -> Verdict {
    let message = letter("previewed", b"The lamp is lit.\r\n");
    let attributes = attribute(stage, &message, FetchItem::Preview { lazy: false }).await?;
    let text = attributes.iter().find_map(|attribute| match attribute {
        Attribute::Preview(text) => {
            Some(text.clone().map(|text| String::from_utf8_lossy(&text).into_owned()))
        }
        _ => None,
    });
    if text == Some(None) {
        return Err(Why::lacks("it says NIL"));
    }
    same("preview", &text, &Some(Some("The lamp is lit.".to_owned())))
}

async fn save_date(stage: &Stage<'_>) -> Verdict {
    let attributes = attribute(stage, &letter("saved", b"1\r\n"), FetchItem::SaveDate).await?;
    let date = attributes.iter().find_map(|attribute| match attribute {
        Attribute::SaveDate(date) => *date,
        _ => None,
    });
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let near =
        date.is_some_and(|date| u64::try_from(date.unix_seconds).is_ok_and(|date| now.abs_diff(date) < 300));
    ensure(near, || format!("{attributes:?}"))
}

async fn object_id(stage: &Stage<'_>) -> Verdict {
    let attributes = attribute(stage, &letter("identified", b"1\r\n"), FetchItem::EmailId).await?;
    let found = attributes.iter().any(|one| matches!(one, Attribute::EmailId(id) if !id.is_empty()));
    ensure(found, || format!("{attributes:?}"))
}

async fn annotate(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("annotated", [letter("noted", b"1\r\n").as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    let note = AnnotationEntry {
        entry: "/comment".to_owned(),
        values: vec![Annotation { attribute: "value.priv".to_owned(), value: Some(b"a \"note\"".to_vec()) }],
    };
    let change = Change::Annotations(vec![note.clone()]);
    imap.run(Store { messages: first(), change, silent: false, unchanged_since: None }).await?.ok()?;
    let item = FetchItem::Annotations {
        entries: vec!["/comment".to_owned()],
        attributes: vec!["value.priv".to_owned()],
    };
    let answer = imap.run(Fetch::new(first(), vec![item])).await?.ok()?;
    let found = answer.messages.into_iter().next().map(|(fetched, _)| fetched.attributes);
    same("notes", &found, &Some(vec![Attribute::Annotations(vec![note])]))
}

async fn multiappend(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("several", [])?;
    let mut imap = stage.signed_in().await?;
    imap.needs("MULTIAPPEND").await?;
    let messages = ["one", "two"].map(|subject| Appended::new(letter(subject, b"hello\r\n"))).to_vec();
    let answer = imap.run(Append { mailbox: mailbox.clone(), messages }).await?.ok()?;
    let uids = match answer.code() {
        Some(ResponseCode::AppendUid(_, uids)) => uids.count(),
        _ => 0,
    };
    same("UIDs", &uids, &2)?;
    same("there", &stage.selected(&mailbox).await?.subjects().await?.len(), &2)
}

/// A new message from the text of an old one, which is named by its mailbox.
async fn catenate(stage: &Stage<'_>) -> Verdict {
    put_together(stage, "put-together", true).await
}

/// The same, named as a message of the selected mailbox.
async fn catenate_here(stage: &Stage<'_>) -> Verdict {
    put_together(stage, "put-together-here", false).await
}

async fn put_together(stage: &Stage<'_>, name: &str, by_mailbox: bool) -> Verdict {
    let mailbox = stage.mailbox(name, [letter("old", b"The text of the old one.\r\n").as_slice()])?;
    let mut imap = stage.selected(&mailbox).await?;
    let url = Url {
        mailbox: by_mailbox.then(|| mailbox.as_str().to_owned()),
        uid: 1,
        section: Some("TEXT".to_owned()),
        ..Url::default()
    };
    let header = b"From: kim@waypost.example\r\nSubject: new\r\n\r\n".to_vec();
    let content = Content::Catenated(vec![Part::Text(header.clone().into()), Part::Url(url)]);
    let appended = Appended { content, ..Appended::new(Vec::new()) };
    imap.run(Append { mailbox: mailbox.clone(), messages: vec![appended] }).await?.ok()?;
    let mut imap = stage.selected(&mailbox).await?;
    let second = Messages::Numbers(SequenceSet::single(2).expect("2 is a number"));
    let items =
        vec![FetchItem::Body { section: waypost_native::imap::types::Section::default(), partial: None }];
    let answer = imap.run(Fetch::new(second, items)).await?.ok()?;
    let body = answer.messages.iter().find_map(|(_, bodies)| bodies.first().cloned());
    same("message", &body, &Some([header.as_slice(), b"The text of the old one.\r\n"].concat()))
}
