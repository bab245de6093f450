// Small comforts; every page works without them.
(() => {
  "use strict";
  const faults = document.querySelector(".faults");
  if (faults) addEventListener("load", () => document.activeElement === faults || faults.focus());

  // Lists that were shortened to keep the page small: the rest stands once in the page.
  for (const list of document.querySelectorAll("select[data-whole]")) {
    const whole = document.getElementById(list.dataset.whole);
    if (!whole) continue;
    const chosen = list.value, unset = list.querySelector('option[value=""]');
    list.replaceChildren(...(unset ? [unset] : []), whole.content.cloneNode(true));
    list.value = chosen;
  }

  // Work under way: look again without loading the page anew, so that nothing jumps and readers hear the change.
  const main = document.querySelector("main[data-refresh]");
  if (!main) return;
  const pause = 1000 * Number(main.dataset.refresh);
  const look = async () => {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("main");
      if (!next || !next.dataset.refresh || answer.redirected) return location.replace(answer.url);
      const now = main.querySelectorAll(".progress"), then = next.querySelectorAll(".progress");
      if (now.length !== then.length) return location.replace(answer.url);
      now.forEach((block, at) => {
        for (const part of ["p[role=status]", ".note"]) {
          const old = block.querySelector(part), fresh = then[at].querySelector(part);
          if (old && fresh && old.textContent !== fresh.textContent) old.textContent = fresh.textContent;
        }
        const bar = block.querySelector("progress"), fresh = then[at].querySelector("progress");
        for (const name of ["max", "value"]) {
          if (fresh.hasAttribute(name)) bar.setAttribute(name, fresh.getAttribute(name));
          else bar.removeAttribute(name);
        }
      });
      setTimeout(look, pause);
    } catch {
      const said = document.createElement("p");
      said.className = "said warning";
      said.setAttribute("role", "status");
      said.textContent = main.dataset.gone;
      main.append(said);
    }
  };
  setTimeout(look, pause);
})();
