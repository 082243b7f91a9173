// The left side: who one posts as, the channels, the app, and the files that were dropped.

import { classes, html, usePage } from "./ui.js";
import { Files } from "./files.js";
import { Icon } from "./icons.js";
import { Avatar } from "./message.js";
import { directMessage } from "./workspace.js";

export function Sidebar() {
  const { state, place, go, openAssistant, theme, setTheme, linked } = usePage();
  const direct = directMessage(state);
  const entry = (id, sign, name, unread) =>
    html`<li key=${id}>
      <button
        type="button"
        class=${classes({ place: true, here: place.channel === id, unread })}
        aria-current=${place.channel === id ? "page" : undefined}
        onClick=${() => go({ channel: id, pane: place.pane?.kind === "assistant" ? place.pane : null })}
      >
        <span class="sign" aria-hidden="true">${sign}</span
        ><span>${name}</span>${unread && html`<span class="dot"><span class="hidden">, unread</span></span>`}
      </button>
    </li>`;
  return html`<nav class="sidebar" aria-label="Workspace">
    <h1>${state.team}</h1>
    ${!linked && html`<p class="lost" role="status">The playground does not answer. Trying again …</p>`}
    <${Person} />
    <h2 id="channels">Channels</h2>
    <ul aria-labelledby="channels">
      ${state.channels
        .filter((channel) => !channel.is_im)
        .map((channel) =>
          entry(
            channel.id,
            channel.is_private ? html`<${Icon} name="lock" />` : "#",
            channel.name,
            state.unread.has(channel.id),
          ),
        )}
    </ul>
    <h2 id="apps">Apps</h2>
    <ul aria-labelledby="apps">
      ${direct && entry(direct.id, html`<${Icon} name="envelope" />`, `${state.app.name} (direct message)`, state.unread.has(direct.id))}
      ${state.app.home_tab && entry("home", html`<${Icon} name="home" />`, `${state.app.name}: Home`, false)}
      ${
        state.app.assistant &&
        html`<li>
          <button type="button" class="place" onClick=${openAssistant}>
            <span class="sign" aria-hidden="true"><${Icon} name="spark" /></span
            ><span>${state.app.name}: Assistant</span>
          </button>
        </li>`
      }
    </ul>
    ${state.drop && html`<${Files} />`}
    <label class="theme"
      >Appearance
      <select value=${theme} onChange=${(event) => setTheme(event.target.value)}>
        <option value="system">As the system</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  </nav>`;
}

function Person() {
  const { state, become } = usePage();
  const people = state.users.filter((user) => !user.is_bot);
  const role = (user) => (user.is_admin ? ", admin" : user.is_restricted ? ", guest" : "");
  const me = people.find((user) => user.id === state.me);
  return html`<label class="person"
    ><${Avatar} user=${me} name=${me.name} /><span
      >You are
      <select value=${me.name} onChange=${(event) => become(event.target.value)}>
        ${people.map((user) => html`<option key=${user.id} value=${user.name}>${user.real_name}${role(user)}</option>`)}
      </select></span
    ></label
  >`;
}
