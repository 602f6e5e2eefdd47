//! The samples of the contract, as the event and as the row of the log.

use product_log::ProductLog;

#[test]
fn an_event_is_written_as_its_sample() {
    domain_tests::events_are_written_as_their_samples::<ProductLog>();
}

#[test]
fn the_action_of_every_sample_is_known() {
    domain_tests::actions_of_samples_are_known::<ProductLog>();
}

#[test]
fn a_row_holds_every_field_of_its_sample() {
    let rows = domain_tests::rows_of_samples::<ProductLog>();
    insta::assert_snapshot!(rows);
}
