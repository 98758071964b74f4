//! The users of a bench: their number is in all their IDs.

/// The number of digits in an ID.
const DIGITS: usize = 8;

/// The part that all IDs of a user share.
pub fn key(number: u64) -> String {
    format!("b{number:0DIGITS$}")
}

/// The user's reference ID.
pub fn reference_id(number: u64) -> String {
    format!("usr_{}", key(number))
}

/// The number in the shared part of an ID; 0 if the ID is of no bench's user.
pub fn number(key: &str) -> u64 {
    key.trim_start_matches('b').parse().unwrap_or(0)
}
