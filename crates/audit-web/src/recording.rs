//! Recording accesses before they are answered, and counting their rows.

use audit_query::{AccessAction, AccessRecord, NotRecorded, Unrecorded};
use serde_json::{Value as Json, json};
use tracing::{error, warn};

use crate::{
    caller::Caller,
    error::RequestError,
    response_memory::MemoryPermit,
    row_budget::{Allowance, BudgetError},
    state::AppState,
};

impl AppState {
    /// Records who asked for an answer, takes its events from the reader's row budget, and gives the answer out.
    pub async fn release<T>(
        &self,
        caller: &Caller,
        answer: Unrecorded<T>,
        query: Option<Json>,
    ) -> Result<T, RequestError> {
        let answer = answer.for_accessor(caller.accessor(), query);
        let AccessRecord { id, action, rows, .. } = *answer.record();
        if action.counts_events() {
            self.take_rows(caller, rows).await?;
        }
        if action.is_answered() {
            caller.request.note_access(answer.record().clone());
        }
        let released = self.access_log().release(answer).await;
        released.map_err(|error| {
            caller.request.forget_access(id);
            if action.counts_events() {
                self.row_budget().give_back(&caller.reader, rows);
            }
            refused(action, &error)
        })
    }

    /// Records that something starts, goes on, or has ended, with its rows since the record before. Rows of events
    /// must already have been charged to the reader's row budget.
    pub async fn record(
        &self,
        caller: &Caller,
        action: AccessAction,
        rows: u64,
        query: Option<Json>,
    ) -> Result<(), RequestError> {
        let record = AccessRecord { rows, query, ..AccessRecord::new(action, caller.accessor()) };
        self.access_log().record(record).await.map_err(|error| refused(action, &error))
    }

    /// Records that something has ended for a reason.
    pub async fn record_end(
        &self,
        caller: &Caller,
        action: AccessAction,
        rows: u64,
        reason: &'static str,
    ) -> Result<(), RequestError> {
        self.record(caller, action, rows, Some(json!({ "end": reason }))).await
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
    pub(crate) fn record_cut_off(&self, accesses: Vec<AccessRecord>, sent: u64) {
        let state = self.clone();
        self.tasks().spawn(async move {
            for AccessRecord { id, action, accessor, resource, .. } in accesses {
                let query = json!({ "of": action.code(), "id": id, "bytes_sent": sent });
                let cut_off = AccessRecord {
                    resource,
                    query: Some(query),
                    ..AccessRecord::new(AccessAction::CutOff, accessor)
                };
                if let Err(error) = state.access_log().record(cut_off).await {
                    warn!(%error, "an answer was cut off, which was not recorded");
                }
            }
        });
    }
}

fn refused(action: AccessAction, error: &NotRecorded) -> RequestError {
    error!(%error, action = action.code(), "a read can't be recorded and was refused");
    RequestError::NotRecorded
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
