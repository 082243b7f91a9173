// Where on the page someone is. It stands in the address, so that a reload and the browser's back button find it:
// #/alice/C0GENERAL1/thread/C0GENERAL1/1732.0001 is alice in a channel with a thread at the side.

export const PANES = ["thread", "details", "assistant"];

export function readPlace(hash) {
  const [, person, channel, kind, of, ts] = decodeURIComponent(hash.replace(/^#/, "")).split("/");
  const pane = PANES.includes(kind) ? { kind, channel: of || null, ts: ts || null } : null;
  return { person: person || "alice", channel: channel || null, pane };
}

export function writePlace({ person, channel, pane }) {
  const parts = [person, channel, ...(pane ? [pane.kind, pane.channel, pane.ts] : [])];
  return `#/${parts.filter(Boolean).map(encodeURIComponent).join("/")}`;
}
