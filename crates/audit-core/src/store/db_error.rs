use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// The driver's error, if a database error comes from the driver.
#[must_use]
pub fn sqlx_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// Whether a row has no partition that it could be stored in. PostgreSQL reports that as a check violation without the
/// name of a constraint.
#[must_use]
pub fn lacks_partition(error: &DbErr) -> bool {
    const CHECK_VIOLATION: &str = "23514";
    match sqlx_error(error) {
        Some(SqlxError::Database(refusal)) => {
            refusal.code().as_deref() == Some(CHECK_VIOLATION) && refusal.constraint().is_none()
        }
        _ => false,
    }
}
