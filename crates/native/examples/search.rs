//! Prints the UIDs of the messages of INBOX whose subject holds a text.
//! `PASSWORD=... cargo run -p waypost-native --example search -- HOST PORT USER CA.pem|-`

#![expect(clippy::print_stdout, reason = "an example prints")]

mod account;

use waypost_native::imap::SearchKey;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, words) = account::sign_in().await?;
    client.select("INBOX").await?;
    let text = words.into_iter().next().ok_or("what to look for?")?;
    for uid in client.search(vec![SearchKey::Subject(text)]).await? {
        println!("{}", uid.as_u32());
    }
    client.logout().await?;
    Ok(())
}
