//! One conformance suite for every store: rows in, rows out. What holds for one holds for all.

#[path = "store/agree.rs"]
mod agree;
#[path = "store/arrivals.rs"]
mod arrivals;
#[path = "store/bags.rs"]
mod bags;
#[path = "store/customers.rs"]
mod customers;
#[path = "store/database.rs"]
mod database;
#[path = "store/ledgers.rs"]
mod ledgers;
#[path = "store/make.rs"]
mod make;
#[path = "store/parcels.rs"]
mod parcels;
#[path = "store/payments.rs"]
mod payments;
#[path = "store/postgres.rs"]
mod postgres;
#[path = "store/posts.rs"]
mod posts;
#[path = "store/sends.rs"]
mod sends;
#[path = "store/sqlite.rs"]
mod sqlite;

use duka_runtime::store::{Result, Store};

/// Every case, for every store.
macro_rules! conformance {
    ($($topic:ident :: $case:ident),* $(,)?) => {
        mod in_memory {
            use super::*;
            $(#[tokio::test] async fn $case() -> Result<()> { $topic::$case(Store::memory()).await })*
        }
        mod on_sqlite {
            use super::*;
            $(#[tokio::test] async fn $case() -> Result<()> {
                let folder = make::folder();
                $topic::$case(Store::sqlite(&folder.path().join("duka.db")).await?).await
            })*
        }
        mod on_postgres {
            use super::*;
            $(#[tokio::test] async fn $case() -> Result<()> {
                $topic::$case(Store::postgres(&postgres::database().await).await?).await
            })*
        }
    };
}

conformance![
    arrivals::what_is_not_committed_leaves_nothing_behind,
    arrivals::an_element_is_admitted_once,
    arrivals::identities_find_one_conversation,
    arrivals::a_conversation_is_saved_only_by_the_turn_that_follows,
    arrivals::the_inbox_gives_each_conversation_its_turn,
    arrivals::an_event_is_consumed_once,
    arrivals::wakes_come_in_order_of_time,
    arrivals::two_shops_do_not_see_each_other,
    arrivals::those_who_wait_for_a_person_are_found_among_many,
    sends::only_the_head_of_a_conversation_is_ready,
    sends::claims_go_by_lane_then_time,
    sends::an_attempt_that_was_overtaken_settles_nothing,
    sends::every_end_of_an_attempt_leads_where_it_should,
    sends::a_lost_answer_is_held_then_repeated_once_or_parked,
    sends::a_status_settles_what_was_unknown,
    sends::a_failure_told_before_the_answer_is_not_lost,
    sends::a_second_acceptance_is_a_visible_duplicate,
    sends::statuses_in_any_order_give_the_same_row,
    sends::work_is_due_where_it_is,
    ledgers::turns_are_read_back_in_order,
    ledgers::calls_are_claimed_ended_and_postponed_under_their_attempt,
    ledgers::the_latest_consent_stands,
    ledgers::quarantine_is_listed_and_taken,
    ledgers::newest_news_of_templates_and_numbers_stay,
    ledgers::of_a_template_the_newest_that_was_told_stands_in_any_order,
    ledgers::of_a_number_the_newest_that_was_told_stands_in_any_order,
    ledgers::revisions_and_values_are_kept,
    ledgers::erasing_a_customer_leaves_the_others,
    ledgers::what_is_nobodys_is_searched_for_a_customer_too,
    ledgers::an_epoch_begins_with_each_restore,
    ledgers::erasing_a_shop_leaves_the_others,
    ledgers::old_rows_go_class_by_class,
    ledgers::an_old_consent_goes_when_another_has_taken_its_place,
    payments::only_a_payment_that_is_settled_can_be_taken_away,
    ledgers::what_was_open_in_a_backup_is_parked,
    posts::what_people_are_told_goes_in_order_for_each_conversation,
    ledgers::delivered_messages_are_counted,
    ledgers::what_operators_did_is_listed_the_newest_first,
    ledgers::keys_of_the_api_are_neither_lost_nor_wiped,
    ledgers::entries_of_one_reason_are_found_the_newest_first,
    payments::a_payment_changes_under_its_version,
    bags::a_bag_changes_under_its_version_and_goes_with_its_customer,
    parcels::what_was_told_of_parcels_is_kept_with_their_order,
    customers::a_customer_who_is_silent_for_long_is_forgotten_and_nobody_else,
    posts::whom_a_shop_wrote_to_is_remembered_with_the_latest_time,
];
