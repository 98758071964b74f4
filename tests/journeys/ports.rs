//! Ports for programs that need their port before they start.
//!
//! The kernel gives connections theirs from 32768 on (Linux; 49152 elsewhere) and the browser
//! tests take 20000 to 25999, so nobody takes one of these between finding and binding it, or
//! while a program that was killed is started again.

use std::{
    net::TcpListener,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

const FIRST: u32 = 26_000;
const COUNT: u32 = 6_000;

/// Processes that run side by side have IDs close to each other: they begin this far apart.
const STRIDE: u32 = 37;

/// A port that nothing listens on, another one each time.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);

    let begin = process::id().wrapping_mul(STRIDE);
    (0..COUNT)
        .map(|_| begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT)
        .map(|offset| u16::try_from(FIRST + offset).unwrap())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port from 26000 to 31999")
}
