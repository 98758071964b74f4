//! A program outside the workspace that uses the packaged `persona-sandbox`: `script/check-crates`
//! builds it. It serves until its input ends.

use std::error::Error;

use persona_sandbox::{Config, Sandbox};
use tokio::{io::AsyncReadExt as _, net::TcpListener};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/api/v1", listener.local_addr()?);
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(Sandbox::open(Config::default())?.serve(listener, shutdown.clone()));
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    shutdown.cancel();
    serving.await??;
    eprintln!("used persona-sandbox");
    Ok(())
}
