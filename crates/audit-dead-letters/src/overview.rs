use std::collections::BTreeMap;

use audit_core::Domain;
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::{DeadLetter, DeadLetterError, DeadLetters, LetterId, Reason, Selection};

/// How many dead letters there are, and the first ones.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overview {
    /// How many there are by domain and reason.
    pub counts: Vec<Count>,
    /// The oldest of each domain, up to a limit for all.
    pub letters: Vec<Summary>,
}

/// How many dead letters there are of one domain for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The domain.
    #[serde(serialize_with = "as_text")]
    pub domain: Domain,
    /// The reason.
    pub reason: Reason,
    /// How many.
    pub letters: u64,
    /// How many of them were replayed before.
    pub replayed: u64,
}

/// A dead letter in a list, without properties and content.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The domain whose queue it is in.
    #[serde(serialize_with = "as_text")]
    pub domain: Domain,
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub id: LetterId,
    /// Why it is there.
    pub reason: Reason,
    /// The field to blame, if there is one.
    pub field: Option<String>,
    /// When it was dead-lettered, if that is known.
    pub time: Option<DateTime<Utc>>,
    /// How often it was replayed.
    pub replays: u32,
    /// The size of its body in bytes.
    pub bytes: usize,
    /// The beginning of its body, if requested. It may contain personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
}

/// What to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listing {
    /// The maximum number of letters. All are counted in any case.
    pub limit: usize,
    /// Whether to show how their bodies begin.
    pub preview: bool,
}

impl Listing {
    /// The default limit.
    pub const DEFAULT: u16 = 50;
    /// The maximum limit.
    pub const MAX: u16 = 1_000;
}

/// The length of a preview.
const PREVIEW_CHARS: usize = 80;

impl From<&DeadLetter> for Summary {
    /// Without a preview.
    fn from(letter: &DeadLetter) -> Self {
        Self {
            domain: letter.domain,
            id: letter.id,
            reason: letter.reason.clone(),
            field: letter.field.clone(),
            time: letter.time,
            replays: letter.replays,
            bytes: letter.body.len(),
            preview: None,
        }
    }
}

fn beginning(body: &[u8]) -> String {
    const MAX_CHARACTER_BYTES: usize = 4;
    let beginning = &body[..body.len().min(MAX_CHARACTER_BYTES * PREVIEW_CHARS)];
    String::from_utf8_lossy(beginning).chars().take(PREVIEW_CHARS).collect()
}

fn as_text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

impl Overview {
    /// How many dead letters there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.letters).sum()
    }
}

impl DeadLetters {
    /// Counts the selected dead letters, and lists the first ones. `on_progress` is called with how many were seen, and of
    /// how many.
    pub async fn overview(
        &self,
        selection: &Selection,
        listing: Listing,
        mut on_progress: impl FnMut(u64, u64),
    ) -> Result<Overview, DeadLetterError> {
        let mut counts: BTreeMap<(Domain, Reason), (u64, u64)> = BTreeMap::new();
        let mut letters = Vec::new();
        let mut scan = self.scan(selection).await?;
        while let Some(batch) = scan.next().await? {
            for letter in batch.iter().map(|unacked| &unacked.letter) {
                let (all, replayed) = counts.entry((letter.domain, letter.reason.clone())).or_default();
                *all += 1;
                *replayed += u64::from(letter.replays > 0);
                if letters.len() < listing.limit {
                    let preview = listing.preview.then(|| beginning(&letter.body));
                    letters.push(Summary { preview, ..letter.into() });
                }
            }
            on_progress(scan.seen(), scan.total());
        }
        scan.end().await?;
        let count = |((domain, reason), (letters, replayed))| Count { domain, reason, letters, replayed };
        Ok(Overview { counts: counts.into_iter().map(count).collect(), letters })
    }
}
