// The inputs of modals and home tabs. Each holds a text, a value, or several, as the server takes them (page_inputs.py).

import { html, useState } from "./ui.js";
import { optionsOf } from "./options.js";

const MANY = 12;
const FIELD_TYPES = {
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
  timepicker: "time",
};

/** What an element holds now: what was given, else what it begins with. */
export function givenTo(element, block, surface) {
  const kept = surface.given[block.block_id]?.[element.action_id];
  return kept === undefined ? initial(element) : kept;
}

function initial(element) {
  if (element.initial_option) return element.initial_option.value;
  if (element.initial_options) return element.initial_options.map((option) => option.value);
  const name = Object.keys(element).find((each) => each.startsWith("initial_") && element[each]);
  if (!name) return null;
  return Array.isArray(element[name]) ? element[name] : String(element[name]);
}

/** An input with its label. `caption` is drawn as the label; without one, labels.label names it. `tells` presses. */
export function Input({ element, block, surface, labels, caption, tells = false }) {
  const given = givenTo(element, block, surface);
  const change = (value) => {
    surface.change(block, element, value);
    if (tells || block.dispatch_action) surface.press(block, element, value);
  };
  const kept = { element, block, surface, labels, caption, given, change };
  if (element.type === "plain_text_input" || element.type === "rich_text_input" || element.type in FIELD_TYPES)
    return html`<${TextField} ...${kept} tells=${tells} />`;
  if (element.type === "datetimepicker") return html`<${DateTime} ...${kept} />`;
  if (element.type === "radio_buttons") return html`<${Choices} ...${kept} kind="radio" />`;
  if (element.type === "checkboxes" || element.type.startsWith("multi_"))
    return html`<${Choices} ...${kept} kind="checkbox" />`;
  if (element.type.endsWith("select")) return html`<${OneOf} ...${kept} />`;
  return html`<p class="unknown">(an input of the type “${element.type}”, which this page does not draw)</p>`;
}

function named(labels, caption) {
  return {
    id: labels.id,
    "aria-label": caption ? undefined : labels.label,
    "aria-describedby": labels.describedby,
    "aria-invalid": labels.invalid || undefined,
    required: labels.required,
  };
}

const Label = ({ labels, caption }) => caption && html`<label for=${labels.id}>${caption}</label>`;

function TextField({ element, block, surface, labels, caption, given, tells }) {
  const write = (event) => {
    surface.change(block, element, event.target.value);
    if (tellsOn("on_character_entered")) surface.press(block, element, event.target.value);
  };
  const tellsOn = (moment) =>
    (block.dispatch_action || tells) &&
    (element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"]).includes(moment);
  const onKeyDown = (event) => {
    if (event.key === "Enter" && tellsOn("on_enter_pressed")) {
      event.preventDefault();
      surface.press(block, element, event.target.value);
    }
  };
  const rest = {
    value: given ?? "",
    onInput: write,
    onKeyDown,
    placeholder: element.placeholder?.text,
    minlength: element.min_length,
    maxlength: element.max_length,
    ...named(labels, caption),
  };
  const long = element.multiline || element.type === "rich_text_input";
  const kind = FIELD_TYPES[element.type] ?? "text";
  const range =
    kind === "number"
      ? { min: element.min_value, max: element.max_value, step: element.is_decimal_allowed ? "any" : 1 }
      : {};
  return html`<${Label} labels=${labels} caption=${caption} />
    ${long ? html`<textarea rows="4" ...${rest}></textarea>` : html`<input type=${kind} ...${range} ...${rest} />`}`;
}

/** A moment, which Slack hands on in seconds since 1970. */
function DateTime({ labels, caption, given, change }) {
  const shown = given
    ? new Date(Number(given) * 1000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
    : "";
  const write = (event) => change(event.target.value ? String(new Date(event.target.value).getTime() / 1000) : null);
  return html`<${Label} labels=${labels} caption=${caption} /><input
      type="datetime-local"
      value=${shown}
      onChange=${write}
      ...${named(labels, caption)}
    />`;
}

function OneOf({ element, surface, labels, caption, given, change }) {
  const options = optionsOf(element, surface.state);
  return html`<${Label} labels=${labels} caption=${caption} />
    <select value=${given ?? ""} onChange=${(event) => change(event.target.value || null)} ...${named(labels, caption)}>
      <option value="">${element.placeholder?.text ?? "Choose"}</option>
      ${options.map((option) => html`<option key=${option.value} value=${option.value}>${option.label}</option>`)}
    </select>`;
}

function Choices({ element, surface, labels, caption, given, change, kind }) {
  const [search, setSearch] = useState("");
  const options = optionsOf(element, surface.state);
  const chosen = new Set(Array.isArray(given) ? given : given ? [given] : []);
  const shown = options.filter(
    (option) => chosen.has(option.value) || option.label.toLowerCase().includes(search.toLowerCase()),
  );
  const most = element.max_selected_items ?? Infinity;
  const pick = (value, on) => {
    if (kind === "radio") change(value);
    else change(options.map((option) => option.value).filter((each) => (each === value ? on : chosen.has(each))));
  };
  return html`<fieldset
    class="choices"
    aria-describedby=${labels.describedby}
    aria-label=${caption ? undefined : labels.label}
  >
    ${caption && html`<legend>${caption}</legend>`}
    ${options.length > MANY && html`<input type="search" placeholder="Search" aria-label=${`Search: ${labels.label}`} value=${search} onInput=${(event) => setSearch(event.target.value)} />`}
    <div class="choice-list">
      ${shown.map(
        (option) =>
          html`<label key=${option.value}>
            <input
              type=${kind}
              name=${labels.id ?? element.action_id}
              checked=${chosen.has(option.value)}
              disabled=${kind === "checkbox" && !chosen.has(option.value) && chosen.size >= most}
              onChange=${(event) => pick(option.value, event.target.checked)}
            />
            <span>${option.label}${option.hint && html` <span class="hint">${option.hint}</span>`}</span>
          </label>`,
      )}
    </div>
  </fieldset>`;
}
