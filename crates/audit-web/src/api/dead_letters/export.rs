use std::sync::Arc;

use audit_dead_letters::{DeadLetters, Selection};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{info, warn};

use super::selection_of;
use crate::{
    answers::Room,
    api::export_stream::{Cut, Pieces, body, pieces},
    app::App,
    asking::Asking,
    auth::Permission,
    dead_letters::failure,
    params::Params,
    problem::Problem,
    read::Read,
    stay::{self, End},
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
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    asking.must(Permission::Operate)?;
    params.only(&["domain", "reason", "id"])?;
    let selection = selection_of(app.dead_letters(), &params)?;
    let turn = app.turn().await?;
    let room = Arc::new(app.room(&asking).await?);
    app.note(&asking, Read::begun("DEAD_LETTERS_EXPORT").asked(params.question())).await?;
    let stay = stay::end(app.clone(), asking.clone(), headers, Permission::Operate);
    let (pieces, mut sent) = pieces(1);
    let letters = app.bounded_dead_letters();
    let delivery =
        Delivery { app: app.clone(), asking, letters, selection, pieces, room, rows: 0, _turn: turn };
    app.tasks().spawn(delivery.run(stay));
    // Most of what can go wrong does so before the first chunk: then there is still a proper answer to give.
    let first = match sent.recv().await {
        Some(Ok(Some(chunk))) => chunk,
        Some(Err(Cut::DeadLetters(error))) => return Err(failure(&error, 0).into()),
        Some(Err(cut)) => return Err(Problem::unavailable(cut.to_string())),
        Some(Ok(None)) | None => return Err(Problem::unavailable("the service is stopping")),
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
    pieces: Pieces,
    room: Arc<Room>,
    rows: u64,
    _turn: OwnedSemaphorePermit,
}

impl Delivery {
    async fn run(mut self, stay: impl Future<Output = End>) {
        let outcome = tokio::select! {
            outcome = self.write() => outcome,
            end = stay => Err(Cut::Ended(end)),
        };
        let rows = self.rows;
        let end = outcome.as_ref().map_or_else(Cut::end, |()| End::Complete);
        match outcome {
            Ok(()) => info!(rows, "exported dead letters"),
            Err(cut) => {
                warn!(%cut, rows, "an export of dead letters was cut off");
                self.pieces.cut_off(cut);
            }
        }
        // The failure is in the log; what was sent can't be taken back.
        let read = Read::ended("DEAD_LETTERS_EXPORT_END", rows, end.code());
        let _ = self.app.record(&self.asking, read).await;
    }

    async fn write(&mut self) -> Result<(), Cut> {
        let mut look = self.letters.scan(&self.selection).await?;
        // So that an export of nothing is answered as well.
        self.send(Vec::new()).await?;
        while let Some(held) = look.next().await? {
            for held in held {
                self.send(self.letters.line(&held.letter)).await?;
                self.rows += 1;
            }
        }
        look.end().await?;
        self.pieces.complete().await
    }

    async fn send(&self, chunk: Vec<u8>) -> Result<(), Cut> {
        self.pieces.send(Arc::clone(&self.room).chunk(chunk)).await
    }
}
