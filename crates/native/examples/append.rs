//! Adds a message from standard input to Drafts and prints its UID.
//! `PASSWORD=... cargo run -p waypost-native --example append -- HOST PORT USER CA.pem|-`

#![expect(clippy::print_stdout, reason = "an example prints")]

mod account;

use waypost_native::imap::types::Flag;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, _) = account::sign_in().await?;
    let text = std::io::read_to_string(std::io::stdin())?;
    let message = text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes();
    let uid = client.append("Drafts", vec![Flag::Draft, Flag::Seen], message).await?;
    println!("{:?}", uid.map(|uid| uid.as_u32()));
    client.logout().await?;
    Ok(())
}
