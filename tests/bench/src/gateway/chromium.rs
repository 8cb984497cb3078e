//! A page in Chromium that receives through the gateway, beside a plain WebSocket server.

use super::line::WINDOW;
use super::relays::{Kind, Stage};
use super::table::Table;
use super::{Outcome, Plan};
use crate::script::Script;
use crate::server::Server;
use serde_json::{Value, json};

pub(crate) fn run(plan: &Plan, stage: &Stage, table: &mut Table) -> Outcome<()> {
    let mut browser = match Script::start("tests/bench/gateway/chromium.mjs") {
        Ok(browser) => browser,
        Err(why) => {
            table.note(SET, Kind::Waypost, &format!("not run: node can't be started: {why}"));
            return Ok(());
        }
    };
    let origin = browser.ask(&json!({ "do": "origin" }))?;
    let origin = origin["origin"].as_str().ok_or("the page has no origin")?.to_owned();
    let gateway = stage.start_for(Kind::Waypost, &[origin])?;
    let messages = Server::start("messages", "")?;
    let plain = json!({ "do": "receive", "url": format!("ws://{}/", messages.address), "total": OCTETS });
    let mut tunnel = plain.clone();
    tunnel["url"] = json!(format!("ws://{}/tunnel", gateway.address));
    tunnel["port"] = json!(stage.port());
    tunnel["credit"] = json!(WINDOW);
    table.note(SET, Kind::Direct, "a plain WebSocket server that sends messages of 64 KiB");
    // The first of each warms the page up.
    for round in 0..=plan.rounds(ROUNDS) {
        let mut both = [(Kind::Direct, &plain), (Kind::Waypost, &tunnel)];
        both.rotate_left(round % 2);
        for (kind, task) in both {
            let seconds = seconds(&browser.ask(task)?)?;
            if round > 0 {
                table.add(SET, kind, "MB_per_s", round, OCTETS as f64 / 1e6 / seconds);
            }
        }
    }
    Ok(())
}

fn seconds(answer: &Value) -> Outcome<f64> {
    answer["ms"].as_f64().map(|ms| ms / 1e3).ok_or_else(|| format!("the page says {answer}"))
}

const SET: &str = "chromium";
/// Many: what a browser does here varies by a factor of three.
const ROUNDS: usize = 13;
const OCTETS: u64 = 256 << 20;
