// The message box: Enter sends, Shift+Enter breaks the line, / lists commands, @ and # complete names.

import { html, newId, useEffect, useRef, useState, usePage } from "./ui.js";
import { Icon } from "./icons.js";
import { MenuButton } from "./menu.js";

export function Composer({ channel, threadTs = null, placeholder, editing = null, autofocus = false }) {
  const { state, send, write, act } = usePage();
  const [text, setText] = useState("");
  const [picked, setPicked] = useState(0);
  const [dismissed, setDismissed] = useState(false);
  const [id] = useState(() => newId("composer"));
  const box = useRef();
  useEffect(() => {
    setText(editing ? plainText(editing, state) : "");
    box.current.value = "";
    if (editing) box.current.focus();
  }, [channel, threadTs, editing]);
  useEffect(() => {
    if (autofocus) box.current.focus({ preventScroll: true });
  }, [channel, threadTs]);
  useEffect(() => {
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(200, box.current.scrollHeight)}px`;
  }, [text]);
  const found = dismissed ? [] : completions(text, box.current?.selectionStart ?? text.length, state, threadTs);
  const take = (completion) => {
    setText(completion.text);
    setPicked(0);
    setDismissed(completion.done ?? false);
    box.current.focus();
  };
  const submit = async () => {
    const said = text.trim();
    if (!said) return;
    setText("");
    if (!(await send({ channel, threadTs, text: said, editing }))) setText(said);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    if (found.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      setPicked((picked + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length);
    } else if (found.length && (event.key === "Tab" || (event.key === "Enter" && !found[picked]?.whole))) {
      event.preventDefault();
      take(found[Math.min(picked, found.length - 1)]);
    } else if (event.key === "Escape" && (found.length || editing)) {
      event.preventDefault();
      event.stopPropagation();
      if (found.length) setDismissed(true);
      else write(null);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  };
  const onInput = (event) => {
    setText(event.target.value);
    setPicked(0);
    setDismissed(false);
  };
  const shortcuts = [
    ...state.app.shortcuts
      .filter((shortcut) => shortcut.type === "global")
      .map((shortcut) => ({
        label: shortcut.name,
        hint: shortcut.description,
        act: () => act("shortcut", { callback_id: shortcut.callback_id }),
      })),
    ...(threadTs
      ? []
      : state.app.commands.map((command) => ({
          label: command.command,
          hint: command.description,
          act: () => take({ text: `${command.command} `, done: true }),
        }))),
  ];
  return html`<form
    class="composer"
    onSubmit=${(event) => {
      event.preventDefault();
      submit();
    }}
  >
    ${editing && html`<p class="hint">Editing a message; Escape leaves it as it was.</p>`}
    ${
      found.length > 0 &&
      html`<ul class="completions" role="listbox" id=${`${id}-list`} aria-label="Suggestions">
        ${found.map(
          (completion, number) =>
            html` <li
              role="option"
              key=${completion.text}
              id=${`${id}-${number}`}
              aria-selected=${number === picked}
              onPointerDown=${(event) => {
                event.preventDefault();
                take(completion);
              }}
            >
              <strong>${completion.label}</strong> <span class="hint">${completion.hint}</span>
            </li>`,
        )}
      </ul>`
    }
    <div class="box">
      <textarea
        ref=${box}
        rows="1"
        value=${text}
        placeholder=${placeholder}
        aria-label=${placeholder}
        aria-autocomplete="list"
        aria-controls=${found.length ? `${id}-list` : undefined}
        aria-activedescendant=${found.length ? `${id}-${picked}` : undefined}
        onInput=${onInput}
        onKeyDown=${onKeyDown}
      ></textarea>
      <div class="box-buttons">
        ${shortcuts.length > 0 && html`<${MenuButton} label=${html`<${Icon} name="bolt" />`} name="Shortcuts and commands" kind="icon" items=${shortcuts} />`}
        <button type="submit" class="button primary" disabled=${!text.trim()}>Send</button>
      </div>
    </div>
  </form>`;
}

/** What the last word before the cursor can become: {text, label, hint}; `whole` where it is that already. */
function completions(text, cursor, state, threadTs) {
  const before = text.slice(0, cursor);
  if (/^\/\S*$/.test(before) && !threadTs) {
    return state.app.commands
      .filter((command) => command.command.startsWith(before))
      .map((command) => ({
        text: `${command.command} `,
        label: `${command.command} ${command.usage_hint ?? ""}`,
        hint: command.description ?? "",
        done: true,
      }));
  }
  const match = /(?:^|\s)([@#])([\w.-]*)$/.exec(before);
  if (!match) return [];
  const [, sign, start] = match;
  const names =
    sign === "@"
      ? [
          ...state.users.map((user) => ({ name: user.name, hint: user.real_name })),
          ...state.groups.map((group) => ({ name: group.handle, hint: group.name })),
        ]
      : state.channels.filter((channel) => !channel.is_im).map((channel) => ({ name: channel.name, hint: "" }));
  return names
    .filter(({ name }) => name.startsWith(start.toLowerCase()))
    .slice(0, 8)
    .map(({ name, hint }) => ({
      text: `${before.slice(0, before.length - start.length)}${name} ${text.slice(cursor)}`,
      label: sign + name,
      hint,
      whole: name === start.toLowerCase() && text.length === cursor,
    }));
}

/** A message's text as it was typed. */
function plainText(message, state) {
  const names = (sign, id) =>
    state.users.find((user) => user.id === id)?.name ?? state.channels.find((channel) => channel.id === id)?.name ?? id;
  return message.text
    .replace(/<([@#])([^<>|]+)(?:\|[^<>]*)?>/g, (whole, sign, id) => sign + names(sign, id))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}
