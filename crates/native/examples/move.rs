//! Moves a message of INBOX to another mailbox.
//! `PASSWORD=... cargo run -p waypost-native --example move -- HOST PORT USER CA.pem|- UID MAILBOX`

mod account;

use waypost_native::imap::types::SequenceSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, words) = account::sign_in().await?;
    let [uid, mailbox] = words.as_slice() else { return Err("which UID, and where to?".into()) };
    client.select("INBOX").await?;
    let set = SequenceSet::single(uid.parse()?).ok_or("0 is no UID")?;
    client.move_to(set, mailbox).await?;
    client.logout().await?;
    Ok(())
}
