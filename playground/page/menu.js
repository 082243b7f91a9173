// A button that opens a menu, worked by mouse or keyboard: arrows, Home, End, a first letter, Enter, Escape.

import { classes, html, newId, useEffect, useLayoutEffect, useRef, useState } from "./ui.js";

/** `items` are {label, hint?, danger?, act}; `name` says what the button is where `label` is a sign only. */
export function MenuButton({ label, name, items, kind = "", description, disabled = false }) {
  const [open, setOpen] = useState(false);
  const [id] = useState(() => newId("menu"));
  const button = useRef();
  const close = (refocus) => {
    setOpen(false);
    if (refocus) button.current?.focus();
  };
  const onKeyDown = (event) => {
    if (!open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      setOpen(true);
    }
  };
  return html`<span class="menu-holder">
    <button
      type="button"
      ref=${button}
      class=${kind}
      aria-haspopup="menu"
      aria-expanded=${open}
      aria-controls=${open ? id : undefined}
      aria-label=${name}
      title=${name}
      aria-description=${description}
      disabled=${disabled}
      onClick=${() => setOpen(!open)}
      onKeyDown=${onKeyDown}
    >
      ${label}
    </button>
    ${open && html`<${Menu} id=${id} items=${items} beside=${button} close=${close} />`}
  </span>`;
}

function Menu({ id, items, beside, close }) {
  const menu = useRef();
  useLayoutEffect(() => place(menu.current, beside.current), []);
  useEffect(() => {
    entries(menu.current)[0]?.focus();
    const outside = (event) => {
      if (!menu.current?.contains(event.target) && !beside.current?.contains(event.target)) close(false);
    };
    const moved = (event) => {
      if (!menu.current?.contains(event.target)) close(false);
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("scroll", moved, true);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("scroll", moved, true);
    };
  }, []);
  const onKeyDown = (event) => {
    const all = entries(menu.current);
    const now = all.indexOf(document.activeElement);
    const to = {
      ArrowDown: (now + 1) % all.length,
      ArrowUp: (now - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[to].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      if (event.key === "Escape") event.preventDefault();
      close(true);
    } else if (event.key.length === 1)
      all.find((entry) => entry.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  };
  const pick = (item) => {
    close(true);
    item.act();
  };
  return html`<div class="menu" role="menu" id=${id} ref=${menu} onKeyDown=${onKeyDown}>
    ${items.map(
      (item, number) =>
        html` <button
          type="button"
          role="menuitem"
          key=${number}
          tabindex="-1"
          class=${classes({ danger: item.danger })}
          onClick=${() => pick(item)}
        >
          <span>${item.label}</span>${item.hint && html`<span class="hint">${item.hint}</span>`}
        </button>`,
    )}
  </div>`;
}

const entries = (menu) => [...menu.querySelectorAll("[role=menuitem]")];

/** Under the button, or above it where there is no room; always inside the window. */
function place(menu, button) {
  const around = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = around.bottom + height + 8 < innerHeight || around.top < height + 8;
  menu.style.top = `${Math.max(8, below ? Math.min(around.bottom + 4, innerHeight - height - 8) : around.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(around.left, innerWidth - width - 8))}px`;
}
