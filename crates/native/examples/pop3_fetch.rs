//! Writes all messages of a maildrop to standard output, each behind a line with its number; with `--delete` those that came whole are
//! deleted on the server once all of them were written.
//! `PASSWORD=... cargo run -p waypost-native --example pop3_fetch -- HOST PORT USER CA.pem|- [--delete]`

mod maildrop;

use tokio::io::AsyncWriteExt as _;
use waypost_native::Piece;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, words) = maildrop::sign_in().await?;
    let numbers: Vec<u32> = client.list().await?.into_iter().map(|(number, _)| number).collect();
    let (mut out, mut open, mut whole) = (tokio::io::stdout(), None, Vec::new());
    let mut messages = client.retr(numbers).await?;
    while let Some(piece) = messages.next().await? {
        match piece {
            Piece::Octets { number, data } => {
                if open.replace(number) != Some(number) {
                    out.write_all(format!("--- {number}\r\n").as_bytes()).await?;
                }
                out.write_all(&data).await?;
            }
            Piece::Ended { number, result: Ok(()) } => whole.push(number),
            Piece::Ended { number, result: Err(refusal) } => eprintln!("message {number}: {refusal}"),
        }
    }
    drop(messages);
    out.flush().await?;
    if words.iter().any(|word| word == "--delete") {
        for number in whole {
            client.dele(number).await?;
        }
    }
    client.quit().await?;
    Ok(())
}
