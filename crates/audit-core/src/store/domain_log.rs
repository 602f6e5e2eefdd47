use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::{ActiveModelTrait, IdenStatic, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    AuditLog, CaseRules, CloudEvent, ExtraSize, Malformed, Table,
    body::{self, Decoded},
    cloud_event::ColumnValues,
    common_columns::CommonValues,
    table::own_columns,
};
use crate::{Actions, AuditEvent, Domain, Text};

/// One domain without its types, for the code that serves all domains: a name, a table, and a function from a message's
/// body to a row.
#[derive(Clone)]
pub struct DomainLog {
    domain: Domain,
    table: Table,
    actions: Actions,
    case: CaseRules,
    decode: Decode,
}

/// Makes a row of body, zone, trace id and CloudEvent.
type Decode = fn(&[u8], Tz, Option<String>, Option<&CloudEvent<'_>>) -> Result<Row, Malformed>;

/// An event as a row of its table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event's id.
    pub id: Uuid,
    /// The event's time.
    pub occurred_at: DateTime<Utc>,
    /// Whether the event's time has a zone, or one was assumed.
    pub names_zone: bool,
    /// The event's action.
    pub action_type: Text,
    /// The values of the table's columns.
    pub values: Vec<Value>,
    /// How many fields of the body have no column.
    pub unknown_fields: usize,
    /// The names of known fields that the body spells differently, as they are in the body.
    pub respelled_fields: Vec<String>,
    /// The size of the fields without a column.
    pub extra_size: ExtraSize,
}

impl DomainLog {
    /// Erases the types of a domain.
    ///
    /// # Panics
    /// If the domain's crate contradicts itself: its table is not as [`AuditLog::Entity`] says, or one of its failures
    /// is not among its actions. The domain's own tests call this, and so does every start of the service.
    #[must_use]
    pub fn of<L: AuditLog>() -> Self {
        let actions = Actions::of::<L::Event>();
        let unknown = actions.unknown_failure();
        assert!(unknown.is_none(), "{}: {unknown:?} is a failure, but no known action", L::Event::DOMAIN);
        Self {
            domain: L::Event::DOMAIN,
            table: Table::of::<L::Entity>(),
            actions,
            case: L::CASE,
            decode: decode::<L>,
        }
    }

    /// The domain's name.
    #[must_use]
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The domain's table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The domain's actions.
    #[must_use]
    pub fn actions(&self) -> Actions {
        self.actions
    }

    /// How the domain's resources belong to cases.
    #[must_use]
    pub fn case(&self) -> CaseRules {
        self.case
    }

    /// Whether the domain knows this action.
    #[must_use]
    pub fn knows(&self, action: &str) -> bool {
        self.actions.contains(action)
    }

    /// Decodes a message's body. A time without a zone is read in `zone`; `trace_id` comes from the message's headers.
    pub fn decode(&self, body: &[u8], zone: Tz, trace_id: Option<String>) -> Result<Row, Malformed> {
        (self.decode)(body, zone, trace_id, None)
    }

    /// Decodes the data of a CloudEvent.
    pub fn decode_cloud_event(
        &self,
        event: &CloudEvent<'_>,
        zone: Tz,
        trace_id: Option<String>,
    ) -> Result<Row, Malformed> {
        (self.decode)(event.data(), zone, trace_id, Some(event))
    }
}

impl fmt::Debug for DomainLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DomainLog")
            .field("domain", &self.domain)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

fn decode<L: AuditLog>(
    body: &[u8],
    zone: Tz,
    trace_id: Option<String>,
    cloud_event: Option<&CloudEvent<'_>>,
) -> Result<Row, Malformed> {
    let defaults = cloud_event.map(CloudEvent::defaults).unwrap_or_default();
    let Decoded { event, unknown: mut extra, respelled } = body::decode::<L::Event>(body, &defaults)?;
    let action_type = event.action_type().clone();
    let id = event.event_id();
    let time = event.occurred_at();
    let occurred_at = time.in_zone(&zone);
    let names_zone = time.names_zone();
    let unknown_fields = extra.len();
    let mut resource_id = event.resource();
    if let Some(cloud_event) = cloud_event {
        if resource_id.is_none() {
            resource_id = cloud_event.resource()?;
        }
        let columns = ColumnValues { id, occurred_at, zone, resource: resource_id.as_deref() };
        cloud_event.keep(&columns, &mut extra)?;
    }
    let extra = (!extra.is_empty()).then_some(Json::Object(extra));
    let extra_size = extra.as_ref().map(ExtraSize::of).unwrap_or_default();
    let common = CommonValues {
        id,
        action_type: action_type.clone(),
        actor_id: event.actor_id(),
        actor_type: event.actor_type().clone(),
        resource_id,
        occurred_at,
        trace_id,
        extra,
    };
    let mut own = L::own_columns(event);
    // Allocated once, as every event passes here.
    let mut values =
        Vec::with_capacity(CommonValues::COLUMNS.len() + own_columns::<L::Entity>().size_hint().0);
    values.extend(<[Value; _]>::from(common));
    for column in own_columns::<L::Entity>() {
        let value = own.take(column).into_value();
        values.push(value.ok_or_else(|| Malformed::Unmapped(column.as_str()))?);
    }
    Ok(Row {
        id,
        occurred_at,
        names_zone,
        action_type,
        values,
        unknown_fields,
        respelled_fields: respelled,
        extra_size,
    })
}
