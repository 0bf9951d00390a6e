// The link to the first page is a query alone, which in a new tab would open the page that it stands on.
if (!window.attentionLabMenu) {
  window.attentionLabMenu = true;
  document.addEventListener("mousedown", ({ target }) => {
    const link = target.closest?.('[data-testid="stPageLink-NavLink"]');
    const href = link?.getAttribute("href");
    if (href === "" || href?.startsWith("?")) link.setAttribute("href", "./" + href);
  }, true);
}
