use std::time::{Duration, Instant};

use audit_core::publish::{Broker, ConfirmedChannel, Message};
use test_servers::PATIENCE;

use crate::{database, domains::DOMAINS, events::Key, fault::Fault, site::Site};

/// From now, when a fault is over, until a new event of each domain is stored.
pub(crate) async fn measure(site: &Site, fault: Fault) -> Duration {
    let over = Instant::now();
    let (keys, messages): (Vec<_>, Vec<_>) = DOMAINS.iter().map(|of| site.events().probe(of)).unzip();
    let storing = async {
        publish(&site.broker(), messages).await;
        wait_until_stored(site, &keys).await;
    };
    let stored = tokio::time::timeout(PATIENCE, storing).await;
    if stored.is_err() {
        site.print_last_words();
    }
    assert!(stored.is_ok(), "{fault}: the service has not recovered within {PATIENCE:?}");
    over.elapsed()
}

/// Until the broker has confirmed all of them.
async fn publish(broker: &Broker, mut open: Vec<Message>) {
    while !open.is_empty() {
        if let Ok(mut channel) = ConfirmedChannel::open(broker).await {
            let mut outcomes = channel.publish_all(&open).await.into_iter();
            open.retain(|_| outcomes.next().is_none_or(|outcome| outcome.is_err()));
            channel.close().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn wait_until_stored(site: &Site, keys: &[Key]) {
    let mut db = None;
    let mut open: Vec<_> = DOMAINS.iter().zip(keys).collect();
    while let Some((of, key)) = open.last() {
        let stored = match &mut db {
            Some(db) => database::has(db, of, **key).await,
            None => database::connect(site.database_url()).await.map(|connected| {
                db = Some(connected);
                false
            }),
        };
        match stored {
            Ok(true) => drop(open.pop()),
            Ok(false) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(_) => db = None,
        }
    }
}
