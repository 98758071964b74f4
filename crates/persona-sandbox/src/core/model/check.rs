//! The checks of a verification: their names, and the reasons that a failure has.
//!
//! Names, requirements and reasons are those of the examples in Persona's API specification
//! (`verification-government-id`, `verification-selfie`, …) and of its changelog of 2025-03-03. A
//! failed check has no reason where the specification shows none.

use super::VerificationKind;

/// A check of one kind of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// The name as the API spells it.
    pub(crate) name: &'static str,
    /// Whether the verification needs it to pass.
    pub(crate) is_required: bool,
    /// Why it is not evaluated; `None` if it is.
    pub(crate) not_applicable: Option<&'static str>,
    /// The reason of a failure, where one is known.
    pub(crate) reason: Option<&'static str>,
}

const fn required(name: &'static str) -> Check {
    Check {
        name,
        is_required: true,
        not_applicable: None,
        reason: None,
    }
}

const fn optional(name: &'static str) -> Check {
    Check {
        is_required: false,
        ..required(name)
    }
}

impl Check {
    const fn fails_as(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    const fn not_applicable(self, reason: &'static str) -> Self {
        Self {
            not_applicable: Some(reason),
            ..self
        }
    }
}

static GOVERNMENT_ID: &[Check] = &[
    optional("id_aamva_database_lookup").not_applicable("disabled"),
    optional("id_account_comparison"),
    required("id_age_comparison"),
    optional("id_age_inconsistency_detection").not_applicable("disabled"),
    optional("id_barcode_detection").fails_as("barcode_not_decoded"),
    optional("id_barcode_inconsistency_detection"),
    optional("id_blur_detection"),
    required("id_color_inconsistency_detection"),
    required("id_compromised_detection"),
    required("id_disallowed_country_detection"),
    required("id_disallowed_type_detection").fails_as("type_not_detected"),
    required("id_double_side_detection").fails_as("side_submitted_twice"),
    optional("id_electronic_replica_detection").fails_as("replica_detected"),
    required("id_entity_detection").fails_as("cannot_verify_id"),
    required("id_expired_detection").fails_as("expired"),
    optional("id_extracted_properties_detection"),
    optional("id_extraction_inconsistency_detection"),
    required("id_fabrication_detection"),
    optional("id_glare_detection").fails_as("too_much_glare"),
    optional("id_handwriting_detection"),
    optional("id_inconsistent_repeat_detection").not_applicable("not_enabled"),
    optional("id_inquiry_comparison"),
    required("id_mrz_detection"),
    optional("id_mrz_inconsistency_detection"),
    optional("id_number_format_inconsistency_detection"),
    optional("id_po_box_detection"),
    required("id_portrait_clarity_detection"),
    required("id_portrait_detection").fails_as("portrait_not_found"),
    optional("id_public_figure_detection"),
    optional("id_real_id_detection").not_applicable("disabled"),
    optional("id_repeat_detection").not_applicable("not_enabled"),
    required("id_selfie_comparison").not_applicable("no_selfie"),
    required("id_tamper_detection"),
    required("id_type_detection"),
    required("id_unprocessable_submission_detection"),
    optional("id_valid_dates_detection"),
];

static SELFIE: &[Check] = &[
    optional("selfie_account_comparison").not_applicable("no_account_selfie_present"),
    optional("selfie_age_comparison"),
    required("selfie_face_covering_detection"),
    optional("selfie_glare_detection").fails_as("too_much_glare"),
    optional("selfie_glasses_detection"),
    required("selfie_id_comparison"),
    required("selfie_image_quality_detection"),
    required("selfie_liveness_detection").fails_as("low_liveness_confidence"),
    required("selfie_multiple_faces_detection"),
    required("selfie_pose_detection"),
    required("selfie_pose_repeat_detection"),
    optional("selfie_public_figure_detection"),
    required("selfie_suspicious_entity_detection"),
];

static DOCUMENT: &[Check] = &[
    required("document_expired_detection"),
    required("document_extracted_properties_detection"),
    required("document_fabrication_detection"),
    required("document_type_detection"),
];

static DATABASE: &[Check] = &[
    required("database_address_comparison"),
    required("database_birthdate_comparison"),
    required("database_name_comparison"),
];

/// The specification has no example of these two; a public list of Persona's checks names them, and
/// which are required is our guess.
static PHONE_NUMBER: &[Check] = &[
    required("phone_number_confirmation_code_comparison"),
    optional("phone_number_deliverable_detection"),
    optional("phone_number_disallowed_country_detection"),
    required("phone_number_invalid_number_format_detection"),
    required("phone_number_timeout_detection"),
];

static EMAIL_ADDRESS: &[Check] = &[
    required("email_address_confirmation_code_comparison"),
    required("email_address_timeout_detection"),
];

impl VerificationKind {
    /// The checks of a verification of this kind, in the order of the API.
    pub(crate) fn checks(self) -> &'static [Check] {
        match self {
            Self::GovernmentId => GOVERNMENT_ID,
            Self::Selfie => SELFIE,
            Self::Document => DOCUMENT,
            Self::Database => DATABASE,
            Self::PhoneNumber => PHONE_NUMBER,
            Self::EmailAddress => EMAIL_ADDRESS,
        }
    }

    /// The check that fails where nothing says which one.
    pub(crate) fn default_failure(self) -> &'static str {
        match self {
            Self::GovernmentId => "id_entity_detection",
            Self::Selfie => "selfie_liveness_detection",
            Self::Document => "document_fabrication_detection",
            Self::Database => "database_name_comparison",
            Self::PhoneNumber => "phone_number_confirmation_code_comparison",
            Self::EmailAddress => "email_address_confirmation_code_comparison",
        }
    }
}

/// Short names for the failures that tests want most, each with its check.
pub(crate) const FAILURES: [(&str, &str); 5] = [
    ("name_mismatch", "id_inquiry_comparison"),
    ("minor", "id_age_comparison"),
    ("expired_document", "id_expired_detection"),
    ("blurred_photo", "id_blur_detection"),
    ("face_mismatch", "selfie_id_comparison"),
];

/// The kind and the check with this name, or with this short name.
pub(crate) fn find_check(name: &str) -> Option<(VerificationKind, &'static Check)> {
    let short = FAILURES.iter().find(|(short, _)| *short == name);
    let name = short.map_or(name, |(_, name)| *name);
    VerificationKind::ALL.iter().find_map(|&kind| {
        let check = kind.checks().iter().find(|check| check.name == name)?;
        Some((kind, check))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_check() {
        for &kind in VerificationKind::ALL {
            for check in kind.checks() {
                assert_eq!(find_check(check.name), Some((kind, check)));
            }
            assert_eq!(find_check(kind.default_failure()).unwrap().0, kind);
        }
        for (short, name) in FAILURES {
            assert_eq!(find_check(short), find_check(name));
            assert!(find_check(short).is_some(), "{short}");
        }
        assert_eq!(find_check("shoe_size"), None);
    }
}
