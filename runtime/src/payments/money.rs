//! Amounts as each provider writes them. Exact both ways: what a provider can not charge to the last digit is refused, never
//! rounded.

use duka_engine::contract::parse_money;
use duka_engine::value::{Currency, Money};
use rust_decimal::Decimal;

/// How a provider writes amounts (payments.md 1, read 2026-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Whole, in the smallest unit; three-decimal currencies end in 0; UGX and ISK a hundredfold; MGA without decimals.
    Stripe,
    /// Whole, in the smallest unit; three-decimal currencies end in 0.
    Razorpay,
    /// Whole, a hundredth of the currency's unit, whatever the currency.
    Hundredths,
    /// Whole units of the currency.
    Whole,
    /// Decimal, in the currency's unit.
    Decimal,
}

/// An amount that a provider can not charge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{amount} can not be charged there: {why}")]
pub struct NotPayable {
    pub amount: String,
    pub why: &'static str,
}

/// What one of our minor units is on the wire: times `mul`, through `div`; and what a wire amount must be a multiple of.
struct Factor {
    mul: i64,
    div: i64,
    step: i64,
}

impl Scale {
    fn factor(self, currency: Currency) -> Factor {
        let exponent = currency.exponent();
        let plain = Factor { mul: 1, div: 1, step: 1 };
        match self {
            Scale::Stripe => match currency.code() {
                "UGX" | "ISK" => Factor { mul: 100, ..plain },
                "MGA" => Factor { div: 100, ..plain },
                _ => Factor { step: if exponent == 3 { 10 } else { 1 }, ..plain },
            },
            Scale::Razorpay => Factor { step: if exponent == 3 { 10 } else { 1 }, ..plain },
            Scale::Hundredths => Factor {
                mul: 10_i64.pow(2_u32.saturating_sub(exponent)),
                div: 10_i64.pow(exponent.saturating_sub(2)),
                ..plain
            },
            Scale::Whole => Factor { div: 10_i64.pow(exponent), ..plain },
            Scale::Decimal => plain,
        }
    }

    /// The amount as a whole number on the wire.
    ///
    /// # Errors
    /// It is nothing, less than nothing, or has digits that can not be written there.
    pub fn whole(self, money: Money) -> Result<i64, NotPayable> {
        let Factor { mul, div, step } = self.factor(money.currency);
        let refused = |why| NotPayable { amount: duka_engine::contract::write_money(money), why };
        if money.minor <= 0 {
            return Err(refused("there is nothing to pay"));
        }
        let scaled = money.minor.checked_mul(mul).ok_or_else(|| refused("it is too large"))?;
        if scaled % div != 0 || (scaled / div) % step != 0 {
            return Err(refused("it has more digits than can be charged"));
        }
        Ok(scaled / div)
    }

    /// The amount as a decimal in the currency's unit, with all the currency's digits: `1.500`.
    pub fn decimal(self, money: Money) -> Result<String, NotPayable> {
        self.whole(money).map(|_| digits(money))
    }

    /// What a whole number on the wire means. `None`: no amount of this currency.
    pub fn of_whole(self, wire: i64, currency: Currency) -> Option<Money> {
        let Factor { mul, div, .. } = self.factor(currency);
        let scaled = wire.checked_mul(div)?;
        (wire >= 0 && scaled % mul == 0).then_some(Money { minor: scaled / mul, currency })
    }

    /// What a decimal on the wire means.
    pub fn of_decimal(wire: &str, currency: Currency) -> Option<Money> {
        parse_money(&format!("{} {wire}", currency.code())).filter(|money| money.minor >= 0)
    }
}

/// `1.500` of 1500 fils.
pub fn digits(money: Money) -> String {
    Decimal::new(money.minor, money.currency.exponent()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money { minor, currency: Currency::from_code(code).expect("a currency") }
    }

    #[test]
    fn every_provider_gets_its_own_digits_and_gives_them_back() {
        let cases = [
            (Scale::Stripe, 1_500, "KWD", Some(1_500)),
            (Scale::Stripe, 20_921, "KWD", None),
            (Scale::Stripe, 10_000, "UGX", Some(1_000_000)),
            (Scale::Stripe, 500, "JPY", Some(500)),
            (Scale::Stripe, 49_900, "INR", Some(49_900)),
            (Scale::Stripe, 5_000, "MGA", Some(50)),
            (Scale::Stripe, 5_050, "MGA", None),
            (Scale::Razorpay, 1_500, "KWD", Some(1_500)),
            (Scale::Razorpay, 1_234, "KWD", None),
            (Scale::Razorpay, 500, "JPY", Some(500)),
            (Scale::Hundredths, 50_000, "KES", Some(50_000)),
            (Scale::Hundredths, 500, "XOF", Some(50_000)),
            (Scale::Hundredths, 1_234, "KWD", None),
            (Scale::Whole, 50_000, "KES", Some(500)),
            (Scale::Whole, 9_950, "KES", None),
            (Scale::Decimal, 1_234, "OMR", Some(1_234)),
            (Scale::Stripe, 0, "KES", None),
            (Scale::Stripe, -1, "KES", None),
            (Scale::Stripe, i64::MAX, "UGX", None),
        ];
        for (scale, minor, code, wire) in cases {
            let money = money(minor, code);
            assert_eq!(scale.whole(money).ok(), wire, "{scale:?} {minor} {code}");
            if let Some(wire) = wire {
                assert_eq!(scale.of_whole(wire, money.currency), Some(money), "{scale:?} {minor} {code}");
            }
        }
        assert_eq!(Scale::Decimal.decimal(money(1_500, "KWD")).as_deref(), Ok("1.500"));
        assert_eq!(Scale::Decimal.decimal(money(2_900, "BHD")).as_deref(), Ok("2.900"));
        assert_eq!(Scale::of_decimal("1.5", money(0, "KWD").currency), Some(money(1_500, "KWD")));
        assert_eq!(Scale::of_decimal("1.5005", money(0, "KWD").currency), None);
        assert_eq!(Scale::of_decimal("-1", money(0, "KWD").currency), None);
        assert_eq!(Scale::Stripe.of_whole(150, money(0, "UGX").currency), None, "no half shilling");
        assert_eq!(Scale::Stripe.of_whole(-100, money(0, "KES").currency), None);
    }
}
