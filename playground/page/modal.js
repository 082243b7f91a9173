// Modals: the app's views on top of the page, and the question whether something is really to be done.

import { classes, html, newId, useEffect, usePage, useRef, useState } from "./ui.js";
import { Blocks } from "./blocks.js";
import { withEmoji } from "./emoji.js";
import { Icon } from "./icons.js";
import { givenTo } from "./inputs.js";

/** A modal that the app has opened; one `under` another waits with what was written into it. */
export function Modal({ view, under = false }) {
  const { state, act, tell } = usePage();
  const [given, setGiven] = useState({});
  const [errors, setErrors] = useState({});
  const [busy, setBusy] = useState(false);
  const latest = useRef({});
  const place = { view_id: view.id };
  const keep = (block, element, value) => {
    latest.current = {
      ...latest.current,
      [block.block_id]: { ...latest.current[block.block_id], [element.action_id]: value },
    };
    setGiven(latest.current);
  };
  const surface = {
    state,
    given,
    errors,
    change: keep,
    press: (block, element, value) => {
      if (block.type !== "input" && value !== null) keep(block, element, value);
      return act("press", {
        ...place,
        block_id: block.block_id,
        action_id: element.action_id,
        given: value,
        state: latest.current,
      });
    },
  };
  const submit = async (event) => {
    event.preventDefault();
    const lacking = missing(view, surface);
    setErrors(lacking);
    if (Object.keys(lacking).length) {
      focusError();
      return;
    }
    setBusy(true);
    const told = await act("submit", { ...place, state: latest.current });
    setBusy(false);
    if (told?.answer?.response_action === "errors") {
      setErrors(told.answer.errors);
      focusError();
    }
  };
  const close = () => act("close", place);
  return html`<${Dialog} title=${withEmoji(view.title.text)} onClose=${close} under=${under}>
    <form novalidate onSubmit=${submit}>
      <div class="dialog-body" tabindex="0" role="region" aria-label=${view.title.text}><${Blocks} blocks=${view.blocks} surface=${surface} /></div>
      <footer><button type="button" class="button" onClick=${close}>${view.close ? withEmoji(view.close.text) : "Cancel"}</button>
        ${view.submit && html`<button type="submit" class="button primary" disabled=${busy}>${withEmoji(view.submit.text)}</button>`}</footer>
    </form></${Dialog}>`;
}

const focusError = () => setTimeout(() => document.querySelector("dialog [aria-invalid]")?.focus());

/** What is wrong before the app is asked: what is required and empty, or too short. */
function missing(view, surface) {
  const wrong = {};
  for (const block of view.blocks.filter((each) => each.type === "input")) {
    const given = givenTo(block.element, block, surface);
    const empty = given === null || given.length === 0 || (typeof given === "string" && !given.trim());
    if (empty && !block.optional) wrong[block.block_id] = "Please complete this required field.";
    else if (!empty && block.element.min_length > given.length)
      wrong[block.block_id] = `Please write at least ${block.element.min_length} characters.`;
  }
  return wrong;
}

export function Dialog({ title, onClose, under = false, children }) {
  const [id] = useState(() => newId("dialog"));
  const box = useRef();
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    box.current.querySelector("input, textarea, select")?.focus();
    return () => before?.focus?.();
  }, []);
  return html`<dialog
    ref=${box}
    class=${classes({ under })}
    aria-labelledby=${id}
    onCancel=${(event) => {
      event.preventDefault();
      onClose();
    }}
  >
    <header>
      <h2 id=${id}>${title}</h2>
      <button type="button" class="icon" aria-label="Close" title="Close" onClick=${onClose}>
        <${Icon} name="close" />
      </button>
    </header>
    ${children}
  </dialog>`;
}

/** The confirmation that an element asks for. https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
export function Confirmation({ confirm, answer }) {
  const text = (part, otherwise) => withEmoji(part?.text ?? otherwise);
  return html`<${Dialog} title=${text(confirm.title, "Are you sure?")} onClose=${() => answer(false)}>
    <div class="dialog-body"><p>${text(confirm.text, "")}</p></div>
    <footer><button type="button" class="button" onClick=${() => answer(false)}>${text(confirm.deny, "Cancel")}</button>
      <button type="button" class=${`button ${confirm.style ?? "primary"}`} onClick=${() => answer(true)}>${text(confirm.confirm, "Yes")}</button></footer></${Dialog}>`;
}
