//! What is deleted, and when.

use super::{Scenario, scenario};
use crate::stage::{SUBJECTS, Stage, letters, number_of};
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::Pop3ClientError;
use waypost_native::pop3::{Command, Refusal, ResponseCode, State};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("DELE and QUIT delete", dele_and_quit),
    scenario!("DELE without QUIT deletes nothing", dele_without_quit),
    scenario!("RSET takes marks back", rset),
    scenario!("a deleted message is not given again", deleted_is_gone),
    scenario!("a locked maildrop is [IN-USE]", in_use),
];

fn fill(stage: &Stage<'_>) -> Verdict {
    stage.fill(letters().iter().map(Vec::as_slice))
}

async fn dele_and_quit(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    let number = number_of(&mut pop3, "Two").await?;
    pop3.dele(number).await?;
    pop3.leave().quit().await?;
    same("what is left", &stage.subjects()?, &vec!["One", "Three"])
}

async fn dele_without_quit(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    pop3.dele(1).await?;
    pop3.dele(2).await?;
    drop(pop3);
    same("what is left", &stage.subjects()?, &SUBJECTS.to_vec())
}

async fn rset(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    pop3.dele(1).await?;
    pop3.rset().await?;
    same("count", &pop3.stat().await?.count, &3)?;
    let number = number_of(&mut pop3, "Three").await?;
    pop3.dele(number).await?;
    pop3.leave().quit().await?;
    same("what is left", &stage.subjects()?, &vec!["One", "Two"])
}

async fn deleted_is_gone(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let mut pop3 = stage.signed_in().await?;
    pop3.dele(2).await?;
    let refused = pop3.run(Command::Retr(2)).await;
    ensure(matches!(refused, Err(Pop3ClientError::Refused(Refusal::Err { .. }))), || format!("{refused:?}"))?;
    // Numbers stay as they are (RFC 1939, 5).
    let numbers: Vec<u32> = pop3.list().await?.into_iter().map(|(number, _)| number).collect();
    same("numbers", &numbers, &vec![1, 3])?;
    pop3.rset().await?;
    ensure(pop3.session().machine().state() == State::Transaction, || "the session ended".to_owned())
}

/// Two sessions at once: the second is refused with the code, and let in when the first has gone.
async fn in_use(stage: &Stage<'_>) -> Verdict {
    fill(stage)?;
    let first = stage.signed_in().await?;
    let mut second = stage.tls().await?;
    match second.login(&stage.user().name, &stage.user().password).await {
        Err(Pop3ClientError::Refused(Refusal::Err { code: Some(ResponseCode::InUse), .. })) => {}
        Err(Pop3ClientError::Refused(Refusal::Err { code, text })) => {
            return Err(Why::lacks(format!("refused by {code:?} {text}")));
        }
        Ok(()) => return Err(Why::lacks("two sessions at once")),
        Err(other) => return Err(other.into()),
    }
    first.leave().quit().await?;
    stage.signed_in().await.map(drop)
}
