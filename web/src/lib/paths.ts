/** Where to go next, as an address told: only paths of this site; else the start. */
export function localPath(wanted: unknown): string {
  return typeof wanted === "string" && /^\/(?![/\\])/.test(wanted) ? wanted : "/";
}
