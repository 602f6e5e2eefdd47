use std::sync::Arc;

use audit_dead_letters::{DeadLetters, Selection};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        mpsc::{Sender, channel},
    },
    time::timeout,
};
use tracing::{info, warn};

use super::selection_of;
use crate::{
    answers::Room,
    api::export::{Chunk, Cut, PATIENCE, body},
    app::{App, Read},
    asking::Asking,
    auth::Permission,
    dead_letters::failure,
    params::Params,
    problem::Problem,
};

/// Take dead letters away in copies.
///
/// An object a line: the message as it was before, with its exact body in `body` (JSON), `body_text` or `body_base64`,
/// and in `dead_letter` what is known of it. `log-service publish` takes such lines. They stay where they are. Should
/// something go wrong on the way, the connection is cut: an export that ends in order is complete.
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters/export",
    tag = "Operating",
    operation_id = "exportDeadLetters",
    responses((
        status = 200,
        description = "The dead letters.",
        content((String = "application/x-ndjson")),
        headers(("Content-Disposition" = String, description = "An attachment, with the name of a file.")),
    )),
)]
pub(in crate::api) async fn export(
    State(app): State<App>,
    asking: Asking,
    params: Params,
) -> Result<Response, Problem> {
    asking.must(Permission::Operate)?;
    params.only(&["domain", "reason", "id"])?;
    let selection = selection_of(app.dead_letters(), &params)?;
    let turn = app.turn().await?;
    let room = Arc::new(app.answers().room().await?);
    app.note(&asking, Read::new("DEAD_LETTERS_EXPORT", params.question(), 0)).await?;
    let (chunks, mut sent) = channel(1);
    let letters = app.bounded_dead_letters();
    let delivery =
        Delivery { app: app.clone(), asking, letters, selection, chunks, room, rows: 0, _turn: turn };
    app.tasks().spawn(delivery.run());
    // Most of what can go wrong does so before the first chunk: then there is still a proper answer to give.
    let first = match sent.recv().await {
        Some(Ok(chunk)) => chunk,
        Some(Err(Cut::DeadLetters(error))) => return Err(failure(&error, 0).into()),
        Some(Err(cut)) => return Err(Problem::unavailable(cut.to_string())),
        None => return Err(Problem::unavailable("the service is stopping")),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"dead-letters.ndjson\""),
    ];
    Ok((headers, body(first, sent)).into_response())
}

/// Dead letters on their way to whoever asked for them.
struct Delivery {
    app: App,
    asking: Asking,
    letters: DeadLetters,
    selection: Selection,
    chunks: Sender<Chunk>,
    room: Arc<Room>,
    rows: u64,
    _turn: OwnedSemaphorePermit,
}

impl Delivery {
    async fn run(mut self) {
        let stop = self.app.stop().clone();
        let outcome = stop.run_until_cancelled(self.write()).await.unwrap_or(Err(Cut::Stopping));
        let rows = self.rows;
        match outcome {
            Ok(()) => info!(rows, "exported dead letters"),
            Err(cut) => {
                warn!(%cut, rows, "an export of dead letters was cut off");
                // What was sent is not all: without this, it would look as if it were. The reader may have gone.
                let _ = timeout(PATIENCE, self.chunks.send(Err(cut))).await;
            }
        }
        // The failure is in the log; what was sent can't be taken back.
        let read = Read { action: "DEAD_LETTERS_EXPORT_END", rows, ..Read::default() };
        let _ = self.app.record(&self.asking, read).await;
    }

    async fn write(&mut self) -> Result<(), Cut> {
        let mut look = self.letters.look(&self.selection).await?;
        // So that an export of nothing is answered as well.
        self.send(Vec::new()).await?;
        while let Some(held) = look.next().await? {
            for held in held {
                self.send(self.letters.line(&held.letter)).await?;
                self.rows += 1;
            }
        }
        Ok(look.end().await?)
    }

    async fn send(&self, chunk: Vec<u8>) -> Result<(), Cut> {
        let sent = timeout(PATIENCE, self.chunks.send(Ok(Arc::clone(&self.room).chunk(chunk)))).await;
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(Cut::ReaderGone) }
    }
}
