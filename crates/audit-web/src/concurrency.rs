//! Limits on what may run at the same time: in total, for one reader and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use audit_auth::{ClientAddress, Reader, ReaderKey};

/// The maximum in total, for one reader and from one address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) all: usize,
    pub(crate) reader: usize,
    pub(crate) address: usize,
}

/// Limits one kind of work, such as exports.
#[derive(Debug)]
pub struct ConcurrencyLimit {
    /// The kind of work, for error messages.
    what: &'static str,
    limits: Limits,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    each: HashMap<Holder, usize>,
}

/// Who holds slots. There are at most twice as many as slots that are taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Reader(ReaderKey),
    Address(IpAddr),
}

/// A slot, which is free again when this is dropped.
#[derive(Debug)]
pub struct Slot {
    limit: Arc<ConcurrencyLimit>,
    holders: Vec<Holder>,
}

/// No slot is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitReached {
    /// All readers together hold all slots.
    #[error("there are too many {0}; try again later")]
    All(&'static str),
    /// The reader holds all of his slots.
    #[error("there are too many {0} by you; try again when one of them has ended")]
    Reader(&'static str),
    /// The address holds all of its slots.
    #[error("there are too many {0} from your address; try again when one of them has ended")]
    Address(&'static str),
}

impl ConcurrencyLimit {
    pub(crate) fn new(what: &'static str, limits: Limits) -> Arc<Self> {
        Arc::new(Self { what, limits, taken: Mutex::default() })
    }

    /// Takes a slot for a reader at an address. `None` skips that limit.
    pub(crate) fn take(
        self: &Arc<Self>,
        reader: Option<&Reader>,
        address: Option<ClientAddress>,
    ) -> Result<Slot, LimitReached> {
        let reader = reader.and_then(Reader::key).map(Holder::Reader);
        let address = address.map(|address| Holder::Address(address.network()));
        self.take_for(reader.into_iter().chain(address).collect())
    }

    fn take_for(self: &Arc<Self>, holders: Vec<Holder>) -> Result<Slot, LimitReached> {
        let mut taken = self.taken();
        let limit = |holder: &Holder| match holder {
            Holder::Reader(..) => (self.limits.reader, LimitReached::Reader(self.what)),
            Holder::Address(_) => (self.limits.address, LimitReached::Address(self.what)),
        };
        for holder in &holders {
            let (max, error) = limit(holder);
            if taken.each.get(holder).is_some_and(|count| *count >= max) {
                return Err(error);
            }
        }
        if taken.all >= self.limits.all {
            return Err(LimitReached::All(self.what));
        }
        taken.all += 1;
        for holder in &holders {
            *taken.each.entry(holder.clone()).or_default() += 1;
        }
        drop(taken);
        Ok(Slot { limit: Arc::clone(self), holders })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Each update is complete on its own, so a poisoned lock is harmless.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.limit.taken();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> ClientAddress {
        ClientAddress::direct(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn one_address_leaves_slots_for_others_and_gets_its_own_back() {
        let limit = ConcurrencyLimit::new("guests", Limits { all: 3, reader: 1, address: 2 });
        let first = limit.take(None, Some(address(1))).unwrap();
        let second = limit.take(None, Some(address(1))).unwrap();
        assert_eq!(limit.take(None, Some(address(1))).unwrap_err(), LimitReached::Address("guests"));
        let third = limit.take(None, Some(address(2))).unwrap();
        assert_eq!(limit.take(None, Some(address(3))).unwrap_err(), LimitReached::All("guests"));
        drop((first, third));
        assert!(limit.take(None, Some(address(1))).is_ok());
        drop(second);
        assert!(limit.taken().each.is_empty() && limit.taken().all == 0);
    }

    #[test]
    fn an_address_that_stands_for_others_has_no_bound_of_its_own() {
        let limit = ConcurrencyLimit::new("guests", Limits { all: 3, reader: 1, address: 1 });
        let all: Vec<_> = (0..3).map(|_| limit.take(None, None).unwrap()).collect();
        assert_eq!(limit.take(None, None).unwrap_err(), LimitReached::All("guests"));
        assert_eq!(all.len(), 3);
    }
}
