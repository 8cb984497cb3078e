//! The keepers of the Gull Skerry light restore its lamp and open the tower for a night: threads, attachments, quotes.

use super::charset::{Charset, Transfer, Words};
use super::files::{File, pdf, zip};
use super::letter::Letter;
use super::{JUNO, KIM, MAREN, PERRIN, ROBIN, TOBIAS, picture};

pub(super) fn letters() -> Vec<Letter> {
    let mut letters = open_night();
    letters.extend(lamp());
    letters.extend(neighbours());
    letters
}

fn open_night() -> Vec<Letter> {
    vec![
        Letter::new("open-1", MAREN, "Open night: who does what?")
            .at(6, 8, 15)
            .to(&[ROBIN, KIM, PERRIN])
            .flags("seen answered")
            .text("Dear all,\n\nthe open night is on Saturday of next week. We need:\n\n- two people at the door, with the lantern\n- one at the top who is not afraid of questions\n- soup\n\nWho takes what? I keep the lamp, as ever.\n\nMaren"),
        Letter::new("open-2", KIM, "Re: Open night: who does what?")
            .at(6, 9, 2)
            .to(&[MAREN])
            .cc(&[ROBIN, PERRIN])
            .after(&["open-1"])
            .flags("seen")
            .text("I take the door with Robin, if Robin does not mind the cold.\n\nOn the soup: lentils or fish?\n\nKim\n\nMaren Hollesen wrote:\n> - two people at the door, with the lantern\n> - soup"),
        Letter::new("open-3", PERRIN, "Re: Open night: who does what?")
            .at(5, 18, 40)
            .to(&[KIM])
            .cc(&[ROBIN, MAREN])
            .after(&["open-1", "open-2"])
            .flags("seen")
            .text("Lentils. Last year the fish was gone by seven and the gulls knew why.\n\nThe till holds 212.40, so there is money for candles too.\n\nPerrin\n\nKim Oduya wrote:\n> On the soup: lentils or fish?\n>\n> Maren Hollesen wrote:\n>> - soup"),
        Letter::new("open-4", MAREN, "Re: Open night: who does what?")
            .at(0, 0, 38)
            .to(&[ROBIN, KIM, PERRIN])
            .after(&["open-1", "open-2", "open-3"])
            .text("Settled, then: lentils, candles, Kim and Robin at the door.\n\nThe forecast says clear and very cold. Bring the big gloves. I have put the keys behind the third brick, where they have been since 1911.\n\nMaren\n\nPerrin Oakes wrote:\n> Lentils. Last year the fish was gone by seven and the gulls knew why."),
        Letter::new("open-5", KIM, "Invitation: open night at the light")
            .at(1, 20, 10)
            .flags("flagged")
            .text("Here is the entry for your calendar. Doors at six, lamp at seven.\n\nKim")
            .file(File::new("open-night.ics", "text/calendar; charset=utf-8; method=REQUEST", CALENDAR.replace('\n', "\r\n").into_bytes())),
        Letter::new("open-6", PERRIN, "Budget for the open night")
            .at(2, 11, 30)
            .text("Robin,\n\nthe figures as a table, and as a page for the notice board. If the collecting tin does as well as last year, we can pay for the paint.\n\nPerrin")
            .file(File::new("budget.csv", "text/csv; charset=utf-8", BUDGET.as_bytes().to_vec()))
            .file(File::new("Budget – open night.pdf", "application/pdf", pdf(&["Open night at the Gull Skerry light", "Lentils 18.20   Candles 24.00   Paint 96.50", "In the till 212.40"]))),
    ]
}

fn lamp() -> Vec<Letter> {
    vec![
        Letter::new("lamp-1", MAREN, "The lamp turns again")
            .at(3, 21, 55)
            .flags("seen flagged")
            .flowed()
            .text("Robin,\n\nthis evening at ten to nine the lens made its first full turn in thirty-one years. It creaks a little on the landward side, like somebody who has been sitting too long, and then it runs as if nothing had happened.\n\nI did not cheer. I stood there with the oil can and counted: twelve seconds, dark, twelve seconds, light. From the harbour they say it looks like it used to.\n\nFrom tomorrow we let it run for an hour each evening. Come and see.\n\n-- \nMaren Hollesen\nkeeper of the Gull Skerry light"),
        Letter::new("lamp-2", JUNO, "Re: The lamp turns again")
            .at(3, 22, 30)
            .to(&[MAREN])
            .cc(&[ROBIN])
            .after(&["lamp-1"])
            .flags("seen")
            .flowed()
            .text("> twelve seconds, dark, twelve seconds, light\n\nWe saw it from the last bus! The driver stopped on the bridge, switched off the headlamps, and nobody complained about the timetable, which as its author I take as a compliment.\n\nJuno"),
        Letter::new("lamp-3", MAREN, "Pictures of the lens")
            .at(4, 12, 0)
            .flags("seen")
            .text("One picture here, the drawings packed. The crack in segment four is older than all of us.\n\nMaren")
            .file(File::new("tower at dusk.png", "image/png", picture::lighthouse()))
            .file(File::new("drawings.zip", "application/zip", zip(&[("segment-4.txt", b"A hairline crack, 41 mm, stable since 1954.\r\n"), ("gear.txt", b"96 teeth, bronze; two are new.\r\n")]))),
        Letter::new("lamp-4", PERRIN, "Fwd: Your enquiry about bronze gears")
            .at(9, 14, 45)
            .flags("seen $Forwarded")
            .text("This is what the foundry says. I would take the second offer.\n\nPerrin")
            .file(File::new("", "message/rfc822", FOUNDRY.replace('\n', "\r\n").into_bytes())),
        Letter::new("lamp-5", MAREN, "Oil")
            .at(11, 7, 5)
            .flags("seen")
            .text("We are down to two cans. Could you bring one on Thursday?"),
        Letter::new("lamp-6", ("Halyard Power", "accounts@halyardpower.example"), "Your meter reading for the tower")
            .at(10, 6, 0)
            .flags("seen")
            .text("Dear customer,\n\nthank you for your reading of 4 218 kWh. That is 11 less than last year, although the lamp is back.\n\nHalyard Power, a cooperative of its customers"),
    ]
}

fn neighbours() -> Vec<Letter> {
    vec![
        Letter::new("orchard-1", TOBIAS, "Äpfel, Kürbisse und eine Bitte")
            .at(1, 17, 20)
            .zone(1)
            .written(Charset::UTF_8, Words::Q, Transfer::Quoted)
            .text("Lieber Robin,\n\ndie Boskoop sind im Keller, die Kürbisse vor der Tür, und die Leiter steht noch bei euch im Turm. Bringst du sie am Sonntag mit? Dafür gibt es Apfelmus, so viel du tragen kannst.\n\nGrüße aus dem Obstgarten\nTobias"),
        Letter::new("orchard-2", TOBIAS, "Re: Sorten für den Nordhang")
            .at(8, 9, 30)
            .zone(1)
            .flags("seen answered")
            .text("Roter Eiserapfel und Purpurroter Cousinot. Beide halten bis in den Mai, wenn man sie lässt.\n\nTobias\n\nRobin Ashdown schrieb:\n> Welche Sorten würdest du am Nordhang pflanzen?"),
        Letter::new("orchard-3", ("Wen Litt 🌿", "wen@orchard.example"), "Grafting day: bring a knife")
            .at(12, 16, 0)
            .flags("seen")
            .text("And a plaster, to be honest.\n\nWe start at nine in the lower field. Beginners stand next to someone who still has ten fingers.\n\nWen"),
        Letter::new("bus-1", JUNO, "Timetable poster, third draft")
            .at(2, 19, 15)
            .flags("seen")
            .html("<p>The poster, with the night stop at the lighthouse.</p><p style=\"background:#f4efe6;border-left:4px solid #2f6f73;padding:12px 16px\">Last bus from <b>Gull Skerry</b>: <b>22:40</b>, and it waits for the lamp.</p><p><img src=\"cid:bus.png\" alt=\"A small bus\" width=\"200\" height=\"100\"></p><p>Juno</p>")
            .text("The poster, with the night stop at the lighthouse.\n\nLast bus from Gull Skerry: 22:40, and it waits for the lamp.\n\nJuno")
            .inline(File::new("bus.png", "image/png", picture::bus())),
        Letter::new("bus-2", JUNO, "Stop 14 has a bench now")
            .at(7, 15, 25)
            .flags("seen")
            .text("And somebody has already carved a heart into it. I call that acceptance by the public.\n\nJuno"),
        Letter::new("library-1", ("North Quay Library", "desk@northquay.example"), "“A Field Guide to Fog” is ready for you")
            .at(1, 9, 0)
            .text("Dear Robin,\n\nthe book you asked for is at the desk. We keep it for seven days, or longer if the fog is thick.\n\nNorth Quay Library"),
        Letter::new("choir-1", ("Ines Calloway", "ines@harbourchoir.example"), "Rehearsal moves to the boat shed")
            .at(3, 13, 10)
            .flags("seen")
            .to(&[("Harbour Choir", "all@harbourchoir.example")])
            .text("The hall has no heating, the boat shed has no seats. We chose the shed. Bring a cushion.\n\nAltos: bars 40 to 52 once more, please, and without laughing.\n\nInes"),
        Letter::new("clock-1", ("Aurel Finch", "aurel@finchclocks.example"), "Your tide clock")
            .at(13, 10, 40)
            .flags("seen")
            .text("It was not broken. It stood still at slack water, which is more than most clocks can do.\n\nI have oiled it anyway. Nothing to pay.\n\nAurel Finch, clocks"),
    ]
}

const BUDGET: &str =
    "item,amount\r\nlentils,18.20\r\ncandles,24.00\r\npaint,96.50\r\n\"gloves, big\",31.00\r\n";

const FOUNDRY: &str = "From: Bell & Gear Foundry <office@bellandgear.example>\nTo: perrin@gullskerry.example\n\
Subject: Your enquiry about bronze gears\nDate: Mon, 2 Nov 2026 09:12:00 +0000\nMessage-ID: <gears@bellandgear.example>\n\
MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\nDear Mr Oakes,\n\n\
1. two new teeth on the old wheel: 140\n2. the same, fitted by our apprentice, who likes lighthouses: 155 and a tour\n\n\
Yours, the foundry\n";

const CALENDAR: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Gull Skerry//Open night//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\n\
UID:open-night@gullskerry.example\nDTSTAMP:20261101T090000Z\nDTSTART:20261205T180000Z\nDTEND:20261205T220000Z\n\
SUMMARY:Open night at the light\nLOCATION:Gull Skerry\nORGANIZER:mailto:kim@waypost.example\n\
ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:robin@waypost.example\nEND:VEVENT\nEND:VCALENDAR\n";
