// The way all modules write elements, and what they share: the page's doings, handed down the tree.

import { createContext, h } from "preact";
import { useContext } from "preact/hooks";
import htm from "htm";

export { Component, Fragment, createRef, h, render } from "preact";
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

export const html = htm.bind(h);

export const Doings = createContext(null);
export const Page = createContext(null);

/** What can be done on the page, which never changes: whoever uses only this is not drawn anew by it. See main.js. */
export const useDoings = () => useContext(Doings);

/** The same, and what there is to see: {state, place, editing, linked, theme}. */
export const usePage = () => ({ ...useContext(Doings), ...useContext(Page) });

/** The names joined that are true: classes({on: true}) is "on". */
export function classes(names) {
  return Object.keys(names)
    .filter((name) => names[name])
    .join(" ");
}

let numbers = 0;

/** An id that no other element has. */
export const newId = (prefix) => `${prefix}-${++numbers}`;

/** "10:32" of a Slack timestamp, in the reader's own time. */
export function clock(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
