//! One thread in which the servers of all tests run, so that a test's end stops its server for certain.

use actix_web::rt::System;
use actix_web::web::Data;
use std::net::TcpListener;
use std::sync::{LazyLock, mpsc as answers};
use std::thread;
use tokio::sync::{mpsc, oneshot, watch};
use vestibule::acts;
use vestibule::http::server::{self, State};
use vestibule::jobs::deliver::{self, Deliverer};
use vestibule::jobs::notices::{self, Teller};
use vestibule::jobs::number;

type Task = Box<dyn FnOnce() + Send>;

static HOUSE: LazyLock<mpsc::UnboundedSender<Task>> = LazyLock::new(|| {
    let (send, mut tasks) = mpsc::unbounded_channel::<Task>();
    thread::spawn(move || {
        System::new().block_on(async move {
            while let Some(task) = tasks.recv().await {
                task();
            }
        });
    });
    send
});

/// A server that answers until it is dropped.
pub(crate) struct Server {
    stop: Option<oneshot::Sender<()>>,
    stopped: answers::Receiver<()>,
}

impl Server {
    pub(crate) fn start(state: Data<State>, listener: TcpListener) -> Self {
        let (stop, told) = oneshot::channel();
        let (tell, stopped) = answers::channel();
        let task = move || {
            let running = server::start(state.clone(), listener).unwrap();
            let (halt, halted) = watch::channel(false);
            let numbering = actix_web::rt::spawn(number::run(state.store.clone(), halted.clone()));
            let deliverer =
                Deliverer { sender: state.sender.clone(), metrics: state.metrics.clone() };
            let delivering = actix_web::rt::spawn(deliver::run(deliverer, halted.clone()));
            let telling = actix_web::rt::spawn(notices::run(teller(state), halted));
            actix_web::rt::spawn(async move {
                let _ = told.await;
                drop(halt);
                telling.await.unwrap();
                numbering.await.unwrap();
                delivering.await.unwrap();
                running.stop().await.unwrap();
                drop(tell);
            });
        };
        HOUSE.send(Box::new(task)).unwrap();
        Self { stop: Some(stop), stopped }
    }
}

/// The job that tells apps of the end of sessions, as `serve` runs it.
fn teller(state: Data<State>) -> Teller {
    Teller {
        store: state.store.clone(),
        fetcher: acts::app_fetcher(&state.config).unwrap(),
        issuer: state.issuer().to_owned(),
        keys: Box::new(move || state.keys()),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Ends when the other side is dropped: the server answers nobody any more.
        let _ = self.stopped.recv();
    }
}
