//! A TCP proxy to Postgres that a test can cut silently, or pause in the middle of an exchange.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// The way, and what becomes of what goes along it.
pub struct Proxy {
    /// The database's address by this way.
    pub url: String,
    gate: watch::Sender<Gate>,
}

#[derive(Debug, Clone, Default)]
struct Gate {
    /// How many connections were made.
    made: usize,
    /// The connections before this one have vanished: nothing passes, nothing is closed.
    vanished: usize,
    /// The statement whose answer is held up.
    watched: Option<&'static str>,
    /// The connection that has sent it.
    held: Option<usize>,
}

impl Proxy {
    /// Opens a way to the database at `url`.
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (address, name) = url
            .strip_prefix("postgres://postgres@")
            .and_then(|rest| rest.split_once('/'))
            .unwrap();
        let (gate, _) = watch::channel(Gate::default());
        tokio::spawn(accept(listener, address.to_owned(), gate.clone()));
        Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/{name}"),
            gate,
        }
    }

    /// Lets the connections that there are vanish, as when a machine loses its power: no answer
    /// comes, and no end. New ones work.
    pub fn vanish(&self) {
        self.gate.send_modify(|gate| gate.vanished = gate.made);
    }

    /// Lets the connections that there are and all new ones vanish, until [`Proxy::come_back`].
    pub fn go_away(&self) {
        self.gate.send_modify(|gate| gate.vanished = usize::MAX);
    }

    /// Lets new connections work again.
    pub fn come_back(&self) {
        self.vanish();
    }

    /// Holds up the answer to the next statement that contains this.
    pub fn watch_for(&self, statement: &'static str) {
        self.gate.send_modify(|gate| gate.watched = Some(statement));
    }

    /// Waits until an answer is held up.
    pub async fn held(&self) {
        let mut gate = self.gate.subscribe();
        gate.wait_for(|gate| gate.held.is_some()).await.unwrap();
    }

    /// Lets the answer that is held up pass.
    pub fn release(&self) {
        self.gate.send_modify(|gate| gate.held = None);
    }
}

async fn accept(listener: TcpListener, address: String, gate: watch::Sender<Gate>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&address).await.unwrap();
        let number = gate.borrow().made;
        gate.send_modify(|gate| gate.made += 1);
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::spawn(ask(number, from_client, to_server, gate.clone()));
        tokio::spawn(answer(number, from_server, to_client, gate.subscribe()));
    }
}

async fn ask(
    number: usize,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    gate: watch::Sender<Gate>,
) {
    let mut buffer = vec![0; 64 * 1_024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        gate.send_if_modified(|gate| {
            let is_watched = gate.watched.is_some_and(|statement| {
                let mut windows = buffer[..length].windows(statement.len());
                windows.any(|window| window == statement.as_bytes())
            });
            if is_watched {
                gate.watched = None;
                gate.held = Some(number);
            }
            is_watched
        });
        if number >= gate.borrow().vanished && to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    if number < gate.borrow().vanished {
        std::future::pending::<()>().await;
    }
}

async fn answer(
    number: usize,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut gate: watch::Receiver<Gate>,
) {
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let length = from.read(&mut buffer).await.unwrap_or(0);
        let passes = |gate: &Gate| number >= gate.vanished && gate.held != Some(number);
        if gate.wait_for(passes).await.is_err()
            || length == 0
            || to.write_all(&buffer[..length]).await.is_err()
        {
            return;
        }
    }
}
