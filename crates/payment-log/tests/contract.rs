//! The samples of the contract, as the event and as the row of the log.

use payment_log::PaymentLog;

#[test]
fn an_event_is_written_as_its_sample() {
    domain_tests::events_are_written_as_their_samples::<PaymentLog>();
}

#[test]
fn the_action_of_every_sample_is_known() {
    domain_tests::actions_of_samples_are_known::<PaymentLog>();
}

#[test]
fn a_row_holds_every_field_of_its_sample() {
    let rows = domain_tests::rows_of_samples::<PaymentLog>();
    insta::assert_snapshot!(rows);
}
