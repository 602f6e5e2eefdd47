use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use uuid::Uuid;

use super::world::{Truth, World};
use crate::web::Site;

/// How much of the truth was found, and how much else: means over the stories.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Of a story's own events, how many were found.
    pub recall: f64,
    /// Of the events found, how many are the story's own. What is related counts neither way.
    pub precision: f64,
    /// Of the stories, how many have all of their own events and nothing foreign.
    pub whole: f64,
}

impl Figures {
    pub fn reach(self, least: Self) -> bool {
        self.recall >= least.recall && self.precision >= least.precision && self.whole >= least.whole
    }
}

/// How well each of some questions was answered.
#[derive(Default)]
pub struct Measure {
    answers: Vec<Answer>,
}

struct Answer {
    question: String,
    found: usize,
    missing: Kinds,
    foreign: Kinds,
}

/// How many events there are of each domain and action.
type Kinds = BTreeMap<String, usize>;

/// The stories shown that are not whole.
const SHOWN: usize = 6;

impl Measure {
    /// Asks a question.
    pub fn add(&mut self, site: &Site, world: &World, question: &str, truth: &Truth) {
        let found = ask(site, question);
        let kinds = |wanted: &dyn Fn(&Uuid) -> bool| {
            let mut kinds = Kinds::new();
            for event in world.events.iter().filter(|event| wanted(&event.id)) {
                *kinds.entry(format!("{} {}", event.domain, event.action)).or_default() += 1;
            }
            kinds
        };
        self.answers.push(Answer {
            question: question.to_owned(),
            found: truth.own.intersection(&found).count(),
            missing: kinds(&|id| truth.own.contains(id) && !found.contains(id)),
            foreign: kinds(&|id| {
                found.contains(id) && !truth.own.contains(id) && !truth.related.contains(id)
            }),
        });
    }

    pub fn figures(&self) -> Figures {
        let mean =
            |of: fn(&Answer) -> f64| self.answers.iter().map(of).sum::<f64>() / count(self.answers.len());
        Figures {
            recall: mean(Answer::recall),
            precision: mean(Answer::precision),
            whole: mean(|answer| if answer.is_whole() { 1.0 } else { 0.0 }),
        }
    }
}

impl Answer {
    fn recall(&self) -> f64 {
        count(self.found) / count(self.found + self.missing.values().sum::<usize>())
    }

    fn precision(&self) -> f64 {
        let shown = self.found + self.foreign.values().sum::<usize>();
        if shown == 0 { 0.0 } else { count(self.found) / count(shown) }
    }

    fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.foreign.is_empty()
    }
}

/// The ids of the events that the timeline shows.
fn ask(site: &Site, question: &str) -> BTreeSet<Uuid> {
    let story = site.json(&format!("/api/v1/timeline?q={question}"));
    let items = story["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn count(number: usize) -> f64 {
    number as f64
}

/// The figures, and what is wrong with the first stories that are not whole.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { recall, precision, .. } = self.figures();
        let whole = self.answers.iter().filter(|answer| answer.is_whole()).count();
        let all = self.answers.len();
        writeln!(f, "recall {recall:.3}, precision {precision:.3}, whole {whole} of {all}")?;
        let broken = self.answers.iter().filter(|answer| !answer.is_whole());
        for Answer { question, missing, foreign, .. } in broken.take(SHOWN) {
            writeln!(f, "    {question}: missing {missing:?}, foreign {foreign:?}")?;
        }
        Ok(())
    }
}
