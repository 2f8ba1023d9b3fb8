// What folium's markers and popups ask of jQuery and of pictures by address, so that they work without either.
window.$ ??= (markup) => [document.createRange().createContextualFragment(markup.trim()).firstElementChild];
delete L.Icon.Default.prototype._getIconUrl;
L.Icon.Default.prototype._getIconUrl = function (name) {
  const probe = document.createElement("div");
  probe.className = "leaflet-default-icon-path";
  document.body.append(probe);
  const url = getComputedStyle(probe).backgroundImage.slice(5, -2);
  probe.remove();
  return name === "shadow" ? null : url;
};
L.Icon.Default.prototype.options.iconRetinaUrl = null;
