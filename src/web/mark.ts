/**
 * Our mark, drawn for this project: one pulse that comes back a little later, in a shape and its copy. Also the icon of
 * the page's tab, so its colours are its own and fit light and dark.
 */
export const mark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true"><rect x="9" y="3" width="21" height="21" rx="8" fill="#1d6f46"/><rect x="2" y="9" width="21" height="21" rx="8" fill="#5cdd8b" stroke="#fff" stroke-width="1.5"/><path d="M5 20h4l2-5 3.5 9 2-4H20" fill="none" stroke="#0d3b24" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
