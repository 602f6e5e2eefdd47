//! Made-up messages: one with every field, and one without those that may be absent.

use sha2::{Digest, Sha256};

use super::{Absent, Field, Kind, NewDomain};

/// So many.
pub(super) const COUNT: usize = 2;

/// Their times, on the wire and as the snapshot of the rows shows them.
const TIMES: [(&str, &str); COUNT] = [
    ("2025-12-09T13:00:02.420Z", "2025-12-09 13:00:02.420000 +00:00"),
    ("2025-12-09T14:00:02Z", "2025-12-09 14:00:02.000000 +00:00"),
];

/// In the form that `log-service publish` takes.
pub(super) fn lines(domain: &NewDomain) -> String {
    (0..COUNT).map(|number| Sample { domain, number }.line()).collect()
}

/// The rows that they become.
pub(super) fn snapshot(domain: &NewDomain) -> String {
    let source = format!("{}/tests/contract.rs", domain.domain.folder());
    let rows: String = (0..COUNT).map(|number| Sample { domain, number }.row() + "\n").collect();
    format!("---\nsource: {source}\nexpression: rows\n---\n{}\n", rows.trim_end())
}

struct Sample<'d> {
    domain: &'d NewDomain,
    number: usize,
}

impl Sample<'_> {
    fn is_whole(&self) -> bool {
        self.number == 0
    }

    fn line(&self) -> String {
        let NewDomain { domain, id, own, .. } = self.domain;
        let name = &domain.name;
        let mut fields = vec![quoted("eventId", &self.id("event"))];
        if self.is_whole() {
            fields.push(format!("\"{}\":{}", id.name, self.value(id)));
        }
        let is_there = |field: &&Field| self.is_whole() || field.absent != Absent::Null;
        fields.extend(
            own.iter().filter(is_there).map(|field| format!("\"{}\":{}", field.name, self.value(field))),
        );
        fields.push(quoted("actionType", self.action()));
        fields.push(quoted("actorType", self.actor_type()));
        if self.is_whole() {
            fields.push(quoted("actorUserId", &self.id("actor")));
        }
        fields.push(quoted("occurredAt", TIMES[self.number].0));
        let body = fields.join(",");
        format!(
            "{{\"exchange\":\"tickatch.log\",\"routing_key\":\"{name}.log\",\"properties\":{{}},\"body\":{{{body}}}}}\n"
        )
    }

    /// As `domain_tests::rows_of_samples` writes it.
    fn row(&self) -> String {
        let text = |text: &str| format!("'{text}'");
        let if_whole = |value: String| if self.is_whole() { value } else { "NULL".to_owned() };
        let mut columns = vec![
            ("id".to_owned(), text(&self.id("event"))),
            ("action_type".to_owned(), text(self.action())),
            ("actor_id".to_owned(), if_whole(text(&self.id("actor")))),
            ("actor_type".to_owned(), text(self.actor_type())),
            ("resource_id".to_owned(), if_whole(text(self.value(&self.domain.id).trim_matches('"')))),
            ("occurred_at".to_owned(), text(TIMES[self.number].1)),
            ("trace_id".to_owned(), "NULL".to_owned()),
            ("extra".to_owned(), "NULL".to_owned()),
        ];
        columns.extend(self.domain.own.iter().map(|field| {
            let value = self.value(field).replace('"', "'");
            let value = if field.absent == Absent::Null { if_whole(value) } else { value };
            (field.column(), value)
        }));
        let lines: Vec<_> =
            columns.into_iter().map(|(column, value)| format!("{column} = {value}\n")).collect();
        lines.concat()
    }

    fn action(&self) -> &str {
        let actions = &self.domain.actions;
        let action = if self.is_whole() { actions.first() } else { actions.last() };
        action.map_or("", String::as_str)
    }

    fn actor_type(&self) -> &'static str {
        if self.is_whole() { "CUSTOMER" } else { "SYSTEM" }
    }

    fn value(&self, field: &Field) -> String {
        match field.kind {
            Kind::I32 | Kind::I64 if field.absent == Absent::Zero && !self.is_whole() => "0".to_owned(),
            _ => field.sample(|what| self.id(what)),
        }
    }

    /// An id that looks like one, and is the same each time it is made up.
    fn id(&self, what: &str) -> String {
        let seed = Sha256::digest(format!("{} {} {what}", self.domain.domain.name, self.number));
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(seed).for_each(|(byte, of_seed)| *byte = of_seed);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

fn quoted(name: &str, text: &str) -> String {
    format!("\"{name}\":\"{text}\"")
}
