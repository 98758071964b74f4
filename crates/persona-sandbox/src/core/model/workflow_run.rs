//! Runs of workflows: what decided an inquiry, opened a case, or was an action of an account.

use serde::{Deserialize, Serialize};

use super::Entity;
use crate::core::clock::Moment;

/// A workflow of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Workflow {
    /// Approves completed inquiries.
    ApproveCompleted,
    /// Declines failed inquiries.
    DeclineFailed,
    /// Opens a case for an inquiry that failed or needs a review.
    OpenCase,
    /// Stands for the workflows of account actions, which are the account owner's own; it does nothing.
    AccountAction,
}

impl Workflow {
    /// Every workflow.
    pub(crate) const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Its ID.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::ApproveCompleted => "wfl_sandboxApproveCompleted",
            Self::DeclineFailed => "wfl_sandboxDeclineFailed",
            Self::OpenCase => "wfl_sandboxOpenCase",
            Self::AccountAction => "wfl_sandboxAccountAction",
        }
    }

    /// The ID of its one version.
    pub(crate) fn version_id(self) -> &'static str {
        match self {
            Self::ApproveCompleted => "wflv_sandboxApproveCompleted1",
            Self::DeclineFailed => "wflv_sandboxDeclineFailed1",
            Self::OpenCase => "wflv_sandboxOpenCase1",
            Self::AccountAction => "wflv_sandboxAccountAction1",
        }
    }

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ApproveCompleted => "Approve completed inquiries",
            Self::DeclineFailed => "Decline failed inquiries",
            Self::OpenCase => "Open a case for failed inquiries and reviews",
            Self::AccountAction => "Run an action of an account",
        }
    }

    /// What starts it, in the words of Persona's API specification (`workflow-version`).
    pub(crate) fn trigger_type(self) -> &'static str {
        match self {
            Self::ApproveCompleted | Self::DeclineFailed | Self::OpenCase => "trigger-event",
            Self::AccountAction => "trigger-account",
        }
    }
}

/// A run of a workflow, which ends when it begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct WorkflowRun {
    /// `wfr_…`
    pub(crate) id: String,
    pub(crate) workflow: Workflow,
    /// The inquiry that it ran for.
    #[serde(default)]
    pub(crate) inquiry_id: Option<String>,
    /// The account that it ran for.
    #[serde(default)]
    pub(crate) account_id: Option<String>,
    pub(crate) created_at: Moment,
}

impl Entity for WorkflowRun {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        self.inquiry_id.as_deref().or(self.account_id.as_deref())
    }
}
