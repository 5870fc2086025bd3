#!/usr/bin/env bash
# Builds Duka and shows what it does with the boutique: check it, break it, test it, talk to it, draw it.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet -p duka
duka=$PWD/target/release/duka
shop=examples/boutique
broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "\$ duka check $shop"
"$duka" check "$shop"

say "The same with a typo, and with free text where WhatsApp refuses it"
cp -r "$shop" "$broken/boutique"
sed -i 's/-> checkout$/-> chekout/; s/^  send cart_reminder$/  say: Your bag is still here./' "$broken/boutique/boutique.duka"
(cd "$broken" && "$duka" check boutique | head -60) || true

say "\$ duka test $shop --coverage"
"$duka" test "$shop" --coverage | tail -20

say "\$ duka chat $shop"
printf '%s\n' hi Shop Dresses "Kitenge wrap dress" "Add to bag" 2 "/wait 26 hours" "/event payment.paid" | "$duka" chat "$shop"

say "\$ duka draw $shop -o target/boutique.svg"
"$duka" draw "$shop" -o target/boutique.svg
echo "Open target/boutique.svg in a browser."
