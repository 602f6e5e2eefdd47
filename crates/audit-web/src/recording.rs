//! Recording accesses before they are answered, and counting their rows.

use audit_query::Access;
use serde_json::json;
use tracing::{error, warn};

use crate::{
    access_record::{AccessRecord, Answer},
    caller::Caller,
    error::RequestError,
    response_memory::MemoryPermit,
    row_budget::{Allowance, BudgetError},
    state::AppState,
};

impl AppState {
    /// Records an access before it is answered, and takes its events from the reader's row budget.
    pub async fn record(&self, caller: &Caller, record: AccessRecord) -> Result<(), RequestError> {
        let AccessRecord { action, resource, question, rows, answer } = record;
        if answer == Answer::Events {
            self.take_rows(caller, rows).await?;
        }
        let access = Access { resource, question, rows, ..caller.access(action) };
        let id = access.id;
        if answer != Answer::None {
            caller.request.note_access(access.clone());
        }
        let Err(error) = self.access_log().record(access).await else { return Ok(()) };
        if !self.settings().refuse_unrecorded {
            warn!(%error, action, "a read was not recorded");
            return Ok(());
        }
        error!(%error, action, "a read can't be recorded and was refused");
        caller.request.forget_access(id);
        if answer == Answer::Events {
            self.row_budget().give_back(&caller.reader, rows);
        }
        Err(RequestError::NotRecorded)
    }

    /// Takes events from the reader's row budget, if he has one.
    pub async fn take_rows(&self, caller: &Caller, rows: u64) -> Result<(), RequestError> {
        noted(caller, self.row_budget().take(self.access_log(), &caller.reader, rows).await)
    }

    /// Fails if the reader's row budget is used up.
    pub async fn require_rows_left(&self, caller: &Caller) -> Result<(), RequestError> {
        noted(caller, self.row_budget().require_left(self.access_log(), &caller.reader).await)
    }

    /// Reserves memory for an answer about events. Fails if the reader's row budget is used up, so that nothing is read.
    pub async fn reserve_memory(&self, caller: &Caller) -> Result<MemoryPermit, RequestError> {
        self.require_rows_left(caller).await?;
        Ok(self.response_memory().reserve(&caller.reader).await?)
    }

    /// Records that responses were cut off after they had been recorded as answered.
    pub(crate) fn record_cut_off(&self, accesses: Vec<Access>, sent: u64) {
        let state = self.clone();
        self.tasks().spawn(async move {
            for access in accesses {
                let question = json!({ "of": access.action, "id": access.id, "bytes_sent": sent });
                let cut_off = Access {
                    reader_id: access.reader_id,
                    address: access.address,
                    resource: access.resource,
                    question: Some(question),
                    ..Access::new("CUT_OFF", access.reader, access.reader_type)
                };
                if let Err(error) = state.access_log().record(cut_off).await {
                    warn!(%error, "an answer was cut off, which was not recorded");
                }
            }
        });
    }
}

/// Notes what is left of the budget, for the headers of the response.
fn noted(caller: &Caller, outcome: Result<Option<Allowance>, BudgetError>) -> Result<(), RequestError> {
    match outcome {
        Ok(allowance) => {
            if let Some(allowance) = allowance {
                caller.request.note_allowance(allowance);
            }
            Ok(())
        }
        Err(BudgetError::Exceeded(exceeded)) => {
            caller.request.note_allowance(exceeded.allowance);
            warn!(reader = caller.reader.name(), "a reader has used up the rows of his day");
            Err(exceeded.into())
        }
        Err(BudgetError::Unavailable(error)) => {
            error!(%error, "it can't be found out how many rows a reader was given today");
            Err(RequestError::BudgetUnavailable)
        }
    }
}
