//! A domain that is asked for: looked at, and written into the files of a workspace.

mod asked;
mod crate_files;
mod field;
mod migration;
mod name;
mod refusals;
mod samples;
mod template;

pub use asked::{About, NewDomain};
pub use field::{Absent, Field, FieldError, Kind};
pub(crate) use migration::made_by;
pub use refusals::Refusal;

use crate::{
    Files,
    places::{Listing, Place},
};

impl NewDomain {
    /// Writes the domain into the files. Nothing has changed if something is refused.
    pub fn add_to(&self, files: &mut Files) -> Result<(), Vec<Refusal>> {
        let refusals = refusals::all(self, files);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut added = files.clone();
        self.write(&mut added).map_err(|refusal| vec![refusal])?;
        *files = added;
        Ok(())
    }

    fn write(&self, files: &mut Files) -> Result<(), Refusal> {
        for (path, text) in self.crate_files()? {
            files.set(format!("{}/{path}", self.domain.folder()), text);
        }
        self.add_migration(files)?;
        for place in Place::all(&self.domain, &self.listed()) {
            place.add_to(files)?;
        }
        Listing::add(files, &self.domain, samples::COUNT)?;
        Ok(())
    }

    /// What identifies the resource, and the own fields, for the list of domains.
    fn listed(&self) -> String {
        let id = format!("`{}` ({})", self.id.name, self.id.kind);
        let own: Vec<_> = self.own.iter().map(Field::listed).collect();
        format!("{id} | {}", own.join(", "))
    }
}
