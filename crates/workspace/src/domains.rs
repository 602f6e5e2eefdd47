use crate::Files;

/// What a domain is called in different places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// On the wire: `reservation-seat`.
    pub name: String,
    /// What its types begin with: `ReservationSeat`.
    pub type_name: String,
    /// Its table: `p_reservation_seat_log`.
    pub table: String,
}

impl Domain {
    /// All that there are, in the order of their names. A crate that is called a log is a domain's.
    #[must_use]
    pub fn all(files: &Files) -> Vec<Self> {
        let crates = files.under("crates/").filter_map(|(path, _)| path.strip_suffix("/Cargo.toml"));
        let names = crates.filter_map(|folder| folder.strip_prefix("crates/")?.strip_suffix("-log"));
        let mut domains: Vec<_> = names.map(|name| Self::read(files, name)).collect();
        domains.sort_by(|one, other| one.name.cmp(&other.name));
        domains
    }

    /// What its crate says of it.
    fn read(files: &Files, name: &str) -> Self {
        let mut domain = Self { name: name.to_owned(), type_name: String::new(), table: String::new() };
        let text = |file: &str| files.text(&format!("{}/src/{file}", domain.folder()));
        let type_name = between(text("lib.rs"), "pub use event::", "Event;").unwrap_or_default().to_owned();
        let table = between(text("entity.rs"), "table_name = \"", "\"").unwrap_or_default().to_owned();
        (domain.type_name, domain.table) = (type_name, table);
        domain
    }

    /// `reservation-seat-log`.
    #[must_use]
    pub fn crate_name(&self) -> String {
        format!("{}-log", self.name)
    }

    /// `reservation_seat_log`: the crate's name in code.
    #[must_use]
    pub fn module(&self) -> String {
        self.crate_name().replace('-', "_")
    }

    /// `crates/reservation-seat-log`.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("crates/{}", self.crate_name())
    }
}

/// The first text between two others.
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
