//! A tunnel over a browser's WebSocket. Works in a page and in a Worker.

use super::failure;
use super::link::{Action, Link};
use crate::clock::BrowserClock;
use core::future::poll_fn;
use core::task::{Context, Poll};
use futures_util::future::{Either, select};
use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use waypost_sync::{Connect, ConnectError, Connection, Endpoint, TlsInfo, TlsMode};
use waypost_tunnel::{Frame, Open, SUBPROTOCOL, Token};
use waypost_wire::Duration;
use web_sys::{BinaryType, Event, MessageEvent, WebSocket};

/// Opens a tunnel of its own for each connection.
#[derive(Debug)]
pub(crate) struct WebSocketConnect {
    gateway: String,
    token: GatewayToken,
}

/// The token for the gateway as it was given last; clones share it. It is held in memory only.
#[derive(Debug, Clone, Default)]
pub(crate) struct GatewayToken(Rc<RefCell<Option<Token>>>);

impl GatewayToken {
    /// What a page gave, if it gave one.
    pub(crate) fn of(text: Option<String>) -> Self {
        let token = Self::default();
        token.set(text.unwrap_or_default());
        token
    }

    /// Takes the place of the one before, from the next connection on. An empty text is none.
    pub(crate) fn set(&self, text: String) {
        *self.0.borrow_mut() = (!text.is_empty()).then(|| Token::new(text));
    }

    fn get(&self) -> Option<Token> {
        self.0.borrow().clone()
    }
}

impl WebSocketConnect {
    /// Connects through the gateway at this `ws:` or `wss:` address, with this token where it asks for one.
    pub(crate) fn new(gateway: String, token: GatewayToken) -> Self {
        Self { gateway, token }
    }
}

impl Connect for WebSocketConnect {
    type Connection = WebSocketConnection;

    async fn connect(&self, endpoint: &Endpoint) -> Result<WebSocketConnection, ConnectError> {
        let connection = WebSocketConnection::open(&self.gateway, tunnel_open(endpoint, self.token.get()))?;
        connection.wait_a_while(Link::poll_open).await?;
        Ok(connection)
    }
}

#[derive(Debug)]
struct Shared {
    socket: WebSocket,
    link: RefCell<Link>,
}

impl Shared {
    /// Hands something in and carries out what follows from it.
    fn with<T>(&self, act: impl FnOnce(&mut Link) -> T) -> T {
        let result = act(&mut self.link.borrow_mut());
        self.act();
        result
    }

    fn act(&self) {
        let actions = self.link.borrow_mut().take_actions();
        for action in actions {
            // Sending or closing fails only on a socket that is closing; its close event tells the link.
            let _ = match action {
                Action::Send(Frame::Text(text)) => self.socket.send_with_str(&text),
                Action::Send(Frame::Binary(octets)) => self.socket.send_with_u8_array(&octets),
                Action::Close => self.socket.close(),
            };
        }
    }
}

/// What the socket calls. Alive as long as the connection.
#[derive(Debug)]
struct Handlers {
    open: Closure<dyn FnMut(Event)>,
    message: Closure<dyn FnMut(MessageEvent)>,
    close: Closure<dyn FnMut(Event)>,
}

/// A connection to a mail server. Dropping it closes the socket.
#[derive(Debug)]
pub(crate) struct WebSocketConnection {
    shared: Rc<Shared>,
    _handlers: Handlers,
}

impl WebSocketConnection {
    fn open(gateway: &str, open: Open) -> Result<Self, ConnectError> {
        // It throws for an address that is none, or where a page with TLS names a gateway without.
        let socket =
            WebSocket::new_with_str(gateway, SUBPROTOCOL).map_err(|_| failure::gateway_unreachable())?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let link = RefCell::new(Link::new(open));
        let shared = Rc::new(Shared { socket, link });
        let handlers = handlers(&shared);
        shared.socket.set_onopen(Some(handlers.open.as_ref().unchecked_ref()));
        shared.socket.set_onmessage(Some(handlers.message.as_ref().unchecked_ref()));
        shared.socket.set_onclose(Some(handlers.close.as_ref().unchecked_ref()));
        Ok(Self { shared, _handlers: handlers })
    }

    /// Waits until the link has an answer, but not for ever: a network that vanished tells nobody.
    async fn wait_a_while<T>(
        &self,
        ask: impl FnMut(&mut Link, &Context<'_>) -> Poll<Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let answer = pin!(self.wait(ask));
        let late = pin!(BrowserClock.sleep(CONNECT_TIME));
        match select(answer, late).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(self.shared.with(Link::give_up)),
        }
    }

    /// Waits until the link has an answer.
    async fn wait<T>(&self, mut ask: impl FnMut(&mut Link, &Context<'_>) -> Poll<T>) -> T {
        poll_fn(|context| self.shared.with(|link| ask(link, context))).await
    }
}

fn handlers(shared: &Rc<Shared>) -> Handlers {
    let (opened, heard, closed) = (Rc::clone(shared), Rc::clone(shared), Rc::clone(shared));
    Handlers {
        open: Closure::new(move |_| opened.with(|link| link.socket_opened(&opened.socket.protocol()))),
        message: Closure::new(move |event: MessageEvent| {
            if let Some(frame) = frame(&event) {
                heard.with(|link| link.frame(frame));
            }
        }),
        close: Closure::new(move |_| closed.with(Link::socket_closed)),
    }
}

fn frame(event: &MessageEvent) -> Option<Frame> {
    let data = event.data();
    if let Some(text) = data.as_string() {
        return Some(Frame::Text(text));
    }
    let buffer = data.dyn_ref::<js_sys::ArrayBuffer>()?;
    Some(Frame::Binary(js_sys::Uint8Array::new(buffer).to_vec()))
}

fn tunnel_open(endpoint: &Endpoint, token: Option<Token>) -> Open {
    let tls = match endpoint.tls {
        TlsMode::Implicit => waypost_tunnel::TlsMode::Implicit,
        TlsMode::StartTls => waypost_tunnel::TlsMode::StartTls,
        TlsMode::None => waypost_tunnel::TlsMode::None,
    };
    Open { host: endpoint.host.clone(), port: endpoint.port, tls, token }
}

impl Connection for WebSocketConnection {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        self.wait(Link::poll_read).await
    }

    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError> {
        let mut done = 0;
        self.wait(|link, context| link.poll_write(context, &octets, &mut done)).await
    }

    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        self.shared.with(Link::secure);
        self.wait_a_while(Link::poll_secured).await
    }

    async fn close(&mut self) {
        self.shared.with(|link| link.end(true));
    }

    fn asked_to_move(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        let shared = Rc::clone(&self.shared);
        Box::pin(poll_fn(move |context| shared.with(|link| link.poll_moving(context))))
    }
}

impl Drop for WebSocketConnection {
    fn drop(&mut self) {
        // The handlers hold the shared part, so they are taken off before they are freed.
        self.shared.socket.set_onopen(None);
        self.shared.socket.set_onmessage(None);
        self.shared.socket.set_onclose(None);
        self.shared.with(|link| link.end(false));
    }
}

/// Long enough for a slow network, TLS and a mail server that looks up names; short enough for a person who waits.
const CONNECT_TIME: Duration = Duration::from_secs(20);
