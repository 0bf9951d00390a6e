// The link to the first page is only a query, which in a new tab would open the current page instead.
if (!window.attentionLabMenu) {
  window.attentionLabMenu = true;
  document.addEventListener("mousedown", ({ target }) => {
    const link = target.closest?.('[data-testid="stPageLink-NavLink"]');
    const href = link?.getAttribute("href");
    if (href === "" || href?.startsWith("?")) link.setAttribute("href", "./" + href);
  }, true);
}
