import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { "@": path("./src") } },
  build: {
    // No data: URLs and no inline module preload, so that a strict content security policy holds.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: path("./index.html"), chat: path("./chat.html") } },
  },
  server: {
    proxy: { "/v1": { target: "http://127.0.0.1:8600", ws: true }, "/healthz": "http://127.0.0.1:8600" },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
