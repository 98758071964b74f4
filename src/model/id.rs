//! This app's own IDs; Persona's are those of `persona_api`.

persona_api::define_id!(
    /// The ID of an inquiry's result page. It is random and unrelated to Persona's ID, so it may
    /// appear in a URL, where an inquiry ID may not.
    ResultId,
    "res_",
    "a result ID"
);
persona_api::define_id!(
    /// The user ID, which Persona stores as the reference ID of the user's inquiries.
    ReferenceId,
    "usr_",
    "a user ID"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_ours_needs_its_prefix() {
        assert!(ReferenceId::parse("usr_ABC123").is_ok());
        assert!(ResultId::parse("res_1").is_ok());
        for text in ["", "usr_", "inq_a", "usr_a/../b", "usr_ä"] {
            let error = ReferenceId::parse(text).unwrap_err().to_string();
            assert!(error.contains("`usr_`"), "{error}");
        }
    }
}
