//! Mail out of the ordinary: without subject or sender's name, very long, bounced, damaged, hostile.

use super::date::date_header;
use super::files::File;
use super::letter::{Letter, multipart};
use super::{KIM, MAREN, PERRIN, ROBIN, Sample, hostile};

pub(super) fn letters() -> Vec<Letter> {
    vec![
        Letter::new("odd-1", KIM, "").at(1, 12, 44).text("Never mind the subject: your bicycle is in my hall.\n\nKim"),
        Letter::new("odd-2", ("", "noreply@weather.example"), "Gale warning: south-west 8, easing")
            .at(0, 0, 2)
            .to(&[("", "robin@waypost.example")])
            .text("Issued at midnight for the sea area around Gull Skerry.\nSouth-west 8, easing 6 by noon. Rain, then good."),
        Letter::new("odd-3", PERRIN, LONG_SUBJECT)
            .at(7, 22, 15)
            .flags("seen")
            .text("I have nothing to add to the subject."),
        Letter::new("odd-4", MAREN, "The keeper's log, read aloud")
            .at(8, 20, 0)
            .flags("seen flagged")
            .text(&log_of_the_keeper()),
        Letter::new("odd-5", ("Office, Harbour (Post)", "office@harbour.example"), "Mooring fees: \"quiet\" season <winter>")
            .at(14, 9, 9)
            .flags("seen")
            .text("Berths 1 to 9 are free of charge until March, if you clear the ice yourself.\nFrom the office, with regards."),
        Letter::new("odd-6", ("Corvin Ames", "corvin@oldsoftware.example"), "Minutes, from the old computer")
            .at(18, 15, 30)
            .flags("seen")
            .text("The minutes are in the file, if you can open it. My computer insists.")
            .file(File::new("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22\x01\x00".to_vec())),
        Letter::new("odd-7", ("Robin's phone", "robin@waypost.example"), "Note to self")
            .at(9, 6, 50)
            .flags("seen")
            .text("Ladder. Gloves. Third brick.")
            .file(File::new("Höhe & Breite (Turm) – 灯塔.txt", "text/plain; charset=utf-8", "119 steps\r\n".as_bytes().to_vec())),
        Letter::new("spam-1", ("Prince of Nowhere", "prince@far.example"), "CONFIDENTIAL: 40 tons of herring")
            .at(2, 3, 3)
            .in_mailbox("Junk")
            .text("Dear friend,\n\nI am the sole heir to forty tons of herring and need a trustworthy bank account to keep them cool."),
        Letter::new("spam-2", ("Miracle Varnish", "sales@varnish.example"), "Your tower DESERVES this!!! 🎉🎉🎉")
            .at(5, 4, 44)
            .flags("seen")
            .in_mailbox("Junk")
            .html("<center><font size=\"7\" color=\"red\">90% OFF</font><br><marquee>only until the tide turns</marquee><img src=\"https://varnish.example/pixel.gif\" width=\"1\"></center>"),
    ]
}

/// Messages that no decent mailer writes, octet for octet.
pub(super) fn raw(base: i64) -> Vec<Sample> {
    let sample = |mailbox,
                  days_ago: i64,
                  raw: Vec<u8>,
                  flags: &[&str],
                  subject: &str,
                  from: &str,
                  text: Option<&str>| {
        let date = base - days_ago * 86_400 + 29_000;
        let dated = [format!("Date: {}\r\n", date_header(date)).as_bytes(), &raw].concat();
        Sample {
            user: ROBIN.1,
            mailbox,
            raw: dated,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            date,
            subject: subject.to_owned(),
            from: from.to_owned(),
            text: text.map(str::to_owned),
        }
    };
    let seen = &["\\Seen"][..];
    vec![
        sample(
            "INBOX",
            3,
            bounce(),
            &[],
            "Undelivered Mail Returned to Sender",
            "Mail Delivery System",
            Some(BOUNCE_TEXT),
        ),
        sample(
            "INBOX",
            6,
            CUT.replace('\n', "\r\n").into_bytes(),
            seen,
            "Fog signal, part 2 of 2",
            "Aurel Finch",
            Some("The recording broke off when the flask fell on the"),
        ),
        sample(
            "INBOX",
            10,
            SPLIT.replace('\n', "\r\n").into_bytes(),
            seen,
            "Überfahrt im Nebel: 灯塔 als Ziel",
            "Jörg Überfähr",
            Some("Der Betreff ist mitten im Zeichen geteilt, und doch ist er zu lesen."),
        ),
        sample(
            "INBOX",
            17,
            UNDECLARED.to_vec(),
            seen,
            "Crème brûlée",
            "René Côté",
            Some("Déclaré comme rien du tout : « voilà »."),
        ),
        sample(
            "Junk",
            1,
            hostile("https://tracker.example"),
            &[],
            "You have won, look inside",
            "A Stranger",
            None,
        ),
    ]
}

fn bounce() -> Vec<u8> {
    let part =
        |head: &str, body: &str| format!("Content-Type: {head}\n\n{body}").replace('\n', "\r\n").into_bytes();
    let parts = [
        part("text/plain; charset=us-ascii", BOUNCE_TEXT),
        part(
            "message/delivery-status",
            "Reporting-MTA: dns; waypost.example\n\nFinal-Recipient: rfc822; keeper@gulskerry.example\nAction: failed\nStatus: 5.1.2\nDiagnostic-Code: smtp; 550 5.1.2 no such host\n",
        ),
        part(
            "message/rfc822",
            "From: Robin Ashdown <robin@waypost.example>\nTo: keeper@gulskerry.example\nSubject: Gloves\nMessage-ID: <own-bounced@post.example>\n\nI have the big gloves.\n",
        ),
    ];
    let head = "Return-Path: <>\nFrom: Mail Delivery System <mailer-daemon@waypost.example>\nTo: robin@waypost.example\n\
                Subject: Undelivered Mail Returned to Sender\nMessage-ID: <bounce-1@waypost.example>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n";
    [head.replace('\n', "\r\n").into_bytes(), multipart("report", "bounce-1", &parts)].concat()
}

/// A page of the log for each day of two months.
fn log_of_the_keeper() -> String {
    const WEATHER: [&str; 7] = [
        "fog",
        "clear",
        "rain from the west",
        "sleet",
        "a swell without wind",
        "frost on the glass",
        "stars",
    ];
    const EVENT: [&str; 9] = [
        "Wound the clockwork.",
        "Trimmed the wick, though there is no wick any more.",
        "A seal on the landing, unimpressed.",
        "Painted eleven steps.",
        "The post boat came and brought only weather.",
        "Two hours of oiling, one of looking.",
        "Found a glove from last year.",
        "A goldcrest slept in the lantern room.",
        "Nothing. I recommend it.",
    ];
    let days = (1..=60)
        .map(|day| format!("Day {day}. {}. {}", WEATHER[day % WEATHER.len()], EVENT[day * 4 % EVENT.len()]));
    format!(
        "Robin, you wanted to hear it, so here it is, all of it.\n\n{}\n\nMaren",
        days.collect::<Vec<_>>().join("\n\n")
    )
}

const LONG_SUBJECT: &str = "A motion to the general meeting of the society of the keepers of the Gull Skerry light, concerning the colour of the door, the price of candles, the question whether gulls are members, and the proposal, already made three times, to write shorter subjects";

const BOUNCE_TEXT: &str = "This is the mail system at waypost.example.\n\nI'm sorry: your message to keeper@gulskerry.example could not be delivered.\nThere is no such host. Did you mean gullskerry.example?";

const CUT: &str = "From: Aurel Finch <aurel@finchclocks.example>\nTo: Robin Ashdown <robin@waypost.example>\nSubject: Fog signal, part 2 of 2\n\
Message-ID: <odd-cut@post.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"cut\"\n\n--cut\n\
Content-Type: text/plain; charset=utf-8\n\nThe recording broke off when the flask fell on the";

const SPLIT: &str = "From: =?utf-8?Q?J=C3?= =?utf-8?Q?=B6rg_?= =?utf-8?B?w5xiZXJmw6Q=?= =?utf-8?B?aHI=?= <joerg@faehre.example>\n\
To: Robin Ashdown <robin@waypost.example>\nSubject: =?utf-8?B?w5xiZXJmYWhydCBpbSBOZWJlbDog54E=?=\n =?utf-8?B?r+WhlCBhbHMgWmllbA==?=\n\
Message-ID: <odd-split@post.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=\"UTF-8\"\n\
Content-Transfer-Encoding: 8bit\n\nDer Betreff ist mitten im Zeichen geteilt, und doch ist er zu lesen.\n";

/// No MIME at all, octets of windows-1252.
const UNDECLARED: &[u8] = b"From: Ren\xe9 C\xf4t\xe9 <rene@creme.example>\r\nTo: robin@waypost.example\r\nSubject: Cr\xe8me br\xfbl\xe9e\r\n\
Message-ID: <odd-undeclared@post.example>\r\n\r\nD\xe9clar\xe9 comme rien du tout : \xab voil\xe0 \xbb.\r\n";
