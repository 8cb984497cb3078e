//! HTML mail: a styled newsletter with inline images, remote images, a receipt, plain HTML.

use super::charset::{Charset, Transfer, Words};
use super::files::{File, pdf};
use super::letter::Letter;
use super::{LANTERN, ROBIN, picture};

pub(super) fn letters() -> Vec<Letter> {
    vec![
        lantern(),
        Letter::new("news-2", ("Tide & Timber", "post@tideandtimber.example"), "Autumn catalogue: oak, larch and a good rope")
            .at(1, 6, 30)
            .header("List-Unsubscribe", "<mailto:off@tideandtimber.example>")
            .header("Precedence", "bulk")
            .html(REMOTE_IMAGES),
        receipt(),
        Letter::new("ferry-1", ("Northlight Ferry", "tickets@northlight.example"), "Your crossing on Friday, 07:40")
            .at(4, 10, 5)
            .flags("seen flagged")
            .html(FERRY)
            .text("Your crossing on Friday\n\nNorth Quay 07:40 - Gull Skerry 08:25, one person, one bicycle.\n\nShow this page at the gangway.")
            .file(File::new("ticket.pdf", "application/pdf", pdf(&["Northlight Ferry", "North Quay 07:40 - Gull Skerry 08:25", "1 person, 1 bicycle"]))),
        Letter::new("digest-1", ("Orchard Almanac", "almanac@orchard.example"), "This week in the orchard 🍏")
            .at(5, 5, 45)
            .flags("seen")
            .written(Charset::UTF_8, Words::B, Transfer::Base64)
            .html(ALMANAC)
            .inline(File::new("apple.png", "image/png", picture::apple())),
        Letter::new("latin-html", ("Zoë Février-Brûlé", "zoe@phare.example"), "Menu d’hiver")
            .at(16, 18, 20)
            .flags("seen")
            .written(Charset::WINDOWS_1252, Words::B, Transfer::Quoted)
            .html("<html><body style=\"font-family:Georgia,serif;color:#3b2f2f\"><h2>Menu d’hiver</h2><ol><li>Soupe à l’oignon</li><li>Tarte au fromage de chèvre</li><li>Pommes au four, crème fraîche &mdash; 4&nbsp;€</li></ol></body></html>"),
        Letter::new("news-40", LANTERN, "The Lantern, no. 40: a lens comes home")
            .at(34, 7, 0)
            .flags("seen")
            .in_mailbox("Archive")
            .html("<h1 style=\"font-family:Georgia,serif\">The Lantern</h1><p>Segment four is back from the polisher, wrapped in three blankets and one apprentice.</p>"),
    ]
}

/// The newsletter that shows what styled mail looks like.
fn lantern() -> Letter {
    Letter::new("news-41", LANTERN, "The Lantern, no. 41: the lamp turns again")
        .at(0, 0, 41)
        .to(&[ROBIN])
        .flags("flagged")
        .header("List-ID", "The Lantern <lantern.gullskerry.example>")
        .header("List-Unsubscribe", "<mailto:lantern-off@gullskerry.example>")
        .html(LANTERN_PAGE)
        .text(LANTERN_TEXT)
        .inline(File::new("lighthouse.png", "image/png", picture::lighthouse()))
        .inline(File::new("apple.png", "image/png", picture::apple()))
        .inline(File::new("bus.png", "image/png", picture::bus()))
}

fn receipt() -> Letter {
    Letter::new("receipt-1", ("Skerry Books", "orders@skerrybooks.example"), "Receipt for order 20417: 31.50")
        .at(2, 14, 2)
        .flags("seen")
        .html(RECEIPT)
        .text(
            "Thank you, Robin.\n\nA Field Guide to Fog   14.00\nKnots for the Patient  17.50\n\nTotal 31.50",
        )
        .file(File::new(
            "receipt-20417.pdf",
            "application/pdf",
            pdf(&[
                "Skerry Books - receipt 20417",
                "A Field Guide to Fog 14.00",
                "Knots for the Patient 17.50",
                "Total 31.50",
            ]),
        ))
}

const LANTERN_TEXT: &str = "THE LANTERN, no. 41\n\nThe lamp turns again\n\nAfter thirty-one years of standing still, the lens on Gull Skerry made its first full turn: twelve seconds dark, twelve seconds light.\n\nOpen night: Saturday of next week, doors at six, lamp at seven. Lentil soup, candles, and the big gloves.\n\nFrom the orchard: the Boskoop are in the cellar.\nFrom the road: the last bus waits for the lamp.";

const LANTERN_PAGE: &str = r##"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The Lantern</title>
<style>a { color: #8a3b1f } @media (max-width: 520px) { .half { display: block !important; width: auto !important } }</style></head>
<body style="margin:0;padding:0;background:#ece5d8;color:#2b2428;font-family:Georgia,'Times New Roman',serif">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="background:#ece5d8"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="640" cellspacing="0" cellpadding="0" style="max-width:640px;background:#fffdf8;border-radius:6px;overflow:hidden">
<tr><td style="padding:22px 32px 14px;font-size:13px;letter-spacing:.06em;color:#7a6a5c">
<span style="font-size:30px;letter-spacing:-.01em;color:#2b2428">The Lantern</span><br>News of the Gull Skerry light, no. 41</td></tr>
<tr><td><img src="cid:lighthouse.png" width="640" height="240" alt="The lighthouse at dusk, its lamp lit" style="display:block;width:100%;height:auto"></td></tr>
<tr><td style="padding:28px 32px 8px">
<h1 style="margin:0 0 12px;font-size:27px;line-height:1.25;font-weight:normal">The lamp turns again</h1>
<p style="margin:0 0 14px;font-size:17px;line-height:1.55">After thirty-one years of standing still, the lens on Gull Skerry made its first full turn on Sunday evening: twelve seconds dark, twelve seconds light. It creaks a little on the landward side, like somebody who has been sitting too long.</p>
<p style="margin:0 0 20px;font-size:17px;line-height:1.55">From now on it runs for an hour each evening, and all night on the night that belongs to you:</p></td></tr>
<tr><td style="padding:0 32px 26px"><table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="background:#1e2a4a;border-radius:6px"><tr>
<td style="padding:20px 24px;color:#f7eed2;font-size:17px;line-height:1.5"><strong style="font-size:20px;font-weight:normal">Open night at the light</strong><br>Saturday of next week, doors at six, lamp at seven.<br>Lentil soup, candles, and the big gloves.</td>
<td align="right" style="padding:20px 24px"><a href="https://gullskerry.example/open-night" style="display:inline-block;padding:11px 20px;background:#f0a860;color:#2b2428;border-radius:4px;text-decoration:none;font-size:16px;white-space:nowrap">Say you will come</a></td></tr></table></td></tr>
<tr><td style="padding:0 20px 24px"><table role="presentation" width="100%" cellspacing="0" cellpadding="0"><tr>
<td class="half" width="50%" valign="top" style="padding:0 12px"><div style="background:#fbf7ee;border:1px solid #e6dccb;border-radius:6px;padding:18px 20px">
<img src="cid:apple.png" width="60" height="60" alt="" style="float:right;margin:0 0 8px 12px"><h2 style="margin:0 0 8px;font-size:19px;font-weight:normal">From the orchard</h2>
<p style="margin:0;font-size:15px;line-height:1.5">The Boskoop are in the cellar and the pumpkins at the door. Tobias swaps apple sauce for his ladder.</p></div></td>
<td class="half" width="50%" valign="top" style="padding:0 12px"><div style="background:#f4efe6;border:1px solid #e6dccb;border-radius:6px;padding:18px 20px">
<img src="cid:bus.png" width="100" height="50" alt="" style="float:right;margin:0 0 8px 12px"><h2 style="margin:0 0 8px;font-size:19px;font-weight:normal">From the road</h2>
<p style="margin:0;font-size:15px;line-height:1.5">The last bus leaves the skerry at 22:40, and it waits for the lamp. Stop 14 has a bench now.</p></div></td></tr></table></td></tr>
<tr><td style="padding:16px 32px 24px;border-top:1px solid #e6dccb;font-size:13px;line-height:1.5;color:#7a6a5c">You get this because you once climbed all 119 steps. <a href="https://gullskerry.example/lantern">Read it on the web</a> or <a href="mailto:lantern-off@gullskerry.example">leave quietly</a>.</td></tr>
</table></td></tr></table></body></html>
"##;

const REMOTE_IMAGES: &str = r##"<html><body style="margin:0;background:#f5f5f2;font-family:Helvetica,Arial,sans-serif;color:#333">
<div style="display:none;max-height:0;overflow:hidden">Seasoned two winters, sawn to your drawing.&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;</div>
<div style="max-width:600px;margin:0 auto;background:#fff;padding:24px">
<img src="https://tideandtimber.example/images/header.jpg" width="600" height="180" alt="Tide &amp; Timber">
<h1 style="color:#5b3b22">Autumn catalogue</h1>
<p>Seasoned two winters, sawn to your drawing, delivered by the slow boat.</p>
<table cellpadding="8" style="border-collapse:collapse;width:100%"><tr style="background:#efe6d8"><th align="left">Plank</th><th align="right">per metre</th></tr>
<tr><td>Oak, 40 mm</td><td align="right">21.00</td></tr><tr><td>Larch, 30 mm</td><td align="right">9.80</td></tr><tr><td>A good rope</td><td align="right">3.20</td></tr></table>
<img src="https://tideandtimber.example/open.gif?reader=robin" width="1" height="1" alt=""></div></body></html>
"##;

const RECEIPT: &str = r##"<div style="max-width:480px;font-family:Helvetica,Arial,sans-serif;color:#222"><h2 style="border-bottom:2px solid #2f6f73;padding-bottom:8px">Thank you, Robin.</h2>
<table width="100%" style="font-size:15px"><tr><td>A Field Guide to Fog</td><td align="right">14.00</td></tr><tr><td>Knots for the Patient</td><td align="right">17.50</td></tr>
<tr style="font-weight:bold"><td style="border-top:1px solid #999">Total</td><td align="right" style="border-top:1px solid #999">31.50</td></tr></table></div>
"##;

const FERRY: &str = r##"<div style="max-width:520px;font-family:Helvetica,Arial,sans-serif;border:1px solid #c8d4dc;border-radius:8px;overflow:hidden">
<div style="background:#12405a;color:#fff;padding:16px 20px;font-size:18px">Northlight Ferry</div>
<div style="padding:20px"><p style="margin:0 0 6px;color:#557">Friday</p><p style="margin:0;font-size:24px">07:40 North Quay &rarr; 08:25 Gull Skerry</p>
<p>One person, one bicycle. Show this page at the gangway.</p></div></div>
"##;

const ALMANAC: &str = r##"<body style="background:#fbf7ee;font-family:Verdana,sans-serif;color:#33301f"><table style="max-width:560px"><tr><td><img src="cid:apple.png" width="120" height="120" alt="An apple"></td>
<td><h1 style="color:#6b9a3c;margin:0">This week in the orchard</h1><p>Rake the leaves under the sick trees, leave them under the healthy ones.</p></td></tr></table>
<blockquote style="border-left:4px solid #d84b33;margin-left:0;padding-left:14px">A hedgehog needs two nights to trust a pile.</blockquote></body>
"##;
