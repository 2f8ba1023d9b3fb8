// What folium's markers and popups ask of jQuery and of pictures by address, so that they work without either.
{
  const page = /** @type {any} */ (window);
  page.$ ??= (markup) => [document.createRange().createContextualFragment(markup.trim()).firstElementChild];
  const icon = /** @type {any} */ (L.Icon.Default.prototype);
  delete icon._getIconUrl;
  icon._getIconUrl = (name) => {
    const probe = document.createElement("div");
    probe.className = "leaflet-default-icon-path";
    document.body.append(probe);
    const url = getComputedStyle(probe).backgroundImage.slice(5, -2);
    probe.remove();
    return name === "shadow" ? null : url;
  };
  icon.options.iconRetinaUrl = null;
}
