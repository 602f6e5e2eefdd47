// Progressive enhancement only: every page works without this file.
"use strict";
(() => {
  const { copy, copied } = document.body.dataset;

  // Ids get a button that copies them.
  for (const el of document.querySelectorAll("[data-copyable]")) {
    if (!navigator.clipboard) break;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn tiny";
    button.textContent = copy;
    button.setAttribute("aria-label", `${copy} ${el.textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(el.textContent);
      button.textContent = copied;
      setTimeout(() => { button.textContent = copy; }, 1500);
    });
    el.after(button);
  }

  // Narrow screens: results first, the filters folded, unless one of them is wrong.
  const filters = document.getElementById("filters");
  if (filters && matchMedia("(max-width: 78rem)").matches && !filters.querySelector("[aria-invalid]")) filters.open = false;

  // Links into the filters open them first.
  for (const link of document.querySelectorAll('a[href^="#f-"]')) {
    link.addEventListener("click", () => { if (filters) filters.open = true; });
  }

  // Addresses stay short: fields left empty are not sent.
  for (const form of document.querySelectorAll('form[method="get"]')) {
    form.addEventListener("submit", () => {
      const empty = [...form.elements].filter((el) => el.name && !el.value && !el.disabled);
      for (const el of empty) el.disabled = true;
      setTimeout(() => { for (const el of empty) el.disabled = false; });
    });
  }

  // The timeline: open or close every event at once; an address with #e-… opens its event.
  for (const list of document.querySelectorAll("[data-fold]")) {
    const all = [...list.querySelectorAll("li > details")];
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = list.dataset.fold;
    button.addEventListener("click", () => {
      const open = !all.every((d) => d.open);
      for (const d of all) d.open = open;
      button.textContent = open ? list.dataset.unfold : list.dataset.fold;
    });
    list.querySelector(".bar").append(button);
    const named = location.hash && document.getElementById(location.hash.slice(1));
    if (named && list.contains(named)) named.querySelector("details").open = true;
  }

  // A chart wider than its box shows its newest end.
  for (const chart of document.querySelectorAll(".scroll > .chart")) chart.parentElement.scrollLeft = chart.clientWidth;

  // Menus close with Escape and by a click elsewhere.
  const close = (except) => {
    for (const menu of document.querySelectorAll(".menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (e) => close(e.target.closest(".menu")));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    const open = document.querySelector(".menu[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
})();
