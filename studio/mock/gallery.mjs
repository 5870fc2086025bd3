// One message of each kind, as WhatsApp writes it: what the page has to be able to draw.

const image = (name) => ({ url: `/mock/${name}.svg`, mime: "image/svg+xml" });

export const products = [
  { sku: "D-101", name: "Kitenge wrap dress", price: "KES 2,500", stock: 8, image: "/mock/d-101.svg", description: "Wax print, wraps at the waist, two pockets." },
  { sku: "D-102", name: "Hand-dyed linen dress with pockets", price: "KES 3,900", stock: 3, image: "/mock/d-102.svg", description: "Indigo, hand-dyed in Machakos." },
  { sku: "D-103", name: "Blue evening dress", price: "KES 6,200", stock: 0, image: "/mock/d-103.svg" },
  { sku: "T-201", name: "Ankara crop top", price: "KES 1,200", stock: 12, image: "/mock/t-201.svg" },
  { sku: "S-301", name: "Beaded leather sandals", price: "KES 1,800", stock: 5, image: "/mock/s-301.svg" },
];
export const bySku = Object.fromEntries(products.map((one) => [one.sku, one]));

const text = (body) => ({ type: "text", text: { body } });
const interactive = (it) => ({ type: "interactive", interactive: it });
const buttons = (...titles) => ({ buttons: titles.map((title) => ({ type: "reply", reply: { id: `r.${title}`, title } })) });

export const form = {
  version: "7.0",
  screens: [
    {
      id: "FORM",
      title: "Delivery details",
      terminal: true,
      layout: {
        type: "SingleColumnLayout",
        children: [
          { type: "TextHeading", text: "${data.heading}" },
          { type: "TextInput", "input-type": "text", name: "name", label: "${data.label_name}", required: true },
          { type: "TextInput", "input-type": "text", name: "street", label: "${data.label_street}", required: true },
          { type: "Dropdown", name: "town", label: "${data.label_town}", required: true, "data-source": "${data.options_town}" },
          { type: "TextInput", "input-type": "text", name: "notes", label: "${data.label_notes}", required: false },
          { type: "Footer", label: "${data.submit}", "on-click-action": { name: "complete", payload: {} } },
        ],
      },
    },
  ],
};

/** A form of two screens. */
const fitting = {
  version: "7.1",
  screens: [
    { id: "WHO", title: "Who comes", layout: { type: "SingleColumnLayout", children: [{ type: "TextInput", name: "who", label: "Name", required: true }, { type: "Footer", label: "Go on", "on-click-action": { name: "navigate", next: { type: "screen", name: "WHEN" }, payload: {} } }] } },
    { id: "WHEN", title: "When", terminal: true, layout: { type: "SingleColumnLayout", children: [{ type: "DatePicker", name: "day", label: "Day", required: true }, { type: "Footer", label: "Book", "on-click-action": { name: "complete", payload: {} } }] } },
  ],
};

export const formMessage = {
  type: "flow",
  body: { text: "Where should we deliver?" },
  action: {
    name: "flow",
    parameters: {
      flow_message_version: "3",
      flow_token: "t.1",
      flow_id: "1234500000000001",
      flow_cta: "Delivery details",
      flow_action: "navigate",
      flow_action_payload: {
        screen: "FORM",
        data: {
          heading: "Delivery details",
          submit: "Save",
          label_name: "Your name",
          label_street: "Street and building",
          label_town: "Town",
          options_town: ["Kilimani", "Westlands", "Lavington"].map((id) => ({ id, title: id })),
          label_notes: "Notes for the rider",
        },
      },
    },
  },
};

/** `[way, body, extras]`, oldest first. */
export const gallery = [
  ["in", text("hi")],
  ["out", text("*Bold*, _italic_, ~struck~, ```mono``` and `code`.\n> a quote\n* first\n* second\n1. one\nTrack it: https://example.com/t/991, thank you.")],
  ["out", interactive({ type: "button", header: { type: "text", text: "Zuri Boutique" }, body: { text: "Karibu Amina! Welcome to *Zuri Boutique*. How can we help?" }, footer: { text: "Open until 18:00" }, action: buttons("Shop", "Track my order", "Help") })],
  ["in", interactive({ type: "button_reply", button_reply: { id: "r.Shop", title: "Shop" } }), { quotes: 3 }],
  ["out", interactive({ type: "list", header: { type: "text", text: "Categories" }, body: { text: "What are you looking for?" }, action: { button: "See categories", sections: [{ title: "Clothes", rows: [{ id: "c.1", title: "Dresses", description: "3 items" }, { id: "c.2", title: "Tops", description: "1 item" }] }, { title: "More", rows: [{ id: "c.3", title: "Search by name" }] }] } })],
  ["in", interactive({ type: "list_reply", list_reply: { id: "c.1", title: "Dresses", description: "3 items" } }), { quotes: 5 }],
  ["out", { type: "image", image: { link: "https://zuri.example/photos/d-101.jpg", caption: "Fresh from the tailor" } }, { media: image("d-101") }],
  ["out", { type: "image", image: { link: "https://zuri.example/photos/none.jpg" } }],
  ["out", interactive({ type: "button", header: { type: "image", image: { link: "https://zuri.example/photos/d-102.jpg" } }, body: { text: "*Hand-dyed linen dress with pockets*\nKES 3,900\nonly 3 left" }, action: buttons("Add to bag", "More choices") }), { media: image("d-102") }],
  ["out", interactive({ type: "product", body: { text: "Back in stock" }, footer: { text: "While it lasts" }, action: { catalog_id: "194830000000001", product_retailer_id: "D-101" } }), { product: bySku["D-101"] }],
  ["out", interactive({ type: "product_list", header: { type: "text", text: "New this week" }, body: { text: "Fresh today" }, action: { catalog_id: "194830000000001", sections: [{ title: "Dresses", product_items: [{ product_retailer_id: "D-101" }, { product_retailer_id: "D-102" }] }, { title: "Shoes", product_items: [{ product_retailer_id: "S-301" }] }] } }), { products: bySku }],
  ["out", interactive({ type: "catalog_message", body: { text: "Browse everything we have." }, action: { name: "catalog_message", parameters: { thumbnail_product_retailer_id: "T-201" } } }), { products: bySku }],
  ["in", { type: "order", order: { catalog_id: "194830000000001", text: "Please gift-wrap", product_items: [{ product_retailer_id: "D-101", quantity: 2, item_price: 2500, currency: "KES" }, { product_retailer_id: "S-301", quantity: 1, item_price: 1800, currency: "KES" }] } }, { products: bySku }],
  ["out", interactive({ type: "carousel", body: { text: "Our picks" }, action: { cards: [{ card_index: 0, type: "cta_url", header: { type: "image", image: { link: "/mock/d-101.svg" } }, body: { text: "Kitenge wrap dress" }, action: { name: "cta_url", parameters: { display_text: "Open", url: "https://example.com/1" } } }, { card_index: 1, header: { type: "image", image: { link: "/mock/d-102.svg" } }, body: { text: "Linen dress" }, action: { buttons: [{ type: "quick_reply", quick_reply: { id: "q.1", title: "I want it" } }] } }] } })],
  ["out", interactive({ type: "cta_url", body: { text: "Total *KES 6,800*. Pay on the secure page. Please never send card numbers in this chat." }, footer: { text: "The link is good for 30 minutes" }, action: { name: "cta_url", parameters: { display_text: "Pay securely", url: "https://pay.example.com/c/abc" } } })],
  ["out", interactive({ type: "cta_url", body: { text: "A link that must not open" }, action: { name: "cta_url", parameters: { display_text: "Tap me", url: "javascript:alert(1)" } } })],
  ["out", interactive({ type: "order_details", body: { text: "Your order 991" }, footer: { text: "Thanks" }, action: { name: "review_and_pay", parameters: { reference_id: "991-1", type: "physical-goods", currency: "INR", total_amount: { value: 21000, offset: 100 }, payment_settings: [{ type: "payment_link", payment_link: { uri: "https://pay.example.com/c/991" } }], order: { status: "pending", items: [{ retailer_id: "SKU-1", name: "Green tee", amount: { value: 10000, offset: 100 }, quantity: 2 }], subtotal: { value: 20000, offset: 100 }, tax: { value: 1000, offset: 100, description: "GST" }, shipping: { value: 1000, offset: 100 }, discount: { value: 1000, offset: 100, description: "Promo" } } } } })],
  ["out", interactive({ type: "order_status", body: { text: "On its way" }, action: { name: "review_order", parameters: { reference_id: "991-1", order: { status: "partially_shipped", description: "Courier X" } } } })],
  ["out", interactive(formMessage), { form }],
  ["out", interactive({ ...formMessage, body: { text: "Two screens, one after the other." }, action: { ...formMessage.action, parameters: { ...formMessage.action.parameters, flow_cta: "Book a fitting", flow_action_payload: { screen: "WHO", data: {} } } } }), { form: fitting }],
  ["in", interactive({ type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: JSON.stringify({ flow_token: "t.1", name: "Amina", street: "Biashara Street 4", town: "Kilimani" }) } }), { quotes: 19 }],
  ["out", interactive({ type: "location_request_message", body: { text: "Where should we deliver?" }, action: { name: "send_location" } })],
  ["in", { type: "location", location: { latitude: -1.29066, longitude: 36.78262, name: "Kilimani", address: "Argwings Kodhek Road, Nairobi" } }],
  ["out", { type: "location", location: { latitude: "-1.2833", longitude: "36.8167", name: "Zuri Boutique", address: "Biashara Street 12, Nairobi" } }],
  ["out", interactive({ type: "request_contact_info", body: { text: "Share your number for the courier" }, action: { name: "request_contact_info" } })],
  ["in", { type: "contacts", contacts: [{ name: { formatted_name: "Amina Odhiambo" }, phones: [{ phone: "+254 700 000000" }] }] }],
  ["out", { type: "contacts", contacts: [{ name: { formatted_name: "Shop Support", first_name: "Shop" }, phones: [{ phone: "+254700000009" }], org: { company: "Zuri Boutique" } }] }],
  ["in", { type: "image", image: { id: "100338342", mime_type: "image/jpeg", caption: "Like this one, but blue" } }, { media: image("t-201") }],
  ["in", { type: "audio", audio: { id: "1", mime_type: "audio/ogg; codecs=opus", voice: true } }, { media: { url: "/mock/voice.ogg", mime: "audio/ogg" } }],
  ["out", { type: "document", document: { link: "https://zuri.example/invoice.pdf", filename: "invoice-991.pdf", caption: "Your invoice" } }, { media: { url: "/mock/invoice.pdf", mime: "application/pdf" } }],
  ["out", { type: "video", video: { link: "https://zuri.example/v.mp4", caption: "How it is made" } }],
  ["in", { type: "sticker", sticker: { id: "2", mime_type: "image/webp", animated: false } }, { media: image("s-301") }],
  ["out", { type: "template", template: { name: "order_shipped", language: { code: "en" }, components: [{ type: "body", parameters: [{ type: "text", text: "Amina" }] }, { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: "p.track" }] }] } }, { template: { header: { type: "TEXT", text: "On its way" }, body: "Good news Amina, order Z-1042 is on its way. Thank you!", footer: "Zuri Boutique", category: "UTILITY", buttons: [{ type: "QUICK_REPLY", text: "Track my order" }, { type: "URL", text: "See the parcel", url: "https://rider.example/{{1}}" }, { type: "PHONE_NUMBER", text: "Call the rider", phone_number: "+254700000001" }] } }],
  ["in", { type: "button", button: { payload: "p.track", text: "Track my order" } }, { quotes: 32 }],
  ["out", { type: "template", template: { name: "coupon", language: { code: "en" }, components: [{ type: "button", sub_type: "copy_code", index: "0", parameters: [{ type: "coupon_code", coupon_code: "SUMMER20" }] }] } }, { template: { header: { type: "IMAGE" }, body: "A summer gift: 20 % off with the code SUMMER20.", footer: "Send STOP to end these", category: "MARKETING", buttons: [{ type: "COPY_CODE", text: "Copy code" }] }, media: image("t-201") }],
  ["out", { type: "template", template: { name: "picks", language: { code: "en" }, components: [{ type: "body", parameters: [{ type: "text", text: "Amina" }] }, { type: "carousel", cards: [{ card_index: 0, components: [{ type: "header", parameters: [{ type: "image", image: { link: "/mock/d-101.svg" } }] }, { type: "body", parameters: [{ type: "text", text: "2,500" }] }, { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: "p.d-101" }] }, { type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "d-101" }] }] }, { card_index: 1, components: [{ type: "header", parameters: [{ type: "image", image: { link: "/mock/d-102.svg" } }] }] }] }] } }, { template: { body: "Amina, these came in today.", category: "MARKETING", cards: [{ components: [{ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Kitenge wrap dress, KES {{1}}" }, { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Keep one for me" }, { type: "URL", text: "See it", url: "https://zuri.example/{{1}}" }] }] }, { components: [{ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Linen dress" }, { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Keep one for me" }, { type: "URL", text: "See it", url: "https://zuri.example/{{1}}" }] }] }] } }],
  ["in", text("🎉")],
  ["out", { type: "reaction", reaction: { message_id: "wamid.G36", emoji: "❤️" } }],
  ["out", text("Sent, and never arrived."), { status: "failed", error: { code: 131047, title: "Re-engagement message" } }],
  ["in", { type: "text", text: { body: "forwarded words" }, context: { forwarded: true } }],
  ["in", { type: "unsupported", errors: [{ code: 131051, title: "Message type unknown" }], unsupported: { type: "poll" } }],
  ["out", { type: "hologram", hologram: {} }],
  ["out", text("A very long word to break: " + "Donaudampfschifffahrtsgesellschaft".repeat(4))],
];

/** Words that try to be something else. */
export const hostile = [
  ["in", text("<script>document.title='owned'</script><img src=x onerror=alert(1)>")],
  ["out", text("*<b>bold</b>* & <a href=\"javascript:alert(1)\">tap</a> javascript:alert(1)")],
  ["out", interactive({ type: "button", header: { type: "text", text: "\u202Eevil header" }, body: { text: "abc \u202Egnp.exe\u202C after" }, action: buttons("<i>One</i>", "\u202Eowt") })],
  ["out", interactive({ type: "list", body: { text: "{{constructor}}" }, action: { button: "<u>Open</u>", sections: [{ title: "<h1>", rows: [{ id: "1", title: "<script>", description: "\u2067mirror" }] }] } })],
  ["in", { type: "contacts", contacts: [{ name: { formatted_name: "\"><svg onload=alert(1)>" }, phones: [{ phone: "1" }] }] }],
  ["out", text("zalgo t\u0336e\u0336x\u0336t and 👩‍👩‍👧‍👦 and \u0000 nul")],
];

export const arabic = [
  ["in", text("مرحبا")],
  ["out", interactive({ type: "button", body: { text: "أهلا ليلى! مرحبا بك في *Zuri Boutique*. كيف نساعدك؟" }, action: buttons("تسوق", "تتبع طلبي", "مساعدة") })],
  ["in", interactive({ type: "button_reply", button_reply: { id: "r.تسوق", title: "تسوق" } }), { quotes: 2 }],
  ["out", interactive({ type: "list", body: { text: "عم تبحث؟" }, action: { button: "عرض الأقسام", sections: [{ title: "الملابس", rows: [{ id: "1", title: "فساتين", description: "3 قطع" }, { id: "2", title: "بلوزات", description: "قطعة واحدة" }] }] } })],
  ["in", text("كم سعر Kitenge wrap dress؟")],
  ["out", interactive({ type: "product", body: { text: "متوفر الآن" }, action: { catalog_id: "194830000000001", product_retailer_id: "D-101" } }), { product: bySku["D-101"] }],
  ["out", interactive({ type: "cta_url", body: { text: "المجموع *KES 2,500*. ادفع في الصفحة الآمنة." }, action: { name: "cta_url", parameters: { display_text: "ادفع الآن", url: "https://pay.example.com/c/abc" } } })],
];
