//! What only so many may do at the same time, and of these so many for one reader and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    auth::{ClientAddress, KnownAs, Reader},
    problem::Problem,
};

/// So many places in all, for one reader and from one address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) all: usize,
    pub(crate) reader: usize,
    pub(crate) address: usize,
}

/// Places, some of them taken.
#[derive(Debug)]
pub(crate) struct Places {
    /// What they are for, in the words of a refusal.
    what: &'static str,
    bounds: Bounds,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    each: HashMap<Holder, usize>,
}

/// Who has places. As many are remembered as there are places that are taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Reader(KnownAs),
    Address(IpAddr),
}

/// A place, which is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    holders: Vec<Holder>,
}

/// No place is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPlace {
    #[error("there are too many {0}; try again later")]
    All(&'static str),
    #[error("there are too many {0} by you; try again when one of them has ended")]
    Reader(&'static str),
    #[error("there are too many {0} from your address; try again when one of them has ended")]
    Address(&'static str),
}

impl Places {
    pub(crate) fn new(what: &'static str, bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { what, bounds, taken: Mutex::default() })
    }

    /// A place for a reader, at an address. Without one of them, its bound does not hold.
    pub(crate) fn take(
        self: &Arc<Self>,
        reader: Option<&Reader>,
        address: Option<ClientAddress>,
    ) -> Result<Place, NoPlace> {
        let reader = reader.and_then(Reader::known_as).map(Holder::Reader);
        let address = address.map(|address| Holder::Address(address.network()));
        self.take_for(reader.into_iter().chain(address).collect())
    }

    fn take_for(self: &Arc<Self>, holders: Vec<Holder>) -> Result<Place, NoPlace> {
        let mut taken = self.taken();
        let most = |holder: &Holder| match holder {
            Holder::Reader(..) => (self.bounds.reader, NoPlace::Reader(self.what)),
            Holder::Address(_) => (self.bounds.address, NoPlace::Address(self.what)),
        };
        for holder in &holders {
            let (most, refusal) = most(holder);
            if taken.each.get(holder).is_some_and(|count| *count >= most) {
                return Err(refusal);
            }
        }
        if taken.all >= self.bounds.all {
            return Err(NoPlace::All(self.what));
        }
        taken.all += 1;
        for holder in &holders {
            *taken.each.entry(holder.clone()).or_default() += 1;
        }
        drop(taken);
        Ok(Place { places: Arc::clone(self), holders })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Every change is whole: a thread that panicked has left nothing half done.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        for holder in &self.holders {
            if let Some(count) = taken.each.get_mut(holder) {
                *count -= 1;
                if *count == 0 {
                    taken.each.remove(holder);
                }
            }
        }
    }
}

impl From<NoPlace> for Problem {
    fn from(refusal: NoPlace) -> Self {
        match refusal {
            NoPlace::All(_) => Self::unavailable(refusal.to_string()),
            NoPlace::Reader(_) | NoPlace::Address(_) => Self::too_many(refusal.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> ClientAddress {
        ClientAddress::direct(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn one_address_leaves_places_for_others_and_gets_its_own_back() {
        let places = Places::new("guests", Bounds { all: 3, reader: 1, address: 2 });
        let first = places.take(None, Some(address(1))).unwrap();
        let second = places.take(None, Some(address(1))).unwrap();
        assert_eq!(places.take(None, Some(address(1))).unwrap_err(), NoPlace::Address("guests"));
        let third = places.take(None, Some(address(2))).unwrap();
        assert_eq!(places.take(None, Some(address(3))).unwrap_err(), NoPlace::All("guests"));
        drop((first, third));
        assert!(places.take(None, Some(address(1))).is_ok());
        drop(second);
        assert!(places.taken().each.is_empty() && places.taken().all == 0);
    }

    #[test]
    fn an_address_that_stands_for_others_has_no_bound_of_its_own() {
        let places = Places::new("guests", Bounds { all: 3, reader: 1, address: 1 });
        let all: Vec<_> = (0..3).map(|_| places.take(None, None).unwrap()).collect();
        assert_eq!(places.take(None, None).unwrap_err(), NoPlace::All("guests"));
        assert_eq!(all.len(), 3);
    }
}
