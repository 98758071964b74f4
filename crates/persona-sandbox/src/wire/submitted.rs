//! The documents and selfies that were submitted for verifications.
//!
//! The attributes are those of the schemas `document-government-id` and `document-generic` of
//! Persona's API specification, all of them.

use serde_json::{Value, json};

use super::verification::{
    VerificationStage, extend, holder_attributes, photos, shared_relationships,
};
use super::{FileLinks, reference, to_one};
use crate::core::model::{
    Inquiry, ObjectCollection, SubmittedObject, Verification, VerificationKind,
};
use crate::core::photos::Photo;

/// An object that was submitted for a check.
#[derive(Clone, Copy)]
pub(crate) struct Submitted<'a> {
    pub(super) id: &'a str,
    pub(super) object: &'static SubmittedObject,
    verification: &'a Verification,
}

impl<'a> Submitted<'a> {
    /// What was submitted for this verification.
    pub(crate) fn for_verification(verification: &'a Verification) -> Option<Self> {
        Some(Self {
            id: verification.submitted_id.as_deref()?,
            object: verification.kind.submitted_object()?,
            verification,
        })
    }

    /// The relationship of the inquiry that it is in.
    pub(crate) fn collection(self) -> ObjectCollection {
        self.object.collection
    }

    /// Its JSON:API type.
    pub(crate) fn resource_type(self) -> &'static str {
        self.object.resource_type
    }
}

/// The submitted objects of an inquiry that belong to this relationship.
pub(super) fn submitted_objects(
    inquiry: &Inquiry,
    collection: ObjectCollection,
) -> impl Iterator<Item = Submitted<'_>> {
    let submitted = inquiry
        .verifications
        .iter()
        .filter_map(Submitted::for_verification);
    submitted.filter(move |submitted| submitted.object.collection == collection)
}

/// A document as the API shows it.
pub(crate) fn document_resource(
    submitted: Submitted<'_>,
    inquiry: &Inquiry,
    files: FileLinks<'_>,
) -> Value {
    let verification = submitted.verification;
    let at = verification.created_at;
    let mut attributes = json!({
        "status": "processed",
        "created-at": at,
        "processed-at": at,
        "processed-at-ts": at.as_seconds(),
    });
    let photos = photos(verification, inquiry);
    let page = |page: &str| {
        let mut photos = photos.iter();
        let photo = photos.find(|photo| photo.page == page);
        photo.map(|photo| files.photo(submitted.id, photo))
    };
    let own = if verification.kind == VerificationKind::GovernmentId {
        let mut own = holder_attributes(verification.document.as_deref());
        extend(
            &mut own,
            json!({
                "front-photo": page("front"),
                "back-photo": page("back"),
                "selfie-photo": null,
            }),
        );
        own
    } else {
        json!({
            "kind": "document",
            "files": [],
            "files-normalized": [],
            "extraction-responses": [],
            "document-type": null,
            "fields": {},
        })
    };
    extend(&mut attributes, own);
    let mut relationships = shared_relationships(inquiry);
    let files = photos
        .iter()
        .map(|photo| reference("document-file", &file_id(submitted, photo)));
    relationships["document-files"] = json!({ "data": files.collect::<Vec<_>>() });
    json!({
        "type": submitted.object.resource_type,
        "id": submitted.id,
        "attributes": attributes,
        "relationships": relationships,
    })
}

/// The files of a document.
pub(crate) fn document_files(
    submitted: Submitted<'_>,
    inquiry: &Inquiry,
    files: FileLinks<'_>,
) -> Vec<Value> {
    let photos = photos(submitted.verification, inquiry);
    photos
        .into_iter()
        .map(|photo| {
            json!({
                "type": "document-file",
                "id": file_id(submitted, photo),
                "attributes": {
                    "name": photo.page,
                    "capture-method": "upload",
                    "originals": [files.photo(submitted.id, photo)],
                },
            })
        })
        .collect()
}

/// A file belongs to one document, so its ID is that of the document with another prefix.
fn file_id(submitted: Submitted<'_>, photo: &Photo) -> String {
    let document = submitted
        .id
        .split_once('_')
        .map_or(submitted.id, |(_, id)| id);
    format!("dcf_{document}{}", &photo.page[..1])
}

/// A selfie as the API shows it.
pub(super) fn selfie(submitted: Submitted<'_>, inquiry: &Inquiry) -> Value {
    let at = submitted.verification.created_at;
    json!({
        "type": submitted.object.resource_type,
        "id": submitted.id,
        "attributes": {
            "status": "processed",
            "created-at": at,
            "processed-at": at,
        },
        "relationships": { "inquiry": to_one("inquiry", Some(&inquiry.id)) },
    })
}

/// A submitted object as it was at this stage; null if the inquiry has none with this ID.
pub(crate) fn submitted_object(
    inquiry: &Inquiry,
    id: &str,
    stage: VerificationStage,
    files: FileLinks<'_>,
) -> Value {
    let mut all = inquiry
        .verifications
        .iter()
        .filter_map(Submitted::for_verification);
    let Some(submitted) = all.find(|submitted| submitted.id == id) else {
        return Value::Null;
    };
    let mut resource = match submitted.object.collection {
        ObjectCollection::Documents => document_resource(submitted, inquiry, files),
        ObjectCollection::Selfies => selfie(submitted, inquiry),
    };
    let status = match stage {
        VerificationStage::Completed => return resource,
        VerificationStage::Submitted => "submitted",
        VerificationStage::Initiated => "initiated",
    };
    if let Some(attributes) = resource["attributes"].as_object_mut() {
        attributes.insert("status".to_owned(), json!(status));
        for name in ["processed-at", "processed-at-ts"] {
            if let Some(value) = attributes.get_mut(name) {
                *value = Value::Null;
            }
        }
    }
    resource
}
