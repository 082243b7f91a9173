// How an answer came about, as the app itself tells it: sections of facts or of tables, whatever they are about.

import { html, useEffect, usePage, useState } from "./ui.js";
import { get } from "./server.js";
import { Link } from "./links.js";
import { messageAt, nameOf } from "./workspace.js";

const SETTLED = [0, 400, 1500];

export function Details({ pane, close }) {
  const { state } = usePage();
  const [told, setTold] = useState(null);
  const [error, setError] = useState("");
  const message = messageAt(state, pane.channel, pane.ts);
  const chosen = state.chosen[`${pane.channel}/${pane.ts}`];
  // Again after whatever may have changed it, a vote above all, which the app takes a moment to note.
  useEffect(() => {
    const timers = SETTLED.map((delay) =>
      setTimeout(async () => {
        try {
          setTold((await get("/page/details", { user: state.me, channel: pane.channel, ts: pane.ts })).details);
          setError("");
        } catch (problem) {
          setError(problem.message);
        }
      }, delay),
    );
    return () => timers.forEach(clearTimeout);
  }, [pane.channel, pane.ts, message, chosen]);
  return html`<header>
      <h2 id="pane-title">How this answer came about</h2>
      ${close}
    </header>
    <div class="details" tabindex="0" role="region" aria-label="Details">
      ${error && !told && html`<p class="error" role="alert">${error}</p>`}
      ${!told && !error && html`<p class="status" role="status">Asking the app …</p>`}
      ${
        told &&
        html`${told.title && html`<p class="details-title">${told.title}</p>`}
        ${told.sections.map((section, key) => html`<${Section} key=${key} section=${section} state=${state} />`)}`
      }
    </div>`;
}

function Section({ section, state }) {
  return html`<section>
    <h3>${section.title}</h3>
    ${section.note && html`<p class="hint">${section.note}</p>`}
    ${
      section.facts &&
      html`<dl>
        ${section.facts.map(
          ([name, value], key) =>
            html`<div key=${key}>
              <dt>${name}</dt>
              <dd>${cell(value, state)}</dd>
            </div>`,
        )}
      </dl>`
    }
    ${
      section.rows &&
      html`<div class="scroll" tabindex="0" role="group" aria-label=${section.title}>
        <table>
          <thead>
            <tr>
              ${section.columns.map((name) => html`<th scope="col" key=${name}>${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${section.rows.map(
              (row, line) =>
                html`<tr key=${line}>
                  ${row.map((value, key) => html`<td key=${key} class=${kindOf(value)}>${cell(value, state)}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
  </section>`;
}

const LONG = 60;

function kindOf(value) {
  if (typeof value === "number") return "number";
  return typeof value === "string" && value.length > LONG ? "long" : undefined;
}

/** A value in words; the id of a person as their name. */
function cell(value, state) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "object")
    return value.url ? html`<${Link} to=${value.url}>${value.text}</${Link}>` : String(value.text ?? "");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return state.users.some((user) => user.id === value) ? nameOf(state, value) : String(value);
}
