//! The state of the sandbox, in memory and in the state file.
//!
//! One [`Tx`] for each request changes the [`State`]; the [`Store`] commits it in one piece or
//! rolls it back, and no other code can: `commit` is private to `transactions`. Reads never touch
//! the disk. Which change is allowed is decided in `domain`.

mod database;
mod deliveries;
mod inquiries;
mod kept_responses;
mod state;
mod table;
mod transactions;
mod tx;

pub use database::OpenError;
pub(crate) use database::{CallChanges, CallTable, WriteError};
pub(crate) use inquiries::UnknownInquiry;
pub(crate) use kept_responses::{KeptResponse, redactable_ids};
pub(crate) use state::{Due, Record, State};
pub(crate) use table::Table;
pub(crate) use transactions::Store;
pub(crate) use tx::Tx;
