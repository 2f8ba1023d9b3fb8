// What folium's markers and popups ask of jQuery and of pictures by address, so that they work without either.
{
  const page = /** @type {any} */ (window);
  page.$ ??= (/** @type {string} */ markup) => [document.createRange().createContextualFragment(markup.trim()).firstElementChild];
  const icon = /** @type {any} */ (L.Icon.Default.prototype);
  delete icon._getIconUrl;
  icon._getIconUrl = (/** @type {string} */ name) => {
    const probe = document.createElement("div");
    probe.className = "leaflet-default-icon-path";
    document.body.append(probe);
    const url = getComputedStyle(probe).backgroundImage.slice(5, -2);
    probe.remove();
    return name === "shadow" ? null : url;
  };
  icon.options.iconRetinaUrl = null;
  // folium.Icon draws by a library that takes its pictures from the network: a plain pin of the same colour instead
  /** @type {(colour: string) => string} */
  const pin = (colour) =>
    `<svg viewBox="0 0 25 41" width="25" height="41" aria-hidden="true"><path d="M12.5 0a12.5 12.5 0 0 0-12.5 12.5c0 9 12.5 28.5 12.5 28.5s12.5-19.5 12.5-28.5a12.5 12.5 0 0 0-12.5-12.5z" fill="${colour}" stroke="white"/><circle cx="12.5" cy="12.5" r="4.5" fill="white"/></svg>`;
  const sizes = { iconSize: [25, 41], iconAnchor: [12, 41], popupAnchor: [1, -34], className: "pin" };
  page.L.AwesomeMarkers = {
    icon: ({ markerColor = "blue" }) => L.divIcon(/** @type {any} */ ({ ...sizes, html: pin(/^[a-z]+$/.test(markerColor) ? markerColor : "blue") })),
  };
}
