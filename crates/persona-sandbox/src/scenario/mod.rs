//! Scenario files: scripts in YAML or JSON that produce any outcome without a person.
//!
//! A file is parsed and checked as a whole before its first step runs; a wrong one is refused with
//! line, column and fix. The steps then run in order, under one lock of the state, by the
//! operations of `domain` that the API and the widget also call. Only `advance` and `clock` move
//! time. A step that is refused ends the run; an expectation that does not hold fails it, and the
//! run goes on.
//!
//! ```yaml
//! name: Declined after a failed selfie
//! seed: 7                      # the same IDs on every empty sandbox
//! now: 2026-01-05T10:00:00Z    # sets the clock
//! steps:
//!   - create: {as: walker, reference_id: usr_ABC123, fields: {name_first: Alexander}}
//!   - open: walker
//!   - submit_government_id: {inquiry: walker, result: pass}
//!   - expect: {inquiry: walker, status: pending, next_step: selfie}
//!   - advance: 1d
//!   - expect: {inquiry: walker, status: expired}
//!   - refused: {open: walker}
//!   - resume: walker
//!   - open: walker
//!   - submit_selfie: {inquiry: walker, result: fail}
//!   - decline: walker
//!   - expect: {inquiry: walker, status: declined}
//!   - expect_count: {reference_id: usr_ABC123, inquiries: 1}
//! ```
//!
//! | step | does |
//! |---|---|
//! | `create` | makes an inquiry and names it; also `template_id`, `note`, `tags`, `redirect_uri` |
//! | `open` | a browser opens it, with the session token of the last `resume` if there was one |
//! | `submit_government_id`, `submit_selfie` | the person does the step; `result` is `pass` or `fail` |
//! | `submit` | the same for any step of the template, named by `step` |
//! | `cancel` | the person closes the flow |
//! | `use` | names an inquiry that the application made: `inq_…`, or `{as: …, inquiry: inq_…}` |
//! | `finish` | the person does the rest of the flow, as by `/_sandbox/inquiries/{id}/finish`: `outcome`, `document`, `fields`, `failed_checks`, `abandon_at`; of `inquiry` or `use: inq_…` |
//! | `start`, `complete`, `fail` | simulated actions, which need no browser |
//! | `resume`, `approve`, `decline`, `mark_for_review`, `expire`, `redact` | as by the API |
//! | `advance`, `clock` | moves time: a span such as `90s`, `2h 30m`, `1d`; or as `/_sandbox/clock` |
//! | `fault`, `clear_faults` | as `/_sandbox/faults`: for API calls, steps meet no faults |
//! | `refused` | does the step within, which must be refused |
//! | `expect`, `expect_count` | fails the run unless an inquiry, or their number, is as said |

mod file;
mod report;
mod run;
mod step;

pub(crate) use file::Scenario;
pub use report::{Outcome, Report, StepReport};
