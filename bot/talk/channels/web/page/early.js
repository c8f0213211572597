// Runs before the first paint, so that neither theme nor language flashes.
(() => {
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = kept("dutybot.theme") || (dark ? "dark" : "light");
  const told = kept("dutybot.language") || navigator.language || "en";
  root.lang = told.toLowerCase().startsWith("zh") ? "zh" : "en";
})();
