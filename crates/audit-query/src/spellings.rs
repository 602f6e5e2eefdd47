//! What may stand in the log for a text that is asked for.

use uuid::Uuid;

/// As it was sent, and without the white space around it: that is left out when an event is read, but events from before
/// may have it. The usual text is both.
pub(crate) fn of_text(sent: &str) -> Vec<String> {
    let trimmed = sent.trim();
    let mut spellings = vec![trimmed.to_owned()];
    if trimmed != sent {
        spellings.push(sent.to_owned());
    }
    spellings
}

/// The same of an id as text; and a UUID, whose forms there are many of, as all UUIDs are stored.
pub(crate) fn of_id(sent: &str) -> Vec<String> {
    let mut spellings = of_text(sent);
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
        assert_eq!(of_text("CONFIRM"), ["CONFIRM"]);
        assert_eq!(of_id("90011"), ["90011"]);
        let id = "636320f4-3abf-4395-b608-38ba3a6d324e";
        assert_eq!(of_id(id), [id]);
    }

    #[test]
    fn white_space_and_the_form_of_an_id_make_others() {
        assert_eq!(of_text("CONFIRM\u{3000}"), ["CONFIRM", "CONFIRM\u{3000}"]);
        let id = "636320f4-3abf-4395-b608-38ba3a6d324e";
        assert_eq!(
            of_id(" 636320F43ABF4395B60838BA3A6D324E"),
            ["636320F43ABF4395B60838BA3A6D324E", " 636320F43ABF4395B60838BA3A6D324E", id,]
        );
        assert_eq!(of_id(&format!("urn:uuid:{id}")), [format!("urn:uuid:{id}"), id.to_owned()]);
    }
}
