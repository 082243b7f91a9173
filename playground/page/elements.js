// What can be pressed or chosen in messages, home tabs and modals outside of input blocks.
// https://docs.slack.dev/reference/block-kit/block-elements

import { classes, html, useDoings, useState } from "./ui.js";
import { withEmoji } from "./emoji.js";
import { Picture } from "./blocks.js";
import { Icon } from "./icons.js";
import { Input, givenTo } from "./inputs.js";
import { safeAddress } from "./links.js";
import { MenuButton } from "./menu.js";
import { optionsOf } from "./options.js";

export function Element({ element, block, surface }) {
  switch (element.type) {
    case "image":
      return html`<${Picture} image=${element} />`;
    case "button":
      return html`<${Button} element=${element} block=${block} surface=${surface} />`;
    case "icon_button":
      return html`<${IconButton} element=${element} block=${block} surface=${surface} />`;
    case "feedback_buttons":
      return html`<${FeedbackButtons} element=${element} block=${block} surface=${surface} />`;
    case "overflow":
      return html`<${Overflow} element=${element} block=${block} surface=${surface} />`;
    case "static_select":
    case "users_select":
    case "channels_select":
    case "conversations_select":
      return html`<${Select} element=${element} block=${block} surface=${surface} />`;
    default:
      return html`<${Loose} element=${element} block=${block} surface=${surface} />`;
  }
}

/**
 * A press that asks first where the element says so, and happens once at a time. Meanwhile the button is not `disabled`,
 * which would take the focus from it.
 */
function usePress(element, block, surface) {
  const { ask } = useDoings();
  const [busy, setBusy] = useState(false);
  const press = async (given, confirm = element.confirm) => {
    if (busy || (confirm && !(await ask(confirm)))) return;
    setBusy(true);
    try {
      await surface.press(block, element, given);
    } finally {
      setBusy(false);
    }
  };
  return [busy, press];
}

function Button({ element, block, surface }) {
  const [busy, press] = usePress(element, block, surface);
  const address = element.url && safeAddress(element.url);
  const onClick = () => {
    if (address) open(address, "_blank", "noopener");
    press(null);
  };
  return html`<button
    type="button"
    class=${`button ${element.style ?? ""}`}
    aria-label=${element.accessibility_label}
    aria-disabled=${busy}
    onClick=${onClick}
  >
    ${withEmoji(element.text.text)}
  </button>`;
}

function IconButton({ element, block, surface }) {
  const [busy, press] = usePress(element, block, surface);
  const name = element.accessibility_label ?? element.text.text;
  return html`<button
    type="button"
    class="icon"
    aria-label=${name}
    title=${element.text.text}
    aria-disabled=${busy}
    onClick=${() => press(null)}
  >
    <${Icon} name=${element.icon === "trash" ? "bin" : "options"} />
  </button>`;
}

function FeedbackButtons({ element, block, surface }) {
  const [busy, press] = usePress(element, block, surface);
  const chosen = surface.given[block.block_id]?.[element.action_id];
  const side = (button, sign) =>
    html`<button
      type="button"
      class=${classes({ icon: true, feedback: true, pressed: chosen === button.value })}
      aria-pressed=${chosen === button.value}
      aria-label=${button.accessibility_label ?? button.text.text}
      title=${button.text.text}
      aria-disabled=${busy}
      onClick=${() => press(button.value)}
    >
      <${Icon} name=${sign} />
    </button>`;
  return html`<span class="feedback-buttons"
    >${side(element.positive_button, "up")}${side(element.negative_button, "down")}</span
  >`;
}

function Overflow({ element, block, surface }) {
  const [, press] = usePress(element, block, surface);
  const items = element.options.map((option) => ({
    label: withEmoji(option.text.text),
    hint: option.description?.text,
    act: () => {
      if (safeAddress(option.url)) open(safeAddress(option.url), "_blank", "noopener");
      press(option.value);
    },
  }));
  return html`<${MenuButton}
    label=${html`<${Icon} name="options" />`}
    name="More options"
    kind="icon"
    items=${items}
  />`;
}

function Select({ element, block, surface }) {
  const [, press] = usePress(element, block, surface);
  const options = optionsOf(element, surface.state);
  const given = givenTo(element, block, surface);
  const chosen = options.find((option) => option.value === given);
  const placeholder = element.placeholder?.text ?? "Choose";
  const items = options.map((option) => ({ label: option.label, hint: option.hint, act: () => press(option.value) }));
  const name = chosen ? `${placeholder}: ${chosen.label}` : undefined;
  return html`<${MenuButton}
    label=${html`<span>${chosen?.label ?? withEmoji(placeholder)}</span> <span aria-hidden="true">▾</span>`}
    name=${name}
    kind="button select"
    items=${items}
    disabled=${!items.length}
  />`;
}

/** Any other element that keeps a value, told to the app as it changes. */
function Loose({ element, block, surface }) {
  const label = element.placeholder?.text ?? "Choose";
  return html`<${Input} element=${element} block=${block} surface=${surface} labels=${{ label }} tells />`;
}
