//! The onboarding server.

fn main() {}
