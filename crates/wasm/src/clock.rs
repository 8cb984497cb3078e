//! Time in a browser.

use core::future::poll_fn;
use core::task::Poll;
use std::cell::RefCell;
use std::rc::Rc;
use std::task::Waker;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use waypost_sync::Clock;
use waypost_wire::{Duration, Timestamp};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(handler: &Closure<dyn FnMut()>, milliseconds: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
}

/// `performance.now`, `Date.now` and `setTimeout`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BrowserClock;

impl BrowserClock {
    /// Returns after a span. Cancel-safe.
    pub(crate) async fn sleep(self, span: Duration) {
        self.sleep_until(self.now() + span).await;
    }
}

impl Clock for BrowserClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(performance_now() as u64)
    }

    fn wall(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    async fn sleep_until(&self, moment: Timestamp) {
        // Timers may fire a little early, and can't be set further ahead than i32 milliseconds.
        loop {
            let left = (moment - self.now()).as_millis();
            if left == 0 {
                return;
            }
            Timer::wait(i32::try_from(left).unwrap_or(i32::MAX)).await;
        }
    }
}

#[derive(Default)]
struct Fired {
    fired: bool,
    waker: Option<Waker>,
}

/// One `setTimeout`, cleared when dropped.
struct Timer {
    id: JsValue,
    state: Rc<RefCell<Fired>>,
    _handler: Closure<dyn FnMut()>,
}

impl Timer {
    async fn wait(milliseconds: i32) {
        let state = Rc::new(RefCell::new(Fired::default()));
        let fired = Rc::clone(&state);
        let handler = Closure::new(move || {
            let mut state = fired.borrow_mut();
            state.fired = true;
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        });
        let timer = Self { id: set_timeout(&handler, milliseconds), state, _handler: handler };
        poll_fn(|context| {
            let mut state = timer.state.borrow_mut();
            state.waker = Some(context.waker().clone());
            if state.fired { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}
