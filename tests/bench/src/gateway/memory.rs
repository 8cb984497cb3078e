//! What a relay holds for tunnels that wait, for clients that never read, and for frames that never end.

use super::frames::{Piece, mask, masked_head};
use super::line::{Buffer, Line, Speech};
use super::mail::Order;
use super::process::Group;
use super::relays::{Kind, Relay, Stage};
use super::table::Table;
use super::{Outcome, words};
use std::thread;
use std::time::Duration;

/// Measures a relay that was started for it.
pub(crate) type Measure = fn(&Stage, Kind, &str, &mut Table) -> Outcome<()>;

/// Tunnels that have said a few octets and then wait, as a mail client in IDLE does; and the same after much has passed.
pub(crate) fn idle(
    stage: &Stage,
    kind: Kind,
    (set, wanted): (&str, usize),
    descriptors: u64,
    table: &mut Table,
) -> Outcome<()> {
    // Two for each tunnel, and some for the relay itself.
    let most = usize::try_from(descriptors.saturating_sub(100) / 2).map_err(words)?;
    if kind == Kind::Websockify && wanted > 2 * PROCESSES {
        table.note(set, kind, &format!("not run: it would be {wanted} processes"));
        return Ok(());
    }
    let count = if kind == Kind::Websockify { PROCESSES } else { wanted.min(most) };
    match kind {
        _ if count == wanted => {}
        Kind::Websockify => table.note(set, kind, &format!("{count} tunnels: it is one process for each")),
        _ => table.note(set, kind, &format!("{count} tunnels: a process may have {descriptors} open files")),
    }
    measured(stage, kind, set, table, |relay, group, table| {
        let before = group.settled_memory();
        let mut lines = open_many(relay, &relay.speech, count)?;
        let each = |memory: f64| (memory - before) / count as f64;
        let mut buffer = Buffer::new();
        echo_all(&mut lines, &Piece::new(vec![7; 64]), &mut buffer)?;
        table.add(set, kind, "KiB_per_tunnel", 0, each(group.settled_memory()));
        let piece = Piece::new(vec![7; 64 * 1024]);
        for _ in 0..BURST / piece.plain.len() {
            echo_all(&mut lines, &piece, &mut buffer)?;
        }
        table.add(set, kind, "KiB_per_tunnel_after_burst", 0, each(group.settled_memory()));
        Ok(())
    })
}

/// Clients that ask for much, allow all that the protocol can, and never read.
pub(crate) fn stalled(stage: &Stage, kind: Kind, set: &str, table: &mut Table) -> Outcome<()> {
    let count = hostile(set, kind, table);
    measured(stage, kind, set, table, |relay, group, table| {
        let speech = if kind.is_ours() {
            stage.tunnel(kind, relay.address, waypost_tunnel::MAX_WINDOW)
        } else {
            relay.speech.clone()
        };
        let before = group.settled_memory();
        let mut lines = open_many(relay, &speech, count)?;
        let mut buffer = Buffer::new();
        for line in &mut lines {
            line.order(Order::Send { piece: 64 * 1024, total: 256 << 20 }, &mut buffer)?;
        }
        table.add(set, kind, "KiB_per_tunnel", 0, (group.settled_memory() - before) / count as f64);
        Ok(())
    })
}

/// Frames announced as 64 MiB, whose octets come until nobody takes them, towards a server that never reads.
pub(crate) fn bigframe(stage: &Stage, kind: Kind, set: &str, table: &mut Table) -> Outcome<()> {
    let count = hostile(set, kind, table);
    let (announced, pressed) = match kind {
        Kind::Naive => {
            table.note(set, kind, "announced as 16 MiB, since its default refuses more");
            (16 << 20, PRESSED / 2)
        }
        _ => (64 << 20, PRESSED),
    };
    let mut frame = masked_head(announced);
    frame.extend(mask(&vec![7; pressed]));
    measured(stage, kind, set, table, |relay, group, table| {
        let before = group.settled_memory();
        let mut lines = open_many(relay, &relay.speech, count)?;
        let mut buffer = Buffer::new();
        for line in &mut lines {
            line.order(Order::Stall, &mut buffer)?;
        }
        at_once(&mut lines, |line| line.press(&frame, PATIENCE).map(drop))?;
        table.add(set, kind, "KiB_per_tunnel", 0, (group.settled_memory() - before) / count as f64);
        let refused = lines.iter().filter_map(|line| line.heard().ok()).filter(|heard| *heard).count();
        if refused > 0 {
            table.note(set, kind, &format!("it refused {refused} of {count}"));
        }
        Ok(())
    })
}

/// Starts a relay of its own for `act`. What another program than ours can't do is a note and no failure.
fn measured(
    stage: &Stage,
    kind: Kind,
    set: &str,
    table: &mut Table,
    act: impl FnOnce(&Relay, &Group, &mut Table) -> Outcome<()>,
) -> Outcome<()> {
    let relay = stage.start(kind)?;
    let Some(group) = &relay.group else { return Ok(()) };
    match act(&relay, group, table) {
        Err(why) if !kind.is_ours() => {
            table.note(set, kind, &format!("failed: {why}"));
            Ok(())
        }
        Err(why) => Err(format!("{set}, {}: {why}", kind.name())),
        Ok(()) => Ok(()),
    }
}

/// How many hostile clients this relay gets.
fn hostile(set: &str, kind: Kind, table: &mut Table) -> usize {
    if kind != Kind::Websockify {
        return HOSTILE;
    }
    table.note(set, kind, &format!("{FEW} tunnels: each holds tens of MiB"));
    FEW
}

/// Opens so many connections, in the mode that gives back what comes or as `speech` says.
pub(crate) fn open_many(relay: &Relay, speech: &Speech, count: usize) -> Outcome<Vec<Line>> {
    thread::scope(|scope| {
        let some = |share: usize| {
            let mut buffer = Buffer::new();
            (0..share).map(|_| Line::open(relay.address, speech, &mut buffer)).collect::<Outcome<Vec<_>>>()
        };
        let share = |index: usize| count / THREADS + usize::from(index < count % THREADS);
        let threads: Vec<_> = (0..THREADS).map(|index| scope.spawn(move || some(share(index)))).collect();
        let mut lines = Vec::with_capacity(count);
        for thread in threads {
            lines.extend(thread.join().map_err(|_| "a thread ended")??);
        }
        Ok(lines)
    })
}

/// Sends a piece through each and waits for it to come back. The first time the server is told to.
fn echo_all(lines: &mut [Line], piece: &Piece, buffer: &mut Buffer) -> Outcome<()> {
    for line in lines {
        line.echo(piece, buffer)?;
    }
    Ok(())
}

fn at_once(lines: &mut [Line], act: impl Fn(&mut Line) -> Outcome<()> + Sync) -> Outcome<()> {
    thread::scope(|scope| {
        let shares = lines.chunks_mut(lines.len().div_ceil(THREADS).max(1));
        let act = &act;
        let threads: Vec<_> =
            shares.map(|share| scope.spawn(move || share.iter_mut().try_for_each(act))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread ended")?)
    })
}

const BURST: usize = 256 * 1024;
const THREADS: usize = 8;
const HOSTILE: usize = 100;
/// Processes of websockify that a machine bears.
pub(crate) const PROCESSES: usize = 500;
/// And of those that hold much.
const FEW: usize = 20;
/// Octets of a large frame that are really sent: more than the sockets on the way hold.
const PRESSED: usize = 24 << 20;
/// How long a relay may take nothing before it counts as full.
const PATIENCE: Duration = Duration::from_millis(200);
