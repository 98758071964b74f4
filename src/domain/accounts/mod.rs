//! Accounts: sign-up, sign-in, passwords, and the user data that is sent to Persona.

mod account;
mod birthdate;
mod email;
mod login_throttle;
mod name;
mod password;
mod pasted_text;
mod user;

pub use account::{AccountError, Accounts, SignInError, SignUpError, SignUpFields, SignUpProblems};
pub use birthdate::{Birthdate, BirthdateProblem};
pub use email::{Email, EmailProblem};
pub use login_throttle::{RETENTION as LOGIN_FAILURE_RETENTION, SignInOrigin};
pub use name::{NameProblem, PersonName, PersonNames};
pub use password::{PASSWORD_LENGTHS, Password, PasswordProblem, Passwords};
pub use user::User;
