//! Changes to the settings of templates, by the controls.

use super::DomainError;
use crate::core::model::Template;
use crate::store::Tx;

/// Changes to how a template's flow ends; `None` leaves a setting unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FlowSettings {
    pub(crate) decide_after_ms: Option<u64>,
    pub(crate) approve_completed: Option<bool>,
    pub(crate) decline_failed: Option<bool>,
    pub(crate) pass_verifications: Option<bool>,
}

impl Tx {
    /// Changes the settings of one template, or of all.
    pub(crate) fn change_flow_settings(
        &mut self,
        template_id: Option<&str>,
        change: FlowSettings,
    ) -> Result<(), DomainError> {
        if let Some(id) = template_id {
            self.template(id)?;
        }
        if change == FlowSettings::default() {
            return Ok(());
        }
        let all = self.templates.oldest_first();
        let chosen: Vec<_> = all
            .filter(|template| template_id.is_none_or(|id| template.id == id))
            .cloned()
            .collect();
        for template in chosen {
            let template = Template::clone(&template);
            self.put_template(Template {
                decide_after_ms: change.decide_after_ms.unwrap_or(template.decide_after_ms),
                approve_completed: change
                    .approve_completed
                    .unwrap_or(template.approve_completed),
                decline_failed: change.decline_failed.unwrap_or(template.decline_failed),
                pass_verifications: change
                    .pass_verifications
                    .unwrap_or(template.pass_verifications),
                ..template
            });
        }
        Ok(())
    }
}
