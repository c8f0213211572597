// Files beside the text: chosen, pasted or dropped; each is brought at once, and named in the next message.

import { bring, Trouble } from "./api.js";
import { h, one } from "./dom.js";
import { trouble } from "./toasts.js";
import { t } from "./words.js";

const MOST = 10;
let files = [];
let coming = Promise.resolve();

export function setUpFiles() {
  one("#attach").addEventListener("click", () => one("#files").click());
  one("#files").addEventListener("change", (event) => {
    take([...event.target.files]);
    event.target.value = "";
  });
  one("#text").addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files || [])];
    if (!pasted.length) return;
    event.preventDefault();
    take(pasted);
  });
  one("#composer").addEventListener("dragover", (event) => event.preventDefault());
  one("#composer").addEventListener("drop", (event) => {
    event.preventDefault();
    take([...(event.dataTransfer?.files || [])]);
  });
}

// The ids of what is attached, when all of it has arrived.
export async function attached() {
  await coming;
  return files.map((each) => each.id);
}

export function clear() {
  files = [];
  show();
}

function take(chosen) {
  coming = coming.then(async () => {
    for (const file of chosen.slice(0, MOST - files.length)) {
      try {
        files = [...files, await bring(file)];
        show();
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        trouble(error);
      }
    }
  });
}

function show() {
  const box = one("#attached");
  box.hidden = !files.length;
  box.replaceChildren(
    ...files.map((file) =>
      h(
        "span",
        { class: "file" },
        file.media_type.startsWith("image/") ? h("img", { src: `/web/images/${file.id}`, alt: "" }) : null,
        file.name,
        h("button", { type: "button", class: "quiet", "aria-label": t("take_away", { name: file.name }), onclick: () => drop(file) }, "✕"),
      ),
    ),
  );
}

function drop(file) {
  files = files.filter((each) => each !== file);
  show();
  one("#text").focus();
}
