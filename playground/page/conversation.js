// The messages of a channel or a thread, the newest in sight, with the app's working status under them.

import { html, useLayoutEffect, useRef } from "./ui.js";
import { Message, repliesTo } from "./message.js";
import { nameOf } from "./workspace.js";

const TOGETHER = 300;
const NEAR = 120;

/** `statuses` are threads whose status is shown at the end; `label` names the list. */
export function MessageList({ messages, state, inPane = false, statuses = [], label, empty }) {
  const box = useRef();
  const atEnd = useRef(true);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
  };
  useLayoutEffect(() => {
    if (atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  });
  return html`<div class="messages" ref=${box} onScroll=${onScroll} tabindex="0" role="region" aria-label=${label}>
    ${messages.length === 0 && html`<div class="empty">${empty}</div>`}
    <ol>
      ${messages.map(
        (message, number) =>
          html`<${Message}
            key=${message.ts}
            message=${message}
            state=${state}
            inPane=${inPane}
            chosen=${state.chosen[`${message.channel}/${message.ts}`]}
            joined=${follows(messages[number - 1], message)}
            replies=${inPane ? 0 : repliesTo(state, message)}
          />`,
      )}
    </ol>
    ${statuses.map((thread) => html`<${Status} key=${thread.ts} thread=${thread} state=${state} />`)}
  </div>`;
}

function Status({ thread, state }) {
  const said = thread.loading_messages?.[0] || thread.status;
  return html`<p class="status">
    <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span> ${nameOf(state, state.app.bot_user_id)} ${said}
  </p>`;
}

/** Whether a message stands under the one before it without a head of its own. */
function follows(before, message) {
  return (
    Boolean(before) &&
    before.user === message.user &&
    !before.visible_to &&
    !message.visible_to &&
    Number(message.ts) - Number(before.ts) < TOGETHER
  );
}
