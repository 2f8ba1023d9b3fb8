"""What QGIS reads: styles, forms, metadata, print layouts and the project, all of them XML from templates.

**Where things are.** ``templates/`` holds XML as QGIS saves it, one file for each kind: ``style.qml`` and
``raster_style.qml`` (styles), ``project.qgs`` (the project), ``layout.xml`` (a page), ``qgis_record.xml``,
``iso_record.xml`` and ``record.xml`` (metadata), ``layer_style.xml`` (what a style file and a project's layer
have in common: renderer, labels, form, map tip) and ``symbols.xml``. The Python modules make plain data for
them and write no XML: :mod:`~opsn_geo.publish.qgis.style` (classes as rules, fields, forms, expressions),
:mod:`~opsn_geo.publish.qgis.layers` (the project's layers and relations),
:mod:`~opsn_geo.publish.qgis.map_themes`, :mod:`~opsn_geo.publish.qgis.layout` (what a page says and shows)
and :mod:`~opsn_geo.publish.qgis.project`. :mod:`~opsn_geo.publish.qgis.xml` holds the one Jinja environment.

**How to add an element.** Make it in QGIS, save the project as ``.qgs`` or the style as ``.qml``, and compare
the file with the template: paste the element where QGIS has it, keep the attributes that matter, and write
``{{ value }}`` where a value comes from the data. Values are escaped, for text and for attributes alike;
characters that XML cannot hold are left out; truth becomes 1 or 0; a name that does not exist is an error.
The filter ``rgba`` writes a colour as QGIS does; the functions ``font`` and ``identifier`` describe a font
and make a stable UUID. Where QGIS would evaluate ``[% … %]`` in a text, the filter ``as_it_is`` keeps it from
doing so. What goes into an *expression* of QGIS is quoted in Python, by
:func:`~opsn_geo.publish.qgis.xml.quoted` (a field) and :func:`~opsn_geo.publish.qgis.xml.literal` (a text).
"""
