//! What a server says of itself, and in which language.

use super::{Scenario, scenario};
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure};
use waypost_native::pop3::{Command, Event};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("UTF8: headers come as they are", utf8),
    scenario!("LANG lists and chooses", lang),
    scenario!("EXPIRE", expire),
    scenario!("LOGIN-DELAY", login_delay),
    scenario!("IMPLEMENTATION", implementation),
    scenario!("RESP-CODES", response_codes),
];

async fn utf8(stage: &Stage<'_>) -> Verdict {
    let message = "From: kim@waypost.example\r\nSubject: grün\r\n\r\nträge\r\n".as_bytes();
    stage.fill([message])?;
    let mut pop3 = stage.tls().await?;
    if !pop3.capabilities().utf8 {
        return Err(Why::lacks("UTF8"));
    }
    pop3.login(&stage.user().name, &stage.user().password).await?;
    ensure(pop3.session().machine().utf8(), || "UTF8 was refused".to_owned())?;
    let body = pop3.run(Command::Retr(1)).await?.body;
    ensure(body == message, || String::from_utf8_lossy(&body).into_owned())
}

async fn lang(stage: &Stage<'_>) -> Verdict {
    let mut pop3 = stage.signed_in().await?;
    let answer = pop3.run(Command::Lang(None)).await?;
    pop3.look_at(&answer);
    let tag = answer.events.iter().find_map(|event| match event {
        Event::Language { tag, .. } => Some(tag.clone()),
        _ => None,
    });
    let tag = tag.ok_or_else(|| Why::Failed(format!("{:?}", answer.events)))?;
    let chosen = pop3.run(Command::Lang(Some(tag))).await?;
    ensure(!chosen.events.is_empty(), || chosen.text)
}

async fn expire(stage: &Stage<'_>) -> Verdict {
    let known = stage.signed_in().await?.capabilities();
    known.expire.map(drop).ok_or_else(|| Why::lacks("EXPIRE"))
}

async fn login_delay(stage: &Stage<'_>) -> Verdict {
    let known = stage.signed_in().await?.capabilities();
    known.login_delay.map(drop).ok_or_else(|| Why::lacks("LOGIN-DELAY"))
}

async fn implementation(stage: &Stage<'_>) -> Verdict {
    let known = stage.signed_in().await?.capabilities();
    known.implementation.map(drop).ok_or_else(|| Why::lacks("IMPLEMENTATION"))
}

async fn response_codes(stage: &Stage<'_>) -> Verdict {
    let known = stage.signed_in().await?.capabilities();
    if known.response_codes { Ok(()) } else { Err(Why::lacks("RESP-CODES")) }
}
