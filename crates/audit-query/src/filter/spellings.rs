//! The values that a text may have in the log.

use uuid::Uuid;

/// The text as it was sent, and without the white space around it. Events are stored without it today, but older ones may
/// have it. Usually both are the same.
pub(crate) fn text_spellings(sent: &str) -> Vec<String> {
    let trimmed = sent.trim();
    let mut spellings = vec![trimmed.to_owned()];
    if trimmed != sent {
        spellings.push(sent.to_owned());
    }
    spellings
}

/// The same of an id as text. A UUID has many forms; the one that is stored is added.
pub(crate) fn id_spellings(sent: &str) -> Vec<String> {
    let mut spellings = text_spellings(sent);
    let stored = Uuid::try_parse(sent.trim()).map(|id| id.to_string());
    if let Ok(stored) = stored
        && !spellings.contains(&stored)
    {
        spellings.push(stored);
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_text_has_one_spelling() {
        assert_eq!(text_spellings("CONFIRM"), ["CONFIRM"]);
        assert_eq!(id_spellings("90011"), ["90011"]);
        let id = "636320f4-3abf-4395-b608-38ba3a6d324e";
        assert_eq!(id_spellings(id), [id]);
    }

    #[test]
    fn white_space_and_the_form_of_an_id_make_others() {
        assert_eq!(text_spellings("CONFIRM\u{3000}"), ["CONFIRM", "CONFIRM\u{3000}"]);
        let id = "636320f4-3abf-4395-b608-38ba3a6d324e";
        assert_eq!(
            id_spellings(" 636320F43ABF4395B60838BA3A6D324E"),
            ["636320F43ABF4395B60838BA3A6D324E", " 636320F43ABF4395B60838BA3A6D324E", id,]
        );
        assert_eq!(id_spellings(&format!("urn:uuid:{id}")), [format!("urn:uuid:{id}"), id.to_owned()]);
    }
}
