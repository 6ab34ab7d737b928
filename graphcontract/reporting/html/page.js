"use strict";
// Everything is readable without this script: it filters, folds, and copies commands.
const items = [...document.querySelectorAll("[data-item]")];
const all = [...document.querySelectorAll("details")];

for (const form of document.querySelectorAll("[data-filter]")) {
  form.hidden = false;
  const apply = () => {
    const tone = form.elements.tone.value, text = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    for (const each of items) {
      const fits = (!tone || each.dataset.tone === tone) && (!text || each.textContent.toLowerCase().includes(text));
      each.toggleAttribute("data-hidden", !fits);
      shown += fits;
    }
    for (const group of document.querySelectorAll("[data-group]")) {
      const left = group.querySelector("[data-item]:not([data-hidden])");
      group.toggleAttribute("data-hidden", !left);
      if (left && (tone || text)) group.open = true;
    }
    form.querySelector("output").textContent = tone || text ? `${shown} shown` : "";
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of form.querySelectorAll("[data-fold]")) {
    button.hidden = !all.length;
    button.addEventListener("click", () => { for (const each of all) each.open = Boolean(button.dataset.fold); });
  }
}

for (const block of document.querySelectorAll(".command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${block.querySelector(".label").textContent}`);
  button.addEventListener("click", async () => {
    const code = block.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.append(button);
}

const show = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.closest("details");
  if (details) { details.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", show);
show();
addEventListener("beforeprint", () => { for (const each of all) each.open = true; });
