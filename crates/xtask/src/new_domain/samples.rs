//! Made-up messages: one with every field, and one without those that may be absent.

use uuid::Uuid;

use super::{Absent, Field, NewDomain};

/// How many there are.
pub(super) const COUNT: usize = 2;

/// In the form that `log-service publish` takes.
pub(super) fn lines(domain: &NewDomain) -> String {
    let all: Vec<_> = domain.own.iter().collect();
    let needed: Vec<_> = domain.own.iter().filter(|field| field.absent != Absent::Null).collect();
    let (id, first) = (domain.id(), domain.actions.first());
    let whole = [
        member(&id.name, &id.sample()),
        own(&all, Field::sample),
        text("actionType", first.map_or("", String::as_str)),
        text("actorType", "CUSTOMER"),
        text("actorUserId", &Uuid::now_v7().to_string()),
        text("occurredAt", "2025-12-09T13:00:02.420Z"),
    ];
    let short = [
        own(&needed, |field| if field.absent == Absent::Zero { "0".to_owned() } else { field.sample() }),
        text("actionType", domain.actions.last().map_or("", String::as_str)),
        text("actorType", "SYSTEM"),
        text("occurredAt", "2025-12-09T14:00:02Z"),
    ];
    message(&domain.name, &whole) + &message(&domain.name, &short)
}

fn message(domain: &str, members: &[String]) -> String {
    let id = text("eventId", &Uuid::now_v7().to_string());
    let members: Vec<_> = [&id].into_iter().chain(members).filter(|member| !member.is_empty()).collect();
    let members: Vec<_> = members.into_iter().map(String::as_str).collect();
    let body = members.join(",");
    format!(
        "{{\"exchange\":\"tickatch.log\",\"routing_key\":\"{domain}.log\",\"properties\":{{}},\"body\":{{{body}}}}}\n"
    )
}

fn own(fields: &[&Field], value: fn(&Field) -> String) -> String {
    let members: Vec<_> = fields.iter().map(|field| member(&field.name, &value(field))).collect();
    members.join(",")
}

fn text(name: &str, text: &str) -> String {
    member(name, &format!("\"{text}\""))
}

fn member(name: &str, value: &str) -> String {
    format!("\"{name}\":{value}")
}
