//! Futures that JavaScript waits for, or that run by themselves. They come in boxes: what a promise and a task are made of is then there
//! once, and not for each of them.

use crate::convert::error_to_js;
use js_sys::Promise;
use std::pin::Pin;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{future_to_promise, spawn_local};
use waypost_sync::SyncError;

/// What a call does.
pub(crate) type Work = Pin<Box<dyn Future<Output = Result<JsValue, SyncError>>>>;

/// The promise of a call.
pub(crate) fn promise(work: Work) -> Promise {
    future_to_promise(async move { work.await.map_err(|error| error_to_js(&error)) })
}

/// Runs what outlives a call.
pub(crate) fn spawn(work: Pin<Box<dyn Future<Output = ()>>>) {
    spawn_local(work);
}
