// A throw-away shop without pages, on this machine only.
const { defineConfig } = require("@medusajs/framework/utils")

const here = "http://127.0.0.1"

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    http: { storeCors: here, adminCors: here, authCors: here, jwtSecret: "throw-away", cookieSecret: "throw-away" },
  },
})
