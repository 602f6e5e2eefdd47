use audit_core::store::Table;

/// The original's column for the resource. `p_auth_log` has none; with this name, a table can be read to which it was
/// added.
const RESOURCES: [(&str, &str); 8] = [
    ("p_arthall_domain_log", "domain_id"),
    ("p_auth_log", "auth_id"),
    ("p_payment_log", "payment_id"),
    ("p_product_log", "product_id"),
    ("p_reservation_log", "reservation_id"),
    ("p_reservation_seat_log", "reservation_seat_id"),
    ("p_ticket_log", "ticket_id"),
    ("p_user_log", "user_id"),
];

/// The columns of a table of the original, and those of ours that correspond to them.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Our columns that are compared: those that the original has too. Each with its index in a row's values.
    shared: Vec<(usize, &'static str)>,
    /// The columns of the original that only `extra` has a place for, if there are any.
    extra: Vec<String>,
    /// The original's columns that become fields of the event, each with the field's name.
    fields: Vec<(String, String)>,
}

/// Whether the original has a table of this name.
pub(crate) fn is_known_table(table: &str) -> bool {
    RESOURCES.iter().any(|(known, _)| *known == table)
}

impl Columns {
    /// `theirs` are the names of the original's columns.
    pub(crate) fn new(table: &Table, theirs: Vec<String>) -> Self {
        let (known, extra): (Vec<_>, Vec<_>) =
            theirs.into_iter().partition(|column| in_ours(table, column).is_some());
        let is_shared = |ours: &str| match ours {
            // These two are how an event is found.
            "id" | "occurred_at" => false,
            "extra" => !extra.is_empty(),
            _ => known.iter().any(|theirs| in_ours(table, theirs) == Some(ours)),
        };
        let shared = table.columns.iter().copied().enumerate().filter(|(_, ours)| is_shared(ours)).collect();
        let fields = known.iter().map(|column| (column.clone(), field(column))).collect();
        Self { shared, extra, fields }
    }

    pub(crate) fn shared(&self) -> &[(usize, &'static str)] {
        &self.shared
    }

    pub(crate) fn extra(&self) -> &[String] {
        &self.extra
    }

    /// The field of the event for a column. A column that no event has keeps its name.
    pub(crate) fn field<'c>(&'c self, column: &'c str) -> &'c str {
        self.fields.iter().find(|(known, _)| known == column).map_or(column, |(_, field)| field)
    }
}

/// The column of ours that corresponds to one of the original.
fn in_ours(table: &Table, theirs: &str) -> Option<&'static str> {
    let common = ["id", "action_type", "actor_type", "occurred_at"];
    let own = table.own.iter().map(|own| own.name);
    match theirs {
        "actor_user_id" => Some("actor_id"),
        _ if RESOURCES.contains(&(table.name, theirs)) => Some("resource_id"),
        _ => common.into_iter().chain(own).find(|ours| *ours == theirs),
    }
}

/// `actor_user_id` is `actorUserId` in an event; the id alone has another name there.
fn field(column: &str) -> String {
    if column == "id" {
        return "eventId".to_owned();
    }
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut field, word| {
        let mut letters = word.chars();
        field.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        field.push_str(letters.as_str());
        field
    })
}

#[cfg(test)]
mod tests {
    use audit_core::store::{OwnColumn, OwnKind};

    use super::*;

    fn columns(theirs: &[&str]) -> Columns {
        let table = Table {
            name: "p_payment_log",
            columns: vec![
                "id",
                "action_type",
                "actor_id",
                "actor_type",
                "resource_id",
                "occurred_at",
                "trace_id",
                "extra",
                "method",
                "retry_count",
            ],
            own: vec![OwnColumn { name: "method", kind: OwnKind::Text, indexed: false }],
        };
        Columns::new(&table, theirs.iter().map(|&column| column.to_owned()).collect())
    }

    fn shared(theirs: &[&str]) -> Vec<&'static str> {
        columns(theirs).shared().iter().map(|(_, column)| *column).collect()
    }

    #[test]
    fn domains_that_came_later_are_none_of_the_originals() {
        assert!(is_known_table("p_payment_log"));
        assert!(!is_known_table("p_coupon_log"));
    }

    #[test]
    fn only_what_the_original_has_is_compared() {
        let all = ["id", "payment_id", "method", "action_type", "actor_type", "actor_user_id", "occurred_at"];
        assert_eq!(shared(&all), ["action_type", "actor_id", "actor_type", "resource_id", "method"]);
        assert_eq!(shared(&["id", "occurred_at", "action_type"]), ["action_type"]);
    }

    #[test]
    fn what_ours_has_no_place_for_is_compared_in_extra() {
        // Another domain's resource is none here.
        let columns = columns(&["id", "occurred_at", "user_id", "amount"]);
        assert_eq!(columns.extra(), ["user_id", "amount"]);
        assert_eq!(columns.shared(), [(7, "extra")]);
    }

    #[test]
    fn fields_are_named_as_publishers_name_them() {
        let columns = columns(&["id", "payment_id", "actor_user_id", "memo_text"]);
        let fields = ["id", "payment_id", "actor_user_id", "memo_text"].map(|column| columns.field(column));
        assert_eq!(fields, ["eventId", "paymentId", "actorUserId", "memo_text"]);
    }
}
