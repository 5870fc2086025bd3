// Sets a fresh Medusa up by its Admin API, as a merchant does by hand: keys, regions, a place with stock, one delivery. Prints what
// the tests have to know of it.
//   node set-up.mjs http://127.0.0.1:9000 user@shop.example password > medusa.json
import { readFileSync } from "node:fs"

const [url, email, password] = process.argv.slice(2)
let authorization = ""

async function ask(path, body) {
  const method = body ? "POST" : "GET"
  const headers = { "content-type": "application/json", ...(authorization && { authorization }) }
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

authorization = `Bearer ${(await ask("/auth/user/emailpass", { email, password })).token}`

const secret = (await ask("/admin/api-keys", { title: "duka", type: "secret" })).api_key.token
const channel = (await ask("/admin/sales-channels")).sales_channels[0].id
const publishable = (await ask("/admin/api-keys", { title: "chat", type: "publishable" })).api_key
await ask(`/admin/api-keys/${publishable.id}/sales-channels`, { add: [channel] })

// Taxes are put on top in Oman only.
const countries = { KES: "ke", KWD: "kw", UGX: "ug", INR: "in", OMR: "om" }
const currencies = Object.keys(countries).map((code, at) => ({ currency_code: code.toLowerCase(), is_default: at === 0 }))
const store = (await ask("/admin/stores")).stores[0].id
await ask(`/admin/stores/${store}`, { supported_currencies: currencies })
const regions = {}
for (const [currency, country] of Object.entries(countries)) {
  const wanted = { name: currency, currency_code: currency.toLowerCase(), countries: [country], payment_providers: ["pp_system_default"] }
  regions[currency] = (await ask("/admin/regions", wanted)).region.id
}
const tax = { name: "VAT", code: "VAT", rate: 5 }
await ask("/admin/tax-regions", { country_code: "om", provider_id: "tp_system", default_tax_rate: tax })

const address = { address_1: "Moi Avenue", city: "Nairobi", country_code: "ke" }
const location = (await ask("/admin/stock-locations", { name: "Shop", address })).stock_location.id
await ask(`/admin/stock-locations/${location}/sales-channels`, { add: [channel] })
await ask(`/admin/stock-locations/${location}/fulfillment-providers`, { add: ["manual_manual"] })
await ask(`/admin/stock-locations/${location}/fulfillment-sets`, { name: "delivery", type: "shipping" })
const sets = (await ask(`/admin/stock-locations/${location}?fields=*fulfillment_sets`)).stock_location.fulfillment_sets
const geo_zones = Object.values(countries).map((country_code) => ({ type: "country", country_code }))
const zones = (await ask(`/admin/fulfillment-sets/${sets[0].id}/service-zones`, { name: "all", geo_zones })).fulfillment_set.service_zones
const profile = (await ask("/admin/shipping-profiles", { name: "default", type: "default" })).shipping_profile.id
await ask("/admin/shipping-options", {
  name: "Standard",
  service_zone_id: zones[0].id,
  shipping_profile_id: profile,
  provider_id: "manual_manual",
  price_type: "flat",
  type: { label: "Standard", description: "-", code: "standard" },
  prices: Object.values(regions).map((region_id) => ({ region_id, amount: 0 })),
  rules: [
    { attribute: "is_return", operator: "eq", value: "false" },
    { attribute: "enabled_in_store", operator: "eq", value: "true" },
  ],
})

// What is asked for the first time takes longest.
const shopper = { "content-type": "application/json", "x-publishable-api-key": publishable.token }
await fetch(`${url}/store/carts`, { method: "POST", headers: shopper, body: JSON.stringify({ region_id: regions.KES, items: [] }) })

const { version } = JSON.parse(readFileSync("node_modules/@medusajs/medusa/package.json", "utf8"))
const recorded = new Date().toISOString().slice(0, 10)
const facts = { version, recorded, url, publishable: publishable.token, secret, regions, channel, location, profile }
console.log(JSON.stringify(facts))
