//! What keeps a page up to date once it is alive: the stream, what tabs tell each other, asking where no stream comes
//! through, the rest of a board, what the outbox tells. Nobody needs any of it to vote, so its code is a file of its own,
//! which is loaded when the page is drawn. What the page asks of it before it is there waits for it.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use pulsestage::id::QuestionId;
use pulsestage::window::Filters;
use std::rc::Rc;

use super::Live;
use super::event_source::{EventSourceKeeper, StreamReader};
use super::listener::Listener;
use super::patience::backoff_ms;
use super::span::Edge;
use super::stream_state::{Connection, StreamState};
use crate::platform;

/// A file that has not come after so long is a connection that is lost, in milliseconds.
const LATE_MS: u32 = 5_000;

/// What a board page asks of it.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// The reader's vote for a question was counted, or taken back: it shows in their other tabs.
    TellVote(QuestionId, bool),
    /// The reader chose something else than what is here.
    LoadChosen(Filters),
    /// The reader has come to the end of what is here.
    LoadEnd(Edge),
    /// The rows where the reader is are to be loaded.
    LoadDrawn,
    /// The outbox tells something, in one line.
    HearOutbox(String),
}

/// What is to be done by code that may not be there yet.
#[derive(Default)]
pub(super) struct Tasks {
    waiting: Vec<Task>,
    /// Does a task, once it is there.
    act: Option<fn(Live, Task)>,
}

impl Live {
    /// Keeps the page up to date until its owner is cleaned up.
    pub(super) fn keep_up_to_date(self, state: StreamState) {
        self.listen_to_outbox();
        load(state, move || start(self, state));
    }

    /// Has a task done: now, or as soon as its code is there. Whether it is.
    pub(super) fn task(self, task: Task) -> bool {
        let act = self.inner.tasks.try_with_value(|tasks| tasks.act).flatten();
        match act {
            Some(act) => act(self, task),
            None => {
                self.inner.tasks.try_update_value(|tasks| tasks.waiting.push(task));
            }
        }
        act.is_some()
    }

    /// Hears what the outbox tells. It may tell of votes that wait before anything else is there.
    fn listen_to_outbox(self) {
        let listening = StoredValue::new_local(None);
        Effect::new(move || {
            let told = move |event: web_sys::Event| {
                let line = js_sys::Reflect::get(&event, &"detail".into()).ok().and_then(|line| line.as_string());
                let _is_heard = self.task(Task::HearOutbox(line.unwrap_or_default()));
            };
            listening.set_value(Some(Listener::new(&window().into(), "outbox", told)));
        });
        on_cleanup(move || drop(listening.try_update_value(Option::take)));
    }
}

/// Has this reader told what the stream of a page without a board says, until the owner is cleaned up.
pub(super) fn listen(state: StreamState, reader: Rc<dyn StreamReader>) {
    load(state, move || listen_now(state, reader.clone()));
}

/// Calls what is in the file, once the page is drawn and the file is there. Where it cannot be had it is asked for again,
/// and the page says that it is not live.
fn load<F>(state: StreamState, call: impl Fn() -> F + Clone + 'static)
where
    F: Future<Output = Result<(), SplitLoaderError>> + 'static,
{
    Effect::new(move || {
        let call = call.clone();
        let is_there = StoredValue::new(false);
        platform::spawn(ScopedFuture::new_untracked(async move {
            for attempt in 0.. {
                if call().await.is_ok() {
                    break;
                }
                platform::sleep(backoff_ms(attempt, platform::random())).await;
            }
            is_there.try_set_value(true);
        }));
        let say = move || {
            if is_there.try_get_value() == Some(false) {
                state.connection.try_set(Connection::lost());
            }
        };
        platform::after(LATE_MS, say);
        if Connection::lost() == Connection::Offline {
            say();
        }
    });
}

#[wasm_split(updates, wasm_split_path = leptos::wasm_split, fallible)]
fn start(live: Live, state: StreamState) -> Result<(), SplitLoaderError> {
    let keeper = EventSourceKeeper::new(state);
    live.inner.keeper.try_set_value(Some(keeper));
    keeper.run(Rc::new(live));
    live.load_rest();
    let waiting = live.inner.tasks.try_update_value(|tasks| {
        tasks.act = Some(act);
        std::mem::take(&mut tasks.waiting)
    });
    for task in waiting.into_iter().flatten() {
        act(live, task);
    }
    Ok(())
}

#[wasm_split(updates, wasm_split_path = leptos::wasm_split, fallible)]
fn listen_now(state: StreamState, reader: Rc<dyn StreamReader>) -> Result<(), SplitLoaderError> {
    EventSourceKeeper::new(state).run(reader);
    Ok(())
}

fn act(live: Live, task: Task) {
    match task {
        Task::TellVote(question, up) => {
            if let Some(keeper) = live.keeper() {
                keeper.tell_vote(question, up);
            }
        }
        Task::LoadChosen(filters) => live.load_chosen(filters),
        Task::LoadEnd(edge) => live.load_end(edge),
        Task::LoadDrawn => live.load_drawn(),
        Task::HearOutbox(line) => live.hear_outbox(&line),
    }
}
