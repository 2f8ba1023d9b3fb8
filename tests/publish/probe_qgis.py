"""Open a GeoPackage in real QGIS and report, as JSON, what a GIS officer would find.

Run by Debian's Python, which has QGIS: ``/usr/bin/python3 probe_qgis.py FILE OUT_FOLDER``.
"""
# ruff: noqa: PLC0415, ANN001, ANN202, T201

from __future__ import annotations

import json
import os
import sys
from itertools import islice
from pathlib import Path


def main(file: str, out: str) -> None:
    """Look at the layers as added one by one, then at the project, its themes and its layouts."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import Qgis, QgsApplication, QgsProject

    app = QgsApplication([], False)  # noqa: FBT003 - a signature of Qt
    app.initQgis()
    messages: list[str] = []
    log = app.messageLog()
    log.messageReceived.connect(lambda text, tag, level: messages.append(f"{tag}: {text}") if level else None)
    report = {"version": Qgis.QGIS_VERSION, "layers": {name: _layer(file, name) for name in _names(file)}}
    project = QgsProject.instance()
    report["opened"] = project.read(f"geopackage:{file}?projectName=Atlas")
    report |= _project(project)
    report["themes"] = {
        name: _render(project, name, out) for name in project.mapThemeCollection().mapThemes()
    }
    report["layouts"] = {each.name(): _print(each, out) for each in project.layoutManager().printLayouts()}
    report["resized"] = _resized(project)
    project.clear()
    if project.read(f"geopackage:{file}?projectName=Atlas par service"):
        report["services"] = _services(project)
    report["messages"] = messages
    print(json.dumps(report))
    project.clear()
    app.exitQgis()


def _names(file: str) -> list[str]:
    from osgeo import gdal

    source = gdal.OpenEx(file, gdal.OF_VECTOR)
    names = [source.GetLayer(place).GetName() for place in range(source.GetLayerCount())]
    return [name for name in names if name != "layer_styles"]


def _layer(file: str, name: str) -> dict:
    """Add a layer as a drag from the browser does, with the default style stored in the file."""
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(f"{file}|layername={name}", name, "ogr")
    return _style(layer) | {
        "valid": layer.isValid(),
        "title": layer.metadata().title(),
        "abstract": layer.metadata().abstract(),
        "licences": layer.metadata().licenses(),
        "keywords": [word for words in layer.metadata().keywords().values() for word in words],
        "crs": layer.crs().authid(),
        "values": sorted({field.editorWidgetSetup().type() for field in layer.fields()}),
        "styles": len(layer.listStylesInDatabase()[2]),
    }


def _style(layer) -> dict:
    """Return how a layer is drawn and named, and how many of its features no class takes."""
    from qgis.core import QgsExpressionContext, QgsExpressionContextUtils, QgsRenderContext

    renderer = layer.renderer()
    report = {
        "name": layer.name(),
        "features": layer.featureCount(),
        "renderer": renderer.type() if renderer else None,
        "legend": [item.label() for item in renderer.legendSymbolItems()] if renderer else [],
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "labels": bool(renderer) and layer.labelsEnabled(),
        "undrawn": 0,
    }
    if renderer:
        context = QgsRenderContext()
        context.setExpressionContext(
            QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
        )
        renderer.startRender(context, layer.fields())
        for feature in layer.getFeatures():
            context.expressionContext().setFeature(feature)
            report["undrawn"] += not renderer.willRenderFeature(feature, context)
        renderer.stopRender(context)
    return report


def _project(project) -> dict:
    from qgis.core import QgsLayerTreeGroup, QgsMapLayer, QgsUnitTypes

    layers = project.mapLayers()
    root = project.layerTreeRoot()
    view = project.viewSettings().defaultViewExtent()
    relations = project.relationManager().relations()
    return {
        "title": project.title(),
        "crs": project.crs().authid(),
        "unit": QgsUnitTypes.encodeUnit(project.distanceUnits()),
        "invalid": [key for key, layer in layers.items() if not layer.isValid()],
        "folders": sorted({str(Path(layer.source().split("|")[0]).parent) for layer in layers.values()}),
        "groups": [node.name() for node in root.children() if isinstance(node, QgsLayerTreeGroup)],
        "view": [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()],
        "relations": {key: [relation.isValid(), relation.name()] for key, relation in relations.items()},
        "project_layers": {
            key: _project_layer(layer)
            for key, layer in layers.items()
            if layer.type() == QgsMapLayer.VectorLayer
        },
        "rasters": {
            key: _raster(layer) for key, layer in layers.items() if layer.type() == QgsMapLayer.RasterLayer
        },
        "children": _children(project),
    }


def _project_layer(layer) -> dict:
    """Return how a layer of the project is drawn, and what its form and its tip show."""
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils
    from qgis.PyQt.QtXml import QDomDocument

    style = QDomDocument()
    layer.exportNamedStyle(style)
    editors = style.elementsByTagName("attributeEditorRelation")
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures(), None) or context.feature())
    form = layer.editFormConfig()
    return _style(layer) | {
        "tabs": [tab.name() for tab in form.tabs()],
        "related": [editors.at(place).toElement().attribute("relation") for place in range(editors.count())],
        "tip": QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context),
    }


def _raster(layer) -> dict:
    items = layer.renderer().legendSymbologyItems()
    return {
        "title": layer.name(),
        "abstract": layer.metadata().abstract(),
        "renderer": layer.renderer().type(),
        "legend": [label for label, _ in items],
    }


def _children(project) -> dict:
    """Follow each relation from the first feature of its parent, as the form does, in the words it shows."""
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    report = {}
    for key, relation in project.relationManager().relations().items():
        child = relation.referencingLayer()
        parent = next(relation.referencedLayer().getFeatures())
        words = []
        for feature in islice(relation.getRelatedFeatures(parent), 40):
            context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(child))
            context.setFeature(feature)
            words.append(str(QgsExpression(child.displayExpression()).evaluate(context)))
        report[key] = words
    return report


def _render(project, theme: str, out: str) -> dict:
    """Draw a map theme to a picture and count its colours."""
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor

    themes = project.mapThemeCollection()
    themes.applyTheme(theme, project.layerTreeRoot(), _tree_model(project))
    settings = QgsMapSettings()
    settings.setLayers(themes.mapThemeVisibleLayers(theme))
    settings.setLayerStyleOverrides(themes.mapThemeStyleOverrides(theme))
    settings.setDestinationCrs(project.crs())
    settings.setExtent(project.viewSettings().defaultViewExtent())
    settings.setOutputSize(QSize(600, 540))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    path = Path(out) / f"theme-{_slug(theme)}.png"
    job.renderedImage().save(str(path))
    errors = [error.message for error in job.errors()]
    switched_on = [node.layerId() for node in project.layerTreeRoot().findLayers() if node.isVisible()]
    return {
        "picture": str(path),
        "drawn": [layer.id() for layer in settings.layers()],
        "switched_on": switched_on,
        "errors": errors,
    }


def _tree_model(project):
    from qgis.core import QgsLayerTreeModel

    return QgsLayerTreeModel(project.layerTreeRoot())


def _print(layout, out: str) -> dict:
    """Export a layout to PDF and PNG, and read the texts of its items."""
    from qgis.core import QgsLayoutExporter, QgsLayoutItemLabel, QgsLayoutItemLegend

    exporter = QgsLayoutExporter(layout)
    pdf, png = (Path(out) / f"page-{_slug(layout.name())}.{end}" for end in ("pdf", "png"))
    image = QgsLayoutExporter.ImageExportSettings()
    image.dpi = 50
    settings = QgsLayoutExporter.PdfExportSettings()
    # A3 differs from A4 in the places of the items alone: each map is drawn once.
    drawn = layout.name().endswith("A4") and not layout.atlas().enabled()
    printed = exporter.exportToPdf(str(pdf), settings) if " – " not in layout.name()[:-5] else 0
    size = layout.pageCollection().page(0).pageSize()
    legend = next(item for item in layout.items() if isinstance(item, QgsLayoutItemLegend))
    return {
        "pdf": [printed, str(pdf)],
        "png": [exporter.exportToImage(str(png), image) if drawn else 0, str(png)],
        "texts": [item.text() for item in layout.items() if isinstance(item, QgsLayoutItemLabel)],
        "shown": [item.currentText() for item in layout.items() if isinstance(item, QgsLayoutItemLabel)],
        "legend": [node.name() for node in legend.model().rootGroup().children()],
        "entries": _entries(legend),
        "scales": _scales(layout),
        "follows": layout.referenceMap().followVisibilityPresetName(),
        "size": [size.width(), size.height()],
    }


def _resized(project) -> dict:
    """Return the rectangles of the items of an A3 page that is turned into a tall A4 one."""
    from qgis.core import QgsLayoutItemPage, QgsLayoutSize

    layout = project.layoutManager().layoutByName("Couverture – A3")
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(210, 297))
    layout.refresh()
    items = [item for item in layout.items() if hasattr(item, "rect") and hasattr(item, "id") and item.id()]
    shown = [item for item in items if not isinstance(item, QgsLayoutItemPage)]
    return {
        item.id(): [item.pos().x(), item.pos().y(), item.rect().width(), item.rect().height()]
        for item in shown
    }


def _services(project) -> dict:
    """Choose a theme of the project of services and turn to the page of one département."""
    from qgis.core import QgsLayoutItemLabel

    layers = project.mapLayers()
    themes = project.mapThemeCollection().mapThemes()
    chosen = next(name for name in themes if name.endswith(", par commune"))
    project.mapThemeCollection().applyTheme(chosen, project.layerTreeRoot(), _tree_model(project))
    layout = project.layoutManager().layoutByName("Page du canevas, par département – A4")
    atlas = layout.atlas()
    atlas.updateFeatures()
    atlas.beginRender()
    atlas.seekTo(0)
    layout.refresh()
    shown = {item.id(): item.currentText() for item in layout.items() if isinstance(item, QgsLayoutItemLabel)}
    return {
        "invalid": [key for key, layer in layers.items() if not layer.isValid()],
        "themes": themes,
        "chosen": chosen,
        "features": {key: layer.featureCount() for key, layer in layers.items()},
        "pages": atlas.count(),
        "place": atlas.nameForPage(0),
        "shown": shown,
        "layouts": [each.name() for each in project.layoutManager().printLayouts()],
    }


def _scales(layout) -> list:
    """Return the widths of the scale bar (mm): as the page opens, then drawn in to a tenth, then out."""
    from qgis.core import QgsLayoutItemScaleBar, QgsRectangle

    bar = next(item for item in layout.items() if isinstance(item, QgsLayoutItemScaleBar))
    page_map, widths = layout.referenceMap(), [bar.rect().width()]
    extent = page_map.extent()
    for factor in (0.1, 3):
        view = QgsRectangle(extent)
        view.scale(factor)
        page_map.zoomToExtent(view)
        widths.append(bar.rect().width())
    page_map.zoomToExtent(extent)
    return widths


def _entries(legend) -> dict:
    """List what a page's legend writes, layer by layer."""
    model = legend.model()
    return {
        node.layerId(): [_label(item) for item in model.layerLegendNodes(node)]
        for node in model.rootGroup().findLayers()
    }


def _label(item) -> str:
    """Return an entry of a legend as the page shows it, expressions evaluated."""
    return item.evaluateLabel() if hasattr(item, "evaluateLabel") else str(item.data(0))


def _slug(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name.lower())


if __name__ == "__main__":
    main(*sys.argv[1:])
