//! Waits for the next message of INBOX and prints how many there are then.
//! `PASSWORD=... cargo run -p waypost-native --example idle -- HOST PORT USER CA.pem|-`

#![expect(clippy::print_stdout, reason = "an example prints")]

mod account;

use waypost_native::imap::Response;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, _) = account::sign_in().await?;
    let before = client.select("INBOX").await?.exists;
    println!("{before} messages");
    let mut idle = client.idle().await?;
    while let Some(response) = idle.next().await? {
        if let Response::Exists(count) = response
            && count > before
        {
            println!("{count} messages");
            break;
        }
    }
    drop(idle);
    client.logout().await?;
    Ok(())
}
