// How the page is built: plain names instead of hashes (the server answers with an ETag), nothing inlined (the policy
// allows no `data:`), and the same bytes for the same source.
import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2022",
    // Where `light-dark()` is known.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rollupOptions: {
      checks: { pluginTimings: false },
      // Libraries mark files for servers that render React; there is none here.
      onwarn: (warning, tell) => warning.code !== "MODULE_LEVEL_DIRECTIVE" && tell(warning),
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
  // How long a state is waited for: machines differ.
  test: { expect: { poll: { timeout: 45_000, interval: 50 } } },
  worker: { format: "es", rollupOptions: { output: { entryFileNames: "assets/[name].js" } } },
  server: { proxy: { "/api": "http://127.0.0.1:4000", "/media": "http://127.0.0.1:4000" } },
});
