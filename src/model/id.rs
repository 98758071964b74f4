//! Our own identifiers; Persona's are those of `persona_api`.

persona_api::define_id!(
    /// Our own ID of an inquiry's result. It is random and means nothing to Persona, so that it may
    /// stand in an address, where an inquiry's ID may not.
    ResultId,
    "res_",
    "a result ID"
);
persona_api::define_id!(
    /// Our own user ID, which Persona keeps as the reference ID of the user's inquiries.
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
