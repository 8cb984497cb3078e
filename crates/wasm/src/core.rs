//! What JavaScript sees: one class, whose calls hand the work to the engine. No decisions here.

use crate::convert::{
    error_to_js, from_js, join_rows, list_text, message_id, message_ids, octets_to_js, texts, to_js,
};
use crate::entropy::BrowserEntropy;
use crate::error::{bad_request, closed};
use crate::indexeddb::{IndexedDb, Role};
use crate::persistence::Estimate;
use crate::platform::Browser;
use crate::promise::{Work, promise, spawn};
use crate::store::BrowserStore;
use crate::streams::{Stream, Streams};
use crate::transport::{GatewayToken, Way, WebSocketConnect, Wire, WireConnect};
use futures_channel::{mpsc, oneshot};
use futures_util::future::{AbortHandle, AbortRegistration, Abortable, Either, FutureExt, Shared, select};
use futures_util::stream::StreamExt;
use js_sys::{Function, Promise};
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use waypost_store::MessageId;
use waypost_sync::{AccountSettings, Engine, SyncError};
use waypost_wire::Secret;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"import type { Account, AccountSettings, AccountState, AccountUsage, LedgerPage, LedgerQuery, Mailbox, MailEvent, MessageView, Migration, Moved, Rule, Pop3Choices, Report, Tally } from "../src/types.js";
import type { OpenedFile } from "../src/worker/port.js";"#;

/// The mail core over one profile. All calls reject with a plain object `{ code, blame, retryable, message, serverText }`.
#[wasm_bindgen]
pub struct Core {
    store: BrowserStore,
    streams: Rc<Streams>,
    engine: RefCell<Option<Engine<Browser>>>,
    gateway_token: GatewayToken,
    /// Says to everything that runs that the core is closed.
    closed: Shared<oneshot::Receiver<()>>,
    close: RefCell<Option<oneshot::Sender<()>>>,
    running: AbortHandle,
}

#[wasm_bindgen]
impl Core {
    /// Opens the store, takes the lease for writing it and starts the engine. `gateway` is the tunnel's absolute address, `ws:` or `wss:`;
    /// `gateway_token` is what it may ask for and is never stored; `listener` is told everything that happens.
    #[wasm_bindgen(unchecked_return_type = "Promise<Core>")]
    pub fn open(
        profile: String,
        gateway: String,
        gateway_token: Option<String>,
        #[wasm_bindgen(unchecked_param_type = "(event: MailEvent) => void")] listener: Function,
    ) -> Promise {
        promise(Box::pin(async move {
            let token = GatewayToken::of(gateway_token);
            Ok(open(&profile, gateway, token, listener).await?.into())
        }))
    }

    /// Starts the engine over a store in memory, which ends with it. Servers are reached by `wire`, or through the gateway where that is left out.
    #[wasm_bindgen(js_name = openInMemory)]
    pub fn open_in_memory(
        wire: Option<Wire>,
        gateway: Option<String>,
        gateway_token: Option<String>,
        #[wasm_bindgen(unchecked_param_type = "(event: MailEvent) => void")] listener: Function,
    ) -> Result<Self, JsValue> {
        let token = GatewayToken::of(gateway_token);
        let way = match (wire, gateway) {
            (Some(wire), _) => Way::Wire(WireConnect(wire)),
            (None, gateway) => {
                through(gateway.unwrap_or_default(), token.clone()).map_err(|error| error_to_js(&error))?
            }
        };
        Ok(start(way, BrowserStore::Memory(Rc::default()), token, listener).0)
    }

    /// Opens the store for reading only, while the core of another Worker leads and writes. Nothing connects; what would write rejects
    /// with `store-superseded`.
    #[wasm_bindgen(js_name = openReader, unchecked_return_type = "Promise<Core>")]
    pub fn open_reader(profile: String) -> Promise {
        promise(Box::pin(async move {
            let store = Rc::new(IndexedDb::new(&profile, Role::Reader));
            store.prepare().await?;
            let store = BrowserStore::Indexed(store);
            let token = GatewayToken::default();
            let nowhere = Way::Gateway(WebSocketConnect::new(String::new(), token.clone()));
            let engine = Engine::new(Browser::new(nowhere, store.clone()));
            Ok(Core::over(store, engine, token).0.into())
        }))
    }

    /// How much the origin stores and may store, in octets, as the browser reckons; null where it does not say.
    #[wasm_bindgen(js_name = storageEstimate, unchecked_return_type = "Promise<{ usage: number; quota: number } | null>")]
    pub fn storage_estimate(&self) -> Promise {
        promise(Box::pin(async {
            Ok(Estimate::ask().await.map_or(JsValue::NULL, |estimate| to_js(&estimate)))
        }))
    }

    /// The accounts stored here.
    #[wasm_bindgen(unchecked_return_type = "Promise<Account[]>")]
    pub fn accounts(&self) -> Promise {
        self.call(|engine| async move { plain(engine.accounts().await) })
    }

    /// Signs in once to prove the settings, then stores the account.
    #[wasm_bindgen(js_name = addAccount, unchecked_return_type = "Promise<Account>")]
    pub fn add_account(
        &self,
        #[wasm_bindgen(unchecked_param_type = "AccountSettings")] settings: JsValue,
        password: String,
    ) -> Promise {
        let password = Secret::new(password);
        self.call(
            |engine| async move { plain(engine.add_account(account_settings(&settings)?, password).await) },
        )
    }

    /// The stored account that these settings are those of; null where there is none.
    #[wasm_bindgen(js_name = findAccount, unchecked_return_type = "Promise<Account | null>")]
    pub fn find_account(
        &self,
        #[wasm_bindgen(unchecked_param_type = "AccountSettings")] settings: JsValue,
    ) -> Promise {
        self.call(|engine| async move { plain(engine.find_account(account_settings(&settings)?).await) })
    }

    /// Gives the password of a stored account.
    #[wasm_bindgen(js_name = signIn, unchecked_return_type = "Promise<void>")]
    pub fn sign_in(&self, account: u32, password: String) -> Promise {
        let password = Secret::new(password);
        self.call(|engine| async move { nothing(engine.sign_in(account, password).await) })
    }

    /// Takes up a stored account with the password that the core of another tab was signed in with.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn resume(&self, account: u32, password: String) -> Promise {
        let password = Secret::new(password);
        self.call(|engine| async move { nothing(engine.resume(account, password).await) })
    }

    /// Forgets the password and disconnects.
    #[wasm_bindgen(js_name = signOut, unchecked_return_type = "Promise<void>")]
    pub fn sign_out(&self, account: u32) -> Promise {
        self.call(|engine| async move { nothing(engine.sign_out(account).await) })
    }

    /// Removes an account and all its mail from this device.
    #[wasm_bindgen(js_name = removeAccount, unchecked_return_type = "Promise<void>")]
    pub fn remove_account(&self, account: u32) -> Promise {
        self.call(|engine| async move { nothing(engine.remove_account(account).await) })
    }

    /// Changes what a POP3 account does by itself.
    #[wasm_bindgen(js_name = setPop3, unchecked_return_type = "Promise<void>")]
    pub fn set_pop3(
        &self,
        account: u32,
        #[wasm_bindgen(unchecked_param_type = "Pop3Choices")] settings: JsValue,
    ) -> Promise {
        self.call(|engine| async move {
            let settings = from_js(&settings, "These are no settings of a POP3 account.")?;
            nothing(engine.set_pop3(account, settings).await)
        })
    }

    /// Gives the access token that the gateway asks for, in place of the one before; it counts from the next connection on.
    #[wasm_bindgen(js_name = setGatewayToken)]
    pub fn set_gateway_token(&self, token: String) {
        self.gateway_token.set(token);
    }

    /// Where an account stands.
    #[wasm_bindgen(unchecked_return_type = "AccountState")]
    pub fn state(&self, account: u32) -> Result<JsValue, JsValue> {
        let engine = self.engine().map_err(|error| error_to_js(&error))?;
        Ok(to_js(&engine.state(account)))
    }

    /// The folders of an account.
    #[wasm_bindgen(unchecked_return_type = "Promise<Mailbox[]>")]
    pub fn mailboxes(&self, account: u32) -> Promise {
        self.call(|engine| async move { plain(engine.mailboxes(account).await) })
    }

    /// A part of a list of a folder: the JSON of a `MessageList`.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn list(
        &self,
        account: u32,
        mailbox: u32,
        #[wasm_bindgen(unchecked_param_type = "ListQuery")] query: JsValue,
    ) -> Promise {
        self.call(|engine| async move {
            let query = from_js(&query, "This is no query of a list.")?;
            let list = engine.list(account, mailbox, query).await?;
            Ok(JsValue::from_str(&list_text(&list)?))
        })
    }

    /// The rows of a thread, oldest first: the JSON of an array of `MessageRow`.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn thread(&self, account: u32, thread: u32) -> Promise {
        self.call(|engine| async move {
            Ok(JsValue::from_str(&join_rows(&engine.thread(account, thread).await?)?))
        })
    }

    /// Synchronises a folder now and watches it.
    #[wasm_bindgen(js_name = showMailbox, unchecked_return_type = "Promise<void>")]
    pub fn show_mailbox(&self, account: u32, mailbox: u32) -> Promise {
        self.call(|engine| async move { nothing(engine.show_mailbox(account, mailbox).await) })
    }

    /// Synchronises a folder now and watches it; resolves when it is in step.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn synchronise(&self, account: u32, mailbox: u32) -> Promise {
        self.call(|engine| async move { nothing(engine.synchronise(account, mailbox).await) })
    }

    /// Fetches rows older than the oldest stored one; 0 means there are none.
    #[wasm_bindgen(js_name = loadOlder, unchecked_return_type = "Promise<number>")]
    pub fn load_older(&self, account: u32, mailbox: u32) -> Promise {
        self.call(|engine| async move { plain(engine.load_older(account, mailbox).await) })
    }

    /// A message for reading.
    #[wasm_bindgen(unchecked_return_type = "Promise<MessageView>")]
    pub fn message(&self, id: String) -> Promise {
        self.call(|engine| async move { plain(engine.message_view(message_id(&id)?).await) })
    }

    /// The decoded octets of a part of a message.
    #[wasm_bindgen(unchecked_return_type = "Promise<Uint8Array<ArrayBuffer>>")]
    pub fn part(&self, id: String, index: u32) -> Promise {
        self.call(|engine| async move { Ok(octets_to_js(&engine.part(message_id(&id)?, index).await?)) })
    }

    /// The whole message, octet for octet.
    #[wasm_bindgen(unchecked_return_type = "Promise<Uint8Array<ArrayBuffer>>")]
    pub fn source(&self, id: String) -> Promise {
        self.call(|engine| async move { Ok(octets_to_js(&engine.message(message_id(&id)?).await?)) })
    }

    /// Opens the decoded octets of a part, to be read by `nextChunk`.
    #[wasm_bindgen(js_name = openPart, unchecked_return_type = "Promise<number>")]
    pub fn open_part(&self, id: String, index: u32) -> Promise {
        let streams = Rc::clone(&self.streams);
        self.call(|engine| async move {
            let stream = engine.open_part(message_id(&id)?, index).await?;
            Ok(to_js(&streams.add(Stream::Part(stream))))
        })
    }

    /// Opens a message, octet for octet, to be read by `nextChunk`; `name` is one for its file.
    #[wasm_bindgen(js_name = openMessage, unchecked_return_type = "Promise<OpenedFile>")]
    pub fn open_message(&self, id: String) -> Promise {
        let streams = Rc::clone(&self.streams);
        self.call(|engine| async move {
            let file = engine.export_message(message_id(&id)?).await?;
            Ok(to_js(&OpenedFile { name: file.name, stream: streams.add(Stream::Source(file.stream)) }))
        })
    }

    /// Opens a folder as an mbox file, to be read by `nextChunk`.
    #[wasm_bindgen(js_name = openMailbox, unchecked_return_type = "Promise<OpenedFile>")]
    pub fn open_mailbox(&self, account: u32, mailbox: u32) -> Promise {
        let streams = Rc::clone(&self.streams);
        self.call(|engine| async move {
            let file = engine.export_mailbox(account, mailbox).await?;
            let stream = streams.add(Stream::Mailbox(Box::new(file.stream)));
            Ok(to_js(&OpenedFile { name: file.name, stream }))
        })
    }

    /// The next octets of a stream; null after the last.
    #[wasm_bindgen(js_name = nextChunk, unchecked_return_type = "Promise<Uint8Array<ArrayBuffer> | null>")]
    pub fn next_chunk(&self, stream: f64) -> Promise {
        let streams = Rc::clone(&self.streams);
        self.call(|_| async move {
            let chunk = streams.next(stream as u64).await?;
            Ok(chunk.map_or(JsValue::NULL, |octets| octets_to_js(&octets)))
        })
    }

    /// Ends a stream. Of a folder it says what became of its messages.
    #[wasm_bindgen(js_name = closeStream, unchecked_return_type = "Promise<Tally | null>")]
    pub fn close_stream(&self, stream: f64) -> Promise {
        let streams = Rc::clone(&self.streams);
        self.call(|_| async move { Ok(to_js(&streams.close(stream as u64).await)) })
    }

    /// How much is stored, by account.
    #[wasm_bindgen(unchecked_return_type = "Promise<AccountUsage[]>")]
    pub fn usage(&self) -> Promise {
        self.call(|engine| async move { plain(engine.usage().await) })
    }

    /// Octets of messages that may be kept although the server has them too; null for as many as there is room for.
    #[wasm_bindgen(unchecked_return_type = "Promise<number | null>")]
    pub fn budget(&self) -> Promise {
        self.call(|engine| async move { plain(engine.budget().await) })
    }

    /// Sets the budget; what is above it goes at once.
    #[wasm_bindgen(js_name = setBudget, unchecked_return_type = "Promise<void>")]
    pub fn set_budget(&self, octets: Option<f64>) -> Promise {
        self.call(
            |engine| async move { nothing(engine.set_budget(octets.map(|octets| octets as u64)).await) },
        )
    }

    /// Looks through all that is stored, and mends what can be mended if that is wanted.
    #[wasm_bindgen(unchecked_return_type = "Promise<Report>")]
    pub fn verify(&self, repair: bool) -> Promise {
        self.call(|engine| async move { plain(engine.verify(repair).await) })
    }

    /// Adds and removes flags: stored at once, sent when the server can be reached.
    #[wasm_bindgen(js_name = changeFlags, unchecked_return_type = "Promise<void>")]
    pub fn change_flags(
        &self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] ids: JsValue,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] add: JsValue,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] remove: JsValue,
    ) -> Promise {
        self.call(|engine| async move {
            let ids: Vec<MessageId> = message_ids(&ids)?;
            nothing(engine.change_flags(&ids, &texts(&add)?, &texts(&remove)?).await)
        })
    }

    /// Looks for new mail now.
    #[wasm_bindgen(js_name = syncNow)]
    pub fn sync_now(&self, account: u32) -> Result<(), JsValue> {
        self.engine().map_err(|error| error_to_js(&error))?.sync_now(account);
        Ok(())
    }

    /// Changes that wait to be sent.
    #[wasm_bindgen(unchecked_return_type = "Promise<number>")]
    pub fn waiting(&self) -> Promise {
        self.call(|engine| async move { plain(engine.waiting().await) })
    }

    /// Stops the engine and closes connections and database. Closing twice is harmless.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise {
        self.shut();
        Promise::resolve(&JsValue::UNDEFINED)
    }

    /// A core over an engine, and what the future that drives it must end with.
    fn over(
        store: BrowserStore,
        engine: Engine<Browser>,
        gateway_token: GatewayToken,
    ) -> (Self, AbortRegistration) {
        let (close, closing) = oneshot::channel();
        let (running, registration) = AbortHandle::new_pair();
        let (engine, close) = (RefCell::new(Some(engine)), RefCell::new(Some(close)));
        let streams = Rc::new(Streams::new(&BrowserEntropy));
        let closed = closing.shared();
        (Self { store, streams, engine, gateway_token, closed, close, running }, registration)
    }

    fn shut(&self) {
        self.engine.take();
        self.streams.clear();
        self.running.abort();
        self.close.take();
        self.store.close();
    }

    fn engine(&self) -> Result<Engine<Browser>, SyncError> {
        self.engine.borrow().clone().ok_or_else(closed)
    }

    /// Runs a call to its end, or until the core is closed. Nothing of `self` is lent to the future.
    pub(crate) fn call<F>(&self, act: impl FnOnce(Engine<Browser>) -> F) -> Promise
    where
        F: Future<Output = Result<JsValue, SyncError>> + 'static,
    {
        match self.engine() {
            Ok(engine) => self.until_closed(Box::pin(act(engine))),
            Err(error) => Promise::reject(&error_to_js(&error)),
        }
    }

    #[inline(never)]
    fn until_closed(&self, work: Work) -> Promise {
        let stop = self.closed.clone();
        promise(Box::pin(async move {
            match select(work, stop).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(closed()),
            }
        }))
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.shut();
    }
}

async fn open(
    profile: &str,
    gateway: String,
    token: GatewayToken,
    listener: Function,
) -> Result<Core, SyncError> {
    let way = through(gateway, token.clone())?;
    let store = Rc::new(IndexedDb::new(profile, Role::Leader));
    let (told, states) = mpsc::unbounded();
    store.tell_to(told);
    store.prepare().await?;
    let (core, engine) = start(way, BrowserStore::Indexed(store), token, listener);
    let stop = core.closed.clone();
    spawn(Box::pin(async move {
        let mut states = states.take_until(stop);
        while let Some(state) = states.next().await {
            // If the accounts can't be stored anew, the store has told that as its next state.
            let _ = engine.storage_changed(state).await;
        }
    }));
    Ok(core)
}

/// The way through a gateway.
fn through(gateway: String, token: GatewayToken) -> Result<Way, SyncError> {
    if gateway.starts_with("ws://") || gateway.starts_with("wss://") {
        return Ok(Way::Gateway(WebSocketConnect::new(gateway, token)));
    }
    Err(bad_request("The gateway's address must begin with ws:// or wss://."))
}

/// Starts the engine and tells the listener of everything that happens. The only futures that outlive a call begin here and in
/// [`open`]; all end when the core is closed.
fn start(way: Way, store: BrowserStore, token: GatewayToken, listener: Function) -> (Core, Engine<Browser>) {
    let engine = Engine::new(Browser::new(way, store.clone()));
    let (core, registration) = Core::over(store, engine.clone(), token);

    let events = engine.subscribe();
    let drive = engine.clone();
    spawn(Box::pin(async move {
        // Aborted is how it is meant to end.
        let _ = Abortable::new(async move { drive.run().await }, registration).await;
    }));
    let stop = core.closed.clone();
    spawn(Box::pin(async move {
        let mut events = events.take_until(stop);
        while let Some(event) = events.next().await {
            // What a listener throws is its own affair, and must not end the engine.
            let _ = listener.call1(&JsValue::UNDEFINED, &to_js(&event));
        }
    }));
    (core, engine)
}

/// A stream that becomes a file.
#[derive(Serialize)]
struct OpenedFile {
    name: String,
    stream: u64,
}

fn account_settings(value: &JsValue) -> Result<AccountSettings, SyncError> {
    from_js(value, "The settings of the account are incomplete or have a value that is not known.")
}

pub(crate) fn plain(result: Result<impl Serialize, SyncError>) -> Result<JsValue, SyncError> {
    result.map(|value| to_js(&value))
}

pub(crate) fn nothing(result: Result<(), SyncError>) -> Result<JsValue, SyncError> {
    result.map(|()| JsValue::UNDEFINED)
}
