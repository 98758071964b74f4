//! Runs of workflows: what decided an inquiry, or opened a case.

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
        }
    }

    /// The ID of its one version.
    pub(crate) fn version_id(self) -> &'static str {
        match self {
            Self::ApproveCompleted => "wflv_sandboxApproveCompleted1",
            Self::DeclineFailed => "wflv_sandboxDeclineFailed1",
            Self::OpenCase => "wflv_sandboxOpenCase1",
        }
    }

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ApproveCompleted => "Approve completed inquiries",
            Self::DeclineFailed => "Decline failed inquiries",
            Self::OpenCase => "Open a case for failed inquiries and reviews",
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
    pub(crate) inquiry_id: String,
    pub(crate) created_at: Moment,
}

impl Entity for WorkflowRun {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        Some(&self.inquiry_id)
    }
}
