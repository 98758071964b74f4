//! HAProxy in front of the app's processes, configured as in production: it polls `/readyz`, and does not
//! retry a failed request.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{ports::free_port, process::Process};

/// Starts a balancer in front of these servers.
pub async fn start(folder: &Path, servers: &[Process]) -> Process {
    let port = free_port();
    let backends: String = servers
        .iter()
        .enumerate()
        .map(|(number, server)| {
            let address = server.url.trim_start_matches("http://");
            let address = address.replace("localhost", "127.0.0.1");
            format!("  server app{number} {address}\n")
        })
        .collect();
    let config = format!(
        "global
  maxconn 2000
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 40s
  timeout server 40s
  timeout check 1s
frontend people
  bind 127.0.0.1:{port}
  default_backend app
backend app
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter 300ms fall 1 rise 1
{backends}"
    );
    let file = folder.join("haproxy.cfg");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(haproxy());
    command.arg("-db").arg("-f").arg(&file);
    let balancer = Process::new(command, port, "/healthz", &folder.join("haproxy.log"));
    balancer.ensure_running().await;
    balancer
}

#[expect(
    clippy::disallowed_methods,
    reason = "PATH is not a setting of the app"
)]
fn haproxy() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join("haproxy"))
        .find(|file| file.is_file())
        .expect("HAProxy is not installed: run script/setup test (Debian: apt install haproxy)")
}
