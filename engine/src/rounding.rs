//! How an amount that is no whole number of minor units becomes one: as `rounding` of `shop.yaml` says (language.md 2.12).
//! The one place that rounds money; what is asked of payment providers is never rounded.

use duka_dsl::config::shop::Rounding;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// To a whole number. `up` and `half_up` go away from zero, so that what is given back is rounded as what was taken.
/// `None`: it does not fit.
pub fn whole(number: Decimal, rounding: Rounding) -> Option<i64> {
    to_places(number, 0, rounding).to_i64()
}

/// To so many digits behind the point.
pub fn to_places(number: Decimal, places: u32, rounding: Rounding) -> Decimal {
    number.round_dp_with_strategy(
        places,
        match rounding {
            Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
            Rounding::Up => RoundingStrategy::AwayFromZero,
            Rounding::Down => RoundingStrategy::ToZero,
        },
    )
}
