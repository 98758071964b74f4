//! The resources of a verification.
//!
//! The attributes are those of the schemas `verification-government-id`, `verification-selfie`, … of
//! Persona's API specification, all of them; what no document of the sandbox says is null.

use serde_json::{Map, Value, json};

use super::{FileLinks, reference, to_one};
use crate::core::clock::Moment;
use crate::core::model::{
    Check, DocumentData, Inquiry, ObjectCollection, Verification, VerificationKind,
};
use crate::core::photos::{self, Photo};

/// The code that every phone number and every e-mail address is confirmed with.
const CONFIRMATION_CODE: &str = "123456";

/// The stage of a verification at the time of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerificationStage {
    Initiated,
    Submitted,
    Completed,
}

/// The verification of an inquiry that has this ID, as it was at this stage; null if there is none.
pub(crate) fn verification(
    inquiry: &Inquiry,
    id: &str,
    stage: VerificationStage,
    files: FileLinks<'_>,
) -> Value {
    let verification = inquiry.verifications.iter().find(|v| v.id == id);
    let mut resource = verification.map_or(Value::Null, |verification| {
        verification_resource(verification, inquiry, files)
    });
    let (status, unset): (_, &[&str]) = match stage {
        VerificationStage::Completed => return resource,
        VerificationStage::Submitted => ("submitted", &["completed-at", "completed-at-ts"]),
        VerificationStage::Initiated => (
            "initiated",
            &[
                "submitted-at",
                "submitted-at-ts",
                "completed-at",
                "completed-at-ts",
            ],
        ),
    };
    if let Some(attributes) = resource.get_mut("attributes") {
        attributes["status"] = json!(status);
        // Nothing is checked yet.
        attributes["checks"] = json!([]);
        for name in unset {
            attributes[*name] = Value::Null;
        }
    }
    resource
}

/// A verification as the API shows it.
pub(crate) fn verification_resource(
    verification: &Verification,
    inquiry: &Inquiry,
    files: FileLinks<'_>,
) -> Value {
    let kind = verification.kind;
    let at = verification.created_at;
    let document = verification.document.as_deref();
    let country = document.map_or(Some("US"), |document| document.country_code.as_deref());
    let mut attributes = json!({
        "status": if verification.passed { "passed" } else { "failed" },
        "created-at": at,
        "created-at-ts": at.as_seconds(),
        "submitted-at": at,
        "submitted-at-ts": at.as_seconds(),
        "completed-at": at,
        "completed-at-ts": at.as_seconds(),
        "redacted-at": redacted_at(verification, inquiry),
        "country-code": country,
        "tags": [],
        "checks": checks(verification),
    });
    let own = match kind {
        VerificationKind::GovernmentId => government_id_attributes(verification, inquiry, files),
        VerificationKind::Selfie => selfie_attributes(verification, inquiry, files),
        VerificationKind::Document => json!({
            "fields": {},
            "files": [],
            "files-normalized": [],
            "extraction-responses": [],
            "document-type": null,
        }),
        VerificationKind::Database => database_attributes(inquiry),
        VerificationKind::PhoneNumber => {
            let number = inquiry.field("phone_number");
            json!({
                "phone-number": number.and_then(Value::as_str).unwrap_or_default(),
                "confirmation-code": CONFIRMATION_CODE,
            })
        }
        VerificationKind::EmailAddress => {
            json!({
                "email-address": inquiry.field("email_address"),
                "confirmation-code": CONFIRMATION_CODE,
            })
        }
    };
    extend(&mut attributes, own);
    let mut relationships = shared_relationships(inquiry);
    let resource_type = kind.resource_type();
    let accounts = inquiry.account_id.iter().map(|id| reference("account", id));
    extend(
        &mut relationships,
        json!({
            "verification-template": { "data": verification_template(kind) },
            "verification-template-version": { "data": verification_template_version(kind) },
            "accounts": { "data": accounts.collect::<Vec<_>>() },
        }),
    );
    if let Some(object) = kind.submitted_object()
        && object.collection == ObjectCollection::Documents
        && let Some(id) = &verification.submitted_id
    {
        relationships["document"] = to_one(object.resource_type, Some(id));
    }
    json!({
        "type": resource_type,
        "id": verification.id,
        "attributes": attributes,
        "relationships": relationships,
    })
}

/// The template of the verifications of this kind.
pub(super) fn verification_template(kind: VerificationKind) -> Value {
    let name = kind.resource_type().rsplit('/').next().unwrap_or_default();
    reference(&format!("verification-template/{name}"), kind.template_id())
}

/// The one version of that template.
pub(super) fn verification_template_version(kind: VerificationKind) -> Value {
    let name = kind.resource_type().rsplit('/').next().unwrap_or_default();
    let resource_type = format!("verification-template-version/{name}");
    reference(&resource_type, &version_id(kind))
}

fn version_id(kind: VerificationKind) -> String {
    kind.template_id().replacen("vtmpl_", "vtmplv_", 1) + "1"
}

fn redacted_at(verification: &Verification, inquiry: &Inquiry) -> Option<Moment> {
    verification.redacted_at.or(inquiry.redacted_at)
}

/// The relationships that verifications and documents share.
pub(super) fn shared_relationships(inquiry: &Inquiry) -> Value {
    json!({
        "inquiry": to_one("inquiry", Some(&inquiry.id)),
        "template": to_one("template", None),
        "inquiry-template": to_one("inquiry-template", Some(&inquiry.template_id)),
        "inquiry-template-version":
            to_one("inquiry-template-version", Some(&inquiry.template_version_id)),
        "transaction": to_one("transaction", None),
    })
}

fn checks(verification: &Verification) -> Vec<Value> {
    let has_failed = |check: &Check| {
        let mut failed = verification.failed_checks.iter();
        failed.any(|name| name == check.name)
    };
    let checks = verification.kind.checks().iter();
    checks
        .map(|check| {
            let (status, reason, is_required) = if has_failed(check) {
                ("failed", check.reason, !verification.passed)
            } else if check.not_applicable.is_some() {
                ("not_applicable", check.not_applicable, check.is_required)
            } else {
                ("passed", None, check.is_required)
            };
            json!({
                "name": check.name,
                "status": status,
                "reasons": reason.into_iter().collect::<Vec<_>>(),
                "requirement": if is_required { "required" } else { "not_required" },
                "metadata": {},
            })
        })
        .collect()
}

/// The pictures of a verification, until they are redacted.
pub(super) fn photos(verification: &Verification, inquiry: &Inquiry) -> Vec<&'static Photo> {
    if redacted_at(verification, inquiry).is_some() {
        return Vec::new();
    }
    let is_blurred = verification
        .failed_checks
        .iter()
        .any(|name| name == "id_blur_detection");
    match verification.kind {
        VerificationKind::GovernmentId => {
            let front = if is_blurred {
                &photos::BLURRED_FRONT
            } else {
                &photos::FRONT
            };
            vec![front, &photos::BACK]
        }
        VerificationKind::Selfie => vec![&photos::CENTER, &photos::LEFT, &photos::RIGHT],
        VerificationKind::Document
        | VerificationKind::Database
        | VerificationKind::PhoneNumber
        | VerificationKind::EmailAddress => Vec::new(),
    }
}

/// The pictures of a verification, with the links to them.
struct PhotoLinks<'a> {
    photos: Vec<&'static Photo>,
    verification_id: &'a str,
    files: FileLinks<'a>,
}

impl<'a> PhotoLinks<'a> {
    fn new(verification: &'a Verification, inquiry: &Inquiry, files: FileLinks<'a>) -> Self {
        Self {
            photos: photos(verification, inquiry),
            verification_id: &verification.id,
            files,
        }
    }

    /// The link to the picture of this page.
    fn url(&self, page: &str) -> Option<String> {
        let mut photos = self.photos.iter();
        let photo = photos.find(|photo| photo.page == page)?;
        Some(self.files.url(self.verification_id, photo.filename))
    }

    /// Each picture as a file, with its page.
    fn all(&self) -> Vec<Value> {
        let photos = self.photos.iter();
        photos
            .map(|photo| {
                let mut file = self.files.photo(self.verification_id, photo);
                file["page"] = json!(photo.page);
                file
            })
            .collect()
    }
}

/// Whether a verification has a picture of this name, so that the link to it leads somewhere.
pub(crate) fn has_photo(verification: &Verification, inquiry: &Inquiry, filename: &str) -> bool {
    let mut photos = photos(verification, inquiry).into_iter();
    photos.any(|photo| photo.filename == filename)
}

fn government_id_attributes(
    verification: &Verification,
    inquiry: &Inquiry,
    files: FileLinks<'_>,
) -> Value {
    let photos = PhotoLinks::new(verification, inquiry, files);
    let mut photo_urls = photos.all();
    for photo in &mut photo_urls {
        photo["normalized-url"] = photo["url"].clone();
        photo["original-urls"] = json!([photo["url"]]);
    }
    let mut attributes = json!({
        "entity-confidence-reasons": [],
        "entity-confidence-score": if verification.passed { 99.0 } else { 45.0 },
        "front-photo-url": photos.url("front"),
        "back-photo-url": photos.url("back"),
        "photo-urls": photo_urls,
        "selfie-photo": null,
        "selfie-photo-url": null,
        "video-url": null,
        "capture-method": "upload",
        "from-reusable-persona": false,
    });
    extend(
        &mut attributes,
        holder_attributes(verification.document.as_deref()),
    );
    attributes
}

/// What a government ID says, in the attributes of the verification and of the document.
pub(super) fn holder_attributes(document: Option<&DocumentData>) -> Value {
    let text =
        |part: fn(&DocumentData) -> &Option<String>| document.and_then(|it| part(it).as_ref());
    json!({
        "id-class": text(|it| &it.id_class),
        "name-first": text(|it| &it.name_first),
        "name-middle": text(|it| &it.name_middle),
        "name-last": text(|it| &it.name_last),
        "name-suffix": text(|it| &it.name_suffix),
        "native-name-first": null,
        "native-name-middle": null,
        "native-name-last": null,
        "native-name-title": null,
        "birthdate": text(|it| &it.birthdate),
        "issuing-authority": text(|it| &it.issuing_authority),
        "issuing-subdivision": text(|it| &it.issuing_subdivision),
        "nationality": text(|it| &it.nationality),
        "document-number": text(|it| &it.document_number),
        "visa-status": null,
        "issue-date": text(|it| &it.issue_date),
        "expiration-date": text(|it| &it.expiration_date),
        "designations": [],
        "birthplace": text(|it| &it.birthplace),
        "endorsements": null,
        "height": text(|it| &it.height),
        "sex": text(|it| &it.sex),
        "restrictions": null,
        "vehicle-class": null,
        "identification-number": text(|it| &it.identification_number),
        "address-street-1": text(|it| &it.address_street_1),
        "address-street-2": text(|it| &it.address_street_2),
        "address-city": text(|it| &it.address_city),
        "address-subdivision": text(|it| &it.address_subdivision),
        "address-postal-code": text(|it| &it.address_postal_code),
    })
}

fn selfie_attributes(
    verification: &Verification,
    inquiry: &Inquiry,
    files: FileLinks<'_>,
) -> Value {
    let photos = PhotoLinks::new(verification, inquiry, files);
    let is_same_face = !verification
        .failed_checks
        .iter()
        .any(|name| name == "selfie_id_comparison");
    let similarity = if is_same_face { 0.98 } else { 0.12 };
    json!({
        "capture-method": "video",
        "center-photo-face-coordinates": {
            "top-left": [62.0, 68.0],
            "top-right": [178.0, 68.0],
            "bottom-left": [62.0, 213.0],
            "bottom-right": [178.0, 213.0],
        },
        "center-photo-url": photos.url("center_photo"),
        "document-similarity-score": similarity,
        "entity-confidence-reasons": [],
        "left-photo-url": photos.url("left_photo"),
        "from-reusable-persona": false,
        "photo-urls": photos.all(),
        "right-photo-url": photos.url("right_photo"),
        "selfie-similarity-score-left": 0.99,
        "selfie-similarity-score-right": 0.99,
        "video-url": null,
    })
}

/// A database looks up what the person entered.
fn database_attributes(inquiry: &Inquiry) -> Value {
    let field = |key: &str| inquiry.field(key);
    json!({
        "name-first": field("name_first"),
        "name-middle": field("name_middle"),
        "name-last": field("name_last"),
        "birthdate": field("birthdate"),
        "phone-number": field("phone_number"),
        "email-address": field("email_address"),
        "address-street-1": field("address_street_1"),
        "address-street-2": field("address_street_2"),
        "address-city": field("address_city"),
        "address-subdivision": field("address_subdivision"),
        "address-postal-code": field("address_postal_code"),
        "normalized-address-street-1": field("address_street_1"),
        "normalized-address-street-2": field("address_street_2"),
        "normalized-address-city": field("address_city"),
        "normalized-address-subdivision": field("address_subdivision"),
        "normalized-address-postal-code": field("address_postal_code"),
        "identification-number": field("social_security_number"),
        "document-number": null,
        "document-issuing-date": null,
        "document-expiry-date": null,
        "document-issuing-subdivision": null,
    })
}

/// Adds the members of another object.
pub(super) fn extend(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more.into_iter().collect::<Map<_, _>>());
    }
}
