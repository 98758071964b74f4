//! The Persona sandbox as a program of its own.

fn main() {}
