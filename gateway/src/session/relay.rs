//! The middle of a tunnel's life: octets flow both ways.
//!
//! Nothing is read before what was read last is on its way, so a tunnel holds one read towards the client and one
//! window towards the mail server at most, and nothing while it waits. Each read becomes one write.

use super::{Reason, Session, broken, enough};
use crate::buffer::Buffer;
use crate::config::Target;
use crate::hello::AwaitHello;
use crate::link::{MOST_BUFFERS, Said};
use crate::phase::reached_with;
use crate::policy::Asked;
use crate::upstream::{Received, Upstream};
use crate::websocket::{Fault, HEADROOM};
use std::future::poll_fn;
use std::io::IoSliceMut;
use std::mem::take;
use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, sleep_until};
use waypost_tunnel::server::Event;
use waypost_tunnel::{Frame, MAX_PAYLOAD, MAX_PAYLOAD_DOWN};

impl Session<'_> {
    /// 4. Octets flow both ways until both sides have ended or something fails.
    pub(super) async fn relay(&mut self, asked: Asked, target: &Target, mut upstream: Upstream) {
        tracing::debug!(id = self.id, host = %asked.host, port = asked.port, tls = asked.tls.as_str(), "opened");
        self.moved();
        let mut standing = self.standing.clone();
        // One timer for the whole life: what moves only puts off what it finds when it rings.
        let mut alarm = pin!(sleep_until(self.next_tick()));
        while !self.over {
            let (awaited, written) = (self.awaited_phase(), self.written);
            tokio::select! {
                biased;
                () = reached_with(&mut standing, awaited, written.as_ref()) => self.entered(awaited),
                () = &mut alarm => {
                    if self.settles_at.take_if(|at| *at <= Instant::now()).is_some() {
                        upstream.keep_alive();
                    }
                    self.tick();
                    alarm.as_mut().reset(self.next_tick());
                }
                () = poll_fn(|context| self.poll_relay(context, &mut upstream)) => {}
            }
            while let Some(event) = self.events.pop_front() {
                match event {
                    Event::Upgrade => Box::pin(self.upgrade(&asked, target, &mut upstream)).await,
                    Event::Ended { clean: true } => {
                        self.client_ended = true;
                        upstream.finish();
                    }
                    Event::Ended { clean: false } => self.reason = Reason::ClientGone,
                    // Credit: the loop asks for the room anyway. The others were dealt with, or never come here.
                    Event::Sendable | Event::Open(_) | Event::Failed(_) | Event::Data(_) => {}
                }
            }
        }
        // A client that has ended as it should may go at once; one that has not cuts the mail server too.
        if self.client_ended || matches!(self.reason, Reason::Ended) {
            upstream.close().await;
        } else {
            upstream.cut();
        }
    }

    /// STARTTLS and STLS: the client has heard the mail server agree, and both ends counted the same octets.
    async fn upgrade(&mut self, asked: &Asked, target: &Target, upstream: &mut Upstream) {
        let within = self.limits().tls;
        let connectors = &self.gate.connectors;
        let shake = async {
            upstream.quiesce(&asked.host, within).await?;
            if asked.tls.is_passthrough() {
                return Ok(None);
            }
            upstream.handshake(connectors, target, &asked.host, within).await.map(Some)
        };
        if let Some(tls) = self.shake(shake).await {
            self.moved();
            match &tls {
                Some(_) => self.plain_until = None,
                None => self.hello = Some(Box::new(AwaitHello::new())),
            }
            self.tunnel.upgraded(tls);
            self.give();
        }
    }

    /// Moves octets as long as any move. Ready when there is something else to do.
    fn poll_relay(&mut self, context: &mut Context<'_>, upstream: &mut Upstream) -> Poll<()> {
        loop {
            let up = self.poll_client(context, Some(upstream));
            let taken = self.poll_taken(context, upstream);
            let down = self.poll_server(context, upstream);
            self.count();
            if self.over || !self.events.is_empty() {
                return Poll::Ready(());
            }
            if up.is_pending() && taken.is_pending() && down.is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Ready when the tunnel may carry: at once, unless it was faster than it may be.
    fn poll_pace(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Some(until) = self.token.pace.waits_until(Instant::now()) {
            let rest = self.rest.get_or_insert_with(|| Box::pin(sleep_until(until)));
            if rest.deadline() < until {
                rest.as_mut().reset(until);
            }
            ready!(rest.as_mut().poll(context));
        }
        self.rest = None;
        Poll::Ready(())
    }

    /// Ends a tunnel that has carried as much as it may.
    fn count(&mut self) {
        let (most, (up, down)) = (self.limits().octets_per_tunnel, self.carried);
        if most > 0 && up.saturating_add(down) >= most && !self.over {
            self.refuse(enough("limits.octets_per_tunnel"));
        }
    }

    /// Sends the client what waits, and takes what it sent. Ready when something came.
    pub(super) fn poll_client(
        &mut self,
        context: &mut Context<'_>,
        upstream: Option<&mut Upstream>,
    ) -> Poll<()> {
        let _ = self.link.poll_send(context);
        let mut buffer = Buffer::take();
        match ready!(self.link.poll_read(context, &mut buffer)) {
            Some(count) => self.heard(buffer, count, upstream),
            None => self.gone(),
        }
        Poll::Ready(())
    }

    /// Takes octets of the client apart. Their payload is put together where it lies, and goes on as one.
    fn heard(&mut self, mut buffer: Buffer, count: usize, upstream: Option<&mut Upstream>) {
        let (mut at, mut payload) = (0, 0..0);
        while !self.over {
            let octets = buffer.octets_mut().get_mut(..count).unwrap_or_default();
            match self.link.next(octets, &mut at) {
                Ok(Some(Said::Payload(range))) => {
                    if self.tunnel.received(range.len()) {
                        payload = buffer.join(payload, range);
                    } else {
                        self.give();
                    }
                }
                Ok(Some(Said::Text(text))) => self.client_said(Frame::Text(text)),
                Ok(Some(Said::Close)) => self.gone(),
                Ok(None) => break,
                Err(fault) => self.broke(fault),
            }
        }
        if let Some(upstream) = upstream.filter(|_| !payload.is_empty()) {
            self.carried.0 += payload.len() as u64;
            self.gate.metrics.carried_up(payload.len());
            self.moved();
            if let Some(payload) = self.checked(&mut buffer, payload) {
                upstream.push(buffer, payload);
            }
        }
    }

    /// What may go to the mail server now: all, but for a client that speaks TLS itself and has not begun.
    fn checked(&mut self, buffer: &mut Buffer, payload: Range<usize>) -> Option<Range<usize>> {
        let (Some(hello), Some(asked)) = (&mut self.hello, &self.asked) else { return Some(payload) };
        match hello.take(buffer.octets().get(payload).unwrap_or_default(), &asked.host) {
            Ok(Some(octets)) => {
                (self.hello, self.plain_until) = (None, None);
                // It takes less than a buffer holds.
                buffer.octets_mut().split_at_mut(octets.len()).0.copy_from_slice(&octets);
                Some(0..octets.len())
            }
            Ok(None) => None,
            Err(denial) => {
                self.refuse(denial);
                None
            }
        }
    }

    fn broke(&mut self, fault: Fault) {
        self.fault = Some(fault);
        self.refuse(broken(fault));
    }

    /// Sends the mail server what waits, and gives the client credit for what was taken. Ready when something was.
    fn poll_taken(&mut self, context: &mut Context<'_>, upstream: &mut Upstream) -> Poll<()> {
        let taken = match upstream.poll_send(context) {
            Poll::Ready(count) => count,
            Poll::Pending => 0,
        };
        if taken > 0 {
            self.moved();
            self.token.pace.carried(taken, Instant::now());
            self.taken += taken;
        }
        // A client that does not read gets no more messages either: it could make them queue without end.
        if self.taken > 0 && self.link.is_flushed() && self.poll_pace(context).is_ready() {
            self.tunnel.consumed(take(&mut self.taken));
            self.give();
            let _ = self.link.poll_send(context);
        }
        if taken > 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Passes on what the mail server sent, once the client has taken what came before and as far as it has room.
    fn poll_server(&mut self, context: &mut Context<'_>, upstream: &mut Upstream) -> Poll<()> {
        let room = if self.link.is_flushed() { self.tunnel.sendable() } else { 0 };
        if room == 0 {
            return Poll::Pending;
        }
        ready!(self.poll_pace(context));
        let room = room.min(self.token.pace.allows(Instant::now()));
        if room == 0 {
            return Poll::Pending;
        }
        let mut buffers = [const { None }; MOST_BUFFERS];
        // TLS gives a record or a few, which one buffer holds.
        let many = self.bulk && room > MAX_PAYLOAD && upstream.is_plain();
        let most = if many { self.link.buffers() } else { 1 };
        match ready!(poll_fill(context, upstream, room, most, &mut buffers)) {
            Received::Octets(count) => {
                self.carried.1 += count as u64;
                self.token.pace.carried(count, Instant::now());
                self.gate.metrics.carried_down(count);
                self.moved();
                self.bulk = count >= MAX_PAYLOAD;
                // All of it: no more was read than the client has room for. None of what is too much before TLS.
                if self.tunnel.sent(count) == count {
                    let most = if most == MOST_BUFFERS { MAX_PAYLOAD_DOWN } else { MAX_PAYLOAD };
                    self.link.queue_payload(buffers.into_iter().flatten(), count, most);
                } else {
                    self.give();
                }
            }
            Received::Ended { clean } => {
                self.tunnel.end(clean);
                self.give();
            }
        }
        let _ = self.link.poll_send(context);
        Poll::Ready(())
    }
}

/// Reads as much as the client has room for: into one buffer, or while much flows into several, for fewer calls of the
/// system.
fn poll_fill(
    context: &mut Context<'_>,
    upstream: &mut Upstream,
    mut room: usize,
    most: usize,
    buffers: &mut [Option<Buffer>; MOST_BUFFERS],
) -> Poll<Received> {
    if most == 1 {
        let [first, ..] = buffers;
        let octets = first.insert(Buffer::take()).octets_mut();
        let room = HEADROOM..HEADROOM + room.min(MAX_PAYLOAD);
        return upstream.poll_receive(context, octets.get_mut(room).unwrap_or_default());
    }
    // No buffer is taken that the client has no room for.
    let count = room.div_ceil(MAX_PAYLOAD).min(most);
    let mut parts: [_; MOST_BUFFERS] = std::array::from_fn(|_| IoSliceMut::new(&mut []));
    for (part, buffer) in parts.iter_mut().zip(buffers.iter_mut().take(count)) {
        let here = HEADROOM..HEADROOM + room.min(MAX_PAYLOAD);
        room = room.saturating_sub(MAX_PAYLOAD);
        let octets = buffer.insert(Buffer::take()).octets_mut();
        *part = IoSliceMut::new(octets.get_mut(here).unwrap_or_default());
    }
    upstream.poll_receive_many(context, parts.split_at_mut(count).0)
}
