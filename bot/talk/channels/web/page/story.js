// Buttons of the demo's story, there only when a story is being played.

import { get, post } from "./api.js";
import { h, icon, one } from "./dom.js";
import { toast, trouble } from "./toasts.js";

export async function paint(has) {
  const scenes = has ? (await get("/web/story")).scenes : [];
  one("#story").hidden = !scenes.length;
  one("#scenes").replaceChildren(...scenes.map(sceneButton));
}

function sceneButton(scene) {
  const button = h("button", { class: `scene${scene.danger ? " danger-line" : ""}`, title: scene.about, dataset: { scene: scene.id } }, icon("bolt", 14), h("span", {}, scene.label), scene.about ? h("small", {}, scene.about) : null);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const told = await post(`/web/story/${encodeURIComponent(scene.id)}`);
      if (told.sentence) toast(told.sentence, "info");
    } catch (error) {
      trouble(error);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
