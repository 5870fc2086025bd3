// Tells Duka of orders, prices and stock. Copy this file into src/subscribers of your Medusa, and set in its environment
//   DUKA_WEBHOOK=https://YOUR-SERVER/webhooks/SHOP/orders
//   MEDUSA_WEBHOOK_SECRET, the same that Duka has
// Orders that no conversation has are told too: Duka leaves them alone.
const { createHmac } = require("node:crypto")
const { getOrderDetailWorkflow } = require("@medusajs/medusa/core-flows")

const fields = [
  "id", "status", "currency_code", "total", "shipping_total", "created_at", "metadata", "*items",
  "fulfillments.labels.tracking_url", "fulfillments.labels.tracking_number",
]

async function post(body) {
  const bytes = JSON.stringify(body)
  const mark = createHmac("sha256", process.env.MEDUSA_WEBHOOK_SECRET).update(bytes).digest("hex")
  const headers = { "content-type": "application/json", "x-duka-signature": mark }
  const answer = await fetch(process.env.DUKA_WEBHOOK, { method: "POST", headers, body: bytes })
  // Medusa tries again after an error, where its event bus can (the one with Redis).
  if (!answer.ok) throw new Error(`Duka answered ${answer.status}`)
}

// Of which order an event tells.
async function order_of({ name, data }, query) {
  if (name.startsWith("order.")) return data.order_id ?? data.id
  const one = async (entity, field) => {
    const { data: found } = await query.graph({ entity, fields: [field], filters: { id: data.id } })
    return found[0]
  }
  if (name.startsWith("payment.")) {
    return (await one("payment", "payment_collection.order.id"))?.payment_collection?.order?.id
  }
  return (await one("fulfillment", "order.id"))?.order?.id
}

exports.default = async function duka({ event, container }) {
  if (!process.env.DUKA_WEBHOOK) return
  if (/^(product|inventory|pricing)/.test(event.name)) return post({ event: event.name })
  const order_id = await order_of(event, container.resolve("query"))
  if (!order_id) return
  const { result: order } = await getOrderDetailWorkflow(container).run({ input: { order_id, fields } })
  await post({ event: event.name, order })
}

exports.config = {
  event: [
    "order.placed", "order.canceled", "order.fulfillment_created", "payment.captured", "payment.refunded", "shipment.created",
    "delivery.created", "product-variant.updated", "inventory.inventory-level.updated",
    "inventory.reservation-item.created", "inventory.reservation-item.deleted", "pricing.price.updated",
  ],
}
