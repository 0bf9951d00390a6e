{
  const LINK = '[data-testid="stPageLink-NavLink"]';
  const title = document.querySelector("h1[data-page]").dataset.page;
  // Streamlit shows the current page by a background alone. The links may be drawn after this.
  const name = () => {
    const menu = document.querySelector(".st-key-menu"), links = [...(menu?.querySelectorAll(LINK) ?? [])];
    const current = links.find((link) => link.textContent === title);
    if (!current) return requestAnimationFrame(name);
    menu.setAttribute("role", "navigation");
    menu.setAttribute("aria-label", "Pages");
    for (const link of links) link.removeAttribute("aria-current");
    current.setAttribute("aria-current", "page");
  };
  name();
  // The link to the first page is only a query, which in a new tab would open the current page instead.
  if (!window.attentionLabMenu) {
    window.attentionLabMenu = true;
    document.addEventListener("mousedown", ({ target }) => {
      const link = target.closest?.(LINK);
      const href = link?.getAttribute("href");
      if (href === "" || href?.startsWith("?")) link.setAttribute("href", "./" + href);
    }, true);
  }
}
